#!/usr/bin/env python3
"""Writes models/imagenet-classes.txt: the names of ImageNet's 1,000 classes as torchvision gives them, in the order of its weights' logits. Needs torchvision."""
from pathlib import Path

from torchvision.models._meta import _IMAGENET_CATEGORIES

Path(__file__).parent.parent.joinpath("models", "imagenet-classes.txt").write_text("\n".join(_IMAGENET_CATEGORIES) + "\n", encoding="utf-8")
