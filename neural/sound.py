"""From sound to a few numbers per 32 ms: speech, level, pitch, voicing.

Sound is measured as it comes and then forgotten; an hour of it leaves two megabytes.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from s3ns.neural.runtime import Model
from s3ns.neural.video import SOUND_RATE, Sound

HOP = 512
"""Samples per measurement: what the speech model takes in one step."""

HOP_SECONDS = HOP / SOUND_RATE

_WINDOW = 2 * HOP  # long enough for four periods of the lowest pitch
_CONTEXT = 64  # samples that the speech model wants from before the hop
_VOICE_BAND = (60.0, 3000.0)  # Hz: fundamental and first harmonics
_LEVEL_BAND = (80.0, 4000.0)  # Hz: leaves out the rumble of handling and traffic
_PITCH = (65.0, 1000.0)  # Hz, from a low groan to a scream
_OCTAVE_TOLERANCE = 0.9  # share of the best peak that an earlier one must reach
_JUMP = HOP_SECONDS / 2  # seconds between pieces of sound that count as a gap
_SILENCE_DB = -120.0

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class SoundTrack:
    """Measurements of a sound track, one per hop of 32 ms.

    All arrays have the shape ``(hops,)``. Where the recording has a gap, the times
    jump.

    Attributes
    ----------
    time
        Start of the hop in seconds from the first picture.
    speech
        Probability of speech, 0 to 1.
    level
        Level between 80 and 4000 Hz, in dB of full scale.
    pitch
        Fundamental frequency in Hz, which means something only where ``voicing`` is
        high.
    voicing
        How periodic the sound is, 0 to 1.
    """

    time: npt.NDArray[np.float64]
    speech: Floats
    level: Floats
    pitch: Floats
    voicing: Floats


class VoiceMeter:
    """Measures sound piece by piece.

    Parameters
    ----------
    speech_model
        The Silero VAD model, opened.
    """

    def __init__(self, speech_model: Model) -> None:
        self._speech = _SpeechMeter(speech_model)
        self._pending: Floats = np.zeros(0, np.float32)
        self._past: Floats = np.zeros(_WINDOW - HOP, np.float32)
        self._time = -np.inf  # of the first pending sample
        self._times = array("d")
        self._values = {
            name: array("f") for name in ("speech", "level", "pitch", "voicing")
        }

    def feed(self, sound: Sound) -> None:
        """Measure a piece of sound; pieces come in order of time."""
        expected = self._time + len(self._pending) / SOUND_RATE
        if abs(sound.time - expected) > _JUMP:
            self._start_anew(sound.time)
        samples = np.concatenate([self._pending, sound.samples])
        count = len(samples) // HOP
        whole, self._pending = samples[: count * HOP], samples[count * HOP :]
        if count:
            self._measure(whole)
            self._times.extend(self._time + np.arange(count) * HOP_SECONDS)
            self._time += count * HOP_SECONDS

    def result(self) -> SoundTrack:
        """Return what was measured so far."""
        return SoundTrack(
            time=np.array(self._times, np.float64),
            **{name: np.array(row, np.float32) for name, row in self._values.items()},
        )

    def _start_anew(self, time: float) -> None:
        self._time = time
        self._pending = np.zeros(0, np.float32)
        self._past = np.zeros(_WINDOW - HOP, np.float32)
        self._speech.reset()

    def _measure(self, samples: Floats) -> None:
        padded = np.concatenate([self._past, samples])
        self._past = padded[-(_WINDOW - HOP) :]
        windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP]
        level, pitch, voicing = _voice(windows)
        self._values["speech"].extend(self._speech(samples))
        self._values["level"].extend(level)
        self._values["pitch"].extend(pitch)
        self._values["voicing"].extend(voicing)


class _SpeechMeter:
    """Runs the recurrent speech model hop by hop."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._rate = np.array(SOUND_RATE, np.int64)
        self.reset()

    def reset(self) -> None:
        self._state: Floats = np.zeros((2, 1, 128), np.float32)
        self._context: Floats = np.zeros((1, _CONTEXT), np.float32)

    def __call__(self, samples: Floats) -> list[float]:
        probabilities = []
        for hop in samples.reshape(-1, 1, HOP):
            result = self._model.run(
                input=np.concatenate([self._context, hop], axis=1),
                state=self._state,
                sr=self._rate,
            )
            self._context, self._state = hop[:, -_CONTEXT:], result["stateN"]
            probabilities.append(float(result["output"][0, 0]))
        return probabilities


