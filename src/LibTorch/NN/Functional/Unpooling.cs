using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op MaxUnpool2dOp = new("max_unpool2d");
            private static readonly Op MaxUnpool3dOp = new("max_unpool3d");
            private static readonly Op UnsqueezeOp = new("unsqueeze");
            private static readonly Op SqueezeDimOp = new("squeeze", "dim");

            /// <summary>Puts each value back where a max pooling found it; zeros elsewhere.</summary>
            public static Tensor max_unpool1d(
                Tensor input, Tensor indices, long kernel_size, long? stride = null, long? padding = null, long[]? output_size = null)
            {
                long[] size = UnpooledSize(input, [kernel_size], List(stride), List(padding), output_size);
                using Tensor x = UnsqueezeOp.Call(input, -1);
                using Tensor where = UnsqueezeOp.Call(indices, -1);
                using Tensor y = MaxUnpool2dOp.Call(x, where, new[] { size[0], 1L });
                return SqueezeDimOp.Call(y, -1);
            }

            public static Tensor max_unpool2d(
                Tensor input, Tensor indices, long[] kernel_size, long[]? stride = null, long[]? padding = null, long[]? output_size = null) =>
                MaxUnpool2dOp.Call(input, indices, UnpooledSize(input, Spread(kernel_size, 2), stride, padding, output_size));

            public static Tensor max_unpool3d(
                Tensor input, Tensor indices, long[] kernel_size, long[]? stride = null, long[]? padding = null, long[]? output_size = null)
            {
                long[] kernel = Spread(kernel_size, 3);
                return MaxUnpool3dOp.Call(
                    input, indices, UnpooledSize(input, kernel, stride, padding, output_size), Spread(stride ?? kernel, 3), Spread(padding ?? Zeros, 3));
            }

            /// <summary>The spatial size: what was asked for (the last dimensions of it), or the smallest that pools to the input's size.</summary>
            private static long[] UnpooledSize(Tensor input, long[] kernel, long[]? stride, long[]? padding, long[]? wanted)
            {
                int n = kernel.Length;
                if (wanted is not null)
                {
                    return wanted.Length >= n
                        ? wanted[^n..]
                        : throw new ArgumentException($"output_size must have {n} values or more, not {wanted.Length}.", nameof(wanted));
                }

                long[] shape = input.shape;
                if (shape.Length < n)
                {
                    throw new ArgumentException($"The input needs at least {n} dimensions, not {shape.Length}.", nameof(input));
                }

                long[] steps = Spread(stride ?? kernel, n), pads = Spread(padding ?? Zeros, n);
                var size = new long[n];
                for (int i = 0; i < n; i++)
                {
                    size[i] = (shape[^(n - i)] - 1) * steps[i] + kernel[i] - 2 * pads[i];
                }

                return size;
            }

            /// <summary>A list of one becomes n equal values.</summary>
            private static T[] Spread<T>(T[] list, int n)
            {
                if (list.Length == n)
                {
                    return list;
                }

                if (list.Length != 1)
                {
                    throw new ArgumentException($"1 or {n} values are needed, not {list.Length}.", nameof(list));
                }

                var all = new T[n];
                Array.Fill(all, list[0]);
                return all;
            }
        }
    }
}
