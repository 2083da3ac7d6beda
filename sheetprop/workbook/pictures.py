"""Pictures on a sheet, each within one cell: digits whose pixels stay crisp, and photographs made small."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from sheetprop.workbook.book import Sheet

if TYPE_CHECKING:
    from PIL.Image import Image

ENLARGED = 12
"""Pixels of the file for a pixel of a digit: enough that programs, which smooth pictures, leave its edges sharp."""
SCREENS = 2
"""Pixels of the file for a pixel of a photograph as it is shown, for screens that have more of them."""


@dataclass(frozen=True)
class Picture:
    """An image file; ``width`` and ``height`` are what its image has, in pixels."""

    data: bytes
    width: int
    height: int


def digit(image: np.ndarray) -> Picture:
    """A digit, H×W bytes from 0 (black) to 255 (white), every pixel enlarged to a square of one colour."""
    from PIL.Image import Resampling, fromarray

    height, width = image.shape
    enlarged = fromarray(image).resize((width * ENLARGED, height * ENLARGED), Resampling.NEAREST)
    return Picture(_file(enlarged, "PNG"), *enlarged.size)


def photograph(image: np.ndarray, width: int, height: int) -> Picture:
    """A photograph or drawing, H×W×3 bytes, for a place of so many pixels, in which it fits with its aspect kept."""
    from PIL.Image import fromarray

    reduced = fromarray(image)
    reduced.thumbnail((SCREENS * width, SCREENS * height))
    # Of a photograph the one is smaller by far, of a drawing the other.
    files = _file(reduced, "JPEG", quality=88), _file(reduced, "PNG")
    return Picture(min(files, key=len), *reduced.size)


def place(
    sheet: Sheet, row: int, column: int, cell: tuple[int, int], picture: Picture, largest: tuple[int, int], text: str
) -> None:
    """Put a picture into the middle of a cell of ``cell`` pixels, as large as fits ``largest``, all width × height.

    It moves and is hidden with its cell. ``text`` says what it shows to those who do not see it.
    """
    scale = min(most / size for most, size in zip(largest, (picture.width, picture.height), strict=True))
    sheet.insert_image(
        row,
        column,
        "",
        {
            "image_data": BytesIO(picture.data),
            "x_scale": scale,
            "y_scale": scale,
            "x_offset": (cell[0] - scale * picture.width) // 2,
            "y_offset": (cell[1] - scale * picture.height) // 2,
            "object_position": 1,
            "description": text,
        },
    )


def _file(image: Image, kind: str, **options: int) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
