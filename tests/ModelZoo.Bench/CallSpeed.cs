using System.Diagnostics;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>What a call costs: the addition of one element, against eager PyTorch.</summary>
internal static class CallSpeed
{
    private const int Calls = 200_000;

    internal static void Run(Setting setting, int rounds)
    {
        using Peer peer = setting.Start("bench-peer.py");
        using Tensor one = ones(1);
        peer.Run("add", Calls);
        Add(one);
        var times = new Rounds();
        for (int round = 0; round < rounds; round++)
        {
            times.Run(() => Add(one), () => peer.Run("add", Calls).Seconds);
        }

        double ours = times.OursMedian / Calls * 1e9, theirs = times.TheirsMedian / Calls * 1e9;
        setting.Output.Say($"add of one element, no_grad, ns per call, {rounds} rounds of {Calls} calls, interleaved:");
        setting.Output.Say($"  median  ours {ours:F0}, PyTorch {theirs:F0}; ratio median {times.Ratio.Median:F3}");
        setting.Output.Add(new { Benchmark = "add", Rounds = rounds, OursNanoseconds = ours, PytorchNanoseconds = theirs, times.Ratio });
    }

    private static double Add(Tensor one)
    {
        using IDisposable guard = no_grad();
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < Calls; i++)
        {
            one.add(one).Dispose();
        }

        return clock.Elapsed.TotalSeconds;
    }
}
