using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Weights;

/// <summary>
/// How a network computes with bytes: which layers have int8 weights, and what the uint8 values between them stand for. The checkpoint's weights stay float32;
/// the integers are made of them and of these numbers, so that everything that needs the float network still has it.
/// </summary>
public sealed record QuantizationInfo
{
    /// <summary>How the ranges of values were chosen: minmax, percentile or mse.</summary>
    public required string Observer { get; init; }

    /// <summary>How many pictures they were measured on.</summary>
    public required int Images { get; init; }

    /// <summary>
    /// The values that are bytes; and what convolutions give before something is added to them, which are bytes where the sum is computed by itself, as in
    /// ONNX.
    /// </summary>
    public required IReadOnlyList<QuantizedValue> Values { get; init; }

    /// <summary>The layers whose weights are int8.</summary>
    public required IReadOnlyList<QuantizedLayer> Layers { get; init; }

    /// <summary>Whether a network has these layers, with so many outputs.</summary>
    /// <param name="model">The network.</param>
    /// <param name="name">Of the file, for the message.</param>
    /// <exception cref="ZooException">It has not.</exception>
    internal void MustFit(nn.Module model, string name)
    {
        var modules = model.named_modules().ToDictionary(m => m.name, m => m.module);
        foreach (QuantizedLayer layer in Layers)
        {
            long? outputs = modules.GetValueOrDefault(Called(layer.Layer)) switch
            {
                Conv2d convolution => convolution.out_channels,
                Linear linear => linear.out_features,
                _ => null,
            };
            if (outputs != layer.Scales.Count)
            {
                throw new ZooException(outputs is null
                    ? $"{name}: has int8 weights for {Printable.Plain(layer.Layer)}, which is no convolution or linear layer of the network."
                    : $"{name}: has {layer.Scales.Count} scales for the int8 layer {Printable.Plain(layer.Layer)}, which has {outputs} outputs.");
            }
        }

        if (Values.FirstOrDefault(v => v.Layer.Length > 0 && !modules.ContainsKey(Called(v.Layer))) is { } value)
        {
            throw new ZooException($"{name}: gives a scale for the output of {Printable.Plain(value.Layer)}, which the network does not have.");
        }
    }

    /// <summary>What is wrong with it, as the end of a sentence; null for nothing.</summary>
    internal string? Fault()
    {
        if (Images < 1)
        {
            return $"says that its bytes were measured on {Images} pictures";
        }

        if (Layers.Select(l => l.Layer).GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            return $"has the int8 layer {Printable.Plain(twice.Key)} twice";
        }

        if (Values.Select(v => v.Layer).GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } again)
        {
            return $"gives the scale of {Printable.Plain(QuantizedValue.Named(again.Key))} twice";
        }

        foreach (QuantizedValue value in Values)
        {
            if (!float.IsNormal(value.Scale) || value.Scale <= 0)
            {
                return $"gives {Printable.Plain(QuantizedValue.Named(value.Layer))} the scale {value.Scale}, which must be positive and finite";
            }

            if (value.Zero is < 0 or > 255)
            {
                return $"gives {Printable.Plain(QuantizedValue.Named(value.Layer))} the zero point {value.Zero}, which must be in 0 … 255";
            }
        }

        foreach (QuantizedLayer layer in Layers)
        {
            if (layer.Scales.Count == 0 || layer.Correction.Count != layer.Scales.Count)
            {
                return $"has {layer.Scales.Count} scales and {layer.Correction.Count} corrections for the int8 layer {Printable.Plain(layer.Layer)}";
            }

            if (layer.Scales.Any(s => !float.IsNormal(s) || s <= 0))
            {
                return $"has a scale for the int8 layer {Printable.Plain(layer.Layer)} that is not positive and finite";
            }

            if (layer.Correction.Any(c => !float.IsFinite(c)))
            {
                return $"has a correction for the int8 layer {Printable.Plain(layer.Layer)} that is not finite";
            }
        }

        return null;
    }

    // A layer that is called again has "#2" after its name.
    private static string Called(string layer) => layer.Split('#')[0];
}

/// <summary>What the bytes of a value stand for: scale · (byte − zero).</summary>
/// <param name="Layer">The layer whose output it is, or the last of several that are computed as one; empty for the network's input.</param>
/// <param name="Scale">Positive.</param>
/// <param name="Zero">The byte of 0.</param>
public sealed record QuantizedValue(string Layer, float Scale, int Zero)
{
    /// <summary>What people call a value.</summary>
    internal static string Named(string layer) => layer.Length == 0 ? "the input" : layer;
}

/// <summary>A convolution or linear layer whose weights, with what is folded into them, are int8.</summary>
/// <param name="Layer">Its name.</param>
/// <param name="Scales">What a step of the weights is worth, for each output channel.</param>
/// <param name="Correction">What is added per output channel because rounded weights move the mean of the output.</param>
public sealed record QuantizedLayer(string Layer, IReadOnlyList<float> Scales, IReadOnlyList<float> Correction);
