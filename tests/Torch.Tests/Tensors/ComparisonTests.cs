using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class ComparisonTests
{
    private readonly Tensor a = tensor(new[] { 1, 2, 3 });
    private readonly Tensor b = tensor(new[] { 3, 2, 1 });

    [Fact]
    public void Comparisons_give_truth_values()
    {
        Expect.Bools([false, true, false], a == b);
        Expect.Bools([true, false, true], a != b);
        Expect.Bools([true, false, false], a < b);
        Expect.Bools([true, true, false], a <= b);
        Expect.Bools([false, false, true], a > b);
        Expect.Bools([false, true, true], a >= b);
        Expect.Bools([false, true, false], a.eq(2));
        Expect.Bools([false, false, true], a > 2);
        Expect.Bools([true, false, false], 2 > a);
        Expect.Bools([false, true, true], 2 <= a);
    }

    [Fact]
    public void Logical_and_bitwise_operators_combine()
    {
        using Tensor p = tensor(new[] { true, true, false }), q = tensor(new[] { true, false, false });
        Expect.Bools([true, false, false], p & q);
        Expect.Bools([true, true, false], p | q);
        Expect.Bools([false, true, false], p ^ q);
        Expect.Bools([false, false, true], ~p);
        Expect.Bools([false, false, true], p.logical_not());
        Assert.Equal([1, 2, 1], (a & b).data<int>().ToArray());
    }

    [Fact]
    public void Closeness_allows_a_tolerance()
    {
        using Tensor x = tensor(new[] { 1f, 2f }), y = tensor(new[] { 1f + 1e-6f, 2f });
        Assert.True(x.allclose(y));
        Assert.False(x.allclose(y, rtol: 0, atol: 1e-8));
        Assert.True(allclose(x, y));
        Expect.Bools([false, true], x.isclose(y, rtol: 0, atol: 1e-8));
    }

    [Fact]
    public void Equals_compares_whole_tensors_and_equal_compares_elements()
    {
        using Tensor copy = a.clone();
        Assert.True(a.Equals(copy));
        Assert.True(a.Equals((object)copy));
        Assert.False(a.Equals(b));
        Expect.Bools([true, true, true], a.equal(copy));
    }

    [Fact]
    public void Where_chooses_by_a_condition()
    {
        Assert.Equal([3, 2, 3], where(a > b, a, b).data<int>().ToArray());
        Expect.Longs([2], where(a > b)[0]);
    }

    [Fact]
    public void Kinds_of_element_types_are_told_apart()
    {
        Assert.True(a.is_integral());
        Assert.False(a.is_floating_point());
        Assert.True(is_floating_point(ScalarType.BFloat16));
        Assert.False(is_complex(ScalarType.Float32));
        Assert.Equal(ScalarType.Float32, promote_types(ScalarType.Int64, ScalarType.Float32));
    }
}
