"""From a video file to upright pictures and sound with time stamps, in one pass.

A recording may last for hours: what is decoded is handed over and forgotten. Times are
seconds from the first picture by presentation time, since phones record at a frame rate
that varies. What could be read only in part is told by a :class:`Remark`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container.input import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from s3ns.facts import InputError
from s3ns.neural.container import (
    Packets,
    Upright,
    audio_streams,
    opened,
    origin,
    probe,
)
from s3ns.neural.geometry import Picture
from s3ns.neural.picture import AnyPicture, whole

__all__ = ["SOUND_RATE", "Frame", "Media", "Remark", "Sound", "probe", "read"]

SOUND_RATE = 16_000
"""Samples per second of the sound that is handed over."""

_CLOCK_JUMP = 0.1  # seconds between two pieces of sound that count as a gap
_SOUND_BLOCK = SOUND_RATE // 2  # samples handed over at once
_CUT_OFF = 0.5  # seconds that may be missing at the end before it is remarked on
_OVERRUN = 2.0  # seconds read past the end for sound that lies behind the pictures


@dataclass(frozen=True)
class Frame:
    """An upright picture, and its time in seconds."""

    time: float
    picture: AnyPicture

    @property
    def image(self) -> Picture:
        """The picture as RGB, ``(height, width, 3)``."""
        return whole(self.picture)


@dataclass(frozen=True)
class Sound:
    """A stretch of sound: the time of its first sample, and mono float32 samples.

    There are :data:`SOUND_RATE` samples per second, in the range -1 to 1.
    """

    time: float
    samples: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Remark:
    """What a reader of the results should know about the file; comes last."""

    text: str


Media = Frame | Sound | Remark


def read(
    path: Path,
    *,
    fps: float = 10.0,
    start: float = 0.0,
    end: float | None = None,
    sound: bool = True,
) -> Iterator[Media]:
    """Decode pictures and sound together.

    Pictures are the ones nearest to a regular grid of ``fps`` per second that is
    anchored at the first picture, so that a stretch gives the same pictures as the
    whole; there are never more than the file has. Pictures that do not lie on the grid
    and that no other picture needs are not decoded at all.

    Parameters
    ----------
    path
        The video.
    fps
        Pictures wanted per second.
    start, end
        Stretch in seconds, ``start <= time < end``; ``None`` is the end of the file.
    sound
        Whether the sound is wanted, if there is any.

    Yields
    ------
    Pictures in order of time and sound in order of time, interleaved as in the file;
    at the end remarks on what could not be decoded. A file that breaks off gives what
    comes before the break.

    Raises
    ------
    InputError
        If the file cannot be read or no picture lies in the stretch.
    """
    limits = _Limits(start, math.inf if end is None else end)
    with opened(path) as (container, stream):
        zero = origin(container, stream)
        pictures = _Pictures(stream, zero, limits, fps)
        voices = audio_streams(container)[:1] if sound else []
        sounds = [_Sounds(zero, limits) for _ in voices]
        parts: list[_Pictures | _Sounds] = [pictures, *sounds]
        if start > 0:
            _seek(container, stream, zero + start)
        packets = Packets(container, [stream, *voices])
        for packet in packets:
            yield from parts[packet.stream in voices].decode(packet)
            if all(part.done for part in parts) or _lies_past(packet, zero, limits):
                break
        yield from pictures.flush()
        for part in sounds:
            yield from part.flush()
        if pictures.count == 0:
            raise InputError(_nothing_decoded(path, pictures, limits))
        yield from _remarks(container, stream, pictures, sounds, packets)


@dataclass(frozen=True)
class _Limits:
    start: float
    end: float

    def hold(self, time: float) -> bool:
        return self.start - 1e-6 <= time < self.end - 1e-6


class _Pictures:
    """Chooses and decodes pictures."""

    def __init__(
        self, stream: VideoStream, zero: float, limits: _Limits, fps: float
    ) -> None:
        self._stream = stream
        self._zero, self._limits, self._fps = zero, limits, fps
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self.half = min(0.5 / float(rate), 0.5 / fps)
        self._next_tick = math.ceil(limits.start * fps - 1e-6)
        self._upright = Upright(stream)
        self.count = self.broken = 0
        self.read_to = 0.0
        self.done = False

    def decode(self, packet: Packet[Any]) -> Iterator[Frame]:
        if packet.pts is not None and packet.time_base is not None:
            after = (packet.pts + (packet.duration or 0)) * packet.time_base
            self.read_to = max(self.read_to, float(after) - self._zero)
        context = self._stream.codec_context
        context.skip_frame = "DEFAULT" if self._is_wanted(packet) else "NONREF"
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self.broken += 1
            return
        yield from self._chosen(frames)

    def flush(self) -> Iterator[Frame]:
        """Hand over what the decoder still holds, if it was not read to the end."""
        if not self.done:
            try:
                yield from self._chosen(self._stream.codec_context.decode(None))
            except av.FFmpegError:  # also when it was flushed before
                return

    def _is_wanted(self, packet: Packet[Any]) -> bool:
        if packet.pts is None or packet.time_base is None:
            return True
        time = float(packet.pts * packet.time_base) - self._zero
        distance = abs(time - round(time * self._fps) / self._fps)
        return distance <= self.half + 0.001

    def _chosen(self, frames: Iterable[object]) -> Iterator[Frame]:
        for frame in frames:
            assert isinstance(frame, VideoFrame)
            stamp = frame.pts if frame.pts is not None else frame.dts
            if stamp is None or frame.time_base is None:
                self.broken += 1
                continue
            time = max(0.0, float(stamp * frame.time_base) - self._zero)
            if frame.is_corrupt:
                # Right after a jump into the file, pictures may lack what they rest on.
                self.broken += self._limits.hold(time)
                continue
            self.done = time >= self._limits.end
            reached = (time + self.half) * self._fps + 1e-6
            if reached >= self._next_tick and self._limits.hold(time):
                self._next_tick = math.floor(reached) + 1
                self.count += 1
                yield Frame(time, self._upright.picture(frame))


class _Sounds:
    """Decodes sound to mono at 16 kHz, in blocks of half a second."""

    def __init__(self, zero: float, limits: _Limits) -> None:
        self._zero, self._limits = zero, limits
        self._resampler: AudioResampler | None = None
        self._setup: tuple[object, ...] = ()
        self._expected = math.nan  # time of the next piece, if there is no gap
        self._block_time = 0.0
        self._block: list[npt.NDArray[np.float32]] = []
        self.broken = 0
        self.done = False

    def decode(self, packet: Packet[Any]) -> Iterator[Sound]:
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self.broken += 1
            return
        for frame in frames:
            assert isinstance(frame, AudioFrame)
            yield from self._add(frame)

    def flush(self) -> Iterator[Sound]:
        if self._resampler is not None:
            self._append(self._resampler.resample(None))
        self._resampler = None
        yield from self._hand_over()

    def _add(self, frame: AudioFrame) -> Iterator[Sound]:
        if frame.pts is None or frame.time_base is None:
            self.broken += 1
            return
        time = float(frame.pts * frame.time_base) - self._zero
        self.done = time >= self._limits.end
        setup = (frame.format.name, frame.layout.name, frame.sample_rate)
        unbroken = abs(time - self._expected) <= _CLOCK_JUMP
        if self._resampler is None or setup != self._setup or not unbroken:
            yield from self.flush()
            self._resampler = AudioResampler("flt", "mono", SOUND_RATE)
            self._setup, self._block_time = setup, time
            self._expected = time
        self._expected += frame.samples / frame.sample_rate
        self._append(self._resampler.resample(frame))
        if sum(len(piece) for piece in self._block) >= _SOUND_BLOCK:
            yield from self._hand_over()

    def _append(self, frames: Iterable[AudioFrame]) -> None:
        for frame in frames:
            self._block.append(frame.to_ndarray()[0].astype(np.float32, copy=False))

    def _hand_over(self) -> Iterator[Sound]:
        if not self._block:
            return
        samples = np.concatenate(self._block)
        time = self._block_time
        self._block = []
        self._block_time = time + len(samples) / SOUND_RATE
        first = max(0, round((self._limits.start - time) * SOUND_RATE))
        limit = min((self._limits.end - time) * SOUND_RATE, len(samples))
        if first < limit:
            yield Sound(time + first / SOUND_RATE, samples[first : round(limit)])


def _lies_past(packet: Packet[Any], zero: float, limits: _Limits) -> bool:
    if packet.dts is None or packet.time_base is None:
        return False
    return float(packet.dts * packet.time_base) - zero > limits.end + _OVERRUN


def _seek(container: InputContainer, stream: VideoStream, time: float) -> None:
    unit = float(stream.time_base or Fraction(1))
    try:
        container.seek(int(time / unit), stream=stream)
    except av.FFmpegError:
        # Some formats, GIF among them, cannot; then all before is decoded and dropped.
        return


def _nothing_decoded(path: Path, pictures: _Pictures, limits: _Limits) -> str:
    if limits.start >= pictures.read_to > 0:
        return (
            f"{path} ends at {pictures.read_to:.1f} s, before the start at "
            f"{limits.start:g} s that was asked for; choose an earlier start"
        )
    return f"{path} has no picture that can be decoded in the stretch asked for"


def _remarks(
    container: InputContainer,
    stream: VideoStream,
    pictures: _Pictures,
    sounds: list[_Sounds],
    packets: Packets,
) -> Iterator[Remark]:
    if pictures.broken:
        yield Remark(f"{pictures.broken} pictures were damaged and left out")
    if damaged := sum(part.broken for part in sounds):
        yield Remark(f"{damaged} pieces of sound were damaged and left out")
    if pictures.done:
        return
    if stream.duration is not None and stream.time_base is not None:
        stated = float(stream.duration * stream.time_base)
    else:
        stated = (container.duration or 0) / av.time_base
    if packets.broke_off or stated - pictures.read_to > _CUT_OFF:
        yield Remark(
            f"the file breaks off: {pictures.read_to:.1f} s of "
            f"{max(stated, pictures.read_to):.1f} s could be read"
        )
