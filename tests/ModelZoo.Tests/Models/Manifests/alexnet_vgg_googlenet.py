#!/usr/bin/env python3
"""Writes the manifests of the AlexNet, ZFNet, VGG and GoogLeNet families beside this file: one `key shape` line per entry of the state dict.

torchvision's builders make those that torchvision has; the others are written down here once more, independently of the zoo. With --facts it prints parameters and
multiply-accumulates (convolutions and linear layers only) as well. Made with torch 1.13.1 and torchvision 0.14.1.
"""
import os
import sys

import torch
import torchvision
from torchvision.models.googlenet import BasicConv2d as Block, Inception, InceptionAux
from torch import nn


class OriginalAlexNet(nn.Module):
    def __init__(self, groups):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11, 4)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2, groups=groups)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1, groups=groups)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1, groups=groups)
        self.fc6, self.fc7, self.fc8 = nn.Linear(9216, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000)
        self.norm, self.pool = nn.LocalResponseNorm(5, 5e-4, 0.75, 2), nn.MaxPool2d(3, 2)

    def forward(self, x):
        x = self.pool(self.norm(self.conv1(x).relu()))
        x = self.pool(self.norm(self.conv2(x).relu()))
        x = self.pool(self.conv5(self.conv4(self.conv3(x).relu()).relu()).relu())
        return self.fc8(self.fc7(self.fc6(x.flatten(1)).relu()).relu())


class ZFNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 96, 7, 2, 1), nn.Conv2d(96, 256, 5, 2)
        self.conv3, self.conv4, self.conv5 = nn.Conv2d(256, 384, 3, padding=1), nn.Conv2d(384, 384, 3, padding=1), nn.Conv2d(384, 256, 3, padding=1)
        self.fc6, self.fc7, self.fc8 = nn.Linear(9216, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000)
        self.norm, self.pool = nn.LocalResponseNorm(5, 5e-4, 0.75, 2), nn.MaxPool2d(3, 2, ceil_mode=True)

    def forward(self, x):
        x = self.norm(self.pool(self.conv1(x).relu()))
        x = self.norm(self.pool(self.conv2(x).relu()))
        x = self.pool(self.conv5(self.conv4(self.conv3(x).relu()).relu()).relu())
        return self.fc8(self.fc7(self.fc6(x.flatten(1)).relu()).relu())


class Plain(nn.Module):
    """A convolution with a bias, under the key that a normalized one has."""

    def __init__(self, in_channels, out_channels, **kwargs):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, **kwargs)

    def forward(self, x):
        return self.conv(x).relu()


def widened(block):
    """torchvision's module with the paper's 5x5 in its third branch."""

    def inception(in_channels, *widths):
        module = Inception(in_channels, *widths, conv_block=block)
        module.branch3[1] = block(widths[3], widths[4], kernel_size=5, padding=2)
        return module

    return inception


class PaperHead(nn.Module):
    def __init__(self, in_channels, num_classes, dropout=0.7):
        super().__init__()
        self.conv, self.fc1, self.fc2 = Plain(in_channels, 128, kernel_size=1), nn.Linear(2048, 1024), nn.Linear(1024, num_classes)
        self.pool, self.dropout = nn.AvgPool2d(5, 3), nn.Dropout(dropout)

    def forward(self, x):
        return self.fc2(self.dropout(self.fc1(self.conv(self.pool(x)).flatten(1)).relu()))


def paper():
    net = torchvision.models.GoogLeNet(init_weights=False, blocks=[Plain, widened(Plain), PaperHead], dropout=0.4)
    net.maxpool1 = nn.Sequential(net.maxpool1, nn.LocalResponseNorm(5))
    net.maxpool2 = nn.Sequential(nn.LocalResponseNorm(5), net.maxpool2)
    net.maxpool4 = nn.MaxPool2d(3, 2, ceil_mode=True)
    return net



