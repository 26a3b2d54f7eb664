"""The PyTorch side of scripts/bench loader: a pass of DataLoader over an image folder for each line it reads; prints its seconds and a sum.

Arguments: the folder with train and val, the batch, the workers. Lines: "threads N", "train 0", "val 0", "quit". Workers live on between passes, as they do in a long training.
"""
import sys
import time

import torch
from torchvision import datasets, transforms


def loader(folder, part, batch, workers):
    normalize = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    if part == "train":
        steps = [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), transforms.ToTensor(), normalize]
    else:
        steps = [transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), normalize]
    data = datasets.ImageFolder(f"{folder}/{part}", transforms.Compose(steps))
    return torch.utils.data.DataLoader(data, batch_size=batch, shuffle=part == "train", num_workers=workers, persistent_workers=True)


def main():
    folder, batch, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    loaders = {}
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word == "quit":
            break
        if word == "threads":
            torch.set_num_threads(int(number))
            print(torch.__version__, flush=True)
            continue
        data = loaders.get(word)
        if data is None:
            loaders.clear()  # only one pair of workers at a time
            data = loaders[word] = loader(folder, word, batch, workers)
        start = time.perf_counter()
        seen = 0
        for images, labels in data:
            seen += len(labels)
        print(repr(time.perf_counter() - start), repr(float(seen)), flush=True)


if __name__ == "__main__":
    main()
