using System.Runtime.InteropServices;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class IndexingTests
{
    private readonly Tensor x = arange(12).view(3, 4);

    [Fact]
    public void Numbers_choose_and_count_from_the_end_when_negative()
    {
        Expect.Longs([4, 5, 6, 7], x[1]);
        Expect.Longs([8, 9, 10, 11], x[-1]);
        Assert.Equal(6, x[1, 2].item<long>());
        Assert.Equal(11, x[-1, -1].item<long>());
    }

    [Fact]
    public void Slices_keep_the_dimension()
    {
        Expect.Longs([4, 5, 6, 7, 8, 9, 10, 11], x[1..]);
        Expect.Longs([1, 5, 9], x[TensorIndex.Colon, 1]);
        Expect.Longs([1, 2, 5, 6], x[..2, 1..3]);
        Expect.Longs([0, 2, 4, 6, 8, 10], x[TensorIndex.Colon, TensorIndex.Slice(step: 2)]);
        Expect.Longs([3, 7, 11], x[TensorIndex.Ellipsis, ^1]);
        Expect.Longs([10, 11], x[^1, 2..]);
        Expect.Shape(x[TensorIndex.None, TensorIndex.Ellipsis], 1, 3, 4);
        Expect.Longs([4, 5, 6, 7], x.slice(0, 1, 2, 1));
        Expect.Longs([1, 2, 5, 6, 9, 10], x.narrow(1, 1, 2));
    }

    [Fact]
    public void Tensors_of_indices_and_masks_choose_elements()
    {
        Expect.Longs([8, 9, 10, 11, 0, 1, 2, 3], x[tensor(new[] { 2L, 0L })]);
        Expect.Longs([1, 6], x[tensor(new[] { 0L, 1L }), tensor(new[] { 1L, 2L })]);
        Expect.Longs([9, 10, 11], x[x > 8]);
        Expect.Longs([2, 10], x[TensorIndex.Tensor(tensor(new[] { 0L, 2L })), 2]);
        Expect.Longs([1, 2, 9, 10], x[TensorIndex.Tensor(tensor(new[] { true, false, true })), 1..3]);
        Expect.Longs([4, 5, 6, 7], x.index_select(0, tensor(new[] { 1L })));
        Expect.Longs([9, 10, 11], x.masked_select(x > 8));
    }

    [Fact]
    public void Assigning_to_an_index_writes_into_the_tensor()
    {
        using Tensor t = zeros(2, 3);
        t[0, 1] = 5f;
        t[1] = tensor(new[] { 1f, 2f, 3f });
        Expect.Floats([0, 5, 0, 1, 2, 3], t);
        t[TensorIndex.Colon, 0] = 9f;
        Expect.Floats([9, 5, 0, 9, 2, 3], t);
        t[t > 4] = -1f;
        Expect.Floats([-1, -1, 0, -1, 2, 3], t);
        t[.., 1..] = zeros(2, 2);
        Expect.Floats([-1, 0, 0, -1, 0, 0], t);
        t[tensor(new[] { 1L }), tensor(new[] { 2L })] = 4f;
        Expect.Floats([-1, 0, 0, -1, 0, 4], t);
    }

    [Fact]
    public void Gathering_and_scattering_are_inverse()
    {
        using Tensor index = tensor(new[] { 0L, 2L, 1L }, 3, 1);
        using Tensor values = x.gather(1, index);
        Expect.Longs([0, 6, 9], values);
        Expect.Longs([0, 0, 0, 0, 0, 0, 6, 0, 0, 9, 0, 0], zeros_like(x).scatter_(1, index, values));
        Expect.Longs([1, 0, 0, 1], zeros(4, int64).scatter_add_(0, tensor(new[] { 0L, 3L }), ones(2, int64)));
    }

    [Fact]
    public void Filling_by_mask_or_index()
    {
        Expect.Longs([0, 1, 2, 3, 4, 5, 6, 7, 8, -1, -1, -1], x.masked_fill(x > 8, -1));
        Expect.Longs([0, 9, 2, 3, 4, 9, 6, 7, 8, 9, 10, 11], x.index_fill(1, tensor(new[] { 1L }), 9));
        Expect.Longs([0, 4, 8], x.take(tensor(new[] { 0L, 4L, 8L })));
        Expect.Longs([0, 1, 1, 0], tensor(new[] { 0L, 7L, 9L, 0L }, 2, 2).nonzero());
    }

    [Fact]
    public void An_index_out_of_range_is_refused()
    {
        Assert.Throws<ExternalException>(() => x[3]);
        Assert.Throws<ExternalException>(() => x[0, 4]);
        Assert.Throws<ExternalException>(() => x.gather(1, tensor(new[] { 9L }, 1, 1)));
    }

    [Fact]
    public void A_view_of_a_leaf_carries_gradients_back_to_its_place()
    {
        using Tensor leaf = ones(3).requires_grad_();
        (leaf[1] * 5).backward();
        Expect.Floats([0, 5, 0], leaf.grad!);
    }
}
