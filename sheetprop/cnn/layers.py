"""The layers that the CNNs are made of, and what follows from their sizes alone; torch is not needed to know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]
"""Of one image: (channels, height, width), or (features,) once flattened."""


@dataclass(frozen=True)
class Layer:
    """A layer, known by what it makes of a shape."""

    @property
    def kind(self) -> str:
        """The name of the layer's class in torch.nn."""
        return type(self).__name__

    @property
    def detail(self) -> str:
        """What tells it from others of its kind, in a few words."""
        return ""

    def window(self, shape: Shape) -> tuple[int, int]:
        """Over how many rows of an input of ``shape`` each of its outputs looks, and how far apart neighbours are."""
        return 1, 1

    def output(self, shape: Shape) -> Shape:
        """The shape of what it makes of an input of ``shape``; raises ValueError where the two do not fit."""
        return shape

    def parameters(self) -> int:
        """How many numbers it learns."""
        return 0

    def multiply_adds(self, shape: Shape) -> int:
        """Multiply-adds for one image of ``shape``; those of normalisation, activation and pooling are not counted."""
        return 0


@dataclass(frozen=True)
class Conv2d(Layer):
    """A convolution with a square kernel and stride 1."""

    inputs: int
    outputs: int
    kernel: int
    padding: int = 0
    bias: bool = True

    @property
    def detail(self) -> str:
        """Channels, kernel, padding, bias."""
        padding = f", padding {self.padding}" if self.padding else ""
        return f"{self.inputs} → {self.outputs}, {self.kernel}×{self.kernel}{padding}{'' if self.bias else ', no bias'}"

    def window(self, shape: Shape) -> tuple[int, int]:
        return self.kernel, 1

    def output(self, shape: Shape) -> Shape:
        if shape[0] != self.inputs:
            raise ValueError(f"{self.detail}: {shape[0]} channels come in")
        return (self.outputs, *_slid(shape, self.kernel, padding=self.padding))

    def parameters(self) -> int:
        return self.outputs * (self.inputs * self.kernel**2 + self.bias)

    def multiply_adds(self, shape: Shape) -> int:
        return prod(self.output(shape)) * self.inputs * self.kernel**2


@dataclass(frozen=True)
class BatchNorm2d(Layer):
    """Batch normalisation, with a learned scale and shift per channel."""

    channels: int

    @property
    def detail(self) -> str:
        """Channels."""
        return f"{self.channels} channels"

    def parameters(self) -> int:
        return 2 * self.channels


@dataclass(frozen=True)
class ReLU(Layer):
    """max(0, x)."""


@dataclass(frozen=True)
class Dropout(Layer):
    """Sets each number to zero with ``probability`` while training, and scales the others up."""

    probability: float

    @property
    def detail(self) -> str:
        """Its probability."""
        return f"p = {self.probability:g}"


@dataclass(frozen=True)
class Dropout2d(Dropout):
    """Dropout of whole channels."""


@dataclass(frozen=True)
class _Pool(Layer):
    size: int

    @property
    def detail(self) -> str:
        """Its window."""
        return f"{self.size}×{self.size}"

    def window(self, shape: Shape) -> tuple[int, int]:
        return self.size, self.size

    def output(self, shape: Shape) -> Shape:
        return (shape[0], *_slid(shape, self.size, self.size))


@dataclass(frozen=True)
class MaxPool2d(_Pool):
    """The largest number of each window; windows do not overlap."""


@dataclass(frozen=True)
class AvgPool2d(_Pool):
    """The mean of each window; windows do not overlap."""


@dataclass(frozen=True)
class Flatten(Layer):
    """Channels, rows and columns in one line."""

    def output(self, shape: Shape) -> Shape:
        return (prod(shape),)


@dataclass(frozen=True)
class Linear(Layer):
    """Every output is a weighted sum of all inputs."""

    inputs: int
    outputs: int
    bias: bool = True

    @property
    def detail(self) -> str:
        """Features, bias."""
        return f"{self.inputs} → {self.outputs}{'' if self.bias else ', no bias'}"

    def output(self, shape: Shape) -> Shape:
        if shape != (self.inputs,):
            raise ValueError(f"{self.detail}: an input of shape {shape} comes in")
        return (self.outputs,)

    def parameters(self) -> int:
        return self.outputs * (self.inputs + self.bias)

    def multiply_adds(self, shape: Shape) -> int:
        return self.outputs * self.inputs


@dataclass(frozen=True)
class LogSoftmax(Layer):
    """The logarithm of each class's probability."""


@dataclass(frozen=True)
class Step:
    """A layer in its place: the shape that comes out of it and what it costs for one image.

    ``receptive_field`` is the side, in pixels of the image, of the square that one of its numbers depends on, counted
    beyond the image's edge where padding makes it so; ``jump`` is how many pixels lie between neighbours.
    """

    layer: Layer
    output: Shape
    parameters: int
    multiply_adds: int
    receptive_field: int
    jump: int


def steps(layers: Sequence[Layer], shape: Shape) -> list[Step]:
    """Follow an image of ``shape`` through ``layers``; raises ValueError where they do not fit each other.

    The receptive field grows with every window by (kernel − 1) times the distance that the strides before it have put
    between neighbours. A linear layer's window is all of what was flattened before it.
    """
    followed, field, jump, flattened = [], 1, 1, 1
    for layer in layers:
        kernel, stride = layer.window(shape)
        if isinstance(layer, Flatten):
            flattened = shape[-1]
        elif isinstance(layer, Linear):
            kernel, flattened = flattened, 1
        field += (kernel - 1) * jump
        jump *= stride
        multiply_adds = layer.multiply_adds(shape)
        shape = layer.output(shape)
        followed.append(Step(layer, shape, layer.parameters(), multiply_adds, field, jump))
    return followed


def _slid(shape: Shape, kernel: int, stride: int = 1, padding: int = 0) -> Shape:
    sides = tuple((side + 2 * padding - kernel) // stride + 1 for side in shape[1:])
    if len(sides) != 2 or min(sides) < 1:
        raise ValueError(f"a {kernel}×{kernel} window does not fit an input of shape {shape}")
    return sides
