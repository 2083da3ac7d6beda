"""The verb ``predict``: classify a person's own handwritten digits with a trained CNN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sheetprop.cnn import check_installed
from sheetprop.cnn.results import Prediction, Settings
from sheetprop.errors import InputError
from sheetprop.json_text import json_text
from sheetprop.output import check_output
from sheetprop.workbook.predictions import write_predictions

INK = 96
"""Grey level from which a pixel is drawn as ink on the terminal."""


@dataclass(frozen=True)
class Predictions:
    """Images with what the network of a checkpoint takes them for; ``path`` is the workbook, if one was written."""

    model: Path
    settings: Settings
    predictions: tuple[Prediction, ...]
    path: Path | None

    def to_dict(self) -> dict[str, Any]:
        """As ``predict --json`` prints it; probabilities are from 0 to 1, of the digits 0 to 9."""
        return {
            "model": str(self.model),
            "architecture": self.settings.architecture.name,
            "path": str(self.path) if self.path else None,
            "predictions": [
                {
                    "path": str(prediction.path),
                    "digit": prediction.likeliest[0][0],
                    "probabilities": prediction.probabilities.tolist(),
                }
                for prediction in self.predictions
            ],
        }

    def to_json(self) -> str:
        """One JSON document."""
        return json_text(self.to_dict())

    def __str__(self) -> str:
        parts = [f"{_drawn(each.image)}\n{each.path}: {_ranked(each)}" for each in self.predictions]
        if self.path:
            parts.append(f"Wrote {self.path}.")
        return "\n".join(parts)


def predict(
    *,
    images: Sequence[str | Path],
    model: str | Path,
    output: str | Path | None = None,
    force: bool = False,
) -> Predictions:
    """Classify photos or scans of single handwritten digits, each brought to MNIST's form first.

    ``model`` is a checkpoint that ``train-cnn`` wrote. With ``output``, a workbook shows each image, what the network
    was given, and the three likeliest digits; it is replaced only with ``force``. Raises InputError where an image is
    none or blank, or another file cannot be used.
    """
    check_installed()
    import torch

    from sheetprop.cnn.checkpoint import load_checkpoint
    from sheetprop.cnn.epoch import log_probabilities
    from sheetprop.cnn.handwriting import read_handwriting

    path = None if output is None else Path(output)
    checkpoint = load_checkpoint(Path(model))
    if not checkpoint.epochs:
        raise InputError(
            f"{model}: this network is untrained: not one epoch of its training was finished; go on with train-cnn "
            "--resume until epoch 1 is done, or give another checkpoint"
        )
    digits = [read_handwriting(Path(image)) for image in images]
    if path is not None:
        check_output(path, force)
    batch = torch.from_numpy(np.stack([digit.image for digit in digits]))
    probabilities = log_probabilities(checkpoint.build(), batch).double().softmax(1).numpy()
    if not np.isfinite(probabilities).all():
        raise InputError(f"{model}: its weights give no probabilities; train the network again")
    predictions = tuple(
        Prediction(digit.path, np.asarray(digit.original), digit.image, row)
        for digit, row in zip(digits, probabilities, strict=True)
    )
    if path is not None:
        name = checkpoint.settings.architecture.name
        accuracy = f", test accuracy {checkpoint.epochs[-1].test_accuracy:.2f} %"
        write_predictions(predictions, f"{name}, {Path(model).name}{accuracy}", path)
    return Predictions(Path(model), checkpoint.settings, predictions, path)


def _ranked(prediction: Prediction) -> str:
    (digit, probability), *others = prediction.likeliest
    rest = ", ".join(f"{other} ({100 * chance:.1f} %)" for other, chance in others)
    return f"{digit} ({100 * probability:.1f} %), then {rest}"


def _drawn(image: np.ndarray) -> str:
    """The image in characters, two rows of pixels in a line."""
    ink = image >= INK
    lines = ["".join(" ▀▄█"[top + 2 * bottom] for top, bottom in zip(*rows, strict=True)) for rows in
             zip(ink[::2].astype(int), ink[1::2].astype(int), strict=True)]  # fmt: skip
    return "\n".join(line.rstrip() for line in lines if line.strip())
