using ModelZoo.Registry;

namespace ModelZoo.Models.Resnet;

/// <summary>Others' names for the layers of <see cref="ResNet"/>; timm's are torchvision's, and so the network's own.</summary>
internal static class ResNetKeys
{
    internal static IReadOnlyList<KeyScheme> Of(ResNetVariant variant) => variant.Cntk || variant.Cifar ? []
        : variant.Reduction > 0 ? [Legacy(variant)]
        : [HuggingFace(variant), Children(variant)];

    // transformers, ResNetForImageClassification: stride in the 3×3.
    private static KeyScheme HuggingFace(ResNetVariant variant) => KeyScheme.Of("Hugging Face",
    [
        ("embedder.embedder.convolution", "conv1"),
        ("embedder.embedder.normalization", "bn1"),
        .. Blocks(variant).SelectMany<(int Stage, int Block), (string, string)>(b =>
        [
            ($"encoder.stages.{b.Stage}.layers.{b.Block}.shortcut.convolution", $"layer{b.Stage + 1}.{b.Block}.downsample.0"),
            ($"encoder.stages.{b.Stage}.layers.{b.Block}.shortcut.normalization", $"layer{b.Stage + 1}.{b.Block}.downsample.1"),
            .. Enumerable.Range(0, variant.Bottleneck ? 3 : 2).SelectMany(i => new[]
            {
                ($"encoder.stages.{b.Stage}.layers.{b.Block}.layer.{i}.convolution", $"layer{b.Stage + 1}.{b.Block}.conv{i + 1}"),
                ($"encoder.stages.{b.Stage}.layers.{b.Block}.layer.{i}.normalization", $"layer{b.Stage + 1}.{b.Block}.bn{i + 1}"),
            }),
        ]),
        ("classifier.1", "fc"),
    ]) with
    {
        Difference = variant.StrideFirst ? "has its strides in the 3×3 convolutions (v1.5), not in the first 1×1" : null,
    };

    // nn.Sequential(*resnet.children()), fastai's body among them: numbers in the place of names.
    private static KeyScheme Children(ResNetVariant variant) => KeyScheme.Of("an nn.Sequential of the network's children",
    [
        ("0", "conv1"),
        ("1", "bn1"),
        .. Blocks(variant).SelectMany(b => BlockLayers.Select(l => ($"{b.Stage + 4}.{b.Block}.{l}", $"layer{b.Stage + 1}.{b.Block}.{l}"))),
        ("9", "fc"),
    ]);

    // pretrainedmodels' and timm's legacy_seresnet.
    private static KeyScheme Legacy(ResNetVariant variant) => KeyScheme.Of("pretrainedmodels (timm's legacy_seresnet)",
    [
        ("layer0.conv1", "conv1"),
        ("layer0.bn1", "bn1"),
        .. Blocks(variant).SelectMany(b => new[] { 1, 2 }.Select(i =>
            ($"layer{b.Stage + 1}.{b.Block}.se_module.fc{i}", $"layer{b.Stage + 1}.{b.Block}.se.fc{i}"))),
        ("last_linear", "fc"),
    ]) with
    {
        Difference = "pools the stem without a border, rounding up",
    };

    private static readonly string[] BlockLayers = ["conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "downsample.0", "downsample.1"];

    private static IEnumerable<(int Stage, int Block)> Blocks(ResNetVariant variant) =>
        variant.Blocks.SelectMany((count, stage) => Enumerable.Range(0, count).Select(block => (stage, block)));
}
