"""Task 7 by rules and by classifiers, from what experts or models saw.

What is fitted is fitted to other patients than it is scored on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from s3ns.benchmarks.s3.answers import CONCLUDED, Answers
from s3ns.benchmarks.s3.diagnosis import ES, NES
from s3ns.benchmarks.s3.documents import expert_document, model_document, pseudonym
from s3ns.benchmarks.s3.scoring import SEED
from s3ns.benchmarks.s3.truth import Truth
from s3ns.facts import Document, InputError, vocabulary
from s3ns.symbolic import Reasoner
from s3ns.symbolic.abstention import ALPHA, forced, safe_margin
from s3ns.symbolic.evidence import Evidence, Flags, Floats, evidence_of, verdicts_of
from s3ns.symbolic.fitting import as_array, fit_weights
from s3ns.symbolic.fusion import HALF, chance_of
from s3ns.symbolic.learned import out_of_fold
from s3ns.symbolic.reliability import (
    Reliability,
    evidence_reliability,
    scaled_weights,
    sign_reliability,
)

FOLDS = 5
FUSED = "all models, fused by their tables"
Rows = npt.NDArray[np.int_]
Split = tuple[Rows, Rows]
"""Rows to fit to, and rows to score."""


def splits(truth: Truth, how: str) -> list[Split]:
    """Divide the events by patient.

    Parameters
    ----------
    truth
        The labelled events.
    how
        ``cv5``: the folds of the benchmark, or five made by patient where the checkout
        lacks some of them; ``lopo``: each patient is left out once; ``fold0``: fitted
        to the other folds, scored on the published test fold.

    Raises
    ------
    InputError
        If a fold is empty, or two folds share a patient.
    """
    from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold

    labels, patients = labels_of(truth), np.array(truth.patients)
    numbers = np.array([-1 if e.fold is None else e.fold for e in truth.events])
    if how == "fold0":
        chosen = numbers == 0
        if not chosen.any():
            raise InputError("the checkout holds no event of fold 0; use another split")
        found = [(np.flatnonzero(~chosen), np.flatnonzero(chosen))]
    elif how == "lopo":
        found = list(LeaveOneGroupOut().split(labels, labels, patients))
    elif set(numbers) == set(range(FOLDS)):
        found = [
            (np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold))
            for fold in range(FOLDS)
        ]
    else:
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
        found = list(folds.split(labels, labels, patients))
    for fit, score in found:
        check_apart(patients[fit].tolist(), patients[score].tolist())
    return found


def check_apart(fit: Sequence[str], score: Sequence[str]) -> None:
    """Refuse folds that share a patient.

    Raises
    ------
    InputError
        If they do; the message tells how many, never who.
    """
    shared = len(set(fit) & set(score))
    if shared:
        raise InputError(
            f"{shared} patients are on both sides of a split; scores would be too good"
        )


def labels_of(truth: Truth) -> Flags:
    """Return whether each event was an epileptic seizure."""
    return np.array([event.label == ES for event in truth.events])


@dataclass(frozen=True)
class Seen:
    """Events as somebody saw them, and the evidence that the rules draw from it."""

    documents: Sequence[Document]
    evidence: Evidence


def seen_by_experts(truth: Truth, reasoner: Reasoner) -> Seen:
    """Return the events as the experts saw them."""
    documents = [expert_document(event) for event in truth.events]
    return Seen(documents, evidence_of(reasoner.base, documents))


def documents_of(model: Answers, truth: Truth) -> list[Document]:
    """Return the events as a model saw them, by its answers to Task 1."""
    return [
        model_document(event.video, model.signs.get(event.video, {}), model.system)
        for event in truth.events
    ]


def seen_by(model: Answers, truth: Truth, reasoner: Reasoner) -> Seen:
    """Return the events as a model saw them, and their evidence."""
    documents = documents_of(model, truth)
    return Seen(documents, evidence_of(reasoner.base, documents))


def of_leads(
    system: str, truth: Truth, leads: Floats, decided: Flags | None = None
) -> Answers:
    """Return answers to Task 7 from leads, undecided ones left out."""
    called = forced(leads)
    kept = np.ones(len(leads), dtype=bool) if decided is None else decided
    videos = [event.video for event in truth.events]
    return Answers(
        system=system,
        labels={
            video: ES if said else NES
            for video, said, keep in zip(videos, called, kept, strict=True)
            if keep
        },
        leads=dict(zip(videos, map(float, leads), strict=True)),
    )


@dataclass(frozen=True)
class Fit:
    """Weights as one fold fitted them.

    Attributes
    ----------
    system
        What judges by them.
    fold
        Its number, from 0 on.
    scored
        Rows of the events that they judge; they were fitted to none of their patients.
    weights
        In points, by the id of the rule; those of no weight are left out.
    margin
        Lead in points from which on an event is decided; none where all are.
    """

    system: str
    fold: int
    scored: list[int]
    weights: dict[str, int]
    margin: int | None = None


def fit_of(
    system: str,
    fold: int,
    scored: Rows,
    evidence: Evidence,
    weights: Floats,
    *,
    margin: float | None = None,
) -> Fit:
    """Return what a fold fitted, for the record."""
    points = {
        piece.rule: round(100 * float(weight))
        for piece, weight in zip(evidence.pieces, weights, strict=True)
    }
    return Fit(
        system,
        fold,
        scored.tolist(),
        {rule: weight for rule, weight in points.items() if weight},
        None if margin is None or not np.isfinite(margin) else round(100 * margin),
    )


def expert_systems(
    truth: Truth, experts: Seen, reasoner: Reasoner, folds: Sequence[Split]
) -> tuple[list[Answers], list[Fit]]:
    """Return the systems that judge by what experts saw: rules, and their peers.

    Beside them stands what the folds fitted.
    """
    labels, evidence = labels_of(truth), experts.evidence
    patients = truth.patients
    verdicts = verdicts_of(reasoner.base, experts.documents)
    unfitted = evidence.leads(evidence.weights)
    found = [
        of_leads("rules on experts' findings", truth, unfitted),
        Answers(
            "rules on experts' findings, as they decide",
            labels={
                event.video: CONCLUDED[verdict]
                for event, verdict in zip(truth.events, verdicts, strict=True)
                if verdict in CONCLUDED
            },
        ),
    ]
    if not folds:
        return found, []
    fits: list[Fit] = []
    learned = "learned evidence on experts' findings"
    leads = np.zeros(len(labels))
    decided = np.zeros(len(labels), dtype=bool)
    for number, (fit, score) in enumerate(folds):
        own = [patients[k] for k in fit]
        weights = as_array(fit_weights(evidence.rows(fit), labels[fit], own))
        inner = out_of_fold(evidence.rows(fit), labels[fit], own)
        margin = safe_margin(inner, labels[fit], own)
        leads[score] = evidence.rows(score).leads(weights)
        decided[score] = np.abs(leads[score]) >= margin
        fits.append(fit_of(learned, number, score, evidence, weights, margin=margin))
    found += [
        of_leads(learned, truth, leads),
        of_leads(
            f"learned evidence, abstaining at a risk of {ALPHA:.0%}",
            truth,
            leads,
            decided,
        ),
    ]
    marked = signs_seen(truth)
    for name, make in classifiers():
        chance = np.zeros(len(labels))
        for fit, score in folds:
            fitted = make().fit(marked[fit], labels[fit])
            chance[score] = fitted.predict_proba(marked[score])[:, 1]
        # A chance of one half is a lead of none, as in the rules.
        found.append(of_leads(f"{name} on experts' findings", truth, chance - 0.5))
    return found, fits


def signs_seen(truth: Truth) -> Floats:
    """Return for each event which signs the experts saw, as 0 and 1."""
    return np.array(
        [
            [float(bool(event.signs[sign].seen)) for sign in vocabulary().by_name]
            for event in truth.events
        ]
    )


def classifiers() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the peers: classifiers with the settings that people use."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    yield "random forest", lambda: RandomForestClassifier(120, random_state=SEED)
    yield (
        "random forest, balanced",
        lambda: RandomForestClassifier(120, random_state=SEED, class_weight="balanced"),
    )
    yield "logistic regression", lambda: LogisticRegression(max_iter=1000)
    yield "5 nearest neighbours", lambda: KNeighborsClassifier(5)
    yield "decision tree", lambda: DecisionTreeClassifier(random_state=SEED)


def model_systems(
    truth: Truth,
    models: Sequence[Answers],
    experts: Seen,
    reasoner: Reasoner,
    folds: Sequence[Split],
) -> tuple[list[Answers], list[Fit]]:
    """Return the systems that judge by what models saw, and what the folds fitted.

    Each is taken raw, and believed as far as it deserves; all are put together by the
    mean of their leads, centred so that on other patients as many events are called
    epileptic as were.
    """
    labels = labels_of(truth)
    found: list[Answers] = []
    fits: list[Fit] = []
    centred: list[Floats] = []
    for model in models:
        if not model.signs:
            continue
        seen = seen_by(model, truth, reasoner).evidence
        raw = seen.leads(seen.weights)
        found.append(of_leads(f"rules on {model.system}", truth, raw))
        if not folds or model.system == FUSED:
            # What the fused ones say was fitted fold by fold already.
            continue
        name = f"rules on {model.system}, believed by its reliability"
        leads, middle = np.zeros(len(labels)), np.zeros(len(labels))
        for number, (fit, score) in enumerate(folds):
            table = evidence_reliability(seen.rows(fit), experts.evidence.rows(fit))
            weights = scaled_weights(experts.evidence.rows(fit), labels[fit], table)
            leads[score] = seen.rows(score).leads(weights)
            share = 1 - float(np.mean(labels[fit]))
            middle[score] = np.quantile(seen.rows(fit).leads(weights), share)
            fits.append(fit_of(name, number, score, seen, weights))
        found.append(of_leads(name, truth, leads))
        centred.append(leads - middle)
    if centred:
        name = "rules on all models, believed and fused"
        found.append(of_leads(name, truth, np.mean(centred, axis=0)))
    return found, fits


def fused_signs(
    truth: Truth, models: Sequence[Answers], folds: Sequence[Split]
) -> Answers:
    """Return the signs that all models together saw, by their tables.

    How each reports a sign is measured on other patients; a sign was seen that is more
    likely there than not.
    """
    true = [
        {sign: mark.seen for sign, mark in event.signs.items() if mark.seen is not None}
        for event in truth.events
    ]
    said = [
        [model.signs.get(event.video, {}) for event in truth.events]
        for model in models
        if model.signs
    ]
    signs: dict[str, dict[str, bool]] = {}
    for fit, score in folds:
        tables = [
            sign_reliability([of[k] for k in fit], [true[k] for k in fit])
            for of in said
        ]
        for k in score:
            reports: dict[str, list[tuple[bool, Reliability]]] = {}
            for of, table in zip(said, tables, strict=True):
                for sign, seen in of[k].items():
                    if sign in table:
                        reports.setdefault(sign, []).append((seen, table[sign]))
            signs[truth.events[k].video] = {
                sign: chance_of(of) >= HALF for sign, of in reports.items()
            }
    return Answers(FUSED, signs=signs)


def labels_file(truth: Truth) -> str:
    """Return the labels of the events as CSV: recording, label, patient, fold."""
    patients = {
        name: f"p{k}" for k, name in enumerate(dict.fromkeys(truth.patients), 1)
    }
    lines = [
        f"{pseudonym(e.video)},{e.label},{patients[e.patient]},"
        f"{'' if e.fold is None else e.fold}"
        for e in truth.events
    ]
    return "\n".join(["recording,label,patient,fold", *lines]) + "\n"
