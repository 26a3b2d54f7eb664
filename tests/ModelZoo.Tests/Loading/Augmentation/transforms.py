"""What torchvision makes of an image: arguments width, height; reads image.rgb, writes NAME.rgb for each line "NAME function arguments…" of requests.txt."""
import sys

import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

width, height = int(sys.argv[1]), int(sys.argv[2])
image = Image.frombytes("RGB", (width, height), open("image.rgb", "rb").read())
for line in open("requests.txt"):
    name, function, *rest = line.split()
    values = [float(v) for v in rest]
    if function == "resized_crop":
        left, top, w, h, size = (int(v) for v in values)
        result = F.resized_crop(image, top, left, h, w, [size, size], InterpolationMode.BILINEAR)
    elif function == "erase":
        left, top, w, h = (int(v) for v in values)
        open(f"{name}.rgb", "wb").write(F.erase(F.to_tensor(image), top, left, h, w, torch.zeros(1)).numpy().tobytes())
        continue
    elif function == "pad_crop":
        padding, left, top = (int(v) for v in values)
        result = F.crop(F.pad(image, padding, padding_mode="reflect"), top, left, height, width)
    elif function == "ten_crop":
        result = F.ten_crop(image, [int(values[0])] * 2)
        open(f"{name}.rgb", "wb").write(b"".join(crop.tobytes() for crop in result))
        continue
    else:
        result = getattr(F, function)(image, *values)
    open(f"{name}.rgb", "wb").write(result.tobytes())
