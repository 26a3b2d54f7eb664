#!/usr/bin/python3
"""Writes <model>.txt from torchvision: what the zoo's state_dict must be.

One line per parameter, then one per buffer, in torchvision's order: key and shape. The first line has the parameters and the multiply-accumulates of
convolutions and linear layers for one image, counted here with hooks, independently of the zoo.

    /usr/bin/python3 tests/ModelZoo.Tests/Models/Manifests/torchvision_models.py      (Debian: python3-torch, python3-torchvision 0.14.1)
"""
import pathlib
import torch
import torchvision

MODELS = """alexnet vgg11 vgg13 vgg16 vgg19 vgg11_bn vgg13_bn vgg16_bn vgg19_bn googlenet resnet18 resnet34 resnet50 resnet101 resnet152
resnext50_32x4d resnext101_32x8d wide_resnet50_2 wide_resnet101_2 densenet121 densenet161 densenet169 densenet201 efficientnet_b0""".split()


def macs_of(model):
    total = [0]

    def count(module, _, output):
        if isinstance(module, torch.nn.Conv2d):
            k = module.kernel_size
            total[0] += output[0].numel() * module.in_channels // module.groups * k[0] * k[1]
        elif isinstance(module, torch.nn.Linear):
            total[0] += output[0].numel() * module.in_features

    for module in model.modules():
        module.register_forward_hook(count)
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, 224, 224))
    return total[0]


for name in MODELS:
    extra = {"init_weights": False} if name == "googlenet" else {}
    model = getattr(torchvision.models, name)(**extra)
    inference = sum(p.numel() for n, p in model.named_parameters() if not n.startswith("aux"))
    lines = [f"# {inference} parameters, {macs_of(model)} MACs"]
    parameters = dict(model.named_parameters())
    state = model.state_dict()
    for key in [*(k for k in state if k in parameters), *(k for k in state if k not in parameters)]:
        lines.append(f"{key} [{','.join(map(str, state[key].shape))}]")
    path = pathlib.Path(__file__).parent / f"{name}.txt"
    path.write_text("\n".join(lines) + "\n")
    print(name, lines[0])
