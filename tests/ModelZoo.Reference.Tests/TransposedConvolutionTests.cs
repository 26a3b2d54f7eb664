using Xunit;

namespace ModelZoo.Reference.Tests;

public class TransposedConvolutionTests
{
    [Fact]
    public void It_lays_a_weighted_kernel_over_the_output_for_each_pixel() => Properties.Hold(30, random =>
    {
        (NdArray x, NdArray w, NdArray bias, ConvolutionShape s, Pair outputPadding) = ConvolutionOperations.RandomTransposed(random);
        NdArray y = TransposedConvolution.Forward(x, w, bias, s, outputPadding), laid = NdArray.ZerosLike(y);
        int inputs = x.Shape[1] / s.Groups, outputs = w.Shape[1];
        for (int k = 0; k < laid.Count; k++)
        {
            laid.Data[k] = bias[k / (y.Shape[2] * y.Shape[3]) % y.Shape[1]];
        }

        for (int at = 0; at < x.Count; at++)
        {
            int j = at % x.Shape[3], i = at / x.Shape[3] % x.Shape[2], c = at / (x.Shape[3] * x.Shape[2]) % x.Shape[1];
            int n = at / (x.Shape[3] * x.Shape[2] * x.Shape[1]);
            for (int kernel = 0; kernel < outputs * w.Shape[2] * w.Shape[3]; kernel++)
            {
                int q = kernel % w.Shape[3], p = kernel / w.Shape[3] % w.Shape[2], k = kernel / (w.Shape[3] * w.Shape[2]);
                int h = (i * s.Stride.H) - s.Padding.H + (p * s.Dilation.H), v = (j * s.Stride.W) - s.Padding.W + (q * s.Dilation.W);
                if (h >= 0 && h < y.Shape[2] && v >= 0 && v < y.Shape[3])
                {
                    laid[n, (c / inputs * outputs) + k, h, v] += x[n, c, i, j] * w[c, k, p, q];
                }
            }
        }

        Near.Equal(laid, y);
    });

    [Fact]
    public void It_is_the_adjoint_of_the_convolution_with_the_same_kernel() => Properties.Hold(60, random =>
    {
        (NdArray x, NdArray w, _, ConvolutionShape shape) = ConvolutionOperations.RandomConvolution(random);
        NdArray image = Convolution.Forward(x, w, null, shape), y = random.ArrayLike(image);
        Pair rest = (
            (x.Shape[2] + (2 * shape.Padding.H) - (shape.Dilation.H * (w.Shape[2] - 1)) - 1) % shape.Stride.H,
            (x.Shape[3] + (2 * shape.Padding.W) - (shape.Dilation.W * (w.Shape[3] - 1)) - 1) % shape.Stride.W);
        Near.Number(Inner(image, y), Inner(x, TransposedConvolution.Forward(y, w, null, shape, rest)));
    });

    [Fact]
    public void A_2x2_kernel_with_stride_2_gives_the_numbers_worked_by_hand()
    {
        NdArray x = new([1, 2, 3, 4], 1, 1, 2, 2), w = new([1, 10, 100, 1000], 1, 1, 2, 2);
        NdArray y = TransposedConvolution.Forward(x, w, null, new() { Stride = 2 });
        Assert.Equal([1, 10, 2, 20, 100, 1000, 200, 2000, 3, 30, 4, 40, 300, 3000, 400, 4000], y.Data);
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        NdArray x = NdArray.Zeros(1, 4, 3, 3), w = NdArray.Zeros(4, 2, 3, 3);
        Assert.Throws<ArgumentException>(() => TransposedConvolution.Forward(x, NdArray.Zeros(2, 4, 3, 3), null, new()));
        Assert.Throws<ArgumentException>(() => TransposedConvolution.Forward(x, w, null, new() { Groups = 3 }));
        Assert.Throws<ArgumentException>(() => TransposedConvolution.Forward(x, w, NdArray.Zeros(4), new()));
        Assert.Throws<ArgumentException>(() => TransposedConvolution.Forward(x, w, null, new() { Stride = 2 }, 2));
        Assert.Throws<ArgumentException>(() => TransposedConvolution.Forward(x, w, null, new() { Padding = 4 }));
        Assert.Throws<ArgumentException>(() => TransposedConvolution.Backward(x, w, NdArray.Zeros(1, 2, 4, 4), new()));
    }

    private static double Inner(NdArray a, NdArray b) => a.Zip(b, (left, right) => left * right).Data.Sum();
}
