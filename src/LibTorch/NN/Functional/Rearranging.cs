using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op PixelShuffleOp = new("pixel_shuffle");
            private static readonly Op PixelUnshuffleOp = new("pixel_unshuffle");
            private static readonly Op Im2ColOp = new("im2col");
            private static readonly Op Col2ImOp = new("col2im");
            private static readonly Op OneHotOp = new("one_hot");

            /// <summary>[N, C·r², H, W] → [N, C, H·r, W·r].</summary>
            public static Tensor pixel_shuffle(Tensor input, long upscale_factor) => PixelShuffleOp.Call(input, upscale_factor);

            /// <summary>[N, C, H·r, W·r] → [N, C·r², H, W].</summary>
            public static Tensor pixel_unshuffle(Tensor input, long downscale_factor) => PixelUnshuffleOp.Call(input, downscale_factor);

            /// <summary>The windows of [N, C, H, W] as columns: [N, C·KH·KW, windows].</summary>
            public static Tensor unfold(Tensor input, long kernel_size, long dilation = 1, long padding = 0, long stride = 1) =>
                unfold(input, (kernel_size, kernel_size), (dilation, dilation), (padding, padding), (stride, stride));

            public static Tensor unfold(
                Tensor input, (long, long) kernel_size, (long, long)? dilation = null, (long, long)? padding = null, (long, long)? stride = null) =>
                Im2ColOp.Call(input, List(kernel_size), List(dilation ?? (1, 1)), List(padding ?? (0, 0)), List(stride ?? (1, 1)));

            /// <summary>Adds columns [N, C·KH·KW, windows] back into [N, C, H, W]: the transpose of <see cref="unfold(Tensor, long, long, long, long)"/>.</summary>
            public static Tensor fold(Tensor input, long output_size, long kernel_size, long dilation = 1, long padding = 0, long stride = 1) =>
                fold(input, (output_size, output_size), (kernel_size, kernel_size), (dilation, dilation), (padding, padding), (stride, stride));

            public static Tensor fold(
                Tensor input, (long, long) output_size, (long, long) kernel_size, (long, long)? dilation = null, (long, long)? padding = null,
                (long, long)? stride = null) =>
                Col2ImOp.Call(input, List(output_size), List(kernel_size), List(dilation ?? (1, 1)), List(padding ?? (0, 0)), List(stride ?? (1, 1)));

            /// <summary>Class numbers (int64) → rows with a single 1; −1 classes: as many as the largest number needs.</summary>
            public static Tensor one_hot(Tensor x, long num_classes = -1) => OneHotOp.Call(x, num_classes);
        }
    }
}
