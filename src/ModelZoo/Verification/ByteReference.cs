using ModelZoo.Inference.Compilation;
using ModelZoo.Inference.Quantization;
using ModelZoo.Layers;
using ModelZoo.Reference;
using ModelZoo.Tracing;
using ModelZoo.Verification.Checks;
using ModelZoo.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>
/// What each step of a quantized network must give, from the model's own weights, the checkpoint's numbers and the bytes that the step was given: sums of
/// integers by the reference, exact, then scaled in double. A byte is then one and no other, but where a tie of the rounding lies within the float32 error of
/// the few operations after the sum.
/// </summary>
/// <param name="info">What the checkpoint says.</param>
internal sealed class ByteReference(QuantizationInfo info)
{
    private const double Unit = 1.0 / (1 << 24); // u of float32
    private const double Scaled = 10; // roundings from an exact sum to its byte: conversions, factors, additions, a division
    private const double FoldedIn = 8; // roundings of a layer that is folded in

    private readonly Dictionary<string, ByteScale> scales = info.Values.ToDictionary(v => v.Layer, v => new ByteScale(v.Scale, v.Zero));
    private readonly Dictionary<string, QuantizedLayer> layers = info.Layers.ToDictionary(l => l.Layer);
    private readonly Dictionary<int, string> names = new() { [0] = "" }; // of values, as the checkpoint calls them

    /// <summary>Notes what a step makes; before it is checked.</summary>
    public void Note(Step step) => names[step.Outputs[0]] = step.Layers.Count > 0 ? ByteRewriter.ValueOf(step) : names[step.Inputs[0]];

    /// <summary>A name for a step in a report.</summary>
    public string NameOf(Step step) => step.Layers.Count > 0 ? step.Layers[0].Name : $"{QuantizedValue.Named(names[step.Inputs[0]])} {step.Kind}";

    /// <summary>What a step's output must be; null where it is none of these, but a layer that has its own reference.</summary>
    /// <param name="step">The step.</param>
    /// <param name="x">Its inputs.</param>
    public Quantity? Output(Step step, NdArray[] x) => step switch
    {
        QuantizeStep => new("bytes", [.. x[0].Shape], i => Bytes(x[0].Data[i], 2 * Unit * Math.Abs(x[0].Data[i]), scales[names[step.Outputs[0]]])),
        DequantizeStep => new("values", [.. x[0].Shape], i => Value(x[0].Data[i], scales[names[step.Inputs[0]]])),
        ByteMeanStep => Mean(x[0], scales[names[step.Inputs[0]]]),
        ByteProductStep product => Product(product, x),
        _ => null,
    };

    /// <summary>What a product's int8 weights must be, from the model's weights as they are now.</summary>
    public Quantity Weights(ByteProductStep step)
    {
        (NdArray weight, double[] factors, _, double roundings) = Exact(step.Layers);
        IReadOnlyList<float> steps = layers[step.Layers[0].Name].Scales;
        int each = weight.Count / weight.Shape[0];
        return new("int8 weights", [.. weight.Shape], i =>
        {
            double value = weight.Data[i] * factors[i / each] / steps[i / each], error = roundings * Unit * Math.Abs(value);
            return Between(Rounded(value - error), Rounded(value + error));
        });
    }

    private static double Rounded(double value) => Math.Clamp(Math.Round(value), -ByteProduct.MostWeight, ByteProduct.MostWeight);

    private Quantity Product(ByteProductStep step, NdArray[] x)
    {
        (_, _, double[] shifts, double roundings) = Exact(step.Layers);
        QuantizedLayer layer = layers[step.Layers[0].Name];
        ByteScale input = scales[names[step.Inputs[0]]];
        ByteScale? output = scales.TryGetValue(ByteRewriter.ValueOf(step), out ByteScale bytes) ? bytes : null;
        ByteScale? other = step.Inputs.Length > 1 ? scales[names[step.Inputs[1]]] : null;
        NdArray w = step.Product.Weight.ToNdArray();
        int[] shape = [.. step.Layers[0].OutputShape.Select(size => (int)size)];
        shape[0] = x[0].Shape[0];
        ConvolutionShape? window = step.Layers[0].Module is Conv2d c ? new ConvolutionShape
        {
            Stride = Both(c.stride),
            Padding = Both(c.padding!),
            Dilation = Both(c.dilation),
            Groups = (int)c.groups,
        } : null;
        PointwiseFunction? function = PointwiseFunction.Of(step.Layers[^1].Module);
        return new("int8 output", shape, i =>
        {
            int k = shape.Length == 4 ? i / (shape[2] * shape[3]) % shape[1] : i % shape[1];
            long sum = window is null
                ? QuantizedProduct.LinearAt(x[0], (int)input.Zero, w, i / shape[1], k)
                : QuantizedProduct.ConvolutionAt(x[0], (int)input.Zero, w, window, i / (shape[1] * shape[2] * shape[3]), k, i / shape[3] % shape[2],
                    i % shape[3]);
            double scaled = sum * input.Scale * layer.Scales[k], bias = shifts[k] + layer.Correction[k];
            double added = other is { } o ? (x[1].Data[i] - o.Zero) * o.Scale : 0;
            double magnitude = Math.Abs(scaled) + Math.Abs(added) + ((1 + roundings) * (Math.Abs(shifts[k]) + Math.Abs(layer.Correction[k])));
            double value = Activated(function, scaled + bias + added), error = Scaled * Unit * (magnitude + (256 * (output?.Scale ?? 0)));
            return output is { } to ? Bytes(value, error, to) : new Bounded(value, error);
        }, w.Count / w.Shape[0]);
    }

