"""Makes LayerValues.cs: what PyTorch's layers compute, forward and backward, for LayerValueTests.

    /usr/bin/python3 tests/Torch.Tests/NN/layer_values.py > tests/Torch.Tests/NN/LayerValues.cs

Each line: the layer in C#, the input's shape, and checksums (sum of value i times cos(i + 1)) of the output, of the input's gradient and of the
first parameter's gradient. Input i is sin(1.7·i), parameter k is linspace(-0.5, 0.5), everything in double.
"""
import torch
from torch import nn

torch.set_default_dtype(torch.float64)

# C# of the layer, PyTorch's layer, input shape
LAYERS = [
    ("Linear(6, 4)", nn.Linear(6, 4), (3, 6)),
    ("Linear(6, 4, hasBias: false)", nn.Linear(6, 4, bias=False), (2, 3, 6)),
    ("Conv1d(3, 4, 3, stride: 2, padding: 1)", nn.Conv1d(3, 4, 3, 2, 1), (2, 3, 9)),
    ("Conv2d(4, 6, 3, padding: 1)", nn.Conv2d(4, 6, 3, padding=1), (2, 4, 5, 6)),
    ("Conv2d(4, 6, (3, 2), stride: (2, 1), padding: (1, 0), dilation: (1, 2), groups: 2, bias: false)",
     nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), (1, 2), 2, False), (2, 4, 7, 6)),
    ("Conv2d(2, 3, 4, Padding.Same, dilation: 1)", nn.Conv2d(2, 3, 4, padding="same"), (1, 2, 6, 5)),
    ("Conv2d(2, 3, 3, Padding.Valid)", nn.Conv2d(2, 3, 3, padding="valid"), (1, 2, 6, 5)),
    ("Conv2d(2, 3, 3, padding: 2, padding_mode: PaddingModes.Reflect)", nn.Conv2d(2, 3, 3, padding=2, padding_mode="reflect"), (1, 2, 6, 5)),
    ("Conv2d(2, 3, 3, padding: 2, padding_mode: PaddingModes.Replicate)", nn.Conv2d(2, 3, 3, padding=2, padding_mode="replicate"), (1, 2, 6, 5)),
    # A square kernel: TorchSharp 0.105.1 exchanges the paddings of height and width.
    ("Conv2d(2, 3, 4, Padding.Same, padding_mode: PaddingModes.Circular)",
     nn.Conv2d(2, 3, 4, padding="same", padding_mode="circular"), (1, 2, 6, 5)),
    ("Conv3d(2, 3, 2, stride: 2)", nn.Conv3d(2, 3, 2, 2), (1, 2, 4, 5, 4)),
    ("ConvTranspose1d(3, 2, 3, stride: 2, output_padding: 1)", nn.ConvTranspose1d(3, 2, 3, 2, output_padding=1), (2, 3, 5)),
    ("ConvTranspose2d(4, 6, 3, stride: 2, padding: 1, output_padding: 1, groups: 2)", nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), (1, 4, 4, 3)),
    ("ConvTranspose3d(2, 3, 2, dilation: 2, bias: false)", nn.ConvTranspose3d(2, 3, 2, dilation=2, bias=False), (1, 2, 3, 2, 3)),
    ("BatchNorm1d(3)", nn.BatchNorm1d(3), (4, 3)),
    ("BatchNorm2d(3, eps: 0.01)", nn.BatchNorm2d(3, 0.01), (2, 3, 4, 3)),
    ("BatchNorm3d(2, track_running_stats: false)", nn.BatchNorm3d(2, track_running_stats=False), (2, 2, 2, 3, 2)),
    ("InstanceNorm1d(3)", nn.InstanceNorm1d(3), (2, 3, 5)),
    ("InstanceNorm2d(3, affine: true)", nn.InstanceNorm2d(3, affine=True), (2, 3, 4, 3)),
    ("InstanceNorm3d(2)", nn.InstanceNorm3d(2), (2, 2, 2, 3, 2)),
    ("GroupNorm(2, 4)", nn.GroupNorm(2, 4), (2, 4, 3, 3)),
    ("LayerNorm(new long[] { 3, 4 })", nn.LayerNorm((3, 4)), (2, 3, 4)),
    ("LocalResponseNorm(3, alpha: 0.1, k: 2)", nn.LocalResponseNorm(3, 0.1, k=2.0), (2, 5, 3, 3)),
    ("MaxPool1d(3, 2, 1)", nn.MaxPool1d(3, 2, 1), (2, 3, 9)),
    ("MaxPool2d(2)", nn.MaxPool2d(2), (2, 3, 6, 5)),
    ("MaxPool2d(3, stride: 2, padding: 1, ceil_mode: true)", nn.MaxPool2d(3, 2, 1, ceil_mode=True), (2, 3, 6, 6)),
    ("MaxPool2d((2, 3), dilation: (2, 1))", nn.MaxPool2d((2, 3), dilation=(2, 1)), (2, 3, 7, 6)),
    ("MaxPool3d(2, stride: 1)", nn.MaxPool3d(2, 1), (1, 2, 3, 4, 3)),
    ("AvgPool1d(3, 2, 1)", nn.AvgPool1d(3, 2, 1), (2, 3, 9)),
    ("AvgPool2d(3, stride: 2, padding: 1, count_include_pad: false)", nn.AvgPool2d(3, 2, 1, count_include_pad=False), (2, 3, 6, 5)),
    ("AvgPool2d((2, 3), divisor_override: 5)", nn.AvgPool2d((2, 3), divisor_override=5), (2, 3, 6, 6)),
    ("AvgPool3d(2)", nn.AvgPool3d(2), (1, 2, 4, 4, 4)),
    ("AdaptiveAvgPool1d(4)", nn.AdaptiveAvgPool1d(4), (2, 3, 9)),
    ("AdaptiveAvgPool2d((3, 2))", nn.AdaptiveAvgPool2d((3, 2)), (2, 3, 7, 5)),
    ("AdaptiveAvgPool3d(2)", nn.AdaptiveAvgPool3d(2), (1, 2, 3, 4, 5)),
    ("AdaptiveMaxPool1d(4)", nn.AdaptiveMaxPool1d(4), (2, 3, 9)),
    ("AdaptiveMaxPool2d(new long[] { 3, 2 })", nn.AdaptiveMaxPool2d((3, 2)), (2, 3, 7, 5)),
    # No AdaptiveMaxPool3d: TorchSharp 0.105.1 forgets its output_size, and its functional form calls adaptive_max_pool1d.
    ("LPPool1d(2, 3, 2)", nn.LPPool1d(2, 3, 2), (2, 3, 9)),
    ("LPPool2d(2, 2)", nn.LPPool2d(2, 2), (2, 3, 6, 6)),
    ("ReLU()", nn.ReLU(), (3, 5)),
    ("ReLU6()", nn.ReLU6(), (3, 5)),
    ("LeakyReLU(0.2)", nn.LeakyReLU(0.2), (3, 5)),
    ("ELU(0.7)", nn.ELU(0.7), (3, 5)),
    ("SELU()", nn.SELU(), (3, 5)),
    ("CELU(0.7)", nn.CELU(0.7), (3, 5)),
    ("GELU()", nn.GELU(), (3, 5)),
    ("SiLU()", nn.SiLU(), (3, 5)),
    ("Mish()", nn.Mish(), (3, 5)),
    ("Hardswish()", nn.Hardswish(), (3, 5)),
    ("Threshold(0.3, -2)", nn.Threshold(0.3, -2), (3, 5)),
    ("PReLU(5)", nn.PReLU(5), (3, 5)),
    ("Sigmoid()", nn.Sigmoid(), (3, 5)),
    ("LogSigmoid()", nn.LogSigmoid(), (3, 5)),
    ("Hardsigmoid()", nn.Hardsigmoid(), (3, 5)),
    ("Tanh()", nn.Tanh(), (3, 5)),
    ("Tanhshrink()", nn.Tanhshrink(), (3, 5)),
    # No Hardtanh: TorchSharp 0.105.1 returns the input unchanged unless inplace is set.
    ("Hardshrink(0.4)", nn.Hardshrink(0.4), (3, 5)),
    ("Softshrink(0.4)", nn.Softshrink(0.4), (3, 5)),
    ("Softplus(2, 1)", nn.Softplus(2, 1), (3, 5)),
    ("Softsign()", nn.Softsign(), (3, 5)),
    ("GLU(1)", nn.GLU(1), (3, 4)),
    ("Softmax(1)", nn.Softmax(1), (3, 5)),
    ("Softmax2d()", nn.Softmax2d(), (2, 3, 2, 2)),
    ("Softmin(0)", nn.Softmin(0), (3, 5)),
    ("LogSoftmax(-1)", nn.LogSoftmax(-1), (3, 5)),
    ("Flatten()", nn.Flatten(), (2, 3, 2, 2)),
    ("Flatten(0, 1)", nn.Flatten(0, 1), (2, 3, 4)),
    ("Unflatten(1, new long[] { 2, 3 })", nn.Unflatten(1, (2, 3)), (2, 6, 2)),
    ("ConstantPad1d((2, 1), 1.5)", nn.ConstantPad1d((2, 1), 1.5), (2, 2, 3)),
    ("ConstantPad2d(1, 0.5)", nn.ConstantPad2d(1, 0.5), (2, 2, 3, 3)),
    ("ZeroPad2d((1, 2, 0, 1))", nn.ZeroPad2d((1, 2, 0, 1)), (2, 2, 3, 3)),
    ("ReflectionPad1d(2)", nn.ReflectionPad1d(2), (2, 2, 4)),
    ("ReflectionPad2d((2, 1, 0, 1))", nn.ReflectionPad2d((2, 1, 0, 1)), (2, 2, 4, 3)),
    ("ReplicationPad2d(2)", nn.ReplicationPad2d(2), (2, 2, 3, 3)),
    ("ReplicationPad3d(1)", nn.ReplicationPad3d(1), (1, 2, 2, 3, 2)),
    ("Upsample(scale_factor: new[] { 2.0, 2.0 })", nn.Upsample(scale_factor=2), (1, 2, 3, 4)),
    ("Upsample(new long[] { 5, 7 }, mode: UpsampleMode.Bilinear, align_corners: true)", nn.Upsample((5, 7), mode="bilinear", align_corners=True), (1, 2, 3, 4)),
    ("PixelShuffle(2)", nn.PixelShuffle(2), (1, 8, 3, 2)),
    ("PixelUnshuffle(2)", nn.PixelUnshuffle(2), (1, 2, 4, 6)),
    ("Unfold((2, 3), dilation: (2, 1), padding: (1, 0))", nn.Unfold((2, 3), (2, 1), (1, 0)), (2, 3, 5, 6)),
    ("Fold((4, 5), (2, 2))", nn.Fold((4, 5), (2, 2)), (2, 12, 12)),
    ("Identity()", nn.Identity(), (3, 5)),
    ("Dropout(0)", nn.Dropout(0.0), (3, 5)),
]


