using ModelZoo.Analysis;
using ModelZoo.Layers;
using ModelZoo.Tracing;
using static TorchSharp.torch;

namespace ModelZoo.Registry;

/// <summary>What a network costs, from one traced forward of one image: nothing here is timed.</summary>
public sealed record ModelProfile
{
    private const int FloatBytes = sizeof(float);

    /// <summary>[C,H,W].</summary>
    public required IReadOnlyList<long> Input { get; init; }

    /// <summary>The parameters that inference needs (<see cref="ModelSummary.Parameters"/>).</summary>
    public required long Parameters { get; init; }

    /// <summary>The parameters of auxiliary classifiers, which only serve training.</summary>
    public required long AuxiliaryParameters { get; init; }

    /// <summary>Multiply-accumulates per image, of convolutions and linear layers only.</summary>
    public required long Macs { get; init; }

    /// <summary>Weighted layers (convolutions and linear layers) on the longest path from the input to the logits.</summary>
    public required int Depth { get; init; }

    /// <summary>
    /// Bytes of all leaves' outputs for one image in float32, each leaf with an output of its own (as if none worked in place): about what training keeps for
    /// the backward pass.
    /// </summary>
    public required long ActivationBytes { get; init; }

    /// <summary>
    /// The most bytes of the image and of leaves' outputs that are needed at the same time, in float32, where each is freed after its last use: what inference
    /// needs beside the weights.
    /// </summary>
    public required long PeakActivationBytes { get; init; }

    /// <summary>
    /// The side of the receptive field at the last convolution, in pixels of the input; it may be larger than the input. Null without a convolution.
    /// </summary>
    public required double? ReceptiveField { get; init; }

    /// <summary>
    /// Bytes of the tensors in a float32 file of the weights: parameters and buffers, auxiliary classifiers included; the file's header is not.
    /// </summary>
    public required long WeightsBytes { get; init; }

    /// <summary>The leaves, in the order of execution.</summary>
    public required IReadOnlyList<LayerProfile> Layers { get; init; }

    /// <summary>Builds a model for its arithmetic alone (its weights are not drawn), profiles it and frees it.</summary>
    /// <exception cref="ZooException">The architecture does not allow the options.</exception>
    public static ModelProfile Of(ModelInfo info, ModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(info);
        using IDisposable skipped = WeightInit.Skip();
        using ZooModel model = info.Create(options);
        return Of(model, options ?? info.Defaults);
    }

    /// <summary>Profiles a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Its input's size.</param>
    public static ModelProfile Of(nn.Module<Tensor, Tensor> model, ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        using Trace trace = Trace.Run(model, 1L, options.InChannels, options.InputHeight, options.InputWidth);
        ModelSummary summary = ModelSummary.Of(trace, model);
        int[] depths = Depths(trace);
        LayerProfile[] layers = [.. summary.Layers.Select((l, i) =>
            new LayerProfile(l.Name, l.Op, l.Macs > 0, depths[i], l.OutputShape, l.Parameters, l.Macs, l.ReceptiveField?.Size))];
        return new()
        {
            Input = summary.Input,
            Parameters = summary.Parameters,
            AuxiliaryParameters = summary.AuxiliaryParameters,
            Macs = summary.Macs,
            Depth = trace.Outputs.Max(o => depths[o]),
            ActivationBytes = trace.Nodes.Sum(n => Bytes(n.OutputShape)),
            PeakActivationBytes = Peak(trace),
            ReceptiveField = layers.Where(l => l.Weighted).Max(l => l.ReceptiveField),
            WeightsBytes = model.state_dict().Values.Sum(t => t.numel() * (t.is_floating_point() ? FloatBytes : t.element_size())),
            Layers = layers,
        };
    }

    private static int[] Depths(Trace trace)
    {
        var depths = new int[trace.Nodes.Count];
        foreach (TraceNode node in trace.Nodes)
        {
            depths[node.Index] = node.Inputs.Select(source => source == Trace.ModelInput ? 0 : depths[source]).DefaultIfEmpty(0).Max()
                + (LayerFacts.Macs(node) > 0 ? 1 : 0);
        }

        return depths;
    }

    private static long Peak(Trace trace)
    {
        int count = trace.Nodes.Count, input = count; // the image stands behind the leaves
        var last = new int[count + 1];
        foreach (TraceNode node in trace.Nodes)
        {
            last[node.Index] = Math.Max(last[node.Index], node.Index);
            foreach (int source in node.Inputs)
            {
                last[source == Trace.ModelInput ? input : source] = node.Index;
            }
        }

        foreach (int output in trace.Outputs)
        {
            last[output] = count;
        }

        ILookup<int, long> freed = trace.Nodes.Select(n =>
            (At: last[n.Index], Bytes: Bytes(n.OutputShape))).Append((At: last[input], Bytes: Bytes(trace.InputShape))).ToLookup(f => f.At, f => f.Bytes);
        long live = Bytes(trace.InputShape), most = live;
        foreach (TraceNode node in trace.Nodes)
        {
            live += Bytes(node.OutputShape);
            most = Math.Max(most, live);
            live -= freed[node.Index].Sum();
        }

        return most;
    }

    private static long Bytes(long[] shape) => FloatBytes * shape.Aggregate(1L, (a, b) => a * b);
}

/// <summary>One leaf of a profile.</summary>
/// <param name="Name">Its path in the model.</param>
/// <param name="Op">Its type.</param>
/// <param name="Weighted">Whether it is a convolution or a linear layer: what counts for depth and MACs.</param>
/// <param name="Depth">Weighted layers on the longest path from the input to here, this one included.</param>
/// <param name="Output">The output's shape without the batch.</param>
/// <param name="Parameters">Its own; 0 at a second call of a shared leaf.</param>
/// <param name="Macs">Multiply-accumulates per image.</param>
/// <param name="ReceptiveField">The side of what one element sees of the input, in pixels; null after flattening.</param>
public sealed record LayerProfile(string Name, string Op, bool Weighted, int Depth, IReadOnlyList<long> Output, long Parameters, long Macs,
    double? ReceptiveField);
