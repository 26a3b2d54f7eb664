"""The eager PyTorch side of scripts/bench: runs a timed block for each line it reads and prints its seconds.

Lines: "threads N", "lenet STEPS", "train:MODEL:BATCH:SIZE STEPS", "add CALLS", "quit". LeNet-5 (61,706 parameters), batch 64, SGD with momentum 0.9,
data in memory, gradients set to None between steps (PyTorch's fastest eager form).
"""
import sys
import time

import torch
from torch import nn


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


class Lenet:
    def __init__(self):
        torch.manual_seed(1)
        self.model = lenet()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9)
        self.images = (torch.arange(64 * 32 * 32) % 255).float().reshape(64, 1, 32, 32) / 255
        self.labels = torch.arange(64) % 10
        self.loss = nn.CrossEntropyLoss()

    def run(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            loss = self.loss(self.model(self.images), self.labels)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
        return time.perf_counter() - start, loss.item()


class Shortcut(nn.Module):
    """A basic block of He et al. 2015 for CIFAR-10, shortcut option A."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x):
        short = x
        if self.more:
            half = self.more // 2
            short = nn.functional.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, half, self.more - half))
        return nn.functional.relu(self.body(x) + short, inplace=True)


def resnet20():
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
    width = 16
    for stage in (16, 32, 64):
        for _ in range(3):
            layers.append(Shortcut(width, stage, 2 if stage > width else 1))
            width = stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Training:
    """A standard eager training loop in float32, on one batch in memory."""

    def __init__(self, name, batch, size):
        torch.manual_seed(1)
        if name == "lenet5":
            self.model, shape, classes = lenet(), (batch, 1, size, size), 10
        elif name == "resnet20":
            self.model, shape, classes = resnet20(), (batch, 3, size, size), 10
        else:
            import torchvision
            extra = {"init_weights": False} if name == "googlenet" else {}
            self.model, shape, classes = getattr(torchvision.models, name)(**extra), (batch, 3, size, size), 1000
        self.model.train()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)
        self.images = torch.randn(shape)
        self.labels = torch.arange(batch) % classes
        self.loss = nn.CrossEntropyLoss()

    def run(self, steps):
        start = time.perf_counter()
        total, right = 0.0, 0
        for _ in range(steps):
            self.optimizer.zero_grad(set_to_none=True)
            logits = self.model(self.images)
            if isinstance(logits, tuple):
                loss = self.loss(logits[0], self.labels) + 0.3 * (self.loss(logits[1], self.labels) + self.loss(logits[2], self.labels))
                logits = logits[0]
            else:
                loss = self.loss(logits, self.labels)
            loss.backward()
            self.optimizer.step()
            total += loss.item()
            right += (logits.argmax(1) == self.labels).sum().item()
        return time.perf_counter() - start, total / steps


def add(calls):
    a = torch.ones(1)
    with torch.no_grad():
        start = time.perf_counter()
        for _ in range(calls):
            torch.add(a, a)
        return time.perf_counter() - start, 2.0


def main():
    training, trainings = None, {}
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word == "quit":
            break
        if word == "threads":
            torch.set_num_threads(int(number))
            print(torch.__version__, flush=True)
            continue
        if word == "lenet":
            training = training or Lenet()
            seconds, value = training.run(int(number))
        elif word.startswith("train:"):
            if word not in trainings:
                _, name, batch, size = word.split(":")
                trainings[word] = Training(name, int(batch), int(size))
            seconds, value = trainings[word].run(int(number))
        else:
            seconds, value = add(int(number))
        print(repr(seconds), repr(value), flush=True)


main()