def checksum(t):
    t = t.detach().reshape(-1)
    return (t * torch.arange(1, t.numel() + 1, dtype=torch.float64).cos()).sum().item()


def main():
    print("// Made by layer_values.py with torch", torch.__version__)
    print("using TorchSharp;\nusing static TorchSharp.torch;\nusing static TorchSharp.torch.nn;\n\nnamespace Torch.Tests.NN;\n")
    print("internal static class LayerValues\n{")
    print("    internal static readonly (Func<Module<Tensor, Tensor>> Make, long[] Shape, double Output, double InputGradient, double ParameterGradient)[] All =\n    [")
    for text, layer, shape in LAYERS:
        for p in layer.parameters():
            p.data = torch.linspace(-0.5, 0.5, p.numel()).reshape(p.shape)
        n = torch.Size(shape).numel()
        x = (torch.arange(n, dtype=torch.float64) * 1.7).sin().reshape(shape).requires_grad_()
        y = layer(x)
        (y * torch.arange(1, y.numel() + 1, dtype=torch.float64).sin().reshape(y.shape)).sum().backward()
        first = next(layer.parameters(), None)
        numbers = checksum(y), checksum(x.grad), 0.0 if first is None else checksum(first.grad)
        print(f"        (() => {text}, [{', '.join(map(str, shape))}], {', '.join('%.15g' % v for v in numbers)}),")
    print("    ];\n}")


main()
