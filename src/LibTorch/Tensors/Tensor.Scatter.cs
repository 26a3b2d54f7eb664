using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op Gather = new("gather");
        public Tensor gather(long dim, Tensor index) => Gather.Call(this, dim, index, false);

        private static readonly Op ScatterSrc = new("scatter", "src"), ScatterSrcInPlace = new("scatter_", "src");
        public Tensor scatter(long dim, Tensor index, Tensor src) => ScatterSrc.Call(this, dim, index, src);
        public Tensor scatter_(long dim, Tensor index, Tensor src) => ScatterSrcInPlace.Apply(this, dim, index, src);

        private static readonly Op ScatterAdd = new("scatter_add"), ScatterAddInPlace = new("scatter_add_");
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => ScatterAdd.Call(this, dim, index, src);
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => ScatterAddInPlace.Apply(this, dim, index, src);

        private static readonly Op IndexSelect = new("index_select");
        public Tensor index_select(long dim, Tensor index) => IndexSelect.Call(this, dim, index);

        private static readonly Op IndexAdd = new("index_add"), IndexAddInPlace = new("index_add_");
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => IndexAdd.Call(this, dim, index, source, alpha);
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => IndexAddInPlace.Apply(this, dim, index, source, alpha);

        private static readonly Op IndexCopy = new("index_copy"), IndexCopyInPlace = new("index_copy_");
        public Tensor index_copy(long dim, Tensor index, Tensor source) => IndexCopy.Call(this, dim, index, source);
        public Tensor index_copy_(long dim, Tensor index, Tensor source) => IndexCopyInPlace.Apply(this, dim, index, source);

        private static readonly Op IndexFillIntScalar = new("index_fill", "int_Scalar"), IndexFillIntScalarInPlace = new("index_fill_", "int_Scalar");
        public Tensor index_fill(long dim, Tensor index, Scalar value) => IndexFillIntScalar.Call(this, dim, index, value);
        public Tensor index_fill_(long dim, Tensor index, Scalar value) => IndexFillIntScalarInPlace.Apply(this, dim, index, value);

        private static readonly Op MaskedFillScalar = new("masked_fill", "Scalar"), MaskedFillScalarInPlace = new("masked_fill_", "Scalar");
        public Tensor masked_fill(Tensor mask, Scalar value) => MaskedFillScalar.Call(this, mask, value);
        public Tensor masked_fill_(Tensor mask, Scalar value) => MaskedFillScalarInPlace.Apply(this, mask, value);

        private static readonly Op MaskedScatter = new("masked_scatter"), MaskedScatterInPlace = new("masked_scatter_");
        public Tensor masked_scatter(Tensor mask, Tensor value) => MaskedScatter.Call(this, mask, value);
        public Tensor masked_scatter_(Tensor mask, Tensor value) => MaskedScatterInPlace.Apply(this, mask, value);

        private static readonly Op MaskedSelect = new("masked_select");
        public Tensor masked_select(Tensor mask) => MaskedSelect.Call(this, mask);

        private static readonly Op Take = new("take");
        public Tensor take(Tensor index) => Take.Call(this, index);

        private static readonly Op Nonzero = new("nonzero");
        public Tensor nonzero() => Nonzero.Call(this);

        private static readonly Op Argwhere = new("argwhere");
        public Tensor argwhere() => Argwhere.Call(this);

        private static readonly Op SliceScatter = new("slice_scatter");
        public Tensor slice_scatter(Tensor src, long dim = 0, long? start = null, long? end = null, long step = 1) =>
            SliceScatter.Call(this, src, dim, start, end, step);

        private static readonly Op SelectScatter = new("select_scatter");
        public Tensor select_scatter(Tensor src, long dim, long index) => SelectScatter.Call(this, src, dim, index);

        private static readonly Op DiagonalScatter = new("diagonal_scatter");
        public Tensor diagonal_scatter(Tensor src, long offset = 0, long dim1 = 0, long dim2 = 1) => DiagonalScatter.Call(this, src, offset, dim1, dim2);

        private static readonly Op Where = new("where", "self"), TakeAlongDim = new("take_along_dim");

        /// <summary>This tensor where the condition holds, else <paramref name="y"/>.</summary>
        public Tensor where(Tensor condition, Tensor y) => Where.Call(condition, this, y);

        public Tensor take_along_dim(Tensor indices) => TakeAlongDim.Call(this, indices, Arg.None);
        public Tensor take_along_dim(Tensor indices, long dim) => TakeAlongDim.Call(this, indices, dim);

        public Tensor take_along_dim(IEnumerable<long> indices)
        {
            using Tensor index = tensor(indices.ToArray(), device: device);
            return take_along_dim(index);
        }

        public Tensor take_along_dim(IEnumerable<long> indices, long dim)
        {
            using Tensor index = tensor(indices.ToArray(), device: device);
            return take_along_dim(index, dim);
        }

        private static readonly Op NonzeroNumpy = new("nonzero_numpy");

        /// <summary>The indices of the elements that are not zero, one tensor for each dimension.</summary>
        public IList<Tensor> nonzero_as_list() => NonzeroNumpy.CallList(this);
    }
}
