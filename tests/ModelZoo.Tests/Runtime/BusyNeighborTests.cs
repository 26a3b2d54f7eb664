using System.Diagnostics;
using ModelZoo.Tests.Training;
using Xunit;

namespace ModelZoo.Tests.Runtime;

/// <summary>Beside as many busy processes as there are cores training gets half of them, and takes not much more than twice the time.</summary>
[Collection(TorchCollection.Name)]
public sealed class BusyNeighborTests
{
    private const int Steps = 30;

    // Half of the cores explains twice the time. With threads that spin for ever it was 25 times.
    [Fact]
    public void Training_beside_busy_processes_takes_at_most_three_times_what_its_share_explains()
    {
        using var child = new PlainChild(["--settings"]);
        child.Ask($"threads {Environment.ProcessorCount}");
        child.Train(Steps);
        double alone = Best(child), beside;
        Process[] neighbors = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Process.Start("/bin/sh", ["-c", "while :; do :; done"]))];
        try
        {
            beside = Best(child);
        }
        finally
        {
            foreach (Process neighbor in neighbors)
            {
                neighbor.Kill();
                neighbor.Dispose();
            }
        }

        Assert.True(beside <= 3 * 2 * alone, $"{Steps} steps took {alone:F2} s alone and {beside:F2} s beside busy processes.");
    }

    // What other tests and the machine do in between only ever takes time.
    private static double Best(PlainChild child) => Enumerable.Range(0, 5).Min(_ => child.Train(Steps));
}
