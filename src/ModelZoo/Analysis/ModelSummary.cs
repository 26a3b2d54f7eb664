using ModelZoo.Tracing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Analysis;

/// <summary>One row of a summary.</summary>
/// <param name="Name">The leaf's path in the model.</param>
/// <param name="Op">Its type.</param>
/// <param name="OutputShape">Without the batch: [C,H,W] or [features].</param>
/// <param name="Parameters">Trainable and frozen parameters of this leaf; 0 at a second call of a shared leaf.</param>
/// <param name="Macs">Multiply-accumulates per image (convolutions and linear layers only).</param>
/// <param name="ReceptiveField">Rows and columns of the input that one output element sees, clipped to the input by the reader; null after flattening.</param>
public sealed record LayerSummary(string Name, string Op, long[] OutputShape, long Parameters, long Macs, ReceptiveField? ReceptiveField);

/// <summary>Shapes, parameters, multiply-accumulates and receptive fields of a model, layer by layer, read from its trace.</summary>
public sealed class ModelSummary
{
    private ModelSummary(IReadOnlyList<LayerSummary> layers, long[] input, IReadOnlyCollection<Parameter> run, IReadOnlyCollection<Parameter> idle)
    {
        Layers = layers;
        Input = input;
        Parameters = run.Sum(p => p.numel());
        Trainable = run.Where(p => p.requires_grad).Sum(p => p.numel());
        AuxiliaryParameters = idle.Sum(p => p.numel());
    }

    /// <summary>The leaves, in the order of execution.</summary>
    public IReadOnlyList<LayerSummary> Layers { get; }

    /// <summary>[C,H,W].</summary>
    public long[] Input { get; }

    /// <summary>The parameters of the network that the traced forward ran (buffers are none): what inference needs.</summary>
    public long Parameters { get; }

    /// <summary>Those of them that training changes.</summary>
    public long Trainable { get; }

    /// <summary>The parameters of leaves that the traced forward did not run: auxiliary classifiers, which only serve training.</summary>
    public long AuxiliaryParameters { get; }

    /// <summary>All parameters of the model.</summary>
    public long TotalParameters => Parameters + AuxiliaryParameters;

    /// <summary>Multiply-accumulates per image (convolutions and linear layers only).</summary>
    public long Macs => Layers.Sum(l => l.Macs);

    /// <summary>Traces the model at one image of the given size and sums up.</summary>
    public static ModelSummary Of(nn.Module<Tensor, Tensor> model, int channels, int height, int width)
    {
        using Trace trace = Trace.Run(model, 1L, channels, height, width);
        return Of(trace, model);
    }

    /// <summary>Sums up an existing trace of <paramref name="model"/>.</summary>
    public static ModelSummary Of(Trace trace, nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(trace);
        ArgumentNullException.ThrowIfNull(model);
        HashSet<nn.Module> counted = new(ReferenceEqualityComparer.Instance);
        var fields = new (ReceptiveField Rows, ReceptiveField Columns)?[trace.Nodes.Count];
        var layers = new List<LayerSummary>();
        foreach (TraceNode node in trace.Nodes)
        {
            fields[node.Index] = FieldOf(node, fields);
            long parameters = counted.Add(node.Module) ? node.ParameterCount : 0;
            layers.Add(new(node.Name, node.Op, node.OutputShape[1..], parameters, LayerFacts.Macs(node), fields[node.Index] is { } f
                ? ReceptiveField.Join(f.Rows, f.Columns)
                : null));
        }

        HashSet<Parameter> idle = new(Idle(model, counted), ReferenceEqualityComparer.Instance);
        idle.ExceptWith(counted.SelectMany(module => module.parameters(recurse: false))); // shared with a leaf that ran
        return new ModelSummary(layers, trace.InputShape[1..], [.. model.parameters().Where(p => !idle.Contains(p))], idle);
    }

    private static IEnumerable<Parameter> Idle(nn.Module model, HashSet<nn.Module> run) =>
        model.named_modules().Select(m => m.module).Where(m => !m.children().Any() && !run.Contains(m)).SelectMany(m => m.parameters(recurse: false));

    // Along rows and along columns: 3×1 and then 1×3 see 3×3. Of fields that are not square the summary shows the larger side.
    private static (ReceptiveField Rows, ReceptiveField Columns)? FieldOf(TraceNode node, (ReceptiveField Rows, ReceptiveField Columns)?[] fields)
    {
        if (node.OutputShape.Length != 4)
        {
            return null;
        }

        (ReceptiveField Rows, ReceptiveField Columns)? field = null;
        foreach (int source in node.Inputs)
        {
            (ReceptiveField, ReceptiveField)? one = source == Trace.ModelInput ? (ReceptiveField.Pixel, ReceptiveField.Pixel) : fields[source];
            field = field is var (rows, columns) && one is var (otherRows, otherColumns)
                ? (ReceptiveField.Join(rows, otherRows), ReceptiveField.Join(columns, otherColumns))
                : field ?? one;
        }

        return field is var (before, beside) ? (After(node, before, 0), After(node, beside, 1)) : null;
    }

    private static ReceptiveField After(TraceNode node, ReceptiveField before, int axis) =>
        LayerFacts.Window(node, axis) is { } w ? before.Through(w.Kernel, w.Stride, w.Padding, w.Dilation)
        : LayerFacts.Spread(node, axis) is { } s ? before.Spread(s.Kernel, s.Stride, s.Padding)
        : before;
}

/// <summary>
/// What one output element sees of the model's input along one axis: its extent, the distance between neighbors, and the center of the first,
/// all in input pixels.
/// </summary>
/// <param name="Size">Extent, r.</param>
/// <param name="Jump">Distance between the fields of neighboring elements, j.</param>
/// <param name="Start">Center of the first element's field, counted from the center of the first pixel.</param>
public readonly record struct ReceptiveField(double Size, double Jump, double Start)
{
    /// <summary>A pixel of the input sees itself.</summary>
    public static ReceptiveField Pixel => new(1, 1, 0);

    /// <summary>After a window of <paramref name="kernel"/> taps: r += (k−1)·d·j; start += ((k−1)·d/2 − p)·j; j *= s.</summary>
    public ReceptiveField Through(long kernel, long stride, long padding, long dilation)
    {
        long reach = (kernel - 1) * dilation;
        return new(Size + reach * Jump, Jump * stride, Start + (reach / 2.0 - padding) * Jump);
    }

    /// <summary>
    /// After laying kernels at every <paramref name="stride"/>-th place of a finer plane (transposed convolution, unpooling): an output sees at most ⌈k/s⌉
    /// inputs, r += (⌈k/s⌉−1)·j; j /= s; start += (p − (k−1)/2)·j of the finer plane.
    /// </summary>
    public ReceptiveField Spread(long kernel, long stride, long padding)
    {
        double jump = Jump / stride;
        return new(Size + (((kernel + stride - 1) / stride - 1) * Jump), jump, Start + ((padding - ((kernel - 1) / 2.0)) * jump));
    }

    /// <summary>Of two branches that meet: the larger field counts.</summary>
    public static ReceptiveField Join(ReceptiveField a, ReceptiveField b) => a.Size >= b.Size ? a : b;
}
