"""Scores with intervals, by patient, and the answers that need no system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

SEED = 20260
RESAMPLES = 1000

Cell = str | float | int | None
Floats = npt.NDArray[np.float64]


@dataclass
class Table:
    """A table of a run.

    Attributes
    ----------
    name, title
        For files, and for people.
    columns
        In their order; the first names the system.
    rows
        Cells by column.
    note
        What a reader must know.
    """

    name: str
    title: str
    columns: list[str]
    rows: list[dict[str, Cell]] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class Judgement:
    """Yes-or-no answers of a system beside the truth, event by event.

    Attributes
    ----------
    true
        Whether each event is of the positive class.
    said
        What was said; ``None`` where there is no answer, which counts as wrong.
    """

    true: Sequence[bool]
    said: Sequence[bool | None]

    @property
    def filled(self) -> list[bool]:
        """What was said, with the wrong answer for none."""
        return [
            (not true) if said is None else said
            for true, said in zip(self.true, self.said, strict=True)
        ]

    @property
    def coverage(self) -> float:
        """Share of events with an answer."""
        return float(np.mean([said is not None for said in self.said]))


def confusion(true: Sequence[bool], said: Sequence[bool]) -> Floats:
    """Return for each event which of hit, miss, false alarm, rejection it is."""
    t, s = np.array(true, dtype=bool), np.array(said, dtype=bool)
    return np.stack([t & s, t & ~s, ~t & s, ~t & ~s], axis=1).astype(float)


def rates(counts: Floats) -> dict[str, Floats]:
    """Return scores from sums of :func:`confusion`, shape (..., 4); 0 if undefined."""
    hit, miss, alarm, rejection = np.moveaxis(counts, -1, 0)
    f1 = _ratio(2 * hit, 2 * hit + miss + alarm)
    f1_other = _ratio(2 * rejection, 2 * rejection + miss + alarm)
    sensitivity, specificity = (
        _ratio(hit, hit + miss),
        _ratio(rejection, rejection + alarm),
    )
    product = (hit + miss) * (hit + alarm) * (rejection + miss) * (rejection + alarm)
    return {
        "macro_f1": (f1 + f1_other) / 2,
        "f1": f1,
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "mcc": _ratio(hit * rejection - miss * alarm, np.sqrt(product)),
        "accuracy": _ratio(hit + rejection, counts.sum(axis=-1)),
    }


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def resampled(patients: Sequence[str]) -> Floats:
    """Draw patients with replacement: how often each event counts in each draw.

    Returns
    -------
    Counts of shape (:data:`RESAMPLES`, events), the same for the same patients.
    """
    if not patients:
        return np.zeros((RESAMPLES, 0))
    names, owner = np.unique(np.asarray(patients), return_inverse=True)
    draw = np.random.default_rng(SEED)
    chosen = draw.multinomial(len(names), [1 / len(names)] * len(names), RESAMPLES)
    return chosen[:, owner].astype(float)


def judged_scores(
    judgement: Judgement, draws: Floats, leads: Sequence[float] | None = None
) -> dict[str, Cell]:
    """Return the scores of yes-or-no answers, with an interval of the macro-F1.

    Parameters
    ----------
    judgement
        The answers.
    draws
        From :func:`resampled`, of the same events.
    leads
        How far the positive class leads in each event, for the area under the curve.
    """
    counts = confusion(judgement.true, judgement.filled)
    scores: dict[str, Cell] = {
        name: float(value) for name, value in rates(counts.sum(axis=0)).items()
    }
    low, high = np.percentile(rates(draws @ counts)["macro_f1"], [2.5, 97.5])
    scores.update(low=float(low), high=float(high), coverage=judgement.coverage)
    if leads is not None and len(set(judgement.true)) == 2:
        scores["auc"] = float(roc_auc_score(judgement.true, leads))
    return scores


def mean_interval(values: Sequence[float], draws: Floats) -> tuple[float, float, float]:
    """Return the mean of values and its 95 % interval over patients."""
    cells = np.asarray(values, dtype=float)
    means = (draws @ cells) / np.maximum(draws.sum(axis=1), 1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(cells.mean()), float(low), float(high)


def paired_difference(
    one: Floats, other: Floats, draws: Floats, score: Callable[[Floats], Floats]
) -> tuple[float, float, float]:
    """Return how far a score of one system lies above that of another, by patient.

    Parameters
    ----------
    one, other
        Rows of :func:`confusion` of the same events.
    draws
        From :func:`resampled`.
    score
        Turns sums of such rows into a score.

    Returns
    -------
    The difference and its 95 % interval.
    """
    difference = score(draws @ one) - score(draws @ other)
    low, high = np.percentile(difference, [2.5, 97.5])
    whole = score(one.sum(axis=0)) - score(other.sum(axis=0))
    return float(whole), float(low), float(high)


def row(system: str, scores: Mapping[str, Cell]) -> dict[str, Cell]:
    """Return a row of a table."""
    return {"system": system, **scores}