_TAPER = np.hanning(_WINDOW).astype(np.float32)
_FREQUENCIES = np.fft.rfftfreq(2 * _WINDOW, 1 / SOUND_RATE)
_LAGS = np.arange(int(SOUND_RATE / _PITCH[1]), int(np.ceil(SOUND_RATE / _PITCH[0])) + 1)


def _within(band: tuple[float, float]) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = (band[0] <= _FREQUENCIES) & (
        band[1] >= _FREQUENCIES
    )
    return inside


def _own_correlation() -> npt.NDArray[np.float64]:
    spectrum = np.abs(np.fft.rfft(_TAPER, 2 * _WINDOW)) ** 2
    correlation: npt.NDArray[np.float64] = np.fft.irfft(spectrum)
    correlation /= correlation[0]
    return correlation


_TAPER_CORRELATION = _own_correlation()


def _voice(windows: Floats) -> tuple[Floats, Floats, Floats]:
    """Measure level in dB, pitch in Hz and voicing of windows ``(hops, samples)``.

    Pitch is the lag at which the window is most like itself, once the taper of the
    window is divided out (Boersma 1993, Proc. Inst. Phonetic Sciences 17:97).
    """
    power = np.abs(np.fft.rfft(windows * _TAPER, 2 * _WINDOW)) ** 2
    band_power = power[:, _within(_LEVEL_BAND)].sum(axis=1)
    # Parseval, one-sided, padded to twice the length.
    mean_square = band_power / _WINDOW / float((_TAPER**2).sum())
    level = 10 * np.log10(np.maximum(mean_square, 10 ** (_SILENCE_DB / 10)))
    correlation = np.fft.irfft(power * _within(_VOICE_BAND))
    strength = correlation[:, _LAGS] / _TAPER_CORRELATION[_LAGS]
    strength /= np.maximum(correlation[:, :1], 1e-12)
    best = _first_good_peak(strength)
    offset, height = _vertex(strength, best)
    pitch = SOUND_RATE / (_LAGS[best] + offset)
    return (
        level.astype(np.float32),
        pitch.astype(np.float32),
        np.clip(height, 0, 1).astype(np.float32),
    )


def _first_good_peak(strength: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return per row the first peak nearly as high as the highest.

    A period fits twice as well as once; without this the pitch falls an octave.
    """
    inner = strength[:, 1:-1]
    peak = (inner >= strength[:, :-2]) & (inner >= strength[:, 2:])
    heights = np.where(peak, inner, -1.0)
    enough = heights >= _OCTAVE_TOLERANCE * heights.max(axis=1, keepdims=True)
    good = peak & enough & (inner > 0)
    first: npt.NDArray[np.int64] = np.argmax(good, axis=1) + 1
    return first


def _vertex(
    strength: npt.NDArray[np.float64], best: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Refine peaks by a parabola; return offsets in lags and heights."""
    rows = np.arange(len(best))
    before, at, after = (strength[rows, best + step] for step in (-1, 0, 1))
    curve = before - 2 * at + after
    offset = np.where(
        curve < -1e-12, 0.5 * (before - after) / np.minimum(curve, -1e-12), 0
    )
    offset = np.clip(offset, -1, 1)
    is_peak = (at >= before) & (at >= after)
    return offset * is_peak, np.where(is_peak, at, 0.0)
