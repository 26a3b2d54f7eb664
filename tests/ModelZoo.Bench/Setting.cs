namespace ModelZoo.Bench;

/// <summary>What every benchmark runs in.</summary>
/// <param name="Threads">Of either side.</param>
/// <param name="Output">Takes what it says.</param>
internal sealed record Setting(int Threads, Output Output)
{
    /// <summary>The checkout, whose Python scripts are the other side.</summary>
    internal static string Root => Environment.GetEnvironmentVariable("ZOO_ROOT") ?? ".";

    internal static string Script(params string[] path) => Path.Combine([Root, "scripts", .. path]);

    /// <summary>With PyTorch: Debian's, or what ZOO_PYTHON names.</summary>
    internal static string Python => Environment.GetEnvironmentVariable("ZOO_PYTHON") ?? "/usr/bin/python3";

    internal Peer StartTorchSharp() => Peer.TorchSharp(Threads);

    internal Peer Start(string script) => new(Script(script), Threads);
}
