using System.Diagnostics;
using System.Globalization;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>
/// Compiled networks against ONNX Runtime, which runs the same network from an exported file in a process of its own: by turns, both with glibc keeping freed
/// memory, float32.
/// </summary>
internal static class InferenceSpeed
{
    internal const double BlockSeconds = 0.3;

    private const double WarmSeconds = 1;
    private const int Pause = 100; // ms: ONNX Runtime's threads spin for 40 ms after a run, and would take a core from the other side

    internal static string[] Usual { get; } =
        ["alexnet", "vgg16", "googlenet", "resnet18", "resnet50", "mobilenet_v1", "efficientnet_b0", "densenet121"];

    /// <summary>A row for each network and batch size, and the geometric mean of the ratios.</summary>
    internal static void Run(Setting setting, int rounds, string[] models, int[] batches)
    {
        setting.Output.Say($"inference in float32 on {Processor()}, {setting.Threads} threads, {rounds} rounds by turns; ms a batch, medians; "
            + "ratio above 1 where the compiled network is faster:");
        setting.Output.Say(CompiledModel.Unavailable is { } why ? $"without fused operators: {why}" : "with libtorch's fused operators");
        setting.Output.Say($"{"",-22}{"compiled",10}{"ORT",10}{"ratio",8}  [min, max]");
        var folder = Directory.CreateTempSubdirectory("zoo-inference-");
        List<double> ratios = [];
        try
        {
            foreach (string name in models.Length > 0 ? models : Usual)
            {
                using ZooModel model = Fresh(name, out ModelInfo info);
                string file = Path.Combine(folder.FullName, $"{name}.onnx");
                OnnxExport.Write(file, model, new() { Input = [info.Input.Channels, info.Input.Height, info.Input.Width] });
                using Peer peer = Peer.OnnxRuntime(setting.Threads);
                peer.Tell($"open {file}");
                using CompiledModel compiled = model.Compile();
                foreach (int batch in batches)
                {
                    ratios.Add(Row(setting, name, info, compiled, peer, batch, rounds));
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        double mean = Math.Exp(ratios.Average(Math.Log));
        setting.Output.Say($"geometric mean of {ratios.Count} ratios {mean:F2}, smallest {ratios.Min():F2}");
    }

    /// <summary>What each fusion brings: everything against everything but one, by turns.</summary>
    internal static void Ablation(Setting setting, int rounds, string[] models, int[] batches)
    {
        (string Name, CompileOptions Options)[] ways =
        [
            ("everything", new()),
            .. Enum.GetValues<Fusions>().Where(f => f is not (Fusions.None or Fusions.All))
                .Select(f => ($"without {f}", new CompileOptions { Fusions = Fusions.All & ~f })),
            ("nothing joined", new() { Fusions = Fusions.None }),
            ("plain operators", new() { FusedOperators = false }),
        ];
        setting.Output.Say($"what each fusion brings, on {Processor()}, {setting.Threads} threads, {rounds} rounds by turns; ms a batch, medians:");
        foreach (string name in models.Length > 0 ? models : ["resnet50", "googlenet"])
        {
            using ZooModel model = Fresh(name, out ModelInfo info);
            foreach (int batch in batches)
            {
                using Tensor input = Input(info, batch);
                CompiledModel[] compiled = [.. ways.Select(w => model.Compile(w.Options))];
                (string Name, Func<double> Block)[] sides = [
                    .. ways.Zip(compiled, (w, c) => (w.Name, Block(() => c.Call(input)))),
                    ("the layers", Block(() => Eager(model, input)))];
                var times = sides.Select(_ => new List<double>()).ToArray();
                for (int round = 0; round < rounds; round++)
                {
                    for (int i = 0; i < sides.Length; i++)
                    {
                        times[i].Add(sides[i].Block());
                    }
                }

                double[] medians = [.. times.Select(Rounds.Median)];
                for (int i = 0; i < sides.Length; i++)
                {
                    setting.Output.Say($"{name}, {batch}: {sides[i].Name,-24}{1000 * medians[i],10:F2}{medians[i] / medians[0],8:F2}");
                    setting.Output.Add(new { Benchmark = "ablation", Model = name, Batch = batch, Way = sides[i].Name, Milliseconds = 1000 * medians[i] });
                }

                Array.ForEach(compiled, static c => c.Dispose());
            }
        }
    }

    /// <summary>From the start of a process to its first prediction, and its resident memory then.</summary>
    internal static void First(Setting setting, int rounds, string[] models)
    {
        setting.Output.Say($"start of a process to its first prediction, weights from a file, on {Processor()}, {rounds} rounds by turns; seconds, medians:");
        var folder = Directory.CreateTempSubdirectory("zoo-inference-");
        try
        {
            foreach (string name in models.Length > 0 ? models : ["resnet50"])
            {
                (string onnx, string weights) = (Path.Combine(folder.FullName, "x.onnx"), Path.Combine(folder.FullName, "x.safetensors"));
                ModelInfo info;
                using (ZooModel model = Fresh(name, out info))
                {
                    OnnxExport.Write(onnx, model, new() { Input = [info.Input.Channels, info.Input.Height, info.Input.Width] });
                    Checkpoint.Export(weights, model);
                }

                var (times, ours, theirs) = (new Rounds(), 0L, 0L);
                for (int round = 0; round <= rounds; round++)
                {
                    (double own, ours) = Started("bench.dll", "inference-first", name, weights);
                    (double other, theirs) = Started("ort-peer.dll", onnx, $"{info.Input.Channels}", $"{info.Input.Height}", $"{info.Input.Width}");
                    if (round > 0)
                    {
                        times.Add(own, other);
                    }
                }

                setting.Output.Say($"{name}: compiled {times.OursMedian:F2} s, {ours} MB; ORT {times.TheirsMedian:F2} s, {theirs} MB; our time over theirs "
                    + $"{1 / times.Ratio.Median:F2}, memory {(double)ours / theirs:F2}");
                setting.Output.Add(new
                {
                    Benchmark = "first",
                    Model = name,
                    Seconds = times.OursMedian,
                    OrtSeconds = times.TheirsMedian,
                    Megabytes = ours,
                    OrtMegabytes = theirs,
                });
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What <see cref="First"/> starts.</summary>
    internal static void Child(string name, string weights)
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, name, Catalog.ReadResource, weights);
        using CompiledModel compiled = model.Compile();
        using Tensor input = Input(model.Info, 1), output = compiled.Call(input);
        using var own = Process.GetCurrentProcess();
        Console.WriteLine($"{output.reshape(-1)[0].item<float>():R} {own.WorkingSet64 >> 20}");
    }

    private static double Row(Setting setting, string name, ModelInfo info, CompiledModel compiled, Peer peer, int batch, int rounds)
    {
        using Tensor input = Input(info, batch);
        Func<double> ours = Block(() => compiled.Call(input));
        string order = $"run:{string.Join(':', input.shape)}";
        double once = peer.Run(order, 2).Seconds / 2;
        int count = Math.Max(1, (int)(BlockSeconds / once));
        var times = new Rounds();
        for (int round = 0; round < rounds; round++)
        {
            times.Run(ours, () => Theirs(peer, order, count));
        }

        setting.Output.Say($"{$"{name}, {batch}",-22}{1000 * times.OursMedian,10:F2}{1000 * times.TheirsMedian,10:F2}{times.Ratio.Median,8:F2}  "
            + $"[{times.Ratio.Min:F2}, {times.Ratio.Max:F2}]");
        setting.Output.Add(new
        {
            Benchmark = "inference",
            Model = name,
            Batch = batch,
            setting.Threads,
            Rounds = rounds,
            Processor = Processor(),
            Milliseconds = 1000 * times.OursMedian,
            OrtMilliseconds = 1000 * times.TheirsMedian,
            times.Ratio,
            OrtVersion = peer.Version,
        });
        return times.Ratio.Median;
    }

    // Seconds of one run, over a block of them.
    internal static Func<double> Block(Func<Tensor> run)
    {
        for (var warm = Stopwatch.StartNew(); warm.Elapsed.TotalSeconds < WarmSeconds;)
        {
            run().Dispose(); // until .NET has compiled what runs often a second time
        }

        long begun = Stopwatch.GetTimestamp();
        run().Dispose();
        int count = Math.Max(1, (int)(BlockSeconds / Stopwatch.GetElapsedTime(begun).TotalSeconds));
        return () =>
        {
            Thread.Sleep(Pause);
            run().Dispose();
            var clock = Stopwatch.StartNew();
            for (int i = 0; i < count; i++)
            {
                run().Dispose();
            }

            return clock.Elapsed.TotalSeconds / count;
        };
    }

    // Seconds of one run of the other side, over a block of them.
    internal static double Theirs(Peer peer, string order, int count)
    {
        Thread.Sleep(Pause);
        peer.Run(order, 1);
        return peer.Run(order, count).Seconds / count;
    }

    private static Tensor Eager(ZooModel model, Tensor input)
    {
        using IDisposable none = no_grad();
        return model.call(input);
    }

    internal static ZooModel Fresh(string name, out ModelInfo info)
    {
        random.manual_seed(1);
        info = Catalog.Models.Find(name);
        ZooModel model = info.Create();
        model.eval();
        return model;
    }

    private static Tensor Input(ModelInfo info, int batch) => randn(batch, info.Input.Channels, info.Input.Height, info.Input.Width);

    private static (double Seconds, long Megabytes) Started(string program, params string[] arguments)
    {
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        long begun = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(host, [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            RedirectStandardOutput = true,
        })!;
        string line = process.StandardOutput.ReadLine() ?? throw new ZooException($"{program} ended before it predicted.");
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        process.WaitForExit();
        return (seconds, long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }

    internal static string Processor()
    {
        string? name = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1]
            : null;
        bool wide = System.Runtime.Intrinsics.X86.Avx512F.IsSupported;
        return $"{name ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "an unnamed processor"} ({(wide ? "AVX-512" : "no AVX-512")})";
    }
}
