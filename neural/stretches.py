"""Stretches of time: which meet, and what is left of some without others."""

from __future__ import annotations

from collections.abc import Iterable

Stretch = tuple[float, float]
"""Seconds, from and to."""


def joined(stretches: Iterable[Stretch], gap: float = 0.0) -> list[Stretch]:
    """Return stretches in order, to the hundredth, those that meet as one.

    Parameters
    ----------
    stretches
        In any order.
    gap
        Seconds between two that are bridged.
    """
    result: list[Stretch] = []
    for first, last in sorted(stretches):
        start, end = round(first, 2), round(last, 2)
        if result and start <= result[-1][1] + gap:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def less(
    stretches: Iterable[Stretch], others: Iterable[Stretch], *, sliver: float = 0.0
) -> list[Stretch]:
    """Return what of some stretches no other covers.

    Parameters
    ----------
    stretches, others
        In any order.
    sliver
        Seconds that are too short to be left of one that is covered in part.
    """
    result: list[Stretch] = []
    gone = joined(others)
    for start, end in stretches:
        at = start
        for first, last in gone:
            if last <= at or first >= end:
                continue
            if first - at > sliver:
                result.append((at, first))
            at = max(at, last)
        if end - at > (sliver if at > start else 0):
            result.append((at, end))
    return result
