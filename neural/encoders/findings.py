"""From what an encoder says of windows to findings, absences and what was not judged.

The encoder sees no sides: a finding of a sign that has sides has the side ``unknown``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from s3ns.facts import (
    Absence,
    Finding,
    Observation,
    Side,
    Unassessable,
    sign_named,
    vocabulary,
)
from s3ns.neural.encoders.card import EncoderCard

SOURCE = "encoder"
"""Source of the findings."""

Floats = npt.NDArray[np.floating]


def observations(
    card: EncoderCard,
    begins: Sequence[float],
    probabilities: Floats,
    stretch: tuple[float, float],
    otherwise: str = "too_short",
) -> list[Observation]:
    """Account for the whole stretch, for every sign of the vocabulary.

    Between the beginnings of two windows, a sign is as probable as the windows that
    show that time say in the mean. It is seen where that reaches the threshold of the
    sign, for at least as long as the sign must last; what is shorter is not judged.

    Parameters
    ----------
    card
        The encoder's.
    begins
        Where the windows begin, in seconds, in order.
    probabilities
        ``(windows, signs)`` in the order of the card.
    stretch
        What was to be analysed, in seconds.
    otherwise
        Reason of the vocabulary for what no window shows.
    """
    edges, shares = _by_time(begins, probabilities, card.view.seconds)
    found: list[Observation] = []
    known = {record.sign: column for column, record in enumerate(card.signs)}
    for sign in vocabulary().by_name:
        column = known.get(sign)
        if column is None:
            found += _blind(sign, *stretch, "no_extractor")
            continue
        threshold = card.signs[column].threshold
        if len(shares):
            found += _runs(sign, edges, shares[:, column], threshold)
        reached = float(edges[-1]) if len(edges) else stretch[0]
        found += _blind(sign, reached, stretch[1], otherwise)
    return found


def _by_time(
    begins: Sequence[float], probabilities: Floats, length: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the edges ``(steps + 1,)`` of steps of time and their probabilities.

    They are NaN where no window lies.
    """
    starts = np.round(np.asarray(begins, np.float64), 4)
    if not len(starts):
        return np.zeros(0), np.zeros((0, probabilities.shape[-1]))
    ends = np.round(starts + length, 4)
    edges = np.unique(np.concatenate([starts, ends]))
    # What begins and ends at each edge, added up: memory grows with the windows, not
    # with their square.
    change = np.zeros((len(edges), 1 + probabilities.shape[-1]))
    given = np.column_stack([np.ones(len(starts)), probabilities])
    np.add.at(change, np.searchsorted(edges, starts), given)
    np.subtract.at(change, np.searchsorted(edges, ends), given)
    total = np.cumsum(change, axis=0)[:-1]
    windows = np.round(total[:, :1])
    shares = total[:, 1:] / np.where(windows, windows, np.nan)
    return edges, np.round(shares, 9)  # sums leave a trace of what is over


def _runs(
    sign: str, edges: Floats, shares: Floats, threshold: float
) -> list[Observation]:
    shown, seen = ~np.isnan(shares), shares >= threshold
    turns = np.flatnonzero(np.diff(seen) | np.diff(shown)) + 1
    bounds = [0, *turns.tolist(), len(seen)]
    kind = sign_named(sign)
    found: list[Observation] = []
    for first, beyond in pairwise(bounds):
        start, end = round(float(edges[first]), 2), round(float(edges[beyond]), 2)
        if not shown[first]:  # the recording has a hole
            found += _blind(sign, start, end, "frame_rate_too_low")
        elif not seen[first]:
            found.append(Absence(sign=sign, start=start, end=end, source=SOURCE))
        elif end - start < kind.minimum_duration:
            found += _blind(sign, start, end, "too_short")
        else:
            top = float(shares[first:beyond].max())
            found.append(
                Finding(
                    sign=sign,
                    side=Side.UNKNOWN if kind.is_sided else kind.sides[0],
                    start=start,
                    end=end,
                    confidence=round(float(shares[first:beyond].mean()), 2),
                    source=SOURCE,
                    evidence=f"probability up to {top:.2f}, threshold {threshold:.2f}, "
                    f"{start:.1f}-{end:.1f} s",
                )
            )
    return found


def _blind(sign: str, start: float, end: float, reason: str) -> list[Observation]:
    start, end = round(start, 2), round(end, 2)
    if end <= start:
        return []
    return [Unassessable(sign=sign, start=start, end=end, source=SOURCE, reason=reason)]
