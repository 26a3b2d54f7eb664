using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>The documents' arithmetic on variants of convolution, counted on networks that differ in nothing else.</summary>
[Collection(TorchCollection.Name)]
public class ConvVariantsTests
{
    [Theory]
    [InlineData("conv_plain", 5_258, 1_179_808)]
    [InlineData("conv_dilated", 5_258, 1_179_808)]
    [InlineData("conv_depthwise_separable", 1_450, 570_528)]
    [InlineData("conv_spatially_separable", 3_722, 934_048)]
    [InlineData("conv_pointwise", 1_194, 529_568)]
    public void Parameters_and_multiply_accumulates(string name, long parameters, long macs)
    {
        ModelSummary summary = Summary(name);
        Assert.Equal(parameters, summary.Parameters);
        Assert.Equal(macs, summary.Macs);
    }

    [Fact]
    public void A_depthwise_separable_convolution_takes_1_over_outputs_plus_1_over_k_squared_of_the_products()
    {
        Assert.Equal((1.0 / 16) + (1.0 / 9), Block("conv_depthwise_separable").Macs / (double)Block("conv_plain").Macs, 12);
    }

    [Fact]
    public void A_spatially_separable_convolution_takes_6_of_9_weights()
    {
        Assert.Equal(6.0 / 9, Block("conv_spatially_separable").Macs / (double)Block("conv_plain").Macs, 12);
        Assert.Equal(6.0 / 9, Block("conv_spatially_separable").Weights / (double)Block("conv_plain").Weights, 12);
    }

    [Fact]
    public void A_bottleneck_of_a_quarter_takes_an_eighth_of_the_products()
    {
        // Two 1×1 between C and C/4 and a 3×3 among C/4: (2·C²/4 + 9·C²/16) / 9C² = 17/144.
        Assert.Equal(17.0 / 144, Block("conv_pointwise").Macs / (double)Block("conv_plain").Macs, 12);
    }

    [Theory]
    [InlineData("conv_plain", 3, 9)]
    [InlineData("conv_dilated", 5, 9)] // a 5×5 field with 9 weights
    [InlineData("conv_depthwise_separable", 3, 9)]
    [InlineData("conv_spatially_separable", 3, 9)]
    [InlineData("conv_pointwise", 3, 9)]
    public void One_output_sees_so_many_pixels_of_such_a_field(string name, int field, int pixels)
    {
        using ZooModel model = Catalog.Models.Find(name).Create();
        using DisposeScope scope = NewDisposeScope();
        var block = ModelZoo.Transfer.TransferLearning.Find(model, "block1");
        Tensor x = zeros(1, 16, 11, 11).requires_grad_();
        block.call(x)[0, 3, 5, 5].backward();
        bool[] seen = [.. x.grad!.abs().sum([0L, 1L]).data<float>().ToArray().Select(g => g > 0)];
        int[] rows = [.. Enumerable.Range(0, 121).Where(i => seen[i]).Select(i => i / 11)];
        Assert.Equal(pixels, rows.Length);
        Assert.Equal(field, rows.Max() - rows.Min() + 1);
        Assert.Equal(2 * (field - 1), Field(name, "block1") - Field(name, "pool0")); // there neighbors lie two input pixels apart
    }

    [Fact]
    public void Maps_keep_their_sides_but_for_the_pooling()
    {
        foreach (ModelInfo info in Catalog.Models.Models.Where(m => m.Family == "convvariants"))
        {
            using ZooModel model = info.Create();
            Assert.Equal(["16×32×32", "16×16×16", "16×8×8"], FeatureExtractor.Describe(model, info.Defaults).Select(map => string.Join("×", map.Shape)));
        }
    }

    private static ModelSummary Summary(string name)
    {
        using ZooModel model = Catalog.Models.Find(name).Create();
        return ModelSummary.Of(model, 3, 32, 32);
    }

    private static (long Macs, long Weights) Block(string name)
    {
        LayerSummary[] layers = [.. Summary(name).Layers.Where(l => l.Name.StartsWith("block1.", StringComparison.Ordinal))];
        return (layers.Sum(l => l.Macs), layers.Sum(l => l.Parameters) - 16); // one bias of 16
    }

    private static double Field(string name, string layer) =>
        Summary(name).Layers.Last(l => l.Name == layer || l.Name.StartsWith(layer + ".", StringComparison.Ordinal)).ReceptiveField!.Value.Size;
}
