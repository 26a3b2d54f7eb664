using ModelZoo.Inference.Compilation;
using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Quantization;

/// <summary>
/// From steps in float32 to steps on bytes, as a <see cref="QuantizationInfo"/> says. A value that it gives a scale for is bytes, every other one float32; what
/// cannot compute on bytes is given float32 and its output turned into bytes.
/// </summary>
internal sealed class ByteRewriter
{
    /// <summary>
    /// What may be joined in the network that is rewritten: concatenations of bytes are copies, and a normalization makes a value with a scale.
    /// </summary>
    public const Fusions Joined = Fusions.All & ~(Fusions.Concatenations | Fusions.PreActivations);

    private readonly Dictionary<string, QuantizedLayer> layers;
    private readonly Dictionary<string, ByteScale> scales;
    private readonly Dictionary<int, ByteScale> scaleOf = [];
    private readonly Dictionary<int, int> bytesOf = []; // the number of a value's bytes
    private readonly HashSet<int> floats = [0]; // values that are there in float32
    private readonly List<Step> rewritten = [];
    private readonly Backend backend;
    private readonly bool native;
    private int count;

    private ByteRewriter(QuantizationInfo info, Backend backend, bool native, int count)
    {
        (this.backend, this.native, this.count) = (backend, native, count);
        layers = info.Layers.ToDictionary(l => l.Layer);
        scales = info.Values.ToDictionary(v => v.Layer, v => new ByteScale(v.Scale, v.Zero));
    }

    /// <summary>Rewrites the steps of a network; those that are replaced are disposed.</summary>
    /// <param name="plan">The steps in float32.</param>
    /// <param name="info">Which layers and values are bytes.</param>
    /// <param name="backend">How steps compute.</param>
    /// <param name="native">Whether oneDNN's operators on bytes are used.</param>
    /// <exception cref="ZooException">A layer or a value is none of this network's.</exception>
    public static StepPlan Rewrite(StepPlan plan, QuantizationInfo info, Backend backend, bool native)
    {
        MustKnow(plan, info);
        var rewriter = new ByteRewriter(info, backend, native, plan.Values);
        rewriter.NameValues(plan);
        try
        {
            foreach (Step step in plan.Steps)
            {
                rewriter.Take(step);
            }

            return new(rewriter.rewritten, rewriter.count, rewriter.FloatOf(plan.Output));
        }
        catch
        {
            rewriter.rewritten.ForEach(static s => s.Dispose());
            throw;
        }
    }

    /// <summary>The name of a step's output in a <see cref="QuantizationInfo"/>.</summary>
    public static string ValueOf(Step step) => step.Layers[^1].Name;

    /// <summary>What a step made, in float32; a copy in the caller's scope.</summary>
    public static Tensor Floats(Step step, Tensor made) => made.dtype != ScalarType.Byte ? made.clone() : step switch
    {
        ByteProductStep { Product.Output: { } scale } => PlainBytes.Dequantize(made, scale),
        ByteKeepingStep keeping => PlainBytes.Dequantize(made, keeping.Scale),
        _ => made.to(ScalarType.Float32),
    };

    /// <summary>What a step would compute on bytes; null where it does not.</summary>
    public static (Conv2d? Convolution, PointwiseFunction? Function, bool Sum)? ProductOf(Step step) => step switch
    {
        ConvolutionStep c when ByteProduct.Takes(c.Function, linear: false, c.Sum) => ((Conv2d)c.Layers[0].Module, c.Function, c.Sum),
        LinearStep l when ByteProduct.Takes(l.Function, linear: true, sum: false) => (null, l.Function, false),
        _ => null,
    };

    /// <summary>Whether a step hands bytes on as they are, so that its inputs and its output have one scale.</summary>
    public static bool Keeps(Step step) => step is MaxPoolStep or ConcatStep { Present: 0 }
        || (step is LayerStep && step.Layers[0].Module is MaxPool2d { ceil_mode: false } or Flatten && step.Inputs.Length == 1);

    // Every layer and value must be one that the network has, or the file is of another network.
    private static void MustKnow(StepPlan plan, QuantizationInfo info)
    {
        Dictionary<string, long> channels = [];
        HashSet<string> names = [""];
        foreach (Step step in plan.Steps)
        {
            names.UnionWith(step.Layers.Select(l => l.Name));
            if (ProductOf(step) is not null)
            {
                channels[step.Layers[0].Name] = step.Layers[0].OutputShape[1];
            }
        }

        if (info.Layers.FirstOrDefault(l => !channels.ContainsKey(l.Layer)) is { } unknown)
        {
            throw new ZooException($"The checkpoint has int8 weights for {Printable.Plain(unknown.Layer)}, which is no convolution or linear layer of this "
                + "network that can have them. Make it anew with `zoo quantize`.");
        }

        if (info.Layers.FirstOrDefault(l => channels[l.Layer] != l.Scales.Count) is { } misfit)
        {
            throw new ZooException($"The checkpoint has {misfit.Scales.Count} scales for the int8 layer {Printable.Plain(misfit.Layer)}, which has "
                + $"{channels[misfit.Layer]} outputs. Make it anew with `zoo quantize`.");
        }

        if (info.Values.FirstOrDefault(v => !names.Contains(v.Layer)) is { } value)
        {
            throw new ZooException($"The checkpoint gives a scale for the output of {Printable.Plain(value.Layer)}, which this network does not have. Make it "
                + "anew with `zoo quantize`.");
        }
    }

