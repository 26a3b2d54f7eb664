using System.Diagnostics;
using ModelZoo.Tests.Imaging;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>Inputs that hold nothing, claim too much or have no proper name: one line, exit code 1 or 2, no trace.</summary>
public sealed class HostileInputTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        if (OperatingSystem.IsLinux())
        {
            Shell("rm -rf data"); // .NET cannot remove what it cannot name
        }

        folder.Dispose();
    }

    [Theory]
    [InlineData("predict", "lenet5:mnist", "x.npy")]
    [InlineData("forward", "lenet5:mnist", "--input", "x.npy", "--output", "y.npy")]
    public void An_array_without_images_is_named_with_its_shape(params string[] arguments)
    {
        Npy.Write(folder.File("x.npy"), [0, 1, 32, 32], ReadOnlyMemory<float>.Empty);
        MustBeOneLine(Zoo.RunIn(folder.Path, arguments), 1, "x.npy has shape [0,1,32,32]: it holds no image.");
    }

    [Theory]
    [InlineData("train lenet5 --limit -1", "--limit -1: it must be 1 or more.")]
    [InlineData("train lenet5 --limit 0", "--limit 0: it must be 1 or more.")]
    [InlineData("train lenet5 --log-every -5", "--log-every -5: it must be 0 (never) or more.")]
    public void A_number_that_counts_nothing_is_refused(string line, string message) =>
        MustBeOneLine(Zoo.RunIn(folder.Path, line.Split(' ')), 2, message);

    [Fact]
    public void A_size_that_no_machine_has_memory_for_is_refused_before_anything_is_built()
    {
        var clock = Stopwatch.StartNew();
        foreach (string command in new[] { "summary resnet20 --size 16384 --max-memory 2G", "compare resnet20 --size 16384 --max-memory 2G --no-timing",
            "features resnet20 --data digits --size 16384 --max-memory 2G --output x.csv" })
        {
            Zoo zoo = Zoo.RunIn(folder.Path, command.Split(' '));
            MustBeOneLine(zoo, 1, "resnet20: a resnet20 for images of 3×16384×16384 takes about ");
            Assert.Contains("at most 2.0 GB may be taken. If that is meant, raise the limit (--max-memory ", zoo.Errors, StringComparison.Ordinal);
        }

        MustBeOneLine(Zoo.RunIn(folder.Path, "summary", "lenet5", "--max-memory", "nan"), 2, "--max-memory 'nan': give bytes");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 120);
    }

    [Fact]
    public void Names_that_are_not_UTF_8_are_passed_over_by_name_and_a_class_folder_is_refused()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        foreach (string name in new[] { "ant", "bee" })
        {
            Directory.CreateDirectory(folder.File($"data/{name}"));
            File.WriteAllBytes(folder.File($"data/{name}/1.png"), PngFile.Gray(8, 8, new byte[64]));
        }

        Shell("cp data/ant/1.png data/ant/$'x\\xff.png'");
        Zoo predicted = Zoo.RunIn(folder.Path, "predict", "lenet5:mnist", "data", "--json");
        Assert.True(predicted.ExitCode == 0, predicted.Errors);
        Assert.Contains("2 pictures, 1 file passed over (name not in UTF-8: 'x\uFFFD.png' 1)", predicted.Errors, StringComparison.Ordinal);

        Shell("mkdir data/$'c\\xfe'");
        MustBeOneLine(Zoo.RunIn(folder.Path, "train", "lenet5", "--data", "folder:data", "--output", "x.safetensors"), 1,
            "the name of the class folder 'c\uFFFD' is not in UTF-8, so that it cannot be opened. Rename it.");
    }

    [Fact]
    public void A_disk_that_is_full_behind_standard_output_is_an_error()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string zoo = Path.Combine(AppContext.BaseDirectory, "zoo.dll");
        foreach (string command in new[] { "list --json", "info lenet5 --json", "list", "nothing --json" })
        {
            (int code, string errors) = Shell($"dotnet '{zoo}' {command} > /dev/full", mustPass: false);
            Assert.InRange(code, 1, 2);
            Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        }
    }

    private static void MustBeOneLine(Zoo zoo, int exitCode, string message)
    {
        Assert.Equal(exitCode, zoo.ExitCode);
        string line = Assert.Single(zoo.Errors.Split('\n'), line => line.StartsWith("zoo: ", StringComparison.Ordinal));
        Assert.Contains(message, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", zoo.Errors, StringComparison.Ordinal);
    }

    private (int ExitCode, string Errors) Shell(string command, bool mustPass = true)
    {
        var start = new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardError = true, WorkingDirectory = folder.Path };
        using Process shell = Process.Start(start)!;
        string errors = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Assert.True(!mustPass || shell.ExitCode == 0, errors);
        return (shell.ExitCode, errors);
    }
}
