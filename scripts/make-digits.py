#!/usr/bin/python3
"""Copies the UCI handwritten digits out of Debian's python3-sklearn into src/ModelZoo/Data and prints where each writer's form begins.

Needs: apt-get install python3-sklearn python3-numpy. Run from anywhere: scripts/make-digits.py
"""
import gzip
import hashlib
import pathlib

import numpy as np

SOURCE = pathlib.Path("/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz")
TARGET = pathlib.Path(__file__).resolve().parent.parent / "src/ModelZoo/Data/digits.csv.gz"
SHA256 = "46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a"

# The 130 digits that every writer was asked to copy.
FORM = ("012345678901234567890123456789"
        "0955650989841773510022782012633733466649150952820017632174631391768431405369617544728225795488490898")


def distances(form, digits):
    """Edit distance between the form and every prefix of digits (Wagner-Fischer, one row kept)."""
    row = list(range(len(digits) + 1))
    for i, wanted in enumerate(form, 1):
        new = [i]
        for j, found in enumerate(digits, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (wanted != found)))
        row = new
    return row


def form_starts(labels):
    """Cuts the labels into forms so that the sum of edit distances to FORM is least."""
    best = {0: (0, None)}
    for start in range(len(labels)):
        if start not in best:
            continue
        for length, distance in enumerate(distances(FORM, labels[start:start + 140])):
            total, end = best[start][0] + distance, start + length
            if length >= 90 and distance <= 25 and total < best.get(end, (10**9,))[0]:
                best[end] = (total, start)
    starts, end = [], len(labels)
    while end:
        end = best[end][1]
        starts.insert(0, end)
    return starts


def main():
    packed = SOURCE.read_bytes()
    if hashlib.sha256(packed).hexdigest() != SHA256:
        raise SystemExit(f"{SOURCE}: not the file that the zoo's figures were made with (SHA-256 differs)")
    table = np.loadtxt(gzip.decompress(packed).decode().splitlines(), delimiter=",")
    assert table.shape == (1797, 65) and table[:, :-1].min() == 0 and table[:, :-1].max() == 16
    pixels, labels = table[:, :-1], "".join(str(int(digit)) for digit in table[:, -1])

    starts = form_starts(labels)
    form = np.searchsorted(starts, np.arange(len(labels)), side="right") - 1
    distance = ((pixels[:, None] - pixels[None]) ** 2).sum(-1)
    np.fill_diagonal(distance, np.inf)
    neighbor = form[distance.argmin(1)]
    for k, start in enumerate(starts):
        own = form == k
        before = f"{100 * (neighbor[own] == k - 1).mean():.0f} %" if k else ""
        print(f"| {k + 1} | {start} | {own.sum()} | {before} |")
    TARGET.write_bytes(packed)


main()
