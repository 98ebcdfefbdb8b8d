"""The detectors by their sign, and how they say what they saw.

A detector is a function from tracks to observations, registered under its sign. It must
account for the whole analysed stretch: seen, looked for and not seen, or not
assessable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from s3ns.facts import (
    Absence,
    Finding,
    Observation,
    Side,
    Unassessable,
    sign_named,
    vocabulary,
)
from s3ns.neural.signals import Mask, runs
from s3ns.neural.tracks import SIDES, Tracks

Detector = Callable[[Tracks], list[Observation]]
Span = tuple[int, int]
"""Steps ``(first, beyond)``."""
Describer = Callable[[Tracks, Side, Span], Finding | None]
AnyDescriber = TypeVar("AnyDescriber", bound=Describer)

SOURCE = "landmarks"
"""Source of the findings."""

BLIND_LEAST = 0.5
"""Seconds: a shorter loss of sight does not interrupt the account."""

_REGISTRY: dict[str, Detector] = {}
_DESCRIBERS: dict[str, Describer] = {}


def detector(sign: str) -> Callable[[Detector], Detector]:
    """Register a function as the detector of a sign of the vocabulary."""
    sign_named(sign)

    def register(function: Detector) -> Detector:
        if sign in _REGISTRY:
            raise ValueError(f"the sign {sign} has two detectors")
        _REGISTRY[sign] = function
        return function

    return register


def describer(sign: str) -> Callable[[AnyDescriber], AnyDescriber]:
    """Register a function that measures and words a sign, whoever found it.

    It returns nothing where what is measured is not the sign.
    """
    sign_named(sign)

    def register(function: AnyDescriber) -> AnyDescriber:
        _DESCRIBERS[sign] = function
        return function

    return register


def describe(sign: str, tracks: Tracks, side: Side, span: Span) -> Finding | None:
    """Return a finding of a sign in a stretch, measured and worded by its detector.

    Nothing where what is measured contradicts the sign's definition.
    """
    _load()
    return _DESCRIBERS[sign](tracks, side, span)


def detectors() -> dict[str, Detector]:
    """Return all detectors by sign, in the vocabulary's order."""
    _load()
    return {name: _REGISTRY[name] for name in vocabulary().by_name if name in _REGISTRY}


def _load() -> None:
    from s3ns.neural.signs import (  # noqa: F401  (they register themselves)
        body,
        face,
        head,
        limbs,
        rhythmic,
        state,
        trunk,
        voice,
    )


def detect_all(tracks: Tracks) -> list[Observation]:
    """Run all detectors."""
    return [item for detect in detectors().values() for item in detect(tracks)]


@dataclass(frozen=True)
class View:
    """Where a sign can be judged, and why not elsewhere.

    Attributes
    ----------
    judged
        ``(n,)``.
    obstacles
        Reasons of the vocabulary with the steps ``(n,)`` they hold at, the first that
        holds counting; the last stands for what is left.
    """

    judged: Mask
    obstacles: Sequence[tuple[str, Mask]]

    def narrowed(self, mask: Mask, reason: str) -> View:
        """Return a view that is also blind, for a reason, where the mask is false."""
        return View(self.judged & mask, (*self.obstacles, (reason, ~mask)))


def three_valued(
    sign: str,
    tracks: Tracks,
    found: Iterable[Finding],
    view: View,
    *,
    shortest: float | None = None,
) -> list[Observation]:
    """Complete findings to an account of the whole stretch.

    Parameters
    ----------
    sign
        The sign.
    tracks
        The tracks it was looked for in.
    found
        What was seen.
    view
        Where it could be judged.
    shortest
        Seconds that must be judged in one piece to say that the sign was not seen; by
        default the sign's own minimum duration.
    """
    findings = list(found)
    needed = sign_named(sign).minimum_duration if shortest is None else shortest
    seen = np.zeros(len(tracks.times), bool)
    for finding in findings:
        seen |= tracks.during(finding)
    blind = np.zeros_like(seen)
    # A sign of one side may be seen while the other side is covered: both are said.
    for first, beyond in runs(~view.judged, tracks.rate, shortest=BLIND_LEAST):
        blind[first:beyond] = True
    brief = np.zeros_like(seen)
    for first, beyond in runs(~blind, tracks.rate):
        enough = (beyond - first) / tracks.rate >= needed or seen[first:beyond].any()
        brief[first:beyond] = not enough
    result: list[Observation] = [*findings]
    for first, beyond in runs(~blind & ~brief & ~seen, tracks.rate):
        start, end = interval(tracks, first, beyond)
        result.append(Absence(sign=sign, start=start, end=end, source=SOURCE))
    for first, beyond, reason in _reasons(view, blind, brief, tracks.rate):
        start, end = interval(tracks, first, beyond)
        result.append(
            Unassessable(sign=sign, start=start, end=end, source=SOURCE, reason=reason)
        )
    return result


