using System.Runtime.InteropServices;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Export;

/// <summary>
/// A quantized network as ONNX's QDQ form: behind each value that is bytes a QuantizeLinear and a DequantizeLinear, before each layer on bytes the
/// DequantizeLinear of its int8 weights. A runtime takes the pairs as the sign that it may compute on bytes; one that does not computes the same in float32.
/// </summary>
internal sealed class QuantizedExports(QuantizationInfo info)
{
    private const float MostWeight = 127, Slack = 1.01f;

    private readonly Dictionary<string, QuantizedValue> values = info.Values.ToDictionary(v => v.Layer);
    private readonly Dictionary<string, QuantizedLayer> layers = info.Layers.ToDictionary(l => l.Layer);
    private readonly Dictionary<string, float> scales = []; // of what has been written, by the names of values

    /// <summary>Turns a value into bytes and back, where it is one that is bytes.</summary>
    /// <param name="graph">What is written.</param>
    /// <param name="layer">The layer whose output it is; empty for the input.</param>
    /// <param name="value">Its name.</param>
    /// <returns>The name of what is read instead.</returns>
    public string Value(ExportGraph graph, string layer, string value)
    {
        if (!values.TryGetValue(layer, out QuantizedValue? bytes))
        {
            return value;
        }

        string name = layer.Length == 0 ? OnnxExport.InputName : layer;
        string scale = graph.Scalar($"{name}/scale", bytes.Scale), zero = graph.Constant($"{name}/zero", OnnxType.UInt8, [(byte)bytes.Zero]);
        string written = graph.Add("DequantizeLinear", $"{name}/from_bytes", [graph.Add("QuantizeLinear", $"{name}/bytes", [value, scale, zero]), scale, zero]);
        scales[written] = bytes.Scale;
        return written;
    }

    /// <summary>Weight and bias of a layer on bytes; null where it is none.</summary>
    /// <param name="call">The layer.</param>
    /// <param name="x">The name of its input.</param>
    /// <param name="weight">The weight with what is folded into it.</param>
    /// <param name="bias">[K]; null for none.</param>
    /// <exception cref="NotSupportedException">More is folded into the layer on bytes than in the graph.</exception>
    public IEnumerable<string>? Operands(LayerCall call, string x, Tensor weight, Tensor? bias)
    {
        if (!layers.TryGetValue(call.Node.Name, out QuantizedLayer? layer) || !scales.TryGetValue(x, out float input))
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor steps = tensor(layer.Scales.ToArray()), own = weight.detach().to(ScalarType.Float32, CPU);
        long[] shape = own.shape;
        shape.AsSpan(1).Fill(1);
        Tensor rounded = (own / steps.reshape(shape)).round();
        if (rounded.abs().max().item<float>() > MostWeight * Slack)
        {
            throw new NotSupportedException("its int8 weights have more folded into them than a batch normalization");
        }

        sbyte[] bytes = rounded.clamp(-MostWeight, MostWeight).to(ScalarType.Int8).contiguous().data<sbyte>().ToArray();
        double[] shifts = (bias is null ? zeros(shape[0]) : bias.detach().to(ScalarType.Float32, CPU)).add(tensor(layer.Correction.ToArray()))
            .to(ScalarType.Float64).data<double>().ToArray();
        float[] products = [.. layer.Scales.Select(s => s * input)];
        int[] sums = [.. shifts.Zip(products, static (b, s) => (int)Math.Clamp(Math.Round(b / s), int.MinValue, int.MaxValue))];
        string name = call.Node.Name;
        AttributeProto axis = AttributeProto.Of("axis", 0L);
        return [
            x,
            Dequantized("weight", OnnxType.Int8, MemoryMarshal.AsBytes<sbyte>(bytes), own.shape, layer.Scales, new byte[shape[0]]),
            Dequantized("bias", OnnxType.Int32, MemoryMarshal.AsBytes<int>(sums), [shape[0]], products, new byte[4 * shape[0]]),
        ];

        string Dequantized(string what, OnnxType type, ReadOnlySpan<byte> elements, long[] dims, IReadOnlyList<float> stepSizes, byte[] zeros) =>
            call.Inner("DequantizeLinear", $"{what}_from_bytes", [
                call.Graph.Constant($"{name}/{what}_bytes", type, elements, dims),
                call.Graph.Floats($"{name}/{what}_scale", stepSizes, shape[0]),
                call.Graph.Constant($"{name}/{what}_zero", type, zeros, shape[0]),
            ], axis);
    }
}
