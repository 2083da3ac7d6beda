"""A run as it stands after an epoch, in a file: enough to go on as if nothing had happened, and to predict with."""

from __future__ import annotations

import math
import pickle
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sheetprop.cnn.device import PRECISIONS
from sheetprop.cnn.modules import build
from sheetprop.cnn.results import Epoch, Settings
from sheetprop.errors import InputError, reason
from sheetprop.output import discard_unfinished, written_whole

FORMAT = 1
PLAIN = (str, int, float)
"""What settings, epochs and the like are made of."""
LARGEST = 64 * 2**20
"""Bytes, unpacked; those of our networks have less than a hundredth of it."""


@dataclass(frozen=True)
class Checkpoint:
    """A run after its last epoch so far; ``data`` is the training set's checksum.

    ``network`` and ``momentum`` are tensors by the names of torch's ``state_dict``, on the CPU.
    """

    settings: Settings
    epochs: tuple[Epoch, ...]
    resumed: tuple[int, ...]
    data: str
    network: Mapping[str, torch.Tensor]
    momentum: Mapping[str, torch.Tensor]

    def save(self, path: Path) -> None:
        """Write it, whole or not at all; raises InputError where that fails."""
        kept = {
            "sheetprop": FORMAT,
            "settings": self.settings.to_dict(),
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "resumed": list(self.resumed),
            "data": self.data,
            "network": dict(self.network),
            "momentum": dict(self.momentum),
        }
        with suppress(OSError):  # then it cannot be written either, which is told with its reason
            discard_unfinished(path.parent, path.name)
        with written_whole(path) as unfinished:
            torch.save(kept, unfinished)

    def build(self) -> nn.Module:
        """The network with its weights."""
        network = build(self.settings.architecture)
        network.load_state_dict(dict(self.network))
        return network


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint that may come from anyone: nothing in it is run.

    Raises InputError where it is not there, is none of ours, or does not fit the architecture that it names.
    """
    kept = _stored(path)
    if not (isinstance(kept, dict) and isinstance(kept.get("sheetprop"), int) and kept["sheetprop"] == FORMAT):
        raise InputError(f"{path}: is no checkpoint of sheetprop; use one that train-cnn wrote")
    try:
        checkpoint = _checkpoint(kept)
        forms = [_forms(checkpoint.network), _forms(checkpoint.momentum)]
    except InputError as error:
        said = "".join(c if c.isprintable() else "\ufffd" for c in str(error))
        raise InputError(f"{path}: is damaged: {said}") from None
    except Exception:  # of whatever kind comes of numbers and tensors that are none, or not ours
        raise InputError(f"{path}: is damaged: it does not hold what train-cnn writes") from None
    architecture = checkpoint.settings.architecture
    network = build(architecture)
    if forms != [_forms(network.state_dict()), _forms(dict(network.named_parameters()))]:
        raise InputError(f"{path}: its weights are not those of {architecture.name}, the architecture that it names")
    # Only now, as a tensor of one number may have the shape of many.
    if not all(bool(tensor.isfinite().all()) for tensor in checkpoint.network.values()):
        raise InputError(f"{path}: is damaged: its weights are not all numbers")
    return checkpoint


def _stored(path: Path) -> Any:
    """What torch saved in a file; nothing of it is run."""
    try:
        with zipfile.ZipFile(path) as archive:
            # Unpacked, it may be a thousand times as large as the file.
            size = sum(part.file_size for part in archive.infolist())
            if size <= LARGEST and archive.testzip() is not None:  # torch does not look at the parts' checksums
                raise zipfile.BadZipFile
        if size <= LARGEST:
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; train-cnn writes a checkpoint beside its workbook") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}") from None
    except pickle.UnpicklingError:
        raise InputError(f"{path}: is no checkpoint of sheetprop: it holds more than weights and was not run") from None
    except Exception:  # of whatever kind torch raises for what is damaged, or made to do harm
        raise InputError(f"{path}: is no checkpoint, or damaged; give one that train-cnn wrote") from None
    raise InputError(f"{path}: is no checkpoint of sheetprop: it is too large")


def _checkpoint(kept: dict[str, Any]) -> Checkpoint:
    # Lists in lists, each shared many times, are small in the file and endless when they are gone through.
    flat = [kept["settings"].values(), [kept["data"]], kept["resumed"], *(item.values() for item in kept["epochs"])]
    if not all(isinstance(value, PLAIN) for values in flat for value in values):
        raise InputError("it does not hold what train-cnn writes")
    epochs = tuple(
        Epoch(int(item.pop("epoch")), **{key: float(value) for key, value in item.items()}) for item in kept["epochs"]
    )
    if [epoch.epoch for epoch in epochs] != list(range(1, len(epochs) + 1)):
        raise InputError("its epochs have holes")
    if not all(math.isfinite(number) for epoch in epochs for number in astuple(epoch)):
        raise InputError("its epochs have figures that are no numbers")
    settings = Settings.from_dict(kept["settings"])
    if settings.precision not in PRECISIONS or not 0 <= settings.seed < 2**32:
        raise InputError("its settings are none")
    return Checkpoint(
        settings,
        epochs,
        tuple(map(int, kept["resumed"])),
        str(kept["data"]),
        dict(kept["network"]),
        dict(kept["momentum"]),
    )


def _forms(tensors: Mapping[str, torch.Tensor]) -> dict[str, tuple[object, ...]]:
    """What must be alike for one tensor to be copied into another."""
    return {
        name: (tuple(tensor.shape), tensor.dtype, tensor.layout, tensor.device.type) for name, tensor in tensors.items()
    }
