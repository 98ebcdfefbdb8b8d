"""Cutting a recording into windows of small square pictures, in constant memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from s3ns.neural.encoders.card import View
from s3ns.neural.picture import part_of
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
    """Yield the windows of a stretch, at most one for each of :func:`starts`.

    At most one window of pictures is held. A moment for which the file has no picture,
    because its own frame rate is lower, shows the latest one; where one picture would
    stand for more than half of a window in a row, beside its own moment, there is none:
    what was not recorded is no quiet patient.

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
    media = read(video, fps=view.fps, start=start, end=end, sound=False)
    frames = _frames(media, view, roi, remarks)
    count = (len(begins) - 1) * stride + view.frames if begins else 0
    held: deque[_Moment] = deque(maxlen=view.frames)
    for place, moment in enumerate(_on_grid(frames, view, start, count), start=1):
        held.append(moment)
        turn, rest = divmod(place - view.frames, stride)
        if rest == 0 and 0 <= turn < len(begins) and _is_shown(held):
            begin = begins[turn]
            pictures = np.stack([moment.picture for moment in held])
            yield Window(begin, begin + view.seconds, pictures)


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
            yield item.time, fitted(part_of(item.image, roi), view.picture)
        elif isinstance(item, Remark) and remarks is not None:
            remarks.append(item.text)


class _Moment(NamedTuple):
    """A picture, and for how many moments it has been shown again."""

    picture: Pictures
    age: int

    def again(self) -> _Moment:
        return _Moment(self.picture, self.age + 1)


def _is_shown(window: Collection[_Moment]) -> bool:
    """Tell whether no picture stands for more than half of a window beside its own."""
    run = max(min(moment.age, place) for place, moment in enumerate(window, start=1))
    return run <= len(window) // 2


def _on_grid(
    frames: Iterable[tuple[float, Pictures]], view: View, start: float, count: int
) -> Iterator[_Moment]:
    """Yield one picture for each moment of the grid that begins at ``start``.

    The last one is shown again until there are ``count``.
    """
    tick = 0
    last: _Moment | None = None
    for time, picture in frames:
        # Moments that pass before this picture show the one before.
        while last is not None and start + (tick + LATE) / view.fps < time:
            last = last.again()
            yield last
            tick += 1
        last = _Moment(picture, 0)
        if start + (tick - LATE) / view.fps <= time:
            yield last
            tick += 1
    while last is not None and tick < count:
        last = last.again()
        yield last
        tick += 1
