"""One question in several wordings: what most of them agree on, and how far they do.

A model that sees a sign answers alike however it is asked; one that guesses does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from statistics import median

from s3ns.facts import Side
from s3ns.neural.mllm.questions import Reading

_JUDGED = ("seen", "not_seen")


def voted(readings: Sequence[Reading]) -> Reading:
    """Return what more than half of the wordings say of a sign in one window.

    Parameters
    ----------
    readings
        What came of each wording.

    Returns
    -------
    A reading that is as sure as those behind it are, over all wordings. Where no more
    than half agree that the sign was there, or that it was not, it could not be judged:
    an unusable answer is no vote. A sign that was seen has the side most of them name,
    and the median of the times of those; where two sides are named as often, the side
    is unknown.
    """
    count = len(readings)
    values = Counter(reading.value for reading in readings)
    value, votes = values.most_common(1)[0]
    if 2 * votes <= count:
        value = "could_not_tell"
    agreeing = [reading for reading in readings if reading.value == value]
    first = agreeing[0] if agreeing else replace(readings[0], value=value)
    if value != "seen":
        return replace(first, value=value, sure=_sure(agreeing, count))
    (side, most), *others = Counter(item.side for item in agreeing).most_common()
    if most in [named for _, named in others]:
        side, same = Side.UNKNOWN, agreeing
    else:
        same = [reading for reading in agreeing if reading.side is side]
    return replace(
        same[0],
        side=side,
        sure=_sure(same, count),
        seen_start=median(reading.seen_start for reading in same),
        seen_end=median(reading.seen_end for reading in same),
    )


def _sure(agreeing: Sequence[Reading], count: int) -> float:
    return sum(reading.sure for reading in agreeing) / count


class Agreement:
    """Counts how often two wordings of one question get the same answer.

    Compared are yes, no and the side of a yes, where both answers could be used.
    """

    def __init__(self) -> None:
        self._alike = self._pairs = 0

    def count(self, readings: Sequence[Reading]) -> None:
        """Add what came of one question in each of its wordings."""
        judged = [(r.value, r.side) for r in readings if r.value in _JUDGED]
        for one, two in combinations(judged, 2):
            self._pairs += 1
            self._alike += one == two

    @property
    def share(self) -> float | None:
        """Share of the pairs that agree, to the thousandth; ``None`` without pairs."""
        return round(self._alike / self._pairs, 3) if self._pairs else None
