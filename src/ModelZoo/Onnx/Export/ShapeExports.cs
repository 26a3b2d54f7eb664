using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Export;

/// <summary>Layers that move values, repeat them or put others around.</summary>
internal static class ShapeExports
{
    public static string Flatten(Flatten f, LayerCall call)
    {
        int rank = call.Shape.Length;
        (long from, long to) = (f.start_dim < 0 ? f.start_dim + rank : f.start_dim, f.end_dim < 0 ? f.end_dim + rank : f.end_dim);
        return from == 0 && to > 0 ? throw new NotSupportedException("it joins the images of a batch")
            : from == 1 && to == rank - 1 ? call.Out("Flatten", [call.X], AttributeProto.Of("axis", 1L))
            : call.Out("Reshape", [call.X, call.Longs("shape", [.. Enumerable.Repeat(0L, (int)from), -1, .. call.Shape[(int)(to + 1)..]])]);
    }

    public static string Pad(PadBase p, LayerCall call, string mode)
    {
        (long left, long right, long top, long bottom) = p.padding switch
        {
            [var l, var r, var t, var b] => (l, r, t, b),
            [var every] => (every, every, every, every),
            _ => throw new NotSupportedException($"it pads by {p.padding.Length} numbers instead of four"),
        };
        string pads = call.Longs("pads", 0, 0, top, left, 0, 0, bottom, right);
        return call.Out("Pad", p.value == 0 ? [call.X, pads] : [call.X, pads, call.Scalar("value", p.value)], AttributeProto.Of("mode", mode));
    }

    public static string PaddedShortcut(PaddedShortcut p, LayerCall call)
    {
        string kept = p.Stride == 1 ? call.X : call.Inner("Slice", "kept", [call.X, call.Longs("begins", 0, 0),
            call.Longs("ends", long.MaxValue, long.MaxValue), call.Longs("axes", 2, 3), call.Longs("steps", p.Stride, p.Stride)]);
        return call.Out("Pad", [kept, call.Longs("pads", 0, 0, 0, 0, 0, p.OutChannels - p.InChannels, 0, 0)]);
    }

    // An image for the size that is written.
    public static string Centered(MeanImage m, LayerCall call)
    {
        (long channels, long rows, long columns) = (call.Shape[1], call.Shape[2], call.Shape[3]);
        return call.Out("Sub", [call.X, channels == 3 && (rows, columns) == (m.Height, m.Width)
            ? call.Weight("image", m.Image)
            : call.Weight("image", call.Graph.Own(m.For(channels, rows, columns)))]);
    }

    public static string Upsample(Upsample u, LayerCall call)
    {
        bool corners = u.align_corners == true;
        IEnumerable<AttributeProto> how = u.mode switch
        {
            UpsampleMode.Nearest => [AttributeProto.Of("mode", "nearest"), AttributeProto.Of("coordinate_transformation_mode", "asymmetric"),
                AttributeProto.Of("nearest_mode", "floor")],
            UpsampleMode.Bilinear => [AttributeProto.Of("mode", "linear"), Coordinates(corners)],
            UpsampleMode.Bicubic => [AttributeProto.Of("mode", "cubic"), Coordinates(corners), AttributeProto.Of("cubic_coeff_a", -0.75f)],
            _ => throw new NotSupportedException($"its mode is {u.mode}"),
        };
        double[] asked = u.scale_factor.ToArray();
        return asked.Length > 0 && u.recompute_scale_factor != true
            ? call.Out("Resize", [call.X, "", call.Floats("scales", [1, 1, (float)asked[0], (float)asked[^1]], 4)], how)
            : Resized(call, call.Node.OutputShape[^2..], how);
    }

    /// <summary>A Resize to so many rows and columns. Before opset 18 the sizes of all dimensions must be given: the first two are the input's.</summary>
    public static string Resized(LayerCall call, long[] size, IEnumerable<AttributeProto> how)
    {
        call.Graph.FixesSize = true;
        if (call.Graph.Opset >= 18)
        {
            return call.Out("Resize", [call.X, "", "", call.Longs("sizes", size)], [.. how, AttributeProto.Of("axes", [2L, 3])]);
        }

        string outer = call.Inner("Slice", "outer", [call.Inner("Shape", "shape", [call.X]), call.Longs("from", 0), call.Longs("to", 2)]);
        return call.Out("Resize", [call.X, "", "", call.Inner("Concat", "sizes", [outer, call.Longs("size", size)], AttributeProto.Of("axis", 0L))], how);
    }

    private static AttributeProto Coordinates(bool corners) =>
        AttributeProto.Of("coordinate_transformation_mode", corners ? "align_corners" : "half_pixel");
}
