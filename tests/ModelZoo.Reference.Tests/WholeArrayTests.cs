using Xunit;

namespace ModelZoo.Reference.Tests;

/// <summary>Formulas of whole arrays and of single elements give the same.</summary>
public class WholeArrayTests
{
    [Theory]
    [InlineData(4, 6, 3, 3, 1, 1, 1, 1)]
    [InlineData(4, 6, 3, 2, 2, 1, 1, 2)]
    [InlineData(3, 2, 1, 1, 1, 0, 1, 1)]
    [InlineData(4, 4, 3, 3, 2, 3, 2, 4)]
    [InlineData(2, 4, 5, 1, 3, 2, 1, 1)]
    public void A_convolution(int channels, int maps, int rows, int columns, int stride, int padding, int dilation, int groups)
    {
        var random = new Random(channels + stride);
        NdArray x = Random(random, 2, channels, 7, 9), w = Random(random, maps, channels / groups, rows, columns), bias = Random(random, maps);
        var shape = new ConvolutionShape { Stride = stride, Padding = padding, Dilation = dilation, Groups = groups };
        NdArray y = Convolution.Forward(x, w, bias, shape);
        Near(y, WholeConvolution.Forward(x, w, bias, shape));
        NdArray gradY = Random(random, [.. y.Shape]);
        Near(Convolution.Backward(x, w, gradY, shape).X, WholeConvolution.GradInput(x, w, gradY, shape));
    }

    [Fact]
    public void A_linear_layer()
    {
        var random = new Random(1);
        NdArray x = Random(random, 3, 5), w = Random(random, 4, 5), gradY = Random(random, 3, 4);
        Near(Linear.Backward(x, w, gradY).X, Linear.GradInput(w, gradY));
    }

    [Theory]
    [InlineData(3, 2, 1, true)]
    [InlineData(3, 2, 0, false)]
    [InlineData(2, 2, 0, false)]
    [InlineData(3, 1, 1, true)]
    [InlineData(2, 3, 1, false)]
    public void Poolings(int kernel, int stride, int padding, bool ceil)
    {
        var random = new Random(kernel);
        NdArray x = Random(random, 2, 2, 7, 8).Map(v => Math.Round(v * 3)); // with equal values
        var window = new PoolingWindow(kernel) { Stride = stride, Padding = padding, CeilMode = ceil };
        Pooled pooled = MaxPooling.Forward(x, window);
        NdArray gradY = Random(random, [.. pooled.Y.Shape]);
        NdArray gradX = MaxPooling.Backward(x, gradY, window), average = AveragePooling.Forward(x, window),
            gradAverage = AveragePooling.Backward(x, gradY, window, true);
        Near(pooled.Y, Each(pooled.Y, (n, c, i, j) => MaxPooling.ForwardAt(x, window, n, c, i, j)));
        Near(gradX, Each(x, (n, c, h, w) => MaxPooling.GradInputAt(x, gradY, window, n, c, h, w).Value));
        Near(average, Each(average, (n, c, i, j) => AveragePooling.ForwardAt(x, window, true, null, n, c, i, j).Value));
        Near(gradAverage, Each(x, (n, c, h, w) => AveragePooling.GradInputAt(x, gradY, window, true, null, n, c, h, w).Value));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(7, 8)]
    [InlineData(9, 20)]
    public void Adaptive_pooling(int rows, int columns)
    {
        var random = new Random(rows);
        NdArray x = Random(random, 2, 2, 7, 8), gradY = Random(random, 2, 2, rows, columns);
        Near(AdaptivePooling.Average(x, (rows, columns)), Each(gradY, (n, c, i, j) => AdaptivePooling.AverageAt(x, (rows, columns), n, c, i, j).Value));
        Near(AdaptivePooling.AverageBackward(x, gradY), Each(x, (n, c, h, w) => AdaptivePooling.AverageGradInputAt(x, gradY, n, c, h, w).Value));
    }

    private static NdArray Each(NdArray like, Func<int, int, int, int, double> at)
    {
        NdArray values = NdArray.ZerosLike(like);
        for (int i = 0; i < values.Count; i++)
        {
            values.Data[i] = at(i / like.Shape[3] / like.Shape[2] / like.Shape[1], i / like.Shape[3] / like.Shape[2] % like.Shape[1],
                i / like.Shape[3] % like.Shape[2], i % like.Shape[3]);
        }

        return values;
    }

    private static NdArray Random(Random random, params int[] shape) => NdArray.Zeros(shape).Map(_ => random.NextDouble() - 0.5);

    private static void Near(NdArray a, NdArray b)
    {
        Assert.Equal(a.Shape, b.Shape);
        Assert.All(a.Data.Zip(b.Data), pair => Assert.Equal(pair.First, pair.Second, 12));
    }
}
