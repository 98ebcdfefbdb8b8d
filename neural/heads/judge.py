"""Judging tracks with the temporal heads, beside the detectors.

A head judges the signs that its card gives it, those that it judged better than the
detectors on films held out of its training. What it finds is described, measured and
worded by the detector of the sign; a detector's finding that it holds unlikely is taken
for not seen, and one that it cannot judge is left alone. Confidences, the detectors'
too, are made the chances of being right that they were on those films.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from scipy.special import expit, logit

from s3ns.facts import (
    Absence,
    Finding,
    ModelError,
    Observation,
    Side,
    Unassessable,
    sign_named,
)
from s3ns.neural.heads.channels import channels, judged_signs
from s3ns.neural.runtime import Model, open_model
from s3ns.neural.signals import Series, hysteresis, runs
from s3ns.neural.signs.registry import (
    BLIND_LEAST,
    SOURCE,
    Span,
    describe,
    pair_sides,
)
from s3ns.neural.stretches import joined, less
from s3ns.neural.tracks import SIDES, Tracks

STEPS_PER_SECOND = 15.0
"""Of the tracks that heads were trained on; slower ones show no tremor."""

BLOCK, MARGIN = 240.0, 60.0
"""Seconds judged at a time, and seconds before and after that are looked at as well, so
that memory does not grow with a recording. Design."""

ENDURES = 0.6
"""Share of its threshold above which a sign goes on, once it was reached. Design."""

SHORTEST_SHARE, SHORTEST = 0.6, 0.5
"""Share of the sign's minimum duration, and seconds, that a finding lasts at least.
Design."""

BRIDGED = 0.6
"""Seconds without a sign that do not interrupt it. Design."""

CERTAIN = 1e-4
"""Chances nearer to 0 or 1 than this are taken for this."""

LIKELY = 0.5
"""Chance of being right from which a finding is made, and mean chance from which a head
leaves a detector's alone. Design: from here on more likely than not."""

SURE_VIEW = 0.5
"""Chance from which a head trusts that it can judge, and share of a finding. Design."""

WEIGHTS = Path(__file__).with_name("heads.onnx")
CARD = WEIGHTS.with_suffix(".json")


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who judges a sign, and why.

    Attributes
    ----------
    by_head
        Whether the head does, else the detector.
    threshold
        Chance from which the head sees the sign.
    slope, offset
        What turns the log-odds of its confidence, or mean chance, into those of being
        right.
    films
        Films that show the sign, of those that neither had seen.
    head, detector
        F1 over those films.
    """

    by_head: bool
    threshold: float
    slope: float
    offset: float
    films: int
    head: float | None
    detector: float | None


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the weights are, how they were made, and which signs they judge."""

    sha256: str
    made: dict[str, str | int | float]
    signs: dict[str, Row]


@cache
def card() -> Card:
    """Return the card of the heads that come with s3ns."""
    return msgspec.json.decode(CARD.read_bytes(), type=Card)


@cache
def _model() -> Model:
    if hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() != card().sha256:
        raise ModelError(f"{WEIGHTS.name} is damaged; install s3ns again")
    return open_model(WEIGHTS, "cpu")


@dataclass(frozen=True)
class Chances:
    """What a head says of tracks.

    Attributes
    ----------
    times
        ``(n,)`` seconds.
    shown
        ``(2, n, signs)``: the chance that the left, and the right, shows a sign.
    judgeable
        ``(n, signs)``: the chance that the sign can be judged.
    """

    times: Series
    shown: Series
    judgeable: Series

    @classmethod
    def of(cls, times: Series, outputs: Series) -> Chances:
        """Split the ``(2, n, 2 * signs)`` outputs of a network."""
        shown, judgeable = np.split(outputs, 2, axis=-1)
        return cls(times, shown, judgeable.mean(axis=0))


def judge(tracks: Tracks, observations: Sequence[Observation]) -> list[Observation]:
    """Return what is seen, with the signs of the heads as these judge them.

    Parameters
    ----------
    tracks
        The tracks.
    observations
        What the detectors said of them.
    """
    if tracks.rate < STEPS_PER_SECOND - 1:
        return list(observations)
    steady = tracks
    if tracks.rate != STEPS_PER_SECOND:
        steady = tracks.at_rate(STEPS_PER_SECOND)
    rows = card().signs
    said = _chances(steady, observations)
    result: list[Observation] = []
    for item in observations:
        row = rows.get(item.sign)
        if row is None:
            result.append(item)
        elif not row.by_head:
            result.append(_calibrated(item, row))
    for sign, row in rows.items():
        if row.by_head:
            own = [item for item in observations if item.sign == sign]
            result += revised(sign, steady, own, said, row)
    return result


