#!/usr/bin/python3
"""Pillow and torchvision as the oracle of decoding, resampling and transforms (Debian: python3-torchvision 0.14.1, python3-pil 9.4, libturbojpeg0).

    pictures.py make <folder>     writes pictures of every kind: sizes, qualities, subsamplings, color types
    pictures.py serve             answers a request a line: what the picture's pixels and the models' inputs are
    pictures.py golden <folder>   writes a few small pictures and golden.safetensors with what they must become, for machines without Python

A request is JSON: {"path": …, "repeat": n, "orient": bool, "resize": [[width, height, "bilinear"|"bicubic", [left, top, right, bottom] or null], …]}. The answer is a line of JSON
({"width", "height", "decode", "transform": best seconds of n} or {"error"}) and then the bytes [H,W,3], the three transforms as float32 [3,224,224], and each resize's bytes.
"""
import ctypes
import functools
import io
import json
import os
import pathlib
import struct
import sys
import time
import warnings
import zlib

import numpy
import torch
from PIL import Image, ImageDraw, ImageOps
from torchvision.models import EfficientNet_B0_Weights, ResNet50_Weights
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification

TRANSFORMS = [ResNet50_Weights.IMAGENET1K_V1.transforms(), ResNet50_Weights.IMAGENET1K_V2.transforms(), EfficientNet_B0_Weights.IMAGENET1K_V1.transforms()]
FILTERS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}


