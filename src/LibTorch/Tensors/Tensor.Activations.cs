using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op Relu = new("relu"), ReluInPlace = new("relu_");
        public Tensor relu() => Relu.Call(this);
        public Tensor relu_() => ReluInPlace.Apply(this);

        private static readonly Op Relu6 = new("relu6"), Relu6InPlace = new("relu6_");
        public Tensor relu6() => Relu6.Call(this);
        public Tensor relu6_() => Relu6InPlace.Apply(this);

        private static readonly Op Sigmoid = new("sigmoid"), SigmoidInPlace = new("sigmoid_");
        public Tensor sigmoid() => Sigmoid.Call(this);
        public Tensor sigmoid_() => SigmoidInPlace.Apply(this);

        private static readonly Op Silu = new("silu"), SiluInPlace = new("silu_");
        public Tensor silu() => Silu.Call(this);
        public Tensor silu_() => SiluInPlace.Apply(this);

        private static readonly Op Selu = new("selu"), SeluInPlace = new("selu_");
        public Tensor selu() => Selu.Call(this);
        public Tensor selu_() => SeluInPlace.Apply(this);

        private static readonly Op Celu = new("celu"), CeluInPlace = new("celu_");
        public Tensor celu() => Celu.Call(this, 1.0);
        public Tensor celu(Scalar alpha) => Celu.Call(this, alpha);
        public Tensor celu_() => CeluInPlace.Apply(this, 1.0);
        public Tensor celu_(Scalar alpha) => CeluInPlace.Apply(this, alpha);

        private static readonly Op Hardsigmoid = new("hardsigmoid"), HardsigmoidInPlace = new("hardsigmoid_");
        public Tensor hardsigmoid() => Hardsigmoid.Call(this);
        public Tensor hardsigmoid_() => HardsigmoidInPlace.Apply(this);

        private static readonly Op Hardswish = new("hardswish"), HardswishInPlace = new("hardswish_");
        public Tensor hardswish() => Hardswish.Call(this);
        public Tensor hardswish_() => HardswishInPlace.Apply(this);

        private static readonly Op Hardtanh = new("hardtanh"), HardtanhInPlace = new("hardtanh_");
        public Tensor hardtanh(Scalar min, Scalar max) => Hardtanh.Call(this, min, max);
        public Tensor hardtanh_(Scalar min, Scalar max) => HardtanhInPlace.Apply(this, min, max);

        private static readonly Op LeakyRelu = new("leaky_relu"), LeakyReluInPlace = new("leaky_relu_");
        public Tensor leaky_relu(Scalar negative_slope) => LeakyRelu.Call(this, negative_slope);
        public Tensor leaky_relu_(Scalar negative_slope) => LeakyReluInPlace.Apply(this, negative_slope);

        private static readonly Op LogSigmoid = new("log_sigmoid");
        public Tensor log_sigmoid() => LogSigmoid.Call(this);

        private static readonly Op LogSoftmaxInt = new("log_softmax", "int");
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => LogSoftmaxInt.Call(this, dim, dtype);

        private static readonly Op SoftmaxInt = new("softmax", "int");
        public Tensor softmax(long dim, ScalarType? dtype = null) => SoftmaxInt.Call(this, dim, dtype);

        private static readonly Op Prelu = new("prelu");
        public Tensor prelu(Tensor target) => Prelu.Call(this, target);

        private static readonly Op Glu = new("glu");
        public Tensor glu(long dim = -1) => Glu.Call(this, dim);

        private static readonly Op Threshold = new("threshold"), ThresholdInPlace = new("threshold_");
        public Tensor threshold(Scalar threshold, Scalar value) => Threshold.Call(this, threshold, value);
        public Tensor threshold_(Scalar threshold, Scalar value) => ThresholdInPlace.Apply(this, threshold, value);

        private static readonly Op ChannelShuffle = new("channel_shuffle");
        public Tensor channel_shuffle(long groups) => ChannelShuffle.Call(this, groups);

        private static readonly Op Elu = new("elu"), EluInPlace = new("elu_"), Gelu = new("gelu"), GeluInPlace = new("gelu_"), Softplus = new("softplus"),
            Rrelu = new("rrelu"), RreluInPlace = new("rrelu_");
        public Tensor elu(double alpha = 1) => Elu.Call(this, alpha, 1, 1);
        public Tensor elu(Scalar alpha, Scalar scale, Scalar input_scale) => Elu.Call(this, alpha, scale, input_scale);
        public Tensor elu_(double alpha = 1) => EluInPlace.Apply(this, alpha, 1, 1);
        public Tensor elu_(Scalar alpha, Scalar scale, Scalar input_scale) => EluInPlace.Apply(this, alpha, scale, input_scale);
        public Tensor gelu() => Gelu.Call(this, "none");
        public Tensor gelu_() => GeluInPlace.Apply(this, "none");
        public Tensor softplus(double beta = 1, double threshold = 20) => Softplus.Call(this, beta, threshold);
        public Tensor rrelu(double lower = 0.125, double upper = 0.3333333333333333) => Rrelu.Call(this, lower, upper, false, Arg.None);
        public Tensor rrelu_(double lower = 0.125, double upper = 0.3333333333333333) => RreluInPlace.Apply(this, lower, upper, false, Arg.None);
    }
}