class Naive(nn.Module):
    def __init__(self, in_channels, ones, threes, fives):
        super().__init__()
        self.branch1 = Block(in_channels, ones, kernel_size=1)
        self.branch2 = Block(in_channels, threes, kernel_size=3, padding=1)
        self.branch3 = Block(in_channels, fives, kernel_size=5, padding=2)
        self.branch4 = nn.MaxPool2d(3, 1, 1)

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class NaiveGoogLeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = Block(3, 64, kernel_size=7, stride=2, padding=3), Block(64, 64, kernel_size=1), Block(64, 192, kernel_size=3, padding=1)
        self.inception3a, self.inception3b, self.inception4a = Naive(192, 64, 128, 32), Naive(416, 128, 192, 96), Naive(832, 192, 208, 48)
        self.fc = nn.Linear(1280, 1000)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)

    def forward(self, x):
        x = self.pool(self.conv3(self.conv2(self.pool(self.conv1(x)))))
        x = self.inception4a(self.pool(self.inception3b(self.inception3a(x))))
        return self.fc(x.mean((2, 3)))


class CifarAlexNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features, self.classifier, channels = nn.Sequential(), nn.Sequential(), 3
        for place, width, stride, pooled in ((0, 64, 2, True), (3, 192, 1, True), (6, 384, 1, False), (8, 256, 1, False), (10, 256, 1, True)):
            self.features.add_module(str(place), nn.Conv2d(channels, width, 3, stride, 1))
            self.features.add_module(str(place + 1), nn.ReLU())
            if pooled:
                self.features.add_module(str(place + 2), nn.MaxPool2d(2))
            channels = width
        for place, inputs, outputs in ((1, 1024, 4096), (4, 4096, 4096), (6, 4096, 10)):
            self.classifier.add_module(str(place), nn.Linear(inputs, outputs))

    def forward(self, x):
        x = self.features(x).flatten(1)
        assert x.shape[1] == 1024
        return self.classifier(x)


def cifar_vgg():
    net = torchvision.models.vgg11_bn()
    net.avgpool, net.classifier = nn.Identity(), nn.Sequential(nn.Linear(512, 10))
    return net


def cifar_googlenet():
    net = torchvision.models.GoogLeNet(num_classes=10, aux_logits=False, init_weights=False, blocks=[Block, widened(Block), InceptionAux])
    net.conv1, net.maxpool1 = Block(3, 64, kernel_size=3, stride=2, padding=1), nn.Identity()
    return net


MODELS = {
    "alexnet_cifar": CifarAlexNet,
    "vgg11_cifar": cifar_vgg,
    "googlenet_cifar": cifar_googlenet,
    "alexnet": torchvision.models.alexnet,
    "alexnet_original": lambda: OriginalAlexNet(2),
    "alexnet_ungrouped": lambda: OriginalAlexNet(1),
    "zfnet": ZFNet,
    **{name: getattr(torchvision.models, name) for name in ("vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn")},
    "googlenet": lambda: torchvision.models.googlenet(init_weights=False),
    "googlenet_paper": paper,
    "googlenet_bn": lambda: torchvision.models.GoogLeNet(
        init_weights=False, blocks=[Block, widened(Block), InceptionAux]),
    "googlenet_naive": NaiveGoogLeNet,
}


def macs(net, size):
    total = 0

    def count(module, _, output):
        nonlocal total
        total += output[0].numel() * module.weight[0].numel()

    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count)
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, size, size))
    return total


for name, build in MODELS.items():
    net = build()
    parameters = dict(net.named_parameters())
    size = 32 if name.endswith("_cifar") else 227 if name in ("alexnet_original", "alexnet_ungrouped") else 224
    heads = sum(p.numel() for key, p in parameters.items() if key.startswith("aux"))
    facts = f"{sum(p.numel() for p in parameters.values()) - heads} parameters, {macs(net, size)} MACs"
    if "--facts" in sys.argv:
        print(f"{name}: {facts}, {heads} parameters in auxiliary heads")
    if hasattr(torchvision.models, name):
        continue  # oracle.py writes these
    state = net.state_dict()
    keys = [*(k for k in state if k in parameters), *(k for k in state if k not in parameters)]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".txt"), "w") as file:
        file.writelines([f"# {facts}\n", *(f"{key} [{','.join(map(str, state[key].shape))}]\n" for key in keys)])
