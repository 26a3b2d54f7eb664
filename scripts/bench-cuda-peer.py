"""The eager PyTorch side of scripts/bench-cuda: runs a timed block for each line it reads and prints its seconds and mean loss.

Lines: "threads N", "train:MODEL:BATCH:SIZE:DEVICE:PRECISION STEPS", "quit"; resnet20 and resnet50, without torchvision; fp32 (with TF32) or bf16 (autocast,
channels_last). The fused SGD, gradients set to None between steps, loss and accuracy summed on the device and read at the end of the block. The seconds end
when the device is done.
"""
import contextlib
import sys
import time

import torch
from torch import nn

torch.backends.cuda.matmul.allow_tf32 = True
torch.backends.cudnn.allow_tf32 = True


def conv(inputs, outputs, kernel, stride=1):
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)]


class Padded(nn.Module):
    """Shortcut option A of He et al. 2015."""

    def __init__(self, stride, more):
        super().__init__()
        self.stride, self.half, self.rest = stride, more // 2, more - more // 2

    def forward(self, x):
        return nn.functional.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.half, self.rest))


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut, self.relu = nn.Sequential(*body), shortcut, nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))


def resnet20():
    layers, width = [*conv(3, 16, 3), nn.ReLU(inplace=True)], 16
    for stage in (16, 32, 64):
        for _ in range(3):
            stride = 2 if stage > width else 1
            body = [*conv(width, stage, 3, stride), nn.ReLU(inplace=True), *conv(stage, stage, 3)]
            layers.append(Residual(body, Padded(stride, stage - width) if stage > width else nn.Identity()))
            width = stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)), 10


def resnet50():
    layers, width = [*conv(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)], 64
    for stage, (middle, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            body = [*conv(width, middle, 1), nn.ReLU(inplace=True), *conv(middle, middle, 3, stride), nn.ReLU(inplace=True), *conv(middle, 4 * middle, 1)]
            layers.append(Residual(body, nn.Sequential(*conv(width, 4 * middle, 1, stride)) if block == 0 else nn.Identity()))
            width = 4 * middle
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)), 1000


def sgd(parameters, device):
    settings = {"lr": 0.001, "momentum": 0.9, "weight_decay": 1e-4}
    if device == "cuda":
        return torch.optim.SGD(parameters, **settings, fused=True)
    return torch.optim.SGD(parameters, **settings, foreach=True)  # to try the script on a PyTorch that has no fused SGD


class Training:
    def __init__(self, name, batch, size, device, precision):
        torch.manual_seed(1)
        model, classes = {"resnet20": resnet20, "resnet50": resnet50}[name]()
        layout = torch.channels_last if precision == "bf16" else torch.contiguous_format
        self.model = model.to(device=device, memory_format=layout).train()
        self.optimizer = sgd(self.model.parameters(), device)
        self.images = torch.randn(batch, 3, size, size, device=device).contiguous(memory_format=layout)
        self.labels = torch.arange(batch, device=device) % classes
        self.device, self.precision = device, precision

    def synchronize(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def autocast(self):
        return torch.autocast(self.device, torch.bfloat16) if self.precision == "bf16" else contextlib.nullcontext()

    def run(self, steps):
        total, right = torch.zeros((), device=self.device), torch.zeros((), dtype=torch.int64, device=self.device)
        self.synchronize()
        start = time.perf_counter()
        for _ in range(steps):
            self.optimizer.zero_grad(set_to_none=True)
            with self.autocast():
                logits = self.model(self.images)
                loss = nn.functional.cross_entropy(logits, self.labels)
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
            right += (logits.detach().argmax(1) == self.labels).sum()
        mean = total.item() / steps
        right.item()
        self.synchronize()
        return time.perf_counter() - start, mean


def main():
    trainings = {}
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word == "quit":
            break
        if word == "threads":
            torch.set_num_threads(int(number))
            print(torch.__version__, flush=True)
            continue
        if word not in trainings:
            _, name, batch, size, device, precision = word.split(":")
            trainings[word] = Training(name, int(batch), int(size), device, precision)
        seconds, loss = trainings[word].run(int(number))
        print(repr(seconds), repr(loss), flush=True)


if __name__ == "__main__":
    main()
