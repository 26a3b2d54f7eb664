#!/usr/bin/env python3
"""Writes the manifests of the MobileNet and NASNet families, the variants of convolution and the encoder-decoders beside this file, in the form of oracle.py.

torchvision has none of them, so they are written down here once more, independently of the zoo: NASNet by arithmetic over the cells of its paper's figure 4, the others as
plain layers. Made with torch 1.13.1.
"""
import os
from collections import OrderedDict

import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, entries, parameters, macs):
    entries = sorted(entries, key=lambda entry: entry[0].rpartition(".")[2] in ("running_mean", "running_var", "num_batches_tracked"))  # stable: parameters first
    with open(os.path.join(HERE, name + ".txt"), "w") as file:
        file.writelines([f"# {parameters} parameters, {macs} MACs\n", *(f"{key} [{','.join(map(str, shape))}]\n" for key, shape in entries)])


def mobilenet(alpha, first=2, classes=1000):
    def normed(names, conv):
        return list(zip(names, (conv, nn.BatchNorm2d(conv.out_channels), nn.ReLU())))

    rows = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + 5 * [(512, 1)] + [(1024, 2), (1024, 1)]
    width = int(32 * alpha)
    units = [normed(("conv", "norm", "relu"), nn.Conv2d(3, width, 3, first, 1, bias=False))]
    for wide, stride in rows:
        depthwise = nn.Conv2d(width, width, 3, stride, 1, groups=width, bias=False)
        width, pointwise = int(wide * alpha), nn.Conv2d(width, int(wide * alpha), 1, bias=False)
        units.append(normed(("depthwise", "norm1", "relu1"), depthwise) + normed(("pointwise", "norm2", "relu2"), pointwise))
    features = nn.Sequential(*(nn.Sequential(OrderedDict(unit)) for unit in units))
    return nn.Sequential(OrderedDict(features=features, avgpool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), fc=nn.Linear(width, classes)))


