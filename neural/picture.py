"""Pictures: as RGB, or in the planes of the decoder, coloured only where looked at.

Of a large picture the models see squares of 128 to 256 pixels, or nothing where nothing
has moved. RGB of the whole would be twice the memory to write and to read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import cv2
import numpy as np

from s3ns.facts import InputError
from s3ns.neural.geometry import Array, Picture, chained

_HALVED = np.array([[2, 0, 0.5], [0, 2, 0.5]], np.float32)
"""From the pixels of a colour plane to those of the picture: each covers two by two."""


@dataclass(frozen=True)
class Planes:
    """A picture as most videos store it: brightness, and colour at half the size.

    Attributes
    ----------
    stored
        Brightness ``(h, w)`` and the blue and red differences, each half as high and
        wide.
    colours
        ``(3, 4)`` map from these three, and 1, to RGB from 0 to 255.
    black
        What black is stored as.
    turn
        ``(2, 3)`` map from the stored picture to the upright one.
    size
        Width and height of the upright picture.
    render
        Makes an RGB picture of the whole.
    """

    stored: tuple[Picture, Picture, Picture]
    colours: Array
    black: tuple[int, int, int]
    turn: Array
    size: tuple[int, int]
    render: Callable[[], Picture]

    @cached_property
    def rgb(self) -> Picture:
        """The whole upright picture, ``(height, width, 3)``."""
        return self.render()

    def warped(self, affine: Array, pixels: int, border: int) -> Picture:
        """Return a square of the upright picture as RGB."""
        here = chained(affine, self.turn)
        halved = chained(here, _HALVED)
        parts = [
            _warped(plane, into, pixels, border, black)
            for plane, into, black in zip(
                self.stored, (here, halved, halved), self.black, strict=True
            )
        ]
        return np.asarray(cv2.transform(cv2.merge(parts), self.colours), np.uint8)


AnyPicture: TypeAlias = Picture | Planes


def whole(picture: AnyPicture) -> Picture:
    """Return all of a picture as RGB, ``(height, width, 3)``."""
    return picture.rgb if isinstance(picture, Planes) else picture


def check_inside(region: tuple[int, int, int, int], size: tuple[int, int]) -> None:
    """Refuse a patient's place of which nothing lies in the picture.

    Parameters
    ----------
    region
        ``(x, y, width, height)`` in pixels.
    size
        Width and height of the picture.

    Raises
    ------
    InputError
        If it lies outside.
    """
    if region[0] >= size[0] or region[1] >= size[1]:
        place = ",".join(map(str, region))
        raise InputError(
            f"the patient's place {place} lies outside the picture of {size[0]} x "
            f"{size[1]} pixels; change --patient-roi"
        )


def part_of(image: Picture, region: tuple[int, int, int, int] | None) -> Picture:
    """Return the patient's place of a picture, or all of it where none is named.

    Parameters
    ----------
    image
        ``(height, width, 3)``.
    region
        ``(x, y, width, height)`` in pixels.

    Raises
    ------
    InputError
        If it lies outside.
    """
    if region is None:
        return image
    x, y, width, height = region
    check_inside(region, (image.shape[1], image.shape[0]))
    return image[y : y + height, x : x + width]


def size_of(picture: AnyPicture) -> tuple[int, int]:
    """Return width and height."""
    if isinstance(picture, Planes):
        return picture.size
    return picture.shape[1], picture.shape[0]


def crop(picture: AnyPicture, affine: Array, pixels: int, *, replicate: bool) -> Array:
    """Cut a square out of a picture as float32 ``(1, pixels, pixels, 3)``, 0 to 255.

    Parameters
    ----------
    picture
        Upright picture.
    affine
        Map from the picture to the square.
    pixels
        Edge of the square.
    replicate
        What lies outside the picture repeats its border instead of being black. The
        landmark models expect the former (a black border cost 4.5 pixels on half
        bodies), the box detectors the latter.
    """
    border = cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT
    if isinstance(picture, Planes):
        square = picture.warped(affine, pixels, border)
    else:
        square = _warped(picture, affine, pixels, border)
    return square[None].astype(np.float32)


def brightness(picture: AnyPicture, affine: Array, pixels: int) -> Picture:
    """Cut a square out of a picture in grey, ``(pixels, pixels)``."""
    border = cv2.BORDER_REPLICATE
    if isinstance(picture, Planes):
        into = chained(affine, picture.turn)
        return _warped(picture.stored[0], into, pixels, border)
    square = _warped(picture, affine, pixels, border)
    return np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), np.uint8)


def _warped(
    plane: Picture, affine: Array, pixels: int, border: int, black: int = 0
) -> Picture:
    square = cv2.warpAffine(
        plane,
        affine,
        (pixels, pixels),
        flags=cv2.INTER_LINEAR,
        borderMode=border,
        borderValue=black,
    )
    return np.asarray(square, np.uint8)
