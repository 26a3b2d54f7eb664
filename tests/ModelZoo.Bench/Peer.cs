using System.Diagnostics;
using System.Globalization;

namespace ModelZoo.Bench;

/// <summary>The eager PyTorch process on the other end of a pipe.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process process;

    internal Peer(string script, int threads, params string[] arguments)
    {
        process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        }) ?? throw new ZooException("/usr/bin/python3 does not start.");
        process.StandardInput.WriteLine($"threads {threads}");
        Version = process.StandardOutput.ReadLine() ?? throw new ZooException($"{script} ended before it said anything; scripts/setup --with-oracle installs PyTorch.");
    }

    internal string Version { get; }

    internal (double Seconds, double Value) Run(string what, int count)
    {
        process.StandardInput.WriteLine($"{what} {count}");
        string[] parts = (process.StandardOutput.ReadLine() ?? throw new ZooException("The PyTorch process ended; what it wrote stands above.")).Split(' ');
        return (double.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        process.StandardInput.WriteLine("quit");
        process.WaitForExit(5000);
        process.Dispose();
    }
}
