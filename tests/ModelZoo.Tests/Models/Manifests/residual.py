#!/usr/bin/env python3
"""Writes the manifests of the residual families beside this file: a head line with parameters and multiply-accumulates (convolutions and linear layers only), then a
`key [shape]` line per parameter and per buffer.

torchvision's builders make those that torchvision has (the v1 forms are torchvision's with the stride moved); the others are written down here once more, independently
of the zoo. Made with torch 1.13.1 and torchvision 0.14.1.
"""
import os

import torch
import torchvision
from torch import nn
from torchvision.models.densenet import _DenseBlock, _Transition
from torchvision.models.resnet import Bottleneck

HERE = os.path.dirname(os.path.abspath(__file__))


def conv3(inputs, outputs, stride=1):
    return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)


def conv1(inputs, outputs, stride=1):
    return nn.Conv2d(inputs, outputs, 1, stride, bias=False)


def stage(block, inputs, planes, count, stride, expansion=1):
    """Blocks by (inputs, planes, stride), the first with the stage's stride."""
    outputs = planes * expansion
    return nn.Sequential(block(inputs, planes, stride), *(block(outputs, planes, 1) for _ in range(count - 1))), outputs


class Padded(nn.Module):
    def __init__(self, more, stride):
        super().__init__()
        self.more, self.stride = more, stride

    def forward(self, x):
        x = x[:, :, ::self.stride, ::self.stride]
        return torch.cat([x, x.new_zeros(x.shape[0], self.more, *x.shape[2:])], 1)


class CifarBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, option, gated=False):
        super().__init__()
        self.conv1, self.bn1 = conv3(inputs, outputs, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv3(outputs, outputs), nn.BatchNorm2d(outputs)
        self.se = Excitation(outputs) if gated else nn.Identity()
        self.plain = option is None
        self.downsample = None
        if inputs != outputs and option == "A":
            self.downsample = Padded(outputs - inputs, stride)
        if inputs != outputs and option == "B":
            self.downsample = nn.Sequential(conv1(inputs, outputs, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.se(self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())))
        if not self.plain:
            y = y + (x if self.downsample is None else self.downsample(x))
        return y.relu()


class CifarResNet(nn.Module):
    def __init__(self, depth, option, gated=False):
        super().__init__()
        self.conv1, self.bn1 = conv3(3, 16), nn.BatchNorm2d(16)
        count = (depth - 2) // 6

        def block(inputs, planes, stride):
            return CifarBlock(inputs, planes, stride, option, gated)

        self.layer1, _ = stage(block, 16, 16, count, 1)
        self.layer2, _ = stage(block, 16, 32, count, 2)
        self.layer3, _ = stage(block, 32, 64, count, 2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


class PreActBlock(nn.Module):
    def __init__(self, inputs, planes, stride, first, bottleneck, padded):
        super().__init__()
        outputs = planes * 4 if bottleneck else planes
        if not first:
            self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = conv1(inputs, planes) if bottleneck else conv3(inputs, planes, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(planes), conv3(planes, planes, stride if bottleneck else 1)
        if bottleneck:
            self.bn3, self.conv3 = nn.BatchNorm2d(planes), conv1(planes, outputs)
        self.first, self.bottleneck = first, bottleneck
        self.downsample = None
        if inputs != outputs or stride != 1:
            self.downsample = Padded(outputs - inputs, stride) if padded else conv1(inputs, outputs, stride)

    def forward(self, x):
        a = x if self.first else self.bn1(x).relu()
        y = self.conv2(self.bn2(self.conv1(a)).relu())
        if self.bottleneck:
            y = self.conv3(self.bn3(y).relu())
        return y + (x if self.downsample is None else self.downsample(a))


class PreActResNet(nn.Module):
    def __init__(self, cifar, bottleneck, blocks, padded=False):
        super().__init__()
        width = channels = 16 if cifar else 64
        self.conv1 = conv3(3, 16) if cifar else nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.Identity() if cifar else nn.MaxPool2d(3, 2, 1)
        first = [True]

        def block(inputs, planes, stride):
            return PreActBlock(inputs, planes, stride, first.pop() if first else False, bottleneck, padded)

        self.stages = len(blocks)
        for i, count in enumerate(blocks):
            layer, channels = stage(block, channels, width << i, count, 2 if i else 1, 4 if bottleneck else 1)
            setattr(self, f"layer{i + 1}", layer)
        self.bn2, self.fc = nn.BatchNorm2d(channels), nn.Linear(channels, 10 if cifar else 1000)

    def forward(self, x):
        x = self.pool(self.bn1(self.conv1(x)).relu())
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(self.bn2(x).relu().mean((2, 3)))


class WideBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv3(inputs, outputs, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), conv3(outputs, outputs)
        self.downsample = None if inputs == outputs else conv1(inputs, outputs, stride)

    def forward(self, x):
        a = self.bn1(x).relu()
        return self.conv2(self.bn2(self.conv1(a)).relu()) + (x if self.downsample is None else self.downsample(a))


class WideResNet(nn.Module):
    def __init__(self, depth, k):
        super().__init__()
        count = (depth - 4) // 6
        self.conv1 = conv3(3, 16)
        self.layer1, _ = stage(WideBlock, 16, 16 * k, count, 1)
        self.layer2, _ = stage(WideBlock, 16 * k, 32 * k, count, 2)
        self.layer3, _ = stage(WideBlock, 32 * k, 64 * k, count, 2)
        self.bn1, self.fc = nn.BatchNorm2d(64 * k), nn.Linear(64 * k, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return self.fc(self.bn1(x).relu().mean((2, 3)))


class Excitation(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, channels // 16, 1), nn.Conv2d(channels // 16, channels, 1)

    def forward(self, x):
        return x * self.fc2(self.fc1(x.mean((2, 3), keepdim=True)).relu()).sigmoid()


class SeBlock(nn.Module):
    def __init__(self, inputs, planes, stride, bottleneck):
        super().__init__()
        outputs = planes * 4 if bottleneck else planes
        self.conv1 = conv1(inputs, planes, stride) if bottleneck else conv3(inputs, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = conv3(planes, planes), nn.BatchNorm2d(planes)
        if bottleneck:
            self.conv3, self.bn3 = conv1(planes, outputs), nn.BatchNorm2d(outputs)
        self.bottleneck, self.se = bottleneck, Excitation(outputs)
        self.downsample = nn.Sequential(conv1(inputs, outputs, stride), nn.BatchNorm2d(outputs)) if stride != 1 or inputs != outputs else None

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.bottleneck:
            y = self.bn3(self.conv3(y.relu()))
        return (self.se(y) + (x if self.downsample is None else self.downsample(x))).relu()


class SeResNet(nn.Module):
    def __init__(self, bottleneck, blocks):
        super().__init__()
        self.conv1, self.bn1, self.pool = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.MaxPool2d(3, 2, 1)
        channels = 64

        def block(inputs, planes, stride):
            return SeBlock(inputs, planes, stride, bottleneck)

        for i, count in enumerate(blocks):
            layer, channels = stage(block, channels, 64 << i, count, 2 if i else 1, 4 if bottleneck else 1)
            setattr(self, f"layer{i + 1}", layer)
        self.fc = nn.Linear(channels, 1000)

    def forward(self, x):
        x = self.pool(self.bn1(self.conv1(x)).relu())
        return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3)))


class CifarNext(nn.Module):
    """torchvision's bottlenecks behind a 3x3 stem; three stages."""

    def __init__(self, width, groups, paths):
        super().__init__()
        self.conv1, self.bn1 = conv3(3, width), nn.BatchNorm2d(width)
        channels = width
        for i in range(3):
            planes, stride, blocks = width << i, 2 if i else 1, []
            for j in range(3):
                inner = paths * groups << i  # channels of the grouped 3x3: a multiple of 64/64 of the planes
                down = nn.Sequential(conv1(channels, 4 * planes, stride), nn.BatchNorm2d(4 * planes)) if j == 0 else None
                blocks.append(Bottleneck(channels, planes, stride if j == 0 else 1, down, groups, 64 * inner // groups / planes))
                channels = 4 * planes
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, 10)

    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


class CifarDense(nn.Module):
    """torchvision's dense blocks and transitions behind a 3x3 convolution of 2k maps."""

    def __init__(self, depth, growth):
        super().__init__()
        count, channels = (depth - 4) // 6, 2 * growth
        self.features = nn.Sequential()
        self.features.add_module("conv0", conv3(3, channels))
        for i in range(3):
            if i:
                self.features.add_module(f"transition{i}", _Transition(channels, channels // 2))
                channels //= 2
            self.features.add_module(f"denseblock{i + 1}", _DenseBlock(count, channels, 4, growth, 0))
            channels += count * growth
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, 10)

    def forward(self, x):
        return self.classifier(self.features(x).relu().mean((2, 3)))


def stride_first(model):
    for block in model.modules():
        if isinstance(block, Bottleneck):
            block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    return model


def models():
    vision = torchvision.models
    for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "wide_resnet101_2", "resnext50_32x4d", "resnext101_32x8d"):
        yield name, getattr(vision, name)(), 224
    for name in ("resnet50", "resnet101", "resnet152"):
        yield f"{name}_v1", stride_first(getattr(vision, name)()), 224
    for depth in (20, 32, 44, 56, 110):
        yield f"plain{depth}", CifarResNet(depth, None), 32
        yield f"resnet{depth}", CifarResNet(depth, "A"), 32
        yield f"resnet{depth}_b", CifarResNet(depth, "B"), 32
    yield "se_resnet20", CifarResNet(20, "A", gated=True), 32
    yield "resnext29_8x4d", CifarNext(16, 8, 4), 32
    yield "densenet40_bc", CifarDense(40, 12), 32
    yield "preact_resnet20", PreActResNet(True, False, [3, 3, 3], padded=True), 32
    yield "preact_resnet110", PreActResNet(True, False, [18, 18, 18], padded=True), 32
    yield "preact_resnet164", PreActResNet(True, True, [18, 18, 18]), 32
    yield "preact_resnet18", PreActResNet(False, False, [2, 2, 2, 2]), 224
    yield "preact_resnet50", PreActResNet(False, True, [3, 4, 6, 3]), 224
    yield "preact_resnet101", PreActResNet(False, True, [3, 4, 23, 3]), 224
    yield "wrn_16_2", WideResNet(16, 2), 32
    yield "wrn_40_4", WideResNet(40, 4), 32
    yield "wrn_16_8", WideResNet(16, 8), 32
    yield "wrn_28_10", WideResNet(28, 10), 32
    yield "se_resnet18", SeResNet(False, [2, 2, 2, 2]), 224
    yield "se_resnet50", SeResNet(True, [3, 4, 6, 3]), 224
    yield "se_resnet101", SeResNet(True, [3, 4, 23, 3]), 224
    yield "se_resnet152", SeResNet(True, [3, 8, 36, 3]), 224


def macs(model, size):
    counts = []

    def count(layer, _, output):
        per_element = layer.in_features if isinstance(layer, nn.Linear) else layer.weight[0].numel()
        counts.append(output[0].numel() * per_element)

    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(count)
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, size, size))
    return sum(counts)


def main():
    for name, model, size in models():
        parameters = sum(p.numel() for p in model.parameters())
        with open(os.path.join(HERE, name + ".txt"), "w") as file:
            file.write(f"# {parameters} parameters, {macs(model, size)} MACs\n")
            for key, value in [*model.named_parameters(), *model.named_buffers()]:
                file.write(f"{key} [{','.join(map(str, value.shape))}]\n")


if __name__ == "__main__":
    main()
