"""Opening a video file: what is refused and why, and what kind of recording it is.

Every FFmpeg error becomes an :class:`~s3ns.facts.InputError` of one line.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from s3ns.facts import InputError, Recording
from s3ns.neural.geometry import Array, Picture
from s3ns.neural.picture import AnyPicture, Planes

_PLANAR = {"yuv420p", "yuvj420p"}
_COLOUR_WEIGHTS = {
    1: (0.2126, 0.0722),
    2: (0.299, 0.114),  # not said: FFmpeg takes BT.601
    5: (0.299, 0.114),
    6: (0.299, 0.114),
}
"""Of red and blue in the brightness, by the number of a colour space (ITU-T H.273)."""
_FULL_RANGE = 2

SMALLEST_PICTURE = 64
"""Pixels; in a smaller picture no person can be followed."""

# Playlists, subtitles and text "videos" stay out: they make FFmpeg open other files or
# addresses, or paint letters.
_CONTAINERS = (
    "3g2,3gp,amv,apng,asf,avi,dv,f4v,flv,gif,h264,hevc,ivf,m4v,matroska,mjpeg,mov,mp4,"
    "mpeg,mpegts,mxf,nut,ogg,rm,webm,wtv,yuv4mpegpipe,aac,flac,mp3,wav"
)

# Before version 19, PyAV raised an error for a title that is not UTF-8 unless told not
# to; since then the option is gone.
_ODD_TITLES: dict[str, Any] = (
    {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
)


def probe(path: Path) -> Recording:
    """Read what kind of recording a file holds.

    The packets are counted but only the first picture is decoded. Neither the name nor
    any metadata of the file is kept.

    Raises
    ------
    InputError
        If the file is no video that can be read, or its picture is smaller than
        :data:`SMALLEST_PICTURE`.
    """
    with opened(path) as (container, stream):
        upright = Upright(stream)
        height, width = upright(_first_picture(path, container, stream)).shape[:2]
        if min(width, height) < SMALLEST_PICTURE:
            raise InputError(
                f"{path} has a picture of {width} x {height} pixels; at least "
                f"{SMALLEST_PICTURE} x {SMALLEST_PICTURE} are needed"
            )
        has_audio = bool(audio_streams(container))
    times = _presentation_times(path)
    if len(times) < 2:
        raise InputError(f"{path} holds a single picture; a video is needed")
    gaps = np.diff(times)
    usual = float(np.median(gaps))
    duration = float(times[-1] - times[0]) + usual
    digest = _sha256(path)
    return Recording(
        id=_pseudonym(digest),
        duration=round(duration, 6),
        sha256=digest,
        width=width,
        height=height,
        fps=round(len(times) / duration, 3),
        # Containers round time stamps, GIF to hundredths of a second.
        variable_frame_rate=bool(np.any(np.abs(gaps - usual) > 0.25 * usual + 0.001)),
        rotation=upright.rotation,
        has_audio=has_audio,
    )


def pseudonym(path: Path) -> str:
    """Return the id that a recording has in Documents, made from the file's hash.

    Raises
    ------
    InputError
        If there is no such file or it cannot be read.
    """
    _check_file(path)
    return _pseudonym(_sha256(path))


def _pseudonym(digest: str) -> str:
    return f"rec-{digest[:10]}"


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video and choose its picture stream; every FFmpeg error becomes ours."""
    _check_file(path)
    try:
        container = av.open(
            f"file:{path.absolute()}",
            **_ODD_TITLES,
            container_options={
                "protocol_whitelist": "file",
                "format_whitelist": _CONTAINERS,
            },
        )
    except (av.FFmpegError, OSError) as error:
        raise InputError(_unreadable(path)) from error
    with container:
        stream = _picture_stream(path, container)
        try:
            yield container, stream
        except av.FFmpegError as error:
            raise InputError(_unreadable(path)) from error


class Packets:
    """The packets of some streams, up to the end or to a damage in the container.

    Attributes
    ----------
    broke_off
        Whether it was a damage that ended them.
    """

    def __init__(
        self, container: InputContainer, streams: Sequence[VideoStream | AudioStream]
    ) -> None:
        self._packets = container.demux(streams)
        self.broke_off = False

    def __iter__(self) -> Iterator[Packet[Any]]:
        """Read on; a damage ends the packets quietly."""
        try:
            yield from self._packets
        except av.FFmpegError:
            self.broke_off = True


def audio_streams(container: InputContainer) -> list[AudioStream]:
    """Return the sound tracks that can be decoded."""
    return [track for track in container.streams.audio if track.codec_context]


def _check_file(path: Path) -> None:
    if not path.exists():
        raise InputError(f"there is no file {path}; check the name and the folder")
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a video file")
    if not path.is_file():
        raise InputError(f"{path} is not a regular file; name a video file")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty; copy it anew from where it came")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path} may not be read; check its permissions")


def _unreadable(path: Path) -> str:
    return (
        f"{path} is not a video that can be read: it is of another kind, or its "
        "beginning or index is damaged; copy it anew, or convert it to MP4 (H.264)"
    )


def _picture_stream(path: Path, container: InputContainer) -> VideoStream:
    cover = av.stream.Disposition.attached_pic
    for stream in container.streams.video:
        if not stream.disposition & cover:
            if stream.codec_context is None:
                break
            return _configured(stream)
    else:
        kind = "only sound" if container.streams.audio else "no picture"
        raise InputError(f"{path} holds {kind}; a video is needed")
    raise InputError(
        f"{path} is stored in a way that cannot be decoded; convert it to MP4 (H.264)"
    )


