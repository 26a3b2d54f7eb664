using Xunit;

namespace ModelZoo.Reference.Tests;

/// <summary>A shifted image gives a shifted answer, as far as that is true. The pattern stays clear of the border, so that padding plays no part.</summary>
public class EquivarianceTests
{
    [Fact]
    public void Convolution_moves_with_the_image() => Properties.Hold(20, random =>
    {
        NdArray w = random.Array(3, 2, 3, 3);
        (NdArray x, NdArray shifted) = Pattern(random, 2, 1);
        ConvolutionShape shape = new() { Padding = 1 };
        AssertMoved(Convolution.Forward(x, w, null, shape), Convolution.Forward(shifted, w, null, shape), 2, 1);
    });

    [Fact]
    public void With_stride_2_a_shift_by_2_moves_the_answer_by_1() => Properties.Hold(20, random =>
    {
        NdArray w = random.Array(3, 2, 3, 3);
        (NdArray x, NdArray shifted) = Pattern(random, 2, 2);
        ConvolutionShape shape = new() { Padding = 1, Stride = 2 };
        AssertMoved(Convolution.Forward(x, w, null, shape), Convolution.Forward(shifted, w, null, shape), 1, 1);
        AssertMoved(MaxPooling.Forward(x, new(2)).Y, MaxPooling.Forward(shifted, new(2)).Y, 1, 1);
    });

    [Fact]
    public void With_stride_2_a_shift_by_1_changes_the_answer_itself()
    {
        NdArray x = NdArray.Zeros(1, 1, 1, 8), shifted = NdArray.Zeros(1, 1, 1, 8), w = new([1, 2, 4], 1, 1, 1, 3);
        x[0, 0, 0, 3] = shifted[0, 0, 0, 4] = 1;
        ConvolutionShape shape = new() { Stride = (1, 2), Padding = (0, 1) };
        Assert.Equal([0.0, 4, 1, 0], Convolution.Forward(x, w, null, shape).Data);
        Assert.Equal([0.0, 0, 2, 0], Convolution.Forward(shifted, w, null, shape).Data);
    }

    [Fact]
    public void Global_average_pooling_does_not_see_the_shift() => Properties.Hold(20, random =>
    {
        (NdArray x, NdArray shifted) = Pattern(random, 2, 1);
        Near.Equal(AdaptivePooling.Average(x, 1), AdaptivePooling.Average(shifted, 1));
    });

    /// <summary>A random 4×4 pattern in the middle of 12×12 zeros, and the same moved down and right.</summary>
    private static (NdArray X, NdArray Shifted) Pattern(Choices random, int down, int right)
    {
        NdArray pattern = random.Array(1, 2, 4, 4), x = NdArray.Zeros(1, 2, 12, 12), shifted = NdArray.Zeros(1, 2, 12, 12);
        for (int i = 0; i < pattern.Count; i++)
        {
            (int c, int h, int v) = (i / 16, 4 + (i / 4 % 4), 4 + (i % 4));
            x[0, c, h, v] = shifted[0, c, h + down, v + right] = pattern.Data[i];
        }

        return (x, shifted);
    }

    private static void AssertMoved(NdArray y, NdArray moved, int down, int right)
    {
        for (int k = 0; k < y.Shape[1]; k++)
        {
            for (int i = 0; i < y.Shape[2] - down; i++)
            {
                for (int j = 0; j < y.Shape[3] - right; j++)
                {
                    Assert.Equal(y[0, k, i, j], moved[0, k, i + down, j + right]);
                }
            }
        }
    }
}
