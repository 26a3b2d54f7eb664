using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.NN;

/// <summary>Batch normalisation of images in training, with the channels last and first in memory, against the same in double.</summary>
public class BatchNormPrecisionTests
{
    [Theory]
    [InlineData(ScalarType.BFloat16, true, 128, 16, 9, 8)] // a multiple of 16 channels, several blocks of rows
    [InlineData(ScalarType.BFloat16, true, 3, 48, 5, 7)]
    [InlineData(ScalarType.BFloat16, true, 2, 16, 1, 1)]
    [InlineData(ScalarType.BFloat16, true, 4, 20, 6, 6)]
    [InlineData(ScalarType.BFloat16, false, 4, 32, 6, 6)]
    [InlineData(ScalarType.BFloat16, false, 2, 3, 7, 5)]
    [InlineData(ScalarType.Float32, true, 128, 16, 9, 8)]
    [InlineData(ScalarType.Float32, true, 3, 48, 5, 7)]
    [InlineData(ScalarType.Float32, true, 4, 20, 6, 6)]
    [InlineData(ScalarType.Float32, false, 8, 16, 32, 32)]
    [InlineData(ScalarType.Float32, false, 1, 2, 230, 231)] // a plane of more than one block of values
    [InlineData(ScalarType.Float32, false, 3, 5, 7, 7)] // a value more than whole vectors
    [InlineData(ScalarType.Float32, false, 5, 3, 3, 3)]
    [InlineData(ScalarType.Float32, false, 5, 1, 4, 4)]
    public void Output_gradients_and_statistics_are_those_of_float64(ScalarType type, bool channelsLast, long images, long channels, long height, long width)
    {
        (Tensor input, Tensor outer, Tensor weight, Tensor bias) = Draw(type, images, channels, height, width);
        Tensor[] exact = Run(input.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), outer.to(ScalarType.Float64));
        Tensor[] rounded = Run(channelsLast ? Last(input) : input.clone(), weight.clone(), bias.clone(), channelsLast ? Last(outer) : outer.clone());
        double[] bounds = type == ScalarType.BFloat16 ? [1.0 / 128, 1.0 / 128, 1e-3, 1e-5, 1e-4, 1e-3] : [1e-5, 1e-5, 1e-4, 1e-4, 1e-5, 1e-4];
        foreach (((Tensor expected, Tensor actual), double bound) in exact.Zip(rounded).Zip(bounds))
        {
            double largest = Math.Max(expected.abs().max().item<double>(), 1), difference = (actual.to(ScalarType.Float64) - expected).abs().max().item<double>();
            Assert.True(difference <= bound * largest, $"{difference} of {largest}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gradients_can_be_differentiated_again(bool channelsLast)
    {
        (Tensor input, Tensor outer, Tensor weight, Tensor bias) = Draw(ScalarType.Float32, 4, 16, 5, 5);
        Tensor[] exact = Twice(input.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), outer.to(ScalarType.Float64));
        Tensor[] rounded = Twice(channelsLast ? Last(input) : input.clone(), weight.clone(), bias.clone(), channelsLast ? Last(outer) : outer.clone());
        foreach ((Tensor expected, Tensor actual) in exact.Zip(rounded))
        {
            double largest = expected.abs().max().item<double>();
            Assert.InRange(largest, 1e-3, 1e6);
            Assert.True((actual.to(ScalarType.Float64) - expected).abs().max().item<double>() <= 1e-3 * largest);
        }

        // A penalty on the gradient, differentiated by input and weight.
        static Tensor[] Twice(Tensor input, Tensor weight, Tensor bias, Tensor outer)
        {
            Tensor x = input.detach().requires_grad_(), w = weight.requires_grad_(), b = bias.requires_grad_();
            Tensor output = nn.functional.batch_norm(x, null, null, w, b, training: true, momentum: 0.1, eps: 1e-5);
            Tensor gradient = autograd.grad([output], [x], [outer], create_graph: true)[0];
            (gradient * gradient).sum().backward();
            return [x.grad!, w.grad!];
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.Float32, true)]
    [InlineData(ScalarType.BFloat16, true)]
    public void A_large_mean_costs_no_variance(ScalarType type, bool channelsLast)
    {
        manual_seed(4);
        using Tensor input = (randn(8, 16, 12, 12) * 4 + 1000).to(type), last = channelsLast ? Last(input) : input.clone();
        using Tensor mean = zeros(16), variance = ones(16), one = ones(16), zero = zeros(16);
        using Tensor output = nn.functional.batch_norm(last, mean, variance, one, zero, training: true, momentum: 1, eps: 1e-5);
        using Tensor expected = input.to(ScalarType.Float64).transpose(0, 1).reshape(16, -1).@var(1);
        Assert.True(((variance.to(ScalarType.Float64) - expected) / expected).abs().max().item<double>() < 1e-4);
    }

#if TORCH_SYSTEM
    // The system backend's own sums have one order; libtorch's depend on the threads where the channels are last.
    [Theory]
    [InlineData(ScalarType.Float32, true)]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.BFloat16, true)]
    [InlineData(ScalarType.BFloat16, false)]
    public void Bits_do_not_depend_on_the_number_of_threads(ScalarType type, bool channelsLast)
    {
        (Tensor input, Tensor outer, Tensor weight, Tensor bias) = Draw(type, 37, 32, 31, 29);
        int threads = get_num_threads();
        try
        {
            Tensor[][] results = [.. new[] { 1, 2, 3, 5 }.Select(count =>
            {
                set_num_threads(count);
                return Run(channelsLast ? Last(input) : input.clone(), weight.clone(), bias.clone(), channelsLast ? Last(outer) : outer.clone());
            })];
            Assert.All(results[1..], others => Assert.All(others.Zip(results[0]), pair => Assert.True((pair.First == pair.Second).all().item<bool>())));
        }
        finally
        {
            set_num_threads(threads);
        }
    }
#endif

    // Means far from zero: a variance as the difference of two large numbers would be wrong.
    private static (Tensor Input, Tensor Outer, Tensor Weight, Tensor Bias) Draw(ScalarType type, long images, long channels, long height, long width)
    {
        manual_seed(1);
        return ((randn(images, channels, height, width) * 3 + randn(1, channels, 1, 1) * 20).to(type), randn(images, channels, height, width).to(type), rand(channels) + 0.5, randn(channels));
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
