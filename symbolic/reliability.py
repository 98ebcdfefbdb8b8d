"""How far an extractor can be believed, sign by sign, and what that does to weights.

An extractor is compared with annotations of the same recordings. What it says of a sign
shifts the odds by less than the sign itself does; where it sees a sign no better than
chance, by nothing. With sensitivity ``se``, false positive rate ``fp`` and a sign that
occurs in a share ``p1`` of epileptic and ``p0`` of other events, the likelihood ratio
of *reported* is ``(se p1 + fp (1 - p1)) / (se p0 + fp (1 - p0))`` (Rogan and Gladen
1978, Am J Epidemiol 107:71, for either group).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s3ns.facts import Document, vocabulary
from s3ns.symbolic.evidence import Evidence, Flags, Floats

Z = 1.96
"""For intervals of 95 %."""


@dataclass(frozen=True)
class Reliability:
    """How an extractor reports something that annotations tell the truth about.

    Attributes
    ----------
    hits, present
        Times it was reported and there, and times it was there.
    false_alarms, missing
        Times it was reported and not there, and times it was not there.
    """

    hits: int
    present: int
    false_alarms: int
    missing: int

    @property
    def sensitivity(self) -> float:
        """Share reported of what was there; by the rule of succession."""
        return (self.hits + 1) / (self.present + 2)

    @property
    def false_positive_rate(self) -> float:
        """Share reported of what was not there; by the rule of succession."""
        return (self.false_alarms + 1) / (self.missing + 2)

    @property
    def is_informative(self) -> bool:
        """Whether the 95 % interval of the likelihood ratio lies above one.

        Log method of Simel 1991, J Clin Epidemiol 44:763.
        """
        a, n = self.hits + 0.5, self.present + 1
        b, m = self.false_alarms + 0.5, self.missing + 1
        ratio = np.log((a / n) / (b / m))
        return bool(ratio - Z * np.sqrt(1 / a - 1 / n + 1 / b - 1 / m) > 0)

    @property
    def evidence(self) -> tuple[float, float]:
        """Log likelihood ratios of a report, and of none."""
        se, fp = self.sensitivity, self.false_positive_rate
        return float(np.log(se / fp)), float(np.log((1 - se) / (1 - fp)))


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927, JASA 22:209)."""
    if total == 0:
        return 0.0, 1.0
    share, scale = hits / total, Z**2 / total
    middle = (share + scale / 2) / (1 + scale)
    half = Z * np.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    half /= 1 + scale
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def judged(document: Document) -> dict[str, bool]:
    """Return for each sign that was assessable whether it was seen."""
    absent = {item.sign: False for item in document.absences}
    return {**absent, **{item.sign: True for item in document.findings}}


def sign_reliability(
    said: Sequence[Mapping[str, bool]], truth: Sequence[Mapping[str, bool]]
) -> dict[str, Reliability]:
    """Compare what was said of each sign with the truth, event by event.

    Events in which either side did not judge a sign are left out for it.
    """
    found = {}
    for sign in vocabulary().by_name:
        pairs = [
            (mine[sign], true[sign])
            for mine, true in zip(said, truth, strict=True)
            if sign in mine and sign in true
        ]
        if pairs:
            found[sign] = _counted(*map(np.array, zip(*pairs, strict=True)))
    return found


def evidence_reliability(said: Evidence, truth: Evidence) -> list[Reliability]:
    """Compare the evidence that applies with that which should, piece by piece."""
    return [
        _counted(said.applies[:, place], truth.applies[:, place])
        for place in range(len(truth.pieces))
    ]


def scaled_weights(
    truth: Evidence, labels: Flags, found: Sequence[Reliability]
) -> Floats:
    """Return the weights of evidence as an extractor reports it.

    Parameters
    ----------
    truth
        The evidence by the annotations, with the weights of evidence that is there.
    labels
        Whether each event was an epileptic seizure.
    found
        How the extractor reports each piece.
    """
    share = float(np.mean(labels))
    scaled = np.zeros(len(found))
    for place, (piece, item) in enumerate(zip(truth.pieces, found, strict=True)):
        if item.present == 0 or not item.is_informative:
            continue
        ratio = np.exp(piece.weight / 100)
        applies = float(np.mean(truth.applies[:, place]))
        toward = share if piece.sign > 0 else 1 - share
        # The share in the events it speaks against, from its share in all of them.
        other = applies / (toward * ratio + 1 - toward)
        own = min(1.0, ratio * other)
        se, fp = item.sensitivity, item.false_positive_rate
        reported = (se * own + fp * (1 - own)) / (se * other + fp * (1 - other))
        scaled[place] = max(0.0, float(np.log(reported)))
    return scaled


def _counted(said: Flags, truth: Flags) -> Reliability:
    return Reliability(
        hits=int(np.sum(said & truth)),
        present=int(np.sum(truth)),
        false_alarms=int(np.sum(said & ~truth)),
        missing=int(np.sum(~truth)),
    )
