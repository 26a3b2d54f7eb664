using System.Text.Json;
using Xunit;

namespace ModelZoo.Cli.Tests;

public class TransferCommandTests
{
    [Fact]
    public void The_strategy_is_chosen_by_the_number_of_images_and_explained()
    {
        using var folder = new TemporaryFolder();
        Zoo tuned = Zoo.Run("finetune", "lenet5:mnist", "--data", "digits", "--limit", "100", "--epochs", "1", "--strategy", "auto", "--output",
            folder.File("a.safetensors"), "--json");
        Assert.True(tuned.ExitCode == 0, tuned.Errors);
        Assert.Contains("strategy head: 100 images, 10 per class, like those that the weights know: few", tuned.Errors, StringComparison.Ordinal);
        Assert.Contains("features: float32", tuned.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_are_frozen_by_name_and_unfrozen_one_by_one()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("b.safetensors");
        Zoo tuned = Zoo.Run("finetune", "lenet5:mnist", "--data", "digits", "--limit", "200", "--epochs", "3", "--freeze", "conv1", "conv2.*", "--lr-decay",
            "0.3", "--gradual", "1", "--output", file, "--json");
        Assert.True(tuned.ExitCode == 0, tuned.Errors);
        JsonElement info = Zoo.Run("info", file, "--json").Json;
        Assert.Contains("frozen: conv1, conv2.*", info.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--strategy all --unfreeze-last 1", "Give one of --strategy")]
    [InlineData("--freeze conv9", "'conv9' fits no parameter of lenet5. Did you mean 'conv1'?")]
    [InlineData("--freeze-up-to pool9", "There is no stage 'pool9'")]
    [InlineData("--unfreeze-last 1 --lr-decay 2", "--lr-decay 2: it must be above 0, up to 1.")]
    public void What_does_not_fit_is_explained(string flags, string expected)
    {
        using var folder = new TemporaryFolder();
        Zoo tuned = Zoo.Run(["finetune", "lenet5:mnist", "--data", "digits", "--limit", "20", "--epochs", "1", "--output", folder.File("c.safetensors"),
            .. flags.Split(' ')]);
        Assert.NotEqual(0, tuned.ExitCode);
        Assert.Contains(expected, tuned.Errors.Replace("\n", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Features_of_a_layer_go_to_a_file()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("f.csv");
        JsonElement shown = Zoo.Run("features", "lenet5:mnist", "--data", "digits", "--limit", "12", "--layer", "fc1", "--output", file, "--json").Json;
        Assert.Equal("[120]", shown.GetProperty("shape").GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        string[] lines = File.ReadAllLines(file);
        Assert.Equal(13, lines.Length);
        Assert.StartsWith("label,class,f0,f1,", lines[0], StringComparison.Ordinal);
        Zoo head = Zoo.Run("features", "lenet5:mnist", "--data", "digits", "--limit", "12", "--output", folder.File("f.safetensors"), "--json");
        Assert.Equal("input of fc3", head.Json.GetProperty("layer").GetString());
        Assert.Contains(".safetensors or .csv", Zoo.Run("features", "lenet5:mnist", "--output", folder.File("f.txt")).Errors, StringComparison.Ordinal);
    }
}
