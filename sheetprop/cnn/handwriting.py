"""A person's own handwritten digit, photographed, scanned or drawn, brought to the form that MNIST's digits have."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from sheetprop.cnn.ink import Map, Mask, NoDigitError, Part, find_digit, fitted, stroke_width
from sheetprop.errors import InputError, reason

FRAME, BOX, CENTRE = 28, 20, 14
"""MNIST's picture and the box in it that a digit fills, in pixels; and the index at which its centre of mass lies."""
FINE = 8
"""How many pixels stand for one of MNIST's while the stroke's width is set."""
PEN = (2.0, 3.4)
"""The thinnest and the thickest stroke that is left as it is, in MNIST's pixels."""
MARGIN = 0.3
"""How much around a digit is looked at from nearby, of its longer side."""
SHARP, SHOWN = 2000, 400
"""The longest side, in pixels, of the copy that is worked on, and of the copy to be shown."""
MEGAPIXELS = 60
"""The largest picture that is unpacked into memory."""
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "AVIF", "JPEG2000", "ICO")
"""What is opened. Pillow knows more, among them EPS, for which it starts another program."""

Pixels = NDArray[np.uint8]

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else what it logs of damaged files goes to stderr


@dataclass(frozen=True)
class Handwriting:
    """A digit as handed in and as MNIST would have it.

    ``original`` is an RGB copy for showing, at most 400 pixels long; ``image`` is 28×28, uint8, light on dark.
    """

    path: Path
    original: Image.Image
    image: Pixels


def read_handwriting(path: Path) -> Handwriting:
    """The digit in an image file, of which the first page or frame counts. Raises InputError."""
    picture = _load(path)
    try:
        image = to_mnist(picture)
    except NoDigitError as error:
        raise InputError(f"{path}: {error}") from None
    original = picture.copy()
    original.thumbnail((SHOWN, SHOWN))
    return Handwriting(path, original, image)


def to_mnist(picture: Image.Image) -> Pixels:
    """A picture of one digit as MNIST has them: 28×28, uint8, 0 the background, 255 the ink.

    The digit fills a box of 20×20 pixels, its centre of mass lies at index (14, 14). Raises NoDigitError.
    """
    page = _upright(picture)
    done = _done(page)
    if done is not None:
        return done
    return _framed(_penned(find_digit(_cut_out(page, find_digit(page)))))


# The picture


