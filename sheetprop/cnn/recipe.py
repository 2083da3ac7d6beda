"""How a CNN is trained: epochs, batches, learning rate and its schedule, random changes of the images."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sheetprop.errors import InputError

MOMENTUM = 0.9
"""Of stochastic gradient descent, in all recipes."""
MEAN, STANDARD_DEVIATION = 0.1307, 0.3081
"""Of MNIST's training pixels, from 0 to 1; what the images are normalised with."""
MOST_EPOCHS = 1_000_000
"""A sheet holds 1,048,576 rows; this leaves room for headings."""
NUMBER = r"((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)"
SMALLEST, LARGEST = 0.01, 100.0
"""Sizes that images can be changed to."""


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes from epoch to epoch: ``kind`` is constant, step or cosine.

    A step multiplies the rate with ``factor`` after every ``every`` epochs, as torch's StepLR; cosine goes down
    from the rate to zero in half a wave over all epochs, as its CosineAnnealingLR.
    """

    kind: str = "constant"
    every: int = 0
    factor: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """The schedule that ``text`` names, as ``str`` of it prints it; raises InputError where it names none."""
        if text in ("constant", "cosine"):
            return cls(text)
        if match := re.fullmatch(rf"step:(\d{{1,6}}):{NUMBER}", text):
            every, factor = int(match[1]), float(match[2])
            if every > 0 and 0 < factor < math.inf:
                return cls("step", every, factor)
        raise InputError(
            f"--schedule {text}: is none; use constant, cosine, or step:EVERY:FACTOR as in step:6:0.1, "
            "which takes a tenth of the learning rate after every 6 epochs"
        )

    def rate(self, base: float, epoch: int, epochs: int) -> float:
        """The learning rate in an epoch, counted from 1, of so many."""
        if self.kind == "step":
            # Step by step, as StepLR does it: 0.01·0.1² would be 0.00010000000000000002.
            for _ in range((epoch - 1) // self.every):
                base *= self.factor
        if self.kind == "cosine":
            return base * (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2
        return base

    def __str__(self) -> str:
        return f"step:{self.every}:{_short(self.factor)}" if self.kind == "step" else self.kind


@dataclass(frozen=True)
class Augmentation:
    """What is changed at random in each training image, each time it is shown.

    ``degrees`` bounds the angle to both sides; ``translate`` the shift, as a fraction of the image's side;
    ``scale`` is from and to which size. ``fill`` is the grey level, of 255, where the image is left. As torchvision's
    RandomAffine, and as its RandomRotation where nothing is shifted and scaled.
    """

    degrees: float = 0.0
    translate: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    fill: int = 0

    @classmethod
    def parse(cls, text: str) -> Augmentation:
        """The augmentation that ``text`` names, as ``str`` of it prints it; raises InputError where it names none."""
        if text == "none":
            return cls()
        if match := re.fullmatch(rf"rotation:{NUMBER}(?::fill=(\d{{1,3}}))?", text):
            found = cls(float(match[1]), fill=int(match[2] or 0))
        elif match := re.fullmatch(rf"affine:{NUMBER}:{NUMBER}:{NUMBER}-{NUMBER}(?::fill=(\d{{1,3}}))?", text):
            found = cls(float(match[1]), float(match[2]), (float(match[3]), float(match[4])), int(match[5] or 0))
        else:
            found = cls(scale=(0, 0))
        sizes = SMALLEST <= found.scale[0] <= found.scale[1] <= LARGEST
        if found.degrees <= 180 and found.translate <= 1 and sizes and found.fill <= 255:
            return found
        raise InputError(
            f"--augment {text}: is none; use none, rotation:DEGREES as in rotation:7, or "
            "affine:DEGREES:SHIFT:SCALE as in affine:20:0.1:0.9-1.1; :fill=1 at the end fills with that grey level"
        )

    @property
    def changes(self) -> bool:
        """Whether anything is changed."""
        return self != Augmentation(fill=self.fill)

    @property
    def rotates_only(self) -> bool:
        """Whether it is a rotation without shift and change of size."""
        return self.translate == 0 and self.scale == (1.0, 1.0)

    def __str__(self) -> str:
        if not self.changes:
            return "none"
        fill = f":fill={self.fill}" if self.fill else ""
        if self.rotates_only:
            return f"rotation:{_short(self.degrees)}{fill}"
        degrees, translate, smallest, largest = map(_short, (self.degrees, self.translate, *self.scale))
        return f"affine:{degrees}:{translate}:{smallest}-{largest}{fill}"


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; the optimiser is stochastic gradient descent with momentum 0.9."""

    epochs: int
    batch_size: int
    learning_rate: float = 0.01
    schedule: Schedule = Schedule()
    augmentation: Augmentation = Augmentation()

    def __post_init__(self) -> None:
        """Raises InputError where a number can be none of a training."""
        if self.epochs < 1:
            raise InputError(f"--epochs {self.epochs}: at least 1 epoch is needed")
        if self.epochs > MOST_EPOCHS:
            raise InputError(f"--epochs {self.epochs}: do not fit on a sheet; at most {MOST_EPOCHS:,} are possible")
        if self.batch_size < 1:
            raise InputError(f"--batch-size {self.batch_size}: at least 1 image is needed")
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise InputError(f"--lr {self.learning_rate}: must be a number above 0")

    def rate(self, epoch: int) -> float:
        """The learning rate in an epoch, counted from 1."""
        return self.schedule.rate(self.learning_rate, epoch, self.epochs)

    def __str__(self) -> str:
        epochs = f"{self.epochs} epoch{'s' if self.epochs > 1 else ''}"
        return (
            f"{epochs}, batch {self.batch_size}, lr {_short(self.learning_rate)}, "
            f"schedule {self.schedule}, augment {self.augmentation}"
        )


def _short(number: float) -> str:
    """The number as it is parsed again."""
    return repr(float(number)).removesuffix(".0")
