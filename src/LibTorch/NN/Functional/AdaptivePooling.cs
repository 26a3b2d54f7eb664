using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op AdaptiveAvgPool1dOp = new("adaptive_avg_pool1d");
            private static readonly Op AdaptiveAvgPool2dOp = new("adaptive_avg_pool2d");
            private static readonly Op AdaptiveAvgPool3dOp = new("adaptive_avg_pool3d");
            private static readonly Op AdaptiveAvgPool3dBackwardOp = new("adaptive_avg_pool3d_backward", "grad_input");
            private static readonly Op AdaptiveMaxPool1dOp = new("adaptive_max_pool1d");
            private static readonly Op AdaptiveMaxPool2dOp = new("adaptive_max_pool2d");
            private static readonly Op AdaptiveMaxPool3dOp = new("adaptive_max_pool3d");

            public static Tensor adaptive_avg_pool1d(Tensor input, long output_size) => AdaptiveAvgPool1dOp.Call(input, output_size);

            public static Tensor adaptive_avg_pool2d(Tensor input, long[] output_size) => AdaptiveAvgPool2dOp.Call(input, output_size);

            public static Tensor adaptive_avg_pool2d(Tensor input, (long, long) output_size) => AdaptiveAvgPool2dOp.Call(input, List(output_size));

            public static Tensor adaptive_avg_pool2d(Tensor input, long output_size) => AdaptiveAvgPool2dOp.Call(input, new[] { output_size, output_size });

            public static Tensor adaptive_avg_pool3d(Tensor input, long[] output_size) => AdaptiveAvgPool3dOp.Call(input, output_size);

            public static Tensor adaptive_avg_pool3d(Tensor input, (long, long, long) output_size) => AdaptiveAvgPool3dOp.Call(input, List(output_size));

            public static Tensor adaptive_avg_pool3d(
                Tensor input, long output_size) => AdaptiveAvgPool3dOp.Call(input, new[] { output_size, output_size, output_size });

            /// <summary>Writes the gradient of the input into <paramref name="gradInput"/>.</summary>
            public static Tensor adaptive_avg_pool3d_backward(Tensor gradInput, Tensor gradOutput, Tensor originalInput) =>
                AdaptiveAvgPool3dBackwardOp.Call(gradOutput, originalInput, gradInput);

            public static Tensor adaptive_max_pool1d(Tensor input, long output_size) => First(adaptive_max_pool1d_with_indices(input, output_size));

            public static (Tensor Values, Tensor Indices) adaptive_max_pool1d_with_indices(
                Tensor input, long output_size) => AdaptiveMaxPool1dOp.Call2(input, output_size);

            public static Tensor adaptive_max_pool2d(Tensor input, long[] output_size) => First(adaptive_max_pool2d_with_indices(input, output_size));

            public static (Tensor Values, Tensor Indices) adaptive_max_pool2d_with_indices(
                Tensor input, long[] output_size) => AdaptiveMaxPool2dOp.Call2(input, output_size);

            public static Tensor adaptive_max_pool3d(Tensor input, long[] output_size) => First(adaptive_max_pool3d_with_indices(input, output_size));

            public static (Tensor Values, Tensor Indices) adaptive_max_pool3d_with_indices(
                Tensor input, long[] output_size) => AdaptiveMaxPool3dOp.Call2(input, output_size);

            private static Tensor First((Tensor Values, Tensor Indices) pair)
            {
                pair.Indices.Dispose();
                return pair.Values;
            }
        }
    }
}
