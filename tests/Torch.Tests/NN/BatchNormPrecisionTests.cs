using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.NN;

/// <summary>Batch normalisation of bfloat16 images in training, with the channels last and first in memory, against the same in double.</summary>
public class BatchNormPrecisionTests
{
    [Theory]
    [InlineData(true, 128, 16, 9, 8)] // a multiple of 16 channels, several blocks of rows
    [InlineData(true, 3, 48, 5, 7)]
    [InlineData(true, 2, 16, 1, 1)]
    [InlineData(true, 4, 20, 6, 6)]
    [InlineData(false, 4, 32, 6, 6)]
    public void Output_gradients_and_statistics_are_those_of_float64(bool channelsLast, long images, long channels, long height, long width)
    {
        manual_seed(1);
        // Means far from zero: a variance as the difference of two large numbers would be wrong.
        using Tensor input = (randn(images, channels, height, width) * 3 + randn(1, channels, 1, 1) * 20).to(ScalarType.BFloat16);
        using Tensor outer = randn(images, channels, height, width).to(ScalarType.BFloat16);
        using Tensor weight = rand(channels) + 0.5, bias = randn(channels);
        Tensor[] exact = Run(input.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), outer.to(ScalarType.Float64));
        Tensor[] half = Run(channelsLast ? Last(input) : input.clone(), weight.clone(), bias.clone(), channelsLast ? Last(outer) : outer.clone());
        double[] bounds = [1.0 / 128, 1.0 / 128, 1e-3, 1e-5, 1e-4, 1e-3];
        foreach (((Tensor expected, Tensor actual), double bound) in exact.Zip(half).Zip(bounds))
        {
            double largest = Math.Max(expected.abs().max().item<double>(), 1), difference = (actual.to(ScalarType.Float64) - expected).abs().max().item<double>();
            Assert.True(difference <= bound * largest, $"{difference} of {largest}");
        }
    }

    // Output, gradients of input, weight and bias, running mean and variance.
    private static Tensor[] Run(Tensor input, Tensor weight, Tensor bias, Tensor outer)
    {
        Tensor x = input.detach().requires_grad_(), w = weight.requires_grad_(), b = bias.requires_grad_();
        Tensor mean = zeros_like(weight).detach(), variance = ones_like(weight).detach();
        Tensor output = nn.functional.batch_norm(x, mean, variance, w, b, training: true, momentum: 0.1, eps: 1e-5);
        output.backward([outer]);
        return [output.detach(), x.grad!, w.grad!, b.grad!, mean, variance];
    }

    private static Tensor Last(Tensor images) => images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}
