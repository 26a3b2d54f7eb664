using Xunit;

namespace ModelZoo.Reference.Tests;

public class PoolingTests
{
    [Fact]
    public void Max_pooling_gradients_agree_with_finite_differences() => Seeds.ForAll(60, random =>
    {
        PoolingWindow window = RandomWindow(random, dilated: true);
        NdArray x = RandomInput(random, window);
        NdArray gradY = random.ArrayLike(MaxPooling.Forward(x, window).Y);
        GradientCheck.Passes(() => MaxPooling.Forward(x, window).Y, gradY, (x, MaxPooling.Backward(x, gradY, window)));
    });

    [Fact]
    public void Average_pooling_gradients_agree_with_finite_differences() => Seeds.ForAll(60, random =>
    {
        PoolingWindow window = RandomWindow(random, dilated: false);
        NdArray x = RandomInput(random, window);
        bool countIncludePad = random.Coin();
        int? divisor = random.Coin() ? random.From(1, 5) : null;
        NdArray gradY = random.ArrayLike(AveragePooling.Forward(x, window, countIncludePad, divisor));
        NdArray gradX = AveragePooling.Backward(x, gradY, window, countIncludePad, divisor);
        GradientCheck.Passes(() => AveragePooling.Forward(x, window, countIncludePad, divisor), gradY, (x, gradX));
    });

    [Fact]
    public void Adaptive_pooling_gradients_agree_with_finite_differences() => Seeds.ForAll(40, random =>
    {
        NdArray x = random.Distinct(random.From(1, 2), random.From(1, 3), random.From(1, 7), random.From(1, 7));
        Pair size = (random.From(1, 8), random.From(1, 8));
        NdArray gradY = random.Array(x.Shape[0], x.Shape[1], size.H, size.W);
        GradientCheck.Passes(() => AdaptivePooling.Average(x, size), gradY, (x, AdaptivePooling.AverageBackward(x, gradY)));
        GradientCheck.Passes(() => AdaptivePooling.Max(x, size).Y, gradY, (x, AdaptivePooling.MaxBackward(x, gradY)));
    });

    [Fact]
    public void Of_equal_values_the_first_in_row_major_order_wins()
    {
        NdArray x = new([1, 3, 3, 0, 3, 3, 2, 2, 2], 1, 1, 3, 3);
        Pooled y = MaxPooling.Forward(x, new(2) { Stride = 1 });
        Assert.Equal([3, 3, 3, 3], y.Y.Data);
        Assert.Equal([1, 1, 4, 4], y.Indices);
        Assert.Equal([0, 11, 0, 0, 1100, 0, 0, 0, 0], MaxPooling.Backward(x, new NdArray([1, 10, 100, 1000], 1, 1, 2, 2), new(2) { Stride = 1 }).Data);
    }

    [Fact]
    public void Max_pooling_pads_with_minus_infinity_not_with_0()
    {
        NdArray x = NdArray.Full(-5, 1, 1, 2, 2);
        Assert.Equal([-5.0, -5, -5, -5], MaxPooling.Forward(x, new(2) { Padding = 1 }).Y.Data);
    }

    [Fact]
    public void A_NaN_wins_and_an_infinity_is_a_value()
    {
        NdArray x = new([1, double.NaN, double.NegativeInfinity, double.NegativeInfinity], 1, 1, 2, 2);
        Assert.Equal([1], MaxPooling.Forward(x, new(2)).Indices);
        Assert.Equal([0, 1, 2, 3], MaxPooling.Forward(x, new(1)).Indices);
    }

    [Fact]
    public void Average_pooling_counts_padding_or_not_or_divides_by_the_given_number()
    {
        NdArray x = NdArray.Full(4, 1, 1, 2, 2);
        PoolingWindow window = new(2) { Padding = 1 };
        Assert.Equal([1.0, 1, 1, 1], AveragePooling.Forward(x, window).Data);
        Assert.Equal([4.0, 4, 4, 4], AveragePooling.Forward(x, window, countIncludePad: false).Data);
        Assert.Equal([2.0, 2, 2, 2], AveragePooling.Forward(x, window, divisor: 2).Data);
    }

    [Fact]
    public void What_overhangs_in_ceil_mode_is_not_counted()
    {
        NdArray x = new([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3);
        Assert.Equal([3, 4.5, 7.5, 9], AveragePooling.Forward(x, new(2) { CeilMode = true }).Data);
        Assert.Equal([5, 6, 8, 9], MaxPooling.Forward(x, new(2) { CeilMode = true }).Y.Data);
        Assert.Equal([5], MaxPooling.Forward(x, new(2)).Y.Data);
    }

    [Fact]
    public void Adaptive_windows_overlap_where_sizes_do_not_divide()
    {
        NdArray x = new([1, 2, 3, 4, 5], 1, 1, 1, 5);
        Assert.Equal([1.5, 3, 4.5], AdaptivePooling.Average(x, (1, 3)).Data);
        Assert.Equal([2.0, 4, 5], AdaptivePooling.Max(x, (1, 3)).Y.Data);
        Assert.Equal([3.0], AdaptivePooling.Average(x, 1).Data);
        Near.Equal(x, AdaptivePooling.Average(x, (1, 5)));
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        NdArray x = NdArray.Zeros(1, 1, 4, 4);
        Assert.Throws<ArgumentException>(() => MaxPooling.Forward(x, new(5)));
        Assert.Throws<ArgumentException>(() => MaxPooling.Forward(x, new(2) { Padding = 2 }));
        Assert.Throws<ArgumentException>(() => MaxPooling.Forward(x, new(2) { Stride = 0 }));
        Assert.Throws<ArgumentException>(() => MaxPooling.Forward(x.Reshape(4, 4), new(2)));
        Assert.Throws<ArgumentException>(() => MaxPooling.Backward(x, x, new(2)));
        Assert.Throws<ArgumentException>(() => AveragePooling.Forward(x, new(2) { Dilation = 2 }));
        Assert.Throws<ArgumentException>(() => AveragePooling.Forward(x, new(2), divisor: 0));
        Assert.Throws<ArgumentException>(() => AveragePooling.Backward(x, x, new(2)));
        Assert.Throws<ArgumentException>(() => AdaptivePooling.Average(x, 0));
        Assert.Throws<ArgumentException>(() => AdaptivePooling.AverageBackward(x, NdArray.Zeros(1, 2, 1, 1)));
    }

    private static PoolingWindow RandomWindow(Random random, bool dilated)
    {
        Pair kernel = (random.From(1, 3), random.From(1, 3));
        return new PoolingWindow(kernel)
        {
            Stride = (random.From(1, 3), random.From(1, 3)),
            Padding = (random.From(0, kernel.H / 2), random.From(0, kernel.W / 2)),
            Dilation = dilated ? (random.From(1, 2), random.From(1, 2)) : 1,
            CeilMode = random.Coin(),
        };
    }

    private static NdArray RandomInput(Random random, PoolingWindow window) => random.Distinct(
        random.From(1, 2),
        random.From(1, 3),
        (window.Dilation.H * (window.Kernel.H - 1)) + 1 + random.From(0, 4),
        (window.Dilation.W * (window.Kernel.W - 1)) + 1 + random.From(0, 4));
}
