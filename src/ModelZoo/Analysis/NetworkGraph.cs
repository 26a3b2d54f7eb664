using System.Globalization;
using ModelZoo.Runtime;
using ModelZoo.Tracing;

namespace ModelZoo.Analysis;

/// <summary>One call of a leaf in words: what a drawing needs of a <see cref="TraceNode"/>, without the module and its tensors.</summary>
/// <param name="Name">The leaf's path in the model ("layer1.0.conv1"); a second call of the same leaf has "#2" after it.</param>
/// <param name="Op">Its type ("Conv2d").</param>
/// <param name="Settings">Its hyper-parameters as short text ("k3 s2 p1").</param>
/// <param name="Inputs">Where each input comes from: the index of a node, or <see cref="Trace.ModelInput"/>.</param>
/// <param name="OutputShape">Batch included.</param>
public sealed record GraphNode(string Name, string Op, string Settings, IReadOnlyList<int> Inputs, IReadOnlyList<long> OutputShape);

/// <summary>A network's data flow in words, which outlives the trace that it was read from.</summary>
/// <param name="Nodes">The leaves' calls, in the order of execution: inputs come before what takes them.</param>
/// <param name="InputShape">The model's input, batch included.</param>
public sealed record NetworkGraph(IReadOnlyList<GraphNode> Nodes, IReadOnlyList<long> InputShape)
{
    /// <summary>No network.</summary>
    public static NetworkGraph Empty { get; } = new([], []);

    /// <summary>Reads a trace off.</summary>
    public static NetworkGraph Of(Trace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        return new([.. trace.Nodes.Select(node => new GraphNode(node.Name, node.Op, LayerFacts.Describe(node.Module), node.Inputs, node.OutputShape))],
            trace.InputShape);
    }
}

/// <summary>The most memory that this process had resident since <see cref="Restart"/>, read from Linux' /proc; unknown elsewhere.</summary>
public static class PeakMemory
{
    /// <summary>Collects garbage, gives free memory back to the system and forgets the peak so far.</summary>
    /// <returns>The bytes that are resident now; null where the system does not tell.</returns>
    public static long? Restart()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        ProcessSettings.ReturnFreedMemory(); // without glibc what is free may stay resident; growth is then reported a little too small
        return Forget() ? Status("VmRSS") : null;
    }

    /// <summary>Forgets the peak so far and keeps everything else as it is.</summary>
    /// <returns>Whether the system can do that.</returns>
    public static bool Forget()
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                return false;
            }

            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The most bytes that were resident since the peak was forgotten; null where the system does not tell.</summary>
    public static long? Read() => OperatingSystem.IsLinux() ? Status("VmHWM") : null;

    private static long? Status(string name)
    {
        try
        {
            string? line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
            return line is null ? null : 1024 * long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
