"""Makes tiny videos whose pictures tell their own number and which way is up."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.float32]

WIDTH, HEIGHT = 128, 96
_TICKS = 12_000  # per second; divides by the usual frame rates
_BITS = 8


def picture(number: int) -> Image:
    """Draw an upright picture: a red square top left, the number in bars below."""
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    image[:32, :32] = (230, 20, 20)
    bar = WIDTH // _BITS
    for bit in range(_BITS):
        if number >> bit & 1:
            image[48:, bit * bar : (bit + 1) * bar] = 230
    return image


def number_of(image: Image) -> int:
    """Read the number of a picture."""
    bar = image.shape[1] // _BITS
    row = image[-image.shape[0] // 4, bar // 2 :: bar, 1]
    return sum(1 << bit for bit, level in enumerate(row[:_BITS]) if level > 160)


def is_upright(image: Image) -> bool:
    """Tell whether the red square lies top left."""
    red, green, _ = (int(value) for value in image[8, 8])
    return red > 150 and green < 100


def write_video(
    path: Path,
    *,
    count: int = 30,
    rate: float = 30.0,
    times: Sequence[float] | None = None,
    images: Sequence[Image] | None = None,
    sound: Samples | None = None,
    sound_start: float = 0.0,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write pictures 0, 1, 2 ..., by default at regular times, and 16 kHz sound."""
    pictures = images if images is not None else [picture(k) for k in range(count)]
    moments = times if times is not None else [k / rate for k in range(len(pictures))]
    with av.open(str(path), "w", options=container_options or {}) as container:
        video = container.add_stream(
            codec, rate=Fraction(rate).limit_denominator(1001), options=options or {}
        )
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = pixels
        if times is not None:
            video.codec_context.time_base = Fraction(1, _TICKS)
        unit = video.codec_context.time_base or 1 / Fraction(rate).limit_denominator(
            1001
        )
        voice = None
        if sound is not None:
            kind = "libopus" if path.suffix == ".webm" else "aac"
            voice = container.add_stream(kind, rate=16_000, layout="mono")
        for image, moment in zip(pictures, moments, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(moment / unit), Fraction(unit)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if voice is not None and sound is not None:
            for first in range(0, len(sound), 1024):
                piece = sound[None, first : first + 1024]
                chunk = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
                chunk.sample_rate = 16_000
                chunk.pts = first + round(sound_start * 16_000)
                chunk.time_base = Fraction(1, 16_000)
                container.mux(voice.encode(chunk))
            container.mux(voice.encode(None))
    return path


def ask_to_turn(path: Path, degrees_clockwise: int) -> Path:
    """Write into an MP4 file that players must turn its picture, as phones do."""
    a, b = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees_clockwise]
    raw = bytearray(path.read_bytes())
    at = raw.index(b"tkhd") + 44
    one = 1 << 16
    raw[at : at + 36] = struct.pack(
        ">9i", a * one, b * one, 0, -b * one, a * one, 0, 0, 0, 1 << 30
    )
    path.write_bytes(raw)
    return path


def write_sound(path: Path, sound: Samples) -> Path:
    """Write a file with sound and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None], "fltp", "mono")
        frame.sample_rate, frame.pts = 16_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
