using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>Normalisation over groups of channels of each example (Wu and He, arXiv:1803.08494).</summary>
    public sealed class GroupNorm : Module<Tensor, Tensor>
    {
        private Parameter? groupWeight;
        private Parameter? groupBias;

        internal GroupNorm(long num_groups, long num_channels, double eps, bool affine, Device? device, ScalarType? dtype) : base(nameof(GroupNorm))
        {
            if (num_groups < 1 || num_channels % num_groups != 0)
            {
                throw new ArgumentException($"{num_channels} channels cannot be divided into {num_groups} groups.", nameof(num_channels));
            }

            this.num_groups = num_groups;
            this.eps = eps;
            this.affine = affine;
            if (affine)
            {
                weight = Empty.Parameter([num_channels], device, dtype);
                bias = Empty.Parameter([num_channels], device, dtype);
                init.ones_(weight);
                init.zeros_(bias);
            }
        }

        public long num_groups { get; set; }

        public double eps { get; set; }

        public bool affine { get; set; }

        public Parameter weight
        {
            get => groupWeight!;
            set => ConditionallyRegisterParameter(nameof(weight), groupWeight = value);
        }

        public Parameter? bias
        {
            get => groupBias;
            set => ConditionallyRegisterParameter(nameof(bias), groupBias = value);
        }

        public override Tensor forward(Tensor tensor) => functional.group_norm(tensor, num_groups, groupWeight, groupBias, eps);
    }

    /// <summary>Normalisation over the last dimensions of each example (Ba et al., arXiv:1607.06450).</summary>
    public sealed class LayerNorm : Module<Tensor, Tensor>
    {
        private Parameter? layerWeight;
        private Parameter? layerBias;

        internal LayerNorm(long[] normalized_shape, double eps, bool elementwise_affine, bool bias, Device? device, ScalarType? dtype) : base(nameof(LayerNorm))
        {
            this.normalized_shape = normalized_shape;
            this.eps = eps;
            this.elementwise_affine = elementwise_affine;
            if (elementwise_affine)
            {
                weight = Empty.Parameter(normalized_shape, device, dtype);
                this.bias = bias ? Empty.Parameter(normalized_shape, device, dtype) : null;
            }

            reset_parameters();
        }

        public long[] normalized_shape { get; set; }

        public double eps { get; set; }

        public bool elementwise_affine { get; set; }

        public Parameter weight
        {
            get => layerWeight!;
            set => ConditionallyRegisterParameter(nameof(weight), layerWeight = value);
        }

        public Parameter? bias
        {
            get => layerBias;
            set => ConditionallyRegisterParameter(nameof(bias), layerBias = value);
        }

        public void reset_parameters()
        {
            if (layerWeight is not null)
            {
                init.ones_(layerWeight);
            }

            if (layerBias is not null)
            {
                init.zeros_(layerBias);
            }
        }

        public override Tensor forward(Tensor tensor) => functional.layer_norm(tensor, normalized_shape, layerWeight, layerBias, eps);
    }

    /// <summary>x / (k + α/size·Σx²)^β, the sum over neighbouring channels (AlexNet, section 3.3).</summary>
    public sealed class LocalResponseNorm : ParameterLessModule<Tensor, Tensor>
    {
        internal LocalResponseNorm(long size, double alpha, double beta, double k) : base(nameof(LocalResponseNorm))
        {
            this.size = size;
            this.alpha = alpha;
            this.beta = beta;
            this.k = k;
        }

        public long size { get; set; }

        public double alpha { get; set; }

        public double beta { get; set; }

        public double k { get; set; }

        public override Tensor forward(Tensor input) => functional.local_response_norm(input, size, alpha, beta, k);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.BatchNorm1d BatchNorm1d(
                long num_features, double eps = 1e-5, double momentum = 0.1, bool affine = true, bool track_running_stats = true, Device? device = null,
                ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            public static Modules.BatchNorm2d BatchNorm2d(
                long num_features, double eps = 1e-5, double momentum = 0.1, bool affine = true, bool track_running_stats = true, Device? device = null,
                ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            public static Modules.BatchNorm3d BatchNorm3d(
                long num_features, double eps = 1e-5, double momentum = 0.1, bool affine = true, bool track_running_stats = true, Device? device = null,
                ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            public static Modules.InstanceNorm1d InstanceNorm1d(
                long num_features, double eps = 1e-5, double momentum = 0.1, bool affine = false, bool track_running_stats = false, Device? device = null,
                ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            public static Modules.InstanceNorm2d InstanceNorm2d(
                long num_features, double eps = 1e-5, double momentum = 0.1, bool affine = false, bool track_running_stats = false, Device? device = null,
                ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            public static Modules.InstanceNorm3d InstanceNorm3d(
                long num_features, double eps = 1e-5, double momentum = 0.1, bool affine = false, bool track_running_stats = false, Device? device = null,
                ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            public static Modules.GroupNorm GroupNorm(
                long num_groups, long num_channels, double eps = 1e-5, bool affine = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_groups, num_channels, eps, affine, device, dtype);

            public static Modules.LayerNorm LayerNorm(
                long[] normalized_shape, double eps = 1e-5, bool elementwise_affine = true, bool bias = true, Device? device = null,
                ScalarType? dtype = null) =>
                new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

            public static Modules.LayerNorm LayerNorm(
                long normalized_shape, double eps = 1e-5, bool elementwise_affine = true, bool bias = true, Device? device = null,
                ScalarType? dtype = null) =>
                new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

            public static Modules.LocalResponseNorm LocalResponseNorm(long size, double alpha = 1e-4, double beta = 0.75, double k = 1) =>
                new(size, alpha, beta, k);
        }
    }
}
