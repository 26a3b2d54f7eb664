"""What torchvision 0.14.1 makes of two pictures by each operation of transforms.autoaugment, and its ranges: auto_augment.json.gz.

/usr/bin/python3 auto_augment.py
"""
import base64, gzip, json, math, os
import numpy as np
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode, autoaugment as aa


def picture(width, height):
    # Smooth, with an edge and some noise of a fixed rule, not using all values.
    y, x = np.mgrid[0:height, 0:width]
    noise = (x * 7919 + y * 104729 + x * y * 31) % 23
    r = 40 + 150 * x / width + noise
    g = 30 + 120 * y / height + noise
    b = np.where(x + y > (width + height) / 2, 200, 60) + noise
    return Image.fromarray(np.clip(np.stack([r, g, b], -1), 0, 255).astype(np.uint8), "RGB")


def text(image):
    return base64.b64encode(np.asarray(image).tobytes()).decode()


def cases():
    space = {
        "Identity": [0], "ShearX": [0.09, -0.3, 0.99], "ShearY": [0.09, -0.3, -0.99], "TranslateX": [4.2, -9.9, 32], "TranslateY": [4.2, -9.9, 32],
        "Rotate": [9, -30, 90, -90, 135, 180, 4.5], "Brightness": [0.27, -0.9, 0.99], "Color": [0.27, -0.9, 0.99], "Contrast": [0.27, -0.9, 0.99],
        "Sharpness": [0.27, -0.9, 0.99], "Posterize": [8, 7, 4, 2, 0], "Solarize": [255, 178.5, 100.5, 0], "AutoContrast": [0], "Equalize": [0],
        "Invert": [0],
    }
    for size in ((37, 29), (24, 24)):
        image = picture(*size)
        yield {"size": size, "operation": None, "bytes": text(image)}
        for name, magnitudes in space.items():
            for magnitude in magnitudes:
                for mode in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR) if name[:5] in ("Shear", "Trans", "Rotat") else (InterpolationMode.NEAREST,):
                    made = aa._apply_op(image, name, float(magnitude), mode, None)
                    yield {"size": size, "operation": name, "magnitude": magnitude, "bilinear": mode == InterpolationMode.BILINEAR, "bytes": text(made)}


def mixed():
    # AugMix's sum, as torchvision computes it, of pictures that Pillow made.
    image = picture(24, 24)
    chains = [("Rotate", 6.0), ("Posterize", 3.0), ("ShearX", -0.2)]
    kept, weights = torch.tensor(0.35), torch.tensor([0.1, 0.3, 0.25])
    tensor = lambda i: torch.from_numpy(np.asarray(i).copy())
    mix = kept * tensor(image)
    for (name, magnitude), weight in zip(chains, weights):
        mix.add_(weight * tensor(aa._apply_op(image, name, magnitude, InterpolationMode.BILINEAR, None)))
    return {"kept": 0.35, "weights": [0.1, 0.3, 0.25], "chains": chains, "bytes": text(mix.to(torch.uint8).numpy())}


def ranges():
    spaces = {
        "rand_augment": aa.RandAugment()._augmentation_space(31, (24, 37)),
        "trivial_augment": aa.TrivialAugmentWide()._augmentation_space(31),
        "augmix": aa.AugMix()._augmentation_space(10, (24, 37)),
    }
    return {name: [[op, [float(m) for m in (values.tolist() if values.ndim else [])], signed] for op, (values, signed) in space.items()]
            for name, space in spaces.items()}


path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "auto_augment.json.gz")
with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
    file.write(json.dumps({"cases": list(cases()), "mixed": mixed(), "ranges": ranges()}, separators=(",", ":")).encode())
