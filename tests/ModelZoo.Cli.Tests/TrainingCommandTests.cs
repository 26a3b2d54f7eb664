using System.Text.Json;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

public class TrainingCommandTests
{
    [Fact]
    public void The_same_seed_gives_the_same_checkpoint_to_the_byte()
    {
        using var folder = new TemporaryFolder();
        string[] common = ["train", "small_cnn", "--data", "digits", "--limit", "200", "--epochs", "2", "--threads", "2"];
        Zoo first = Zoo.Run([.. common, "--seed", "7", "--output", folder.File("a.safetensors"), "--json"]);
        Zoo second = Zoo.Run([.. common, "--seed", "7", "--output", folder.File("b.safetensors")]);
        Zoo other = Zoo.Run([.. common, "--seed", "8", "--output", folder.File("c.safetensors")]);
        Assert.True(first.ExitCode == 0 && second.ExitCode == 0 && other.ExitCode == 0, first.Errors + second.Errors + other.Errors);
        Assert.Equal(File.ReadAllBytes(folder.File("a.safetensors")), File.ReadAllBytes(folder.File("b.safetensors")));
        Assert.NotEqual(File.ReadAllBytes(folder.File("a.safetensors")), File.ReadAllBytes(folder.File("c.safetensors")));
        Assert.Equal(2, first.Json.GetProperty("epochs").GetArrayLength());
    }

    [Fact]
    public void A_checkpoint_carries_all_that_eval_predict_and_verify_need()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("digits.safetensors");
        Zoo tuned = Zoo.Run("finetune", "lenet5:mnist", "--data", "digits", "--epochs", "5", "--output", file, "--json");
        Assert.True(tuned.ExitCode == 0, tuned.Errors);
        double accuracy = tuned.Json.GetProperty("testAccuracy").GetDouble();
        Assert.InRange(accuracy, 0.8, 1);
        Zoo eval = Zoo.Run("eval", file, "--data", "digits", "--json");
        Assert.Equal(accuracy, eval.Json.GetProperty("accuracy").GetDouble(), 3);
        JsonElement predicted = Zoo.Run("predict", file, "--data", "digits", "--index", "0", "1", "--json").Json;
        Assert.Equal(2, predicted.GetArrayLength());
        Assert.Equal(0, Zoo.Run("verify", file).ExitCode);
        Assert.Equal("lenet5", Zoo.Run("info", file, "--json").Json.GetProperty("architecture").GetString());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public void Ctrl_C_or_kill_keeps_a_checkpoint_that_loads(int signal)
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("interrupted.safetensors");
        Zoo.Running running = Zoo.Start(null, "train", "lenet5", "--data", "digits", "--epochs", "5000", "--output", file, "--json");
        running.WaitFor("epoch 2/");
        running.Signal(signal);
        Zoo zoo = running.Finish();
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains(file, zoo.Errors, StringComparison.Ordinal);
        Assert.True(zoo.Json.GetProperty("interrupted").GetBoolean());
        Assert.Equal(0, Zoo.Run("eval", file, "--data", "digits").ExitCode);
        Assert.Equal([folder.File("interrupted.last.safetensors"), file], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Weights_that_do_not_fit_are_refused_by_key()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("w.safetensors"), [new WeightsTensor("conv1.weight", DType.F32, [6, 1, 3, 3], new byte[6 * 9 * 4])]);
        Zoo zoo = Zoo.Run("eval", "lenet5", "--weights", folder.File("w.safetensors"));
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains("conv1.weight", zoo.Errors, StringComparison.Ordinal);
        File.WriteAllText(folder.File("bad.safetensors"), "not a checkpoint");
        Assert.Contains("bad.safetensors", Zoo.Run("eval", folder.File("bad.safetensors")).Errors, StringComparison.Ordinal);
        Assert.Contains("gone.safetensors", Zoo.Run("eval", folder.File("gone.safetensors")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_and_damaged_data_files_are_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(folder.Path, Zoo.Run("eval", "lenet5:mnist", "--data", $"mnist:{folder.Path}").Errors, StringComparison.Ordinal);
        File.WriteAllBytes(folder.File("t10k-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0, 0, 9]);
        File.WriteAllBytes(folder.File("t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 9]);
        Zoo zoo = Zoo.Run("eval", "lenet5:mnist", "--data", $"mnist:{folder.Path}");
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains("t10k-images-idx3-ubyte", zoo.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_of_other_channels_is_refused_and_a_larger_one_resized()
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder.File("big.npy"), [40, 40], new float[1600]);
        Npy.Write(folder.File("two.npy"), [2, 40, 40], new float[3200]);
        Assert.Equal(0, Zoo.Run("predict", "lenet5:mnist", folder.File("big.npy")).ExitCode);
        Zoo zoo = Zoo.Run("predict", "lenet5:mnist", folder.File("two.npy"));
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains("2×40×40", zoo.Errors, StringComparison.Ordinal);
    }
}
