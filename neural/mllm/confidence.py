"""How sure a finding of a language model is: the one place where that is settled.

A model may be sure and wrong. So two things count: how often models are right about a
sign at all, and how sure this one was here::

    confidence = 1/2 + (2 * certainty - 1) * (reliability - 1/2)

Certainty is the mean, over the time of the finding and over all windows and wordings in
which that time was asked about, of the probability that the model gave to the sign. It
is 1 where all say yes, and 1/2 where they are torn. Where the model does not state
probabilities, an answer counts as certain; then the agreement of windows and wordings
alone tells. What a model says in words of its own certainty is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable

from s3ns.facts import Side
from s3ns.neural.mllm.questions import Reading

RELIABILITY = 0.6
"""How often a model is right about a sign, where nobody has measured it.

The balanced accuracy of eleven published models over the 18 visual signs of the S3
benchmark lies between 0.53 and 0.62 (recomputed from their published answers).
"""


def certainty(
    side: Side, start: float, end: float, readings: Iterable[Reading]
) -> float:
    """Return the mean probability of a sign on a side over a stretch, in seconds.

    Readings that could not be judged say nothing.
    """
    weight = agreed = 0.0
    for reading in readings:
        shown = _shared(start, end, reading.start, reading.end)
        if reading.value == "seen":
            weight += shown
            if reading.side is side:
                told = _shared(start, end, reading.seen_start, reading.seen_end)
                agreed += told * reading.sure
        elif reading.value == "not_seen":
            weight += shown
            agreed += shown * (1 - reading.sure)
    return agreed / weight if weight else 1.0


def confidence(certain: float, reliability: float) -> float:
    """Return the confidence, to the thousandth, that a certainty is worth."""
    return round(0.5 + (2 * certain - 1) * (reliability - 0.5), 3)


def _shared(start: float, end: float, first: float, last: float) -> float:
    return max(0.0, min(end, last) - max(start, first))
