"""Transfer learning as a PyTorch script usually does it, the other side of `scripts/bench transfer`.

A network whose backbone is frozen, and in eval mode without gradients, under a new linear layer; the images are decoded, resized to 256 and cut to 224 (resized to 32 for resnet20) and run through the
whole network in every epoch, by a DataLoader with two workers; SGD with momentum; the rate is divided by ten every seven epochs. With --heads, so many more heads are trained afterwards, each with a seed of its own, on features that are computed once: what the seed does to the accuracy.
Prints one line of JSON.
"""
import argparse
import json
import time

import torch
import torchvision
from torchvision import transforms


class Block(torch.nn.Module):
    """Two 3x3 convolutions and a shortcut without parameters (He et al. 2015, option A)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(outputs)
        self.conv2 = torch.nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(outputs)
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x):
        body = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.more:
            x = torch.nn.functional.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.more))
        return torch.relu(body + x)


class ResNet20(torch.nn.Module):
    """For images of 32x32, with the zoo's keys."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(16)
        self.layer1 = torch.nn.Sequential(*[Block(16, 16, 1) for _ in range(3)])
        self.layer2 = torch.nn.Sequential(Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1))
        self.layer3 = torch.nn.Sequential(Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1))
        self.fc = torch.nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x))))))
        return self.fc(x.mean((2, 3)))


def build(name):
    return ResNet20() if name == "resnet20" else getattr(torchvision.models, name)()


def train_head(features, labels, epochs, arguments, seed):
    """A fresh linear layer, trained on features as main() trains the whole."""
    torch.manual_seed(seed)
    head = torch.nn.Linear(features.shape[1], int(labels.max()) + 1)
    loss_of = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(head.parameters(), lr=arguments.lr, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    for _ in range(epochs):
        for chosen in torch.randperm(len(features)).split(arguments.batch_size):
            optimizer.zero_grad(set_to_none=True)
            loss_of(head(features[chosen]), labels[chosen]).backward()
            optimizer.step()
        schedule.step()
    return head


def head_accuracies(model, sets, arguments):
    """The validation accuracy of arguments.heads heads on features that the backbone makes once."""
    model.fc = torch.nn.Identity()
    features = {}
    with torch.no_grad():
        for part, images in sets.items():
            batches = [(model(x), y) for x, y in torch.utils.data.DataLoader(images, arguments.batch_size, num_workers=2)]
            features[part] = (torch.cat([x for x, _ in batches]), torch.cat([y for _, y in batches]))
    accuracies = []
    for seed in range(arguments.heads):
        head = train_head(*features["train"], 25, arguments, seed)
        with torch.no_grad():
            accuracies.append((head(features["val"][0]).argmax(1) == features["val"][1]).float().mean().item())
    return accuracies


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, help="a folder with train/ and val/, a folder a class in each")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--model", default="resnet50", help="resnet20, or one of torchvision's ResNets")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--heads", type=int, default=0)
    parser.add_argument("--make-weights", action="store_true", help="write random weights to --weights and end")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    if arguments.make_weights:
        torch.save(build(arguments.model).state_dict(), arguments.weights)
        return

    start = time.perf_counter()
    prepare = transforms.Compose([
        transforms.Resize((32, 32)), transforms.ToTensor(), transforms.Normalize([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616])]
        if arguments.model == "resnet20" else [
        transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    sets = {part: torchvision.datasets.ImageFolder(f"{arguments.data}/{part}", prepare) for part in ("train", "val")}
    loaders = {part: torch.utils.data.DataLoader(images, arguments.batch_size, shuffle=part == "train", num_workers=2) for part, images in sets.items()}
    model = build(arguments.model)
    model.load_state_dict(torch.load(arguments.weights))
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.fc = torch.nn.Linear(model.fc.in_features, len(sets["train"].classes))
    model.eval()
    loss_of = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=arguments.lr, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    epochs = []
    for _ in range(arguments.epochs):
        began = time.perf_counter()
        for images, labels in loaders["train"]:
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(model(images), labels)
            loss.backward()
            optimizer.step()
        schedule.step()
        right = 0
        with torch.no_grad():
            for images, labels in loaders["val"]:
                right += (model(images).argmax(1) == labels).sum().item()
        epochs.append({"seconds": time.perf_counter() - began, "accuracy": right / len(sets["val"])})
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "accuracy": epochs[-1]["accuracy"], "epochs": epochs, "heads": head_accuracies(model, sets, arguments) if arguments.heads else [], "torch": torch.__version__}))


main()
