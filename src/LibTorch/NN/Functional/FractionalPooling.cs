using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op FractionalMaxPool2dOp = new("fractional_max_pool2d");
            private static readonly Op FractionalMaxPool3dOp = new("fractional_max_pool3d");
            private static readonly Op RandOp = new("rand");

            /// <summary>Max pooling over pseudo-random windows to an output of a given size or ratio (Graham, arXiv:1412.6071).</summary>
            public static Tensor fractional_max_pool2d(Tensor input, long kernel_size, long? output_size = null, double? output_ratio = null) =>
                First(fractional_max_pool2d_with_indices(input, kernel_size, output_size, output_ratio));

            public static Tensor fractional_max_pool2d(
                Tensor input, (long, long) kernel_size, (long, long)? output_size = null, (double, double)? output_ratio = null) =>
                First(fractional_max_pool2d_with_indices(input, kernel_size, output_size, output_ratio));

            public static Tensor fractional_max_pool2d(Tensor input, long[] kernel_size, long[]? output_size = null, double[]? output_ratio = null) =>
                First(fractional_max_pool2d_with_indices(input, kernel_size, output_size, output_ratio));

            public static (Tensor Values, Tensor Indices) fractional_max_pool2d_with_indices(
                Tensor input, long kernel_size, long? output_size = null, double? output_ratio = null) =>
                Fractional(FractionalMaxPool2dOp, 2, input, [kernel_size], List(output_size), output_ratio is { } r ? [r] : null);

            public static (Tensor Values, Tensor Indices) fractional_max_pool2d_with_indices(
                Tensor input, (long, long) kernel_size, (long, long)? output_size = null, (double, double)? output_ratio = null) =>
                Fractional(FractionalMaxPool2dOp, 2, input, List(kernel_size), List(output_size), output_ratio is { } r ? [r.Item1, r.Item2] : null);

            public static (Tensor Values, Tensor Indices) fractional_max_pool2d_with_indices(
                Tensor input, long[] kernel_size, long[]? output_size = null, double[]? output_ratio = null) =>
                Fractional(FractionalMaxPool2dOp, 2, input, kernel_size, output_size, output_ratio);

            public static Tensor fractional_max_pool3d(Tensor input, long kernel_size, long? output_size = null, double? output_ratio = null) =>
                First(fractional_max_pool3d_with_indices(input, kernel_size, output_size, output_ratio));

            public static Tensor fractional_max_pool3d(
                Tensor input, (long, long, long) kernel_size, (long, long, long)? output_size = null, (double, double, double)? output_ratio = null) =>
                First(fractional_max_pool3d_with_indices(input, kernel_size, output_size, output_ratio));

            public static Tensor fractional_max_pool3d(Tensor input, long[] kernel_size, long[]? output_size = null, double[]? output_ratio = null) =>
                First(fractional_max_pool3d_with_indices(input, kernel_size, output_size, output_ratio));

            public static (Tensor Values, Tensor Indices) fractional_max_pool3d_with_indices(
                Tensor input, long kernel_size, long? output_size = null, double? output_ratio = null) =>
                Fractional(FractionalMaxPool3dOp, 3, input, [kernel_size], List(output_size), output_ratio is { } r ? [r] : null);

            public static (Tensor Values, Tensor Indices) fractional_max_pool3d_with_indices(
                Tensor input, (long, long, long) kernel_size, (long, long, long)? output_size = null, (double, double, double)? output_ratio = null) =>
                Fractional(FractionalMaxPool3dOp, 3, input, List(kernel_size), List(output_size), output_ratio is { } r ? [r.Item1, r.Item2, r.Item3] : null);

            public static (Tensor Values, Tensor Indices) fractional_max_pool3d_with_indices(
                Tensor input, long[] kernel_size, long[]? output_size = null, double[]? output_ratio = null) =>
                Fractional(FractionalMaxPool3dOp, 3, input, kernel_size, output_size, output_ratio);

            private static (Tensor, Tensor) Fractional(Op op, int spatial, Tensor input, long[] kernel, long[]? size, double[]? ratio)
            {
                long[] shape = input.shape;
                if (shape.Length != spatial + 1 && shape.Length != spatial + 2)
                {
                    throw new ArgumentException($"The input needs {spatial + 1} or {spatial + 2} dimensions, not {shape.Length}.", nameof(input));
                }

                if (size is null == ratio is null)
                {
                    throw new ArgumentException("Give either output_size or output_ratio.", nameof(size));
                }

                if (size is null)
                {
                    double[] ratios = Spread(ratio!, spatial);
                    size = new long[spatial];
                    for (int i = 0; i < spatial; i++)
                    {
                        size[i] = (long)(shape[^(spatial - i)] * ratios[i]);
                    }
                }

                long batch = shape.Length == spatial + 1 ? 1 : shape[0];
                using Tensor samples = RandOp.Call(new[] { batch, shape[^(spatial + 1)], spatial }, input.dtype, Arg.None, input.device, Arg.None);
                return op.Call2(input, Spread(kernel, spatial), Spread(size, spatial), samples);
            }
        }
    }
}
