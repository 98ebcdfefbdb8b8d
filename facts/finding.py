"""What may be said of a sign: seen, looked for and not seen, not assessable.

Three values, never two. What was not assessable proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

import msgspec

from s3ns.facts.errors import bad_value
from s3ns.facts.vocabulary import Side, sign_named, vocabulary


class Interval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign over a stretch of time.

    Attributes
    ----------
    sign
        Name of a sign of the vocabulary.
    start, end
        Seconds from the first frame by presentation time, ``0 <= start <= end``.
    source
        Name of the extractor or person it comes from.
    """

    sign: str
    start: float
    end: float
    source: str

    def __post_init__(self) -> None:
        sign_named(self.sign)
        if not (0 <= self.start <= self.end < math.inf):
            raise ValueError(
                f"expected 0 <= start <= end for {self.sign}, "
                f"got start {self.start} and end {self.end}"
            )

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    def overlaps(self, other: Interval) -> bool:
        """Whether the two intervals share more than a point."""
        return self.start < other.end and other.start < self.end

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Key of the canonical order: by time, then in vocabulary order."""
        return (self.start, self.end, _vocabulary_order()[self.sign], self.source)


class Finding(Interval, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign that was seen.

    Attributes
    ----------
    side
        The patient's own side.
    confidence
        From 0 to 1, how sure the source is that the sign was there.
    measures
        Measured quantities by their vocabulary name, in the vocabulary's units.
    evidence
        What was measured, in words: ``"left wrist 3.1 Hz, 12.4-19.0 s"``.

    Raises
    ------
    ValueError
        If a value lies outside the vocabulary or its range.
    """

    side: Side = Side.NONE
    confidence: float = 1.0
    measures: dict[str, float] = {}
    evidence: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        sign = sign_named(self.sign)
        if not sign.allows(self.side):
            allowed = [*map(str, sign.sides), *(["unknown"] if sign.is_sided else [])]
            raise ValueError(bad_value(f"side of {self.sign}", str(self.side), allowed))
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"expected a confidence in 0..1, got {self.confidence}")
        for name, value in self.measures.items():
            if name not in vocabulary().measures:
                raise ValueError(bad_value("measure", name, vocabulary().measures))
            if not math.isfinite(value):
                raise ValueError(f"expected a finite {name}, got {value}")

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Key of the canonical order."""
        return (*super().sort_key, str(self.side), -self.confidence)


class Absence(Interval, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign that was looked for and not seen, over an interval."""


class Unassessable(Interval, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An interval over which a sign could not be judged, with the reason."""

    reason: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reason not in vocabulary().reasons:
            raise ValueError(bad_value("reason", self.reason, vocabulary().reasons))

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Key of the canonical order."""
        return (*super().sort_key, self.reason)


Observation = Finding | Absence | Unassessable
"""Any of the three values."""


@cache
def _vocabulary_order() -> dict[str, int]:
    return {name: place for place, name in enumerate(vocabulary().by_name)}


def total_duration(intervals: Iterable[Interval]) -> float:
    """Return the time covered by the intervals together, overlaps counted once."""
    covered, reached = 0.0, -math.inf
    for interval in sorted(intervals, key=lambda item: item.start):
        covered += max(0.0, interval.end - max(interval.start, reached))
        reached = max(reached, interval.end)
    return covered
