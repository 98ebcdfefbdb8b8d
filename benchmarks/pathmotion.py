"""PathMotion: its tables of signs and sounds, on files in its layout.

As published (``paper``), and asked properly: every annotated video counts, and a
missing answer is wrong. Patients are in ``pathmotion_patients``. The annotation is
PathMotion's own; it differs from that of S3 on the same videos, so the two are never
mixed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef

from s3ns.benchmarks.s3.answers import STRANGE
from s3ns.benchmarks.s3.recognition import (
    TESTED,
    merged,
    scored,
    signs_in,
    strange,
)
from s3ns.benchmarks.s3.scoring import confusion, rates, resampled
from s3ns.benchmarks.s3.tables import (
    Damage,
    Row,
    patient_of,
    read_rows,
    video_name,
    word,
)
from s3ns.facts import InputError, sign_named, vocabulary

ANNOTATION = Path("evaluation/dataset/90_FeatureAnnotation.csv")

EMPTY_IS_DROPPED = ("close_eyes", "eye_blinking")
"""Signs whose empty annotation is left out as published; elsewhere it is a class."""

YES, NO = "yes", "no"

_ANSWERS = (YES, NO)
_FAILED, _EMPTY = "fail", "nan"
_MEASURES = (
    "precision",
    "recall",
    "f1",
    "accuracy",
    "balanced_accuracy",
    "mcc",
    "always_yes",
)
_NAMES = ("file_name", "video_name")

Words = Mapping[str, Mapping[str, str]]
"""A word for each sign (``yes``, ``no`` or something else), by video."""


@dataclass(frozen=True)
class SignScores:
    """How well a sign was told.

    Attributes
    ----------
    sign
        Of the vocabulary.
    n
        Videos, or patients, that were scored.
    positive
        How many of them have the sign; as published for sounds, before any were left
        out.
    precision, recall, f1, accuracy
        Of *yes*; as published for answers of the patient, means over the classes.
    answered
        Share of those annotated with yes or no that have such an answer.
    balanced_accuracy, mcc
        Beside them; 0.5 and 0 are those of chance. NaN where all cases are alike.
    always_yes
        F1 of saying yes to everything.
    low, high
        95 % interval of F1 over resampled patients; NaN as published, where there is
        none.

    Measures of nothing are NaN.
    """

    sign: str
    n: int
    positive: int
    precision: float
    recall: float
    f1: float
    accuracy: float
    answered: float
    balanced_accuracy: float
    mcc: float
    always_yes: float
    low: float
    high: float


def read_annotation(folder: Path, damage: Damage) -> dict[str, dict[str, str]]:
    """Read what the experts say of each video.

    Raises
    ------
    InputError
        If the folder is no checkout of PathMotion.
    """
    path = folder / ANNOTATION
    if not path.is_file():
        raise InputError(
            f"{folder} is no checkout of PathMotion: expected {ANNOTATION} in it"
        )
    rows = named_rows(read_rows(path, damage), path)
    return {
        video_name(row["file_name"]): {s: row[s] for s in signs_in([row])}
        for row in rows
    }


def read_answers(path: Path, damage: Damage) -> dict[str, dict[str, str]]:
    """Read the answers of a system to segments or whole videos, merged into videos.

    A video shows a sign where any segment does; sleep is read off the first one.

    Raises
    ------
    InputError
        If the table has no names or no signs.
    """
    rows = named_rows(read_rows(path, damage), path)
    if not signs_in(rows):
        raise InputError(f"{path} has no column of a sign, such as tonic")
    damage.note(path.name, STRANGE, strange(rows))
    return merged(rows, first_segment=(vocabulary().lead_in,))


def named_rows(rows: Sequence[Row], path: Path) -> list[Row]:
    """Return rows with their name in lower case, and words without case and dots."""
    name = next((name for name in _NAMES if rows and name in rows[0]), None)
    if name is None:
        raise InputError(f"{path} has no rows with a column {' or '.join(_NAMES)}")
    return [
        {"file_name": word(row[name])}
        | {sign: word(row[sign]).strip(".") for sign in signs_in([row])}
        for row in rows
    ]


def sign_table(said: Words, truth: Words, *, paper: bool = False) -> list[SignScores]:
    """Score each sign that is annotated and that a system has answers to.

    Parameters
    ----------
    said, truth
        Words by video.
    paper
        As published: only videos that both have; a failed answer to a sound is left
        out; of the signs that are seen, empty annotations count as not *yes*, but for
        :data:`EMPTY_IS_DROPPED`. Otherwise every video annotated with yes or no counts,
        and one without such an answer is wrong.
    """
    scores = []
    for sign in signs_in([dict(next(iter(said.values()), {}))]):
        videos = sorted(video for video, words in truth.items() if sign in words)
        joined = [
            (truth[video][sign], said[video][sign] if video in said else None)
            for video in videos
        ]
        owners = [patient_of(v) for v in videos if truth[v][sign] in _ANSWERS]
        annotated = [pair for pair in joined if pair[0] in _ANSWERS]
        if not annotated:
            continue
        present = [(true, answer) for true, answer in joined if answer is not None]
        if paper:
            pairs = _published_pairs(sign, present)
            positive = sum(true == YES for true, _ in present)
            low, high = math.nan, math.nan
        else:
            pairs = [(true, _or_wrong(true, answer)) for true, answer in annotated]
            positive = sum(true == YES for true, _ in annotated)
            low, high = f1_interval(
                [true == YES for true, _ in pairs],
                [answer == YES for _, answer in pairs],
                owners,
            )
        scores.append(
            SignScores(
                sign=sign,
                n=len(pairs),
                positive=positive,
                answered=fmean(answer in _ANSWERS for _, answer in annotated),
                low=low,
                high=high,
                **_measured(pairs, is_macro=paper and sign == TESTED),
            )
        )
    return scores


def _published_pairs(
    sign: str, pairs: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    if sign_named(sign).modality == "audio":
        return [(t, a or _EMPTY) for t, a in pairs if t and a != _FAILED]
    if sign in EMPTY_IS_DROPPED:
        return [(t, a or _EMPTY) for t, a in pairs if t]
    return [(t or _EMPTY, a or _EMPTY) for t, a in pairs]


def _or_wrong(true: str, answer: str | None) -> str:
    if answer is not None and answer in _ANSWERS:
        return answer
    return NO if true == YES else YES


def _measured(
    pairs: Sequence[tuple[str, str]], *, is_macro: bool = False
) -> dict[str, float]:
    """Return all measures of pairs of truth and answer; NaN where there are none."""
    if not pairs:
        return dict.fromkeys(_MEASURES, math.nan)
    true, said = ([pair[k] for pair in pairs] for k in (0, 1))
    values = measures([t == YES for t in true], [s == YES for s in said])
    if is_macro:
        return values | scored(true, said, average="macro")
    # A class of its own, such as that of empty cells, agrees with itself alone.
    return values | {"accuracy": fmean(a == b for a, b in pairs)}


def f1_interval(
    yes: Sequence[bool], called: Sequence[bool], patients: Sequence[str]
) -> tuple[float, float]:
    """Return the 95 % interval of the F1 of *yes* over resampled patients."""
    values = rates(resampled(patients) @ confusion(yes, called))["f1"]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def measures(yes: Sequence[bool], called: Sequence[bool]) -> dict[str, float]:
    """Return the measures of decisions, by their names in :class:`SignScores`.

    Beside those of *yes* stand some that a rare or a frequent sign does not flatter;
    they are NaN where all cases are alike.
    """
    true, said = ([YES if one else NO for one in cells] for cells in (yes, called))
    are_alike = len(set(yes)) < 2
    return {
        **scored(true, said, pos_label=YES),
        "balanced_accuracy": math.nan
        if are_alike
        else float(balanced_accuracy_score(yes, called)),
        "mcc": math.nan if are_alike else float(matthews_corrcoef(yes, called)),
        "always_yes": float(f1_score(yes, [True] * len(yes), zero_division=0)),
    }
