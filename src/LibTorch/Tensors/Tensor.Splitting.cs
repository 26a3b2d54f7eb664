using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op SplitTensor = new("split", "Tensor"), SplitSizes = new("split", "sizes");
        public Tensor[] split(long size, int dim = 0) => SplitTensor.CallList(this, size, dim);
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => SplitSizes.CallList(this, sizes.ToArray(), dim);
        public Tensor[] split(long[] sizes, long dim = 0) => SplitSizes.CallList(this, sizes, dim);
        public Tensor[] split(params long[] sizes) => SplitSizes.CallList(this, sizes, 0);

        private static readonly Op Chunk = new("chunk");
        public Tensor[] chunk(long chunks, long dim = 0) => Chunk.CallList(this, chunks, dim);

        private static readonly Op UnbindInt = new("unbind", "int");
        public Tensor[] unbind(long dimension = 0) => UnbindInt.CallList(this, dimension);

        private static readonly Op TensorSplitSections = new("tensor_split", "sections"), TensorSplitIndices = new("tensor_split", "indices"),
            TensorSplitTensorIndicesOrSections = new("tensor_split", "tensor_indices_or_sections");
        public Tensor[] tensor_split(long size, long dim = 0) => TensorSplitSections.CallList(this, size, dim);
        public Tensor[] tensor_split(long[] sizes, long dim = 0) => TensorSplitIndices.CallList(this, sizes, dim);
        public Tensor[] tensor_split(Tensor indices, long dim = 0) => TensorSplitTensorIndicesOrSections.CallList(this, indices, dim);

        private static readonly Op HsplitInt = new("hsplit", "int"), HsplitArray = new("hsplit", "array");
        public Tensor[] hsplit(long size) => HsplitInt.CallList(this, size);
        public Tensor[] hsplit(params long[] sizes) => HsplitArray.CallList(this, sizes);

        private static readonly Op VsplitInt = new("vsplit", "int"), VsplitArray = new("vsplit", "array");
        public Tensor[] vsplit(long size) => VsplitInt.CallList(this, size);
        public Tensor[] vsplit(params long[] sizes) => VsplitArray.CallList(this, sizes);

        private static readonly Op DsplitInt = new("dsplit", "int"), DsplitArray = new("dsplit", "array");
        public Tensor[] dsplit(long size) => DsplitInt.CallList(this, size);
        public Tensor[] dsplit(params long[] sizes) => DsplitArray.CallList(this, sizes);

        public Tensor[] dsplit((long, long) indices_or_sections) => dsplit([indices_or_sections.Item1, indices_or_sections.Item2]);

        public Tensor[] dsplit((long, long, long) indices_or_sections) =>
            dsplit([indices_or_sections.Item1, indices_or_sections.Item2, indices_or_sections.Item3]);

        public Tensor[] dsplit((long, long, long, long) indices_or_sections) =>
            dsplit([indices_or_sections.Item1, indices_or_sections.Item2, indices_or_sections.Item3, indices_or_sections.Item4]);

        public Tensor[] hsplit(Tensor indices) => tensor_split(indices, ndim == 1 ? 0 : 1);
        public Tensor[] vsplit(Tensor indices) => tensor_split(indices, 0);
        public Tensor[] dsplit(Tensor indices) => tensor_split(indices, 2);
    }
}
