using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>The operations behind the layers of torch.nn, as functions.</summary>
        public static partial class functional
        {
            private static readonly Op Conv1dOp = new("conv1d");
            private static readonly Op Conv2dOp = new("conv2d");
            private static readonly Op Conv3dOp = new("conv3d");
            private static readonly Op Conv1dPaddingOp = new("conv1d", "padding");
            private static readonly Op Conv2dPaddingOp = new("conv2d", "padding");
            private static readonly Op Conv3dPaddingOp = new("conv3d", "padding");
            private static readonly Op ConvTranspose1dOp = new("conv_transpose1d");
            private static readonly Op ConvTranspose2dOp = new("conv_transpose2d", "input");
            private static readonly Op ConvTranspose3dOp = new("conv_transpose3d", "input");
            private static readonly Op LinearOp = new("linear");
            private static readonly Op BilinearOp = new("bilinear");

            /// <summary>[N, C, L] ⋆ [O, C/groups, K] → [N, O, L'].</summary>
            public static Tensor conv1d(
                Tensor input, Tensor weight, Tensor? bias = null, long? stride = null, long? padding = null, long? dilation = null, long groups = 1) =>
                Conv1dOp.Call(input, weight, bias, stride ?? 1, padding ?? 0, dilation ?? 1, groups);

            public static Tensor conv1d_padding(
                Tensor input, Tensor weight, Tensor? bias = null, long? stride = null, Padding padding = Padding.Valid, long? dilation = null,
                long groups = 1) =>
                Conv1dPaddingOp.Call(input, weight, bias, stride ?? 1, Name(padding), dilation ?? 1, groups);

            /// <summary>[N, C, H, W] ⋆ [O, C/groups, KH, KW] → [N, O, H', W'].</summary>
            public static Tensor conv2d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null,
                long groups = 1) =>
                Conv2dOp.Call(input, weight, bias, strides ?? Ones, padding ?? Zeros, dilation ?? Ones, groups);

            public static Tensor conv2d_padding(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, Padding padding = Padding.Valid, long[]? dilation = null,
                long groups = 1) =>
                Conv2dPaddingOp.Call(input, weight, bias, strides ?? Ones, Name(padding), dilation ?? Ones, groups);

            /// <summary>[N, C, D, H, W] ⋆ [O, C/groups, KD, KH, KW] → [N, O, D', H', W'].</summary>
            public static Tensor conv3d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null,
                long groups = 1) =>
                Conv3dOp.Call(input, weight, bias, strides ?? Ones, padding ?? Zeros, dilation ?? Ones, groups);

            public static Tensor conv3d_padding(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, Padding padding = Padding.Valid, long[]? dilation = null,
                long groups = 1) =>
                Conv3dPaddingOp.Call(input, weight, bias, strides ?? Ones, Name(padding), dilation ?? Ones, groups);

            /// <summary>The gradient of <see cref="conv1d"/> with respect to its input, as a layer. The weight is [C, O/groups, K].</summary>
            public static Tensor conv_transpose1d(
                Tensor input, Tensor weight, Tensor? bias = null, long? stride = null, long? padding = null, long? output_padding = null,
                long? dilation = null, long groups = 1) =>
                ConvTranspose1dOp.Call(input, weight, bias, stride ?? 1, padding ?? 0, output_padding ?? 0, groups, dilation ?? 1);

            /// <summary>The gradient of <see cref="conv2d"/> with respect to its input, as a layer. The weight is [C, O/groups, KH, KW].</summary>
            public static Tensor conv_transpose2d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? output_padding = null,
                long[]? dilation = null, long groups = 1) =>
                ConvTranspose2dOp.Call(input, weight, bias, strides ?? Ones, padding ?? Zeros, output_padding ?? Zeros, groups, dilation ?? Ones);

            /// <summary>The gradient of <see cref="conv3d"/> with respect to its input, as a layer. The weight is [C, O/groups, KD, KH, KW].</summary>
            public static Tensor conv_transpose3d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? output_padding = null,
                long[]? dilation = null, long groups = 1) =>
                ConvTranspose3dOp.Call(input, weight, bias, strides ?? Ones, padding ?? Zeros, output_padding ?? Zeros, groups, dilation ?? Ones);

            /// <summary>x·Wᵀ + b, with W of [out, in].</summary>
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => LinearOp.Call(input, weights, bias);

            /// <summary>x₁ᵀ·W·x₂ + b, with W of [out, in1, in2].</summary>
            public static Tensor bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias = null) => BilinearOp.Call(input1, input2, weight, bias);

            private static string Name(Padding padding) => padding == Padding.Same ? "same" : "valid";
        }
    }
}
