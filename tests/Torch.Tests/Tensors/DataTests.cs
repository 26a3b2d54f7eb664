using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class DataTests
{
    [Fact]
    public void Data_reads_and_writes_in_row_major_order_whatever_the_strides()
    {
        using Tensor t = tensor(new[] { 1f, 2f, 3f, 4f, 5f, 6f }, 2, 3);
        using Tensor turned = t.t();
        Assert.Equal([1, 4, 2, 5, 3, 6], turned.data<float>().ToArray());
        Assert.Equal(5f, turned.data<float>()[1, 1]);
        Assert.Equal(6f, t.data<float>()[5]);
        turned.data<float>()[2, 0] = 30;
        Assert.Equal(30f, t[0, 2].item<float>());
        Assert.Equal([1, 2, 30, 4, 5, 6], t.data<float>());
        Assert.Equal(6, t.data<float>().Count);

        var target = new float[8];
        t.data<float>().CopyTo(target, 2);
        Assert.Equal([0, 0, 1, 2, 30, 4, 5, 6], target);
    }

    [Fact]
    public void Data_of_the_wrong_type_is_refused()
    {
        using Tensor t = zeros(2);
        Assert.Throws<ArgumentException>(() => t.data<double>());
        Assert.Throws<ArgumentException>(() => t.data<int>());
    }

    [Fact]
    public void An_item_needs_one_element()
    {
        Assert.Equal(5L, tensor(5L).item<long>());
        Assert.Equal(5f, ones(1, 1).mul(5).item<float>());
        Assert.Throws<ArgumentException>(() => zeros(2).item<float>());
    }

    [Fact]
    public void Tensors_of_one_element_convert_to_numbers_and_back()
    {
        using Tensor t = tensor(2.5);
        Assert.Equal(2.5, (double)t);
        Assert.Equal(2.5f, t.ToSingle());
        Assert.Equal(2.5, t.ToScalar().ToDouble());
        Tensor implicitly = 3;
        Assert.Equal(3, implicitly.ToInt32());
        Assert.Equal(ScalarType.Int64, ((Scalar)3).Type);
        Assert.Equal(ScalarType.Float64, ((Scalar)3f).Type);
    }

    [Fact]
    public void Bytes_are_the_little_endian_elements()
    {
        using Tensor t = tensor(new[] { 1, 256 });
        Assert.Equal([1, 0, 0, 0, 0, 1, 0, 0], t.bytes.ToArray());
        t.bytes = new byte[] { 2, 0, 0, 0, 3, 0, 0, 0 };
        Assert.Equal([2, 3], t.data<int>().ToArray());
        Assert.Throws<ArgumentException>(() => t.bytes = new byte[3]);
    }

    [Fact]
    public void Types_convert_and_round_towards_zero()
    {
        using Tensor t = tensor(new[] { 1.9f, -1.9f });
        Assert.Equal([1, -1], t.to(int32).data<int>().ToArray());
        Expect.Longs([1, -1], t.@long());
        Expect.Bools([true, true], t.to_type(ScalarType.Bool));
        Assert.Equal(ScalarType.BFloat16, t.bfloat16().dtype);
        Assert.Equal(ScalarType.Float16, t.half().dtype);
        Assert.Equal(ScalarType.Float64, t.to(zeros(1, float64)).dtype);
        Assert.Equal(1.8984375f, t.bfloat16().ReadCpuBFloat16(0));
    }

    [Fact]
    public void Moving_to_where_it_is_already_gives_a_new_handle_to_the_same_memory()
    {
        using Tensor t = zeros(2);
        Tensor same = t.to(CPU);
        Assert.NotSame(t, same);
        same.add_(1);
        Expect.Floats([1, 1], t);
        same.Dispose();
        Expect.Floats([1, 1], t);
        using Tensor copy = t.to(CPU, copy: true);
        copy.add_(1);
        Expect.Floats([1, 1], t);
    }

    [Fact]
    public void A_view_or_an_idle_conversion_is_a_new_object_on_the_same_memory()
    {
        using Tensor t = zeros(2);
        Tensor[] others = [t.to(float32), t.to(CPU), t.cpu(), t.contiguous(), t.view(2), t.reshape(2), t.detach(), t.alias(), t[..]];
        foreach (Tensor other in others)
        {
            Assert.NotSame(t, other);
            other.add_(1);
            other.Dispose();
        }

        Expect.Floats([others.Length, others.Length], t);
    }

    [Fact]
    public void Bytes_and_elements_of_a_transposed_tensor()
    {
        using Tensor t = ones(2, 3).t();
        Assert.Throws<InvalidOperationException>(() => t.bytes.Length);
        Assert.Equal(6, t.data<float>().Count);
    }

    [Fact]
    public void Copies_clones_and_detached_tensors()
    {
        using Tensor t = ones(2, requires_grad: true);
        Assert.True(t.clone().requires_grad);
        using Tensor free = t.detach();
        Assert.False(free.requires_grad);
        free[0] = 5f;
        Expect.Floats([5, 1], t.detach());
        Expect.Floats([1, 2], zeros(2).copy_(tensor(new[] { 1L, 2L })));
    }

    [Fact]
    public void Values_are_read_one_at_a_time_too()
    {
        using Tensor t = tensor(new[] { 1f, 2f, 3f });
        Assert.Equal(2f, t.ReadCpuSingle(1));
        Assert.Equal(3f, t.ReadCpuValue<float>(2));
    }

    [Fact]
    public void A_meta_tensor_has_a_shape_and_no_data()
    {
        using Tensor t = zeros(2, 3, device: META);
        Expect.Shape(t, 2, 3);
        Assert.Throws<ExternalException>(() => t.data<float>());
    }

    [Fact]
    public void An_array_with_more_dimensions_comes_back_in_shape()
    {
        using Tensor t = arange(6).view(2, 3);
        var array = (long[,])t.data<long>().ToNDArray();
        Assert.Equal(5, array[1, 2]);
    }
}
