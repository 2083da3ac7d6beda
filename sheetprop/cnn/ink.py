"""Where in a picture the strokes of a digit are, whatever they were written with and on.

The background is flattened, and ink is what then differs from it in the ink's colour; the lines of ruled paper are
taken out; of the pieces of ink that remain, those are kept that are one digit. Where a shadow or the edge of the page
defeats this, the picture is looked at again for what is merely narrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NEAR = 256
"""The longest side, in pixels, to which a picture is brought; all other lengths here refer to it."""
FAINTEST = 14.0
"""What ink must differ from its background at least, where 255 lies between black and white."""
OVER_NOISE = 4.5
"""What ink must differ from its background at least, in standard deviations of the background's noise."""
HALFWAY = 0.45
"""Which part of the ink's difference from the background a stroke's edge has."""
SLENDER = 3.5
"""How many times its stroke's width a digit is long at least, unless its strokes are very thick."""
NARROW = 25
"""The widest stroke that is still narrow, in pixels."""
TILT = 8
"""How much ruled lines may rise or fall from one side to the other, in pixels."""
ACROSS = 0.7
"""Which part of the picture's width a ruled line covers at least."""
APART = 0.35
"""How far from a digit's other strokes one of them may lie, of the digit's longer side."""

Map = NDArray[np.float64]
Mask = NDArray[np.bool_]


class NoDigitError(ValueError):
    """A picture from which no digit can be taken; its text is one line, to be read after the picture's name."""


