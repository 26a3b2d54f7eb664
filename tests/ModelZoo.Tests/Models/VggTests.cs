using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>VGG; figures and keys from torchvision (Manifests/alexnet_vgg_googlenet.py).</summary>
[Collection(TorchCollection.Name)]
public class VggTests
{
    [Theory]
    [InlineData("vgg11", 132_863_336, 7_609_090_048, new[] { 2, 5, 10, 15, 20 })]
    [InlineData("vgg11_bn", 132_868_840, 7_609_090_048, new[] { 3, 7, 14, 21, 28 })]
    [InlineData("vgg13", 133_047_848, 11_308_466_176, new[] { 4, 9, 14, 19, 24 })]
    [InlineData("vgg13_bn", 133_053_736, 11_308_466_176, new[] { 6, 13, 20, 27, 34 })]
    [InlineData("vgg16", 138_357_544, 15_470_264_320, new[] { 4, 9, 16, 23, 30 })]
    [InlineData("vgg16_bn", 138_365_992, 15_470_264_320, new[] { 6, 13, 23, 33, 43 })]
    [InlineData("vgg19", 143_667_240, 19_632_062_464, new[] { 4, 9, 18, 27, 36 })]
    [InlineData("vgg19_bn", 143_678_248, 19_632_062_464, new[] { 6, 13, 26, 39, 52 })]
    public void Figures_keys_and_sizes(string name, long parameters, long macs, int[] pools)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        ModelSummary summary = ModelSummary.Of(model, 3, 224, 224);
        Assert.Equal((parameters, macs), (summary.Parameters, summary.Macs));
        Dictionary<string, LayerSummary> layers = summary.Layers.ToDictionary(layer => layer.Name);
        Assert.Equal(pools.Select(i => $"features.{i}"), model.Stages);
        Assert.Equal(["64×112×112", "128×56×56", "256×28×28", "512×14×14", "512×7×7"],
            model.Stages.Select(stage => string.Join("×", layers[stage].OutputShape)));
    }

    [Fact]
    public void The_smallest_input_is_the_smallest() => ModelAssert.MinimumHolds(Catalog.Models.Find("vgg11"));

    [Fact]
    public void Initial_weights_are_torchvisions()
    {
        manual_seed(4);
        ModelInfo info = Catalog.Models.Find("vgg11");
        using ZooModel model = info.Create(info.Defaults with { NumClasses = 3 });
        foreach ((string name, nn.Module module) in model.named_modules())
        {
            if (module is Conv2d convolution)
            {
                Assert.Equal(Math.Sqrt(2.0 / (9 * convolution.out_channels)), convolution.weight.std().item<float>(), 4e-3);
                Assert.True(convolution.bias!.eq(0).all().item<bool>(), name);
            }
            else if (module is Linear linear)
            {
                Assert.Equal(0.01, linear.weight.std().item<float>(), 3e-4);
                Assert.True(linear.bias!.eq(0).all().item<bool>(), name);
            }
        }
    }

    [Fact]
    public void Layers_compute_what_they_say()
    {
        ModelInfo info = Catalog.Models.Find("vgg11_bn");
        using ZooModel model = info.Create(info.Defaults with { NumClasses = 5 });
        // The classifier's layers are AlexNet's, and a hundred million weights.
        ModelAssert.Verifies(TransferLearning.Find(model, "features"), 3, info.MinimumSize);
    }
}
