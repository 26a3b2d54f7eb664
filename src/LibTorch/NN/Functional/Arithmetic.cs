using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op AliasOp = new("alias");
            private static readonly Op AddOp = new("add", "Tensor");
            private static readonly Op AddScalarOp = new("add", "Scalar");
            private static readonly Op SubOp = new("sub", "Tensor");
            private static readonly Op MulOp = new("mul", "Tensor");
            private static readonly Op MulScalarOp = new("mul", "Scalar");
            private static readonly Op DivOp = new("div", "Tensor");
            private static readonly Op NegOp = new("neg");
            private static readonly Op LogOp = new("log");
            private static readonly Op ClampMinOp = new("clamp_min");
            private static readonly Op MeanOp = new("mean");
            private static readonly Op SumOp = new("sum");
            private static readonly Op SumDimOp = new("sum", "dim_IntList");
            private static readonly Op NormDimOp = new("norm", "ScalarOpt_dim");
            private static readonly Op ReshapeOp = new("reshape");
            private static readonly Op MatmulOp = new("matmul");

            private static Tensor Reduced(Tensor losses, Reduction reduction) => reduction switch
            {
                Reduction.Mean => Consume(MeanOp, losses),
                Reduction.Sum => Consume(SumOp, losses),
                _ => losses,
            };

            private static Tensor Consume(Op op, Tensor t)
            {
                using (t)
                {
                    return op.Call(t, Arg.None);
                }
            }
        }
    }
}
