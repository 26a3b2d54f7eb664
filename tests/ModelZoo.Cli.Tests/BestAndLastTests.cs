using System.Text.Json;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>What a training reports is what it has saved: the best epoch and the last.</summary>
public class BestAndLastTests
{
    [Theory]
    [InlineData("finetune lenet5:mnist --data digits --limit 300 --epochs 12 --early-stopping 2", true)]
    [InlineData("finetune lenet5:mnist --data digits --limit 200 --epochs 9 --lr 0.3 --schedule constant", false)]
    [InlineData("finetune lenet5:mnist --data digits --limit 200 --epochs 6 --early-stopping 2 --random-shift 1 --lr 0.05", null)]
    [InlineData("finetune lenet5:mnist --data digits --limit 100 --epochs 3 --unfreeze --new-head", false)]
    [InlineData("train lenet5 --data digits --limit 200 --epochs 6 --early-stopping 2 --optimizer adam --lr 0.01", null)]
    public void The_checkpoint_is_that_of_the_best_epoch_and_the_last_lies_beside_it(string arguments, bool? early)
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("a.safetensors");
        Zoo zoo = Zoo.Run([.. arguments.Split(' '), "--output", file, "--json"]);
        Assert.True(zoo.ExitCode == 0, zoo.Errors);
        JsonElement[] epochs = [.. zoo.Json.GetProperty("epochs").EnumerateArray()];
        int best = zoo.Json.GetProperty("bestEpoch").GetInt32();
        Assert.Equal(epochs.Max(e => e.GetProperty("testAccuracy").GetDouble()), epochs[best - 1].GetProperty("testAccuracy").GetDouble());
        Assert.Equal(early ?? zoo.Json.GetProperty("stoppedEarly").GetBoolean(), zoo.Json.GetProperty("stoppedEarly").GetBoolean());
        Assert.Equal((file, best), (zoo.Json.GetProperty("checkpoint").GetString(), zoo.Json.GetProperty("epoch").GetInt32()));
        Assert.Equal(epochs[best - 1].GetProperty("testAccuracy").GetDouble(), zoo.Json.GetProperty("testAccuracy").GetDouble());
        foreach ((string path, int epoch) in new[] { (file, best), (folder.File("a.last.safetensors"), epochs.Length) })
        {
            Assert.Equal($"{epoch}", Checkpoint.ReadInfo(path).Extra["epochs"]);
            Assert.Equal(epochs[epoch - 1].GetProperty("testAccuracy").GetDouble(),
                Zoo.Run("eval", path, "--data", "digits", "--json").Json.GetProperty("accuracy").GetDouble(), 0.006);
        }
    }

    [Fact]
    public void A_run_goes_on_for_more_epochs_where_its_schedule_allows_it()
    {
        using var folder = new TemporaryFolder();
        string[] common = ["train", "lenet5", "--data", "digits", "--limit", "100", "--threads", "1", "--schedule", "step", "--set", "step_size=1"];
        Assert.Equal(0, Zoo.Run([.. common, "--epochs", "4", "--output", folder.File("whole")]).ExitCode);
        Assert.Equal(0, Zoo.Run([.. common, "--epochs", "2", "--output", folder.File("longer")]).ExitCode);
        Zoo longer = Zoo.Run("train", "--resume", folder.File("longer"), "--epochs", "4", "--json");
        Assert.True(longer.ExitCode == 0, longer.Errors);
        Assert.Equal(4, longer.Json.GetProperty("epochs").GetArrayLength());
        Assert.Equal(Weights("whole"), Weights("longer"));
        Zoo shorter = Zoo.Run("train", "--resume", folder.File("longer"), "--epochs", "3");
        Assert.Contains("the run was started with 4 epochs and cannot go on to 3: it is in epoch 4 already.", shorter.Errors, StringComparison.Ordinal);

        byte[] Weights(string name) => File.ReadAllBytes(folder.File($"{name}/last.safetensors"))[^20_000..];
    }
}
