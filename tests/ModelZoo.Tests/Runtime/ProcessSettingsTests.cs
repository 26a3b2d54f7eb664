using System.Globalization;
using Xunit;

namespace ModelZoo.Tests.Runtime;

/// <summary>What native libraries see of the settings, each in a process of its own.</summary>
public sealed class ProcessSettingsTests
{
    private static readonly string[] Settings = ["--settings"];

    [Fact]
    public void Openmp_spins_a_short_while_and_child_processes_are_as_before()
    {
        using var child = new PlainChild(Settings);
        Assert.Equal("5000", child.Ask("getenv GOMP_SPINCOUNT"));
        Assert.Equal($"{Environment.ProcessorCount}", child.Ask("getenv OMP_NUM_THREADS"));
        Assert.Equal("unset", child.Ask("child GOMP_SPINCOUNT"));
        Assert.Equal("unset", child.Ask("child OMP_NUM_THREADS"));
    }

    [Theory]
    [InlineData("GOMP_SPINCOUNT", "7", "7", "cores")]
    [InlineData("OMP_WAIT_POLICY", "passive", "unset", "cores")]
    [InlineData("OMP_NUM_THREADS", "3", "5000", "3")]
    [InlineData("MKL_NUM_THREADS", "1", "5000", "unset")]
    [InlineData("OMP_THREAD_LIMIT", "5", "5000", "unset")]
    public void What_the_user_has_set_stays(string name, string value, string spinCount, string threads)
    {
        using var child = new PlainChild(Settings, environment: new Dictionary<string, string?> { [name] = value });
        Assert.Equal(value, child.Ask($"getenv {name}"));
        Assert.Equal(spinCount, child.Ask("getenv GOMP_SPINCOUNT"));
        Assert.Equal(threads == "cores" ? $"{Environment.ProcessorCount}" : threads, child.Ask("getenv OMP_NUM_THREADS"));
        Assert.Equal(value, child.Ask($"child {name}"));
    }

    [Fact]
    public void The_switch_leaves_the_process_as_it_is()
    {
        // In its runtimeconfig.json; --settings is the other way, AppContext.SetSwitch before the library is touched.
        using var child = new PlainChild();
        Assert.Equal("unset", child.Ask("getenv GOMP_SPINCOUNT"));
        Assert.Equal("unset", child.Ask("getenv OMP_NUM_THREADS"));
    }

    // About 400 page faults a step against 8,000.
    [Fact]
    public void Memory_of_a_step_is_kept_for_the_next()
    {
        double kept = FaultsPerStep(Settings, []), returned = FaultsPerStep([], []);
        Assert.True(kept * 5 < returned, $"{kept} page faults a step with malloc's settings, {returned} without.");
    }

    [Fact]
    public void Malloc_is_left_alone_where_the_user_has_set_it()
    {
        // What malloc takes for itself, where it adapts no threshold any more.
        var users = new Dictionary<string, string?> { ["MALLOC_MMAP_THRESHOLD_"] = "131072" };
        double left = FaultsPerStep(Settings, users), kept = FaultsPerStep(Settings, []);
        Assert.True(kept * 5 < left, $"{left} page faults a step with the user's settings, {kept} with ours.");
    }

    // About 120 MB of activations, which go back when a step ends, against a heap that keeps them.
    [Fact]
    public void A_process_that_saves_memory_gives_back_what_a_step_leaves()
    {
        Assert.True(Left(saves: true) + (60 << 20) < Left(saves: false));

        static long Left(bool saves)
        {
            using var child = new PlainChild(Settings);
            child.Ask("threads 1");
            if (saves)
            {
                Assert.Equal("True", child.Ask("save-memory"));
            }

            child.Ask("train:resnet20:64:32 3");
            return long.Parse(child.Ask("resident"), CultureInfo.InvariantCulture);
        }
    }

    private static double FaultsPerStep(string[] arguments, Dictionary<string, string?> environment)
    {
        const int Steps = 3;
        using var child = new PlainChild(arguments, environment: environment);
        child.Ask("threads 1");
        child.Ask("train:resnet20:32:32 10"); // the heap grows for a few steps
        return Enumerable.Range(0, 3).Min(_ =>
        {
            long before = Faults();
            child.Ask($"train:resnet20:32:32 {Steps}");
            return (Faults() - before) / (double)Steps;
        });

        long Faults() => long.Parse(child.Ask("faults"), CultureInfo.InvariantCulture);
    }
}
