using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <remarks>In place, a function changes its argument and returns another handle to the same tensor.</remarks>
        public static partial class functional
        {
            private static readonly Op ReluOp = new("relu");
            private static readonly Op ReluInPlaceOp = new("relu_");
            private static readonly Op Relu6Op = new("relu6");
            private static readonly Op Relu6InPlaceOp = new("relu6_");
            private static readonly Op LeakyReluOp = new("leaky_relu");
            private static readonly Op LeakyReluInPlaceOp = new("leaky_relu_");
            private static readonly Op EluOp = new("elu");
            private static readonly Op EluInPlaceOp = new("elu_");
            private static readonly Op SeluOp = new("selu");
            private static readonly Op SeluInPlaceOp = new("selu_");
            private static readonly Op CeluOp = new("celu");
            private static readonly Op CeluInPlaceOp = new("celu_");
            private static readonly Op GeluOp = new("gelu");
            private static readonly Op GeluInPlaceOp = new("gelu_");
            private static readonly Op SiluOp = new("silu");
            private static readonly Op SiluInPlaceOp = new("silu_");
            private static readonly Op MishOp = new("mish");
            private static readonly Op MishInPlaceOp = new("mish_");
            private static readonly Op HardswishOp = new("hardswish");
            private static readonly Op HardswishInPlaceOp = new("hardswish_");
            private static readonly Op PreluOp = new("prelu");
            private static readonly Op RreluOp = new("rrelu");
            private static readonly Op RreluInPlaceOp = new("rrelu_");
            private static readonly Op ThresholdOp = new("threshold");
            private static readonly Op ThresholdInPlaceOp = new("threshold_");

            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? InPlace(ReluInPlaceOp, x) : ReluOp.Call(x);

            public static Tensor relu6(Tensor x, bool inplace = false) => inplace ? InPlace(Relu6InPlaceOp, x) : Relu6Op.Call(x);

            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false)
            {
                if (!inplace)
                {
                    return LeakyReluOp.Call(input, negative_slope);
                }

                LeakyReluInPlaceOp.Run(input, negative_slope);
                return AliasOp.Call(input);
            }

            public static Tensor elu(Tensor x, double alpha, bool inplace = false)
            {
                if (!inplace)
                {
                    return EluOp.Call(x, alpha, 1, 1);
                }

                EluInPlaceOp.Run(x, alpha, 1, 1);
                return AliasOp.Call(x);
            }

            public static Tensor selu(Tensor x, bool inplace = false) => inplace ? InPlace(SeluInPlaceOp, x) : SeluOp.Call(x);

            public static Tensor celu(Tensor x, double alpha, bool inplace = false)
            {
                if (!inplace)
                {
                    return CeluOp.Call(x, alpha);
                }

                CeluInPlaceOp.Run(x, alpha);
                return AliasOp.Call(x);
            }

            public static Tensor gelu(Tensor x, bool inplace)
            {
                if (!inplace)
                {
                    return gelu(x);
                }

                GeluInPlaceOp.Run(x, "none");
                return AliasOp.Call(x);
            }

            public static Tensor gelu(Tensor x) => GeluOp.Call(x, "none");

            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? InPlace(SiluInPlaceOp, x) : SiluOp.Call(x);

            public static Tensor SiLU(Tensor x, bool inplace = false) => silu(x, inplace);

            public static Tensor mish(Tensor x, bool inplace = false) => inplace ? InPlace(MishInPlaceOp, x) : MishOp.Call(x);

            public static Tensor Mish(Tensor x) => mish(x);

            public static Tensor hardswish(Tensor input, bool inplace = false) => inplace ? InPlace(HardswishInPlaceOp, input) : HardswishOp.Call(input);

            public static Tensor prelu(Tensor input, Tensor weight) => PreluOp.Call(input, weight);

            /// <summary>Leaky ReLU with the mean of the two slopes.</summary>
            public static Tensor rrelu(Tensor x, double lower = 1.0 / 8.0, double upper = 1.0 / 3.0, bool inplace = false)
            {
                if (!inplace)
                {
                    return RreluOp.Call(x, lower, upper, false, Arg.None);
                }

                RreluInPlaceOp.Run(x, lower, upper, false, Arg.None);
                return AliasOp.Call(x);
            }

            /// <summary>x where x &gt; threshold, else value.</summary>
            public static Tensor threshold(Tensor x, double threshold, double value, bool inplace = false)
            {
                if (!inplace)
                {
                    return ThresholdOp.Call(x, threshold, value);
                }

                ThresholdInPlaceOp.Run(x, threshold, value);
                return AliasOp.Call(x);
            }

            public static Tensor Threshold(
                Tensor x, double threshold, double value, bool inplace = false) => functional.threshold(x, threshold, value, inplace);

            private static Tensor InPlace(Op op, Tensor x)
            {
                op.Run(x);
                return AliasOp.Call(x);
            }
        }
    }
}
