"""Transfer learning as a PyTorch script usually does it, the other side of `scripts/bench transfer`.

A ResNet-50 whose trunk is frozen, and in eval mode without gradients, under a new linear layer; the images are decoded, resized to 256, cut to 224 and run through the
whole network in every epoch, by a DataLoader with two workers; SGD with momentum; the rate is divided by ten every seven epochs. Prints one line of JSON.
"""
import argparse
import json
import time

import torch
import torchvision
from torchvision import transforms


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, help="a folder with train/ and val/, a folder a class in each")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--make-weights", action="store_true", help="write random weights to --weights and end")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    if arguments.make_weights:
        torch.save(torchvision.models.resnet50().state_dict(), arguments.weights)
        return

    start = time.perf_counter()
    prepare = transforms.Compose([
        transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    sets = {part: torchvision.datasets.ImageFolder(f"{arguments.data}/{part}", prepare) for part in ("train", "val")}
    loaders = {part: torch.utils.data.DataLoader(images, arguments.batch_size, shuffle=part == "train", num_workers=2) for part, images in sets.items()}
    model = torchvision.models.resnet50()
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
    print(json.dumps({"seconds": time.perf_counter() - start, "accuracy": epochs[-1]["accuracy"], "epochs": epochs, "torch": torch.__version__}))


main()
