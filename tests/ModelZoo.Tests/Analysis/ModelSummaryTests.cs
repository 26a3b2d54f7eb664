using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Tests.Verification;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Analysis;

[Collection(TorchCollection.Name)]
public class ModelSummaryTests
{
    // shared/reference-figures.md; convnet's and small_cnn's MACs by hand: Σ out·I·J·in·R·S + Σ in·out.
    [Theory]
    [InlineData("lenet5", 61_706, 416_520)]
    [InlineData("lenet5_classic", 60_000, 117_600 + 150_000 + 48_000 + 10_080)]
    [InlineData("convnet", 3_199_106, (32 * 28 * 28 * 25) + (64 * 14 * 14 * 32 * 25) + 3_136_000 + 10_000)]
    [InlineData("small_cnn", 8_490, (10 * 24 * 24 * 25) + (20 * 8 * 8 * 250) + 3_200)]
    public void Parameters_and_macs_are_the_documented_ones(string name, long parameters, long macs)
    {
        ModelSummary summary = Of(name);
        Assert.Equal(parameters, summary.Parameters);
        Assert.Equal(parameters, summary.Trainable);
        Assert.Equal(parameters, summary.Layers.Sum(layer => layer.Parameters));
        Assert.Equal(macs, summary.Macs);
    }

    [Fact]
    public void The_classic_LeNet5_has_the_papers_count_in_each_layer()
    {
        Dictionary<string, long> byLayer = Of("lenet5_classic").Layers.Where(layer => layer.Parameters > 0).ToDictionary(layer => layer.Name, layer =>
            layer.Parameters);
        Assert.Equal(new() { ["c1"] = 156, ["s2"] = 12, ["c3"] = 1_516, ["s4"] = 32, ["c5"] = 48_120, ["f6"] = 10_164 }, byLayer);
    }

    [Fact]
    public void Shapes_are_listed_without_the_batch()
    {
        ModelSummary summary = Of("lenet5");
        Assert.Equal([1, 32, 32], summary.Input);
        Assert.Equal([6, 28, 28], summary.Layers[0].OutputShape);
        Assert.Equal([10], summary.Layers[^1].OutputShape);
    }

    [Fact]
    public void Three_stacked_3x3_see_what_one_7x7_sees()
    {
        using nn.Module<Tensor, Tensor> stack = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3)), one = nn.Conv2d(1, 1, 7);
        Assert.Equal(7, ModelSummary.Of(stack, 1, 16, 16).Layers[^1].ReceptiveField?.Size);
        Assert.Equal(ModelSummary.Of(one, 1, 16, 16).Layers[^1].ReceptiveField, ModelSummary.Of(stack, 1, 16, 16).Layers[^1].ReceptiveField);
    }

    [Fact]
    public void Fields_follow_stride_padding_and_dilation()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(nn.Conv2d(1, 1, 3, stride: 2, padding: 1), nn.MaxPool2d(2), nn.Conv2d(1, 1, 3, dilation: 2));
        ReceptiveField?[] fields = [.. ModelSummary.Of(model, 1, 32, 32).Layers.Select(layer => layer.ReceptiveField)];
        Assert.Equal([new(3, 2, 0), new(5, 4, 1), new(21, 4, 9)], fields);
    }

    [Fact]
    public void Branches_join_and_flattening_ends_the_field()
    {
        using var model = new Branchy();
        Dictionary<string, LayerSummary> layers = ModelSummary.Of(model, 3, 9, 9).Layers.ToDictionary(layer => layer.Name);
        Assert.Equal(7, layers["add"].ReceptiveField?.Size);
        Assert.Equal(7, layers["concat"].ReceptiveField?.Size);
        Assert.Null(layers["fc"].ReceptiveField);
    }

    [Fact]
    public void Groups_divide_the_macs_and_a_shared_leaf_counts_its_parameters_once()
    {
        using nn.Module<Tensor, Tensor> grouped = nn.Conv2d(8, 8, 3, padding: 1, groups: 8);
        Assert.Equal(8 * 5 * 5 * 9, ModelSummary.Of(grouped, 8, 5, 5).Macs);
        var shared = nn.Linear(4, 4);
        using nn.Module<Tensor, Tensor> twice = nn.Sequential(("flatten", nn.Flatten()), ("a", shared), ("b", shared));
        ModelSummary summary = ModelSummary.Of(twice, 1, 2, 2);
        Assert.Equal(20, summary.Layers.Sum(layer => layer.Parameters));
        Assert.Equal(32, summary.Macs);
    }

    private static ModelSummary Of(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        return ModelSummary.Of(model, info.Input.Channels, info.Input.Height, info.Input.Width);
    }
}
