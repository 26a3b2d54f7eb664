using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>The largest value of each of windows whose places are drawn at random (Graham, arXiv:1412.6071).</summary>
    public sealed class FractionalMaxPool2d : ParameterLessModule<Tensor, Tensor>
    {
        internal FractionalMaxPool2d(long[] kernel_size, long[]? output_size, double[]? output_ratio) : base(nameof(FractionalMaxPool2d))
        {
            if ((output_size is null) == (output_ratio is null))
            {
                throw new ArgumentException("Either the output's size or its ratio to the input must be given.");
            }

            this.kernel_size = kernel_size;
            this.output_size = output_size;
            this.output_ratio = output_ratio;
        }

        public long[] kernel_size { get; set; }

        public long[]? output_size { get; set; }

        public double[]? output_ratio { get; set; }

        public override Tensor forward(Tensor input)
        {
            (Tensor values, Tensor indices) = forward_with_indices(input);
            indices.Dispose();
            return values;
        }

        public (Tensor Values, Tensor Indices) forward_with_indices(Tensor input) =>
            functional.fractional_max_pool2d_with_indices(input, kernel_size, output_size, output_ratio);
    }

    /// <summary>The largest value of each of windows whose places are drawn at random (Graham, arXiv:1412.6071).</summary>
    public sealed class FractionalMaxPool3d : ParameterLessModule<Tensor, Tensor>
    {
        internal FractionalMaxPool3d(long[] kernel_size, long[]? output_size, double[]? output_ratio) : base(nameof(FractionalMaxPool3d))
        {
            if ((output_size is null) == (output_ratio is null))
            {
                throw new ArgumentException("Either the output's size or its ratio to the input must be given.");
            }

            this.kernel_size = kernel_size;
            this.output_size = output_size;
            this.output_ratio = output_ratio;
        }

        public long[] kernel_size { get; set; }

        public long[]? output_size { get; set; }

        public double[]? output_ratio { get; set; }

        public override Tensor forward(Tensor input)
        {
            (Tensor values, Tensor indices) = forward_with_indices(input);
            indices.Dispose();
            return values;
        }

        public (Tensor Values, Tensor Indices) forward_with_indices(Tensor input) =>
            functional.fractional_max_pool3d_with_indices(input, kernel_size, output_size, output_ratio);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.FractionalMaxPool2d FractionalMaxPool2d(long kernel_size, long? output_size = null, double? output_ratio = null) =>
                new(Modules.Sizes.All(kernel_size, 2), Modules.Sizes.All(output_size, 2), output_ratio is { } r ? [r, r] : null);

            public static Modules.FractionalMaxPool2d FractionalMaxPool2d(
                (long, long) kernel_size, (long, long)? output_size = null, (double, double)? output_ratio = null) =>
                new(Modules.Sizes.List(kernel_size), Modules.Sizes.List(output_size), output_ratio is { } r ? [r.Item1, r.Item2] : null);

            public static Modules.FractionalMaxPool2d FractionalMaxPool2d(long[] kernel_size, long[]? output_size = null, double[]? output_ratio = null) =>
                new(kernel_size, output_size, output_ratio);

            public static Modules.FractionalMaxPool3d FractionalMaxPool3d(long kernel_size, long? output_size = null, double? output_ratio = null) =>
                new(Modules.Sizes.All(kernel_size, 3), Modules.Sizes.All(output_size, 3), output_ratio is { } r ? [r, r, r] : null);

            public static Modules.FractionalMaxPool3d FractionalMaxPool3d(
                (long, long, long) kernel_size, (long, long, long)? output_size = null, (double, double, double)? output_ratio = null) =>
                new(Modules.Sizes.List(kernel_size), Modules.Sizes.List(output_size), output_ratio is { } r ? [r.Item1, r.Item2, r.Item3] : null);

            public static Modules.FractionalMaxPool3d FractionalMaxPool3d(long[] kernel_size, long[]? output_size = null, double[]? output_ratio = null) =>
                new(kernel_size, output_size, output_ratio);
        }
    }
}