def _calibrated(item: Observation, row: Row) -> Observation:
    """Return what a detector said, as sure as it was right; unlikely is not seen."""
    if not isinstance(item, Finding):
        return item
    sure = confidence(item.confidence, row)
    if sure < LIKELY:
        start, end = item.start, item.end
        return Absence(sign=item.sign, start=start, end=end, source=item.source)
    return msgspec.structs.replace(item, confidence=sure)


def _chances(tracks: Tracks, observations: Sequence[Observation]) -> Chances:
    parts = []
    for first, beyond in _blocks(tracks):
        margin = round(MARGIN * tracks.rate)
        begin = max(0, first - margin)
        part = tracks.between(begin, min(len(tracks.times), beyond + margin))
        values = channels(part, observations)
        outputs = _model().run(values)["chances"]
        parts.append(outputs[:, first - begin : beyond - begin])
    return Chances.of(tracks.times, np.concatenate(parts, axis=1))


def _blocks(tracks: Tracks) -> Iterator[tuple[int, int]]:
    count, size = len(tracks.times), round(BLOCK * tracks.rate)
    for first in range(0, count, size):
        yield first, min(first + size, count)


def revised(
    sign: str,
    tracks: Tracks,
    observations: Sequence[Observation],
    said: Chances,
    row: Row,
) -> list[Observation]:
    """Return the account of one sign as a head judges it.

    Parameters
    ----------
    sign
        The sign.
    tracks
        The tracks.
    observations
        What the detector says of the sign.
    said
        What the head says.
    row
        From where on it counts.
    """
    place = judged_signs().index(sign)
    can_judge = said.judgeable[:, place] >= SURE_VIEW
    chance = np.where(can_judge, said.shown[..., place], 0.0)
    seen = _seen(sign, chance, tracks.rate, row.threshold)
    described = (describe(sign, tracks, side, span) for side, span in seen)
    found = [_sure(item, tracks, chance, row) for item in described if item]
    own = [item for item in observations if isinstance(item, Finding)]
    blind: list[Finding] = []
    for item in [item for item in own if not any(map(item.overlaps, found))]:
        if not can_judge[tracks.during(item)].mean() >= SURE_VIEW:
            # What a head cannot judge it cannot refuse.
            blind.append(item)
        elif _mean_chance(tracks, chance, item) >= LIKELY:
            # It has seen rendered people only: what a detector measured stays where
            # the head holds it as likely as not.
            found.append(_sure(item, tracks, chance, row))
    found = [*blind, *(item for item in found if item.confidence >= LIKELY)]
    looked = [(i.start, i.end) for i in observations if not isinstance(i, Unassessable)]
    unseen = less(joined(looked, BLIND_LEAST), ((i.start, i.end) for i in found))
    return [
        *found,
        *(
            Absence(sign=sign, start=start, end=end, source=SOURCE)
            for start, end in unseen
        ),
        *(item for item in observations if isinstance(item, Unassessable)),
    ]


def _seen(
    sign: str, chance: Series, rate: float, threshold: float
) -> list[tuple[Side, Span]]:
    """Return the stretches in which a sign is seen, with the side."""
    named = sign_named(sign)
    shortest = max(SHORTEST, SHORTEST_SHARE * named.minimum_duration)

    def stretches(series: Series) -> list[Span]:
        mask = hysteresis(series, threshold, ENDURES * threshold)
        return list(runs(mask, rate, bridge=BRIDGED, shortest=shortest))

    if Side.LEFT not in named.sides:
        return [(Side.NONE, span) for span in stretches(chance.mean(axis=0))]
    spans = {side: stretches(chance[k]) for k, side in enumerate(SIDES)}
    # A head that goes from side to side turns to both, and to neither.
    both = Side.BILATERAL if named.allows(Side.BILATERAL) else Side.UNKNOWN
    return [
        (both if side is Side.BILATERAL else side, span)
        for side, span in pair_sides(spans)
    ]


def _sure(item: Finding, tracks: Tracks, chance: Series, row: Row) -> Finding:
    likely = confidence(_mean_chance(tracks, chance, item), row)
    return msgspec.structs.replace(item, confidence=likely)


def _mean_chance(tracks: Tracks, chance: Series, item: Finding) -> float:
    steps = tracks.during(item)
    if not steps.any():
        return 0.0
    within = chance[:, steps].mean(axis=1)
    if item.side in (Side.LEFT, Side.RIGHT):
        return float(within[SIDES.index(str(item.side))])
    return float(within.mean())


def confidence(chance: float, row: Row) -> float:
    """Return the chance that a finding is right, as it was on rendered films."""
    odds = logit(np.clip(chance, CERTAIN, 1 - CERTAIN))
    return round(float(expit(row.slope * odds + row.offset)), 2)
