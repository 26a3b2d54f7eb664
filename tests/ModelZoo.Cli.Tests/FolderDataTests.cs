using System.Text.Json;
using ModelZoo.Tests.Data;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>Image folders and the data cache, as a user meets them.</summary>
public sealed class FolderDataTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public FolderDataTests() => Pictures.WriteClasses(folder.File("pets"), ["cat", "dog", "emu"], each: 8);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_trains_and_measures_a_model_and_a_bad_image_fails_or_is_left_out()
    {
        string data = $"folder:{folder.File("pets")}", checkpoint = folder.File("pets.safetensors");
        string[] train = ["train", "small_cnn", "--data", data, "--epochs", "1", "--random-crop-padding", "2", "--horizontal-flip", "0.5", "--val-share",
            "0.25", "--workers", "2", "--output", checkpoint, "--json"];
        Zoo trained = Zoo.Run(train);
        Assert.True(trained.ExitCode == 0, trained.Errors);
        Assert.Equal(("pets/train", 18), (trained.Json.GetProperty("data").GetString(), trained.Json.GetProperty("images").GetInt32()));
        Assert.Equal(6, Zoo.Run("eval", checkpoint, "--data", data, "--val-share", "0.25", "--json").Json.GetProperty("images").GetInt32());

        string broken = Path.Combine(folder.File("pets"), "dog", "05.png");
        File.WriteAllBytes(broken, File.ReadAllBytes(broken)[..200]);
        Zoo failed = Zoo.Run("eval", checkpoint, "--data", data, "--split", "train", "--val-share", "0");
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("05.png", failed.Errors, StringComparison.Ordinal);
        Assert.Contains("--on-bad-image skip", failed.Errors, StringComparison.Ordinal);
        Zoo skipped = Zoo.Run("eval", checkpoint, "--data", data, "--split", "train", "--val-share", "0", "--on-bad-image", "skip", "--json");
        Assert.True(skipped.ExitCode == 0, skipped.Errors);
        Assert.Equal(23, skipped.Json.GetProperty("images").GetInt32());
        Assert.Contains("1 image could not be read and was left out", skipped.Errors, StringComparison.Ordinal);
        Assert.Contains("05.png", skipped.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_goes_on_where_its_folder_has_moved_to_but_not_with_other_images()
    {
        (string pets, string moved, string run) = (folder.File("pets"), folder.File("moved"), folder.File("run"));
        Zoo.Running running = Zoo.Start(null, "train", "small_cnn", "--data", $"folder:{pets}", "--epochs", "5000", "--output", run);
        running.WaitFor("epoch 2/");
        running.Signal(2);
        Assert.Equal(1, running.Finish().ExitCode);
        Directory.Move(pets, moved);
        Assert.Contains($"{pets}: no such folder", Zoo.Run("train", "--resume", run).Errors, StringComparison.Ordinal);
        running = Zoo.Start(null, "train", "--resume", run, "--data", $"folder:{moved}");
        running.WaitFor("epoch 20/");
        running.Signal(2);
        Assert.Equal(1, running.Finish().ExitCode);
        Pictures.WriteClasses(folder.File("others"), ["cat", "dog", "emu"], each: 9);
        Assert.Contains("training_data was", Zoo.Run("train", "--resume", run, "--data", $"folder:{folder.File("others")}").Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eval small_cnn --data folder", "lacks its folder")]
    [InlineData("eval small_cnn --data folder:/no/such", "/no/such: no such folder")]
    [InlineData("eval small_cnn --data cifar10", "`zoo data get cifar10`")]
    [InlineData("eval lenet5:mnist --ten-crop", "Ten crops are cut out of an image that is larger")]
    [InlineData("eval small_cnn --on-bad-image skp", "Did you mean 'skip'?")]
    [InlineData("eval small_cnn --val-share 1", "--val-share is 1")]
    [InlineData("eval small_cnn --workers -1", "--workers is -1")]
    [InlineData("data get cifar", "Did you mean 'cifar10'?")]
    [InlineData("train small_cnn --hue 0.7", "hue is 0.7; it must be 0 … 0.5")]
    public void A_mistake_is_answered_with_what_to_do(string arguments, string expected)
    {
        Zoo zoo = Zoo.StartWith(new Dictionary<string, string> { ["MODELZOO_HOME"] = folder.File("home") }, null, arguments.Split(' ')).Finish();
        Assert.NotEqual(0, zoo.ExitCode);
        Assert.Contains(expected, zoo.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", zoo.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_of_data_names_terms_and_sizes()
    {
        JsonElement list = Zoo.Run("data", "list", "--json").Json;
        Assert.Equal(["mnist", "fashion-mnist", "cifar10", "cifar100"], list.EnumerateArray().Select(row => row.GetProperty("name").GetString()));
        Assert.Contains("MIT", Zoo.Run("data", "list").Output, StringComparison.Ordinal);
        Assert.Contains("Example: zoo data get", Zoo.Run("data", "--help").Output, StringComparison.Ordinal);
    }
}
