"""Signs that are heard: vocalisation, and answers to somebody who spoke.

Who made a sound cannot be heard from one microphone. A cry or groan is taken for the
patient's; an answer is only taken for one where a second voice follows the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from s3ns.facts import Absence, Finding, Observation, Unassessable, clock
from s3ns.neural.signals import runs
from s3ns.neural.signs.registry import detector
from s3ns.neural.sound import HOP_SECONDS, SoundTrack
from s3ns.neural.stretches import less
from s3ns.neural.thresholds import (
    ANSWER_DELAY,
    BACKGROUND_PERCENTILE,
    CALL_GAP,
    DIFFERENT_VOICE,
    LOUDER_THAN_BACKGROUND,
    QUIETEST_BACKGROUND,
    SHORTEST_CALL,
    SHORTEST_TURN,
    SHORTEST_VOCALISATION,
    SILENT_TRACK,
    SMALLEST_PITCH_STEP,
    SOUND_GAP,
    SPEECH,
    STEADY_SHARE,
    TURN_GAP,
    UNBROKEN_VOICE,
    VOICED,
)
from s3ns.neural.tracks import Tracks

SOURCE = "s3ns-voice"

RATE = 1 / HOP_SECONDS
"""Measurements per second."""

SLIVER = 0.1
"""Seconds, left over beside a finding, of which nothing is told. Design."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Call:
    """A voiced sound that is not speech.

    Attributes
    ----------
    start, end
        Seconds.
    loudness
        Median level above the background in dB.
    pitch
        Median pitch in Hz.
    voicing, speech
        Mean voicing, and share of the hops that the speech model takes for speech.
    """

    start: float
    end: float
    loudness: float
    pitch: float
    voicing: float
    speech: float


@dataclass(frozen=True)
class Turn:
    """A stretch in which somebody spoke.

    Attributes
    ----------
    start, end
        Seconds.
    pitch
        Median pitch in Hz, 0 if nothing was voiced.
    """

    start: float
    end: float
    pitch: float


@detector("ictal_vocalization")
def detect_vocalisation(tracks: Tracks) -> list[Observation]:
    """Look for a cry, groan or grunt."""
    return vocalisation(tracks.sound, (tracks.start, tracks.end))


@detector("verbal_responsiveness")
def detect_responsiveness(tracks: Tracks) -> list[Observation]:
    """Look for an answer to somebody who spoke."""
    return responsiveness(tracks.sound, (tracks.start, tracks.end))


def vocalisation(sound: SoundTrack | None, window: Span) -> list[Observation]:
    """Judge ``ictal_vocalization``: a cry, groan or grunt that is not speech."""
    sign = "ictal_vocalization"
    sound = _within(sound, window)
    heard = _heard(sound, window)
    if sound is None or not heard:
        return [_unassessable(sign, window, "no_audio")]
    findings = [_vocalisation_finding(call) for call in calls(sound)]
    return [
        *findings,
        *(
            Absence(sign=sign, start=start, end=end, source=SOURCE)
            for start, end in less(
                heard, ((f.start, f.end) for f in findings), sliver=SLIVER
            )
        ),
        *(
            _unassessable(sign, gap, "no_audio")
            for gap in less([window], heard, sliver=SLIVER)
        ),
    ]


def responsiveness(sound: SoundTrack | None, window: Span) -> list[Observation]:
    """Judge ``verbal_responsiveness``: a second voice that answers a first one.

    That nobody answered is never concluded, since one voice alone may be anybody's.
    """
    sign = "verbal_responsiveness"
    sound = _within(sound, window)
    if sound is None or not _heard(sound, window):
        return [_unassessable(sign, window, "no_audio")]
    findings = [
        Finding(
            sign=sign,
            start=answer.start,
            end=answer.end,
            source=SOURCE,
            confidence=0.5,
            measures={"answers": 1.0, "pitch": round(answer.pitch, 1)},
            evidence=(
                f"a voice at {prompt.pitch:.0f} Hz was followed after "
                f"{answer.start - prompt.end:.1f} s by one at {answer.pitch:.0f} Hz"
            ),
        )
        for prompt, answer in exchanges(turns(sound))
    ]
    rest = less([window], ((f.start, f.end) for f in findings), sliver=SLIVER)
    return [*findings, *(_unassessable(sign, gap, "not_addressed") for gap in rest)]


def calls(sound: SoundTrack) -> list[Call]:
    """Find voiced sounds above the background that are neither speech nor a machine's.

    Returns
    -------
    Calls in order of time, near ones joined.
    """
    background = max(
        QUIETEST_BACKGROUND, float(np.percentile(sound.level, BACKGROUND_PERCENTILE))
    )
    voiced = (sound.voicing >= VOICED) & (
        sound.level >= background + LOUDER_THAN_BACKGROUND
    )
    calling = np.zeros_like(voiced)
    for first, beyond in runs(voiced, RATE, bridge=2 * HOP_SECONDS):
        calling[first:beyond] = _is_call(sound, first, beyond)
    found = []
    for first, beyond in runs(
        calling, RATE, bridge=CALL_GAP, shortest=SHORTEST_VOCALISATION
    ):
        inside = np.arange(first, beyond)[calling[first:beyond]]
        found.append(
            Call(
                *_span(sound, first, beyond),
                loudness=float(np.median(sound.level[inside])) - background,
                pitch=float(np.median(sound.pitch[inside])),
                voicing=float(np.mean(sound.voicing[inside])),
                speech=float(np.mean(sound.speech[inside] >= SPEECH)),
            )
        )
    return found


