using ModelZoo.Registry;

namespace ModelZoo.Models.Mobilenet;

/// <summary>Others' names for the layers of <see cref="MobileNetV1"/> and <see cref="MobileNetV2"/>.</summary>
internal static class MobileNetKeys
{
    private const string TensorFlow = "pads as TensorFlow does and normalizes with ε = 0.001";

    // Both group the blocks by the size of the maps.
    private static readonly int[] StagesV1 = [1, 2, 2, 6, 2];
    private static readonly int[] StagesV2 = [1, 2, 3, 4, 3, 3, 1];

    internal static IReadOnlyList<KeyScheme> V1 { get; } =
    [
        KeyScheme.Of("timm",
        [
            ("conv_stem", "features.0.conv"),
            ("bn1", "features.0.norm"),
            .. Numbered(StagesV1).SelectMany(b => Rows($"blocks.{b.Stage}.{b.Block}", $"features.{b.Number}",
                ("conv_dw", "depthwise"), ("bn1", "norm1"), ("conv_pw", "pointwise"), ("bn2", "norm2"))),
            ("classifier", "fc"),
        ]) with
        {
            Difference = "cuts its rectifiers off at 6",
        },
        KeyScheme.Of("Hugging Face",
        [
            ("conv_stem.convolution", "features.0.conv"),
            ("conv_stem.normalization", "features.0.norm"),
            .. Enumerable.Range(0, StagesV1.Sum()).SelectMany(i => new[]
            {
                ($"layer.{2 * i}.convolution", $"features.{i + 1}.depthwise"),
                ($"layer.{2 * i}.normalization", $"features.{i + 1}.norm1"),
                ($"layer.{2 * i + 1}.convolution", $"features.{i + 1}.pointwise"),
                ($"layer.{2 * i + 1}.normalization", $"features.{i + 1}.norm2"),
            }),
            ("classifier", "fc"),
        ]) with
        {
            Difference = $"cuts its rectifiers off at 6, {TensorFlow}",
        },
    ];

    internal static IReadOnlyList<KeyScheme> V2 { get; } =
    [
        KeyScheme.Of("timm",
        [
            ("conv_stem", "features.0.0"),
            ("bn1", "features.0.1"),
            .. Numbered(StagesV2).SelectMany(b => b.Number == 1
                ? Rows("blocks.0.0", "features.1.conv", ("conv_dw", "0.0"), ("bn1", "0.1"), ("conv_pw", "1"), ("bn2", "2"))
                : Rows($"blocks.{b.Stage}.{b.Block}", $"features.{b.Number}.conv",
                    ("conv_pw", "0.0"), ("bn1", "0.1"), ("conv_dw", "1.0"), ("bn2", "1.1"), ("conv_pwl", "2"), ("bn3", "3"))),
            ("conv_head", "features.18.0"),
            ("bn2", "features.18.1"),
            ("classifier", "classifier.1"),
        ]),
        KeyScheme.Of("Hugging Face",
        [
            ("conv_stem.first_conv.convolution", "features.0.0"),
            ("conv_stem.first_conv.normalization", "features.0.1"),
            .. Rows("conv_stem", "features.1.conv", ("conv_3x3.convolution", "0.0"), ("conv_3x3.normalization", "0.1"),
                ("reduce_1x1.convolution", "1"), ("reduce_1x1.normalization", "2")),
            .. Enumerable.Range(0, StagesV2.Sum() - 1).SelectMany(i => Rows($"layer.{i}", $"features.{i + 2}.conv",
                ("expand_1x1.convolution", "0.0"), ("expand_1x1.normalization", "0.1"), ("conv_3x3.convolution", "1.0"), ("conv_3x3.normalization", "1.1"),
                ("reduce_1x1.convolution", "2"), ("reduce_1x1.normalization", "3"))),
            ("conv_1x1.convolution", "features.18.0"),
            ("conv_1x1.normalization", "features.18.1"),
            ("classifier", "classifier.1"),
        ]) with
        {
            Difference = TensorFlow,
        },
    ];

    private static IEnumerable<(string, string)> Rows(string theirs, string ours, params (string Theirs, string Ours)[] layers) =>
        layers.Select(l => ($"{theirs}.{l.Theirs}", $"{ours}.{l.Ours}"));

    private static IEnumerable<(int Stage, int Block, int Number)> Numbered(int[] stages) =>
        stages.SelectMany((count, stage) => Enumerable.Range(0, count).Select(block => (stage, block))).Select((b, i) => (b.stage, b.block, i + 1));
}
