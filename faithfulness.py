"""Whether what a language model says it saw was there: its words against measurement.

Each finding of a model is an explanation: a sign, a side, a time, and words. Each claim
in it is held against what was measured of that sign. A claim that the measurement
cannot judge counts neither for nor against.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from s3ns.facts import (
    Absence,
    Document,
    Finding,
    InputError,
    Interval,
    Observation,
    Side,
    vocabulary,
)
from s3ns.facts.finding import total_duration
from s3ns.facts.tables import rows

TOLD = ("mllm", "mllm check")
"""Sources whose findings are explanations.

All other sources are measurements, but for fused findings in which one has a part.
"""

ENOUGH = 0.6
"""Score from which an explanation counts as faithful (Li 2026, PathMotion)."""

SURE = 0.5
"""Confidence from which a measured finding counts; the rules ask for as much."""

_SHARE = 0.5  # of the claimed time that must be measured, or judged, to tell
_RATE = 0.3  # part by which a rate that is told may differ from the measured one
_Z = 1.96  # for an interval of 95 %

Outcome = Literal["supported", "contradicted", "not_assessable"]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an explanation says.

    Attributes
    ----------
    kind
        ``existence``, ``side`` or ``time`` of the sign; ``words`` for a side, and
        ``rate`` for a rate, that the model's words name.
    outcome
        What measurement says of it.
    text
        What is claimed and what was measured, in words.
    """

    kind: Literal["existence", "side", "time", "words", "rate"]
    outcome: Outcome
    text: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of a model with its claims.

    Attributes
    ----------
    finding
        What the model said.
    claims
        The claims in it.
    score
        Share of the claims that could be judged and are supported; ``None`` if none
        could.
    """

    finding: Finding
    claims: tuple[Claim, ...]
    score: float | None

    @property
    def contradictions(self) -> list[str]:
        """What measurement speaks against, in words."""
        return [claim.text for claim in self.claims if claim.outcome == "contradicted"]


class Faithfulness(msgspec.Struct, frozen=True, kw_only=True):
    """How far explanations, or the ratings of explanations, reach the threshold.

    Attributes
    ----------
    count
        Explanations that have a score.
    mean
        Their mean score, 0 to 1; ``None`` if there are none.
    share
        Share of them with at least :data:`ENOUGH`; ``None`` if there are none.
    low, high
        95 % interval of the share (Wilson 1927, JASA 22:209).
    unscored
        Explanations of which nothing could be judged.
    """

    count: int
    mean: float | None
    share: float | None
    low: float
    high: float
    unscored: int = 0


def explain(documents: Iterable[Document]) -> list[Explanation]:
    """Hold each finding of a model against what was measured.

    Parameters
    ----------
    documents
        Documents of one recording, or one that holds both.

    Raises
    ------
    InputError
        If they are of several recordings, or nothing was measured.
    """
    given = list(documents)
    if len({document.recording.id for document in given}) > 1:
        raise InputError("the Documents are of several recordings; give those of one")
    told: list[Finding] = []
    measured: list[Observation] = []
    for document in given:
        told += [item for item in document.findings if item.source in TOLD]
        everything: list[Observation] = [
            *document.findings,
            *document.absences,
            *document.unassessable,
        ]
        measured += [i for i in everything if not set(TOLD) & set(i.source.split(", "))]
    if not measured:
        raise InputError("there is no measurement to hold the model's words against")
    return [_explanation(finding, measured) for finding in told]


def _explanation(told: Finding, measured: Sequence[Observation]) -> Explanation:
    same = [item for item in measured if item.sign == told.sign]
    seen = [
        item
        for item in same
        if isinstance(item, Finding) and item.confidence >= SURE and item.overlaps(told)
    ]
    denied = [item for item in same if isinstance(item, Absence)]
    claims = _claims(told, seen, _covered(denied, told), _side_named(told))
    outcomes = [claim.outcome for claim in claims if claim.outcome != "not_assessable"]
    score = outcomes.count("supported") / len(outcomes) if outcomes else None
    return Explanation(finding=told, claims=tuple(claims), score=score)


def _claims(
    told: Finding, seen: Sequence[Finding], denied: float, named: Side | None
) -> list[Claim]:
    title = vocabulary().by_name[told.sign].title.lower()
    when = f"{told.start:.1f}-{told.end:.1f} s"
    if not seen:
        known = denied >= _SHARE
        why = "none was measured" if known else "it could not be measured"
        return [
            Claim(
                kind="existence",
                outcome="contradicted" if known else "not_assessable",
                text=f"{title} at {when}: {why}",
            )
        ]
    spans = ", ".join(f"{item.start:.1f}-{item.end:.1f} s" for item in seen)
    is_timely = _covered(seen, told) >= _SHARE
    claims = [
        Claim(
            kind="existence",
            outcome="supported",
            text=f"{title} at {when}: measured at {spans}",
        ),
        Claim(
            kind="time",
            outcome="supported" if is_timely else "contradicted",
            text=f"{title} at {when}: measured at {spans}",
        ),
    ]
    sides = {item.side for item in seen} - {Side.UNKNOWN, Side.NONE}
    if told.side not in {Side.UNKNOWN, Side.NONE}:
        claims.append(
            _side_claim("side", told.side, sides, f"{title}: told {told.side}")
        )
    if named is not None and sides:
        text = f"{title}: the words name the {named} side"
        claims.append(_side_claim("words", named, sides, text))
    rates = [item.measures["rate"] for item in seen if "rate" in item.measures]
    for rate in _rates_named(told.evidence) if rates else ():
        is_near = any(abs(rate - other) <= _RATE * other for other in rates)
        listed = ", ".join(f"{other:.1f}" for other in rates)
        claims.append(
            Claim(
                kind="rate",
                outcome="supported" if is_near else "contradicted",
                text=f"{title}: told {rate:g} per second, measured {listed}",
            )
        )
    return claims


def _side_claim(
    kind: Literal["side", "words"], told: Side, sides: set[Side], text: str
) -> Claim:
    if not sides:
        return Claim(
            kind=kind, outcome="not_assessable", text=f"{text}, no side was measured"
        )
    both = sides == {Side.LEFT, Side.RIGHT} or Side.BILATERAL in sides
    agrees = told in sides or (both and told is Side.BILATERAL)
    found = " and ".join(sorted(map(str, sides)))
    return Claim(
        kind=kind,
        outcome="supported" if agrees else "contradicted",
        text=f"{text}, measured {found}",
    )


def _side_named(told: Finding) -> Side | None:
    """Return the patient's own side that a model's words name, if they name one."""
    words = told.evidence.lower()
    found = set(re.findall(r"\b(left|right|both|bilateral)\b", words))
    if found & {"both", "bilateral"} or {"left", "right"} <= found:
        return Side.BILATERAL
    if not found:
        return None
    return Side(found.pop())


def _rates_named(words: str) -> list[float]:
    """Return the rates that words name: ``3 Hz``, ``about 3 per second``."""
    form = r"(\d+(?:\.\d+)?)\s*(?:hz\b|/s\b|(?:times |jerks )?(?:per|a) second)"
    return [float(number) for number in re.findall(form, words.lower())]


def _covered(items: Iterable[Interval], told: Interval) -> float:
    """Return the share of the told time that items cover."""
    clipped = [
        msgspec.structs.replace(
            item, start=max(item.start, told.start), end=min(item.end, told.end)
        )
        for item in items
        if item.overlaps(told)
    ]
    return total_duration(clipped) / max(told.duration, 1e-9)


def summed_up(scores: Iterable[float | None]) -> Faithfulness:
    """Return how many scores reach the threshold."""
    every = list(scores)
    known = [score for score in every if score is not None]
    count = len(known)
    if not count:
        return Faithfulness(
            count=0, mean=None, share=None, low=0.0, high=1.0, unscored=len(every)
        )
    share = sum(score >= ENOUGH - 1e-9 for score in known) / count
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    spread = math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    half = _Z * spread / (1 + _Z**2 / count)
    return Faithfulness(
        count=count,
        mean=sum(known) / count,
        share=share,
        low=max(0.0, middle - half),
        high=min(1.0, middle + half),
        unscored=len(every) - count,
    )


def read_ratings(path: Path) -> dict[str, list[float]]:
    """Read what experts think of explanations.

    Parameters
    ----------
    path
        CSV with the columns ``explanation``, ``rater`` and ``rating``: how much of the
        explanation is right, in percent; an empty rating is none.

    Returns
    -------
    The ratings of each explanation, 0 to 1.

    Raises
    ------
    InputError
        If the file cannot be read, a column is missing, a rating is no percentage, or a
        rater rated an explanation twice.
    """
    ratings: dict[str, list[float]] = defaultdict(list)
    met: set[tuple[str, str]] = set()
    for row in rows(path, ("explanation", "rater", "rating")):
        who = (row["explanation"], row["rater"])
        said = row["rating"].strip().removesuffix("%").strip()
        if not said:
            continue
        try:
            value = float(said)
        except ValueError:
            value = math.nan
        if not 0 <= value <= 100:
            raise InputError(
                f"{path}: expected a percentage from 0 to 100 of {who[1]} for "
                f"{who[0]}, got {row['rating']!r}"
            )
        if who in met:
            raise InputError(f"{path}: {who[1]} rated {who[0]} twice")
        met.add(who)
        ratings[who[0]].append(value / 100)
    values = [value for found in ratings.values() for value in found]
    if values and max(values) <= 0.01 and any(0 < value < 0.01 for value in values):
        raise InputError(f"the ratings in {path} are shares; expected percentages")
    return dict(ratings)


def mean_ratings(ratings: dict[str, list[float]]) -> list[float]:
    """Return the mean over the raters of each explanation."""
    return [sum(found) / len(found) for found in ratings.values()]