def _load(path: Path) -> Image.Image:
    """The picture in a file, upright, in RGB, reduced to what is worked on."""
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is {'a folder' if path.is_dir() else 'no file'}; name an image file")
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata, and of large pictures, which are refused here.
            warnings.simplefilter("ignore")
            with path.open("rb") as file, Image.open(file, formats=FORMATS) as picture:
                picture.draft(None, (SHARP // 2, SHARP // 2))
                if picture.width * picture.height > MEGAPIXELS * 1_000_000:
                    raise Image.DecompressionBombError
                return _upright(picture)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give the path of an image") from None
    except Image.DecompressionBombError:
        limit = f"{MEGAPIXELS} million pixels are the most"
        raise InputError(f"{path}: is too large: {limit}; reduce it, or crop it to the digit") from None
    except UnidentifiedImageError:
        raise InputError(f"{path}: is not an image that can be read; save it as PNG or JPEG") from None
    except PermissionError as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}") from None
    except Exception:  # what Pillow raises at damaged files is of many kinds
        raise InputError(f"{path}: is damaged or incomplete; save it again, as PNG or JPEG") from None


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as the camera was held, without transparency, RGB with 8 bits, at most SHARP pixels long."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith(("I", "F")):
        picture = _eight_bits(picture)
    elif picture.mode == "LAB":
        picture = picture.getchannel(0)
    elif picture.has_transparency_data:
        picture = _opaque(picture.convert("RGBA"))
    factor = -(-max(picture.size) // SHARP)
    picture = picture.convert("RGB")
    return picture.reduce(factor) if factor > 1 else picture


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits or more, of whose range scanners use the upper or the lower end, or all."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64), posinf=0, neginf=0)
    low, high = float(values.min()), float(values.max())
    if low < 0 or not 1 < high <= 255:
        # A blank page must stay blank: the little that its pixels differ is not stretched over the whole range.
        values = (values - low) * (255 / max(high - low, 1 / 16 if high <= 1 else 4096))
    return Image.fromarray(values.astype(np.uint8))


def _opaque(picture: Image.Image) -> Image.Image:
    """On white, or on black where what is drawn is light."""
    values = np.asarray(picture.resize(fitted(picture.size, SHOWN), Image.Resampling.BOX), dtype=np.float64)
    drawn = values[..., 3]
    light = (values[..., :3].mean(axis=2) * drawn).sum() > 127 * drawn.sum()
    page = Image.new("RGBA", picture.size, "black" if light else "white")
    page.alpha_composite(picture)
    return page


def _done(page: Image.Image) -> Pixels | None:
    """The picture itself, or its negative, if it has MNIST's form already."""
    values = np.asarray(page)
    if values.shape != (FRAME, FRAME, 3) or np.ptp(values, axis=2).any():
        return None
    for image in (values[..., 0], 255 - values[..., 0]):
        if image.any() and image.max() > 200 and Part.of(image > 0).side == BOX:
            sums = (image.sum(axis=axis, dtype=np.float64) for axis in (0, 1))
            if all(abs(_centre(along) - CENTRE) <= 0.6 for along in sums):
                return image.copy()
    return None


def _cut_out(page: Image.Image, digit: Part) -> Image.Image:
    """The digit that was found in a reduced copy of a page, with a margin."""
    scale = max(page.size) / max(digit.mask.shape)
    margin = round(MARGIN * digit.side * scale)
    left, top = (max(0, int(edge * scale) - margin) for edge in (digit.left, digit.top))
    right, bottom = (int(edge * scale) + 1 + margin for edge in (digit.right, digit.bottom))
    return page.crop((left, top, min(page.width, right), min(page.height, bottom)))


# MNIST's form


def _penned(digit: Part) -> Mask:
    """The digit in its box, at the size FINE, its stroke as wide as a pen's.

    A thin stroke would become so faint in MNIST's box that a network takes it for background.
    """
    picture = Image.fromarray(digit.cropped).convert("L")
    fine = np.asarray(picture.resize(fitted(picture.size, FINE * BOX), Image.Resampling.BICUBIC)) > 127
    fine = np.pad(fine, FINE * BOX // 4)
    width, thin, thick = stroke_width(fine), FINE * PEN[0], FINE * PEN[1]
    # The box grows and shrinks with the stroke, and is then brought back to its size.
    if width < thin:
        fine = _grown(fine, round((thin - width) / 2 / (1 - PEN[0] / BOX)))
    elif width > thick:
        fine = ~_grown(~fine, round((width - thick) / 2 / (1 + PEN[1] / BOX)))
    return Part.of(fine).cropped


def _grown(mask: Mask, steps: int) -> Mask:
    """Wider by ``steps`` pixels on each side."""
    for step in range(steps):
        padded = np.pad(mask, 1, mode="edge")
        upright = padded[:-2] | padded[1:-1] | padded[2:]
        # Squares and crosses by turns grow to an octagon, which is as good as a circle here.
        middle = upright if step % 2 else padded[1:-1]
        mask = upright[:, 1:-1] | middle[:, :-2] | middle[:, 2:]
    return mask


def _framed(digit: Mask) -> Pixels:
    """The digit in MNIST's frame."""
    picture = Image.fromarray(digit.astype(np.uint8) * 255)
    small = np.asarray(picture.resize(fitted(picture.size, BOX), Image.Resampling.BOX))
    top, left = (_start(small.sum(axis=axis, dtype=np.float64)) for axis in (1, 0))
    frame = np.zeros((FRAME, FRAME), np.uint8)
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return frame


def _start(sums: Map) -> int:
    """At which index of the frame a digit begins, given its ink along that axis."""
    return min(max(0, round(CENTRE - _centre(sums))), FRAME - len(sums))


def _centre(sums: Map) -> float:
    return float(sums @ np.arange(len(sums)) / sums.sum())
