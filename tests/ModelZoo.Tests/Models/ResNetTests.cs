using ModelZoo.Analysis;
using ModelZoo.Layers;
using ModelZoo.Models;
using ModelZoo.Models.Resnet;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

[Collection(TorchCollection.Name)]
public class ResNetTests
{
    [Theory]
    [InlineData("resnet18", 11_689_512, 1_814_073_344, 1)]
    [InlineData("resnet34", 21_797_672, 3_663_761_408, 1)]
    [InlineData("resnet50", 25_557_032, 4_089_184_256, 4)]
    [InlineData("resnet101", 44_549_160, 7_801_405_440, 4)]
    [InlineData("resnet152", 60_192_808, 11_513_626_624, 4)]
    [InlineData("resnet50_v1", 25_557_032, 3_857_973_248, 4)]
    [InlineData("resnet101_v1", 44_549_160, 7_570_194_432, 4)]
    [InlineData("resnet152_v1", 60_192_808, 11_282_415_616, 4)]
    [InlineData("wide_resnet50_2", 68_883_240, 11_398_021_120, 4)]
    [InlineData("wide_resnet101_2", 126_886_696, 22_753_050_624, 4)]
    [InlineData("resnext50_32x4d", 25_028_904, 4_230_479_872, 4)]
    [InlineData("resnext101_32x8d", 88_791_336, 16_414_015_488, 4)]
    public void Figures(string name, long parameters, long macs, int expansion) =>
        ResidualFacts.Hold(name, parameters, macs, (64 * expansion, 56, 4), (128 * expansion, 28, 8), (256 * expansion, 14, 16), (512 * expansion, 7, 32));

    [Theory]
    [InlineData("resnet18", 64, null)]
    [InlineData("resnet18", 64, "group:32")]
    [InlineData("resnet18", 64, "layer")]
    [InlineData("resnet18", 64, "instance")]
    [InlineData("resnet18_cntk", 64, null)]
    [InlineData("resnet50_v1", 32, null)]
    [InlineData("resnext50_32x4d", 32, null)]
    public void Every_layer_computes_what_it_says(string name, int size, string? norm) => ResidualFacts.Verify(name, size, norm);

    // As the ONNX file of the package has it: 15.9 million parameters without its classifier, whose borders and ours give the same windows.
    [Fact]
    public void Microsofts_has_a_ninth_block_and_a_mean_image()
    {
        ModelInfo info = Catalog.Models.Find("resnet18_cntk");
        using ZooModel model = info.Create(), common = Catalog.Models.Find("resnet18").Create();
        ModelSummary summary = ModelSummary.Of(model, 3, 224, 224);
        long block = 2 * ((512 * 512 * 9) + (2 * 512));
        Assert.Equal(common.parameters().Sum(p => p.numel()) + block, summary.Parameters);
        Assert.Equal(15_897_152, summary.Parameters - (513 * 1000));
        Assert.Equal(["MeanImage", "Conv2d"], summary.Layers.Take(2).Select(l => l.Op));
        Assert.Equal([3, 224, 224], model.state_dict()["mean.image"].shape);
        Assert.Contains("layer4.2.conv2.weight", model.state_dict().Keys);
    }

    [Fact]
    public void Training_reaches_every_parameter() => ResidualFacts.TrainsThroughout("resnet18", 64);

    [Theory]
    [InlineData("resnet18")]
    [InlineData("resnet50")]
    public void A_block_can_start_as_its_shortcut(string name)
    {
        ResNetVariant variant = ResNetVariant.All.Single(v => v.Name == name);
        using var model = new ResNet(Catalog.Models.Find(name).Defaults, variant, zeroInitResidual: true);
        string last = variant.Bottleneck ? ".bn3.weight" : ".bn2.weight";
        int zeros = 0;
        foreach ((string key, var parameter) in model.named_parameters()
            .Where(p => p.parameter.Dimensions == 1 && p.name.EndsWith("weight", StringComparison.Ordinal)))
        {
            float expected = key.EndsWith(last, StringComparison.Ordinal) ? 0 : 1;
            Assert.All(parameter.data<float>().ToArray(), value => Assert.Equal(expected, value));
            zeros += expected == 0 ? 1 : 0;
        }

        Assert.Equal(variant.Blocks.Sum(), zeros);
    }

    [Fact]
    public void Convolutions_start_with_the_variance_of_He_over_their_outputs()
    {
        manual_seed(4);
        using ZooModel model = Catalog.Models.Find("resnext50_32x4d").Create();
        foreach ((string key, var parameter) in model.named_parameters().Where(p => p.parameter.Dimensions == 4 && p.parameter.numel() > 30_000))
        {
            double fanOut = parameter.shape[0] * parameter.shape[2] * parameter.shape[3];
            using Tensor deviation = parameter.std();
            Assert.InRange(deviation.item<float>() / Math.Sqrt(2 / fanOut), 0.97, 1.03);
        }
    }

    [Theory]
    [InlineData("group:24", "group:16")]
    [InlineData("group:128", "group:64")]
    public void Groups_that_do_not_divide_the_channels_are_refused(string norm, string advice)
    {
        ModelInfo info = Catalog.Models.Find("resnet18");
        Assert.Contains(advice, Assert.Throws<ZooException>(() => info.Create(info.Defaults with { Norm = norm })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_padded_shortcut_keeps_every_second_pixel_and_adds_zeros()
    {
        using var shortcut = new PaddedShortcut(2, 3, 2);
        using Tensor input = arange(1, 19, ScalarType.Float32).reshape(1, 2, 3, 3), output = shortcut.call(input);
        Assert.Equal([1, 3, 2, 2], output.shape);
        Assert.Equal([1, 3, 7, 9, 10, 12, 16, 18, 0, 0, 0, 0], output.data<float>().ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => new PaddedShortcut(3, 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PaddedShortcut(2, 2, 0));
        Assert.Throws<ArgumentException>(() => shortcut.call(output));
    }
}
