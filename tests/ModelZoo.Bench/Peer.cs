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

    private Peer(string program, string[] arguments, int threads, string remedy)
    {
        name = Path.GetFileName(arguments[0]);
        process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new ZooException($"{program} does not start.");
        process.StandardInput.WriteLine($"threads {threads}");
        Version = process.StandardOutput.ReadLine() ?? throw new ZooException($"{name} ended before it said anything; {remedy}.");
    }

    internal string Version { get; }

    /// <summary>Starts the plain TorchSharp loop and checks that it is in the packages' defaults.</summary>
    /// <exception cref="ZooException">Its OpenMP has a setting that neither the packages nor the user made.</exception>
    internal static Peer TorchSharp(int threads)
    {
        // The host of this process, or the one on PATH.
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var peer = new Peer(host, [Path.Combine(AppContext.BaseDirectory, "torchsharp-peer.dll")], threads, "build tests/ModelZoo.Bench again");
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
