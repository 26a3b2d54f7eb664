using System.Text.Json;
using System.Xml.Linq;
using Xunit;

namespace ModelZoo.Cli.Tests;

public class SelectionTests
{
    private static readonly string[] Two =
        ["compare", "lenet5:mnist", "resnet20:cifar10", "--data", "digits", "--limit", "150", "--folds", "3", "--threads", "1"];

    [Theory]
    [InlineData("lenet5:mnist --max-ms 5", "--max-ms is about trained networks and --data: say on what with --data.")]
    [InlineData("lenet5 --data digits --max-mb 3", "--max-mb is about trained networks and --data: name weights.")]
    [InlineData("lenet5:mnist resnet20 --data digits", "'resnet20' alone has fresh weights")]
    [InlineData("lenet5:mnis --data digits", "Did you mean 'mnist'?")]
    [InlineData("missing.safetensors --data digits", "missing.safetensors")]
    [InlineData("lenet5:mnist --data digits --seeds 2", "--seeds is about training from scratch: trained networks are judged by --folds.")]
    [InlineData("lenet5:mnist --data digits --budget 2m", "--budget is about training from scratch: add --from-scratch.")]
    [InlineData("lenet5:mnist --data digits --size 64", "--size is for models without weights")]
    [InlineData("lenet5:mnist --data digits --max-ms 0", "--max-ms takes a number above 0, not '0'.")]
    [InlineData("lenet5:mnist --data digits --min-accuracy 90", "--min-accuracy takes a share between 0 and 1 or percent, such as 0.9 or 90%, not '90'.")]
    [InlineData("lenet5:mnist --data digits --folds 1", "--folds 1: it must be 2 … 1000.")]
    [InlineData("lenet5:mnist --data digits --max-ms 5 --no-timing", "A limit of time needs times: leave --no-timing out.")]
    [InlineData(". --data digits", ".: holds no checkpoint (.safetensors) and no ONNX model.")]
    public void What_cannot_be_answered_is_told_and_nothing_is_written(string arguments, string expected)
    {
        using var folder = new TemporaryFolder();
        Zoo zoo = Zoo.RunIn(folder.Path, ["compare", .. arguments.Split(' ')]);
        Assert.InRange(zoo.ExitCode, 1, 2);
        Assert.Contains(expected, zoo.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", zoo.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void The_recommendation_stands_below_tables_of_a_hundred_columns_and_the_same_command_goes_on()
    {
        using var folder = new TemporaryFolder();
        Zoo first = Zoo.RunIn(folder.Path, [.. Two, "--rounds", "1", "--max-ms", "1000", "--html", "out/which.html"]);
        Assert.Equal(0, first.ExitCode);
        Assert.All(first.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
        Assert.Contains("Use lenet5:mnist: ", first.Output, StringComparison.Ordinal);
        Assert.Contains("next: zoo finetune lenet5:mnist --data digits", first.Output, StringComparison.Ordinal);
        Assert.Contains("which network", XDocument.Load(folder.File("out/which.html")).Root!.Value, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(2, Directory.GetFiles(folder.File("runs/compare-digits/trials")).Length);

        Zoo second = Zoo.RunIn(folder.Path, [.. Two, "--no-timing", "--min-accuracy", "30%", "--json"]);
        Assert.Equal(0, second.ExitCode);
        Assert.Contains("lenet5:mnist: was tried before", second.Errors, StringComparison.Ordinal);
        JsonElement best = second.Json.GetProperty("networks")[0];
        Assert.Equal("lenet5:mnist", best.GetProperty("name").GetString());
        Assert.Equal("shipped", best.GetProperty("origin").GetString());
        Assert.InRange(best.GetProperty("accuracy").GetDouble(), best.GetProperty("accuracyInterval").GetProperty("low").GetDouble(), 1);
        Assert.False(best.TryGetProperty("hits", out _));
        Assert.Equal(0.3, second.Json.GetProperty("settings").GetProperty("limits").GetProperty("minAccuracy").GetDouble());
        Assert.Contains("smallest of", second.Json.GetProperty("recommendation").GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, second.Json.GetProperty("pairs").GetArrayLength());
    }
}
