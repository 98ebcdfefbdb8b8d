"""A sound track made of nothing: room noise, voices by formant synthesis, cries.

Voices are syllables without words: pulses of the vocal cords and hiss, through the
resonances of vowels (Peterson and Barney 1952). They are meant for a speech detector
and a pitch meter, not for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy import signal

Array = npt.NDArray[Any]

SAMPLE_RATE = 16_000
"""Samples per second."""

ROOM_LEVEL = 0.0025
"""Root mean square of the room's noise; full scale is 1."""

VOWELS = {
    "a": (730, 1090, 2440, 3400),
    "e": (530, 1840, 2480, 3500),
    "i": (270, 2290, 3010, 3600),
    "o": (570, 840, 2410, 3300),
    "u": (300, 870, 2240, 3300),
    "schwa": (500, 1500, 2500, 3500),
}
"""Resonances in Hz of an adult man's vowels."""
BANDWIDTHS = (80, 100, 140, 200)


@dataclass(frozen=True)
class Voice:
    """A speaker: pitch in Hz, and length of the vocal tract against a man's."""

    pitch: float
    tract: float


EXAMINER, PATIENT = Voice(112, 1.0), Voice(205, 0.86)

CUES = {
    "prompt": "somebody addresses the patient",
    "answer": "the patient answers",
    "talk": "the patient talks",
    "groan": "the patient groans",
    "cry": "the patient cries out",
}
"""What can be heard, by name."""


class Heard(Protocol):
    """A cue of a scenario."""

    @property
    def cue(self) -> str:
        """What is heard, one of :data:`CUES`."""

    @property
    def start(self) -> float:
        """When it begins, in seconds."""

    @property
    def end(self) -> float:
        """When it ends, in seconds."""


def sound_track(
    duration: float, cues: Iterable[Heard], random: np.random.Generator
) -> Array:
    """Return the sound of a room with what is said and cried in it.

    Parameters
    ----------
    duration
        Seconds.
    cues
        What is heard when.
    random
        Where irregularity comes from.

    Returns
    -------
    ``(n,)`` samples from -1 to 1, float32, at :data:`SAMPLE_RATE`.
    """
    count = round(duration * SAMPLE_RATE)
    track = ROOM_LEVEL * _pink(count, random)
    for cue in cues:
        first = round(cue.start * SAMPLE_RATE)
        length = min(round((cue.end - cue.start) * SAMPLE_RATE), count - first)
        if length <= 0:
            continue
        if cue.cue in {"prompt", "answer", "talk"}:
            voice = EXAMINER if cue.cue == "prompt" else PATIENT
            made = 0.16 * _speech(length, voice, random)
        else:
            made = 0.2 * _call(length, cue.cue, random)
        track[first : first + length] += made
    return np.clip(track, -1, 1).astype(np.float32)


def _pink(count: int, random: np.random.Generator) -> Array:
    spectrum = np.fft.rfft(random.normal(size=count))
    rates = np.maximum(np.fft.rfftfreq(count, 1 / SAMPLE_RATE), 30.0)
    noise = np.fft.irfft(spectrum / np.sqrt(rates), count)
    return np.asarray(noise / noise.std())


def _cords(pitch: Array, random: np.random.Generator) -> Array:
    """Return pulses of the vocal cords at a pitch in Hz per sample."""
    wobble = 1 + 0.012 * _slow(len(pitch), 400, random)
    phase = np.cumsum(pitch * wobble) / SAMPLE_RATE
    within = np.mod(phase, 1.0)
    # Rosenberg's pulse: opens for 40, closes for 16 of 100 of a period.
    opening = 0.5 - 0.5 * np.cos(np.pi * within / 0.4)
    closing = np.cos(np.pi / 2 * (within - 0.4) / 0.16)
    flow = np.where(within < 0.4, opening, np.where(within < 0.56, closing, 0.0))
    return np.asarray(np.diff(flow, prepend=0.0))


def _slow(count: int, samples: int, random: np.random.Generator) -> Array:
    knots = random.normal(size=max(2, count // samples + 2))
    return np.interp(
        np.linspace(0, len(knots) - 1, count), np.arange(len(knots)), knots
    )


def _through_mouth(source: Array, formants: tuple[float, ...]) -> Array:
    result = source
    for centre, width in zip(formants, BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * width / SAMPLE_RATE)
        angle = 2 * np.pi * centre / SAMPLE_RATE
        poles = [1, -2 * radius * np.cos(angle), radius**2]
        result = signal.lfilter([sum(poles)], poles, result)
    return np.asarray(result)


def _speech(length: int, voice: Voice, random: np.random.Generator) -> Array:
    """Return syllables for so many samples, root mean square 1."""
    time = np.arange(length) / SAMPLE_RATE
    fall = 1.12 - 0.25 * time / max(time[-1], 0.1)
    pitch = voice.pitch * (fall + 0.05 * _slow(length, 2500, random))
    cords = _cords(pitch, random)
    result, at = np.zeros(length), 0
    names = [name for name in VOWELS if name != "schwa"]
    run = 0
    while at < length:
        hiss = int(SAMPLE_RATE * random.uniform(0.04, 0.09))
        vowel = int(SAMPLE_RATE * random.uniform(0.09, 0.2))
        noise = random.normal(size=hiss)
        band = signal.butter(2, sorted(random.uniform(1800, 7000, 2)), "band",
                             fs=SAMPLE_RATE, output="sos")  # fmt: skip
        sound = 0.3 * signal.sosfilt(band, noise) * np.hanning(hiss)
        end = min(at + hiss, length)
        result[at:end] += sound[: end - at]
        at = end
        end = min(at + vowel, length)
        if end - at > 100:
            formants = tuple(
                value / voice.tract for value in VOWELS[str(random.choice(names))]
            )
            voiced = _through_mouth(cords[at:end], formants)
            edge = np.minimum(1, np.minimum(
                np.arange(end - at), np.arange(end - at)[::-1]) / 320)  # fmt: skip
            result[at:end] += edge * voiced / max(float(voiced.std()), 1e-9)
        at, run = end, run + 1
        # Speakers stop for breath and for plosives: no voicing of theirs is long.
        if run == 3 or random.uniform() < 0.3:
            at, run = at + int(SAMPLE_RATE * random.uniform(0.08, 0.18)), 0
    return np.asarray(result / max(float(result.std()), 1e-9))


def _call(length: int, kind: str, random: np.random.Generator) -> Array:
    """Return an unbroken groan or cry, root mean square 1."""
    gone = np.linspace(0, 1, length)
    if kind == "groan":
        pitch = 150 - 35 * gone + 7 * _slow(length, 1600, random)
        formants: tuple[float, ...] = VOWELS["schwa"]
    else:
        pitch = 330 + 90 * np.sin(np.pi * gone) + 14 * _slow(length, 1200, random)
        formants = tuple(value / PATIENT.tract for value in VOWELS["a"])
    voiced = _through_mouth(_cords(pitch, random), formants)
    breath = _through_mouth(random.normal(size=length), formants)
    mixed = voiced / voiced.std() + 0.12 * breath / breath.std()
    edge = np.clip(np.minimum(gone, 1 - gone) * length / (0.12 * SAMPLE_RATE), 0, 1)
    result = mixed * edge
    return np.asarray(result / result.std())
