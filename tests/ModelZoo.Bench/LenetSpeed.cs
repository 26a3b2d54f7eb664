namespace ModelZoo.Bench;

/// <summary>Hand-written LeNet-5 steps, no trainer, against the same in eager PyTorch.</summary>
internal static class LenetSpeed
{
    private const int Steps = 200;

    internal static void Run(Setting setting, int rounds)
    {
        using Peer peer = setting.Start("bench-peer.py");
        using var ours = new LenetSteps();
        peer.Run("lenet", Steps);
        ours.Run(Steps);
        double ourLoss = 0, peerLoss = 0;
        var times = new Rounds();
        for (int round = 0; round < rounds; round++)
        {
            times.Run(Ours, Theirs);
        }

        setting.Output.Say($"lenet5 training, batch 64, {setting.Threads} threads, {rounds} rounds of {Steps} steps, interleaved with eager PyTorch "
            + $"{peer.Version}:");
        setting.Output.Say($"  steps/s  ours {Steps / times.OursBest:F0}, PyTorch {Steps / times.TheirsBest:F0} (best rounds); ratio median "
            + $"{times.Ratio.Median:F3}, min {times.Ratio.Min:F3}, max {times.Ratio.Max:F3}");
        setting.Output.Say($"  loss after the same steps: ours {ourLoss:G6}, PyTorch {peerLoss:G6}");
        setting.Output.Add(new
        {
            Benchmark = "lenet",
            setting.Threads,
            Rounds = rounds,
            OursStepsPerSecond = Steps / times.OursBest,
            PytorchStepsPerSecond = Steps / times.TheirsBest,
            times.Ratio,
            OursLoss = ourLoss,
            PytorchLoss = peerLoss,
        });

        double Ours()
        {
            (double seconds, ourLoss) = ours.Run(Steps);
            return seconds;
        }

        double Theirs()
        {
            (double seconds, peerLoss) = peer.Run("lenet", Steps);
            return seconds;
        }
    }
}
