using ModelZoo.Layers;
using ModelZoo.Tests.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

[Collection(TorchCollection.Name)]
public class StochasticDepthTests
{
    [Fact]
    public void Whole_images_are_dropped_or_scaled_up_in_training()
    {
        manual_seed(4);
        using var layer = new StochasticDepth(0.25);
        layer.train();
        using Tensor output = layer.call(ones(4000, 2, 3, 3));
        float[] values = output.data<float>().ToArray();
        float[][] images = [.. values.Chunk(18)];
        Assert.All(images, image => Assert.True(image.All(v => v == 0) || image.All(v => Math.Abs(v - (1 / 0.75f)) < 1e-6)));
        Assert.InRange(images.Count(image => image[0] == 0) / 4000.0, 0.22, 0.28);
        Assert.InRange(values.Average(), 0.96, 1.04);
    }

    [Fact]
    public void Evaluation_and_probability_0_change_nothing()
    {
        using Tensor input = randn(8, 3, 2, 2);
        using var never = new StochasticDepth(0);
        using var always = new StochasticDepth(1);
        never.train();
        always.eval();
        Assert.True(never.call(input).equal(input).all().ToBoolean());
        Assert.True(always.call(input).equal(input).all().ToBoolean());
        always.train();
        Assert.Equal(0, always.call(input).abs().sum().ToSingle());
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void What_is_no_probability_is_refused(double probability) => Assert.Throws<ZooException>(() => new StochasticDepth(probability));
}
