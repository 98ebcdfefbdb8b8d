"""Regions of interest and the affine maps between picture and model input."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Region:
    """A rotated square in the picture.

    Attributes
    ----------
    x, y
        Centre in pixels.
    size
        Edge length in pixels.
    rotation
        Angle in radians by which the square is turned clockwise as seen on the screen.
    """

    x: float
    y: float
    size: float
    rotation: float = 0.0

    @property
    def axes(self) -> Array:
        """The square's two axes as rows, in the picture's coordinates."""
        cos, sin = np.cos(self.rotation), np.sin(self.rotation)
        return np.array([[cos, sin], [-sin, cos]], np.float32)

    def to_square(self, pixels: int) -> Array:
        """Return the 2x3 map from the picture to a square of that many pixels."""
        linear = pixels / self.size * self.axes
        shift = pixels / 2 - linear @ np.array([self.x, self.y])
        return np.column_stack([linear, shift]).astype(np.float32)


def part_of(image: Picture, part: tuple[int, int, int, int] | None) -> Picture:
    """Return a part of a picture: ``x, y, width, height`` in pixels.

    Where none is named, or it lies outside, that is all of it.
    """
    if part is None:
        return image
    x, y, width, height = part
    found = image[y : y + height, x : x + width]
    return found if found.size else image


def apply(affine: Array, points: Array) -> Array:
    """Map ``(n, 2)`` points with a 2x3 affine map."""
    mapped: Array = points @ affine[:, :2].T + affine[:, 2]
    return mapped


def inverse(affine: Array) -> Array:
    """Invert a 2x3 affine map."""
    return np.asarray(cv2.invertAffineTransform(affine), np.float32)


def chained(second: Array, first: Array) -> Array:
    """Return the 2x3 affine map that does first one map and then another."""
    linear = second[:, :2] @ first[:, :2]
    return np.column_stack([linear, apply(second, first[:, 2])]).astype(np.float32)
