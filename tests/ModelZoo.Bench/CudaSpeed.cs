using System.Diagnostics;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>
/// scripts/bench-cuda: images per second of the trainer on a GPU, data on the device, against the plain TorchSharp loop (float32) and eager PyTorch of Python
/// at its best: a fused optimizer, TF32, no loss read back between steps; in bfloat16 autocast and channels_last. The other sides have one process each.
/// </summary>
internal static class CudaSpeed
{
    private static readonly TrainingMode[] Modes = [.. TrainingMode.All.Where(m => m.Name != "fp32 channels_last")];

    // Steps are found by measuring.
    private static readonly TrainingCase[] OnGpu =
        [new("resnet20", 128, 32, 3, 10, 0), new("resnet20", 1024, 32, 3, 10, 0), new("resnet50", 64, 224, 3, 1000, 0)];

    // To try the script where there is no GPU.
    private static readonly TrainingCase[] OnProcessor = [new("resnet20", 4, 32, 3, 10, 0), new("resnet50", 1, 64, 3, 1000, 0)];

    /// <param name="setting">Threads and output.</param>
    /// <param name="deviceName">"cuda", or "cpu" with tiny sizes.</param>
    /// <param name="rounds">That are counted.</param>
    /// <param name="blockSeconds">About how long a block of the plain loop takes.</param>
    /// <param name="limit">Of the whole run; what would begin later is left out, and said.</param>
    /// <exception cref="ZooException">There is no such device.</exception>
    internal static void Run(Setting setting, string deviceName, int rounds, double blockSeconds, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        if (deviceName == "cuda" && !cuda.is_available())
        {
            throw new ZooException(
                "CUDA is not available to libtorch here: is there a driver (nvidia-smi), and is LIBTORCH a libtorch with CUDA? "
                + "--device cpu tries the command with tiny sizes.");
        }

        (string Name, string Heading)[] sides = [("torchsharp", "plain TorchSharp"), ("pytorch", "PyTorch")];
        using Peer plain = setting.StartTorchSharp(), pytorch = setting.Start("bench-cuda-peer.py");
        setting.Output.Say($"training on {deviceName}, data on the device, SGD with momentum 0.9 and weight decay, {rounds} rounds by turns;");
        setting.Output.Say($"libtorch of {Runtime.TorchRuntime.Folder}, PyTorch {pytorch.Version};");
        setting.Output.Say($"images/s of the median round and the ratios, above 1 where ours is faster;");
        setting.Output.Say($"plain TorchSharp always in float32, PyTorch in the line's precision (fused SGD, TF32; bf16 by autocast and channels_last):");
        var table = new TrainingTable(setting.Output, "cuda", sides);
        table.Head();
        foreach (TrainingCase sized in deviceName == "cuda" ? OnGpu : OnProcessor)
        {
            string plainOrder = $"{sized.Order}:{deviceName}";
            TrainingCase? timed = null;
            foreach (TrainingMode mode in Modes)
            {
                if (mode.Precision == "bf16" && deviceName == "cpu" && !Training.Precision.Bfloat16.OnProcessor)
                {
                    table.Skip(sized, mode, "this processor has neither AVX512-BF16 nor AMX and would only emulate bfloat16");
                    continue;
                }

                if (clock.Elapsed > limit)
                {
                    table.Skip(sized, mode, $"the {limit.TotalSeconds:F0} s of --limit were over");
                    continue;
                }

                timed ??= sized with { Steps = StepsIn(blockSeconds, count => plain.Run(plainOrder, count).Seconds) };
                string order = $"{sized.Order}:{deviceName}:{mode.Precision}";
                RaceResult result = TrainingRace.Run(
                    timed,
                    mode,
                    rounds,
                    device(deviceName),
                    new TrainingRace.Side("torchsharp", steps => plain.Run(plainOrder, steps).Seconds),
                    new TrainingRace.Side("pytorch", steps => pytorch.Run(order, steps).Seconds));
                table.Add(timed, mode, result, new { Device = deviceName, Libtorch = Runtime.TorchRuntime.Folder, Pytorch = pytorch.Version });
            }
        }

        table.Finish();
        setting.Output.Say($"{clock.Elapsed.TotalSeconds:F0} s");
    }

    // The first steps choose algorithms and allocate; they are not timed.
    private static int StepsIn(double seconds, Func<int, double> run)
    {
        run(3);
        return (int)Math.Clamp(seconds / (run(3) / 3), 2, 2000);
    }
}
