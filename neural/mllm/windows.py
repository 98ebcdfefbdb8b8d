"""A video as overlapping windows of pictures and sound, in one pass.

Pictures are kept as JPEG files, and only for windows that are not over yet, so that
memory does not grow with the length of a video.
"""

from __future__ import annotations

import io
import math
import wave
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

from s3ns.neural.geometry import Array, Picture
from s3ns.neural.mllm import request
from s3ns.neural.mllm.denoise import without_noise
from s3ns.neural.picture import part_of
from s3ns.neural.stretches import Stretch, less
from s3ns.neural.video import SOUND_RATE, Frame, Media, Sound

View = Literal["whole", "crop", "skeleton"]
"""What is shown of a picture: all, the face alone, or all with arms and legs drawn."""

JPEG_QUALITY = 90

PICTURE = "picture"
"""Name of the change of the pictures as a whole."""

_LONGEST_GAP = 1.0  # seconds without picture or sound that do not matter
_LATE = 2.0  # seconds that sound may lie behind the pictures in a file
_THUMB = (64, 48)  # pixels at which movement is measured; leaves out most noise


@dataclass(frozen=True)
class Look:
    """How a video is cut up for a question.

    Attributes
    ----------
    length
        Seconds of a window.
    overlap
        Seconds that two windows share.
    fps
        Pictures per second.
    view
        What is shown of the pictures.
    denoised
        Whether the sound comes without its steady noise.
    """

    length: float
    overlap: float
    fps: float
    view: View = "whole"
    denoised: bool = False

    def spans(self, start: float, end: float) -> Iterator[tuple[float, float]]:
        """Yield the windows of a stretch; together they cover it."""
        first = start
        while True:
            beyond = min(first + self.length, end)
            yield first, beyond
            if beyond >= end - 1e-6:
                return
            first += self.length - self.overlap


@dataclass(frozen=True)
class Shot:
    """A picture of a window: its time in seconds and a JPEG file."""

    time: float
    picture: request.Picture


@dataclass(frozen=True)
class Window:
    """What is shown for a question.

    Attributes
    ----------
    look
        How it was cut.
    start, end
        Seconds in the recording.
    shots
        Pictures in order of time.
    voice
        The sound, if it is wanted and there is any.
    sounding
        From where to where there is sound, in seconds in the recording.
    motion
        How fast things move in the mean, by name: :data:`PICTURE` is the change from
        one picture to the next in grey levels, others are what was watched. What was
        measured in less than half of the window is left out.
    """

    look: Look
    start: float
    end: float
    shots: tuple[Shot, ...]
    voice: request.Voice | None = None
    sounding: tuple[Stretch, ...] = ()
    motion: Mapping[str, float] = field(default_factory=dict)

    @property
    def unseen(self) -> list[Stretch]:
        """The parts of it, in seconds, for which there are no pictures."""
        step = 1 / self.look.fps
        shown = [(shot.time, shot.time + step) for shot in self.shots]
        return self._without(shown, max(step, _LONGEST_GAP))

    @property
    def unheard(self) -> list[Stretch]:
        """The parts of it, in seconds, for which there is no sound."""
        return self._without(self.sounding, _LONGEST_GAP)

    def _without(self, there: Iterable[Stretch], most: float) -> list[Stretch]:
        """Return the stretches in which nothing is there for longer than that."""
        missing = less([(self.start, self.end)], there)
        return [(start, end) for start, end in missing if end - start > most]


Draw = Callable[[Frame, View], Picture]
"""Makes the picture that a view shows of a frame."""

Watch = Callable[[Frame], Mapping[str, float]]
"""Tells how fast things move in a frame, by name, where that can be told."""


@dataclass
class _Open:
    """A window that is being filled."""

    look: Look
    start: float
    end: float
    shots: list[Shot] = field(default_factory=list)
    sound: list[Array] = field(default_factory=list)
    sounding: list[Stretch] = field(default_factory=list)
    changes: list[Mapping[str, float]] = field(default_factory=list)


