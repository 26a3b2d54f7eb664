using Xunit;

namespace ModelZoo.Reference.Tests;

public class OutputSizeTests
{
    [Fact]
    public void Convolution_sizes_are_the_ones_worked_by_hand()
    {
        Assert.Equal(5, OutputSize.Convolution(7, 3));
        Assert.Equal(3, OutputSize.Convolution(7, 3, stride: 2));
        Assert.Equal(7, OutputSize.Convolution(7, 3, padding: 1));
        Assert.Equal(55, OutputSize.Convolution(227, 11, stride: 4));
        Assert.Equal(112, OutputSize.Convolution(224, 7, stride: 2, padding: 3));
        Assert.Equal(5, OutputSize.Convolution(9, 3, dilation: 2));
    }

    [Fact]
    public void A_size_that_is_not_whole_is_refused_by_the_exact_rule_and_rounded_down_by_the_usual_one()
    {
        Assert.Equal(3, OutputSize.ConvolutionExact(7, 3, stride: 2));
        Assert.Throws<ArgumentException>(() => OutputSize.ConvolutionExact(7, 3, stride: 3));
        Assert.Equal(2, OutputSize.Convolution(7, 3, stride: 3));
    }

    [Fact]
    public void The_size_stays_if_and_only_if_the_padding_is_the_same_padding()
    {
        for (int kernel = 1; kernel <= 7; kernel += 2)
        {
            int padding = OutputSize.SamePadding(9, kernel);
            Assert.Equal((kernel - 1) / 2, padding);
            Assert.Equal(9, OutputSize.Convolution(9, kernel, padding: padding));
        }

        Assert.Equal(5, OutputSize.SamePadding(9, 3, stride: 2));
        Assert.Equal(9, OutputSize.Convolution(9, 3, stride: 2, padding: 5));
        Assert.Equal(2, OutputSize.SamePadding(9, 3, dilation: 2));
        Assert.Equal(9, OutputSize.Convolution(9, 3, padding: 2, dilation: 2));
        Assert.Throws<ArgumentException>(() => OutputSize.SamePadding(9, 2));
    }

    [Fact]
    public void Ceil_mode_rounds_up_but_drops_a_window_that_starts_in_the_right_padding()
    {
        Assert.Equal(56, OutputSize.Pooling(112, 3, 2, ceilMode: true));
        Assert.Equal(55, OutputSize.Pooling(112, 3, 2));
        Assert.Equal(2, OutputSize.Pooling(3, 2, 2, ceilMode: true));
        Assert.Equal(2, OutputSize.Pooling(3, 2, 2, padding: 1, ceilMode: true));
        Assert.Equal(1, OutputSize.Pooling(2, 1, 3, ceilMode: true));
    }

    [Fact]
    public void Ceil_mode_lets_a_lone_window_overhang_by_less_than_its_stride()
    {
        Assert.Equal(1, OutputSize.Pooling(2, 3, 2, ceilMode: true));
        Assert.Throws<ArgumentException>(() => OutputSize.Pooling(1, 3, 2, ceilMode: true));
        Assert.Throws<ArgumentException>(() => OutputSize.Pooling(2, 3, 2));
        Assert.Equal([4.0], MaxPooling.Forward(new NdArray([1, 2, 3, 4], 1, 1, 2, 2), new(3) { Stride = 2, CeilMode = true }).Y.Data);
        Assert.Equal([2.5], AveragePooling.Forward(new NdArray([1, 2, 3, 4], 1, 1, 2, 2), new(3) { Stride = 2, CeilMode = true }).Data);
    }

    [Fact]
    public void In_ceil_mode_every_window_starts_inside_and_every_pixel_is_seen()
    {
        for (int n = 1; n < 20; n++)
        {
            for (int kernel = 1; kernel <= Math.Min(n, 4); kernel++)
            {
                for (int stride = 1; stride <= kernel; stride++)
                {
                    for (int padding = 0; padding <= kernel / 2; padding++)
                    {
                        int last = ((OutputSize.Pooling(n, kernel, stride, padding, ceilMode: true) - 1) * stride) - padding;
                        Assert.True(last < n, "the last window starts inside");
                        Assert.True(last + kernel >= n, "the last window reaches the last pixel");
                    }
                }
            }
        }
    }

    [Fact]
    public void A_transposed_convolution_undoes_the_size_of_a_convolution() => Properties.Hold(100, random =>
    {
        int kernel = random.From(1, 5), stride = random.From(1, 4), dilation = random.From(1, 3), padding = random.From(0, 2);
        int n = (dilation * (kernel - 1)) + 1 + random.From(0, 20);
        int size = OutputSize.Convolution(n, kernel, stride, padding, dilation);
        int rest = (n + (2 * padding) - (dilation * (kernel - 1)) - 1) % stride;
        Assert.Equal(n, OutputSize.TransposedConvolution(size, kernel, stride, padding, dilation, rest));
    });

    [Fact]
    public void The_small_networks_shrink_as_drawn()
    {
        int[] convNet = [28, OutputSize.Convolution(28, 5, padding: 2), OutputSize.Pooling(28, 2, 2), OutputSize.Convolution(14, 5, padding: 2),
            OutputSize.Pooling(14, 2, 2)];
        Assert.Equal([28, 28, 14, 14, 7], convNet);
        int[] smallCnn = [OutputSize.Convolution(28, 5), OutputSize.Pooling(24, 2, 2), OutputSize.Convolution(12, 5), OutputSize.Pooling(8, 2, 2)];
        Assert.Equal([24, 12, 8, 4], smallCnn);
        Assert.Equal(320, Flatten.Forward(NdArray.Zeros(1, 20, 4, 4)).Shape[1]);
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        Assert.Throws<ArgumentException>(() => OutputSize.Convolution(2, 3));
        Assert.Throws<ArgumentException>(() => OutputSize.Convolution(5, 3, stride: 0));
        Assert.Throws<ArgumentException>(() => OutputSize.Pooling(5, 3, 2, padding: 2));
        Assert.Throws<ArgumentException>(() => OutputSize.TransposedConvolution(1, 1, padding: 1));
    }
}
