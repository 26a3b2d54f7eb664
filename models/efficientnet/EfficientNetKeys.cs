using ModelZoo.Registry;

namespace ModelZoo.Models.Efficientnet;

/// <summary>Others' names for the layers of <see cref="EfficientNet"/>; timm's is the same network, Hugging Face's a port of TensorFlow's.</summary>
internal static class EfficientNetKeys
{
    private static readonly int[] Stages = [1, 2, 2, 3, 3, 4, 1];

    internal static IReadOnlyList<KeyScheme> All { get; } =
    [
        KeyScheme.Of("timm",
        [
            ("conv_stem", "features.0.0"),
            ("bn1", "features.0.1"),
            .. Blocks().SelectMany(b => b.Number == 0
                ? Rows("blocks.0.0", b.Ours, ("conv_dw", "0.0"), ("bn1", "0.1"), ("se.conv_reduce", "1.fc1"), ("se.conv_expand", "1.fc2"),
                    ("conv_pw", "2.0"), ("bn2", "2.1"))
                : Rows($"blocks.{b.Stage}.{b.Block}", b.Ours, ("conv_pw", "0.0"), ("bn1", "0.1"), ("conv_dw", "1.0"), ("bn2", "1.1"),
                    ("se.conv_reduce", "2.fc1"), ("se.conv_expand", "2.fc2"), ("conv_pwl", "3.0"), ("bn3", "3.1"))),
            ("conv_head", "features.8.0"),
            ("bn2", "features.8.1"),
            ("classifier", "classifier.1"),
        ]),
        KeyScheme.Of("Hugging Face",
        [
            ("embeddings.convolution", "features.0.0"),
            ("embeddings.batchnorm", "features.0.1"),
            .. Blocks().SelectMany(b => Rows($"encoder.blocks.{b.Number}", b.Ours,
            [
                .. b.Number == 0 ? Array.Empty<(string, string)>() : [("expansion.expand_conv", "0.0"), ("expansion.expand_bn", "0.1")],
                ("depthwise_conv.depthwise_conv", $"{b.First}.0"),
                ("depthwise_conv.depthwise_norm", $"{b.First}.1"),
                ("squeeze_excite.reduce", $"{b.First + 1}.fc1"),
                ("squeeze_excite.expand", $"{b.First + 1}.fc2"),
                ("projection.project_conv", $"{b.First + 2}.0"),
                ("projection.project_bn", $"{b.First + 2}.1"),
            ])),
            ("encoder.top_conv", "features.8.0"),
            ("encoder.top_bn", "features.8.1"),
            ("classifier", "classifier.1"),
        ]) with
        {
            Difference = "pads as TensorFlow does and normalizes with ε = 0.001",
        },
    ];

    private static IEnumerable<(string, string)> Rows(string theirs, string ours, params (string Theirs, string Ours)[] layers) =>
        layers.Select(l => ($"{theirs}.{l.Theirs}", $"{ours}.{l.Ours}"));

    // First: where the depthwise convolution stands; the first block does not widen.
    private static IEnumerable<(int Stage, int Block, int Number, string Ours, int First)> Blocks() =>
        Stages.SelectMany((count, stage) => Enumerable.Range(0, count).Select(block => (stage, block)))
            .Select((b, i) => (b.stage, b.block, i, $"features.{b.stage + 1}.{b.block}.block", i == 0 ? 0 : 1));
}
