using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>Weights of classes, folds, a rate that is found, views and teachers, by their flags.</summary>
public class DataSettingsTests
{
    [Fact]
    public void Weights_of_a_file_are_in_the_checkpoint_and_wrong_names_are_one_line()
    {
        using var folder = new TemporaryFolder();
        string weights = folder.File("w.csv"), file = folder.File("a.safetensors");
        File.WriteAllLines(weights, ["class,weight", .. Enumerable.Range(0, 10).Select(c => $"{c},{(c == 0 ? "2.5" : "1")}")]);
        string[] common = ["finetune", "lenet5:mnist", "--data", "digits", "--limit", "100", "--epochs", "1", "--output", file];
        Zoo tuned = Zoo.Run([.. common, "--class-weights", weights, "--sampling", "balanced", "--focal-gamma", "2", "--json"]);
        Assert.True(tuned.ExitCode == 0, tuned.Errors);
        Assert.Contains("features: float32", tuned.Errors, StringComparison.Ordinal); // cached all the same
        string info = Zoo.Run("info", file, "--json").Output.Replace("\\", "", StringComparison.Ordinal);
        Assert.Contains("2.5", info, StringComparison.Ordinal);
        Assert.Contains("focal_gamma", info, StringComparison.Ordinal);
        File.AppendAllText(weights, "eleven,1\n");
        Zoo refused = Zoo.Run([.. common, "--class-weights", weights]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("names 'eleven', which is no class of the data", refused.Errors.Replace("\n", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Folds_that_are_interrupted_go_on_with_the_same_figures()
    {
        using var folder = new TemporaryFolder();
        string[] common = ["train", "small_cnn", "--data", "digits", "--limit", "120", "--epochs", "1", "--folds", "2", "--seed", "3", "--json"];
        Zoo whole = Zoo.Run([.. common, "--output", folder.File("whole")]);
        Assert.True(whole.ExitCode == 0, whole.Errors);
        Directory.Delete(folder.File("whole/fold2"), recursive: true);
        string predictions = File.ReadAllText(folder.File("whole/predictions.csv"));
        File.Delete(folder.File("whole/predictions.csv"));
        Zoo resumed = Zoo.Run("train", "--resume", folder.File("whole"), "--json");
        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        Assert.Equal(predictions, File.ReadAllText(folder.File("whole/predictions.csv")));
        Assert.Equal(121, predictions.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(whole.Json.GetProperty("meanAccuracy").GetDouble(), resumed.Json.GetProperty("meanAccuracy").GetDouble());
        Assert.Contains("has 2 folds", Zoo.Run("train", "--resume", folder.File("whole"), "--folds", "3").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_is_found_drawn_and_trained_with()
    {
        using var folder = new TemporaryFolder();
        Zoo found = Zoo.Run("lr-find", "lenet5:mnist", "--data", "digits", "--limit", "200", "--steps", "60", "--output", folder.File("r.svg"), "--json");
        Assert.True(found.ExitCode == 0, found.Errors);
        Assert.InRange(found.Json.GetProperty("suggestion").GetDouble(), 1e-4, 1);
        Assert.Contains("<svg", File.ReadAllText(folder.File("r.svg")), StringComparison.Ordinal);
        Zoo trained = Zoo.Run("train", "small_cnn", "--data", "digits", "--limit", "100", "--epochs", "1", "--lr", "auto", "--output", folder.File("run"));
        Assert.True(trained.ExitCode == 0, trained.Errors);
        Assert.Contains("learning rate: ", trained.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("find_learning_rate", File.ReadAllText(folder.File("run/recipe.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eval lenet5:mnist --tta flips", "it must be one of flip, five-crops, crops")]
    [InlineData("eval lenet5:mnist --tta flip --ten-crop", "are different views")]
    [InlineData("predict lenet5:mnist --tta crops", "Ten crops are cut out of an image that is larger")]
    [InlineData("finetune lenet5:mnist --folds 1", "it must be 2 … 1000")]
    [InlineData("finetune lenet5:mnist --folds 3 --learning-curve", "two measurements")]
    [InlineData("train small_cnn --teacher resnet20:cifar10 --epochs 1", "it tells other classes apart")]
    [InlineData("train lenet5 --progressive-size 16,32 --epochs 2", "takes no pictures of 16×16")]
    [InlineData("train small_cnn --distill-alpha 0.5 --epochs 1", "there is none. Name one")]
    public void What_does_not_go_together_is_said(string arguments, string expected)
    {
        using var folder = new TemporaryFolder();
        string[] output = arguments.StartsWith("train", StringComparison.Ordinal) ? ["--output", folder.File("run")]
            : arguments.StartsWith("finetune", StringComparison.Ordinal) ? ["--output", folder.File("folds")] : [];
        Zoo zoo = Zoo.Run([.. arguments.Split(' '), "--data", "digits", .. output]);
        Assert.NotEqual(0, zoo.ExitCode);
        Assert.Contains(expected, zoo.Errors.Replace("\n", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Views_are_recorded_and_a_teacher_is_remembered()
    {
        using var folder = new TemporaryFolder();
        string[] flip = ["lenet5:mnist", "--data", "digits", "--tta", "flip", "--json"];
        Assert.Equal("flip", Zoo.Run(["eval", .. flip, "--limit", "20"]).Json.GetProperty("tta").GetString());
        Assert.Equal("flip", Zoo.Run(["predict", .. flip, "--index", "0"]).Json[0].GetProperty("tta").GetString());
        Zoo trained = Zoo.Run("train", "small_cnn", "--data", "digits", "--limit", "60", "--epochs", "1", "--output", folder.File("big"));
        Assert.True(trained.ExitCode == 0, trained.Errors);
        Zoo taught = Zoo.Run("train", "small_cnn", "--data", "digits", "--limit", "60", "--epochs", "1", "--teacher", folder.File("big/last.safetensors"),
            "--output", folder.File("small"));
        Assert.True(taught.ExitCode == 0, taught.Errors);
        Assert.Contains("sha256", Zoo.Run("info", folder.File("small/last.safetensors"), "--json").Output, StringComparison.Ordinal);
        Assert.Equal(0, Zoo.Run("train", "--resume", folder.File("small")).ExitCode);
    }
}
