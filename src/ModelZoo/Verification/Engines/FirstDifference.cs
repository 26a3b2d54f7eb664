using ModelZoo.Tracing;
using static TorchSharp.torch;

namespace ModelZoo.Verification.Engines;

/// <summary>The first layer of a network whose values a graph does not have.</summary>
/// <param name="Layer">Its path.</param>
/// <param name="Op">Its type.</param>
/// <param name="Nearest">The value of the graph, of as many elements, that comes nearest; null where there is none.</param>
/// <param name="Difference">How far that is off: the largest difference as a part of the largest value.</param>
/// <param name="Agreeing">How many layers before it the graph does have.</param>
public sealed record LayerDifference(string Layer, string Op, string? Nearest, double Difference, int Agreeing);

/// <summary>
/// Where a network and a graph in an engine part ways. Values are matched by what they are and not by names: names differ between writers, and what was folded
/// (a normalization in its convolution) has no counterpart, but what follows it has. So the first layer that counts is one without a counterpart whose inputs
/// have theirs, and behind which nothing has any again.
/// </summary>
public static class FirstDifference
{
    /// <summary>What counts as the same value: that part of the largest.</summary>
    public const double Same = 1e-3;

    /// <summary>Runs both.</summary>
    /// <param name="model">The network; in evaluation.</param>
    /// <param name="input">One image, [1,C,H,W], float32 on the CPU.</param>
    /// <param name="path">The ONNX file, which takes the same.</param>
    /// <param name="engine">What runs it.</param>
    /// <returns>Null where every layer that leads to the output has its counterpart.</returns>
    /// <exception cref="ZooException">The file cannot be read or run, or takes another input.</exception>
    public static LayerDifference? Of(nn.Module<Tensor, Tensor> model, Tensor input, string path, IGraphEngine engine)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        using GraphVerifier theirs = GraphVerifier.Open(path);
        (string Name, double[] Values)[] values = [.. theirs.Values(engine, input)];
        using Trace trace = Trace.Run(model, input, keepValues: true);
        bool[] has = new bool[trace.Nodes.Count], later = new bool[trace.Nodes.Count];
        var nearest = new (string? Name, double Difference)[trace.Nodes.Count];
        foreach (TraceNode node in trace.Nodes)
        {
            nearest[node.Index] = Nearest(node.OutputValue!, values);
            has[node.Index] = nearest[node.Index].Difference <= Same;
        }

        // Whether something behind it has a counterpart again.
        foreach (TraceNode node in trace.Nodes.Reverse())
        {
            foreach (int from in node.Inputs.Where(i => i != Trace.ModelInput))
            {
                later[from] |= has[node.Index] || later[node.Index];
            }
        }

        TraceNode? first = trace.Nodes.FirstOrDefault(n => !has[n.Index] && !later[n.Index] && n.Inputs.All(i => i == Trace.ModelInput || has[i] || later[i]));
        return first is null ? null
            : new(first.Name, first.Op, nearest[first.Index].Name, nearest[first.Index].Difference, has.Take(first.Index).Count(h => h));
    }

    private static (string?, double) Nearest(Tensor ours, (string Name, double[] Values)[] theirs)
    {
        double[] values = TensorValues.ValuesAt(ours, null);
        double largest = Math.Max(1e-30, values.Max(Math.Abs));
        (string? Name, double Difference) best = (null, double.PositiveInfinity);
        foreach ((string name, double[] other) in theirs.Where(t => t.Values.Length == values.Length))
        {
            double worst = 0;
            for (int i = 0; i < values.Length && worst < best.Difference * largest; i++)
            {
                double d = Math.Abs(values[i] - other[i]);
                worst = double.IsNaN(d) ? double.PositiveInfinity : Math.Max(worst, d);
            }

            best = worst / largest < best.Difference ? (name, worst / largest) : best;
        }

        return best;
    }
}
