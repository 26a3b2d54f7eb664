using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op Matmul = new("matmul");
        public Tensor matmul(Tensor target) => Matmul.Call(this, target);

        private static readonly Op Mm = new("mm");
        public Tensor mm(Tensor target) => Mm.Call(this, target);

        private static readonly Op Bmm = new("bmm");
        public Tensor bmm(Tensor batch2) => Bmm.Call(this, batch2);

        private static readonly Op Mv = new("mv");
        public Tensor mv(Tensor target) => Mv.Call(this, target);

        private static readonly Op Dot = new("dot");
        public Tensor dot(Tensor target) => Dot.Call(this, target);

        private static readonly Op Vdot = new("vdot");
        public Tensor vdot(Tensor target) => Vdot.Call(this, target);

        private static readonly Op Inner = new("inner");
        public Tensor inner(Tensor vec2) => Inner.Call(this, vec2);

        private static readonly Op Outer = new("outer");
        public Tensor outer(Tensor vec2) => Outer.Call(this, vec2);

        private static readonly Op Ger = new("ger");
        public Tensor ger(Tensor vec2) => Ger.Call(this, vec2);

        private static readonly Op Addmm = new("addmm"), AddmmInPlace = new("addmm_");
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Addmm.Call(this, mat1, mat2, beta, alpha);
        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => AddmmInPlace.Apply(this, mat1, mat2, beta, alpha);

        private static readonly Op Addmv = new("addmv"), AddmvInPlace = new("addmv_");
        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1, float alpha = 1) => Addmv.Call(this, mat, vec, beta, alpha);
        public Tensor addmv_(Tensor mat, Tensor vec, float beta = 1, float alpha = 1) => AddmvInPlace.Apply(this, mat, vec, beta, alpha);

        private static readonly Op Addr = new("addr"), AddrInPlace = new("addr_");
        public Tensor addr(Tensor vec1, Tensor vec2, float beta = 1, float alpha = 1) => Addr.Call(this, vec1, vec2, beta, alpha);
        public Tensor addr_(Tensor vec1, Tensor vec2, float beta = 1, float alpha = 1) => AddrInPlace.Apply(this, vec1, vec2, beta, alpha);

        private static readonly Op Addbmm = new("addbmm"), AddbmmInPlace = new("addbmm_");
        public Tensor addbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => Addbmm.Call(this, batch1, batch2, beta, alpha);
        public Tensor addbmm_(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => AddbmmInPlace.Apply(this, batch1, batch2, beta, alpha);

        private static readonly Op Baddbmm = new("baddbmm");
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => Baddbmm.Call(this, batch1, batch2, beta, alpha);

        private static readonly Op Kron = new("kron");
        public Tensor kron(Tensor other) => Kron.Call(this, other);

        private static readonly Op Trace = new("trace");
        public Tensor trace() => Trace.Call(this);

        private static readonly Op Tensordot = new("tensordot");
        public Tensor tensordot(Tensor b, long[] dims1, long[] dims2) => Tensordot.Call(this, b, dims1, dims2);

        private static readonly Op MatrixExp = new("matrix_exp");
        public Tensor matrix_exp() => MatrixExp.Call(this);

        private static readonly Op MatrixPower = new("matrix_power");
        public Tensor matrix_power(int n) => MatrixPower.Call(this, n);

        private static readonly Op Det = new("det");
        public Tensor det() => Det.Call(this);

        private static readonly Op Inverse = new("inverse");
        public Tensor inverse() => Inverse.Call(this);

        /// <summary>Sums over the last <paramref name="dims"/> dimensions of this and the first of <paramref name="b"/>.</summary>
        public Tensor tensordot(Tensor b, long dims = 2)
        {
            long n = ndim;
            var mine = new long[dims];
            var its = new long[dims];
            for (int i = 0; i < dims; i++)
            {
                mine[i] = n - dims + i;
                its[i] = i;
            }

            return tensordot(b, mine, its);
        }

        public Tensor tensordot(Tensor b, (long, long)[] dims) =>
            tensordot(b, Array.ConvertAll(dims, static d => d.Item1), Array.ConvertAll(dims, static d => d.Item2));
    }
}
