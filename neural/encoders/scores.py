"""From probabilities to answers, and how good they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import get_args

import msgspec
import numpy as np
import numpy.typing as npt

from s3ns.facts import bad_value
from s3ns.neural.encoders.card import Aggregation

Floats = npt.NDArray[np.floating]

UNDECIDED = 0.5
"""Threshold where nothing is known to set one by."""


def sigmoid(logits: Floats) -> npt.NDArray[np.float64]:
    """Return the probabilities of logits."""
    wide = np.asarray(logits, np.float64)
    return np.exp(-np.logaddexp(0, -wide))


def aggregate(probabilities: Floats, how: Aggregation) -> npt.NDArray[np.float64]:
    """Put the windows of a video together.

    Parameters
    ----------
    probabilities
        ``(windows, signs)``.
    how
        ``max``; ``mean``; or ``noisy-or``, the probability that at least one window
        shows the sign if windows are independent (Pearl 1988), which overlapping ones
        are not.

    Returns
    -------
    ``(signs,)``
    """
    values = np.asarray(probabilities, np.float64)
    if how == "max":
        return np.asarray(values.max(axis=0))
    if how == "mean":
        return np.asarray(values.mean(axis=0))
    if how == "noisy-or":
        return np.asarray(1 - np.exp(np.log1p(-np.minimum(values, 1 - 1e-12)).sum(0)))
    raise ValueError(bad_value("aggregation", how, get_args(Aggregation)))


def best_threshold(probabilities: Floats, labels: Floats) -> float:
    """Return the threshold with the highest F1, midway between two probabilities.

    Parameters
    ----------
    probabilities, labels
        ``(n,)``; labels of 1, 0 and NaN. NaN is left out.

    Returns
    -------
    :data:`UNDECIDED` where either value does not occur.
    """
    known = ~np.isnan(labels)
    given, truth = np.asarray(probabilities, np.float64)[known], labels[known] == 1
    if truth.all() or not truth.any():
        return UNDECIDED
    levels = np.unique(given)
    between = (levels[1:] + levels[:-1]) / 2
    candidates = np.concatenate([[levels[0] / 2], between, [(levels[-1] + 1) / 2]])
    values = [f1(given >= level, truth) for level in candidates]
    best = np.flatnonzero(np.isclose(values, max(values)))
    # of equally good ones the middle one, farthest from a change on other patients
    return float(candidates[best[len(best) // 2]])


def f1(answers: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    """Return the F1 of the answer yes; 0 where it is undefined."""
    hits = np.count_nonzero(answers & truth)
    marked = np.count_nonzero(answers) + np.count_nonzero(truth)
    return float(2 * hits / marked) if hits else 0.0


class SignScore(msgspec.Struct, frozen=True, kw_only=True):
    """How well one sign was told, over the videos in which it was judged.

    Attributes
    ----------
    sign
        Name of the sign; ``mean`` for the plain mean over signs.
    videos, seen
        Videos in which it was judged, and in which it was seen.
    answered
        Videos of these that the encoder gave an answer for.
    f1, constant_f1
        F1 of the answer yes, and that of answering yes to every video.
    balanced_accuracy, mcc, auc
        ``None`` where undefined, because all videos show it or none.
    """

    sign: str
    videos: int
    seen: int
    answered: int
    f1: float
    constant_f1: float
    balanced_accuracy: float | None
    mcc: float | None
    auc: float | None


def score(
    signs: Sequence[str], probabilities: Floats, answers: Floats, labels: Floats
) -> list[SignScore]:
    """Score answers, sign by sign; the mean over the signs comes last.

    Parameters
    ----------
    signs
        Names of the columns.
    probabilities, answers, labels
        ``(videos, signs)``; answers of 1 and 0, NaN where none was given; labels of
        1, 0 and NaN. A video that was judged and got no answer counts as answered
        wrongly, whatever the truth.
    """
    found = []
    for column, sign in enumerate(signs):
        known = ~np.isnan(labels[:, column])
        truth = labels[known, column] == 1
        if not len(truth):
            continue
        given = answers[known, column]
        silent = np.isnan(given)
        said = np.where(silent, ~truth, given == 1)
        chance = np.where(silent, ~truth, probabilities[known, column])
        answered = int(np.count_nonzero(~silent))
        found.append(_sign_score(sign, chance, said, truth, answered))
    return [*found, _mean(found)] if found else []


def _sign_score(
    sign: str,
    probabilities: Floats,
    said: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.bool_],
    answered: int,
) -> SignScore:
    balanced = mcc = auc = None
    if truth.any() and not truth.all():
        from sklearn.metrics import (
            balanced_accuracy_score,
            matthews_corrcoef,
            roc_auc_score,
        )

        balanced = float(balanced_accuracy_score(truth, said))
        mcc = float(matthews_corrcoef(truth, said))
        auc = float(roc_auc_score(truth, probabilities))
    return SignScore(
        sign=sign,
        videos=len(truth),
        seen=int(truth.sum()),
        answered=answered,
        f1=f1(said, truth),
        constant_f1=f1(np.ones_like(truth), truth),
        balanced_accuracy=balanced,
        mcc=mcc,
        auc=auc,
    )


def _mean(found: Sequence[SignScore]) -> SignScore:
    def mean(values: Iterable[float | None]) -> float | None:
        defined = [value for value in values if value is not None]
        return fmean(defined) if defined else None

    return SignScore(
        sign="mean",
        videos=max(one.videos for one in found),
        seen=sum(one.seen for one in found),
        answered=max(one.answered for one in found),
        f1=fmean(one.f1 for one in found),
        constant_f1=fmean(one.constant_f1 for one in found),
        balanced_accuracy=mean(one.balanced_accuracy for one in found),
        mcc=mean(one.mcc for one in found),
        auc=mean(one.auc for one in found),
    )
