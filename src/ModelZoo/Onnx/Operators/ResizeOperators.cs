using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>Other numbers of rows and columns.</summary>
internal static class ResizeOperators
{
    private const double LargestScale = 4096;

    public static void Upsample(GraphNode node)
    {
        double[]? scales = node.Opset < 9 ? node.Reals("scales") : node.Reals(1);
        ResampleMode mode = Mode(node);
        node.Must("mode", mode != ResampleMode.Cubic, "cubic interpolation");
        Make(node, mode, ResampleCoordinates.Asymmetric, ResampleRounding.Floor, scales, null, -0.75);
    }

    public static void Resize(GraphNode node)
    {
        ResampleMode mode = Mode(node);
        if (node.Opset < 11)
        {
            Make(node, mode, ResampleCoordinates.Asymmetric, ResampleRounding.Floor, node.Reals(1), null, -0.75);
            return;
        }

        string transformation = node.Text("coordinate_transformation_mode", "half_pixel"), nearest = node.Text("nearest_mode", "round_prefer_floor");
        string policy = node.Text("keep_aspect_ratio_policy", "stretch");
        node.Must("keep_aspect_ratio_policy", policy == "stretch", $"the policy {Printable.Name(policy)}");
        node.Must("antialias", !node.Flag("antialias"), "antialias");
        node.Must("exclude_outside", !node.Flag("exclude_outside"), "exclude_outside");
        node.Ignore("extrapolation_value");
        ResampleCoordinates coordinates = transformation switch
        {
            "half_pixel" => ResampleCoordinates.HalfPixel,
            "pytorch_half_pixel" => ResampleCoordinates.PytorchHalfPixel,
            "align_corners" => ResampleCoordinates.AlignCorners,
            "asymmetric" => ResampleCoordinates.Asymmetric,
            _ => throw new NodeException($"has the coordinates {Printable.Name(transformation)}, which are not supported"),
        };
        ResampleRounding rounding = nearest switch
        {
            "round_prefer_floor" => ResampleRounding.RoundPreferFloor,
            "round_prefer_ceil" => ResampleRounding.RoundPreferCeil,
            "floor" => ResampleRounding.Floor,
            "ceil" => ResampleRounding.Ceil,
            _ => throw new NodeException($"has the nearest_mode {Printable.Name(nearest)}"),
        };
        double[]? scales = node.Has(2) && Shapes.Count(node.Input(2).Shape) > 0 ? node.Reals(2) : null;
        Make(node, mode, coordinates, rounding, scales, scales is null ? node.Longs(3) : null, node.Real("cubic_coeff_a", -0.75));
    }

    private static ResampleMode Mode(GraphNode node) => node.Text("mode", "nearest") switch
    {
        "nearest" => ResampleMode.Nearest,
        "linear" or "bilinear" => ResampleMode.Linear,
        "cubic" => ResampleMode.Cubic,
        var other => throw new NodeException($"has the mode {Printable.Name(other)}, which is not supported"),
    };

    private static void Make(GraphNode node, ResampleMode mode, ResampleCoordinates coordinates, ResampleRounding rounding, double[]? scales, long[]? sizes,
        double cubic)
    {
        GraphValue x = node.Computed(0, 4);
        long[]? axes = node.Opset >= 18 ? node.Ints("axes") : null;
        double[] factors = [1, 1, 1, 1];
        long[] shape = [.. x.Shape];
        int given = scales?.Length ?? sizes?.Length ?? throw new NodeException("has neither scales nor sizes");
        axes ??= [0, 1, 2, 3];
        if (given != axes.Length)
        {
            throw new NodeException($"has {given} scales or sizes for {axes.Length} dimensions");
        }

        for (int i = 0; i < axes.Length; i++)
        {
            int axis = (int)GraphNode.Axis(axes[i], 4);
            factors[axis] = scales is not null ? scales[i] : (double)sizes![i] / x.Shape[axis];
            if (!(factors[axis] > 0 && factors[axis] <= LargestScale))
            {
                throw new NodeException($"has the scale {factors[axis]}");
            }

            bool written = sizes is not null && axis == 0 && sizes[i] == node.WrittenBatch;
            shape[axis] = written ? x.Shape[axis] : sizes is null ? (long)MathF.Floor(x.Shape[axis] * (float)factors[axis]) : sizes[i];
        }

        if (shape[0] != x.Shape[0] || shape[1] != x.Shape[1] || shape[2] < 1 || shape[3] < 1)
        {
            throw new NodeException($"makes {Shapes.Text(shape)} of {Shapes.Text(x.Shape)}; rows and columns are supported only");
        }

        double[] scale = factors[2..];

        // Single precision counts the pixels; where double would come to another number, that is said instead of the scale.
        bool counted = sizes is null && Enumerable.Range(2, 2).All(axis => (long)Math.Floor(x.Shape[axis] * factors[axis]) == shape[axis]);
        long[] size = counted ? [] : shape[2..];
        node.Gives(0, node.Layer(
            (nn.Module?)Torch(mode, coordinates, rounding, scale, size, shape) ?? new Resample(mode, coordinates, rounding, scale, size, cubic), shape, x));
    }

    // Where torch's own layer computes the same.
    private static Upsample? Torch(ResampleMode mode, ResampleCoordinates coordinates, ResampleRounding rounding, double[] scale, long[] size, long[] shape)
    {
        bool whole = scale.All(s => s == Math.Floor(s)), corners = coordinates == ResampleCoordinates.AlignCorners;
        if (mode == ResampleMode.Nearest && whole && (coordinates, rounding) is (ResampleCoordinates.Asymmetric, ResampleRounding.Floor))
        {
            return nn.Upsample(scale_factor: scale, mode: UpsampleMode.Nearest);
        }

        bool halves = coordinates is ResampleCoordinates.HalfPixel or ResampleCoordinates.PytorchHalfPixel && shape[2] > 1 && shape[3] > 1;
        return mode == ResampleMode.Linear && (halves || (corners && shape[2] > 1 && shape[3] > 1))
            ? size.Length > 0
                ? nn.Upsample(size: size, mode: UpsampleMode.Bilinear, align_corners: corners)
                : nn.Upsample(scale_factor: scale, mode: UpsampleMode.Bilinear, align_corners: corners)
            : null;
    }
}
