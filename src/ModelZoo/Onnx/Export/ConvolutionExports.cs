using ModelZoo.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Export;

/// <summary>Layers with weights that are multiplied and added: convolutions, fully connected ones, distances.</summary>
internal static class ConvolutionExports
{
    public static string Convolution(Conv2d c, LayerCall call)
    {
        long[] begins = [0, 0], ends = [0, 0];
        if (c.padding is { } padding)
        {
            begins = ends = Two(padding);
        }
        else if (c.padding_type == Padding.Same)
        {
            long[] all = [.. c.kernel_size.Zip(Two(c.dilation), (k, d) => (k - 1) * d)];
            (begins, ends) = ([.. all.Select(a => a / 2)], [.. all.Select(a => a - (a / 2))]);
        }

        string x = call.X;
        if (c.padding_mode != PaddingModes.Zeros)
        {
            string mode = c.padding_mode switch
            {
                PaddingModes.Reflect => "reflect",
                PaddingModes.Replicate => "edge",
                _ => throw new NotSupportedException($"its padding is {c.padding_mode}, which ONNX's Pad does not have"),
            };
            x = call.Inner("Pad", "padded", [x, call.Longs("pads", 0, 0, begins[0], begins[1], 0, 0, ends[0], ends[1])], AttributeProto.Of("mode", mode));
            begins = ends = [0, 0];
        }

        return call.Out("Conv", Operands(c, call, x), Attributes(c, [.. begins, .. ends]));
    }

    public static string Transposed(ConvTranspose2d c, LayerCall call)
    {
        long[] padding = Two(c.padding ?? [0]);
        return call.Out("ConvTranspose", Operands(c, call, call.X),
            [.. Attributes(c, [.. padding, .. padding]), AttributeProto.Of("output_padding", Two(c.output_padding ?? [0]))]);
    }

    // The kernels take their places in a dense weight, as the layer's own forward has them.
    public static string Table(TableConvolution t, LayerCall call)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor dense = zeros([t.Table.Count, t.InChannels, t.KernelSize, t.KernelSize]), kernels = t.Weight.detach().to(CPU);
        long next = 0;
        for (int map = 0; map < t.Table.Count; map++)
        {
            foreach (int input in t.Table[map])
            {
                dense[map, input].copy_(kernels[next++]);
            }
        }

        return call.Out("Conv", [call.X, call.Weight("weight", dense), call.Weight("bias", t.Bias)],
            AttributeProto.Of("kernel_shape", [(long)t.KernelSize, t.KernelSize]));
    }

    // A kernel that is one in its corner sets each value into the corner of a block of zeros.
    public static string BedOfNails(BedOfNails b, LayerCall call)
    {
        long channels = call.Shape[1];
        int block = b.Scale * b.Scale;
        var corner = new float[channels * block];
        for (long c = 0; c < channels; c++)
        {
            corner[c * block] = 1;
        }

        return call.Out("ConvTranspose", [call.X, call.Floats("corner", corner, channels, 1, b.Scale, b.Scale)],
            AttributeProto.Of("group", channels), AttributeProto.Of("kernel_shape", [(long)b.Scale, b.Scale]),
            AttributeProto.Of("strides", [(long)b.Scale, b.Scale]));
    }

    public static string Linear(Linear l, LayerCall call)
    {
        if (call.Shape.Length == 2 && call.Graph.Bytes?.Operands(call, call.X, l.weight, l.bias) is { } quantized)
        {
            return call.Out("Gemm", quantized, AttributeProto.Of("transB", 1L));
        }

        string weight = call.Weight("weight", l.weight);
        if (call.Shape.Length == 2)
        {
            return call.Out("Gemm", l.bias is { } b ? [call.X, weight, call.Weight("bias", b)] : [call.X, weight], AttributeProto.Of("transB", 1L));
        }

        string turned = call.Inner("Transpose", "weight_t", [weight], AttributeProto.Of("perm", [1L, 0]));
        return l.bias is { } bias
            ? call.Out("Add", [call.Inner("MatMul", "product", [call.X, turned]), call.Weight("bias", bias)])
            : call.Out("MatMul", [call.X, turned]);
    }

    public static string Rbf(RbfOutput r, LayerCall call)
    {
        string difference = call.Inner("Sub", "difference", [call.Inner("Unsqueeze", "column", [call.X, call.Longs("one", 1)]), call.Weight("codes", r.Codes)]);
        return call.Out("ReduceSum", [call.Inner("Mul", "squared", [difference, difference]), call.Longs("last", -1)], AttributeProto.Of("keepdims", 0L));
    }

    private static IEnumerable<string> Operands(Convolution c, LayerCall call, string x) =>
        call.Graph.Bytes is { } bytes && bytes.Operands(call, x, FoldedOf(c, call).Weight, FoldedOf(c, call).Bias) is { } quantized ? quantized
        : call.Graph.Folded.TryGetValue(c, out var folded)
        ? [x, call.Weight("weight", folded.Weight), call.Weight("bias", folded.Bias)]
        : c.bias is { } bias
        ? [x, call.Weight("weight", c.weight), call.Weight("bias", bias)]
        : [x, call.Weight("weight", c.weight)];

    private static (Tensor Weight, Tensor? Bias) FoldedOf(Convolution c, LayerCall call) =>
        call.Graph.Folded.TryGetValue(c, out var folded) ? folded : (c.weight, c.bias);

    private static IEnumerable<AttributeProto> Attributes(Convolution c, IEnumerable<long> pads) => [
        AttributeProto.Of("kernel_shape", Two(c.kernel_size)),
        AttributeProto.Of("strides", Two(c.stride)),
        AttributeProto.Of("pads", pads),
        AttributeProto.Of("dilations", Two(c.dilation)),
        AttributeProto.Of("group", c.groups),
    ];

    private static long[] Two(long[] values) => values.Length == 1 ? [values[0], values[0]] : values;
}
