using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>
/// DenseNet, MobileNet, EfficientNet and NASNet. The figures are torchvision's, or those of Manifests/mobile_and_small.py, whose arithmetic is independent of
/// the zoo.
/// </summary>
[Collection(TorchCollection.Name)]
public class MobileAndDenseTests
{
    [Theory]
    [InlineData("densenet121", 7_978_856, 2_834_161_664)]
    [InlineData("densenet161", 28_681_000, 7_727_907_072)]
    [InlineData("densenet169", 14_149_480, 3_359_843_328)]
    [InlineData("densenet201", 20_013_928, 4_291_365_888)]
    [InlineData("efficientnet_b0", 5_288_548, 385_814_752)]
    [InlineData("mobilenet_v1", 4_231_976, 568_740_352)]
    [InlineData("mobilenet_v1_050", 1_331_592, 149_497_088)]
    [InlineData("nasnet_mobile", 5_289_978, 563_638_816)]
    public void Parameters_and_multiply_accumulates_are_the_architectures(string name, long parameters, long macs)
    {
        using ZooModel model = Catalog.Models.Find(name).Create();
        var summary = ModelSummary.Of(model, 3, 224, 224);
        Assert.Equal(parameters, summary.Parameters);
        Assert.Equal(macs, summary.Macs);
    }

    [Theory]
    [InlineData("densenet121", "256×56×56 512×28×28 1024×14×14 1024×7×7")] // table 1
    [InlineData("densenet161", "384×56×56 768×28×28 2112×14×14 2208×7×7")]
    [InlineData("mobilenet_v1", "64×112×112 128×56×56 256×28×28 512×14×14 1024×7×7")] // table 1
    [InlineData("mobilenet_v1_050", "32×112×112 64×56×56 128×28×28 256×14×14 512×7×7")]
    [InlineData("efficientnet_b0", "16×112×112 24×56×56 40×28×28 112×14×14 320×7×7")] // table 1
    [InlineData("nasnet_mobile", "32×111×111 44×56×56 264×28×28 528×14×14 1056×7×7")]
    public void Feature_maps_have_the_papers_sizes(string name, string expected)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        IReadOnlyList<FeatureMap> maps = FeatureExtractor.Describe(model, info.Defaults);
        Assert.Equal(expected, string.Join(" ", maps.Select(map => string.Join("×", map.Shape))));
        Assert.Equal(Enumerable.Range(0, maps.Count).Select(i => maps[0].Stride * Math.Pow(2, i)), maps.Select(map => map.Stride));
    }

    [Theory]
    [InlineData("densenet121", 32)]
    [InlineData("efficientnet_b0", 32)]
    [InlineData("mobilenet_v1_050", 32)]
    [InlineData("nasnet_mobile", 35)]
    public void Each_layer_computes_what_it_says(string name, int size)
    {
        manual_seed(3);
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create(info.Defaults with { NumClasses = 10, InputHeight = size, InputWidth = size });
        using Tensor input = randn(2, 3, size, size);
        VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { MaxElements = 1024, MaxTerms = 100_000 });
        Assert.True(report.Passed, $"{report.FirstFailure}");
    }

    [Theory]
    [InlineData(3, 224, 224)]
    [InlineData(1, 97, 64)]
    [InlineData(3, 50, 75)]
    public void NASNet_halves_sides_upwards_whatever_their_parity(int channels, int height, int width)
    {
        ModelInfo info = Catalog.Models.Find("nasnet_mobile");
        ModelOptions options = new(5, channels, height, width);
        using ZooModel model = info.Create(options);
        long[] side = [(height - 1) / 2, (width - 1) / 2];
        foreach (FeatureMap map in FeatureExtractor.Describe(model, options))
        {
            Assert.Equal(side, map.Shape[1..]);
            side = [(side[0] + 1) / 2, (side[1] + 1) / 2];
        }
    }

    [Fact]
    public void NASNets_two_inputs_of_a_cell_give_features_too()
    {
        ModelInfo info = Catalog.Models.Find("nasnet_mobile");
        using ZooModel model = info.Create(info.Defaults with { InputHeight = 64, InputWidth = 64 });
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal([1, 264, 8, 8], FeatureExtractor.Run(model, zeros(1, 3, 64, 64), ["cell_3"])["cell_3"].shape);
    }

    [Fact]
    public void Each_layer_of_a_dense_block_reads_everything_before_it()
    {
        ModelInfo info = Catalog.Models.Find("densenet121");
        using ZooModel model = info.Create(info.Defaults with { InputHeight = 32, InputWidth = 32 });
        model.eval();
        var seen = new List<long>();
        foreach ((string name, nn.Module module) in model.named_modules())
        {
            if (name.StartsWith("features.denseblock2.", StringComparison.Ordinal) && name.EndsWith("norm1", StringComparison.Ordinal))
            {
                ((nn.Module<Tensor, Tensor>)module).register_forward_pre_hook((_, x) =>
                {
                    seen.Add(x.shape[1]);
                    return x;
                });
            }
        }

        model.call(zeros(1, 3, 32, 32)).Dispose();
        Assert.Equal(Enumerable.Range(0, 12).Select(i => 128L + (32 * i)), seen);
    }

    [Fact]
    public void EfficientNets_drop_rate_grows_with_depth_on_blocks_with_a_shortcut()
    {
        using ZooModel model = Catalog.Models.Find("efficientnet_b0").Create();
        double[] rates = [.. model.modules().OfType<Layers.StochasticDepth>().Select(layer => layer.Probability)];
        int[] withShortcut = [2, 4, 6, 7, 9, 10, 12, 13, 14]; // of 16 blocks, counted from 0
        Assert.Equal(withShortcut.Select(block => 0.2 * block / 16), rates);
        Assert.Equal(49, model.modules().OfType<BatchNorm2d>().Count(norm => norm.eps == 1e-5));
    }

    [Fact]
    public void NASNets_normalization_has_TensorFlows_eps()
    {
        using ZooModel model = Catalog.Models.Find("nasnet_mobile").Create();
        Assert.All(model.modules().OfType<BatchNorm2d>(), norm => Assert.Equal(1e-3, norm.eps));
    }
}
