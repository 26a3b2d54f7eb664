using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class ReductionTests
{
    private readonly Tensor x = tensor(new[] { 1f, 2f, 3f, 4f, 6f, 9f }, 2, 3);

    [Fact]
    public void Sums_run_over_everything_or_over_dimensions()
    {
        Assert.Equal(25f, x.sum().item<float>());
        Expect.Floats([5, 8, 12], x.sum(0L)); // a plain 0 would be the element type Byte
        Expect.Floats([6, 19], x.sum(-1));
        Expect.Floats([25], x.sum(0, 1));
        Expect.Shape(x.sum(1, keepdim: true), 2, 1);
        Expect.Floats([25], x.sum([0L, 1L]));
        Assert.Equal(ScalarType.Float64, x.sum(ScalarType.Float64).dtype);
    }

    [Fact]
    public void Summing_integers_gives_Int64_and_truth_values_are_counted()
    {
        using Tensor sum = tensor(new[] { 1, 2, 3 }).sum();
        Assert.Equal(ScalarType.Int64, sum.dtype);
        Assert.Equal(2, tensor(new[] { true, true, false }).sum().item<long>());
    }

    [Fact]
    public void Means_variances_and_norms_equal_PyTorchs_values()
    {
        Expect.Floats([25 / 6f], x.mean());
        Expect.Floats([2, 19 / 3f], x.mean([1L]));
        Expect.Floats([2.5f, 4, 6], mean(x, [0L]));
        Expect.Floats([1, 2.51661158f], x.std(1));
        Expect.Floats([2.92688680f], x.std());
        Expect.Floats([0.66666669f, 4.22222233f], x.var(1, unbiased: false));
        Expect.Floats([12.12435532f], x.norm());
        (Tensor deviation, Tensor average) = x.std_mean(1);
        Expect.Floats([1, 2.51661158f], deviation);
        Expect.Floats([2, 19 / 3f], average);
        Expect.Floats([3.40760589f, 9.05498505f], x.logsumexp(1));
    }

    [Fact]
    public void Extremes_come_with_their_positions()
    {
        Assert.Equal(9f, x.max().item<float>());
        Assert.Equal(1f, x.min().item<float>());
        (Tensor values, Tensor positions) = x.max(1);
        Expect.Floats([3, 9], values);
        Expect.Longs([2, 2], positions);
        Assert.Equal(5, x.argmax().item<long>());
        Expect.Longs([0, 0], x.argmin(1));
        Expect.Longs([1, 1, 1], x.argmax(0));
        Expect.Floats([4, 6, 9], x.amax(0));
        Expect.Floats([1, 4], x.amin([1L]));
        Expect.Shape(x.argmax(1, keepdim: true), 2, 1);
    }

    [Fact]
    public void Products_cumulatives_and_medians()
    {
        Expect.Floats([6, 216], x.prod(1));
        Expect.Floats([1, 3, 6, 4, 10, 19], x.cumsum(1));
        Expect.Floats([1, 2, 6, 4, 24, 216], x.cumprod(1));
        Assert.Equal(3f, x.median().item<float>());
    }

    [Fact]
    public void All_and_any_reduce_truth_values()
    {
        using Tensor t = tensor(new[] { true, false, true, true }, 2, 2);
        Assert.False(t.all().item<bool>());
        Assert.True(t.any().item<bool>());
        Expect.Bools([false, true], t.all(1));
        Assert.Equal(3, t.count_nonzero().item<long>());
    }

    [Fact]
    public void The_top_elements_and_sorting_come_with_positions()
    {
        using Tensor t = tensor(new[] { 3f, 1f, 4f, 1.5f, 5f });
        (Tensor values, Tensor positions) = t.topk(2);
        Expect.Floats([5, 4], values);
        Expect.Longs([4, 2], positions);
        (Tensor sorted, Tensor order) = t.sort();
        Expect.Floats([1, 1.5f, 3, 4, 5], sorted);
        Expect.Longs([1, 3, 0, 2, 4], order);
        Expect.Longs([4, 2, 0, 3, 1], t.argsort(descending: true));
    }

    [Fact]
    public void Distinct_elements_come_with_what_was_asked_for()
    {
        using Tensor t = tensor(new[] { 3L, 1L, 3L, 2L, 1L });
        (Tensor distinct, Tensor? inverse, Tensor? counts) = t.unique(return_counts: true);
        Expect.Longs([1, 2, 3], distinct);
        Expect.Longs([2, 1, 2], counts!);
        Assert.Equal(3, distinct.numel());
        _ = inverse;
        Expect.Longs([0, 2, 1, 2], tensor(new[] { 3L, 1L, 3L, 1L, 2L }).bincount(null!));
    }
}
