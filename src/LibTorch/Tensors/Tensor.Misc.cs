using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op Clone = new("clone");
        public Tensor clone() => Clone.Call(this, Arg.None);

        private static readonly Op CopyInPlace = new("copy_");
        public Tensor copy_(Tensor source, bool nonBlocking = false) => CopyInPlace.Apply(this, source, nonBlocking);

        private static readonly Op FillScalarInPlace = new("fill_", "Scalar");
        public Tensor fill_(Scalar value) => FillScalarInPlace.Apply(this, value);

        private static readonly Op ZeroInPlace = new("zero_");
        public Tensor zero_() => ZeroInPlace.Apply(this);

        private static readonly Op SetSourceTensorInPlace = new("set_", "source_Tensor");
        public Tensor set_(Tensor source) => SetSourceTensorInPlace.Apply(this, source);

        private static readonly Op Diff = new("diff");
        public Tensor diff(long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null) => Diff.Call(this, n, dim, prepend, append);

        private static readonly Op TrapezoidX = new("trapezoid", "x");
        public Tensor trapezoid(Tensor x, long dim = -1) => TrapezoidX.Call(this, x, dim);

        private static readonly Op CumulativeTrapezoidX = new("cumulative_trapezoid", "x");
        public Tensor cumulative_trapezoid(Tensor x, long dim = -1) => CumulativeTrapezoidX.Call(this, x, dim);

        private static readonly Op Vander = new("vander");
        public Tensor vander(long N = -1, bool increasing = false) => Vander.Call(this, N, increasing);

        private static readonly Op ResolveConj = new("resolve_conj");
        public Tensor resolve_conj() => ResolveConj.Call(this);

        private static readonly Op ResolveNeg = new("resolve_neg");
        public Tensor resolve_neg() => ResolveNeg.Call(this);

        private static readonly Op Conj = new("conj");
        public Tensor conj() => Conj.Call(this);

        private static readonly Op Angle = new("angle");
        public Tensor angle() => Angle.Call(this);

        private static readonly Op TrapezoidDx = new("trapezoid", "dx"), CumulativeTrapezoidDx = new("cumulative_trapezoid", "dx");
        public Tensor trapezoid(double dx = 1, long dim = -1) => TrapezoidDx.Call(this, dx, dim);
        public Tensor cumulative_trapezoid(double dx = 1, long dim = -1) => CumulativeTrapezoidDx.Call(this, dx, dim);
    }
}
