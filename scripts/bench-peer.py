"""The eager PyTorch side of scripts/bench: runs a timed block for each line it reads and prints its seconds.

Lines: "threads N", "lenet STEPS", "add CALLS", "quit". LeNet-5 (61,706 parameters), batch 64, SGD with momentum 0.9,
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


def add(calls):
    a = torch.ones(1)
    with torch.no_grad():
        start = time.perf_counter()
        for _ in range(calls):
            torch.add(a, a)
        return time.perf_counter() - start, 2.0


def main():
    training = None
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
        else:
            seconds, value = add(int(number))
        print(repr(seconds), repr(value), flush=True)


main()
