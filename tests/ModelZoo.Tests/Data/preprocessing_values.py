"""Writes PreprocessingValues.cs: what PyTorch and torchvision make of small images. Run with torch 1.13 and torchvision 0.14: python3 preprocessing_values.py"""
from pathlib import Path

import torch
from torch.nn.functional import interpolate
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import center_crop, resize


def pattern(height, width, step, modulus):
    return ((torch.arange(height * width) * step % modulus).double() / (modulus - 1)).float().reshape(1, 1, height, width)


def row(kind, mode, height, width, step, modulus, middle, to, values):
    numbers = ", ".join(f"{v:.9g}f" for v in values.flatten().tolist())
    return f'        new("{kind}", Interpolation.{mode.capitalize()}, {height}, {width}, {step}, {modulus}, {middle}, {to[0]}, {to[1]},\n            [{numbers}]),'


rows = []
for mode, height, width, to in [("bicubic", 6, 7, (3, 3)), ("bicubic", 3, 4, (5, 7)), ("bicubic", 6, 7, (4, 9)), ("bicubic", 6, 7, (1, 1)), ("bilinear", 9, 5, (2, 8))]:
    result = interpolate(pattern(height, width, 11, 13), to, mode=mode, align_corners=False, antialias=True)
    rows.append(row("resize", mode, height, width, 11, 13, 0, to, result))

# Shorter side, then the middle: of wide and of tall images, with an odd remainder of rows or columns, and larger than the resized image.
for mode, height, width, shorter, to in [
    ("bilinear", 9, 14, 6, (5, 5)), ("bilinear", 14, 9, 6, (3, 4)), ("bicubic", 8, 11, 5, (4, 4)), ("bicubic", 11, 8, 5, (7, 6)), ("bilinear", 4, 4, 7, (4, 2)), ("bilinear", 5, 9, 3, (2, 8)),
]:
    resized = resize(pattern(height, width, 11, 13), [shorter], interpolation=InterpolationMode(mode), antialias=True).clamp(0, 1)
    rows.append(row("crop", mode, height, width, 11, 13, shorter, to, center_crop(resized, list(to))))

Path(__file__).with_name("PreprocessingValues.cs").write_text(
    """namespace ModelZoo.Tests.Data;

/// <summary>Written by preprocessing_values.py: what PyTorch 1.13 and torchvision 0.14 make of images of (i * Step % Modulus) / (Modulus - 1).</summary>
internal static class PreprocessingValues
{
    public static readonly Case[] All =
    [
"""
    + "\n".join(rows)
    + """
    ];

    /// <param name="Kind">"resize" (F.interpolate with antialias), or "crop" (Resize of the shorter side, values cut off at 0 and 1, CenterCrop).</param>
    /// <param name="Mode">The filter.</param>
    /// <param name="Height">Rows of the image.</param>
    /// <param name="Width">Columns of the image.</param>
    /// <param name="Step">Of the pattern.</param>
    /// <param name="Modulus">Of the pattern.</param>
    /// <param name="ShorterSide">With "crop".</param>
    /// <param name="ToHeight">Rows of the result.</param>
    /// <param name="ToWidth">Columns of the result.</param>
    /// <param name="Expected">[ToHeight,ToWidth].</param>
    internal sealed record Case(string Kind, Interpolation Mode, int Height, int Width, int Step, int Modulus, int ShorterSide, int ToHeight, int ToWidth, float[] Expected)
    {
        public float[] Image => [.. Enumerable.Range(0, Height * Width).Select(i => i * Step % Modulus / (float)(Modulus - 1))];
    }
}
"""
)
