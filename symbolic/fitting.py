"""Weights of evidence, fitted to annotated events from where the literature left them.

The log odds of an epileptic seizure are those of the base rate plus the weights of the
evidence that counts. Each weight starts from its sourced value with an uncertainty that
depends on how well it is founded, and moves as far as the events speak against it: the
maximum of a logistic likelihood times normal priors (MacKay 1992, Neural Comput 4:448).
A sign never changes sides. Events of one patient resemble each other and count for
less, as in :mod:`s3ns.symbolic.case`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from s3ns.facts import InputError
from s3ns.symbolic.case import CORRELATION
from s3ns.symbolic.evidence import Evidence, Flags, Floats

UNCERTAINTY = {"A": 0.25, "B": 0.4, "C": 0.7, "design": 0.7}
"""Standard deviation of a weight before the events, in log likelihood ratio, by grade.

Grade: design. 0.7 lets a likelihood ratio be twice or half as large.
"""

LARGEST = 3.0
"""Largest weight, as in the rules: no sign decides whatever else was seen."""

_ROUNDS = 25


@dataclass(frozen=True)
class FittedWeight:
    """The weight of one piece of evidence.

    Attributes
    ----------
    rule
        Its id.
    before, points
        Its weight in the rules, and as fitted.
    low, high
        95 % interval of the latter (Laplace approximation).
    epileptic, non_epileptic
        Events of either kind in which it counted.
    """

    rule: str
    before: int
    points: int
    low: int
    high: int
    epileptic: int
    non_epileptic: int


def patient_weights(patients: Sequence[str]) -> Floats:
    """Return how much each event counts: n events of a patient as n/(1+(n-1) rho)."""
    events = Counter(patients)
    return np.array([1 / (1 + (events[p] - 1) * CORRELATION) for p in patients])


def base_rate(labels: Flags, share_of_events: Floats) -> float:
    """Return the log odds of an epileptic seizure among the events."""
    share = float(np.average(labels, weights=share_of_events))
    return float(np.log(share / (1 - share)))


def fit_weights(
    evidence: Evidence, labels: Flags, patients: Sequence[str]
) -> tuple[FittedWeight, ...]:
    """Fit the weights of all evidence.

    Parameters
    ----------
    evidence
        Of some events.
    labels
        Whether each event was an epileptic seizure.
    patients
        The patient of each.

    Raises
    ------
    InputError
        If the events are all of one kind.
    """
    if len(set(labels.tolist())) < 2:
        raise InputError("expected events of both kinds to learn from, got one kind")
    weights = evidence.weights
    counted = evidence.counted(weights)
    size = patient_weights(patients)
    spread = np.array([UNCERTAINTY[piece.grade] for piece in evidence.pieces])
    for _ in range(_ROUNDS):
        # Which evidence of a kind counts depends on the weights, and vice versa.
        weights = _map(evidence, counted, labels, size, spread)
        again = evidence.counted(weights)
        if np.array_equal(again, counted):
            break
        counted = again
    deviation = _deviations(
        evidence, counted, size, labels=labels, spread=spread, weights=weights
    )
    return tuple(
        FittedWeight(
            rule=piece.rule,
            before=piece.weight,
            points=_points(weights[place]),
            low=_points(weights[place] - 1.96 * deviation[place]),
            high=_points(weights[place] + 1.96 * deviation[place]),
            epileptic=int(counted[labels, place].sum()),
            non_epileptic=int(counted[~labels, place].sum()),
        )
        for place, piece in enumerate(evidence.pieces)
    )


def as_array(fitted: Sequence[FittedWeight]) -> Floats:
    """Return the weights in log likelihood ratio, in their order."""
    return np.array([item.points / 100 for item in fitted])


def _map(
    evidence: Evidence, counted: Flags, labels: Flags, size: Floats, spread: Floats
) -> Floats:
    given = evidence.weights
    design = counted * evidence.signs
    start = base_rate(labels, size)
    toward = np.where(labels, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        odds = start + design @ weights
        away = (weights - given) / spread
        value = -np.sum(size * log_expit(toward * odds)) + np.sum(away**2) / 2
        slope = design.T @ (size * (expit(odds) - labels)) + away / spread
        return float(value), slope

    found = minimize(
        loss,
        given,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, LARGEST)] * len(given),
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-9},
    )
    return np.asarray(found.x)


def _deviations(
    evidence: Evidence,
    counted: Flags,
    size: Floats,
    *,
    labels: Flags,
    spread: Floats,
    weights: Floats,
) -> Floats:
    """Return the standard deviations from the curvature at the maximum."""
    design = counted * evidence.signs
    chance = expit(base_rate(labels, size) + design @ weights)
    curvature = design.T @ (design * (size * chance * (1 - chance))[:, None])
    curvature += np.diag(1 / spread**2)
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(curvature))))


def _points(weight: float) -> int:
    return int(np.floor(100 * min(max(weight, 0.0), LARGEST) + 0.5))
