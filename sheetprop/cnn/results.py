"""What a training leaves: its epochs, and what its network makes of the test images."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sheetprop.cnn.architectures import Architecture, architecture
from sheetprop.cnn.recipe import Augmentation, Recipe, Schedule

INTERRUPTED = "interrupted"
"""Why a run ended that was ended from the keyboard."""
TERMINATED = "ended by SIGTERM"
"""Why a run ended that was asked to from outside, by a job scheduler say."""
OPTIONS = {
    "architecture": "--arch",
    "epochs": "--epochs",
    "batch_size": "--batch-size",
    "learning_rate": "--lr",
    "schedule": "--schedule",
    "augmentation": "--augment",
    "seed": "--seed",
    "device": "--device",
    "precision": "--precision",
}
"""The option of ``train-cnn`` for each of a run's settings."""


@dataclass(frozen=True)
class Settings:
    """Everything that a run is told: two runs of the same settings on one CPU give the same numbers.

    ``device`` is as torch names it; ``precision`` is float32 or bfloat16; ``processes`` share each batch.
    """

    architecture: Architecture
    recipe: Recipe
    seed: int
    device: str
    precision: str
    processes: int = 1

    def to_dict(self) -> dict[str, Any]:
        """As a checkpoint keeps them: numbers and texts."""
        recipe = self.recipe
        return {
            "architecture": self.architecture.name,
            "epochs": recipe.epochs,
            "batch_size": recipe.batch_size,
            "learning_rate": recipe.learning_rate,
            "schedule": str(recipe.schedule),
            "augmentation": str(recipe.augmentation),
            "seed": self.seed,
            "device": self.device,
            "precision": self.precision,
            "processes": self.processes,
        }

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Settings:
        """What ``to_dict`` kept; raises KeyError, TypeError, ValueError or InputError where it is none of it."""
        recipe = Recipe(
            int(kept["epochs"]),
            int(kept["batch_size"]),
            float(kept["learning_rate"]),
            Schedule.parse(kept["schedule"]),
            Augmentation.parse(kept["augmentation"]),
        )
        return cls(
            architecture(kept["architecture"]),
            recipe,
            int(kept["seed"]),
            str(kept["device"]),
            str(kept["precision"]),
            int(kept["processes"]),
        )


@dataclass(frozen=True)
class Epoch:
    """An epoch, counted from 1: losses are mean negative log likelihoods per image, accuracies in percent.

    The training figures are of the images as they were shown, changed at random and with dropout, while the network
    learned; the test figures are of the network after the epoch. ``seconds`` is for both.
    """

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Examples:
    """Images with what they are: ``images`` N×28×28 bytes, ``labels`` N; with what the network took them for, if so.

    ``predicted`` N and ``confidence`` N are the likeliest digit and its probability.
    """

    images: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray


@dataclass(frozen=True)
class Examination:
    """What the network of a run's last epoch makes of the test set.

    ``confusion`` counts, 10×10, the test images by true digit (row) and by the digit taken for (column);
    ``mistakes`` are those taken for another, the surest first; ``shown`` are training images as it was shown them.
    """

    confusion: np.ndarray
    mistakes: Examples
    shown: Examples


@dataclass(frozen=True)
class Prediction:
    """What a network takes a person's own image for.

    ``original`` is H×W×3 bytes, reduced to be shown; ``image`` 28×28 bytes, as the network was given it;
    ``probabilities`` 10, of the digits.
    """

    path: Path
    original: np.ndarray
    image: np.ndarray
    probabilities: np.ndarray

    @property
    def likeliest(self) -> tuple[tuple[int, float], ...]:
        """Three digits with their probabilities, the likeliest first."""
        order = np.argsort(-self.probabilities, kind="stable")[:3]
        return tuple((int(digit), float(self.probabilities[digit])) for digit in order)


@dataclass(frozen=True)
class Run:
    """One training: its epochs, why it ended before the last one if it did, and where it ran."""

    settings: Settings
    epochs: tuple[Epoch, ...]
    stopped: str | None
    resumed: tuple[int, ...]
    environment: dict[str, str]
    training_images: int
    test_images: int
    examination: Examination | None = field(default=None, repr=False)

    @property
    def best(self) -> Epoch:
        """The first epoch with the highest test accuracy."""
        return max(self.epochs, key=lambda epoch: (epoch.test_accuracy, -epoch.epoch))

    @property
    def last(self) -> Epoch:
        """The last epoch."""
        return self.epochs[-1]

    @property
    def seconds(self) -> float:
        """Of all epochs together."""
        return sum(epoch.seconds for epoch in self.epochs)

    def to_dict(self) -> dict[str, Any]:
        """As ``train-cnn --json`` prints a run."""
        return {
            "architecture": self.settings.architecture.name,
            "parameters": self.settings.architecture.parameters,
            "device": self.settings.device,
            "seed": self.settings.seed,
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "best_epoch": self.best.epoch,
            "seconds": self.seconds,
        } | ({"stopped": self.stopped} if self.stopped else {})
