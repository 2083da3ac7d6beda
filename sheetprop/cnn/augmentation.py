"""Random rotations, shifts and changes of size of many images at once, wherever they are held.

Each image comes out as torchvision's RandomRotation and RandomAffine make it of a PIL image for the same angle,
shift and scale, pixel by pixel: nearest neighbour, in the 16.16 fixed-point arithmetic that Pillow uses. (Pillow has
another arithmetic for a change of size without any rotation; there, pixels on an edge may be their neighbours.)
"""

from __future__ import annotations

import math

import torch

from sheetprop.cnn.recipe import Augmentation

AT_ONCE = 8192
"""Images changed at a time: their indices take 50 MB."""
ONE = 1 << 16
"""A pixel in fixed-point arithmetic."""


def augment(images: torch.Tensor, augmentation: Augmentation, generator: torch.Generator) -> torch.Tensor:
    """N×28×28 bytes, each image changed at random; ``generator`` is one of the CPU, so that devices agree."""
    if not augmentation.changes:
        return images
    count, side = images.shape[0], images.shape[-1]
    drawn = torch.rand(4, count, generator=generator, dtype=torch.float64)
    angles = (2 * drawn[0] - 1) * augmentation.degrees
    # torchvision shifts by whole pixels.
    shifts = torch.round((2 * drawn[1:3] - 1) * augmentation.translate * side)
    smallest, largest = augmentation.scale
    scales = smallest + drawn[3] * (largest - smallest)
    return transform(images, angles, shifts, scales, augmentation.fill)


def transform(
    images: torch.Tensor, angles: torch.Tensor, shifts: torch.Tensor, scales: torch.Tensor, fill: int
) -> torch.Tensor:
    """Turn, scale and shift images about their centres.

    ``images`` N×H×W bytes; ``angles`` N, in degrees, clockwise as torchvision's ``affine`` takes them (its ``rotate``
    turns the other way); ``shifts`` 2×N pixels to the right and down; ``scales`` N; ``fill`` the grey level that comes
    in from outside.
    """
    height, width = images.shape[1:]
    # In double precision on the CPU, since not every device has that; only integers travel.
    matrix = _fixed_point(angles, shifts, scales, height, width).to(images.device)
    flat = images.reshape(len(images), -1)
    changed = [
        _sampled(pixels, coefficients, height, width, fill)
        for pixels, coefficients in zip(flat.split(AT_ONCE), matrix.split(AT_ONCE), strict=True)
    ]
    return torch.cat(changed).view_as(images)


def _fixed_point(
    angles: torch.Tensor, shifts: torch.Tensor, scales: torch.Tensor, height: int, width: int
) -> torch.Tensor:
    """N×6 integers a b c d e f: pixel (x, y) comes from (a·x + b·y + c, d·x + e·y + f), in 1/65,536 of a pixel.

    The inverse of "turn and scale about the centre, then shift"; c and f include the half pixel to a pixel's centre.
    """
    turn = angles.double() * (math.pi / 180)
    cosine, sine = torch.cos(turn) / scales, torch.sin(turn) / scales
    back_x, back_y = -width / 2 - shifts[0], -height / 2 - shifts[1]
    x = cosine * back_x + sine * back_y + width / 2
    y = -sine * back_x + cosine * back_y + height / 2
    exact = (cosine, sine, x + cosine * 0.5 + sine * 0.5, -sine, cosine, y - sine * 0.5 + cosine * 0.5)
    return torch.floor(torch.stack(exact, dim=1) * ONE + 0.5).to(torch.int32)


def _sampled(pixels: torch.Tensor, matrix: torch.Tensor, height: int, width: int, fill: int) -> torch.Tensor:
    """N×(H·W) bytes, each from where its coefficients point."""
    x = torch.arange(width, dtype=torch.int32, device=pixels.device).view(1, 1, width)
    y = torch.arange(height, dtype=torch.int32, device=pixels.device).view(1, height, 1)
    a, b, c, d, e, f = (coefficient.view(-1, 1, 1) for coefficient in matrix.unbind(1))
    # A shift to the right floors negative numbers too.
    column = (a * x + b * y + c) >> 16
    row = (d * x + e * y + f) >> 16
    outside = (column < 0) | (column >= width) | (row < 0) | (row >= height)
    source = (row * width + column).masked_fill_(outside, 0).view(len(pixels), -1)
    return pixels.gather(1, source.long()).masked_fill_(outside.view(len(pixels), -1), fill)
