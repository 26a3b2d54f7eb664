using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

[Collection(Alone.Name)]
public class CreationTests
{
    [Fact]
    public void Makers_take_sizes_type_and_requires_grad()
    {
        Expect.Floats([0, 0, 0, 0], zeros(2, 2));
        Expect.Floats([1, 1], ones(2));
        Expect.Longs([7, 7], full(2, 7L));
        Expect.Shape(empty(2, 3, 4), 2, 3, 4);
        Expect.Shape(zeros([2L, 0L]), 2, 0);
        Assert.Equal(ScalarType.Int32, ones(2, int32).dtype);
        Assert.Equal(ScalarType.Float64, zeros(2, 3, float64).dtype);
        Assert.True(zeros(3, requires_grad: true).requires_grad);
        Assert.False(zeros(3).requires_grad);
    }

    [Fact]
    public void Ranges_include_the_start_and_not_the_stop()
    {
        Expect.Longs([0, 1, 2, 3], arange(4));
        Expect.Longs([2, 4], arange(2, 6, 2));
        Expect.Floats([0, 0.5f, 1], arange(0, 1.5, 0.5));
        Expect.Floats([0, 0.25f, 0.5f, 0.75f, 1], linspace(0, 1, 5));
        Expect.Floats([1, 0, 0, 0, 1, 0], eye(2, 3));
    }

    [Fact]
    public void A_tensor_of_a_scalar_has_no_dimensions_and_the_numbers_type()
    {
        Assert.Equal(ScalarType.Int32, tensor(3).dtype);
        Assert.Equal(ScalarType.Int64, tensor(3L).dtype);
        Assert.Equal(ScalarType.Float32, tensor(3f).dtype);
        Assert.Equal(ScalarType.Float64, tensor(3.0).dtype);
        Assert.Equal(ScalarType.Bool, tensor(true).dtype);
        Assert.Equal(ScalarType.Byte, tensor((byte)3).dtype);
        Assert.Equal(0, tensor(3).dim());
        Assert.Equal(ScalarType.Float32, tensor(3.0, float32).dtype);
    }

    [Fact]
    public void A_tensor_of_an_array_copies_it()
    {
        float[] source = [1, 2, 3];
        using Tensor t = tensor(source);
        source[0] = 99;
        Expect.Floats([1, 2, 3], t);
    }

    [Fact]
    public void Arrays_of_every_rank_and_lists_make_tensors()
    {
        Expect.Shape(tensor(new[,] { { 1f, 2f, 3f }, { 4f, 5f, 6f } }), 2, 3);
        Expect.Longs([1, 2, 3, 4], tensor(new[, ,] { { { 1L, 2L }, { 3L, 4L } } }));
        Expect.Longs([1, 2, 3], tensor((IList<long>)new List<long> { 1, 2, 3 }));
        Expect.Shape(tensor((IList<float>)[1f, 2f, 3f, 4f], 2, 2), 2, 2);
        Expect.Floats([1, 2], tensor(new[] { 1L, 2L }, float32));
        Expect.Shape(from_array(new double[2, 3]), 2, 3);
        Assert.Equal(ScalarType.Float64, from_array(new double[2, 3]).dtype);
        Assert.Equal(ScalarType.Int64, as_tensor(new[] { 1, 2 }, int64).dtype);
    }

    [Fact]
    public void A_tensor_like_another_takes_its_shape_type_and_device()
    {
        using Tensor t = zeros(2, 3, float64);
        Assert.Equal(ScalarType.Float64, t.ones_like().dtype);
        Expect.Shape(zeros_like(t), 2, 3);
        Expect.Floats([5, 5, 5, 5, 5, 5], full_like(t, 5, float32));
        Assert.Equal(ScalarType.Float64, t.new_zeros(4).dtype);
        Expect.Shape(t.new_full(2, 2, 1), 2, 2);
    }

    [Fact]
    public void A_default_type_holds_for_makers_but_not_for_arrays()
    {
        set_default_dtype(ScalarType.Float64);
        try
        {
            Assert.Equal(ScalarType.Float64, zeros(2).dtype);
            Assert.Equal(ScalarType.Float64, rand(2).dtype);
            Assert.Equal(ScalarType.Float32, tensor(new[] { 1f }).dtype);
        }
        finally
        {
            set_default_dtype(ScalarType.Float32);
        }
    }

    [Fact]
    public void A_seed_gives_PyTorchs_own_numbers()
    {
        manual_seed(0);
        Expect.Floats([0.49625658988952637f, 0.7682217955589294f, 0.08847743272781372f], rand(3), 0);
        manual_seed(0);
        Expect.Floats([1.5409960746765137f, -0.293428897857666f, -2.1787893772125244f, 0.5684312582015991f, -1.0845223665237427f], randn(5));
        manual_seed(0);
        Expect.Floats([0.48128294944763184f, 1.841109037399292f, -1.5576128959655762f, -1.3398475646972656f], empty(4).uniform_(-2, 3), 0);
        manual_seed(0);
        Expect.Floats([4.081992149353027f, 0.4131421744823456f, -3.357578754425049f, 2.1368625164031982f], empty(4).normal_(1, 2));
        manual_seed(0);
        Expect.Longs([44, 39, 33, 60, 63, 79], randint(0, 100, [6L]));
        manual_seed(0);
        Expect.Longs([4, 0, 7, 3, 2, 5, 1, 6], randperm(8));
    }

    [Fact]
    public void A_generator_of_ones_own_leaves_the_default_one_alone()
    {
        using var own = new Generator(0);
        manual_seed(1);
        using Tensor expected = rand(3);
        manual_seed(1);
        Expect.Floats([0.49625658988952637f, 0.7682217955589294f, 0.08847743272781372f], rand(3, generator: own), 0);
        Assert.True(rand(3).Equals(expected));
    }

    [Fact]
    public void Bernoulli_and_multinomial_draw_what_they_may()
    {
        using Tensor draws = full(1000, 0.25).bernoulli();
        Assert.InRange(draws.mean().item<float>(), 0.15f, 0.35f);
        using Tensor chosen = tensor(new[] { 0f, 1f, 0f }).multinomial(20, replacement: true);
        Assert.True((chosen == 1).all().item<bool>());
    }
}
