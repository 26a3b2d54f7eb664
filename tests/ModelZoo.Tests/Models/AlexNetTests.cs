using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Tests.Verification;
using ModelZoo.Transfer;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>
/// AlexNet in its three forms. Figures: shared reference figures; MACs to the unit by hooks on independent networks in Python
/// (Manifests/alexnet_vgg_googlenet.py).
/// </summary>
[Collection(TorchCollection.Name)]
public class AlexNetTests
{
    [Theory]
    [InlineData("alexnet", 61_100_840, 714_188_480)]
    [InlineData("alexnet_original", 60_965_224, 724_406_816)]
    [InlineData("alexnet_ungrouped", 62_378_344, 1_135_256_096)]
    public void Figures_and_keys(string name, long parameters, long macs)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        ModelSummary summary = ModelSummary.Of(model, info.Input.Channels, info.Input.Height, info.Input.Width);
        Assert.Equal((parameters, macs), (summary.Parameters, summary.Macs));
    }

    [Fact]
    public void Torchvisions_sizes_before_the_adaptive_pool()
    {
        ModelInfo info = Catalog.Models.Find("alexnet");
        using ZooModel model = info.Create();
        ModelAssert.Sizes(model, info.Input, ("features.0", 64, 55), ("features.2", 64, 27), ("features.5", 192, 13), ("features.11", 256, 13),
            ("features.12", 256, 6));
        Assert.Equal(["features.2", "features.5", "features.12"],
            FeatureExtractor.Describe(model, info.Defaults).Where(f => f.Stride is 8 or 16 or 32).Select(f => f.Layer));
    }

    [Fact]
    public void The_originals_sizes_settings_and_initial_weights()
    {
        ModelInfo info = Catalog.Models.Find("alexnet_original");
        manual_seed(3);
        using ZooModel model = info.Create();
        ModelAssert.Sizes(model, info.Input, ("conv1", 96, 55), ("norm1", 96, 55), ("pool1", 96, 27), ("conv2", 256, 27), ("pool2", 256, 13),
            ("conv4", 384, 13), ("conv5", 256, 13), ("pool5", 256, 6));
        Assert.Equal([1, 2, 1, 2, 2], Enumerable.Range(1, 5).Select(i => FaultTests.Find<Conv2d>(model, $"conv{i}").groups));
        Assert.All((string[])["norm1", "norm2"], name =>
        {
            LocalResponseNorm norm = FaultTests.Find<LocalResponseNorm>(model, name);
            Assert.Equal((5, 5 * 1e-4, 0.75, 2), (norm.size, norm.alpha, norm.beta, norm.k));
        });
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            if (name.EndsWith("weight", StringComparison.Ordinal))
            {
                Assert.Equal(0.01, parameter.std().item<float>(), 1e-4);
                Assert.Equal(0, parameter.mean().item<float>(), 1e-3);
            }
            else
            {
                float expected = name is "conv2.bias" or "conv4.bias" or "conv5.bias" or "fc6.bias" or "fc7.bias" ? 1 : 0;
                Assert.True(parameter.eq(expected).all().item<bool>(), name);
            }
        }
    }

    [Theory]
    [InlineData("alexnet")]
    [InlineData("alexnet_original")]
    public void The_smallest_input_is_the_smallest(string name) => ModelAssert.MinimumHolds(Catalog.Models.Find(name));

    [Theory]
    [InlineData("alexnet")]
    [InlineData("alexnet_original")]
    public void Layers_compute_what_they_say(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create(info.Defaults with { NumClasses = 5, InputHeight = info.MinimumSize, InputWidth = info.MinimumSize });
        ModelAssert.Verifies(model, info.Input.Channels, info.MinimumSize);
    }
}
