using Xunit;

namespace ModelZoo.Reference.Tests;

public class CountsTests
{
    [Fact]
    public void The_layers_of_LeNet5_have_the_published_numbers_of_parameters()
    {
        Assert.Equal(156, Counts.ConvolutionParameters(1, 6, 5));
        Assert.Equal(12, Counts.SubsamplingParameters(6));
        Assert.Equal(1516, Counts.TableConvolutionParameters(ConnectionTable.LeNet5, 5));
        Assert.Equal(32, Counts.SubsamplingParameters(16));
        Assert.Equal(48120, Counts.ConvolutionParameters(16, 120, 5));
        Assert.Equal(10164, Counts.LinearParameters(120, 84));
        Assert.Equal(60000, 156 + 12 + 1516 + 32 + 48120 + 10164);
    }

    [Fact]
    public void Modern_LeNet5_has_61706_parameters_and_416520_MACs()
    {
        Assert.Equal(61706, Counts.ConvolutionParameters(1, 6, 5) + Counts.ConvolutionParameters(6, 16, 5)
            + Counts.LinearParameters(400, 120) + Counts.LinearParameters(120, 84) + Counts.LinearParameters(84, 10));
        Assert.Equal(416520, Counts.ConvolutionMacs(1, 6, 5, 28) + Counts.ConvolutionMacs(6, 16, 5, 10)
            + Counts.LinearMacs(400, 120) + Counts.LinearMacs(120, 84) + Counts.LinearMacs(84, 10));
    }

    [Fact]
    public void C3_has_the_published_151600_connections_with_its_biases() =>
        Assert.Equal(151_600, Counts.TableConvolutionMacs(ConnectionTable.LeNet5, 5, 10) + (16 * 100));

    [Fact]
    public void The_naive_Inception_module_costs_854196224_MACs()
    {
        long naive = Counts.ConvolutionMacs(256, 128, 1, 28) + Counts.ConvolutionMacs(256, 192, 3, 28) + Counts.ConvolutionMacs(256, 96, 5, 28);
        long bottleneck = Counts.ConvolutionMacs(256, 128, 1, 28) + Counts.ConvolutionMacs(256, 64, 1, 28) + Counts.ConvolutionMacs(64, 192, 3, 28)
            + Counts.ConvolutionMacs(256, 64, 1, 28) + Counts.ConvolutionMacs(64, 96, 5, 28) + Counts.ConvolutionMacs(256, 64, 1, 28);
        Assert.Equal(854_196_224, naive);
        Assert.Equal(271_351_808, bottleneck);
    }

    [Fact]
    public void A_depthwise_separable_convolution_costs_1_over_out_plus_1_over_k_squared_of_a_full_one()
    {
        long full = Counts.ConvolutionMacs(32, 64, 3, 14);
        long separable = Counts.ConvolutionMacs(32, 32, 3, 14, groups: 32) + Counts.ConvolutionMacs(32, 64, 1, 14);
        Near.Number((1.0 / 64) + (1.0 / 9), (double)separable / full);
    }

    [Fact]
    public void Grouped_transposed_and_normalizing_layers_count_their_weights()
    {
        Assert.Equal((48 * 25 * 256) + 256, Counts.ConvolutionParameters(96, 256, 5, groups: 2));
        Assert.Equal((8 * 4 * 6) + 4, Counts.TransposedConvolutionParameters(8, 4, (2, 3)));
        Assert.Equal(8 * 49 * 4 * 6, Counts.TransposedConvolutionMacs(8, 4, (2, 3), 7));
        Assert.Equal(128, Counts.BatchNormalizationParameters(64));
        Assert.Equal(2 * 4 * 3 * 5, Counts.LayerNormalizationParameters(4, 3, 5));
        Assert.Equal(9408, Counts.ConvolutionParameters(3, 64, 7, bias: false));
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        Assert.Throws<ArgumentException>(() => Counts.ConvolutionParameters(3, 4, 3, groups: 2));
    }
}