def windows(
    media: Iterable[Media],
    looks: Mapping[Look, tuple[float, float]],
    *,
    rate: float,
    pixels: int,
    part: tuple[int, int, int, int] | None = None,
    draw: Draw | None = None,
    watch: Watch | None = None,
    remarks: list[str] | None = None,
) -> Iterator[Window]:
    """Cut a video into the windows of several looks.

    Parameters
    ----------
    media
        Pictures and sound as :func:`~s3ns.neural.video.read` gives them.
    looks
        The ways to cut, each with the start and end in seconds of what is cut.
    rate
        Pictures per second that come, at least as many as any look wants.
    pixels
        Larger pictures are made smaller.
    part
        What is shown of pictures: ``(x, y, width, height)`` in pixels; else all.
    draw
        Draws the views; needed if any is not ``whole``.
    watch
        Tells what moves, beside the pictures as a whole.
    remarks
        A list to which what could not be read is added.

    Yields
    ------
    Windows with at least one picture, by the time they are over.
    """
    cutters = [_Cutter(look, stretch, rate) for look, stretch in looks.items()]
    views = {look.view for look in looks}
    before: dict[View, Array] = {}
    for item in media:
        if isinstance(item, Sound):
            for cutter in cutters:
                cutter.hear(item)
        elif isinstance(item, Frame):
            shown: dict[View, Picture] = {"whole": part_of(item.image, part)}
            if draw is not None:
                shown |= {view: draw(item, view) for view in views - {"whole"}}
            thumbs = {view: _thumb(shown[view]) for view in views}
            moved = {} if watch is None else watch(item)
            shots: dict[View, Shot] = {}
            for cutter in cutters:
                view = cutter.view
                yield from cutter.closed(item.time)
                if cutter.wants(item.time):
                    if view not in shots:
                        shots[view] = Shot(item.time, jpeg(shown[view], pixels))
                    cutter.see(shots[view])
                if view in before:
                    change = np.abs(thumbs[view] - before[view]).mean()
                    cutter.feel(item.time, {**moved, PICTURE: float(change)})
            before = thumbs
        elif remarks is not None:
            remarks.append(item.text)
    for cutter in cutters:
        yield from cutter.closed(math.inf)


class _Cutter:
    """Fills the windows of one look."""

    def __init__(self, look: Look, stretch: tuple[float, float], rate: float) -> None:
        self._look = look
        self.view: View = look.view
        # Times lie up to half a step of the reader from its grid.
        self._slack = 0.5 * look.fps / rate + 1e-6
        self._spans = look.spans(*stretch)
        self._next: tuple[float, float] | None = next(self._spans)
        self._open: deque[_Open] = deque()
        self._tick = -math.inf
        self._heard = False

    def wants(self, time: float) -> bool:
        """Tell whether a picture of this time is one of the look's."""
        tick = math.floor(time * self._look.fps + self._slack)
        if tick <= self._tick:
            return False
        self._tick = tick
        return True

    def see(self, shot: Shot) -> None:
        self._begin(shot.time)
        for window in self._open:
            if window.start <= shot.time < window.end:
                window.shots.append(shot)

    def feel(self, time: float, change: Mapping[str, float]) -> None:
        for window in self._open:
            if window.start < time < window.end:
                window.changes.append(change)

    def hear(self, sound: Sound) -> None:
        self._heard = True
        length = len(sound.samples) / SOUND_RATE
        self._begin(sound.time + length)
        for window in self._open:
            first = max(0, round((window.start - sound.time) * SOUND_RATE))
            beyond = min(
                len(sound.samples), round((window.end - sound.time) * SOUND_RATE)
            )
            if first < beyond:
                window.sound.append(sound.samples[first:beyond])
                span = [sound.time + k / SOUND_RATE for k in (first, beyond)]
                window.sounding.append((span[0], span[1]))

    def closed(self, time: float) -> Iterator[Window]:
        late = _LATE if self._heard else 0.0
        while self._open and time >= self._open[0].end + late:
            window = self._open.popleft()
            if window.shots:
                yield _finished(window)

    def _begin(self, time: float) -> None:
        while self._next is not None and time >= self._next[0]:
            self._open.append(_Open(self._look, *self._next))
            self._next = next(self._spans, None)


def _finished(window: _Open) -> Window:
    voice = None
    if window.sound:
        sound = np.concatenate(window.sound)
        if window.look.denoised:
            sound = without_noise(sound)
        voice = request.Voice(_wav(sound))
    return Window(
        look=window.look,
        start=window.start,
        end=window.end,
        shots=tuple(window.shots),
        voice=voice,
        sounding=tuple(window.sounding),
        motion=_means(window.changes),
    )


def _means(changes: Sequence[Mapping[str, float]]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for change in changes:
        for name, value in change.items():
            values.setdefault(name, []).append(value)
    return {
        name: float(np.mean(some))
        for name, some in values.items()
        if 2 * len(some) >= len(changes)
    }


def jpeg(image: Picture, pixels: int) -> request.Picture:
    """Encode an RGB picture, made smaller if it has more pixels than that."""
    height, width = image.shape[:2]
    shrink = math.sqrt(pixels / (height * width))
    if shrink < 1:
        size = (max(1, int(width * shrink)), max(1, int(height * shrink)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, raw = cv2.imencode(".jpg", bgr, quality)
    return request.Picture(raw.tobytes())


def _thumb(image: Picture) -> Array:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, _THUMB, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _wav(samples: Array) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return stream.getvalue()