def _configured(stream: VideoStream) -> VideoStream:
    # Parallel slices cost a fiftieth more processor time, parallel frames a tenth: they
    # pay only where cores lie idle beside the models, which keep two busy.
    cores = os.cpu_count() or 1
    context = stream.codec_context
    context.thread_type = "AUTO" if cores > 4 else "SLICE" if cores > 2 else "NONE"
    context.thread_count = min(cores, 4)
    return stream


def _first_picture(
    path: Path, container: InputContainer, stream: VideoStream
) -> VideoFrame:
    for packet in Packets(container, [stream]):
        try:
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    return frame
        except av.FFmpegError:
            continue
    raise InputError(
        f"no picture in {path} can be decoded; copy it anew, or convert it to MP4 "
        "(H.264)"
    )


def _presentation_times(path: Path) -> npt.NDArray[np.float64]:
    """Return the sorted time stamps of all pictures in seconds, decoding nothing."""
    stamps = array("q")
    with opened(path) as (container, stream):
        for packet in Packets(container, [stream]):
            stamp = packet.pts if packet.pts is not None else packet.dts
            if stamp is not None and packet.size:
                stamps.append(stamp)
        unit = float(stream.time_base or Fraction(1))
    ticks: npt.NDArray[np.int64] = np.unique(np.frombuffer(stamps, np.int64))
    return ticks.astype(np.float64) * unit


def origin(container: InputContainer, stream: VideoStream) -> float:
    """Return the presentation time of the first picture, the zero of all times."""
    if stream.start_time is not None and stream.time_base is not None:
        return float(stream.start_time * stream.time_base)
    return (container.start_time or 0) / av.time_base


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


class Upright:
    """Turns decoded pictures into upright ones of one size.

    Attributes
    ----------
    rotation
        Degrees counter-clockwise that the pictures are turned by, once one was.
    """

    _TURNS = {
        90: cv2.ROTATE_90_COUNTERCLOCKWISE,
        180: cv2.ROTATE_180,
        270: cv2.ROTATE_90_CLOCKWISE,
    }

    def __init__(self, stream: VideoStream) -> None:
        # Old cameras store pixels that are not square.
        self._stretch = float(stream.codec_context.sample_aspect_ratio or 1)
        self._reformatter = VideoReformatter()
        self._one_at_a_time = Lock()
        self._size: tuple[int, int] | None = None
        self.rotation = 0

    def __call__(self, frame: VideoFrame) -> Picture:
        """Return an RGB picture, ``(height, width, 3)``."""
        size = self._stored_size(frame)
        with self._one_at_a_time:  # planes are made RGB in any thread
            plain = self._reformatter.reformat(frame, *size, "rgb24")
        image = np.asarray(plain.to_ndarray(), np.uint8)
        if self.rotation:
            image = np.asarray(cv2.rotate(image, self._TURNS[self.rotation]), np.uint8)
        return image

    def picture(self, frame: VideoFrame) -> AnyPicture:
        """Return the picture in its planes where it is stored so, and else as RGB."""
        size = self._stored_size(frame)
        colours = _COLOUR_WEIGHTS.get(int(frame.colorspace))
        is_plain = frame.format.name in _PLANAR and size == (frame.width, frame.height)
        if colours is None or not is_plain:
            return self(frame)
        is_full = frame.format.name == "yuvj420p" or frame.color_range == _FULL_RANGE
        return Planes(
            stored=(_plane(frame, 0), _plane(frame, 1), _plane(frame, 2)),
            colours=_to_rgb(*colours, is_full=is_full),
            black=(0 if is_full else 16, 128, 128),
            turn=_turn(size, self.rotation),
            size=size[::-1] if self.rotation % 180 else size,
            render=partial(self, frame),
        )

    def _stored_size(self, frame: VideoFrame) -> tuple[int, int]:
        if self._size is None:
            # A later change of size, which streams may have, is scaled away.
            self._size = max(1, round(frame.width * self._stretch)), frame.height
            # A matrix that is no rotation comes as a number far outside the circle.
            turn = frame.rotation if abs(frame.rotation) <= 360 else 0
            self.rotation = round(turn / 90) * 90 % 360
        return self._size


def _plane(frame: VideoFrame, number: int) -> Picture:
    """Return a plane of a picture where it lies, without a copy."""
    plane = frame.planes[number]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return np.asarray(rows[: plane.height, : plane.width])


@cache
def _to_rgb(red: float, blue: float, *, is_full: bool) -> Array:
    """Return the map from Y, Cb, Cr and 1 to RGB (ITU-T H.273, 8.3)."""
    green = 1 - red - blue
    bright, colour, low = (1.0, 1.0, 0) if is_full else (255 / 219, 255 / 224, 16)
    from_blue, from_red = 2 * (1 - blue) * colour, 2 * (1 - red) * colour
    linear = np.array(
        [
            [bright, 0, from_red],
            [bright, -from_blue * blue / green, -from_red * red / green],
            [bright, from_blue, 0],
        ]
    )
    shift = linear @ (-low, -128, -128)
    return np.column_stack([linear, shift]).astype(np.float32)


@cache
def _turn(stored: tuple[int, int], rotation: int) -> Array:
    """Return the map from the pixels of a stored picture to those of the upright."""
    right, bottom = stored[0] - 1, stored[1] - 1
    rows = {
        0: [[1, 0, 0], [0, 1, 0]],
        90: [[0, 1, 0], [-1, 0, right]],
        180: [[-1, 0, right], [0, -1, bottom]],
        270: [[0, -1, bottom], [1, 0, 0]],
    }
    return np.array(rows[rotation], np.float32)
