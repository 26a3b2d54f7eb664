using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor[] chunk(Tensor input, long chunks, long dim = 0) => input.chunk(chunks, dim);
    public static Tensor[] dsplit(Tensor input, Tensor indices_or_sections) => input.dsplit(indices_or_sections);
    public static Tensor[] dsplit(Tensor input, long size) => input.dsplit(size);
    public static Tensor[] dsplit(Tensor input, long[] indices_or_sections) => input.dsplit(indices_or_sections);
    public static Tensor[] dsplit(Tensor input, (long, long) indices_or_sections) => input.dsplit(indices_or_sections);
    public static Tensor[] dsplit(Tensor input, (long, long, long) indices_or_sections) => input.dsplit(indices_or_sections);
    public static Tensor[] dsplit(Tensor input, (long, long, long, long) indices_or_sections) => input.dsplit(indices_or_sections);
    public static Tensor[] hsplit(Tensor input, Tensor indices_or_sections) => input.hsplit(indices_or_sections);
    public static Tensor[] hsplit(Tensor input, long indices_or_sections) => input.hsplit(indices_or_sections);
    public static Tensor[] hsplit(Tensor input, long[] indices_or_sections) => input.hsplit(indices_or_sections);
    public static Tensor[] split(Tensor tensor, long[] split_size_or_sections, long dim = 0) => tensor.split(split_size_or_sections, dim);
    public static Tensor[] tensor_split(Tensor input, long indices_or_sections, long dim = 0) => input.tensor_split(indices_or_sections, dim);
    public static Tensor[] tensor_split(Tensor input, long[] indices_or_sections, long dim = 0) => input.tensor_split(indices_or_sections, dim);
    public static Tensor[] tensor_split(Tensor input, Tensor indices_or_sections, long dim = 0) => input.tensor_split(indices_or_sections, dim);
    public static Tensor[] unbind(Tensor tensor, int dim = 0) => tensor.unbind(dim);
    public static Tensor[] unbind(Tensor input, long dim = 0) => input.unbind(dim);
    public static Tensor[] vsplit(Tensor input, long[] indices_or_sections) => input.vsplit(indices_or_sections);

    public static Tensor[] hsplit(Tensor input, (long, long) indices_or_sections) => input.hsplit([indices_or_sections.Item1, indices_or_sections.Item2]);

    public static Tensor[] hsplit(Tensor input, (long, long, long) indices_or_sections) =>
        input.hsplit([indices_or_sections.Item1, indices_or_sections.Item2, indices_or_sections.Item3]);

    public static Tensor[] hsplit(Tensor input, (long, long, long, long) indices_or_sections) =>
        input.hsplit([indices_or_sections.Item1, indices_or_sections.Item2, indices_or_sections.Item3, indices_or_sections.Item4]);

    private static readonly Op Cat = new("cat"), Stack = new("stack"), Hstack = new("hstack"), Vstack = new("vstack"), Dstack = new("dstack"),
        RowStack = new("row_stack"), ColumnStack = new("column_stack"), BlockDiag = new("block_diag"), CartesianProd = new("cartesian_prod"),
        Meshgrid = new("meshgrid", "indexing"), BroadcastTensors = new("broadcast_tensors"), Combinations = new("combinations");

    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => Cat.Call(Listed(tensors), dim);
    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concatenate(IList<Tensor> tensors, long axis = 0) => cat(tensors, axis);
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Stack.Call(Listed(tensors), dim);
    public static Tensor hstack(IList<Tensor> tensors) => Hstack.Call(Listed(tensors));
    public static Tensor hstack(params Tensor[] tensors) => Hstack.Call(tensors);
    public static Tensor hstack(IEnumerable<Tensor> tensors) => Hstack.Call(Listed(tensors));
    public static Tensor vstack(IList<Tensor> tensors) => Vstack.Call(Listed(tensors));
    public static Tensor dstack(params Tensor[] tensors) => Dstack.Call(tensors);
    public static Tensor dstack(IList<Tensor> tensors) => Dstack.Call(Listed(tensors));
    public static Tensor dstack(IEnumerable<Tensor> tensors) => Dstack.Call(Listed(tensors));
    public static Tensor row_stack(IList<Tensor> tensors) => RowStack.Call(Listed(tensors));
    public static Tensor row_stack(params Tensor[] tensors) => RowStack.Call(tensors);
    public static Tensor column_stack(IList<Tensor> tensors) => ColumnStack.Call(Listed(tensors));
    public static Tensor column_stack(params Tensor[] tensors) => ColumnStack.Call(tensors);
    public static Tensor block_diag(params Tensor[] tensors) => BlockDiag.Call(tensors);
    public static Tensor cartesian_prod(IList<Tensor> tensors) => CartesianProd.Call(Listed(tensors));
    public static Tensor cartesian_prod(params Tensor[] tensors) => CartesianProd.Call(tensors);
    public static Tensor combinations(Tensor input, int r = 2, bool with_replacement = false) => Combinations.Call(input, r, with_replacement);
    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") => Meshgrid.CallList(Listed(tensors), indexing);
    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors) => BroadcastTensors.CallList(tensors);

    private static Tensor[] Listed(IEnumerable<Tensor> tensors) => tensors as Tensor[] ?? tensors.ToArray();
}
