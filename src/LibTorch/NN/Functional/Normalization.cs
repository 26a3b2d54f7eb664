using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op BatchNormOp = new("batch_norm");
            private static readonly Op FastBatchNormOp = new("modelzoo::batch_norm"); // the same, faster in training (native/batch_norm.cpp)
            private static readonly Op InstanceNormOp = new("instance_norm");
            private static readonly Op GroupNormOp = new("group_norm");
            private static readonly Op LayerNormOp = new("layer_norm");

            /// <summary>
            /// (x − mean)/√(var + eps)·weight + bias per channel: with the batch's own statistics in training (which also move the running ones),
            /// with the running ones otherwise. Ioffe and Szegedy, arXiv:1502.03167.
            /// </summary>
            public static Tensor batch_norm(
                Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight = null, Tensor? bias = null, bool training = false,
                double momentum = 0.1, double eps = 1e-5) =>
                (training ? FastBatchNormOp : BatchNormOp).Call(input, weight, bias, running_mean, running_var, training, momentum, eps, true);

            public static Tensor instance_norm(
                Tensor input, Tensor? running_mean = null, Tensor? running_var = null, Tensor? weight = null, Tensor? bias = null,
                bool use_input_stats = true, double momentum = 0.1, double eps = 1e-5) =>
                InstanceNormOp.Call(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, true);

            public static Tensor group_norm(Tensor input, long num_groups, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
                GroupNormOp.Call(input, num_groups, weight, bias, eps, true);

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
                LayerNormOp.Call(input, normalized_shape, weight, bias, eps, true);

            /// <summary>
            /// x / (k + alpha·mean of x² over <paramref name="size"/> neighbouring channels)^beta, with zeros beyond the first and last channel.
            /// AlexNet's paper (section 3.3) has the sum for the mean: its alpha is this alpha divided by size.
            /// </summary>
            public static Tensor local_response_norm(Tensor input, long size, double alpha = 1e-4, double beta = 0.75, double k = 1)
            {
                long[] shape = input.shape;
                if (shape.Length < 3)
                {
                    throw new ArgumentException($"local_response_norm needs 3 dimensions or more, not {shape.Length}.", nameof(input));
                }

                if (input.numel() == 0)
                {
                    return AliasOp.Call(input);
                }

                using Tensor squares = MulOp.Call(input, input);
                using Tensor means = shape.Length == 3 ? ChannelMeans3d(squares, size) : ChannelMeans(squares, shape, size);
                using Tensor scaled = MulScalarOp.Call(means, alpha);
                using Tensor shifted = AddScalarOp.Call(scaled, k, 1);
                using Tensor divisor = PowOp.Call(shifted, beta);
                return DivOp.Call(input, divisor);
            }

            /// <summary>x / max(‖x‖p, eps) along a dimension.</summary>
            public static Tensor normalize(Tensor input, double p = 2, long dim = 1, double eps = 1e-12)
            {
                using Tensor norm = NormDimOp.Call(input, p, dim, true);
                using Tensor divisor = ClampMinOp.Call(norm, eps);
                return DivOp.Call(input, divisor);
            }

            private static Tensor ChannelMeans3d(Tensor squares, long size)
            {
                using Tensor x = UnsqueezeOp.Call(squares, 1); // [N, 1, C, L]
                using Tensor padded = PadOp.Call(x, new[] { 0, 0, size / 2, (size - 1) / 2 }, "constant", Arg.None);
                using Tensor means = AvgPool2dOp.Call(padded, new[] { size, 1 }, 1, 0, false, true, Arg.None);
                return SqueezeDimOp.Call(means, 1);
            }

            private static Tensor ChannelMeans(Tensor squares, long[] shape, long size)
            {
                using Tensor x = ReshapeOp.Call(squares, new[] { shape[0], 1, shape[1], shape[2], -1 }); // [N, 1, C, H, rest]
                using Tensor padded = PadOp.Call(x, new[] { 0, 0, 0, 0, size / 2, (size - 1) / 2 }, "constant", Arg.None);
                using Tensor means = AvgPool3dOp.Call(padded, new[] { size, 1, 1 }, 1, 0, false, true, Arg.None);
                return ReshapeOp.Call(means, shape);
            }
        }
    }
}
