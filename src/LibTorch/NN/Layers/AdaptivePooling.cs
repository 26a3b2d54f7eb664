using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>The mean of each of as many windows of [N, C, L] as the output has places.</summary>
    public sealed class AdaptiveAvgPool1d : ParameterLessModule<Tensor, Tensor>
    {
        internal AdaptiveAvgPool1d(long output_size) : base(nameof(AdaptiveAvgPool1d)) => this.output_size = output_size;

        public long output_size { get; set; }

        public override Tensor forward(Tensor input) => functional.adaptive_avg_pool1d(input, output_size);
    }

    /// <summary>The mean of each of as many windows of [N, C, H, W] as the output has places.</summary>
    public sealed class AdaptiveAvgPool2d : ParameterLessModule<Tensor, Tensor>
    {
        internal AdaptiveAvgPool2d(long[] output_size) : base(nameof(AdaptiveAvgPool2d)) => this.output_size = output_size;

        public long[] output_size { get; set; }

        public override Tensor forward(Tensor input) => functional.adaptive_avg_pool2d(input, output_size);
    }

    /// <summary>The mean of each of as many windows of [N, C, D, H, W] as the output has places.</summary>
    public sealed class AdaptiveAvgPool3d : ParameterLessModule<Tensor, Tensor>
    {
        internal AdaptiveAvgPool3d(long[] output_size) : base(nameof(AdaptiveAvgPool3d)) => this.output_size = output_size;

        public long[] output_size { get; set; }

        public override Tensor forward(Tensor input) => functional.adaptive_avg_pool3d(input, output_size);
    }

    /// <summary>The largest value of each of as many windows of [N, C, L] as the output has places.</summary>
    public sealed class AdaptiveMaxPool1d : ParameterLessModule<Tensor, Tensor>
    {
        internal AdaptiveMaxPool1d(long output_size) : base(nameof(AdaptiveMaxPool1d)) => this.output_size = output_size;

        public long output_size { get; set; }

        public override Tensor forward(Tensor input) => functional.adaptive_max_pool1d(input, output_size);

        public (Tensor Values, Tensor Indices) forward_with_indices(Tensor input) => functional.adaptive_max_pool1d_with_indices(input, output_size);
    }

    /// <summary>The largest value of each of as many windows of [N, C, H, W] as the output has places.</summary>
    public sealed class AdaptiveMaxPool2d : ParameterLessModule<Tensor, Tensor>
    {
        internal AdaptiveMaxPool2d(long[] output_size) : base(nameof(AdaptiveMaxPool2d)) => this.output_size = output_size;

        public long[] output_size { get; set; }

        public override Tensor forward(Tensor input) => functional.adaptive_max_pool2d(input, output_size);

        public (Tensor Values, Tensor Indices) forward_with_indices(Tensor input) => functional.adaptive_max_pool2d_with_indices(input, output_size);
    }

    /// <summary>The largest value of each of as many windows of [N, C, D, H, W] as the output has places.</summary>
    public sealed class AdaptiveMaxPool3d : ParameterLessModule<Tensor, Tensor>
    {
        internal AdaptiveMaxPool3d(long[] output_size) : base(nameof(AdaptiveMaxPool3d)) => this.output_size = output_size;

        public long[] output_size { get; set; }

        public override Tensor forward(Tensor input) => functional.adaptive_max_pool3d(input, output_size);

        public (Tensor Values, Tensor Indices) forward_with_indices(Tensor input) => functional.adaptive_max_pool3d_with_indices(input, output_size);
    }

    /// <summary>The p-norm of each window of [N, C, L].</summary>
    public sealed class LPPool1d : ParameterLessModule<Tensor, Tensor>
    {
        internal LPPool1d(double norm_type, long kernel_size, long? stride, bool ceil_mode) : base(nameof(LPPool1d))
        {
            this.norm_type = norm_type;
            this.kernel_size = kernel_size;
            this.stride = stride;
            this.ceil_mode = ceil_mode;
        }

        public double norm_type { get; set; }

        public long kernel_size { get; set; }

        public long? stride { get; set; }

        public bool ceil_mode { get; set; }

        public override Tensor forward(Tensor input) => functional.lp_pool1d(input, norm_type, kernel_size, stride, ceil_mode);
    }

    /// <summary>The p-norm of each window of [N, C, H, W].</summary>
    public sealed class LPPool2d : ParameterLessModule<Tensor, Tensor>
    {
        internal LPPool2d(double norm_type, long[] kernel_size, long[]? stride, bool ceil_mode) : base(nameof(LPPool2d))
        {
            this.norm_type = norm_type;
            this.kernel_size = kernel_size;
            this.stride = stride ?? kernel_size;
            this.ceil_mode = ceil_mode;
        }

        public double norm_type { get; set; }

        public long[] kernel_size { get; set; }

        public long[] stride { get; set; }

        public bool ceil_mode { get; set; }

        public override Tensor forward(Tensor input) => functional.lp_pool2d(input, norm_type, kernel_size, stride, ceil_mode);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.AdaptiveAvgPool1d AdaptiveAvgPool1d(long output_size) => new(output_size);

            public static Modules.AdaptiveAvgPool2d AdaptiveAvgPool2d(long[] output_size) => new(output_size);

            public static Modules.AdaptiveAvgPool2d AdaptiveAvgPool2d((long, long) output_size) => new(Modules.Sizes.List(output_size));

            public static Modules.AdaptiveAvgPool2d AdaptiveAvgPool2d(long output_size) => new(Modules.Sizes.All(output_size, 2));

            public static Modules.AdaptiveAvgPool3d AdaptiveAvgPool3d(long[] output_size) => new(output_size);

            public static Modules.AdaptiveAvgPool3d AdaptiveAvgPool3d((long, long, long) output_size) => new(Modules.Sizes.List(output_size));

            public static Modules.AdaptiveAvgPool3d AdaptiveAvgPool3d(long output_size) => new(Modules.Sizes.All(output_size, 3));

            public static Modules.AdaptiveMaxPool1d AdaptiveMaxPool1d(long output_size) => new(output_size);

            public static Modules.AdaptiveMaxPool2d AdaptiveMaxPool2d(long[] output_size) => new(output_size);

            public static Modules.AdaptiveMaxPool3d AdaptiveMaxPool3d(long[] output_size) => new(output_size);

            public static Modules.LPPool1d LPPool1d(double norm_type, long kernel_size, long? stride = null, bool ceil_mode = false) =>
                new(norm_type, kernel_size, stride, ceil_mode);

            public static Modules.LPPool2d LPPool2d(double norm_type, long[] kernel_size, long[]? stride = null, bool ceil_mode = false) =>
                new(norm_type, kernel_size, stride, ceil_mode);

            public static Modules.LPPool2d LPPool2d(double norm_type, long kernel_size, long? stride = null, bool ceil_mode = false) =>
                new(norm_type, Modules.Sizes.All(kernel_size, 2), Modules.Sizes.All(stride, 2), ceil_mode);
        }
    }
}