    private void NameValues(StepPlan plan)
    {
        if (scales.TryGetValue("", out ByteScale input))
        {
            scaleOf[0] = input;
        }

        foreach (Step step in plan.Steps.Where(s => s.Outputs.Length == 1))
        {
            if (scales.TryGetValue(ValueOf(step), out ByteScale scale))
            {
                scaleOf[step.Outputs[0]] = scale;
            }
        }
    }

    private void Take(Step step)
    {
        int output = step.Outputs[0];
        bool bytes = step.Outputs.Length == 1 && scaleOf.ContainsKey(output);
        if (layers.TryGetValue(step.Layers[0].Name, out QuantizedLayer? layer) && ProductOf(step) is { } what && scaleOf.ContainsKey(step.Inputs[0])
            && (!what.Sum || (bytes && scaleOf.ContainsKey(step.Inputs[1]))))
        {
            Add(new ByteProductStep(step, [.. step.Inputs.Select(BytesOf)], bytes ? NewBytes(output) : output, Product(step, layer, what.Sum), native), step);
            if (!bytes)
            {
                floats.Add(output);
            }

            return;
        }

        bool same = bytes && Keeps(step) && step.Inputs.All(i => scaleOf.TryGetValue(i, out ByteScale scale) && scale == scaleOf[output]);
        switch (step)
        {
            case ConcatStep when same:
                Add(new ByteConcatStep(step, [.. step.Inputs.Select(BytesOf)], NewBytes(output), scaleOf[output], backend.Kernels), step);
                return;
            case { Layers: [{ Module: MaxPool2d }] } when same:
                Add(new ByteMaxPoolStep(step, BytesOf(step.Inputs[0]), NewBytes(output), scaleOf[output], backend.Kernels), step);
                return;
            case { Layers: [{ Module: Flatten }] } when same:
                Add(new ByteLayerStep(step, BytesOf(step.Inputs[0]), NewBytes(output), scaleOf[output]), step);
                return;
            case { Layers: [{ Module: AdaptiveAvgPool2d, OutputShape: [_, _, 1, 1] }] } when scaleOf.TryGetValue(step.Inputs[0], out ByteScale of):
                Add(new ByteMeanStep(step, BytesOf(step.Inputs[0]), output, of, backend.Kernels), step);
                floats.Add(output);
                return;
            default:
                step.ReadInstead([.. step.Inputs.Select(FloatOf)]);
                rewritten.Add(step);
                floats.UnionWith(step.Outputs);
                return;
        }
    }

    private void Add(Step step, Step replaced)
    {
        rewritten.Add(step);
        replaced.Dispose();
    }

    private ByteProduct Product(Step step, QuantizedLayer layer, bool sum)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        (Tensor weight, Tensor? bias) = FloatWeights(step);
        Tensor steps = tensor(layer.Scales.ToArray());
        Tensor shifted = bias is null ? tensor(layer.Correction.ToArray()) : bias + tensor(layer.Correction.ToArray());
        bool bytes = scaleOf.TryGetValue(step.Outputs[0], out ByteScale output);
        return new ByteProduct(ByteProduct.Rounded(weight, steps).DetachFromDisposeScope(), steps.DetachFromDisposeScope(), shifted.DetachFromDisposeScope(),
            scaleOf[step.Inputs[0]])
        {
            Output = bytes ? output : null,
            Other = sum ? scaleOf[step.Inputs[1]] : null,
            Window = (step as ConvolutionStep)?.Window,
            Function = ProductOf(step)!.Value.Function,
        };
    }

    /// <summary>The weight with what is folded into it, and the bias; in the caller's scope.</summary>
    public static (Tensor Weight, Tensor? Bias) FloatWeights(Step step) => step is ConvolutionStep c
        ? (c.Weight().contiguous(), c.Bias)
        : ((Linear)step.Layers[0].Module) is var linear ? (linear.weight.detach(), linear.bias?.detach()) : default;

    private int NewBytes(int value) => bytesOf[value] = count++;

    private int BytesOf(int value)
    {
        if (!bytesOf.TryGetValue(value, out int bytes))
        {
            rewritten.Add(new QuantizeStep(value, bytes = NewBytes(value), scaleOf[value], backend.Kernels));
        }

        return bytes;
    }

    private int FloatOf(int value)
    {
        if (floats.Add(value))
        {
            rewritten.Add(new DequantizeStep(bytesOf[value], value, scaleOf[value], backend.Kernels));
        }

        return value;
    }
}
