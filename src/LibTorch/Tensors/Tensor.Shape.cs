using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op View = new("view");
        public Tensor view(params long[] shape) => View.Call(this, shape);

        private static readonly Op ViewAs = new("view_as");
        public Tensor view_as(Tensor other) => ViewAs.Call(this, other);

        private static readonly Op Reshape = new("reshape");
        public Tensor reshape(params long[] shape) => Reshape.Call(this, shape);

        private static readonly Op Ravel = new("ravel");
        public Tensor ravel() => Ravel.Call(this);

        private static readonly Op FlattenUsingInts = new("flatten", "using_ints");
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => FlattenUsingInts.Call(this, start_dim, end_dim);

        private static readonly Op UnflattenInt = new("unflatten", "int");
        public Tensor unflatten(long dim, params long[] sizes) => UnflattenInt.Call(this, dim, sizes);

        private static readonly Op TransposeInt = new("transpose", "int"), TransposeInPlace = new("transpose_");
        public Tensor transpose(long dim0, long dim1) => TransposeInt.Call(this, dim0, dim1);
        public Tensor transpose_(long dim0, long dim1) => TransposeInPlace.Apply(this, dim0, dim1);

        private static readonly Op Swapaxes = new("swapaxes");
        public Tensor swapaxes(long dim0, long dim1) => Swapaxes.Call(this, dim0, dim1);

        private static readonly Op Swapdims = new("swapdims");
        public Tensor swapdims(long dim0, long dim1) => Swapdims.Call(this, dim0, dim1);

        private static readonly Op Permute = new("permute");
        public Tensor permute(params long[] permutation) => Permute.Call(this, permutation);

        private static readonly Op MovedimIntlist = new("movedim", "intlist");
        public Tensor movedim(long[] source, long[] destination) => MovedimIntlist.Call(this, source, destination);

        private static readonly Op MoveaxisIntlist = new("moveaxis", "intlist");
        public Tensor moveaxis(long[] source, long[] destination) => MoveaxisIntlist.Call(this, source, destination);

        private static readonly Op TransposeMatrix = new("t");
        public Tensor t() => TransposeMatrix.Call(this);

        private static readonly Op Unsqueeze = new("unsqueeze"), UnsqueezeInPlace = new("unsqueeze_");
        public Tensor unsqueeze(long dim) => Unsqueeze.Call(this, dim);
        public Tensor unsqueeze_(long dim) => UnsqueezeInPlace.Apply(this, dim);

        private static readonly Op Expand = new("expand");
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => Expand.Call(this, sizes.ToArray(), isImplicit);
        public Tensor expand(long[] sizes, bool isImplicit = false) => Expand.Call(this, sizes, isImplicit);
        public Tensor expand(params long[] sizes) => Expand.Call(this, sizes, false);

        private static readonly Op ExpandAs = new("expand_as");
        public Tensor expand_as(Tensor other) => ExpandAs.Call(this, other);

        private static readonly Op BroadcastTo = new("broadcast_to");
        public Tensor broadcast_to(params long[] shape) => BroadcastTo.Call(this, shape);

        private static readonly Op Repeat = new("repeat");
        public Tensor repeat(params long[] sizes) => Repeat.Call(this, sizes);

        private static readonly Op Tile = new("tile");
        public Tensor tile(long[] reps) => Tile.Call(this, reps);

        private static readonly Op Flip = new("flip");
        public Tensor flip(params long[] dims) => Flip.Call(this, dims);

        private static readonly Op Fliplr = new("fliplr");
        public Tensor fliplr() => Fliplr.Call(this);

        private static readonly Op Flipud = new("flipud");
        public Tensor flipud() => Flipud.Call(this);

        private static readonly Op Roll = new("roll");
        public Tensor roll(long[] shifts, long[] dims) => Roll.Call(this, shifts, dims);
        public Tensor roll(long[] shifts) => Roll.Call(this, shifts, Array.Empty<long>());
        public Tensor roll(ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) => Roll.Call(this, shifts.ToArray(), dims.ToArray());

        private static readonly Op Contiguous = new("contiguous");
        public Tensor contiguous() => Contiguous.Call(this, 0);

        private static readonly Op Alias = new("alias");
        public Tensor alias() => Alias.Call(this);

        private static readonly Op AsStrided = new("as_strided");
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0) => AsStrided.Call(this, size, strides, storageOffset);

        private static readonly Op Diagonal = new("diagonal");
        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) => Diagonal.Call(this, offset, dim1, dim2);

        private static readonly Op Unfold = new("unfold");
        public Tensor unfold(long dimension, long size, long step) => Unfold.Call(this, dimension, size, step);

        private static readonly Op Narrow = new("narrow");
        public Tensor narrow(long dim, long start, long length) => Narrow.Call(this, dim, start, length);

        private static readonly Op SelectInt = new("select", "int");
        public Tensor select(long dim, long index) => SelectInt.Call(this, dim, index);

        private static readonly Op Diag = new("diag");
        public Tensor diag(long diagonal = 0) => Diag.Call(this, diagonal);

        private static readonly Op DiagEmbed = new("diag_embed");
        public Tensor diag_embed(long offset = 0, long dim1 = -2, long dim2 = -1) => DiagEmbed.Call(this, offset, dim1, dim2);

        private static readonly Op Diagflat = new("diagflat");
        public Tensor diagflat(long offset = 0) => Diagflat.Call(this, offset);

        private static readonly Op Tril = new("tril"), TrilInPlace = new("tril_");
        public Tensor tril(long diagonal = 0) => Tril.Call(this, diagonal);
        public Tensor tril_(long diagonal = 0) => TrilInPlace.Apply(this, diagonal);

        private static readonly Op Triu = new("triu"), TriuInPlace = new("triu_");
        public Tensor triu(long diagonal = 0) => Triu.Call(this, diagonal);
        public Tensor triu_(long diagonal = 0) => TriuInPlace.Apply(this, diagonal);

        private static readonly Op Atleast1d = new("atleast_1d");
        public Tensor atleast_1d() => Atleast1d.Call(this);

        private static readonly Op Atleast2d = new("atleast_2d");
        public Tensor atleast_2d() => Atleast2d.Call(this);

        private static readonly Op Atleast3d = new("atleast_3d");
        public Tensor atleast_3d() => Atleast3d.Call(this);

        private static readonly Op RepeatInterleaveSelfTensor = new("repeat_interleave", "self_Tensor"),
            RepeatInterleaveSelfInt = new("repeat_interleave", "self_int");
        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) =>
            RepeatInterleaveSelfTensor.Call(this, repeats, dim, output_size);
        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            RepeatInterleaveSelfInt.Call(this, repeats, dim, output_size);

        private static readonly Op Squeeze = new("squeeze"), SqueezeDim = new("squeeze", "dim"), SqueezeInPlace = new("squeeze_"), SqueezeDimInPlace = new("squeeze_", "dim");
        public Tensor squeeze(long? dim = null) => dim is { } d ? SqueezeDim.Call(this, d) : Squeeze.Call(this);
        public Tensor squeeze_(long? dim = null) => dim is { } d ? SqueezeDimInPlace.Apply(this, d) : SqueezeInPlace.Apply(this);

        public Tensor permute(IEnumerable<long> permutation) => Permute.Call(this, permutation.ToArray());
        public Tensor expand(Size sizes, bool isImplicit = false) => Expand.Call(this, sizes.Shape, isImplicit);
        public Tensor unflatten(long dim, Size sizes) => unflatten(dim, sizes.Shape);

        public Tensor roll(long shifts, long? dims = null) => Roll.Call(this, shifts, dims is { } d ? (Arg)d : Array.Empty<long>());
        public Tensor roll((long, long) shifts, (long, long) dims) => roll([shifts.Item1, shifts.Item2], [dims.Item1, dims.Item2]);

        public Tensor roll((long, long, long) shifts, (long, long, long) dims) =>
            roll([shifts.Item1, shifts.Item2, shifts.Item3], [dims.Item1, dims.Item2, dims.Item3]);

        private static readonly Op Rot90 = new("rot90"), NumpyT = new("numpy_T"), MatrixT = new("mT"), MatrixH = new("mH"), ConjugateT = new("matrix_H"), Adjoint = new("adjoint");
        public Tensor rot90(long k = 1, (long, long)? dims = null) => Rot90.Call(this, k, dims is { } d ? new[] { d.Item1, d.Item2 } : new[] { 0L, 1L });
        public Tensor T => NumpyT.Call(this);
        public Tensor mT => MatrixT.Call(this);
        public Tensor mH => MatrixH.Call(this);
        public Tensor H => ConjugateT.Call(this);
        public Tensor adjoint() => Adjoint.Call(this);
    }
}
