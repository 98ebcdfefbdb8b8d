"""PathMotion: networks that look for one sign, scored by patient."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from sklearn.metrics import f1_score, roc_auc_score

from s3ns.benchmarks.pathmotion import (
    NO,
    YES,
    SignScores,
    Words,
    f1_interval,
    measures,
    named_rows,
)
from s3ns.benchmarks.s3.tables import Damage, patient_of, read_rows, video_name
from s3ns.facts import InputError, vocabulary

FOLDS = 3
HALF = 0.5


@dataclass(frozen=True)
class Segment:
    """What a network says of a sign in a segment of a video."""

    video: str
    probability: float
    fold: str = ""


def read_probabilities(path: Path, damage: Damage) -> list[Segment]:
    """Read a table with the columns ``file_name``, ``prob_1`` and perhaps ``fold``.

    Raises
    ------
    InputError
        If a column is missing, or a probability is none.
    """
    rows = read_rows(path, damage)
    if not rows or "prob_1" not in rows[0]:
        raise InputError(f"{path} has no rows with a column prob_1")
    found = []
    for row, named in zip(rows, named_rows(rows, path), strict=True):
        try:
            probability = float(row["prob_1"])
        except ValueError:
            probability = math.nan
        if not 0 <= probability <= 1:
            raise InputError(
                f"{path}: expected prob_1 from 0 to 1, got {row['prob_1']!r}"
            )
        video = video_name(named["file_name"])
        found.append(Segment(video, probability, row.get("fold", "").strip()))
    return found


def event_of(video: str) -> str:
    """Return ``<study>@<event>``, which the published evaluation takes for a patient.

    Raises
    ------
    InputError
        If the name has other parts than patient, date, study and event.
    """
    parts = video.split("@")
    if len(parts) != 4:
        raise InputError(
            "expected a name <patient>@<date>@<study>@<event>, got one of "
            f"{len(parts)} parts"
        )
    return "@".join(parts[2:])


@dataclass(frozen=True)
class PatientScores(SignScores):
    """How well a sign was told of patients.

    Attributes
    ----------
    auc
        Area under the curve over all patients; NaN where all are alike.
    thresholds
        Of each fold.
    conflicting
        Patients left out because their videos differ.
    """

    auc: float
    thresholds: tuple[float, ...] = ()
    conflicting: int = 0


@dataclass
class _Group:
    """A patient, or what was taken for one."""

    score: float = 0.0
    patients: set[str] = field(default_factory=set)
    folds: set[str] = field(default_factory=set)
    labels: set[bool] = field(default_factory=set)

    def add(self, segment: Segment, label: bool) -> None:
        self.score = max(self.score, segment.probability)
        self.patients.add(patient_of(segment.video))
        self.folds.add(segment.fold)
        self.labels.add(label)


def patient_table(
    folder: Path,
    truth: Words,
    damage: Damage,
    *,
    tuned: bool = False,
    paper: bool = False,
) -> list[PatientScores]:
    """Score the networks of a folder: one table of probabilities for each sign.

    Parameters
    ----------
    folder
        With files named by their sign, such as ``tonic.csv``.
    truth
        Words by video.
    damage
        To count what is wrong with the files.
    tuned, paper
        As for :func:`patient_scores`.

    Raises
    ------
    InputError
        If there is no such file, or one cannot be used.
    """
    paths = {sign: folder / f"{sign}.csv" for sign in vocabulary().by_name}
    found = {sign: path for sign, path in paths.items() if path.is_file()}
    if not found:
        raise InputError(f"{folder} has no table named by a sign, such as tonic.csv")
    scores = []
    for sign, path in found.items():
        segments = read_probabilities(path, damage)
        unknown = sum(segment.video not in truth for segment in segments)
        damage.note(path.name, "segment of a video that is not annotated", unknown)
        scores.append(patient_scores(sign, segments, truth, tuned=tuned, paper=paper))
    return scores


def patient_scores(
    sign: str,
    segments: Iterable[Segment],
    truth: Words,
    *,
    tuned: bool = False,
    paper: bool = False,
) -> PatientScores:
    """Score a network by patient: the highest probability of any segment counts.

    Parameters
    ----------
    sign
        What the network looks for.
    segments
        Of the videos that were not trained on.
    truth
        Words by video; others than yes and no are left out.
    tuned
        Take the threshold that gives the best F1 on the other folds, instead of 0.5.
    paper
        As published: ``<study>@<event>`` stands for the patient, those with videos
        that differ are left out, folds may share patients, and the means of the folds
        are given. Otherwise a patient has the sign who has it in any video, and the
        decisions of all folds are scored together.

    Raises
    ------
    InputError
        If no video is annotated, there are fewer than two folds to tune on, or
        (unless ``paper``) a patient is in several folds.

    Notes
    -----
    Where the table names no folds, :data:`FOLDS` are made, each with whole patients, or
    as published with whole events. How the published ones were made is not known.
    """
    annotated = {
        video: words[sign] == YES
        for video, words in truth.items()
        if words.get(sign) in {YES, NO}
    }
    group_of = event_of if paper else patient_of
    groups: dict[str, _Group] = defaultdict(_Group)
    for segment in segments:
        if segment.video in annotated:
            groups[group_of(segment.video)].add(segment, annotated[segment.video])
    kept = [g for _, g in sorted(groups.items()) if not (paper and len(g.labels) > 1)]
    if not kept:
        raise InputError(f"no segment belongs to a video annotated for {sign}")
    yes, scores = [True in g.labels for g in kept], [g.score for g in kept]
    folds = _folds(kept, may_share=paper)
    decisions, thresholds = _decide(yes, scores, folds, tuned=tuned)
    by_fold = [[k for k, f in enumerate(folds) if f == fold] for fold in thresholds]
    values = [
        measures([yes[k] for k in part], [decisions[k] for k in part])
        for part in (by_fold if paper else [range(len(yes))])
    ]
    means = {key: fmean(v[key] for v in values) for key in values[0]}
    # Each group is a patient of its own, unless as published.
    low, high = (
        (math.nan, math.nan)
        if paper
        else f1_interval(yes, decisions, [str(k) for k in range(len(kept))])
    )
    return PatientScores(
        sign=sign,
        n=len(kept),
        positive=sum(yes),
        answered=len(groups) / len(set(map(group_of, annotated))),
        **means,
        low=low,
        high=high,
        auc=float(roc_auc_score(yes, scores)) if len(set(yes)) == 2 else math.nan,
        thresholds=tuple(thresholds.values()),
        conflicting=len(groups) - len(kept),
    )


def _folds(groups: Sequence[_Group], *, may_share: bool) -> list[str]:
    """Return the fold of each group."""
    by_patient: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        for patient in group.patients:
            by_patient[patient] |= group.folds
    shared = sum(len(folds) > 1 for folds in by_patient.values())
    if shared and not may_share:
        raise InputError(
            f"{shared} patients are in several folds, so the folds know each other; "
            "divide by patient"
        )
    if any(group.folds != {""} for group in groups):
        return [min(group.folds) for group in groups]
    # Those with the sign are dealt out first, so that each fold has its share of them.
    dealt = sorted(range(len(groups)), key=lambda k: True not in groups[k].labels)
    fold_of = {place: str(turn % FOLDS) for turn, place in enumerate(dealt)}
    return [fold_of[place] for place in range(len(groups))]


def _decide(
    yes: Sequence[bool], scores: Sequence[float], folds: Sequence[str], *, tuned: bool
) -> tuple[list[bool], dict[str, float]]:
    """Return a decision for each group and the threshold of each fold."""
    thresholds = {}
    for fold in sorted(set(folds)):
        others = [k for k, f in enumerate(folds) if f != fold]
        if tuned and not others:
            raise InputError("expected two folds or more to tune a threshold on")
        thresholds[fold] = (
            best_threshold([yes[k] for k in others], [scores[k] for k in others])
            if tuned
            else HALF
        )
    decisions = [s >= thresholds[f] for s, f in zip(scores, folds, strict=True)]
    return decisions, thresholds


def best_threshold(yes: Sequence[bool], scores: Sequence[float]) -> float:
    """Return the score from which on calling *yes* gives the best F1.

    Of several the one nearest to 0.5, which is a candidate itself, and of two equally
    near the lower.
    """

    def goodness(threshold: float) -> tuple[float, float, float]:
        called = [score >= threshold for score in scores]
        f1 = float(f1_score(yes, called, zero_division=0))
        return f1, -abs(threshold - HALF), -threshold

    return max({HALF, *scores}, key=goodness)
