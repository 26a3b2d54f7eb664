using System.Diagnostics;
using System.Globalization;
using ModelZoo.Bench;
using static TorchSharp.torch;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string what = args.FirstOrDefault() ?? "all";
if (what == "images")
{
    return PictureParity.Run(args.Length > 1 ? args[1] : throw new ArgumentException("scripts/bench images <folder>: name a folder of pictures."), Environment.GetEnvironmentVariable("ZOO_ROOT") ?? ".");
}

if (what == "loader")
{
    return LoaderSpeed.Run(args[1..], Environment.GetEnvironmentVariable("ZOO_ROOT") ?? ".");
}

int rounds = args.Length > 1 && what != "transfer" ? int.Parse(args[1]) : 15;
string script = Path.Combine(Environment.GetEnvironmentVariable("ZOO_ROOT") ?? ".", "scripts", "bench-peer.py");
int threads = Environment.GetEnvironmentVariable("ZOO_THREADS") is { } t ? int.Parse(t) : Environment.ProcessorCount;
set_num_threads(threads);
if (what == "transfer")
{
    return TransferComparison.Run(args[1..], threads);
}

if (what == "trunk")
{
    TrunkSpeed.Run(args.Length > 2 ? args[2] : "resnet50", rounds);
    return 0;
}

if (what is "lenet" or "all")
{
    using var peer = new Peer(script, threads);
    using var ours = new LenetSteps();
    const int Steps = 200;
    peer.Run("lenet", Steps);
    ours.Run(Steps);
    var ratios = new List<double>();
    var (oursBest, peerBest) = (double.MaxValue, double.MaxValue);
    double ourLoss = 0, peerLoss = 0;
    for (int r = 0; r < rounds; r++)
    {
        // Who goes first alternates, so that a drift of the machine favours nobody.
        (double p, double o) = (0, 0);
        if (r % 2 == 0)
        {
            (p, peerLoss) = peer.Run("lenet", Steps);
        }

        (o, ourLoss) = ours.Run(Steps);
        if (r % 2 == 1)
        {
            (p, peerLoss) = peer.Run("lenet", Steps);
        }

        ratios.Add(p / o);
        (oursBest, peerBest) = (Math.Min(oursBest, o), Math.Min(peerBest, p));
    }

    Console.WriteLine($"lenet5 training, batch 64, {threads} threads, {rounds} rounds of {Steps} steps, interleaved with eager PyTorch {peer.Version}:");
    Console.WriteLine($"  steps/s  ours {Steps / oursBest:F0}, PyTorch {Steps / peerBest:F0} (best rounds); ratio median {Median(ratios):F3}, min {ratios.Min():F3}, max {ratios.Max():F3}");
    Console.WriteLine($"  loss after the same steps: ours {ourLoss:G6}, PyTorch {peerLoss:G6}");
}

if (what is "train" or "all")
{
    TrainingSpeed.Run(script, threads, rounds, args.Length > 2 ? args[2..] : []);
}

if (what is "add" or "all")
{
    using var peer = new Peer(script, threads);
    const int Calls = 200_000;
    Tensor a = ones(1);
    peer.Run("add", Calls);
    Add(a, Calls);
    var ratios = new List<double>();
    var (ours, theirs) = (new List<double>(), new List<double>());
    for (int r = 0; r < rounds; r++)
    {
        theirs.Add(peer.Run("add", Calls).Seconds / Calls * 1e9);
        ours.Add(Add(a, Calls) / Calls * 1e9);
        ratios.Add(theirs[^1] / ours[^1]);
    }

    Console.WriteLine($"add of one element, no_grad, ns per call, {rounds} rounds of {Calls} calls, interleaved:");
    Console.WriteLine($"  median  ours {Median(ours):F0}, PyTorch {Median(theirs):F0}; ratio median {Median(ratios):F3}");
}

if (what is "memory" or "all")
{
    foreach (bool scopes in new[] { true, false })
    {
        using var training = new LenetSteps();
        training.Run(500, scopes);
        Console.WriteLine($"10,000 training steps, {(scopes ? "a dispose scope around each step" : "no dispose scopes in user code")}:");
        for (int block = 0; block <= 10; block++)
        {
            if (block > 0)
            {
                training.Run(1000, scopes);
            }

            if (block % 2 == 0)
            {
                using var process = Process.GetCurrentProcess();
                Console.WriteLine($"  after {block * 1000,6} steps: {Tensor.TotalCount,6} live tensors, {process.WorkingSet64 / 1048576.0:F0} MB resident");
            }
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        Console.WriteLine($"  after a collection:  {Tensor.TotalCount,6} live tensors");
    }
}

if (what is "load" or "all")
{
    using var load = new LoadTimes();
    Console.WriteLine($"loading {load.Bytes / 1e6:F0} MB of weights (as large as VGG-16's) into a model that is there, {rounds} rounds, interleaved; building the model took {load.BuildSeconds:F2} s:");
    foreach (string format in LoadTimes.Formats)
    {
        load.Cat(format);
        load.Load(format);
        var (cat, copy, ours, ratios) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (int r = 0; r < rounds; r++)
        {
            cat.Add(load.Cat(format));
            ours.Add(load.Load(format));
            copy.Add(load.Copy());
            ratios.Add(ours[^1] / (cat[^1] + copy[^1]));
        }

        Console.WriteLine($"  {format,-11} median  ours {Median(ours):F3} s, cat {Median(cat):F3} s, copy {Median(copy):F3} s; ours / (cat + copy) median {Median(ratios):F3}, max {ratios.Max():F3}; peak memory +{load.PeakGrowth(format) / 1e6:F1} MB");
    }
}

return 0;

static double Add(Tensor a, int calls)
{
    using IDisposable guard = no_grad();
    var clock = Stopwatch.StartNew();
    for (int i = 0; i < calls; i++)
    {
        a.add(a).Dispose();
    }

    return clock.Elapsed.TotalSeconds;
}

static double Median(List<double> values)
{
    double[] sorted = [.. values.Order()];
    return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
