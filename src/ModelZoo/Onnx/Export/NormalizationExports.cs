using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Export;

/// <summary>Layers that take a mean and a variance out, or the size of neighbors.</summary>
internal static class NormalizationExports
{
    public static string Batch(NormBase n, LayerCall call) => n.running_mean is { } mean && n.running_var is { } variance
        ? call.Out("BatchNormalization", [call.X, Scale(n.weight, n.num_features, call), Shift(n.bias, n.num_features, call), call.Weight("running_mean", mean),
            call.Weight("running_var", variance)], Epsilon(n.eps))
        : throw new NotSupportedException("it has no running statistics: what it gives depends on the other images of the batch");

    public static string Instance(InstanceNorm n, LayerCall call) => n.track_running_stats
        ? Batch(n, call)
        : call.Out("InstanceNormalization", [call.X, Scale(n.weight, n.num_features, call), Shift(n.bias, n.num_features, call)], Epsilon(n.eps));

    /// <remarks>
    /// Each group as one long channel of an instance normalization; the scale and shift of channels follow. ONNX has the operator from opset 21 on.
    /// </remarks>
    public static string Group(GroupNorm g, LayerCall call)
    {
        if (call.Graph.Opset >= 21 && g.affine)
        {
            return call.Out("GroupNormalization", [call.X, call.Weight("weight", g.weight), call.Weight("bias", g.bias!)],
                AttributeProto.Of("num_groups", g.num_groups), Epsilon(g.eps));
        }

        string groups = call.Inner("Reshape", "groups", [call.X, call.Longs("grouped", 0, g.num_groups, -1)]);
        string normal = call.Inner("InstanceNormalization", "normal",
            [groups, call.Floats("ones", Filled(1, g.num_groups), g.num_groups), call.Floats("zeros", Filled(0, g.num_groups), g.num_groups)], Epsilon(g.eps));
        string[] back = [normal, call.Inner("Shape", "shape", [call.X])];
        if (!g.affine)
        {
            return call.Out("Reshape", back);
        }

        string scaled = call.Inner("Mul", "scaled", [call.Inner("Reshape", "channels", back), PerChannel("weight", g.weight)]);
        return call.Out("Add", [scaled, PerChannel("bias", g.bias!)]);

        string PerChannel(string name, Tensor values) => call.Shape.Length == 4
            ? call.PerChannel(name, values)
            : throw new NotSupportedException("its input has not the four dimensions [N,C,H,W]");
    }

    public static string Layer(LayerNorm l, LayerCall call)
    {
        long[] over = l.normalized_shape;
        string scale = l.weight is { } weight ? call.Weight("weight", weight) : call.Floats("ones", Filled(1, over.Aggregate(1L, (a, b) => a * b)), over);
        IEnumerable<string> inputs = l.bias is { } bias ? [call.X, scale, call.Weight("bias", bias)] : [call.X, scale];
        return call.Out("LayerNormalization", inputs, AttributeProto.Of("axis", -(long)over.Length), Epsilon(l.eps));
    }

    public static string LocalResponse(LocalResponseNorm l, LayerCall call) => l.size % 2 == 1
        ? call.Out("LRN", [call.X], AttributeProto.Of("size", l.size), AttributeProto.Of("alpha", (float)l.alpha), AttributeProto.Of("beta", (float)l.beta),
            AttributeProto.Of("bias", (float)l.k))
        : throw new NotSupportedException($"it looks at {l.size} channels; ONNX's LRN takes odd numbers");

    private static AttributeProto Epsilon(double eps) => AttributeProto.Of("epsilon", (float)eps);

    private static string Scale(Tensor? weight, long channels, LayerCall call) =>
        weight is null ? call.Floats("ones", Filled(1, channels), channels) : call.Weight("weight", weight);

    private static string Shift(Tensor? bias, long channels, LayerCall call) =>
        bias is null ? call.Floats("zeros", Filled(0, channels), channels) : call.Weight("bias", bias);

    private static float[] Filled(float value, long count) => [.. Enumerable.Repeat(value, checked((int)count))];
}
