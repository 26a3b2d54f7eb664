using ModelZoo.Training.Precision;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>
/// Images per second of the trainer on the processor, data in memory, against the loop that a plain user of TorchSharp writes (a process of its own in the
/// packages' defaults, float32) and eager PyTorch in float32, by turns.
/// </summary>
internal static class TrainingSpeed
{
    private static readonly TrainingCase[] Cases =
    [
        new("lenet5", 64, 32, 1, 10, 200),
        new("resnet20", 128, 32, 3, 10, 8),
        new("alexnet", 64, 224, 3, 1000, 2),
        new("googlenet", 16, 224, 3, 1000, 2),
        new("resnet50", 8, 224, 3, 1000, 2),
    ];

    private static readonly (string Name, string Heading)[] Sides = [("torchsharp", "plain TorchSharp"), ("pytorch", "PyTorch")];

    internal static string[] Models { get; } = [.. Cases.Select(c => c.Model)];

    /// <summary>What <c>--peer</c> may be.</summary>
    internal static string[] Peers { get; } = ["torchsharp", "pytorch", "both"];

    internal static void Run(Setting setting, int rounds, string[] only, string which = "both")
    {
        setting.Output.Say($"training, data in memory, SGD with momentum 0.9 and weight decay, {setting.Threads} threads, {rounds} rounds by turns;");
        setting.Output.Say($"images/s of the median round and the ratio to float32 of the other sides, above 1 where ours is faster:");
        (string Name, string Heading)[] sides = [.. Sides.Where(s => which == "both" || which == s.Name)];
        var table = new TrainingTable(setting.Output, "train", sides);
        table.Head();
        foreach (TrainingCase one in Cases.Where(c => only.Length == 0 || only.Contains(c.Model)))
        {
            Peer[] peers = [.. sides.Select(s => s.Name == "torchsharp" ? setting.StartTorchSharp() : setting.Start("bench-peer.py"))];
            try
            {
                foreach (TrainingMode mode in TrainingMode.All)
                {
                    if (mode.Precision == "bf16" && !Bfloat16.OnProcessor)
                    {
                        table.Skip(one, mode, "this processor has neither AVX512-BF16 nor AMX and would only emulate bfloat16");
                        continue;
                    }

                    var others = sides.Zip(peers, (side, peer) => new TrainingRace.Side(side.Name, steps => peer.Run(one.Order, steps).Seconds));
                    RaceResult result = TrainingRace.Run(one, mode, rounds, CPU, [.. others]);
                    table.Add(one, mode, result, new { setting.Threads, Versions = sides.Zip(peers).ToDictionary(p => p.First.Name, p => p.Second.Version) });
                }
            }
            finally
            {
                foreach (Peer peer in peers)
                {
                    peer.Dispose();
                }
            }
        }

        table.Finish();
    }
}
