using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op SigmoidOp = new("sigmoid");
            private static readonly Op SigmoidInPlaceOp = new("sigmoid_");
            private static readonly Op TanhOp = new("tanh");
            private static readonly Op TanhInPlaceOp = new("tanh_");
            private static readonly Op LogSigmoidOp = new("log_sigmoid");
            private static readonly Op HardsigmoidOp = new("hardsigmoid");
            private static readonly Op HardsigmoidInPlaceOp = new("hardsigmoid_");
            private static readonly Op HardtanhOp = new("hardtanh");
            private static readonly Op HardtanhInPlaceOp = new("hardtanh_");
            private static readonly Op HardshrinkOp = new("hardshrink");
            private static readonly Op SoftshrinkOp = new("softshrink");
            private static readonly Op SoftplusOp = new("softplus");
            private static readonly Op GluOp = new("glu");
            private static readonly Op DivInPlaceOp = new("div_", "Tensor");
            private static readonly Op SubInPlaceOp = new("sub_", "Tensor");
            private static readonly Op SoftmaxOp = new("softmax", "int");
            private static readonly Op LogSoftmaxOp = new("log_softmax", "int");

            public static Tensor sigmoid(Tensor x, bool inplace) => inplace ? InPlace(SigmoidInPlaceOp, x) : SigmoidOp.Call(x);

            public static Tensor sigmoid(Tensor x) => SigmoidOp.Call(x);

            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? InPlace(TanhInPlaceOp, x) : TanhOp.Call(x);

            public static Tensor logsigmoid(Tensor x) => LogSigmoidOp.Call(x);

            public static Tensor hardsigmoid(Tensor input, bool inplace = false) => inplace ? InPlace(HardsigmoidInPlaceOp, input) : HardsigmoidOp.Call(input);

            public static Tensor hardtanh(Tensor x, double min_val = -1.0, double max_val = 1.0, bool inplace = false)
            {
                if (!inplace)
                {
                    return HardtanhOp.Call(x, min_val, max_val);
                }

                HardtanhInPlaceOp.Run(x, min_val, max_val);
                return AliasOp.Call(x);
            }

            public static Tensor Hardtanh(
                Tensor x, double min_val = -1.0, double max_val = 1.0, bool inplace = false) => hardtanh(x, min_val, max_val, inplace);

            public static Tensor hardshrink(Tensor x, double lambda = 0.5) => HardshrinkOp.Call(x, lambda);

            public static Tensor Hardshrink(Tensor x, double lambda = 0.5) => hardshrink(x, lambda);

            public static Tensor softshrink(Tensor x, double lambda = 0.5) => SoftshrinkOp.Call(x, lambda);

            public static Tensor Softshrink(Tensor x, double lambda = 0.5) => softshrink(x, lambda);

            public static Tensor softplus(Tensor x, double beta = 1.0, double threshold = 20.0) => SoftplusOp.Call(x, beta, threshold);

            /// <summary>x / (1 + |x|).</summary>
            public static Tensor softsign(Tensor x, bool inplace = false)
            {
                using Tensor magnitude = AbsOp.Call(x);
                using Tensor divisor = AddScalarOp.Call(magnitude, 1, 1);
                if (!inplace)
                {
                    return DivOp.Call(x, divisor);
                }

                DivInPlaceOp.Run(x, divisor);
                return AliasOp.Call(x);
            }

            public static Tensor Softsign(Tensor x) => softsign(x);

            /// <summary>x − tanh x.</summary>
            public static Tensor tanhshrink(Tensor x, bool inplace = false)
            {
                using Tensor squashed = TanhOp.Call(x);
                if (!inplace)
                {
                    return SubOp.Call(x, squashed, 1);
                }

                SubInPlaceOp.Run(x, squashed, 1);
                return AliasOp.Call(x);
            }

            public static Tensor Tanhshrink(Tensor x) => tanhshrink(x);

            /// <summary>The first half times the sigmoid of the second half, along a dimension.</summary>
            public static Tensor glu(Tensor input, long dim = -1) => GluOp.Call(input, dim);

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => SoftmaxOp.Call(input, dim, dtype);

            /// <summary>The softmax over the channels at each place of [N, C, H, W] or [C, H, W].</summary>
            public static Tensor softmax2d(Tensor x) => SoftmaxOp.Call(x, -3, Arg.None);

            public static Tensor softmin(Tensor x, long dim)
            {
                using Tensor negated = NegOp.Call(x);
                return SoftmaxOp.Call(negated, dim, Arg.None);
            }

            public static Tensor log_softmax(Tensor x, long dim) => LogSoftmaxOp.Call(x, dim, Arg.None);
        }
    }
}
