using System.Runtime.InteropServices;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class ShapeTests
{
    private readonly Tensor x = arange(24).view(2, 3, 4);

    [Fact]
    public void A_view_shares_memory_and_may_leave_one_size_open()
    {
        using Tensor t = zeros(2, 3);
        using Tensor flat = t.view(-1);
        flat[4] = 7;
        Assert.Equal(7f, t[1, 1].item<float>());
        Expect.Shape(x.reshape(4, -1), 4, 6);
        Expect.Shape(x.view_as(zeros(6, 4)), 6, 4);
    }

    [Fact]
    public void Permuting_changes_strides_and_contiguous_restores_order()
    {
        using Tensor p = x.permute(2, 0, 1);
        Expect.Shape(p, 4, 2, 3);
        Assert.Equal([1, 12, 4], p.stride());
        Assert.False(p.is_contiguous());
        Assert.True(p.contiguous().is_contiguous());
        Assert.Equal(x[1, 2, 3].item<long>(), p[3, 1, 2].item<long>());
        Expect.Shape(x.transpose(0, -1), 4, 3, 2);
        Expect.Shape(ones(2, 5).t(), 5, 2);
        Expect.Shape(x.mT, 2, 4, 3);
        Expect.Shape(x.movedim([0L], [2L]), 3, 4, 2);
    }

    [Fact]
    public void Dimensions_of_size_one_come_and_go()
    {
        using Tensor t = zeros(1, 3, 1);
        Expect.Shape(t.squeeze(), 3);
        Expect.Shape(t.squeeze(0), 3, 1);
        Expect.Shape(t.squeeze(-1), 1, 3);
        Expect.Shape(t.unsqueeze(0), 1, 1, 3, 1);
        Expect.Shape(t.unsqueeze(-1), 1, 3, 1, 1);
        Expect.Shape(t.flatten(), 3);
        Expect.Shape(x.flatten(1), 2, 12);
        Expect.Shape(x.unflatten(2, 2, 2), 2, 3, 2, 2);
    }

    [Fact]
    public void Expanding_repeats_without_copying_and_repeat_copies()
    {
        using Tensor t = tensor(new[] { 1f, 2f }).view(2, 1);
        Expect.Floats([1, 1, 1, 2, 2, 2], t.expand(2, 3));
        Assert.Equal(0, t.expand(2, 3).stride(1));
        Expect.Floats([1, 1, 1, 2, 2, 2], t.expand(-1, 3));
        Expect.Floats([1, 1, 2, 2, 1, 1, 2, 2], t.repeat(2, 2));
        Expect.Floats([1, 1, 2, 2], t.view(2).repeat_interleave(2));
        Expect.Shape(broadcast_to(t, 4, 2, 3), 4, 2, 3);
    }

    [Fact]
    public void Joining_and_splitting_are_inverse()
    {
        Tensor[] parts = x.split(1, 1);
        Assert.Equal(3, parts.Length);
        Assert.True(cat(parts, 1).Equals(x));
        Assert.Equal([2, 1], Array.ConvertAll(x.split([2L, 1L], 1), static t => t.size(1)));
        Assert.Equal([2, 2], Array.ConvertAll(x.chunk(2, 2), static t => t.size(2)));
        Assert.True(stack(x.unbind(0), 0).Equals(x));
        Expect.Shape(stack([zeros(2), ones(2)], 1), 2, 2);
        Expect.Shape(vstack([zeros(2), ones(2)]), 2, 2);
        Expect.Shape(hstack(zeros(2), ones(3)), 5);
    }

    [Fact]
    public void Flipping_rolling_and_triangles()
    {
        using Tensor t = tensor(new[] { 1f, 2f, 3f, 4f }, 2, 2);
        Expect.Floats([2, 1, 4, 3], t.flip(1));
        Expect.Floats([4, 1, 2, 3], t.roll(1));
        Expect.Floats([1, 0, 3, 4], t.tril());
        Expect.Floats([1, 2, 0, 4], t.triu());
        Expect.Floats([1, 4], t.diagonal());
        Expect.Floats([1, 4], t.diag());
        Expect.Floats([2, 4, 1, 3], t.rot90());
    }

    [Fact]
    public void Sizes_and_strides_take_negative_dimensions()
    {
        Assert.Equal(4, x.size(-1));
        Assert.Equal(2, x.size(0));
        Assert.Equal(1, x.stride(2));
        Assert.Equal(3, x.dim());
        Assert.Equal(24, x.numel());
    }

    [Fact]
    public void Shapes_that_cannot_be_are_refused()
    {
        Assert.Throws<ExternalException>(() => x.view(5, 5));
        Assert.Throws<ExternalException>(() => x.reshape(7, -1));
        Assert.Throws<ExternalException>(() => x.transpose(0, 3));
        Assert.Throws<ExternalException>(() => x.permute(0, 0, 1));
        Assert.Throws<ExternalException>(() => cat([zeros(2, 2), zeros(2, 3)], 0));
        Assert.Throws<ExternalException>(() => stack([zeros(2), zeros(3)]));
        Assert.Throws<ExternalException>(() => x.permute(2, 0, 1).view(-1));
        Assert.Throws<ExternalException>(() => zeros(2, 3).expand(3, 3));
    }

    [Fact]
    public void A_size_is_a_list_of_numbers()
    {
        Size s = (2, 3, 4);
        Assert.Equal(3, s.Length);
        Assert.Equal(24, s.numel());
        Assert.Equal(4, s[2]);
        // TorchSharp 0.105.1 compares sizes with == and Equals by reference: compare what they hold.
        Assert.Equal([2L, 3L, 4L], s.ToArray());
    }
}
