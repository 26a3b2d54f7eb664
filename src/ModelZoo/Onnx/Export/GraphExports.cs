using ModelZoo.Layers;
using TorchSharp.Modules;

namespace ModelZoo.Onnx.Export;

/// <summary>The layers that an imported graph is made of besides those of every network, as the operators that they came from.</summary>
internal static class GraphExports
{
    public static string Elementwise(BinaryOperation operation, LayerCall call, IEnumerable<string> operands) => call.Out(operation switch
    {
        BinaryOperation.Add => "Add",
        BinaryOperation.Subtract => "Sub",
        BinaryOperation.Multiply => "Mul",
        BinaryOperation.Divide => "Div",
        BinaryOperation.Power => "Pow",
        BinaryOperation.Maximum => "Max",
        _ => "Min",
    }, operands);

    /// <remarks>What is not learned is no initializer but a constant of the graph, and stays so when it is read.</remarks>
    public static string Operand(ConstantOperand o, LayerCall call)
    {
        bool learned = o.parameters(recurse: false).Any();
        string value = learned || o.Value.numel() == 1
            ? call.Weight(learned ? "value" : "constant", o.Value)
            : call.Inner("Constant", "constant", [], AttributeProto.Of("value", TensorElements.ToProto("", call.Graph.Own(Plain(o.Value)))));
        return Elementwise(o.Operation, call, o.First ? [value, call.X] : [call.X, value]);
    }

    public static string Clip(Clip c, LayerCall call)
    {
        string least = double.IsNegativeInfinity(c.Least) ? "" : call.Scalar("least", c.Least);
        return call.Out("Clip", double.IsPositiveInfinity(c.Most) ? [call.X, least] : [call.X, least, call.Scalar("most", c.Most)]);
    }

    /// <remarks>ONNX has the operator from opset 20 on.</remarks>
    public static string Gelu(LayerCall call)
    {
        if (call.Graph.Opset >= 20)
        {
            return call.Out("Gelu", [call.X]);
        }

        string erf = call.Inner("Erf", "erf", [call.Inner("Mul", "inner", [call.X, call.Scalar("root", Math.Sqrt(0.5))])]);
        string share = call.Inner("Mul", "share", [call.Inner("Add", "shifted", [erf, call.Scalar("one", 1)]), call.Scalar("half", 0.5)]);
        return call.Out("Mul", [call.X, share]);
    }

    /// <remarks>ONNX has the operator from opset 18 on.</remarks>
    public static string Mish(LayerCall call) => call.Graph.Opset >= 18
        ? call.Out("Mish", [call.X])
        : call.Out("Mul", [call.X, call.Inner("Tanh", "tanh", [call.Inner("Softplus", "softplus", [call.X])])]);

    public static string Softplus(Softplus s, LayerCall call) => s.beta == 1
        ? call.Out("Softplus", [call.X])
        : throw new NotSupportedException($"its beta is {s.beta}; ONNX's Softplus has none");

    public static string Mean(Mean m, LayerCall call)
    {
        AttributeProto keep = AttributeProto.Of("keepdims", m.Keep ? 1L : 0);
        return call.Graph.Opset >= 18
            ? call.Out("ReduceMean", [call.X, call.Longs("axes", m.Dims)], keep)
            : call.Out("ReduceMean", [call.X], AttributeProto.Of("axes", m.Dims), keep);
    }

    public static string Total(Total t, LayerCall call) =>
        call.Out("ReduceSum", [call.X, call.Longs("axes", t.Dims)], AttributeProto.Of("keepdims", t.Keep ? 1L : 0));

    public static string BorderedAverage(BorderedAveragePool p, LayerCall call) => !p.CeilMode
        ? call.Out("AveragePool", [call.X], AttributeProto.Of("kernel_shape", p.Kernel), AttributeProto.Of("strides", p.Stride),
            AttributeProto.Of("pads", [p.Sides[2], p.Sides[0], p.Sides[3], p.Sides[1]]), AttributeProto.Of("count_include_pad", 0L))
        : throw new NotSupportedException("its ceil_mode beside pads that differ has no operator");

    /// <remarks>The sizes are those of the traced input, unless only its channels are in them.</remarks>
    public static string Reshape(Reshape r, LayerCall call)
    {
        call.Graph.FixesSize |= call.Shape.Skip(2).Any(static size => size > 1);
        return call.Out("Reshape", [call.X, call.Longs("shape", r.Shape)]);
    }

    public static string Slice(Slice s, LayerCall call)
    {
        call.Graph.FixesSize |= s.Dim is < 0 or > 1;
        return call.Out("Slice", [call.X, call.Longs("begins", s.Start), call.Longs("ends", s.End), call.Longs("axes", s.Dim), call.Longs("steps", s.Step)]);
    }

    public static string Select(SelectIndices s, LayerCall call)
    {
        call.Graph.FixesSize |= s.Dim is < 0 or > 1;
        return call.Out("Gather", [call.X, call.Longs("indices", s.Indices)], AttributeProto.Of("axis", s.Dim));
    }

    public static string Border(ConstantBorder b, LayerCall call)
    {
        int rank = call.Shape.Length;
        long[] before = new long[rank], after = new long[rank];
        for (int i = 0; i < b.Sides.Length / 2; i++)
        {
            (before[rank - 1 - i], after[rank - 1 - i]) = (b.Sides[2 * i], b.Sides[(2 * i) + 1]);
        }

        return call.Out("Pad", [call.X, call.Longs("pads", [.. before, .. after]), call.Scalar("value", b.Value)]);
    }

    public static string Resample(Resample r, LayerCall call)
    {
        List<AttributeProto> how = [
            AttributeProto.Of("mode", r.Mode switch { ResampleMode.Nearest => "nearest", ResampleMode.Linear => "linear", _ => "cubic" }),
            AttributeProto.Of("coordinate_transformation_mode", r.Coordinates switch
            {
                ResampleCoordinates.HalfPixel => "half_pixel",
                ResampleCoordinates.PytorchHalfPixel => "pytorch_half_pixel",
                ResampleCoordinates.AlignCorners => "align_corners",
                _ => "asymmetric",
            }),
        ];
        if (r.Mode == ResampleMode.Nearest)
        {
            how.Add(AttributeProto.Of("nearest_mode", r.Rounding switch
            {
                ResampleRounding.RoundPreferFloor => "round_prefer_floor",
                ResampleRounding.RoundPreferCeil => "round_prefer_ceil",
                ResampleRounding.Floor => "floor",
                _ => "ceil",
            }));
        }
        else if (r.Mode == ResampleMode.Cubic)
        {
            how.Add(AttributeProto.Of("cubic_coeff_a", (float)r.Cubic));
        }

        return r.Size.Length == 0
            ? call.Out("Resize", [call.X, "", call.Floats("scales", [1, 1, (float)r.Scales[0], (float)r.Scales[1]], 4)], how)
            : ShapeExports.Resized(call, r.Size, how);
    }

    private static TorchSharp.torch.Tensor Plain(TorchSharp.torch.Tensor value)
    {
        using TorchSharp.torch.Tensor detached = value.detach();
        return detached.to(TorchSharp.torch.ScalarType.Float32, TorchSharp.torch.CPU, copy: true);
    }
}
