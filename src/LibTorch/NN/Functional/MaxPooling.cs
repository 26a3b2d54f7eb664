using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op MaxPool1dOp = new("max_pool1d");
            private static readonly Op MaxPool2dOp = new("max_pool2d");
            private static readonly Op MaxPool3dOp = new("max_pool3d");
            private static readonly Op MaxPool1dIndicesOp = new("max_pool1d_with_indices");
            private static readonly Op MaxPool2dIndicesOp = new("max_pool2d_with_indices");
            private static readonly Op MaxPool3dIndicesOp = new("max_pool3d_with_indices");

            public static Tensor max_pool1d(
                Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                MaxPool1dOp.Call(input, kernel_size, stride ?? kernel_size, padding ?? 0, dilation ?? 1, ceil_mode);

            public static (Tensor output, Tensor indices) max_pool1d_with_indices(
                Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                MaxPool1dIndicesOp.Call2(input, kernel_size, stride ?? kernel_size, padding ?? 0, dilation ?? 1, ceil_mode);

            public static Tensor max_pool2d(
                Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                MaxPool2dOp.Call(input, kernel_size, strides ?? Unset, padding ?? Zeros, dilation ?? Ones, ceil_mode);

            public static Tensor max_pool2d(
                Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                MaxPool2dOp.Call(input, kernel_size, stride ?? kernel_size, padding ?? 0, dilation ?? 1, ceil_mode);

            public static Tensor max_pool2d(
                Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null,
                bool ceil_mode = false) =>
                max_pool2d(input, List(kernel_size), List(stride), List(padding), List(dilation), ceil_mode);

            public static (Tensor output, Tensor indices) max_pool2d_with_indices(
                Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                MaxPool2dIndicesOp.Call2(input, kernel_size, strides ?? Unset, padding ?? Zeros, dilation ?? Ones, ceil_mode);

            public static Tensor max_pool3d(
                Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                MaxPool3dOp.Call(input, kernel_size, strides ?? Unset, padding ?? Zeros, dilation ?? Ones, ceil_mode);

            public static (Tensor output, Tensor indices) max_pool3d_with_indices(
                Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                MaxPool3dIndicesOp.Call2(input, kernel_size, strides ?? Unset, padding ?? Zeros, dilation ?? Ones, ceil_mode);
        }
    }
}
