using Xunit;

namespace ModelZoo.Reference.Tests;

public class PoolingTests
{
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
}
