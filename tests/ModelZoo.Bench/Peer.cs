using System.Diagnostics;
using System.Globalization;

namespace ModelZoo.Bench;

/// <summary>
/// The process on the other end of a pipe: eager PyTorch, or the plain TorchSharp loop. It gets the environment that this process was started with.
/// </summary>
internal sealed class Peer : IDisposable
{
    private readonly Process process;
    private readonly string name;

    /// <summary>Starts a Python script.</summary>
    internal Peer(string script, int threads, params string[] arguments)
        : this(Setting.Python, [script, .. arguments], threads, "scripts/setup --with-oracle installs PyTorch")
    {
    }

    private Peer(string program, string[] arguments, int threads, string remedy, params (string Name, string Value)[] environment)
    {
        name = Path.GetFileName(arguments[0]);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach ((string variable, string value) in environment)
        {
            start.Environment.TryAdd(variable, value);
        }

        process = Process.Start(start) ?? throw new ZooException($"{program} does not start.");
        process.StandardInput.WriteLine($"threads {threads}");
        Version = process.StandardOutput.ReadLine() ?? throw new ZooException($"{name} ended before it said anything; {remedy}.");
    }

    internal string Version { get; }

    // The host of this process, or the one on PATH.
    private static string Host => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    /// <summary>Starts ONNX Runtime with the allocator's settings that the zoo gives itself.</summary>
    internal static Peer OnnxRuntime(int threads) => new(Host, [Path.Combine(AppContext.BaseDirectory, "ort-peer.dll")], threads,
        "build tests/ModelZoo.Bench again", ("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", $"{256 << 20}"),
        ("MALLOC_TRIM_THRESHOLD_", $"{int.MaxValue}"), ("MALLOC_TOP_PAD_", $"{64 << 20}"));

    /// <summary>Starts the plain TorchSharp loop and checks that it is in the packages' defaults.</summary>
    /// <exception cref="ZooException">Its OpenMP has a setting that neither the packages nor the user made.</exception>
    internal static Peer TorchSharp(int threads)
    {
        var peer = new Peer(Host, [Path.Combine(AppContext.BaseDirectory, "torchsharp-peer.dll")], threads, "build tests/ModelZoo.Bench again");
        string spin = peer.Ask("getenv GOMP_SPINCOUNT"), users = Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") ?? "unset";
        if (spin != users)
        {
            peer.Dispose();
            throw new ZooException($"{peer.name} runs with GOMP_SPINCOUNT {spin} where the user's is {users}: it would not measure the packages' defaults.");
        }

        return peer;
    }

    internal (double Seconds, double Value) Run(string what, int count)
    {
        string[] parts = Ask($"{what} {count}").Split(' ');
        return (double.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Has something done that takes no time worth measuring.</summary>
    internal void Tell(string line) => Ask(line);

    public void Dispose()
    {
        process.StandardInput.WriteLine("quit");
        process.WaitForExit(5000);
        process.Dispose();
    }

    private string Ask(string line)
    {
        process.StandardInput.WriteLine(line);
        return process.StandardOutput.ReadLine() ?? throw new ZooException($"{name} ended; what it wrote stands above.");
    }
}