def turns(sound: SoundTrack) -> list[Turn]:
    """Find the stretches in which somebody spoke, calls left out."""
    speaking = sound.speech >= SPEECH
    for call in calls(sound):
        speaking &= ~((sound.time >= call.start - TURN_GAP) & (sound.time < call.end))
    found = []
    for first, beyond in runs(speaking, RATE, bridge=TURN_GAP, shortest=SHORTEST_TURN):
        pitch = sound.pitch[first:beyond][sound.voicing[first:beyond] >= VOICED]
        middle = float(np.median(pitch)) if len(pitch) else 0.0
        found.append(Turn(*_span(sound, first, beyond), middle))
    return found


def exchanges(spoken: Iterable[Turn]) -> Iterator[tuple[Turn, Turn]]:
    """Pair each prompt with its answer; a turn belongs to one pair at most."""
    prompt: Turn | None = None
    for turn in spoken:
        if prompt is not None and _answers(prompt, turn):
            yield prompt, turn
            prompt = None
        else:
            prompt = turn


def _answers(prompt: Turn, turn: Turn) -> bool:
    if min(prompt.pitch, turn.pitch) <= 0:
        return False
    semitones = abs(12 * np.log2(turn.pitch / prompt.pitch))
    delay = turn.start - prompt.end
    shortest, longest = ANSWER_DELAY
    return bool(shortest <= delay <= longest and semitones >= DIFFERENT_VOICE)


def _vocalisation_finding(call: Call) -> Finding:
    # How far each measurement lies above its threshold, at most 0.9 in all: who made
    # the sound is never certain.
    loud = np.clip(call.loudness / (3 * LOUDER_THAN_BACKGROUND), 0, 1)
    voiced = np.clip((call.voicing - 0.5) / 0.4, 0, 1)
    confidence = 0.3 + 0.6 * float(np.mean([loud, voiced, 1 - call.speech]))
    return Finding(
        sign="ictal_vocalization",
        start=call.start,
        end=call.end,
        source=SOURCE,
        confidence=round(confidence, 2),
        measures={"loudness": round(call.loudness, 1), "pitch": round(call.pitch, 1)},
        evidence=(
            f"voice at {call.pitch:.0f} Hz that was not speech, {call.loudness:.0f} dB "
            f"above the background, {clock(call.start)} to {clock(call.end)}"
        ),
    )


def _is_call(sound: SoundTrack, first: int, beyond: int) -> bool:
    length = (beyond - first) * HOP_SECONDS
    if length < SHORTEST_CALL:
        return False
    # The hops at either end lie half in the silence.
    pitch = np.log(sound.pitch[first + 1 : beyond - 1])
    steady = np.mean(np.abs(np.diff(pitch)) < SMALLEST_PITCH_STEP)
    spoken = np.mean(sound.speech[first:beyond] >= SPEECH)
    return bool(steady < STEADY_SHARE and (spoken < 0.5 or length >= UNBROKEN_VOICE))


def _span(sound: SoundTrack, first: int, beyond: int) -> Span:
    start = max(0.0, float(sound.time[first]))
    return round(start, 2), round(float(sound.time[beyond - 1]) + HOP_SECONDS, 2)


def _within(sound: SoundTrack | None, window: Span) -> SoundTrack | None:
    """Leave out what lies outside the window, as the last hop may by a part."""
    if sound is None:
        return None
    after = sound.time >= window[0] - HOP_SECONDS
    kept = after & (sound.time + HOP_SECONDS <= window[1] + 1e-6)
    return SoundTrack(**{name: values[kept] for name, values in vars(sound).items()})


def _heard(sound: SoundTrack | None, window: Span) -> list[Span]:
    """Return the stretches of the window that have sound; none for a muted track."""
    if sound is None or not len(sound.time) or sound.level.max() < SILENT_TRACK:
        return []
    jumps = np.flatnonzero(np.diff(sound.time) > SOUND_GAP) + 1
    edges = [0, *jumps.tolist(), len(sound.time)]
    spans = [_span(sound, first, beyond) for first, beyond in pairwise(edges)]
    # A sound track may begin a little later or end a little sooner than the pictures.
    spans = [
        (
            window[0] if start - window[0] <= SOUND_GAP else start,
            window[1] if window[1] - end <= SOUND_GAP else end,
        )
        for start, end in spans
    ]
    return [span for span in spans if span[1] > span[0]]


def _unassessable(sign: str, span: Span, reason: str) -> Unassessable:
    return Unassessable(
        sign=sign, start=span[0], end=span[1], source=SOURCE, reason=reason
    )
