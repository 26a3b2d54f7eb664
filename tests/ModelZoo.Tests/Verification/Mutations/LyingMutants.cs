using ModelZoo.Layers;
using TorchSharp.Modules;
using static ModelZoo.Tests.Verification.Mutations.Plant;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification.Mutations;

/// <summary>Layers that report the right settings and compute something else: no blueprint shows it, the reference does.</summary>
internal static class LyingMutants
{
    public static IEnumerable<Mutant> All => [
        Conv("stride", "mobilenet_v1", "features.9.depthwise", "stride 2 instead of 1", stride: 2),
        Conv("padding", "efficientnet_b0", "features.0.0", "padding 0 instead of 1", padding: 0),
        Conv("dilation", "conv_dilated", "block2.0", "dilation 1 instead of 2", dilation: 1, size: 40),
        Conv("padding", "resnet34", "conv1", "padding 2 instead of 3", padding: 2),
        new("ceil_mode", "googlenet", "the first pool rounds down", m => Lie<MaxPool2d>(m, "maxpool1", (_, x, _) => nn.functional.max_pool2d(x, 3, stride: 2)),
            "maxpool1", "ceil_mode False instead of True", Against.Reference),
        new("eps", "googlenet_bn", "PyTorch's eps, reported as TensorFlow's",
            m => Lie<BatchNorm2d>(m, "inception3b.branch1.bn", (bn, x, _) => Normalized(bn, x, 1e-5, training: false)), "inception3b.branch1.bn",
            "eps 1e-05 instead of 0.001", Against.Reference),
        new("BN statistics", "resnet18", "the batch's in evaluation", m =>
            Lie<BatchNorm2d>(m, "layer1.0.bn1", (bn, x, _) => Normalized(bn, x, 1e-5, training: true)), "layer1.0.bn1", null, Against.Reference),
        new("response norm", "alexnet_original", "alpha once more divided by n",
            m => Lie<LocalResponseNorm>(m, "norm1", (norm, x, _) => nn.functional.local_response_norm(x * 1, 5, 1e-4, 0.75, 2)), "norm1",
            "alpha divided by size", Against.Reference) { Scale = 1000 },
        new("missing ReLU", "lenet5", "passes its input on", m =>
            Lie<ReLU>(m, "relu3", (_, x, _) => x.clone()), "relu3", "the function is not applied", Against.Reference),
        new("activation", "conv_plain", "leaks", m => Lie<ReLU>(m, "relu1", (_, x, _) => nn.functional.leaky_relu(x, 0.01)), "relu1", null, Against.Reference),
        new("swapped branches", "googlenet", "joined backwards", m =>
            LieJoin(m, "inception4a.concat", xs => cat([.. xs.Reverse()], 1)), "inception4a.concat", "the inputs are in reverse order", Against.Reference),
        new("shortcut", "resnet20", "not added", m =>
            LiePair(m, "layer1.1.add", (a, _) => a.clone()), "layer1.1.add", "the first input is passed on alone", Against.Reference),
        new("shortcut", "resnet20", "zeros before the channels",
            m => Lie<PaddedShortcut>(m, "layer2.0.downsample",
            (_, x, y) =>
            cat([zeros_like(x[TensorIndex.Colon, TensorIndex.Colon, TensorIndex.Slice(null, null, 2), TensorIndex.Slice(null, null, 2)]), y.slice(1, 0, 16, 1)],
                1)), "layer2.0.downsample", "the zeros come before the input's channels", Against.Reference),
        new("squeeze and excitation", "se_resnet18", "gates are added", m =>
            LiePair(m, "layer1.0.se.multiply", (a, b) => a + b), "layer1.0.se.multiply", "added instead of multiplied", Against.Reference),
        new("squeeze and excitation", "efficientnet_b0", "gates twice", m =>
            LiePair(m, "features.2.0.block.2.multiply", (a, b) => a * b * b), "features.2.0.block.2.multiply", null, Against.Reference),
        new("true convolution", "small_cnn", "turned kernels", m => Lie<Conv2d>(m, "conv1", (c, x, _) => nn.functional.conv2d(x, c.weight.flip(2, 3), c.bias)),
            "conv1", "the kernels are turned by 180°", Against.Reference),
        new("transposed weights", "zfnet", "a linear layer that says nothing", m =>
            Lie<Linear>(m, "fc7", (l, x, _) => nn.functional.linear(x, l.weight.t(), l.bias)), "fc7", "the weight is transposed", Against.Reference),
        new("unpooling", "encdec_nails", "repeats", m => Lie<BedOfNails>(m, "up1", (_, x, _) => x.repeat_interleave(2, 2).repeat_interleave(2, 3)), "up1",
            "the values are repeated over their blocks", Against.Reference),
        new("subsampling", "lenet5_classic", "means",
            m => Lie<Subsampling>(m, "s2", (s, _, y) => (y - s.Bias.view(1, -1, 1, 1)) / 4 + s.Bias.view(1, -1, 1, 1)), "s2",
            "the mean of the window instead of its sum", Against.Reference),
        new("dropout", "efficientnet_b0", "drops in evaluation", m =>
            Lie<Dropout>(m, "classifier.0", (_, x, _) => nn.functional.dropout(x, 0.2, training: true)), "classifier.0", null, Against.Reference),
    ];

    private static Mutant Conv(string kind, string model, string layer, string cause, int? stride = null, int? padding = null, int? dilation = null,
        int? size = null) => new(
        kind,
        model,
        $"{layer} reports the right {kind}",
        m => Lie<Conv2d>(m, layer, (c, x, _) => nn.functional.conv2d(
            x, c.weight, c.bias, stride is { } s
                ? [s, s]
                : c.stride, padding is { } p
                ? [p, p]
                : c.padding, dilation is { } d
                ? [d, d]
                : c.dilation, c.groups)),
        layer,
        cause,
        Against.Reference)
        { AsBuiltFor = size };

    private static Tensor Normalized(BatchNorm2d bn, Tensor x, double eps, bool training)
    {
        using Tensor mean = bn.running_mean!.clone(), variance = bn.running_var!.clone();
        return nn.functional.batch_norm(x, mean, variance, bn.weight, bn.bias, training, 0.1, eps);
    }
}
