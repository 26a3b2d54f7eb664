using System.IO.Compression;
using System.Text;
using System.Text.Json;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Inference;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>TorchScript programs: run by predict and eval when their user says so, and by nothing else.</summary>
public sealed class TorchScriptTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TorchScriptTests()
    {
        TorchScriptPrograms.Write(folder.Path);
        Pictures.WriteClasses(folder.File("pets"), ["ant", "bee", "cat", "dog"], each: 3, least: 40);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("predict", "net.pt", "pets")]
    [InlineData("eval", "net.pt", "--data", "folder:pets", "--labels", "ant,bee,cat,dog")]
    public void A_program_runs_only_where_its_user_says_so(params string[] command)
    {
        Zoo refused = Zoo.RunIn(folder.Path, command);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--run-program", refused.Errors, StringComparison.Ordinal);
        Assert.Empty(refused.Output);

        Zoo run = Zoo.RunIn(folder.Path, [.. command, "--run-program", "--size", "40", "--json"]);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Contains("neither verified nor trainable", run.Errors, StringComparison.Ordinal);
        if (command[0] == "eval")
        {
            Assert.Equal(4, run.Json.GetProperty("images").GetInt32()); // one of each class is kept for the test
            Assert.Equal(["ant", "bee", "cat", "dog"], run.Json.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("label").GetString()));
        }
        else
        {
            Assert.Equal(12, run.Json.EnumerateArray().Count(p => p.TryGetProperty("predictions", out JsonElement top) && top.GetArrayLength() == 3));
        }
    }

    [Theory]
    [InlineData("summary", "net.pt")]
    [InlineData("verify", "net.pt")]
    [InlineData("finetune", "net.pt", "--data", "folder:pets")]
    [InlineData("export", "net.pt", "-o", "x.onnx")]
    public void Nothing_else_takes_one(params string[] command)
    {
        Zoo zoo = Zoo.RunIn(folder.Path, command);
        Assert.NotEqual(0, zoo.ExitCode);
        Assert.Contains("TorchScript program", zoo.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("x.onnx")));
    }

    [Fact]
    public void A_program_that_libtorch_cannot_compile_is_an_error_and_not_the_end_of_the_process()
    {
        File.Copy(folder.File("net.pt"), folder.File("other.pt"));
        using (ZipArchive archive = ZipFile.Open(folder.File("other.pt"), ZipArchiveMode.Update))
        using (Stream code = archive.Entries.Single(e => e.FullName.EndsWith("code/__torch__.py", StringComparison.Ordinal)).Open())
        {
            using var reader = new StreamReader(code, leaveOpen: true);
            string text = reader.ReadToEnd();
            code.SetLength(0);
            code.Write(Encoding.UTF8.GetBytes(text.Replace("return", "retorn", StringComparison.Ordinal)));
        }

        Zoo zoo = Zoo.RunIn(folder.Path, "predict", "other.pt", "pets", "--run-program");
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains("zoo: other.pt: libtorch cannot compile or run this program: undefined value retorn", zoo.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("terminate called", zoo.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_flags_are_for_programs_alone()
    {
        Assert.Contains("--run-program", Zoo.RunIn(folder.Path, "predict", "lenet5:mnist", "pets", "--run-program").Errors, StringComparison.Ordinal);
        Assert.Contains("--labels", Zoo.RunIn(folder.Path, "eval", "lenet5:mnist", "--labels", "a,b").Errors, StringComparison.Ordinal);
        Zoo head = Zoo.RunIn(folder.Path, "predict", "net.pt", "pets", "--run-program", "--reinit-head");
        Assert.Contains("leave out --weights, --prefix, --reinit-head", head.Errors, StringComparison.Ordinal);
        Zoo few = Zoo.RunIn(folder.Path, "predict", "net.pt", "pets", "--run-program", "--labels", "a,b");
        Assert.Equal(2, few.ExitCode);
        Assert.Contains("4 logits", few.Errors, StringComparison.Ordinal);
    }
}