    // oneDNN's SiLU and hard swish are within the error that the sum brings, as their slopes are at most 1.1 and their own error a few roundings.
    private static double Activated(PointwiseFunction? function, double x) => function?.Name switch
    {
        "relu" => Math.Max(x, 0),
        "hardtanh" => Math.Clamp(x, function.Scalars[0], function.Scalars[1]),
        "swish" => x / (1 + Math.Exp(-x)),
        "hardswish" => x * Math.Clamp((x / 6) + 0.5, 0, 1),
        _ => x,
    };

    private static Quantity Mean(NdArray x, ByteScale of)
    {
        int pixels = x.Shape[2] * x.Shape[3];
        return new("mean of bytes", [x.Shape[0], x.Shape[1], 1, 1], i =>
        {
            double sum = 0;
            for (int p = 0; p < pixels; p++)
            {
                sum += x.Data[(i * pixels) + p] - of.Zero;
            }

            double value = sum * of.Scale / pixels;
            return new Bounded(value, 4 * Unit * Math.Abs(value));
        });
    }

    // In double: the weight, and per channel what it is multiplied by and what is added, with the roundings that float32 needs for it.
    private static (NdArray Weight, double[] Factors, double[] Shifts, double Roundings) Exact(IReadOnlyList<TraceNode> layers)
    {
        (Tensor own, Tensor? bias) = layers[0].Module switch
        {
            Conv2d c => (c.weight, c.bias),
            TorchSharp.Modules.Linear l => ((Tensor)l.weight, (Tensor?)l.bias),
            var other => throw new ArgumentException($"{other.GetType().Name} has no int8 weights."),
        };
        NdArray weight = own.ToNdArray();
        int channels = weight.Shape[0];
        double[] factors = [.. Enumerable.Repeat(1.0, channels)], shifts = bias is null ? new double[channels] : bias.ToNdArray().Data;
        double roundings = 3;
        foreach (nn.Module leaf in layers.Skip(1).Select(l => l.Module).TakeWhile(m => m is BatchNorm2d or ConstantOperand))
        {
            roundings += FoldedIn;
            for (int k = 0; k < channels; k++)
            {
                (double a, double s) = Affine(leaf, k);
                (factors[k], shifts[k]) = (factors[k] * a, (shifts[k] * a) + s);
            }
        }

        return (weight, factors, shifts, roundings);
    }

    private static (double Factor, double Shift) Affine(nn.Module leaf, int channel)
    {
        if (leaf is BatchNorm2d norm)
        {
            BatchNormCheck check = BatchNormCheck.Of(norm);
            double factor = (check.Gamma?[channel] ?? 1) / Math.Sqrt(check.Variance[channel] + check.Eps);
            return (factor, (check.Beta?[channel] ?? 0) - (check.Mean[channel] * factor));
        }

        var constant = (ConstantOperand)leaf;
        NdArray values = constant.Value.ToNdArray();
        double value = values.Data[values.Count == 1 ? 0 : channel];
        return constant.Operation switch
        {
            BinaryOperation.Add => (1, value),
            BinaryOperation.Subtract => (1, -value),
            BinaryOperation.Multiply => (value, 0),
            _ => (1 / value, 0),
        };
    }

    private static Bounded Value(double q, ByteScale of)
    {
        double value = (q - of.Zero) * of.Scale;
        return new(value, Unit * Math.Abs(value));
    }

    private static Bounded Bytes(double value, double error, ByteScale to)
    {
        (int least, int most) = QuantizedProduct.ToBytes(value, error, to.Scale, (int)to.Zero);
        return Between(least, most);
    }

    private static Bounded Between(double least, double most) => new((least + most) / 2, (most - least) / 2);

    private static Pair Both(long[] values) => new((int)values[0], (int)values[^1]);
}
