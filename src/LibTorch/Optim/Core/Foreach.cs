using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>libtorch's operators over lists of tensors: one call for all parameters, with the bits of the same operator called for each.</summary>
internal static class Foreach
{
    private static readonly Op AddListOp = new("_foreach_add", "List");
    private static readonly Op AddListInPlaceOp = new("_foreach_add_", "List");
    private static readonly Op AddScalarOp = new("_foreach_add", "Scalar");
    private static readonly Op AddScalarInPlaceOp = new("_foreach_add_", "Scalar");
    private static readonly Op MulScalarInPlaceOp = new("_foreach_mul_", "Scalar");
    private static readonly Op MulListInPlaceOp = new("_foreach_mul_", "List");
    private static readonly Op DivScalarOp = new("_foreach_div", "Scalar");
    private static readonly Op DivScalarInPlaceOp = new("_foreach_div_", "Scalar");
    private static readonly Op DivListInPlaceOp = new("_foreach_div_", "List");
    private static readonly Op AddcmulOp = new("_foreach_addcmul", "Scalar");
    private static readonly Op AddcmulInPlaceOp = new("_foreach_addcmul_", "Scalar");
    private static readonly Op AddcdivInPlaceOp = new("_foreach_addcdiv_", "Scalar");
    private static readonly Op SqrtOp = new("_foreach_sqrt");
    private static readonly Op SqrtInPlaceOp = new("_foreach_sqrt_");
    private static readonly Op NegOp = new("_foreach_neg");
    private static readonly Op AbsOp = new("_foreach_abs");
    private static readonly Op ReciprocalInPlaceOp = new("_foreach_reciprocal_");
    private static readonly Op MaximumInPlaceOp = new("_foreach_maximum_", "List");
    private static readonly Op CloneOp = new("clone");
    private static readonly Op CopyOp = new("copy_");
    private static readonly Op FillOp = new("fill_", "Scalar");

    internal static Tensor[] Add(Tensor[] self, Tensor[] other, double alpha) => AddListOp.CallList(self, other, alpha);

    internal static Tensor[] Add(Tensor[] self, double value) => AddScalarOp.CallList(self, value);

    internal static void AddInPlace(Tensor[] self, Tensor[] other, double alpha) => AddListInPlaceOp.Run(self, other, alpha);

    internal static void AddInPlace(Tensor[] self, double value) => AddScalarInPlaceOp.Run(self, value);

    internal static void MulInPlace(Tensor[] self, double factor) => MulScalarInPlaceOp.Run(self, factor);

    internal static void MulInPlace(Tensor[] self, Tensor[] other) => MulListInPlaceOp.Run(self, other);

    internal static Tensor[] Div(Tensor[] self, double divisor) => DivScalarOp.CallList(self, divisor);

    internal static void DivInPlace(Tensor[] self, double divisor) => DivScalarInPlaceOp.Run(self, divisor);

    internal static void DivInPlace(Tensor[] self, Tensor[] other) => DivListInPlaceOp.Run(self, other);

    /// <summary>self + value·a·b.</summary>
    internal static Tensor[] Addcmul(Tensor[] self, Tensor[] a, Tensor[] b, double value) => AddcmulOp.CallList(self, a, b, value);

    internal static void AddcmulInPlace(Tensor[] self, Tensor[] a, Tensor[] b, double value) => AddcmulInPlaceOp.Run(self, a, b, value);

    /// <summary>self + value·a/b.</summary>
    internal static void AddcdivInPlace(Tensor[] self, Tensor[] a, Tensor[] b, double value) => AddcdivInPlaceOp.Run(self, a, b, value);

    internal static Tensor[] Sqrt(Tensor[] self) => SqrtOp.CallList(self);

    internal static void SqrtInPlace(Tensor[] self) => SqrtInPlaceOp.Run(self);

    internal static Tensor[] Neg(Tensor[] self) => NegOp.CallList(self);

    internal static Tensor[] Abs(Tensor[] self) => AbsOp.CallList(self);

    internal static void ReciprocalInPlace(Tensor[] self) => ReciprocalInPlaceOp.Run(self);

    internal static void MaximumInPlace(Tensor[] self, Tensor[] other) => MaximumInPlaceOp.Run(self, other);

    internal static Tensor Clone(Tensor t) => CloneOp.Call(t, Arg.None).DetachFromDisposeScope();

    internal static void Copy(Tensor to, Tensor from) => CopyOp.Run(to, from, false);

    internal static void Fill(Tensor t, double value) => FillOp.Run(t, value);

    internal static void Dispose(Tensor[] tensors)
    {
        foreach (Tensor t in tensors)
        {
            t.Dispose();
        }
    }
}
