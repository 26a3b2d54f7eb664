using TorchSharp.Interop;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>y = x·Wᵀ + b, with a weight of [out, in].</summary>
    public sealed class Linear : Module<Tensor, Tensor>
    {
        private Parameter linearWeight = null!;
        private Parameter? linearBias;

        internal Linear(long inputSize, long outputSize, bool hasBias, Device? device, ScalarType? dtype) : base(nameof(Linear))
        {
            in_features = inputSize;
            out_features = outputSize;
            weight = Empty.Parameter([outputSize, inputSize], device, dtype);
            bias = hasBias ? Empty.Parameter([outputSize], device, dtype) : null;
            init.LinearLayer(weight, bias);
        }

        internal Linear(Parameter weight, Parameter? bias) : base(nameof(Linear))
        {
            if (weight.dim() != 2)
            {
                throw new ArgumentException($"The weight of a linear layer has two dimensions, not {weight.dim()}.", nameof(weight));
            }

            out_features = weight.size(0);
            in_features = weight.size(1);
            this.weight = weight;
            this.bias = bias;
        }

        public long in_features { get; set; }

        public long out_features { get; set; }

        public Parameter weight
        {
            get => linearWeight;
            set => ConditionallyRegisterParameter(nameof(weight), linearWeight = value);
        }

        public Parameter? bias
        {
            get => linearBias;
            set => ConditionallyRegisterParameter(nameof(bias), linearBias = value);
        }

        public override Tensor forward(Tensor tensor) => functional.linear(tensor, linearWeight, linearBias);
    }

    /// <summary>y = x₁ᵀ·W·x₂ + b, with a weight of [out, in1, in2].</summary>
    public sealed class Bilinear : Module<Tensor, Tensor, Tensor>
    {
        private Parameter bilinearWeight = null!;
        private Parameter? bilinearBias;

        internal Bilinear(long in1Features, long in2Features, long outFeatures, bool hasBias, Device? device, ScalarType? dtype) : base(nameof(Bilinear))
        {
            in1_features = in1Features;
            in2_features = in2Features;
            out_features = outFeatures;
            weight = Empty.Parameter([outFeatures, in1Features, in2Features], device, dtype);
            bias = hasBias ? Empty.Parameter([outFeatures], device, dtype) : null;
            double bound = 1 / Math.Sqrt(in1Features);
            init.uniform_(weight, -bound, bound);
            if (bias is not null)
            {
                init.uniform_(bias, -bound, bound);
            }
        }

        public long in1_features { get; set; }

        public long in2_features { get; set; }

        public long out_features { get; set; }

        public Parameter weight
        {
            get => bilinearWeight;
            set => ConditionallyRegisterParameter(nameof(weight), bilinearWeight = value);
        }

        public Parameter? bias
        {
            get => bilinearBias;
            set => ConditionallyRegisterParameter(nameof(bias), bilinearBias = value);
        }

        public override Tensor forward(Tensor input1, Tensor input2) => functional.bilinear(input1, input2, bilinearWeight, bilinearBias);
    }

    /// <summary>Hands its input on, as a new handle to the same tensor.</summary>
    public sealed class Identity : ParameterLessModule<Tensor, Tensor>
    {
        private static readonly Op Alias = new("alias");

        internal Identity() : base(nameof(Identity))
        {
        }

        public override Tensor forward(Tensor tensor) => Alias.Call(tensor);
    }

    /// <summary>Tensors of the given size whose values are still to be set.</summary>
    internal static class Empty
    {
        private static readonly Op EmptyOp = new("empty", "memory_format");

        internal static Tensor Tensor(long[] size, Device? device, ScalarType? dtype) =>
            EmptyOp.Call(size, dtype ?? get_default_dtype(), Arg.None, InitializeDevice(device), Arg.None, Arg.None);

        internal static Parameter Parameter(long[] size, Device? device, ScalarType? dtype) => new(Tensor(size, device, dtype));
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);

            public static Modules.Linear Linear(Modules.Parameter weight, Modules.Parameter? bias = null) => new(weight, bias);

            public static Modules.Bilinear Bilinear(
                long in1_features, long in2_features, long out_features, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in1_features, in2_features, out_features, hasBias, device, dtype);

            public static Modules.Identity Identity() => new();
        }
    }
}