# ---- pictures ---------------------------------------------------------------------------------------------------------
def photograph(width, height, seed):
    """Sums of smooth noise of several scales, edges and text: uint8 [H,W,3]."""
    rng = numpy.random.default_rng(seed)
    total = numpy.zeros((height, width, 3))
    for cells in (2, 5, 13, 40):
        noise = rng.integers(0, 256, (max(1, min(cells, height)), max(1, min(cells, width)), 3), dtype=numpy.uint8)
        total += numpy.asarray(Image.fromarray(noise).resize((width, height), Image.BICUBIC), float)
    image = Image.fromarray(numpy.clip((total / 4 - 128) * 2.2 + 128, 0, 255).astype(numpy.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, r = rng.integers(0, width), rng.integers(0, height), rng.integers(1, max(2, min(width, height) // 3))
        color = tuple(int(v) for v in rng.integers(0, 256, 3))
        shape = rng.integers(0, 3)
        (draw.ellipse if shape == 0 else draw.rectangle if shape == 1 else draw.line)([int(x - r), int(y - r), int(x + r), int(y + r)], fill=color)
        draw.text((int(x), int(y)), "edge 0123", fill=(255, 255, 255))
    return numpy.asarray(image)


def jpeg(pixels, mode="RGB", **options):
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


@functools.lru_cache(None)
def turbojpeg():
    library = ctypes.CDLL("libturbojpeg.so.0")
    library.tjInitCompress.restype = ctypes.c_void_p
    library.tjGetErrorStr2.restype = ctypes.c_char_p
    return library


def turbo(pixels, subsampling, quality=85, cmyk=False, **environment):
    """TurboJPEG's compressor: subsampling 0 4:4:4, 1 4:2:2, 2 4:2:0, 3 gray, 4 4:4:0, 5 4:1:1; YCCK from CMYK; environment: TJ_RESTART, TJ_PROGRESSIVE, TJ_ARITHMETIC."""
    library = turbojpeg()
    height, width, channels = pixels.shape
    pixels = numpy.ascontiguousarray(pixels)
    handle, out, length = ctypes.c_void_p(library.tjInitCompress()), ctypes.c_void_p(), ctypes.c_ulong()
    for key, value in environment.items():
        set_variable(key, value)
    failed = library.tjCompress2(handle, ctypes.c_void_p(pixels.ctypes.data), width, width * channels, height, 11 if cmyk else 0, ctypes.byref(out), ctypes.byref(length), subsampling, quality, 0)
    for key in environment:
        set_variable(key, "")
    if failed:
        raise RuntimeError(library.tjGetErrorStr2(handle))
    data = ctypes.string_at(out, length.value)
    library.tjFree(out)
    library.tjDestroy(handle)
    return data


def set_variable(key, value):
    os.environ[key] = value  # also calls putenv, which is what the library reads


def untransformed(data):
    """A 3-component file whose Adobe marker says that the components are R, G, B."""
    length = struct.unpack(">H", data[4:6])[0]
    assert data[2:4] == b"\xff\xe0"
    return data[:2] + b"\xff\xee" + struct.pack(">H5sHHHB", 14, b"Adobe", 100, 0, 0, 0) + data[4 + length:]


def png(samples, color, depth, interlaced=False, palette=None, transparency=None):
    """A PNG file of any kind; samples: integers [H,W,channels]."""
    height, width, channels = samples.shape

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def lines(part):
        out = b""
        for y, row in enumerate(part):
            if depth == 16:
                line = row.astype(">u2").tobytes()
            elif depth == 8:
                line = row.astype(numpy.uint8).tobytes()
            else:
                bits = ((row.reshape(-1, 1) >> numpy.arange(depth - 1, -1, -1)) & 1).astype(numpy.uint8)
                line = numpy.packbits(bits.reshape(-1)).tobytes()
            filter_type = y % 3 if depth >= 8 else 0
            step = max(1, channels * depth // 8)
            if filter_type == 1:
                line = bytes((line[i] - (line[i - step] if i >= step else 0)) & 255 for i in range(len(line)))
            elif filter_type == 2:
                line, previous_line = bytes((a - b) & 255 for a, b in zip(line, previous)), line
            out += bytes([filter_type]) + line
            previous = part[y].astype(">u2").tobytes() if depth == 16 else part[y].astype(numpy.uint8).tobytes() if depth == 8 else b""
        return out

    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    data = b"".join(lines(samples[y::dy, x::dx]) for x, y, dx, dy in passes if samples[y::dy, x::dx].size)
    body = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced)))
    body += chunk(b"PLTE", palette) if palette else b""
    body += chunk(b"tRNS", transparency) if transparency else b""
    packed = zlib.compress(data)
    for start in range(0, len(packed), 5000):
        body += chunk(b"IDAT", packed[start:start + 5000])
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def pngs(width, height, seed):
    """Every color type, depth and interlacing."""
    picture = photograph(width, height, seed)
    gray, alpha = picture[..., :1].astype(int), picture[..., 1:2].astype(int)
    rng = numpy.random.default_rng(seed)
    palette = rng.integers(0, 256, 768, dtype=numpy.uint8).tobytes()
    for interlaced in (False, True):
        tail = "-interlaced" if interlaced else ""
        for depth in (1, 2, 4, 8):
            yield f"gray{depth}{tail}", png(gray >> (8 - depth), 0, depth, interlaced)
            yield f"palette{depth}{tail}", png(gray >> (8 - depth), 3, depth, interlaced, palette[:3 << depth], bytes(range(0, 1 << depth)) if interlaced else None)
        yield f"rgb8{tail}", png(picture.astype(int), 2, 8, interlaced, transparency=struct.pack(">3H", *picture[0, 0]) if interlaced else None)
        yield f"rgb16{tail}", png(picture.astype(int) * 256 + alpha, 2, 16, interlaced)
        yield f"grayalpha8{tail}", png(numpy.concatenate([gray, alpha], 2), 4, 8, interlaced)
        yield f"grayalpha16{tail}", png(numpy.concatenate([gray, alpha], 2) * 256 + 77, 4, 16, interlaced)
        yield f"rgba8{tail}", png(numpy.concatenate([picture, picture[..., 2:] // 2], 2).astype(int), 6, 8, interlaced)
        yield f"rgba16{tail}", png(numpy.concatenate([picture, picture[..., 2:] // 2], 2).astype(int) * 257, 6, 16, interlaced)


def jpegs(width, height, seed):
    """Every kind of JPEG."""
    picture = photograph(width, height, seed)
    cmyk = numpy.asarray(Image.fromarray(picture).convert("CMYK"))
    cmyk = numpy.concatenate([cmyk[..., :3], picture[..., 1:2] // 2], 2)
    for quality in (30, 75, 98):
        for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
            yield f"q{quality}-{name}", jpeg(picture, quality=quality, subsampling=subsampling)
    yield "progressive", jpeg(picture, quality=85, progressive=True)
    yield "optimized", jpeg(picture, quality=90, optimize=True)
    yield "gray", jpeg(picture, "L", quality=80)
    yield "gray-progressive", jpeg(picture, "L", quality=80, progressive=True)
    yield "cmyk", turbo(cmyk, 0, cmyk=True) if width < 3 else jpeg(picture, "CMYK", quality=90)
    yield "ycck", turbo(cmyk, 2, cmyk=True)
    yield "440", turbo(picture, 4)
    yield "411", turbo(picture, 5)
    yield "restart", turbo(picture, 2, TJ_RESTART="1")
    yield "restart-blocks", turbo(picture, 1, TJ_RESTART="3B")
    yield "arithmetic", turbo(picture, 2, TJ_ARITHMETIC="1")
    yield "rgb", untransformed(jpeg(picture, quality=90, subsampling=0))


SIZES = [(1, 1), (1, 7), (9, 1), (2, 3), (7, 5), (8, 8), (17, 31), (64, 48), (31, 200), (333, 97), (224, 224), (256, 256), (225, 300), (500, 375), (375, 500), (640, 427), (1200, 900), (1023, 211)]


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for i, (width, height) in enumerate(SIZES):
        quality, subsampling = 30 + 4 * i, i % 3
        (folder / f"size-{width}x{height}.jpg").write_bytes(jpeg(photograph(width, height, i), quality=quality, subsampling=subsampling, progressive=i % 2 == 1))
    for width, height in ((61, 43), (3, 2)):
        for name, data in jpegs(width, height, 100 + width):
            (folder / f"{name}-{width}.jpg").write_bytes(data)
        for name, data in pngs(width, height, 200 + width):
            (folder / f"{name}-{width}.png").write_bytes(data)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        (folder / f"oriented-{orientation}.jpg").write_bytes(jpeg(photograph(40, 24, 7), quality=95, exif=exif))
    for name, data in others(61, 43, 11):
        (folder / name).write_bytes(data)
    (folder / "big-rgba.png").write_bytes(next(d for n, d in pngs(320, 243, 9) if n == "rgba8"))


def saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def others(width, height, seed):
    """WebP, BMP, GIF and TIFF of the kinds that people have: (file name, bytes). What begins with "lossy" or "cmyk" may differ by the decoder's rounding."""
    pixels = photograph(width, height, seed)
    rgb = Image.fromarray(pixels)
    alpha = Image.fromarray(numpy.random.default_rng(seed).integers(1, 256, (height, width), dtype=numpy.uint8))
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    palette, gray, bits = rgb.quantize(200), rgb.convert("L"), rgb.convert("1")
    sideways = Image.Exif()
    sideways[0x0112] = 6
    second = Image.fromarray(255 - pixels)
    for name, image, options in (("rgb", rgb, {}), ("rgba", rgba, {"exact": True}), ("oriented-6", rgb, {"exif": sideways})):
        yield f"{name}.webp", saved(image, "WEBP", lossless=True, **options)
    yield "lossy.webp", saved(rgb, "WEBP", quality=80)
    yield "animated.webp", saved(rgb, "WEBP", lossless=True, save_all=True, append_images=[second])
    for name, image in (("rgb", rgb), ("gray", gray), ("palette", palette), ("bits", bits), ("rgba", rgba)):
        yield f"{name}.bmp", saved(image, "BMP")
    yield "palette.gif", saved(palette, "GIF")
    yield "gray.gif", saved(gray, "GIF", interlace=1)
    yield "transparent.gif", saved(palette, "GIF", transparency=int(numpy.bincount(numpy.asarray(palette).ravel()).argmax()))
    yield "animated.gif", saved(palette, "GIF", save_all=True, append_images=[second.quantize(16)])
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        for name, image in (("rgb", rgb), ("gray", gray), ("palette", palette), ("rgba", rgba)):
            yield f"{name}-{compression}.tif", saved(image, "TIFF", compression=compression)
    yield "bits.tiff", saved(bits, "TIFF", compression="group4")
    yield "cmyk.tif", saved(rgb.convert("CMYK"), "TIFF")
    yield "lossy.tif", saved(rgb, "TIFF", compression="jpeg", quality=90)
    yield "oriented-6.tif", saved(rgb, "TIFF", tiffinfo={0x0112: 6})
    yield "pages.tif", saved(rgb, "TIFF", save_all=True, append_images=[second])


# ---- what they become -------------------------------------------------------------------------------------------------
def load(path, orient=False):
    """torchvision's default loader."""
    with open(path, "rb") as file:
        image = Image.open(file)
        if orient:
            image.load()
            image = ImageOps.exif_transpose(image)
        return image.convert("RGB")


def best(repeat, function):
    times = []
    for _ in range(max(1, repeat)):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return min(times), result


def answer(request, out):
    try:
        decode, image = best(request.get("repeat", 1), lambda: load(request["path"], request.get("orient", False)))
    except Exception as error:
        out.write(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode() + b"\n")
        return
    timed = [best(request.get("repeat", 1), lambda: transform(image)) for transform in TRANSFORMS]
    resized = [image.resize((w, h), FILTERS[name], box=box and tuple(box)) for w, h, name, box in request.get("resize", [])]
    out.write(json.dumps({"width": image.width, "height": image.height, "decode": decode, "transform": [t for t, _ in timed]}).encode() + b"\n")
    out.write(numpy.asarray(image).tobytes())
    for _, tensor in timed:
        out.write(tensor.numpy().astype("<f4").tobytes())
    for image in resized:
        out.write(numpy.asarray(image).tobytes())


def golden(folder):
    folder.mkdir(parents=True, exist_ok=True)
    chosen = dict((f"{n}.jpg", d) for n, d in jpegs(45, 37, 1) if n in ("q75-420", "q98-444", "q30-422", "progressive", "gray", "cmyk", "ycck", "restart", "rgb"))
    chosen.update((f"{n}.png", d) for n, d in pngs(29, 34, 2) if n in ("gray1", "gray8", "palette4-interlaced", "palette8", "rgb8", "rgb16", "grayalpha8", "rgba8-interlaced"))
    chosen.update((n.replace("-tiff_lzw", ""), d) for n, d in others(29, 34, 3) if n in ("rgb.webp", "rgb.bmp", "palette.gif", "rgb-tiff_lzw.tif"))
    transforms = {"bilinear": ImageClassification(crop_size=20, resize_size=24, mean=(0, 0, 0), std=(1, 1, 1)),
                  "bicubic": ImageClassification(crop_size=24, resize_size=41, mean=(0, 0, 0), std=(1, 1, 1), interpolation=InterpolationMode.BICUBIC)}
    arrays = {}
    for name, data in chosen.items():
        (folder / name).write_bytes(data)
        image = load(folder / name)
        arrays[name] = numpy.asarray(image)
        for key, transform in transforms.items():
            arrays[f"{name}.{key}"] = (transform(image) * 255).round().to(torch.uint8).numpy()
    header, at = {}, 0
    for key, value in arrays.items():
        header[key] = {"dtype": "U8", "shape": list(value.shape), "data_offsets": [at, at + value.size]}
        at += value.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "golden.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in arrays.values()))


if __name__ == "__main__":
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    if sys.argv[1] == "serve":
        for line in sys.stdin:
            answer(json.loads(line), sys.stdout.buffer)
            sys.stdout.buffer.flush()
    else:
        {"make": make, "golden": golden}[sys.argv[1]](pathlib.Path(sys.argv[2]))
