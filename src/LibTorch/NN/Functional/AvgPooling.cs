using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op AvgPool1dOp = new("avg_pool1d");
            private static readonly Op AvgPool2dOp = new("avg_pool2d");
            private static readonly Op AvgPool3dOp = new("avg_pool3d");
            private static readonly Op AvgPool2dBackwardOp = new("avg_pool2d_backward");
            private static readonly Op AvgPool3dBackwardOp = new("avg_pool3d_backward");
            private static readonly Op AbsOp = new("abs");
            private static readonly Op SignOp = new("sign");
            private static readonly Op PowOp = new("pow", "Tensor_Scalar");

            public static Tensor avg_pool1d(
                Tensor input, long kernel_size, long? stride = null, long? padding = null, bool ceil_mode = false, bool count_include_pad = true) =>
                AvgPool1dOp.Call(input, kernel_size, stride ?? kernel_size, padding ?? 0, ceil_mode, count_include_pad);

            public static Tensor avg_pool2d(
                Tensor input, long[] kernel_size, long[]? stride = null, long[]? padding = null, bool ceil_mode = false,
                bool count_include_pad = true, long? divisor_override = null) =>
                AvgPool2dOp.Call(input, kernel_size, stride ?? Unset, padding ?? Zeros, ceil_mode, count_include_pad, divisor_override);

            public static Tensor avg_pool2d(
                Tensor input, long kernel_size, long? stride = null, long padding = 0, bool ceil_mode = false, bool count_include_pad = true,
                long? divisor_override = null) =>
                AvgPool2dOp.Call(input, kernel_size, stride ?? kernel_size, padding, ceil_mode, count_include_pad, divisor_override);

            public static Tensor avg_pool2d(
                Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, bool ceil_mode = false,
                bool count_include_pad = true, long? divisor_override = null) =>
                avg_pool2d(input, List(kernel_size), List(stride), List(padding), ceil_mode, count_include_pad, divisor_override);

            public static Tensor avg_pool3d(
                Tensor input, long[] kernel_size, long[]? stride = null, long[]? padding = null, bool ceil_mode = false,
                bool count_include_pad = true, long? divisor_override = null) =>
                AvgPool3dOp.Call(input, kernel_size, stride ?? Unset, padding ?? Zeros, ceil_mode, count_include_pad, divisor_override);

            /// <param name="input">The gradient of the output.</param>
            /// <param name="originalInput">The input of the forward call.</param>
            public static Tensor avg_pool2d_backward(
                Tensor input, Tensor originalInput, long[] kernel_sizes, long[]? strides = null, long[]? paddings = null, bool ceil_mode = false,
                bool count_include_pad = true, long? divisor_override = null) =>
                AvgPool2dBackwardOp.Call(
                    input, originalInput, kernel_sizes, strides ?? Unset, paddings ?? Zeros, ceil_mode, count_include_pad, divisor_override);

            /// <param name="input">The gradient of the output.</param>
            /// <param name="originalInput">The input of the forward call.</param>
            public static Tensor avg_pool3d_backward(
                Tensor input, Tensor originalInput, long[] kernel_sizes, long[]? strides = null, long[]? paddings = null, bool ceil_mode = false,
                bool count_include_pad = true, long? divisor_override = null) =>
                AvgPool3dBackwardOp.Call(
                    input, originalInput, kernel_sizes, strides ?? Unset, paddings ?? Zeros, ceil_mode, count_include_pad, divisor_override);

            /// <summary>(Σ x^p)^(1/p) over each window.</summary>
            public static Tensor lp_pool1d(Tensor input, double norm_type, long kernel_size, long? stride = null, bool ceil_mode = false)
            {
                using Tensor powers = PowOp.Call(input, norm_type);
                using Tensor means = avg_pool1d(powers, kernel_size, stride, 0, ceil_mode);
                return Root(means, kernel_size, norm_type);
            }

            public static Tensor lp_pool2d(Tensor input, double norm_type, long[] kernel_size, long[]? stride = null, bool ceil_mode = false)
            {
                using Tensor powers = PowOp.Call(input, norm_type);
                using Tensor means = avg_pool2d(powers, kernel_size, stride, null, ceil_mode);
                return Root(means, kernel_size.Length == 1 ? kernel_size[0] * kernel_size[0] : kernel_size[0] * kernel_size[1], norm_type);
            }

            public static Tensor lp_pool2d(Tensor input, double norm_type, long kernel_size, long? stride = null, bool ceil_mode = false) =>
                lp_pool2d(input, norm_type, [kernel_size], List(stride), ceil_mode);

            private static Tensor Root(Tensor means, long window, double p)
            {
                using Tensor sign = SignOp.Call(means);
                using Tensor magnitude = AbsOp.Call(means);
                using Tensor kept = ReluOp.Call(magnitude);
                using Tensor signed = MulOp.Call(sign, kept);
                using Tensor sums = MulScalarOp.Call(signed, window);
                return PowOp.Call(sums, 1.0 / p);
            }
        }
    }
}
