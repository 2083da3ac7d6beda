"""The CNNs that students trained: layers, recipes, and the accuracy that they published."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sheetprop.cnn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Dropout2d,
    Flatten,
    Layer,
    Linear,
    LogSoftmax,
    MaxPool2d,
    ReLU,
    Shape,
    Step,
    steps,
)
from sheetprop.cnn.recipe import Augmentation, Recipe, Schedule
from sheetprop.errors import InputError
from sheetprop.json_text import json_text

IMAGE: Shape = (1, 28, 28)
"""The shape of MNIST's images."""
CLASSES = 10


@dataclass(frozen=True)
class Published:
    """Test accuracies in percent that the network's author published: of the last epoch and of the best."""

    last: float
    best: float


@dataclass(frozen=True)
class Architecture:
    """A CNN from 28×28 pixels to the logarithms of ten probabilities."""

    name: str
    summary: str
    layers: tuple[Layer, ...]
    recipe: Recipe
    published: Published

    @cached_property
    def steps(self) -> list[Step]:
        """The layers with their shapes and costs."""
        return steps(self.layers, IMAGE)

    @property
    def parameters(self) -> int:
        """How many numbers it learns."""
        return sum(step.parameters for step in self.steps)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of convolutions and linear layers for one image, forward."""
        return sum(step.multiply_adds for step in self.steps)

    def uses(self, *kinds: type[Layer]) -> bool:
        """Whether it has a layer of one of these kinds."""
        return any(isinstance(layer, kinds) for layer in self.layers)


def architecture(name: str) -> Architecture:
    """The architecture of this name; raises InputError, with the names that are near, where there is none."""
    for known in ARCHITECTURES:
        if known.name == name.strip().lower():
            return known
    names = [known.name for known in ARCHITECTURES]
    near = difflib.get_close_matches(name.lower(), names, n=2, cutoff=0.4)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    raise InputError(f"--arch {name}: no such architecture; {meant}there are {', '.join(names)}")


def _squeeze_13k() -> list[Layer]:
    def block(inputs: int, outputs: int, padding: int = 0) -> list[Layer]:
        return [Conv2d(inputs, outputs, 3, padding, bias=False), ReLU(), BatchNorm2d(outputs), Dropout(0.1)]

    return [
        *block(1, 16),
        *block(16, 32),
        Conv2d(32, 10, 1, bias=False),
        MaxPool2d(2),
        *block(10, 16),
        *block(16, 16),
        *block(16, 16),
        *block(16, 16, padding=1),
        AvgPool2d(6),
        Conv2d(16, 10, 1, bias=False),
        Flatten(),
    ]


def _vgg_15k() -> list[Layer]:
    def block(inputs: int, between: int, outputs: int) -> list[Layer]:
        pair = [(inputs, between), (between, outputs)]
        convolutions = [[Conv2d(i, o, 3, padding=1), ReLU(), BatchNorm2d(o)] for i, o in pair]
        return [*convolutions[0], *convolutions[1], MaxPool2d(2), Dropout(0.25)]

    return [*block(1, 16, 16), *block(16, 16, 16), *block(16, 16, 32), Conv2d(32, 10, 1), Flatten(), Linear(90, 10)]


def _gap_8k() -> list[Layer]:
    def block(inputs: int, outputs: int, padding: int = 0, dropout: bool = True) -> list[Layer]:
        thinned = [Dropout(0.01)] if dropout else []
        return [Conv2d(inputs, outputs, 3, padding, bias=False), BatchNorm2d(outputs), *thinned, ReLU()]

    return [
        *block(1, 32, padding=1),
        Conv2d(32, 10, 1, bias=False),
        *block(10, 10, padding=1),
        MaxPool2d(2),
        *block(10, 10),
        *block(10, 10, dropout=False),
        *block(10, 10),
        *block(10, 16),
        *block(16, 16),
        AvgPool2d(4),
        Flatten(),
        Linear(16, 10, bias=False),
    ]


def _gap_10k() -> list[Layer]:
    def block(inputs: int, outputs: int) -> list[Layer]:
        return [Conv2d(inputs, outputs, 3, bias=False), ReLU(), BatchNorm2d(outputs), Dropout(0.05)]

    return [
        *block(1, 16),
        *block(16, 24),
        Conv2d(24, 10, 1, bias=False),
        MaxPool2d(2),
        *block(10, 14),
        *block(14, 16),
        *block(16, 16),
        AvgPool2d(6),
        Conv2d(16, 16, 1, bias=False),
        Conv2d(16, 32, 1, bias=False),
        Flatten(),
        Linear(32, 10),
    ]


def _wide_19k() -> list[Layer]:
    def block(inputs: int, outputs: int, kernel: int = 3, padding: int = 0) -> list[Layer]:
        return [Conv2d(inputs, outputs, kernel, padding), ReLU(), BatchNorm2d(outputs)]

    thinned = [(16, 16, 0), (16, 16, 0), (16, 16, 0), (16, 16, 1), (16, 32, 1)]
    return [
        *block(1, 16),
        *block(16, 16),
        *block(16, 16),
        MaxPool2d(2),
        *block(16, 16, kernel=1),
        *(
            layer
            for inputs, outputs, padding in thinned
            for layer in (*block(inputs, outputs, padding=padding), Dropout2d(0.01))
        ),
        AvgPool2d(5),
        Flatten(),
        Linear(32, 10),
    ]


def _declare(
    name: str, summary: str, layers: Callable[[], list[Layer]], recipe: Recipe, last: float, best: float
) -> Architecture:
    return Architecture(name, summary, (*layers(), LogSoftmax()), recipe, Published(last, best))


ARCHITECTURES: tuple[Architecture, ...] = (
    _declare(
        "squeeze-13k",
        "3×3 convolutions with a 1×1 squeeze before the max pool, global average pooling",
        _squeeze_13k,
        Recipe(20, 64, 0.01, Schedule("step", 6, 0.1), Augmentation(degrees=7, fill=1)),
        last=99.44,
        best=99.44,
    ),
    _declare(
        "vgg-15k",
        "three pairs of padded convolutions, each with max pool and dropout, then a linear layer",
        _vgg_15k,
        Recipe(19, 128, 0.01),
        last=99.44,
        best=99.51,
    ),
    _declare(
        "gap-8k",
        "the smallest: 1×1 squeeze, ten channels throughout, global average pooling",
        _gap_8k,
        Recipe(19, 128, 0.01, Schedule("step", 6, 0.1), Augmentation(degrees=10, fill=1)),
        last=99.39,
        best=99.39,
    ),
    _declare(
        "gap-10k",
        "1×1 squeeze, global average pooling, 1×1 convolutions after it; strong augmentation",
        _gap_10k,
        Recipe(20, 64, 0.01, Schedule("step", 10, 0.1), Augmentation(degrees=20, translate=0.1, scale=(0.9, 1.1))),
        last=99.41,
        best=99.41,
    ),
    _declare(
        "wide-19k",
        "nine convolutions with bias, dropout of whole channels, global average pooling",
        _wide_19k,
        Recipe(15, 128, 0.01, Schedule("step", 12, 0.1)),
        last=99.51,
        best=99.54,
    ),
)


@dataclass(frozen=True)
class Catalogue:
    """The architectures, to be printed."""

    architectures: tuple[Architecture, ...]

    def to_json(self) -> str:
        """One JSON document."""
        return json_text([_described(each) for each in self.architectures])

    def __str__(self) -> str:
        rows = [
            (
                each.name,
                f"{each.parameters:,}",
                str(each.recipe.epochs),
                str(each.recipe.batch_size),
                f"{each.recipe.learning_rate:g}",
                str(each.recipe.schedule),
                str(each.recipe.augmentation),
                f"{each.published.last:.2f} / {each.published.best:.2f}",
            )
            for each in self.architectures
        ]
        heading = ("name", "parameters", "epochs", "batch", "lr", "schedule", "augment", "published %, last / best")
        widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in (heading, *rows)
        ]
        described = [f"{each.name}: {each.summary}" for each in self.architectures]
        return "\n".join([*(line.rstrip() for line in lines), "", *described])


def catalogue() -> Catalogue:
    """All architectures."""
    return Catalogue(ARCHITECTURES)


def _described(each: Architecture) -> dict[str, Any]:
    return {
        "name": each.name,
        "summary": each.summary,
        "parameters": each.parameters,
        "multiply_adds": each.multiply_adds,
        "epochs": each.recipe.epochs,
        "batch_size": each.recipe.batch_size,
        "learning_rate": each.recipe.learning_rate,
        "schedule": str(each.recipe.schedule),
        "augmentation": str(each.recipe.augmentation),
        "published_last": each.published.last,
        "published_best": each.published.best,
    }
