using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op Nearest1dOp = new("upsample_nearest1d", "vec");
            private static readonly Op Nearest2dOp = new("upsample_nearest2d", "vec");
            private static readonly Op Nearest3dOp = new("upsample_nearest3d", "vec");
            private static readonly Op Nearest1dBackwardOp = new("upsample_nearest1d_backward");
            private static readonly Op Nearest2dBackwardOp = new("upsample_nearest2d_backward");
            private static readonly Op Nearest3dBackwardOp = new("upsample_nearest3d_backward");
            private static readonly Op Linear1dOp = new("upsample_linear1d", "vec");
            private static readonly Op Bilinear2dOp = new("upsample_bilinear2d", "vec");
            private static readonly Op Trilinear3dOp = new("upsample_trilinear3d", "vec");
            private static readonly Op Bicubic2dOp = new("upsample_bicubic2d", "vec");
            private static readonly Op AffineGridOp = new("affine_grid_generator");
            private static readonly Op GridSamplerOp = new("grid_sampler");

            /// <summary>Resizes the spatial dimensions of [N, C, L], [N, C, H, W] or [N, C, D, H, W] to a size or by a factor.</summary>
            public static Tensor interpolate(
                Tensor x, long[]? size = null, double[]? scale_factor = null, InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null, bool recompute_scale_factor = false)
            {
                long[] shape = x.shape;
                int spatial = shape.Length - 2;
                if (spatial is < 1 or > 3)
                {
                    throw new ArgumentException($"interpolate needs 3, 4 or 5 dimensions, not {shape.Length}.", nameof(x));
                }

                if (size is null == scale_factor is null)
                {
                    throw new ArgumentException("Give either size or scale_factor.", nameof(size));
                }

                if (align_corners is not null && mode is InterpolationMode.Nearest or InterpolationMode.Area)
                {
                    throw new ArgumentException($"align_corners has no meaning for {mode}.", nameof(align_corners));
                }

                size = size is null ? null : Spread(size, spatial);
                scale_factor = scale_factor is null ? null : Spread(scale_factor, spatial);
                if (scale_factor is not null && (recompute_scale_factor || mode == InterpolationMode.Area))
                {
                    size = [.. scale_factor.Select((factor, i) => (long)Math.Floor(shape[i + 2] * factor))];
                    scale_factor = null;
                }

                bool corners = align_corners ?? false;
                return (mode, spatial) switch
                {
                    (InterpolationMode.Nearest, 1) => Nearest1dOp.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 2) => Nearest2dOp.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 3) => Nearest3dOp.Call(x, size, scale_factor),
                    (InterpolationMode.Area, 1) => AdaptiveAvgPool1dOp.Call(x, size),
                    (InterpolationMode.Area, 2) => AdaptiveAvgPool2dOp.Call(x, size),
                    (InterpolationMode.Area, 3) => AdaptiveAvgPool3dOp.Call(x, size),
                    (InterpolationMode.Linear, 1) => Linear1dOp.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bilinear, 2) => Bilinear2dOp.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Trilinear, 3) => Trilinear3dOp.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bicubic, 2) => Bicubic2dOp.Call(x, size, corners, scale_factor),
                    _ => throw new ArgumentException($"{mode} interpolation does not fit an input of {shape.Length} dimensions.", nameof(mode)),
                };
            }

            public static Tensor upsample(
                Tensor input, long[]? size = null, double[]? scale_factor = null, UpsampleMode mode = UpsampleMode.Nearest, bool align_corners = false) =>
                interpolate(input, size, scale_factor, (InterpolationMode)(int)mode, mode == UpsampleMode.Nearest ? null : align_corners);

            public static Tensor upsample_bilinear(Tensor x, long[]? size = null, double[]? scale_factor = null, bool align_corners = false) =>
                upsample(x, size, scale_factor, UpsampleMode.Bilinear, align_corners);

            public static Tensor upsample_nearest(Tensor x, long[]? size = null, double[]? scale_factor = null, bool align_corners = false) =>
                upsample(x, size, scale_factor, UpsampleMode.Nearest, align_corners);

            public static Tensor upsample_nearest1d(Tensor input, long? outputSize, double? scaleFactor) =>
                Nearest1dOp.Call(input, List(outputSize), scaleFactor is { } f ? new[] { f } : null);

            public static Tensor upsample_nearest2d(Tensor input, long[]? outputSizes = null, double[]? scaleFactors = null) =>
                Nearest2dOp.Call(input, outputSizes, scaleFactors);

            public static Tensor upsample_nearest3d(Tensor input, long[]? outputSizes = null, double[]? scaleFactors = null) =>
                Nearest3dOp.Call(input, outputSizes, scaleFactors);

            public static Tensor upsample_nearest1d_backward(Tensor grad_output, long? outputSize, long inputSize, double? scaleFactor) =>
                Nearest1dBackwardOp.Call(
                    grad_output, outputSize ?? grad_output.size(2), new[] { grad_output.size(0), grad_output.size(1), inputSize }, scaleFactor);

            public static Tensor upsample_nearest2d_backward(
                Tensor grad_output, long[] inputSizes, long[]? outputSizes = null, double[]? scaleFactors = null) =>
                Nearest2dBackwardOp.Call(grad_output, outputSizes ?? grad_output.shape[2..], inputSizes, Factor(scaleFactors, 0), Factor(scaleFactors, 1));

            public static Tensor upsample_nearest3d_backward(
                Tensor grad_output, long[] inputSizes, long[]? outputSizes = null, double[]? scaleFactors = null) =>
                Nearest3dBackwardOp.Call(
                    grad_output, outputSizes ?? grad_output.shape[2..], inputSizes, Factor(scaleFactors, 0), Factor(scaleFactors, 1), Factor(scaleFactors, 2));

            /// <summary>The sampling grid [N, H, W, 2] of affine maps theta [N, 2, 3] (or [N, D, H, W, 3] of [N, 3, 4]).</summary>
            public static Tensor affine_grid(Tensor theta, long[]? size = null, bool align_corners = false) =>
                AffineGridOp.Call(theta, size ?? throw new ArgumentNullException(nameof(size)), align_corners);

            /// <summary>Samples the input at the places that the grid names, −1 and 1 being its borders.</summary>
            public static Tensor grid_sample(
                Tensor input, Tensor grid, GridSampleMode mode = GridSampleMode.Bilinear,
                GridSamplePaddingMode padding_mode = GridSamplePaddingMode.Zeros, bool? align_corners = null)
            {
                long padding = padding_mode switch
                {
                    GridSamplePaddingMode.Border => 1,
                    GridSamplePaddingMode.Reflection => 2,
                    _ => 0,
                };
                return GridSamplerOp.Call(input, grid, mode == GridSampleMode.Nearest ? 1 : 0, padding, align_corners ?? false);
            }

            private static double? Factor(double[]? factors, int i) => factors is null ? null : factors[i];
        }
    }
}
