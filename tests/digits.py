"""Handwritten digits in MNIST's form, made on the spot of those that come with scikit-learn."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

SIDE = 28
BOX = 20
"""As in MNIST: a digit fills 20×20 pixels in the middle."""
TRAIN, TEST = 1500, 297


@cache
def handwritten() -> tuple[np.ndarray, np.ndarray]:
    """1,797 images of 28×28 bytes, light ink on 0, and their labels, mixed, but always in the same order."""
    datasets = pytest.importorskip("sklearn.datasets")
    image = pytest.importorskip("PIL.Image")
    small, labels = datasets.load_digits(return_X_y=True)
    images = np.zeros((len(small), SIDE, SIDE), np.uint8)
    edge = (SIDE - BOX) // 2
    for frame, pixels in zip(images, small.reshape(-1, 8, 8), strict=True):
        ink = image.fromarray((pixels * (255 / 16)).astype(np.uint8))
        frame[edge:-edge, edge:-edge] = ink.resize((BOX, BOX), image.Resampling.BICUBIC)
    order = np.random.default_rng(0).permutation(len(labels))
    return images[order], labels[order].astype(np.uint8)


def write_digits(folder: Path, train: int = TRAIN, test: int = TEST) -> Path:
    """Write so many of them as MNIST's four files, as torchvision lays them out; returns ``folder``."""
    images, labels = handwritten()
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, chosen in (("train", slice(0, train)), ("t10k", slice(TRAIN, TRAIN + test))):
        write_idx(raw / f"{part}-images-idx3-ubyte", images[chosen])
        write_idx(raw / f"{part}-labels-idx1-ubyte", labels[chosen])
    return folder


def write_idx(path: Path, numbers: np.ndarray) -> None:
    """Write bytes in MNIST's file format: 0, 0, the type, the dimensions, the size of each, the bytes."""
    sizes = b"".join(size.to_bytes(4, "big") for size in numbers.shape)
    path.write_bytes(bytes([0, 0, 8, numbers.ndim]) + sizes + numbers.astype(np.uint8).tobytes())
