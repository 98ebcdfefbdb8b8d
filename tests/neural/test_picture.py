"""What is cut out of a picture's planes is what the whole picture shows as RGB."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from s3ns.neural.geometry import Region, apply, chained, inverse
from s3ns.neural.picture import Planes, brightness, crop, size_of
from s3ns.neural.video import Frame, read
from tests.neural.media import HEIGHT, WIDTH, ask_to_turn, write_video


def scene() -> np.ndarray:
    """Return smooth colours of every kind, so that only the colours are compared."""
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    size = (WIDTH, HEIGHT)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def first_frame(path: Path) -> Frame:
    return next(item for item in read(path, sound=False) if isinstance(item, Frame))


@pytest.mark.parametrize(
    "options",
    [{}, *({"x264-params": f"colormatrix={m}"} for m in ("bt709", "smpte170m"))],
)
@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p"])
@pytest.mark.parametrize("replicate", [False, True])
def test_a_square_has_the_colours_of_the_whole(
    tmp_path: Path, options: dict[str, str], pixels: str, replicate: bool
) -> None:
    path = write_video(
        tmp_path / "a.mp4", images=[scene()] * 3, pixels=pixels, options=options
    )
    frame = first_frame(path)
    assert isinstance(frame.picture, Planes)
    # It reaches past the edge of the picture.
    affine = Region(60, 40, 110, 0.4).to_square(96)
    cut = crop(frame.picture, affine, 96, replicate=replicate)
    whole = crop(frame.image, affine, 96, replicate=replicate)
    assert cut.shape == (1, 96, 96, 3)
    assert cut.dtype == np.float32
    # FFmpeg rounds down, and makes colours in steps of two pixels.
    assert np.abs(cut - whole).mean() < 3
    assert np.abs((cut - whole).mean(axis=(0, 1, 2))).max() < 2


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_square_of_a_turned_recording_is_upright(
    tmp_path: Path, degrees: int
) -> None:
    stored = [np.rot90(scene(), degrees // 90).copy()] * 3
    frame = first_frame(
        ask_to_turn(write_video(tmp_path / "a.mp4", images=stored), degrees)
    )
    assert isinstance(frame.picture, Planes)
    assert size_of(frame.picture) == size_of(frame.image) == (WIDTH, HEIGHT)
    affine = Region(70, 50, 60, 0.2).to_square(64)
    cut = crop(frame.picture, affine, 64, replicate=True)
    assert np.abs(cut - crop(frame.image, affine, 64, replicate=True)).mean() < 3


def test_what_is_stored_otherwise_comes_as_rgb(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", images=[scene()] * 3, pixels="yuv444p")
    assert isinstance(first_frame(path).picture, np.ndarray)


def test_brightness_follows_that_of_the_whole(tmp_path: Path) -> None:
    frame = first_frame(write_video(tmp_path / "a.mp4", images=[scene()] * 3))
    affine = Region(60, 40, 60).to_square(48)
    grey, whole = (brightness(p, affine, 48) for p in (frame.picture, frame.image))
    # Stored brightness goes from 16 to 235.
    assert np.corrcoef(grey.ravel(), whole.ravel())[0, 1] > 0.995


def test_maps_are_chained_in_order() -> None:
    one, two = Region(3, 5, 7, 0.3).to_square(64), Region(30, 20, 40, -1).to_square(9)
    points = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    there = apply(two, apply(one, points))
    assert np.allclose(apply(chained(two, one), points), there, atol=1e-4)
    assert np.allclose(apply(chained(inverse(one), one), points), points, atol=1e-4)
