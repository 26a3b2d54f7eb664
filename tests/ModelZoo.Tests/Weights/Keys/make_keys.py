"""Writes the key lists beside this file: "key [shape]" a line, in the order of state_dict.

timm's come from timm itself (tried with 1.0.29). Hugging Face's are those of the classes named below in transformers, whose module trees are written anew here:
names, order and shapes, nothing that computes. Needs torch; without timm its lists stay as they are.
"""
import os

from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, model):
    with open(os.path.join(HERE, name + '.txt'), 'w') as out:
        for key, value in model.state_dict().items():
            out.write(f"{key} [{','.join(map(str, value.shape))}]\n")


class Tree(nn.Module):
    """A module that is nothing but its named children."""

    def __init__(self, **children):
        super().__init__()
        for name, child in children.items():
            self.add_module(name, child)


def unit(i, o, k, groups=1):
    return Tree(convolution=nn.Conv2d(i, o, k, groups=groups, bias=False), normalization=nn.BatchNorm2d(o))


def resnet(depths, bottleneck):  # ResNetForImageClassification: microsoft/resnet-18, resnet-50
    stages, channels = [], 64
    for stage, depth in enumerate(depths):
        width, layers = 64 << stage, []
        out = width * (4 if bottleneck else 1)
        for block in range(depth):
            first = unit(channels, out, 1) if channels != out or (stage > 0 and block == 0) else nn.Identity()
            inner = [unit(channels, width, 1), unit(width, width, 3), unit(width, out, 1)] if bottleneck else [unit(channels, out, 3), unit(out, out, 3)]
            layers.append(Tree(shortcut=first, layer=nn.Sequential(*inner)))
            channels = out
        stages.append(Tree(layers=nn.Sequential(*layers)))
    body = Tree(embedder=Tree(embedder=unit(3, 64, 7)), encoder=Tree(stages=nn.ModuleList(stages)))
    return Tree(resnet=body, classifier=nn.Sequential(nn.Flatten(), nn.Linear(channels, 1000)))


def mobilenet_v1():  # MobileNetV1ForImageClassification: google/mobilenet_v1_1.0_224
    layers, channels = [], 32
    for width in [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]:
        layers += [unit(channels, channels, 3, channels), unit(channels, width, 1)]
        channels = width
    return Tree(mobilenet_v1=Tree(conv_stem=unit(3, 32, 3), layer=nn.ModuleList(layers)), classifier=nn.Linear(1024, 1001))


def mobilenet_v2():  # MobileNetV2ForImageClassification: google/mobilenet_v2_1.0_224
    layers, channels = [], 16
    for width in [24] * 2 + [32] * 3 + [64] * 4 + [96] * 3 + [160] * 3 + [320]:
        inner = channels * 6
        layers.append(Tree(expand_1x1=unit(channels, inner, 1), conv_3x3=unit(inner, inner, 3, inner), reduce_1x1=unit(inner, width, 1)))
        channels = width
    stem = Tree(first_conv=unit(3, 32, 3), conv_3x3=unit(32, 32, 3, 32), reduce_1x1=unit(32, 16, 1))
    return Tree(mobilenet_v2=Tree(conv_stem=stem, layer=nn.ModuleList(layers), conv_1x1=unit(320, 1280, 1)), classifier=nn.Linear(1280, 1001))


def efficientnet_b0():  # EfficientNetForImageClassification: google/efficientnet-b0
    blocks, channels = [], 32
    for expand, kernel, width, count in [(1, 3, 16, 1), (6, 3, 24, 2), (6, 5, 40, 2), (6, 3, 80, 3), (6, 5, 112, 3), (6, 5, 192, 4), (6, 3, 320, 1)]:
        for _ in range(count):
            inner, squeezed = channels * expand, max(1, channels // 4)
            parts = {}
            if expand != 1:
                parts['expansion'] = Tree(expand_conv=nn.Conv2d(channels, inner, 1, bias=False), expand_bn=nn.BatchNorm2d(inner))
            parts['depthwise_conv'] = Tree(depthwise_conv=nn.Conv2d(inner, inner, kernel, groups=inner, bias=False), depthwise_norm=nn.BatchNorm2d(inner))
            parts['squeeze_excite'] = Tree(reduce=nn.Conv2d(inner, squeezed, 1), expand=nn.Conv2d(squeezed, inner, 1))
            parts['projection'] = Tree(project_conv=nn.Conv2d(inner, width, 1, bias=False), project_bn=nn.BatchNorm2d(width))
            blocks.append(Tree(**parts))
            channels = width
    embeddings = Tree(convolution=nn.Conv2d(3, 32, 3, bias=False), batchnorm=nn.BatchNorm2d(32))
    encoder = Tree(blocks=nn.ModuleList(blocks), top_conv=nn.Conv2d(320, 1280, 1, bias=False), top_bn=nn.BatchNorm2d(1280))
    return Tree(efficientnet=Tree(embeddings=embeddings, encoder=encoder), classifier=nn.Linear(1280, 1000))


def cifar():  # kuangliu/pytorch-cifar's style, as in many repositories: a shortcut and a linear
    def block(i, o):
        parts = dict(conv1=nn.Conv2d(i, o, 3, bias=False), bn1=nn.BatchNorm2d(o), conv2=nn.Conv2d(o, o, 3, bias=False), bn2=nn.BatchNorm2d(o))
        if i != o:
            parts['shortcut'] = nn.Sequential(nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o))
        return Tree(**parts)
    stages = {f'layer{s + 1}': nn.Sequential(*[block(16 << max(0, s - 1) if b == 0 else 16 << s, 16 << s) for b in range(3)]) for s in range(3)}
    return nn.DataParallel(Tree(conv1=nn.Conv2d(3, 16, 3, bias=False), bn1=nn.BatchNorm2d(16), **stages, linear=nn.Linear(64, 10)))


write('hf_resnet-18', resnet([2, 2, 2, 2], False))
write('hf_resnet-50', resnet([3, 4, 6, 3], True))
write('hf_mobilenet_v1', mobilenet_v1())
write('hf_mobilenet_v2', mobilenet_v2())
write('hf_efficientnet-b0', efficientnet_b0())
write('cifar_resnet20', cifar())

try:
    import timm
except ImportError:
    timm = None
for name in ['resnet18', 'vgg11', 'vgg16_bn', 'mobilenetv1_100', 'mobilenetv2_100', 'efficientnet_b0', 'resnetv2_50', 'legacy_seresnet50'] if timm else []:
    write('timm_' + name, timm.create_model(name))
