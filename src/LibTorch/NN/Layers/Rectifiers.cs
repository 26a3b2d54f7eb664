using TorchSharp.Interop;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>max(x, 0).</summary>
    public sealed class ReLU : ParameterLessModule<Tensor, Tensor>
    {
        internal ReLU(bool inplace) : base(nameof(ReLU)) => this.inplace = inplace;

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.relu(tensor, inplace);
    }

    /// <summary>min(max(x, 0), 6).</summary>
    public sealed class ReLU6 : ParameterLessModule<Tensor, Tensor>
    {
        internal ReLU6(bool inplace) : base(nameof(ReLU6)) => this.inplace = inplace;

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.relu6(tensor, inplace);
    }

    /// <summary>x where positive, else slope·x.</summary>
    public sealed class LeakyReLU : ParameterLessModule<Tensor, Tensor>
    {
        internal LeakyReLU(double negative_slope, bool inplace) : base(nameof(LeakyReLU))
        {
            this.negative_slope = negative_slope;
            this.inplace = inplace;
        }

        public double negative_slope { get; set; }

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.leaky_relu(tensor, negative_slope, inplace);
    }

    /// <summary>Leaky ReLU whose slope is drawn from [lower, upper] in training, and is their mean otherwise.</summary>
    public sealed class RReLU : ParameterLessModule<Tensor, Tensor>
    {
        private static readonly Op Randomized = new("rrelu");
        private static readonly Op RandomizedInPlace = new("rrelu_");

        internal RReLU(double lower, double upper, bool inplace) : base(nameof(RReLU))
        {
            this.lower = lower;
            this.upper = upper;
            this.inplace = inplace;
        }

        public double lower { get; set; }

        public double upper { get; set; }

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor)
        {
            if (!inplace)
            {
                return Randomized.Call(tensor, lower, upper, training, Arg.None);
            }

            RandomizedInPlace.Run(tensor, lower, upper, training, Arg.None);
            return tensor.alias();
        }
    }

    /// <summary>x where positive, else α(eˣ − 1).</summary>
    public sealed class ELU : ParameterLessModule<Tensor, Tensor>
    {
        internal ELU(double alpha, bool inplace) : base(nameof(ELU))
        {
            this.alpha = alpha;
            this.inplace = inplace;
        }

        public double alpha { get; set; }

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.elu(tensor, alpha, inplace);
    }

    /// <summary>The scaled ELU that keeps mean 0 and variance 1 (arXiv:1706.02515).</summary>
    public sealed class SELU : ParameterLessModule<Tensor, Tensor>
    {
        internal SELU(bool inplace) : base(nameof(SELU)) => this.inplace = inplace;

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.selu(tensor, inplace);
    }

    /// <summary>max(0, x) + min(0, α(e^(x/α) − 1)).</summary>
    public sealed class CELU : ParameterLessModule<Tensor, Tensor>
    {
        internal CELU(double alpha, bool inplace) : base(nameof(CELU))
        {
            this.alpha = alpha;
            this.inplace = inplace;
        }

        public double alpha { get; set; }

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.celu(tensor, alpha, inplace);
    }

    /// <summary>x·Φ(x).</summary>
    public sealed class GELU : ParameterLessModule<Tensor, Tensor>
    {
        internal GELU(bool inplace) : base(nameof(GELU)) => this.inplace = inplace;

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.gelu(tensor, inplace);
    }

    /// <summary>x·σ(x).</summary>
    public sealed class SiLU : ParameterLessModule<Tensor, Tensor>
    {
        internal SiLU(bool inplace) : base(nameof(SiLU)) => this.inplace = inplace;

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.silu(tensor, inplace);
    }

    /// <summary>x·tanh(softplus(x)).</summary>
    public sealed class Mish : ParameterLessModule<Tensor, Tensor>
    {
        internal Mish(bool inplace) : base(nameof(Mish)) => this.inplace = inplace;

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.mish(tensor, inplace);
    }

    /// <summary>x·ReLU6(x + 3)/6.</summary>
    public sealed class Hardswish : ParameterLessModule<Tensor, Tensor>
    {
        internal Hardswish(bool inplace) : base(nameof(Hardswish)) => this.inplace = inplace;

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.hardswish(tensor, inplace);
    }

    /// <summary>x where it is above the threshold, else the value.</summary>
    public sealed class Threshold : ParameterLessModule<Tensor, Tensor>
    {
        internal Threshold(double threshold, double value, bool inplace) : base(nameof(Threshold))
        {
            this.threshold = threshold;
            this.value = value;
            this.inplace = inplace;
        }

        public double threshold { get; set; }

        public double value { get; set; }

        public bool inplace { get; set; }

        public override Tensor forward(Tensor tensor) => functional.threshold(tensor, threshold, value, inplace);
    }

    /// <summary>x where positive, else a learned slope·x, one slope for all channels or one for each.</summary>
    public sealed class PReLU : Module<Tensor, Tensor>
    {
        private Parameter slope = null!;

        internal PReLU(long num_parameters, double init, Device? device, ScalarType? dtype) : base(nameof(PReLU))
        {
            this.num_parameters = num_parameters;
            this.init = init;
            weight = Empty.Parameter([num_parameters], device, dtype);
            nn.init.constant_(weight, init);
        }

        public long num_parameters { get; }

        public double init { get; }

        public Parameter weight
        {
            get => slope;
            set => ConditionallyRegisterParameter(nameof(weight), slope = value);
        }

        public override Tensor forward(Tensor tensor) => functional.prelu(tensor, slope);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.ReLU ReLU(bool inplace = false) => new(inplace);

            public static Modules.ReLU6 ReLU6(bool inplace = false) => new(inplace);

            public static Modules.LeakyReLU LeakyReLU(double negative_slope = 0.01, bool inplace = false) => new(negative_slope, inplace);

            public static Modules.RReLU RReLU(double lower = 1.0 / 8, double upper = 1.0 / 3, bool inplace = false) => new(lower, upper, inplace);

            public static Modules.ELU ELU(double alpha = 1, bool inplace = false) => new(alpha, inplace);

            public static Modules.SELU SELU(bool inplace = false) => new(inplace);

            public static Modules.CELU CELU(double alpha = 1, bool inplace = false) => new(alpha, inplace);

            public static Modules.GELU GELU() => new(false);

            public static Modules.GELU GELU(bool inplace) => new(inplace);

            public static Modules.SiLU SiLU() => new(false);

            public static Modules.SiLU SiLU(bool inplace) => new(inplace);

            public static Modules.Mish Mish() => new(false);

            public static Modules.Mish Mish(bool inplace) => new(inplace);

            public static Modules.Hardswish Hardswish(bool inplace = false) => new(inplace);

            public static Modules.Threshold Threshold(double threshold, double value, bool inplace = false) => new(threshold, value, inplace);

            public static Modules.PReLU PReLU(long num_parameters, double init = 0.25, Device? device = null, ScalarType? dtype = null) =>
                new(num_parameters, init, device, dtype);
        }
    }
}
