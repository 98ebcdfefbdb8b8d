"""What several sources say of one sign, put together.

A confidence is the probability that a sign was there, from even odds, by what one
source saw. Odds of independent sources multiply (Bayes). Sources look at the same
pictures and err together, so that n of them count as n / (1 + (n-1) rho) independent
ones (Kish 1965, Survey Sampling): the surest counts in full, each further one by what
it adds to that number. So a source that confirms never makes a sign less sure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

CORRELATION = 0.3
"""How far sources say the same of a sign whatever is there. Grade: design."""

RIGHT = 0.6
"""How often a source is right that did not see what another saw. Grade: design.

Most signs are missed more often than they are invented: not to see one says little.
"""


HALF = 0.5
"""Up to here a confidence says nothing that another could be surer by."""


def effective_number(count: int, correlation: float) -> float:
    """Return the number of independent looks that correlated ones are worth."""
    return count / (1 + (count - 1) * correlation) if count else 0.0


def pooled(seen: Sequence[float], unseen: int = 0) -> float:
    """Return the confidence of several sources together.

    Parameters
    ----------
    seen
        The confidences of the sources that saw the sign; at least one. Of those below
        one half, which say little, only the surest is taken.
    unseen
        How many others looked for it all the while and did not see it.
    """
    surest, *others = sorted(seen, reverse=True)
    if surest in {0.0, 1.0}:
        return surest
    shift = -effective_number(unseen, CORRELATION) * _log_odds(RIGHT)
    for count, confidence in enumerate(others, start=2):
        if confidence > HALF:
            shift += _share(count, CORRELATION) * _log_odds(confidence)
    # Without a shift there is nothing to compute, and nothing to round.
    return _chance(_log_odds(surest) + shift) if shift else surest


def needed(confidence: float, seen: int, unseen: int) -> float:
    """Return how sure each of the sources would have to be for this confidence."""
    if confidence in {0.0, 1.0}:
        return confidence
    odds = _log_odds(confidence)
    odds += effective_number(unseen, CORRELATION) * _log_odds(RIGHT)
    return _chance(odds / effective_number(seen, CORRELATION) if odds > 0 else odds)


def together(shifts: Sequence[float], correlation: float) -> float:
    """Return the log-odds of sources that all say the same.

    Parameters
    ----------
    shifts
        By how much each shifts them; positive.
    correlation
        From 0, where each counts in full, to 1, where only the surest does.
    """
    ordered = enumerate(sorted(shifts, reverse=True), start=1)
    return sum(_share(count, correlation) * shift for count, shift in ordered)


def _share(count: int, correlation: float) -> float:
    """Return what the last of so many sources adds to their effective number."""
    return effective_number(count, correlation) - effective_number(
        count - 1, correlation
    )


def _log_odds(confidence: float) -> float:
    return math.log(confidence / (1 - confidence))


def _chance(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))