@dataclass(frozen=True)
class Part:
    """A piece of ink: where it is, and the box around it (``bottom`` and ``right`` are the first outside)."""

    mask: Mask
    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def of(cls, mask: Mask) -> Part:
        """All that is in a mask; something must be."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        return cls(mask, int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)

    @property
    def cropped(self) -> Mask:
        """The box alone."""
        return self.mask[self.top : self.bottom, self.left : self.right]

    @property
    def side(self) -> int:
        """The box's longer side, in pixels."""
        return max(self.cropped.shape)

    @property
    def at_border(self) -> bool:
        """Whether it reaches the picture's border."""
        return min(self.top, self.left) == 0 or self.bottom == self.mask.shape[0] or self.right == self.mask.shape[1]

    @property
    def is_edge(self) -> bool:
        """Whether it runs along the border or right across: the edge of the page, a shadow, a ruled line."""
        mask = self.mask
        top, bottom, left, right = (float(line.mean()) for line in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
        return max(top, bottom, left, right) > 0.25 or min(top, bottom) > 0 or min(left, right) > 0


@dataclass(frozen=True)
class Found:
    """What is taken for the digit, among these other ``parts``; ``depths`` is the map of ink, 1 where it is full."""

    digit: Part
    parts: list[Part]
    depths: Map

    @property
    def is_slender(self) -> bool:
        """Whether its strokes are longer than wide, as those of a digit are and those of a shadow are not."""
        return self.digit.side >= SLENDER * stroke_width(self.digit.mask)

    @property
    def is_clear(self) -> bool:
        """Whether nothing speaks against it."""
        return self.is_slender and not any(part.is_edge for part in self.parts)

    def explains(self, other: Found) -> bool:
        """Whether the picture is paper and ink, no third shade, also where another one sees a digit."""
        if (not self.is_slender and self.digit.cropped.mean() > 0.65) or np.mean(self._shades(self) > 0.75) < 0.8:
            return False
        shades = np.abs(self._shades(other))
        return bool(np.mean((shades < 0.2) | (shades > 0.7) & (shades < 1.3)) > 0.7)

    def _shades(self, other: Found) -> Map:
        return self.depths[other.digit.mask]


def find_digit(picture: Image.Image) -> Part:
    """The digit in an RGB picture that is brought to a length of NEAR pixels. Raises NoDigitError."""
    view = np.asarray(picture.resize(fitted(picture.size, NEAR), Image.Resampling.BICUBIC), dtype=np.float64)
    difference = view - _background(view)
    found = _found(_towards_ink(difference), max(0.03 * NEAR, 4 * NEAR / max(picture.size)))
    if not found or not found.is_clear:
        hats = [hat for ink in _narrow(difference) if (hat := _found(ink, 0.1 * NEAR))]
        longest = max(hats, key=lambda hat: hat.digit.side, default=None)
        if longest and longest.is_clear and not (found and found.explains(longest)):
            return longest.digit
    if not found:
        raise NoDigitError("is blank: no stroke stands out from its background; write darker, or crop it to the digit")
    if found.is_clear and any(_are_two(found.parts[0], other) for other in found.parts[1:]):
        raise NoDigitError("shows several digits; crop it to one")
    return found.digit


def stroke_width(mask: Mask) -> float:
    """How wide the strokes in a mask are on average, in pixels: their area is half their outline times their width."""
    padded = np.pad(mask, 1)
    outline = np.sum(padded[1:] != padded[:-1]) + np.sum(padded[:, 1:] != padded[:, :-1])
    # Stairs of pixels are longer than the outline that they stand for, over all directions by 4/π.
    return float(2 * mask.sum() / (outline * np.pi / 4))


def fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height with the same aspect whose longer one is ``side``."""
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


# The ink


def _background(view: Map) -> Map:
    """The page without what is on it, a curved surface in each colour: height × width × 3.

    It begins as the colour of the margin, and is drawn ever closer to the pixels that agree with it.
    """
    y, x = np.meshgrid(*(np.linspace(-1, 1, length) for length in view.shape[:2]), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2)
    sample, bases = view[::4, ::4].reshape(-1, 3), terms[::4, ::4].reshape(-1, 6)
    margin = np.maximum(np.abs(bases[:, 1]), np.abs(bases[:, 2])) > 0.85
    surface = np.zeros((6, 3))
    surface[0] = np.median(sample[margin], axis=0)
    for tolerance in 96 * 0.7 ** np.arange(9):
        away = np.linalg.norm(sample - bases @ surface, axis=1) / tolerance
        weighted = bases.T * (1 + away**2) ** -2
        surface = np.linalg.solve(weighted @ bases + 1e-6 * np.eye(6), weighted @ sample)
    background: Map = terms @ surface
    return background


def _towards_ink(difference: Map) -> Map:
    """How far each pixel differs from the background, towards the ink's colour: height × width of height × width × 3.

    The ink's colour is that in which the picture differs most from its background: darker, lighter, or in hue alone.
    """
    strength = np.linalg.norm(difference, axis=2)
    strong = difference[strength >= 0.5 * np.quantile(strength, 0.999)]
    axis = np.linalg.eigh(strong.T @ strong)[1][:, -1]
    along: Map = difference @ axis
    return along if (strong @ axis).sum() > 0 else -along


def _narrow(difference: Map) -> Iterator[Map]:
    """What is narrow and darker, then lighter, than what is around it, unlike a shadow, or a page on a desk."""
    reach = NARROW // 2
    padded = np.pad(difference, ((reach, reach), (reach, reach), (0, 0)))
    for sign in (1, -1):
        around = -_highest(-_highest(sign * padded, reach), reach)
        narrow = np.linalg.norm(around - sign * padded, axis=2)[reach:-reach, reach:-reach]
        yield narrow - np.median(narrow)


def _highest(values: NDArray[Any], reach: int) -> NDArray[Any]:
    """The highest value up to ``reach`` pixels up, down, left and right of each pixel, across corners too."""
    for axis in (0, 1):
        margin = [(0, 0)] * values.ndim
        margin[axis] = (reach, reach)
        values = np.pad(values, margin, mode="edge")
        width, span = 1, 2 * reach + 1
        while width < span:
            step = min(width, span - width)
            values = np.maximum(np.split(values, [-step], axis)[0], np.split(values, [step], axis)[1])
            width += step
    return values


def _found(ink: Map, smallest: float) -> Found | None:
    """The digit in a map of ink, unless nothing there is as long as ``smallest`` pixels."""
    noise = np.quantile(np.abs(ink), 0.3) / 0.385  # of a normal distribution three tenths lie as near
    strong = ink[ink > max(FAINTEST, OVER_NOISE * noise)]
    if not strong.size:
        return None
    full = np.median(strong[strong >= min(_divide(strong), strong.max())])
    parts = _parts(_without_lines(ink > HALFWAY * full), smallest / 3)
    if not parts or parts[0].side < smallest:
        return None
    loose = [part for part in parts if not part.is_edge]
    kept = loose if loose and loose[0].side >= 0.12 * NEAR else parts
    return Found(_joined(kept), parts, ink / full)


def _divide(values: Map) -> float:
    """The value that divides values best into low and high ones: Otsu's."""
    counts, edges = np.histogram(values, 64)
    below, sums = np.cumsum(counts), np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    above = below[-1] - below
    apart = (sums[-1] * below - sums * below[-1]) ** 2 / np.maximum(below * above, 1)
    return float(edges[1 + int(np.argmax(apart[:-1]))])


# Ruled paper


def _without_lines(mask: Mask) -> Mask:
    """Without the lines of ruled or squared paper that are as dark as the ink."""
    level = mask & ~_lines(mask)
    return level & ~_lines(level.T).T


def _lines(mask: Mask) -> Mask:
    """The pixels of thin, nearly level lines, if there are two or more, except where something crosses them."""
    lines = np.zeros_like(mask)
    if mask.any(axis=0).mean() < ACROSS:
        return lines
    height, width = mask.shape
    rows, columns = np.indices(mask.shape)
    steps = [np.round(tilt * (columns / width - 0.5)).astype(int) for tilt in range(-TILT, TILT + 1, 2)]
    views = [mask[np.clip(rows + step, 0, height - 1), columns] for step in steps]
    step, view = max(zip(steps, views, strict=True), key=lambda tilted: float((tilted[1].mean(axis=1) ** 2).sum()))
    thin = list(_thin_lines(view.mean(axis=1)))
    if len(thin) < 2:
        return lines
    for top, bottom in thin:
        top, bottom = max(1, top - 2), min(height - 1, bottom + 2)
        lines[top:bottom] = view[top:bottom] & ~(view[top - 1] | view[bottom])
    return lines[np.clip(rows - step, 0, height - 1), columns]


def _thin_lines(filled: Map) -> Iterator[tuple[int, int]]:
    """Where lines begin and end (the first row outside), given which part of each row is filled."""
    padded = np.pad(filled, 4)
    for top, bottom in np.flatnonzero(np.diff(np.pad(filled > ACROSS, 1).astype(int))).reshape(-1, 2):
        if bottom - top <= 12 and max(padded[top], padded[bottom + 7]) < filled[top:bottom].max() - 0.3:
            yield int(top), int(bottom)


# The pieces of ink


def _parts(mask: Mask, smallest: float) -> list[Part]:
    """The pieces of ink that hang together, across corners too, the longest first."""
    labels = _labels(mask)
    counts = np.bincount(labels.ravel())
    counts[0] = 0
    parts = [Part.of(labels == label) for label in np.flatnonzero(counts >= smallest)]
    return sorted((part for part in parts if part.side >= smallest), key=lambda part: -part.side)


def _labels(mask: Mask) -> NDArray[np.int64]:
    """A number for each piece of ink, 0 elsewhere."""
    # Each pixel points at a pixel of its piece, at first at itself; all move on to the last that they can reach.
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        reached = np.where(mask, _highest(labels, 1), 0)
        reached = np.where(mask, reached.ravel()[reached - 1], 0)
        if np.array_equal(reached, labels):
            return labels
        labels = reached


def _joined(parts: list[Part]) -> Part:
    """The longest piece with those near it, such as the bar of a 5; the others are specks, or something else."""
    digit = parts[0]
    for part in parts[1:]:
        belongs = digit.at_border or not part.at_border
        if belongs and part.side >= 0.1 * parts[0].side and _gap(digit, part) <= APART * digit.side:
            digit = Part.of(digit.mask | part.mask)
    return digit


def _gap(one: Part, other: Part) -> int:
    """How many pixels lie between the boxes of two pieces."""
    beside = max(one.left, other.left) - min(one.right, other.right)
    below = max(one.top, other.top) - min(one.bottom, other.bottom)
    return max(beside, below, 0)


def _are_two(one: Part, other: Part) -> bool:
    """Whether two pieces are surely two digits: as high as each other, and placed as no digit's strokes are."""
    if one.is_edge or other.is_edge:
        return False
    low, high = sorted((one.bottom - one.top, other.bottom - other.top))
    gap = max(one.left, other.left) - min(one.right, other.right)
    across = max(one.right, other.right) - min(one.left, other.left)
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    beside = gap >= 0.05 * high and across >= 0.95 * high and shared >= 0.7 * low
    return low >= 0.7 * high and (beside or _gap(one, other) > APART * one.side)
