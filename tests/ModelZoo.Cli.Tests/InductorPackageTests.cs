using System.Text.Json;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Inference;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>AOTInductor packages: run by predict and eval when their user says so, in batches of the compiled size, and by nothing else.</summary>
public sealed class InductorPackageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public InductorPackageTests()
    {
        InductorPackages.Write(folder.File("net.pt2"), batch: 3, side: 40);
        Pictures.WriteClasses(folder.File("pets"), ["ant", "bee", "cat", "dog"], each: 3, least: 40);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("predict", "net.pt2", "pets")]
    [InlineData("eval", "net.pt2", "--data", "folder:pets", "--labels", "ant,bee,cat,dog")]
    public void A_package_runs_only_where_its_user_says_so(params string[] command)
    {
        Zoo refused = Zoo.RunIn(folder.Path, command);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("is an AOTInductor package", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("--run-program", refused.Errors, StringComparison.Ordinal);
        Assert.Empty(refused.Output);

        Zoo run = Zoo.RunIn(folder.Path, [.. command, "--run-program", "--size", "40", "--device", "cpu", "--json"]);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Contains("neither verified nor trainable", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("unmatched", run.Errors, StringComparison.Ordinal); // what the first try said
        if (command[0] == "eval")
        {
            Assert.Equal(4, run.Json.GetProperty("images").GetInt32()); // one of each class is kept for the test: a batch of three and a part of one
        }
        else
        {
            Assert.Equal(12, run.Json.EnumerateArray().Count(p => p.TryGetProperty("predictions", out JsonElement top) && top.GetArrayLength() == 3));
        }
    }

    [Theory]
    [InlineData("--size 64", "must be 40, not 64. Give it --size 40")]
    [InlineData("--size 40 --in-channels 1", "must be 3, not 1. Give it --in-channels 3")]
    public void Another_size_is_one_line_that_says_which_it_takes(string flags, string message)
    {
        Zoo zoo = Zoo.RunIn(folder.Path, ["predict", "net.pt2", "pets", "--run-program", "--device", "cpu", .. flags.Split(' ')]);
        Assert.Equal(2, zoo.ExitCode);
        Assert.Contains(message, zoo.Errors, StringComparison.Ordinal);
        Assert.Single(zoo.Errors.Trim().Split('\n'));
    }

    [Fact]
    public void A_package_that_ends_the_process_is_one_line()
    {
        InductorPackages.Write(folder.File("aborts.pt2"), aborts: true);
        Zoo zoo = Zoo.RunIn(folder.Path, "predict", "aborts.pt2", "pets", "--run-program", "--device", "cpu");
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains("zoo: aborts.pt2: this package ends the process that runs it", zoo.Errors, StringComparison.Ordinal);
        Assert.Single(zoo.Errors.Trim().Split('\n'));
    }

    [Theory]
    [InlineData("summary", "net.pt2")]
    [InlineData("verify", "net.pt2")]
    [InlineData("import", "net.pt2", "--model", "lenet5", "-o", "x.safetensors")]
    [InlineData("finetune", "net.pt2", "--data", "folder:pets")]
    [InlineData("export", "net.pt2", "-o", "x.onnx")]
    public void Nothing_else_takes_one(params string[] command)
    {
        Zoo zoo = Zoo.RunIn(folder.Path, command);
        Assert.NotEqual(0, zoo.ExitCode);
        Assert.Contains("AOTInductor package", zoo.Errors, StringComparison.Ordinal);
        Assert.Contains("torch.onnx.export", zoo.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("x.onnx")) || File.Exists(folder.File("x.safetensors")));
    }
}
