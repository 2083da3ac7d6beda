"""MNIST: found in a folder or downloaded, checked file by file, and held in memory as the bytes that it is."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import shutil
import sys
import tempfile
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch
from platformdirs import user_cache_path
from torchvision import datasets

from sheetprop.cnn.architectures import CLASSES, IMAGE
from sheetprop.errors import InputError, reason

PARTS = {True: "train", False: "t10k"}
"""By whether it is for training: how the names of its files begin."""
KINDS = {"images-idx3-ubyte": 3, "labels-idx1-ubyte": 1}
"""How the names go on, and how many dimensions such a file has."""
FILES = [f"{part}-{kind}" for part in PARTS.values() for kind in KINDS]


@dataclass(frozen=True)
class Digits:
    """Images, N×28×28 bytes from 0 (paper) to 255 (ink), and labels, N integers from 0 to 9, on one device."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> Digits:
        """The same on a device."""
        return Digits(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Mnist:
    """The two sets, and a checksum of the training set by which a run can be told from one on other data."""

    train: Digits
    test: Digits
    folder: Path

    @property
    def checksum(self) -> str:
        """The first half of the SHA-256 of the training images."""
        return hashlib.sha256(self.train.images.numpy().tobytes()).hexdigest()[:32]


def load(folder: Path | None = None) -> Mnist:
    """Both sets from ``folder``, by default one in the user's cache; they are downloaded there when missing.

    The folder is as torchvision makes it, with the files in MNIST/raw, unpacked or as .gz. Raises InputError where
    it does not exist, a file is damaged, or nothing can be downloaded.
    """
    if folder is None:
        folder = user_cache_path("sheetprop", appauthor=False)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot be created ({reason(error)}); give a folder with --data") from None
    if not folder.is_dir():
        raise no_folder(folder)
    raw = folder / "MNIST" / "raw"
    if all((raw / f"{name}.gz").is_file() or (raw / name).is_file() for name in FILES):
        # What an old torchvision left there would be taken in the place of the files, unchecked.
        if all((raw / name).is_file() for name in FILES) and not raw.with_name("processed").exists():
            return _read(folder, folder)
        # The folder may not be ours to write to, and the files are read once only.
        with tempfile.TemporaryDirectory(prefix="sheetprop-") as temporary:
            _unpack(raw, Path(temporary) / "MNIST" / "raw")
            return _read(Path(temporary), folder)
    _download(folder)
    return _read(folder, folder)


def no_folder(folder: Path) -> InputError:
    """What is said of a folder that is not there."""
    return InputError(f"--data {folder}: no such folder; create it to have MNIST downloaded there")


def _download(folder: Path) -> None:
    print(f"MNIST is not in {folder}: downloading 11 MB", file=sys.stderr)  # noqa: T201
    try:
        # What torchvision prints is no part of our output.
        with contextlib.redirect_stdout(sys.stderr):
            datasets.MNIST(str(folder), download=True)
    except Exception:  # of whatever kind the network and torchvision raise
        raise InputError(
            f"--data {folder}: MNIST is not there and cannot be downloaded; look to the connection to the internet, or "
            f"put its four files {FILES[0]}.gz … into {folder / 'MNIST' / 'raw'}"
        ) from None


def _unpack(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for name in FILES:
        packed = source / f"{name}.gz"
        try:
            if not packed.is_file():
                shutil.copyfile(source / name, target / name)
                continue
            with gzip.open(packed) as stream, (target / name).open("wb") as file:
                shutil.copyfileobj(stream, file)
        except OSError as error:
            raise _damaged(packed, reason(error) if error.errno else "it cannot be unpacked") from None
        except (EOFError, zlib.error):
            raise _damaged(packed, "it cannot be unpacked") from None


def _read(folder: Path, named: Path) -> Mnist:
    """Both sets from ``folder``; ``named`` is the folder as messages call it."""
    raw = folder / "MNIST" / "raw"
    for name in FILES:
        packed = named / "MNIST" / "raw" / f"{name}.gz"
        _check(raw / name, packed if folder != named and packed.is_file() else packed.with_suffix(""))
    sets = {}
    for training, part in PARTS.items():
        dataset = datasets.MNIST(str(folder), train=training)
        images, labels = dataset.data.contiguous(), dataset.targets
        if len(images) != len(labels):
            raise InputError(f"--data {named}: {part} has {len(images)} images, but {len(labels)} labels")
        if tuple(images.shape[1:]) != IMAGE[1:]:
            raise InputError(f"--data {named}: the images of {part} are not of 28×28 pixels")
        if int(labels.min()) < 0 or int(labels.max()) >= CLASSES:
            raise InputError(f"--data {named}: {part} has labels that are no digits")
        sets[training] = Digits(images, labels)
    return Mnist(sets[True], sets[False], named)


def _check(path: Path, named: Path) -> None:
    """See that a file is as long as its header says: two zero bytes, type, dimensions, then the size of each."""
    dimensions = KINDS[path.name.split("-", 1)[1]]
    try:
        with path.open("rb") as file:
            header = file.read(4 + 4 * dimensions)
    except OSError as error:
        raise _damaged(named, reason(error)) from None
    if len(header) < 4 + 4 * dimensions or header[:4] != bytes([0, 0, 8, dimensions]):
        raise _damaged(named, "it is no IDX file of bytes")
    sizes = [int.from_bytes(header[at : at + 4], "big") for at in range(4, len(header), 4)]
    expected = len(header) + prod(sizes)
    if path.stat().st_size != expected or not sizes[0]:
        raise _damaged(named, f"it has {path.stat().st_size:,} bytes where its header tells {expected:,}")


def _damaged(path: Path, why: str) -> InputError:
    return InputError(f"{path}: is damaged ({why}); delete it to have it downloaded again")
