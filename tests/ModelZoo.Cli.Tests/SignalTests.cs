using System.Diagnostics;
using ModelZoo.Tests.Data;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>One Ctrl-C or SIGTERM ends a command that would run for minutes, with an exit code that says so, and leaves no temporary file.</summary>
public class SignalTests
{
    // Two seconds where nothing else runs.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    [Theory]
    [InlineData(2, "forward", "vgg16", "--input", "x.npy", "--output", "y.npy")]
    [InlineData(15, "forward", "vgg16", "--input", "x.npy", "--output", "y.npy")]
    [InlineData(15, "verify", "vgg16")]
    [InlineData(2, "compare", "vgg16", "vgg19", "--html", "page.html")]
    [InlineData(2, "train", "vgg16", "--data", "digits", "--batch-size", "64")]
    public void Work_is_ended(int signal, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        if (arguments.Contains("x.npy"))
        {
            Npy.Write(folder.File("x.npy"), [32, 3, 224, 224], new float[32 * 3 * 224 * 224]);
        }

        string[] before = Directory.GetFiles(folder.Path);
        Zoo.Running running = Zoo.Start(folder.Path, arguments);
        Thread.Sleep(5000);
        var clock = Stopwatch.StartNew();
        running.Signal(signal);
        Zoo ended = running.Finish();
        Assert.True(clock.Elapsed < Limit, $"it ended {clock.Elapsed.TotalSeconds:F1} s after the signal");
        Assert.True(ended.ExitCode == 128 + signal, $"exit code {ended.ExitCode}: {ended.Errors}");
        Assert.Contains("zoo: stopping", ended.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Errors, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(folder.Path));
        Assert.DoesNotContain(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories), f => f.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_of_pictures_is_not_classified_to_its_end()
    {
        using var folder = new TemporaryFolder();
        string pets = folder.File("pets");
        Pictures.WriteClasses(pets, ["cat"], each: 1);
        string picture = Directory.GetFiles(pets, "*", SearchOption.AllDirectories)[0];
        for (int i = 0; i < 20_000; i++)
        {
            File.CreateSymbolicLink(Path.Combine(pets, $"{i}{Path.GetExtension(picture)}"), picture);
        }

        Zoo.Running running = Zoo.Start(null, "predict", "resnet20:cifar10", pets);
        Thread.Sleep(4000);
        running.Signal(2);
        Zoo ended = running.Finish();
        Assert.Equal(130, ended.ExitCode);
        Assert.Empty(ended.Output);
    }

    [Fact]
    public void A_signal_that_comes_before_the_work_ends_it_too()
    {
        Zoo.Running running = Zoo.Start(null, "summary", "vgg19");
        Thread.Sleep(400);
        running.Signal(15);
        Assert.Equal(143, running.Finish().ExitCode);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(1000)]
    [InlineData(1500)]
    [InlineData(2500)]
    public void Training_ends_with_1_only_where_its_state_is_kept(int milliseconds)
    {
        using var folder = new TemporaryFolder();
        Zoo.Running running = Zoo.Start(folder.Path, "train", "lenet5", "--data", "digits", "--epochs", "1000");
        Thread.Sleep(milliseconds);
        running.Signal(2);
        Zoo ended = running.Finish();
        bool kept = ended.Errors.Contains("the state so far is kept", StringComparison.Ordinal);
        Assert.True(ended.ExitCode == (kept ? 1 : 130), $"exit code {ended.ExitCode}: {ended.Errors}");
    }
}
