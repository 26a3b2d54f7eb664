using System.Globalization;
using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>What holds of every model of the catalog: adding one adds no test here.</summary>
[Collection(TorchCollection.Name)]
public class CatalogTests
{
    public static TheoryData<string> All() => [.. Catalog.Models.Models.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(All))]
    public void Parameters_MACs_keys_and_shapes_are_the_published_ones(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        ModelSummary summary = ModelSummary.Of(model, info.Input.Channels, info.Input.Height, info.Input.Width);
        Manifest actual = Manifest.Of(model, summary.Parameters, summary.Macs);
        string mend = $"`zoo catalog add {name}` writes it.";
        Assert.True(Manifest.Exists(name), $"There is no manifest of {name}. {mend}");
        Manifest expected = Manifest.Read(name);
        Assert.Equal(expected.Keys, actual.Keys);
        Assert.Equal((expected.Parameters, expected.Macs), (actual.Parameters, actual.Macs));
        foreach ((_, long parameters, string macs) in PublishedFigures.All.Where(f => f.Model == name))
        {
            Assert.Equal(parameters, summary.Parameters);
            int decimals = macs.Length - 1 - macs.IndexOf('.', StringComparison.Ordinal);
            Assert.Equal(macs, macs.Length == 0 ? "" : (summary.Macs / 1e9m).ToString($"F{decimals}", CultureInfo.InvariantCulture));
        }

        ModelCard? card = Catalog.TryCardOf(info);
        Assert.True(card is not null, $"There is no card of {name}. {mend}");
        Assert.Equal((summary.Parameters, summary.Macs), (card.Parameters, card.Macs));
        Assert.True(Catalog.TryBlueprintOf(info) is not null, $"There is no blueprint of {name}. {mend}");
    }

    [Fact]
    public void Every_published_figure_belongs_to_a_model() =>
        Assert.Empty(PublishedFigures.All.Select(f => f.Model).Except(Catalog.Models.Models.Select(m => m.Name)));

    [Fact]
    public void Every_card_blueprint_manifest_and_golden_file_belongs_to_a_model()
    {
        var files = CatalogFiles.Find(AppContext.BaseDirectory);
        string[] expected = [.. Catalog.Models.Models.SelectMany(m => new[] { files.CardOf(m), files.BlueprintOf(m), files.ManifestOf(m) }).Order()];
        string manifests = Path.GetDirectoryName(files.ManifestOf(Catalog.Models.Find("lenet5")))!;
        string[] found = [.. Directory.GetFiles(Path.Combine(files.Models, "blueprints")), .. Directory.GetFiles(manifests, "*.txt")];
        Assert.Equal(expected, found.Order());
        IEnumerable<string> golden = Directory.GetFiles(Path.Combine(files.Oracle, "Golden")).Select(f => Path.GetFileNameWithoutExtension(f));
        Assert.Equal(Catalog.Models.Models.Where(m => m.Torchvision is not null).Select(m => m.Name).Order(StringComparer.Ordinal),
            golden.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Classes_channels_stem_head_and_stages_are_as_asked(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        int size = Math.Max(info.MinimumSize, Math.Min(info.Input.Height, 32));
        var options = new ModelOptions(7, info.Input.Channels + 1, size, size);
        using ZooModel model = info.Create(options);
        model.eval();
        using (no_grad())
        using (Tensor x = rand(2, options.InChannels, size, size))
        using (Tensor y = model.call(x))
        {
            Assert.Equal(info.Task == ModelTask.Classification ? [2L, 7] : [2, 7, size, size], y.shape);
            Assert.Equal(options.InChannels, Assert.IsAssignableFrom<Convolution>(TransferLearning.Find(model, model.Stem)).in_channels);
            Assert.Equal(7, Outputs(TransferLearning.Find(model, model.Head)));
            IReadOnlyList<FeatureMap> stages = FeatureExtractor.Describe(model, options);
            Assert.NotEmpty(stages);
            IReadOnlyDictionary<string, Tensor> maps = FeatureExtractor.Run(model, x);
            foreach (FeatureMap stage in stages)
            {
                Assert.Equal([2, .. stage.Shape], maps[stage.Layer].shape);
                maps[stage.Layer].Dispose();
            }

            if (info.Task == ModelTask.Classification)
            {
                double?[] strides = [.. stages.Select(s => s.Stride)];
                Assert.Equal(strides.Order(), strides); // fine to coarse
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_smallest_input_works_and_a_smaller_one_is_refused(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        int size = info.MinimumSize;
        var options = info.Defaults with { InputHeight = size, InputWidth = size };
        using ZooModel model = info.Create(options);
        model.eval();
        using (no_grad())
        using (Tensor x = rand(1, options.InChannels, size, size))
        using (Tensor y = model.call(x))
        {
            Assert.All(y.data<float>().ToArray(), v => Assert.True(float.IsFinite(v)));
        }

        ZooException refused = Assert.Throws<ZooException>(() => info.Create(options with { InputWidth = size - 1 }));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        if (size > 1)
        {
            // The figure is the arithmetic's, not a guess: built all the same, the network does not run.
            Assert.ThrowsAny<Exception>(() =>
            {
                using ZooModel small = info.Build(options with { InputHeight = size - 1, InputWidth = size - 1 });
                using IDisposable none = no_grad();
                small.eval();
                using Tensor x = rand(1, options.InChannels, size - 1, size - 1);
                using Tensor y = small.call(x);
            });
        }
    }

    [Theory]
    [InlineData("resnet20", "group:4", 269_722)]
    [InlineData("resnet20", "layer", 269_722)]
    [InlineData("resnet18", "instance", 11_689_512)]
    [InlineData("plain20", "batch", 269_722)]
    public void Normalization_can_be_chosen_and_keeps_the_parameters(string name, string norm, long parameters)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create(info.Defaults with { Norm = norm });
        Assert.Equal(parameters, model.parameters().Sum(p => p.numel()));
        foreach (GroupNorm layer in model.modules().OfType<GroupNorm>())
        {
            Assert.All(layer.weight.data<float>().ToArray(), scale => Assert.Equal(1, scale)); // TorchSharp leaves them uninitialized
            Assert.All(layer.bias!.data<float>().ToArray(), shift => Assert.Equal(0, shift));
        }
    }

    [Fact]
    public void A_normalization_that_a_network_does_not_take_is_refused_and_not_ignored()
    {
        foreach (string name in (string[])["lenet5", "googlenet_paper", "zfnet"])
        {
            ModelInfo info = Catalog.Models.Find(name);
            Assert.Contains("leaves no choice", Assert.Throws<ZooException>(() => info.Create(info.Defaults with { Norm = "group:4" })).Message,
                StringComparison.Ordinal);
        }

        ModelInfo resnet = Catalog.Models.Find("resnet20");
        Assert.Contains("(group:4)", Assert.Throws<ZooException>(() => resnet.Create(resnet.Defaults with { Norm = "group:5" })).Message,
            StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => resnet.Create(resnet.Defaults with { Norm = "spectral" }));
    }

    private static long Outputs(nn.Module head) => head switch
    {
        Linear linear => linear.out_features,
        Convolution convolution => convolution.out_channels,
        Layers.RbfOutput rbf => rbf.Codes.shape[0],
        _ => throw new NotSupportedException(head.GetName()),
    };
}
