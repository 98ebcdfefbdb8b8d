"""Cutting a recording into windows of small square pictures, in constant memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from s3ns.neural.encoders.card import View
from s3ns.neural.video import Frame, Media, Remark, read

Pictures = npt.NDArray[np.uint8]
Region = tuple[int, int, int, int]

LATE = 0.5
"""Share of the time between two pictures by which one may miss its moment."""


@dataclass(frozen=True)
class Window:
    """Pictures ``(frames, picture, picture, 3)`` from ``start`` to ``end`` seconds."""

    start: float
    end: float
    pictures: Pictures


def starts(start: float, end: float, view: View, stride: int) -> list[float]:
    """Return where the windows of a stretch begin, in seconds.

    Parameters
    ----------
    start, end
        The stretch in seconds.
    view
        What a window is.
    stride
        Pictures from one window to the next.
    """
    count = int((end - start) * view.fps + 1e-6)  # pictures in the stretch
    places = range(0, count - view.frames + 1, stride)
    return [start + place / view.fps for place in places]


def windows(
    video: Path,
    view: View,
    *,
    start: float = 0.0,
    end: float,
    stride: int,
    roi: Region | None = None,
    remarks: list[str] | None = None,
) -> Iterator[Window]:
    """Yield the windows of a stretch, one for each of :func:`starts`.

    At most one window of pictures is held. A moment for which the file has no picture,
    because its own frame rate is lower, shows the latest one. A file that ends before
    the stretch gives no window of which it lacks more than half.

    Parameters
    ----------
    video
        The recording.
    view, start, end, stride
        See :func:`starts`.
    roi
        Part of the upright picture to look at: ``x, y, width, height`` in pixels.
    remarks
        A list to which what could not be read is added.

    Raises
    ------
    InputError
        If the recording cannot be read.
    """
    begins = starts(start, end, view, stride)
    held: deque[Pictures] = deque(maxlen=view.frames)
    media = read(video, fps=view.fps, start=start, end=end, sound=False)
    grid = _on_grid(_frames(media, view, roi, remarks), view, start)
    turn = 0
    for place, picture in enumerate(grid):
        held.append(picture)
        first = place + 1 - view.frames
        if turn < len(begins) and first == turn * stride:
            begin = begins[turn]
            yield Window(begin, begin + view.seconds, np.stack(held))
            turn += 1
    # A file that ends a little early is filled up with its last picture, but no window
    # by more than half: what was not seen is no quiet patient.
    own = reached = place + 1
    while turn < len(begins):
        beyond = turn * stride + view.frames
        if beyond - own > view.frames // 2:
            return
        held.extend([held[-1]] * (beyond - reached))
        reached = beyond
        begin = begins[turn]
        yield Window(begin, begin + view.seconds, np.stack(held))
        turn += 1


def fitted(image: Pictures, size: int) -> Pictures:
    """Fit a picture ``(height, width, 3)`` whole into a square with black margins."""
    height, width = image.shape[:2]
    scale = size / max(height, width)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, inner, interpolation=cv2.INTER_AREA)
    square = np.zeros((size, size, 3), np.uint8)
    left, top = (size - inner[0]) // 2, (size - inner[1]) // 2
    square[top : top + inner[1], left : left + inner[0]] = small
    return square


def _frames(
    media: Iterable[Media],
    view: View,
    roi: Region | None,
    remarks: list[str] | None,
) -> Iterator[tuple[float, Pictures]]:
    for item in media:
        if isinstance(item, Frame):
            image = item.image
            if roi is not None:
                x, y, width, height = roi
                part = image[y : y + height, x : x + width]
                image = part if part.size else image
            yield item.time, fitted(image, view.picture)
        elif isinstance(item, Remark) and remarks is not None:
            remarks.append(item.text)


def _on_grid(
    frames: Iterable[tuple[float, Pictures]], view: View, start: float
) -> Iterator[Pictures]:
    """Yield one picture for each moment of the grid that begins at ``start``."""
    tick = 0
    last: Pictures | None = None
    for time, picture in frames:
        # Moments that pass before this picture show the one before.
        while last is not None and start + (tick + LATE) / view.fps < time:
            yield last
            tick += 1
        last = picture
        if start + (tick - LATE) / view.fps <= time:
            yield picture
            tick += 1
