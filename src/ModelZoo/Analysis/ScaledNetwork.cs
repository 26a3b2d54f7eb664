using ModelZoo.Tracing;
using TorchSharp.Modules;

namespace ModelZoo.Analysis;

/// <summary>What a network takes for one image.</summary>
/// <param name="Parameters">Values of the layers that run.</param>
/// <param name="Activations">Values of the input and of every layer's output.</param>
/// <param name="Peak">Of these the most that are needed at one time, each until the last layer that reads it.</param>
public readonly record struct NetworkSize(double Parameters, double Activations, double Peak);

/// <summary>
/// The shapes and sizes of a network for another input than the one that it was traced with, by the arithmetic of its layers (<see cref="LayerTable"/>):
/// nothing is built and nothing runs. Linear layers after a flattening grow with the input, as they do in networks that are built for one size.
/// </summary>
public sealed class ScaledNetwork
{
    private readonly Trace trace;
    private readonly double[] input;
    private readonly double[][] outputs;
    private readonly double[] parameters;

    /// <param name="trace">Of the network at a size that is cheap.</param>
    /// <param name="channels">C of the wanted input.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public ScaledNetwork(Trace trace, long channels, long height, long width)
    {
        ArgumentNullException.ThrowIfNull(trace);
        this.trace = trace;
        input = [channels, height, width];
        outputs = new double[trace.Nodes.Count][];
        parameters = new double[trace.Nodes.Count];
        HashSet<object> counted = new(ReferenceEqualityComparer.Instance);
        foreach (TraceNode node in trace.Nodes)
        {
            outputs[node.Index] = OutputOf(node);
            parameters[node.Index] = counted.Add(node.Module) ? ParametersOf(node) : 0;
        }
    }

    /// <summary>The parameters of a node; 0 at a second call of a shared leaf.</summary>
    public double Parameters(int node) => parameters[node];

    /// <summary>The shape of a node's output, without the batch.</summary>
    public IReadOnlyList<double> Output(int node) => outputs[node];

    /// <summary>The sums.</summary>
    public NetworkSize Size()
    {
        double[] sizes = [.. outputs.Select(Product)];
        int[] last = [.. Enumerable.Range(0, sizes.Length)];
        int inputRead = -1;
        foreach (TraceNode node in trace.Nodes)
        {
            foreach (int source in node.Inputs)
            {
                if (source == Trace.ModelInput)
                {
                    inputRead = node.Index;
                }
                else
                {
                    last[source] = node.Index;
                }
            }
        }

        double peak = Product(input);
        for (int now = 0; now < sizes.Length; now++)
        {
            double live = now <= inputRead ? Product(input) : 0;
            for (int node = 0; node <= now; node++)
            {
                live += last[node] >= now ? sizes[node] : 0;
            }

            peak = Math.Max(peak, live);
        }

        return new(parameters.Sum(), Product(input) + sizes.Sum(), peak);
    }

    private double[] InputOf(TraceNode node, int index) => node.Inputs[index] == Trace.ModelInput ? input : outputs[node.Inputs[index]];

    private double[] OutputOf(TraceNode node)
    {
        double[] traced = [.. node.OutputShape.Skip(1).Select(n => (double)n)];
        if (traced.Length == 3)
        {
            return [traced[0], Side(node, 0), Side(node, 1)];
        }

        double before = Product(node.InputShapes[0].Skip(1)), now = Product(InputOf(node, 0));
        if (node.Module is Linear || traced.Length == 0 || Product(traced) != before)
        {
            return traced; // as many as were asked for: classes, channels after a global pooling
        }

        traced[0] *= now / before;
        return traced;
    }

    private double Side(TraceNode node, int axis)
    {
        double before = node.InputShapes[0][2 + axis], now = InputOf(node, 0)[1 + axis], traced = node.OutputShape[2 + axis];
        if (LayerFacts.Window(node, axis) is { } window)
        {
            // what the formula leaves out (uneven borders) is what the trace has more
            bool up = node.Module is MaxPool2d { ceil_mode: true } or AvgPool2d { ceil_mode: true };
            return Math.Max(1, After(now, window, up) + traced - After(before, window, up));
        }

        if (LayerFacts.Spread(node, axis) is { } spread)
        {
            return traced + ((now - before) * spread.Stride);
        }

        if (node.Module is AdaptiveAvgPool2d or AdaptiveMaxPool2d)
        {
            return traced;
        }

        int like = Enumerable.Range(0, node.Inputs.Count).FirstOrDefault(i => node.InputShapes[i].Length == 4 && node.InputShapes[i][2 + axis] == traced, -1);
        return like >= 0 ? InputOf(node, like)[1 + axis] : traced == 1 ? 1 : Math.Ceiling(traced * now / before);

        static double After(double side, (long Kernel, long Stride, long Padding, long Dilation) w, bool up)
        {
            double steps = (side + (2 * w.Padding) - (w.Dilation * (w.Kernel - 1)) - 1) / w.Stride;
            double whole = up ? Math.Ceiling(steps) : Math.Floor(steps);
            return whole + (whole * w.Stride >= side + w.Padding ? 0 : 1); // no window begins beyond the input
        }
    }

    private double ParametersOf(TraceNode node)
    {
        if (node.Module is Linear linear && node.InputShapes[0].Length == 2)
        {
            return node.ParameterCount + (linear.out_features * (InputOf(node, 0)[0] - node.InputShapes[0][1]));
        }

        // the first convolution reads the input's channels
        return node.Module is Convolution { groups: 1 } first && node.Inputs[0] == Trace.ModelInput
            ? node.ParameterCount + (first.weight.numel() * ((input[0] / node.InputShapes[0][1]) - 1))
            : node.ParameterCount;
    }

    private static double Product(IEnumerable<double> shape) => shape.Aggregate(1.0, (a, b) => a * b);

    private static double Product(IEnumerable<long> shape) => shape.Aggregate(1.0, (a, b) => a * b);
}