def _reasons(
    view: View, blind: Mask, brief: Mask, rate: float
) -> Iterator[tuple[int, int, str]]:
    """Yield the stretches that were not judged, each with the reason that prevails."""
    *others, (otherwise, _) = view.obstacles
    reasons = [*others, ("too_short", brief), (otherwise, np.ones_like(blind))]
    codes = np.select([mask for _, mask in reasons], range(len(reasons)))
    least = round(BLIND_LEAST * rate)
    for first, beyond in runs(blind | brief, rate):
        begin = first
        for step in range(first + 1, beyond + 1):
            same = step < beyond and codes[step] == codes[begin]
            # A reason that holds for an instant is not worth an entry of its own.
            if same or (step < beyond and step - begin < least):
                continue
            yield begin, step, reasons[codes[begin]][0]
            begin = step


def make_finding(
    sign: str,
    tracks: Tracks,
    span: tuple[int, int],
    *,
    side: Side = Side.NONE,
    confidence: float,
    evidence: str,
    **measures: float,
) -> Finding:
    """Make a finding from a stretch ``(first, beyond)`` of steps."""
    start, end = interval(tracks, *span)
    return Finding(
        sign=sign,
        side=side,
        start=start,
        end=end,
        confidence=round(float(np.clip(confidence, 0, 1)), 2),
        source=SOURCE,
        evidence=f"{evidence}, {start:.1f}-{end:.1f} s",
        measures={
            name: round(float(value), 3)
            for name, value in measures.items()
            if np.isfinite(value)
        },
    )


def interval(tracks: Tracks, first: int, beyond: int) -> tuple[float, float]:
    """Return the seconds of a stretch of steps, to the hundredth."""
    start = float(tracks.times[first])
    end = min(float(tracks.times[beyond - 1]) + 1 / tracks.rate, tracks.end)
    return round(start, 2), round(max(end, start), 2)


def certainty(value: float, threshold: float, sure: float) -> float:
    """Return 0.5 for a value at its threshold, rising to 0.95 where it is sure."""
    if not np.isfinite(value):
        return 0.5
    share = (value - threshold) / (sure - threshold)
    return 0.5 + 0.45 * float(np.clip(share, 0, 1))


def in_words(*parts: tuple[str, float], otherwise: str) -> str:
    """Word what is known of some values, or say something else if nothing is."""
    known = [words.format(value) for words, value in parts if np.isfinite(value)]
    return ", ".join(known) or otherwise


def named(side: Side) -> tuple[str, ...]:
    """Return the sides that a side stands for."""
    return (str(side),) if side in (Side.LEFT, Side.RIGHT) else SIDES


def pair_sides(
    spans: dict[str, list[tuple[int, int]]],
) -> list[tuple[Side, tuple[int, int]]]:
    """Join stretches of the left and the right that share most of their time.

    Returns
    -------
    Each stretch with its side; joined ones are bilateral, from the earlier start to the
    later end.
    """
    left, right = list(spans["left"]), list(spans["right"])
    result: list[tuple[Side, tuple[int, int]]] = []
    for one in left:
        partner = next((two for two in right if _mostly_shared(one, two)), None)
        if partner is None:
            result.append((Side.LEFT, one))
        else:
            right.remove(partner)
            joined = (min(one[0], partner[0]), max(one[1], partner[1]))
            result.append((Side.BILATERAL, joined))
    result.extend((Side.RIGHT, two) for two in right)
    return sorted(result, key=lambda item: item[1])


def _mostly_shared(one: tuple[int, int], two: tuple[int, int]) -> bool:
    shared = min(one[1], two[1]) - max(one[0], two[0])
    return shared >= 0.5 * max(one[1] - one[0], two[1] - two[0])
