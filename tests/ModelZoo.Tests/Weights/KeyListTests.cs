using System.Globalization;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Models;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>Others' names for the catalog's architectures: the key lists of their own models (Keys/make_keys.py), held against the manifests of ours.</summary>
public class KeyListTests
{
    [Theory]
    [InlineData("timm_resnet18", "resnet18", null)] // the same names
    [InlineData("timm_vgg11", "vgg11", "timm")]
    [InlineData("timm_vgg16_bn", "vgg16_bn", "timm")]
    [InlineData("timm_mobilenetv1_100", "mobilenet_v1", "timm")]
    [InlineData("timm_mobilenetv2_100", "mobilenet_v2", "timm")]
    [InlineData("timm_efficientnet_b0", "efficientnet_b0", "timm")]
    [InlineData("timm_resnetv2_50", "preact_resnet50", "timm")]
    [InlineData("timm_legacy_seresnet50", "se_resnet50", "pretrainedmodels (timm's legacy_seresnet)")]
    [InlineData("hf_resnet-18", "resnet18", "Hugging Face")]
    [InlineData("hf_resnet-50", "resnet50", "Hugging Face")]
    [InlineData("hf_resnet-50", "resnet50_v1", "Hugging Face")]
    [InlineData("hf_mobilenet_v1", "mobilenet_v1", "Hugging Face")]
    [InlineData("hf_mobilenet_v2", "mobilenet_v2", "Hugging Face")]
    [InlineData("hf_efficientnet-b0", "efficientnet_b0", "Hugging Face")]
    [InlineData("cifar_resnet20", "resnet20_b", "pytorch-cifar")]
    public void Each_key_of_theirs_is_one_of_ours_of_the_same_shape_in_the_same_order(string list, string model, string? origin)
    {
        ListedFile file = ListedFile.Read(list);
        KeyTarget target = Target(model);
        var match = new KeyMatch(file, target, new LoadOptions());
        Assert.Equal(origin, match.Scheme?.Origin);
        string[] open = [.. target.Keys.Keys.Where(k => !match.Entries.ContainsKey(k)), .. match.Entries.Keys.Where(k => !target.Keys.ContainsKey(k))];
        Assert.All(open, k => Assert.EndsWith("num_batches_tracked", k, StringComparison.Ordinal));
        Assert.All(match.Entries.Where(e => target.Keys.ContainsKey(e.Key) && !IsHead(model, e.Key)), e =>
            Assert.True(e.Value.Shape.SequenceEqual(target.Keys[e.Key]) || IsWholeMap(e.Value.Shape, target.Keys[e.Key]), $"{e.Value.Name} → {e.Key}"));

        // Both define their layers in the order in which they run, but for shortcuts, which stand before or behind what they pass.
        string[] ours = [.. target.Keys.Keys.Where(IsWeight)];
        Assert.Equal(ours, match.Entries.Keys.Where(IsWeight));

        static bool IsWeight(string key) => key.EndsWith(".weight", StringComparison.Ordinal) && !key.Contains("downsample", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("timm_mobilenetv1_100", "mobilenet_v1", "cuts its rectifiers off at 6")]
    [InlineData("timm_resnetv2_50", "preact_resnet50", "normalizes after the first pool")]
    [InlineData("timm_legacy_seresnet50", "se_resnet50", "without a border")]
    [InlineData("hf_resnet-50", "resnet50_v1", "strides in the 3×3")]
    [InlineData("hf_mobilenet_v2", "mobilenet_v2", "pads as TensorFlow does")]
    [InlineData("hf_efficientnet-b0", "efficientnet_b0", "pads as TensorFlow does")]
    [InlineData("hf_resnet-50", "resnet50", null)]
    [InlineData("timm_efficientnet_b0", "efficientnet_b0", null)]
    [InlineData("timm_mobilenetv2_100", "mobilenet_v2", null)]
    public void What_another_network_does_otherwise_is_known(string list, string model, string? difference)
    {
        KeyScheme scheme = new KeyMatch(ListedFile.Read(list), Target(model), new LoadOptions()).Scheme!;
        Assert.Equal(difference is null, scheme.Difference is null);
        Assert.Contains(difference ?? "", scheme.Difference ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("timm_mobilenetv2_100", "efficientnet_b0")]
    [InlineData("hf_resnet-18", "resnet50")]
    [InlineData("timm_vgg11", "vgg16_bn")]
    [InlineData("cifar_resnet20", "resnet32_b")]
    [InlineData("timm_resnet18", "se_resnet18")]
    public void A_list_of_another_network_leaves_keys_open(string list, string model)
    {
        var match = new KeyMatch(ListedFile.Read(list), Target(model), new LoadOptions());
        Assert.Contains(Target(model).Body, k => !match.Entries.ContainsKey(k));
    }

    [Fact]
    public void Every_table_names_layers_of_its_model_alone_and_each_once()
    {
        ModelInfo[] with = [.. Catalog.Models.Models.Where(m => m.KeySchemes.Count > 0)];
        Assert.True(with.Length > 30, $"{with.Length}");
        Assert.All(with, info =>
        {
            HashSet<string> layers = [.. Target(info.Name).Keys.Keys.Select(k => k[..k.LastIndexOf('.')])];
            Assert.All(info.KeySchemes, scheme =>
            {
                Assert.Equal(scheme.Layers.Count, scheme.Layers.Values.Distinct().Count());
                int known = scheme.Layers.Values.Count(layers.Contains);
                Assert.True(known > 0 && scheme.Layers.Values.Except(layers).All(l => Optional(l, layers)), $"{info.Name}: {scheme.Origin}");
            });
        });

        // A block without a shortcut, or with two convolutions, has a row for what it could have.
        static bool Optional(string layer, HashSet<string> layers) => layers.Contains($"{layer[..layer.LastIndexOf('.')]}.conv1")
            || layer.Contains(".downsample.", StringComparison.Ordinal) || layer.EndsWith(".bn1", StringComparison.Ordinal);
    }

    private static bool IsHead(string model, string key) => key.StartsWith(Catalog.Models.Find(model).Head + ".", StringComparison.Ordinal);

    private static bool IsWholeMap(IReadOnlyList<long> theirs, long[] ours) =>
        theirs.Count == 4 && ours.Length == 2 && theirs[0] == ours[0] && theirs[1] * theirs[2] * theirs[3] == ours[1];

    private static KeyTarget Target(string model)
    {
        ModelInfo info = Catalog.Models.Find(model);
        return new(model, Manifest.Read(model).Keys.Select(ListedFile.Parse).ToDictionary(k => k.Key, k => k.Shape), info.Head, [], info.KeySchemes);
    }
}

/// <summary>A list of keys and shapes that poses as a file.</summary>
internal sealed class ListedFile : WeightsFile
{
    private readonly List<WeightsEntry> entries;

    public ListedFile(string name, IEnumerable<(string Key, long[] Shape)> keys)
        : base(name)
    {
        entries = [.. keys.Select(k => new WeightsEntry(k.Key, DType.F32, k.Shape, DType.F32.ByteLength(k.Shape)!.Value))];
        Index();
    }

    public override string Format => "a list";

    public override IReadOnlyList<WeightsEntry> Entries => entries;

    public static ListedFile Read(string list) =>
        new(list, File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Weights", "Keys", $"{list}.txt")).Select(Parse));

    public static (string Key, long[] Shape) Parse(string line)
    {
        int at = line.IndexOf(' ', StringComparison.Ordinal);
        return (line[..at], [.. line[(at + 2)..^1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => long.Parse(n, CultureInfo.InvariantCulture))]);
    }

    private protected override void Read(WeightsEntry entry, Span<byte> destination, long from) => throw new NotSupportedException();

    private protected override void Close()
    {
    }
}