def variant(chain):
    def block():
        channels, convs = 16, []
        for i, (out, kernel, dilation, groups) in enumerate(chain):
            padding = tuple(dilation * (k // 2) for k in kernel)
            convs.append(nn.Conv2d(channels, out, kernel, 1, padding, dilation, groups, bias=i == len(chain) - 1))
            channels = out
        return nn.Sequential(*convs)

    return nn.Sequential(OrderedDict(
        stem=nn.Conv2d(3, 16, 3, padding=1), pool0=nn.MaxPool2d(2), block1=block(), pool1=nn.MaxPool2d(2), block2=block(),
        avgpool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), fc=nn.Linear(16, 10)))


VARIANTS = {
    "conv_plain": [(16, (3, 3), 1, 1)],
    "conv_dilated": [(16, (3, 3), 2, 1)],
    "conv_depthwise_separable": [(16, (3, 3), 1, 16), (16, (1, 1), 1, 1)],
    "conv_spatially_separable": [(16, (3, 1), 1, 1), (16, (1, 3), 1, 1)],
    "conv_pointwise": [(4, (1, 1), 1, 1), (4, (3, 3), 1, 1), (16, (1, 1), 1, 1)],
}


def encdec(transposed):
    def larger(channels, width):
        return nn.ConvTranspose2d(channels, width, 3, 2, 1, 1) if transposed else nn.Conv2d(channels, width, 3, padding=1)

    up = nn.Identity if transposed else lambda: nn.Upsample(scale_factor=2)  # the other ways to enlarge have no weights either
    return nn.Sequential(OrderedDict(
        enc1=nn.Conv2d(1, 16, 3, padding=1), pool1=nn.MaxPool2d(2), enc2=nn.Conv2d(16, 32, 3, padding=1), pool2=nn.MaxPool2d(2),
        up1=up(), dec1=larger(32, 16), up2=up(), dec2=larger(16, 16), head=nn.Conv2d(16, 1, 1)))


def counted(net, shape):
    total = 0

    def count(module, inputs, output):
        nonlocal total
        plane = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output  # there each input pixel lays a kernel
        total += plane[0].numel() * module.weight[0].numel()

    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            module.register_forward_hook(count)
    with torch.no_grad():
        net.eval()(torch.zeros(1, *shape))
    return total


class Nasnet:
    """NASNet-A (4 @ 1056): nothing is run, shapes and products are added up layer by layer."""

    def __init__(self):
        self.entries, self.parameters, self.macs = [], 0, 0
        side, f = (224 - 3) // 2 + 1, 1056 // 24
        self.conv("conv0.conv", 3, 32, 3, side)
        self.norm("conv0.bn", 32)
        earlier, latest = (32, side), None  # channels and side
        earlier, latest = earlier, self.cell("cell_stem_0", None, earlier, f // 4, True)
        earlier, latest = latest, self.cell("cell_stem_1", earlier, latest, f // 2, True)
        for group in range(3):
            if group > 0:
                earlier, latest = latest, self.cell(f"reduction_cell_{group - 1}", earlier, latest, f << group, True)
            for i in range(4):
                earlier, latest = latest, self.cell(f"cell_{6 * group + i}", earlier, latest, f << group, False)
        self.add("last_linear.weight", (1000, latest[0]), 1)
        self.add("last_linear.bias", (1000,), 0)

    def add(self, key, shape, positions):
        size = torch.Size(shape).numel()
        self.entries.append((key, shape))
        self.parameters += size
        self.macs += size * positions

    def conv(self, key, inputs, outputs, kernel, side, groups=1):
        self.add(key + ".weight", (outputs, inputs // groups, kernel, kernel), side * side)

    def norm(self, key, channels):
        self.add(key + ".weight", (channels,), 0)
        self.add(key + ".bias", (channels,), 0)
        self.entries += [(key + ".running_mean", (channels,)), (key + ".running_var", (channels,)), (key + ".num_batches_tracked", ())]

    def separable(self, key, kernel, inputs, outputs, side):
        for i in (1, 2):
            self.conv(f"{key}.separable_{i}.depthwise_conv2d", inputs, inputs, kernel, side, inputs)
            self.conv(f"{key}.separable_{i}.pointwise_conv2d", inputs, outputs, 1, side)
            self.norm(f"{key}.bn_sep_{i}", outputs)
            inputs = outputs

    def squeeze(self, key, channels, f, side):
        self.conv(key + ".conv", channels, f, 1, side)
        self.norm(key + ".bn", f)

    def cell(self, name, earlier, latest, f, reduction):
        side = latest[1]
        aligned = earlier is not None and earlier[1] != side
        if earlier is not None and not aligned:
            self.squeeze(name + ".conv_prev_1x1", earlier[0], f, side)
        self.squeeze(name + ".conv_1x1", latest[0], f, side)
        if aligned:
            for path in (1, 2):
                self.conv(f"{name}.path_{path}.conv", earlier[0], f // 2, 1, side)
            self.norm(name + ".final_path_bn", f)
        other = f if earlier else latest[0]  # the first cell takes the stem itself
        out = (side + 1) // 2 if reduction else side
        left, right = (f, other)
        rows = [("0_left", 5, left), ("0_right", 7, right), ("1_right", 7, right), ("2_right", 5, right), ("4_left", 3, left)] if reduction else [
            ("0_left", 5, left), ("0_right", 3, right), ("1_left", 5, right), ("1_right", 3, right), ("4_left", 3, left)]
        for place, kernel, inputs in rows:
            self.separable(f"{name}.comb_iter_{place}", kernel, inputs, f, out)
        return (4 if reduction else 6) * f, out


MODELS = {
    "mobilenet_v1": (mobilenet(1), (3, 224, 224)),
    "mobilenet_v1_050": (mobilenet(0.5), (3, 224, 224)),
    "mobilenet_v1_cifar": (mobilenet(1, first=1, classes=10), (3, 32, 32)),
    **{name: (variant(chain), (3, 32, 32)) for name, chain in VARIANTS.items()},
    **{name: (encdec(name == "encdec_transposed"), (1, 28, 28)) for name in ("encdec_transposed", "encdec_unpool", "encdec_nearest", "encdec_nails")},
}
for name, (net, shape) in MODELS.items():
    write(name, [(key, value.shape) for key, value in net.state_dict().items()], sum(p.numel() for p in net.parameters()), counted(net, shape))
nasnet = Nasnet()
write("nasnet_mobile", nasnet.entries, nasnet.parameters, nasnet.macs)
