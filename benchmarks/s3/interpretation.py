"""Task 2: the Seizure Semiology Interpretation Score (the "question list").

A language model answers a fixed list of questions on each sign, once from the expert's
text and once from the system's; S3 ships scores, not answers. Agreement counts. Since
most signs are not there and one *no* settles all questions of a sign, systems that deny
everything do well; see :func:`always_no`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from s3ns.benchmarks.s3.tables import Damage, Row, column, read_rows, word
from s3ns.facts import InputError, bad_value, scaled, vocabulary

Answer = str | Sequence[str] | None
"""A word, several words in any order, or nothing."""

WEIGHTS: Mapping[int, tuple[float, ...]] = {
    1: (1.0,),
    2: (0.7, 0.3),
    3: (0.7, 0.15, 0.15),
    4: (0.7, 0.1, 0.1, 0.1),
    5: (0.7, 0.075, 0.075, 0.075, 0.075),
}
"""Weights of the questions by their number; the first asks for the core of the sign."""

QUESTIONS: Mapping[str, int] = {
    "occur_during_sleep": 1,
    "close_eyes": 1,
    "oral_automatisms": 1,
    "pelvic_thrusting": 1,
    "full_body_shaking": 1,
    "arms_move_simultaneously": 1,
    "head_turning": 2,
    "blank_stare": 2,
    "eye_blinking": 2,
    "face_twitching": 2,
    "limb_automatisms": 2,
    "verbal_responsiveness": 2,
    "ictal_vocalization": 2,
    "face_pulling": 3,
    "tonic": 3,
    "clonic": 3,
    "figure4": 3,
    "arm_flexion": 4,
    "arm_straightening": 4,
    "asynchronous_movement": 5,
}
"""How many questions S3 asks of each sign."""

_YES_NO = {"yes", "no"}
_UNKNOWN = frozenset({"unknown"})
_NO_WORD = {"", "unknown", "missing"}
_SETTLED = frozenset({"none"})


def video_score(
    sign: str,
    labels: tuple[str, str],
    said: Sequence[Answer],
    expert: Sequence[Answer],
) -> float:
    """Return the score of a sign in a video, 0 to 1.

    Parameters
    ----------
    sign
        What the questions ask for.
    labels
        Yes or no of the system and of the expert.
    said, expert
        Answers from the system's text and from the expert's, in the order of the
        questions.

    Raises
    ------
    ValueError
        If the sign is unknown, or there are more or fewer answers than questions.
    """
    if sign not in QUESTIONS:
        raise ValueError(bad_value("sign", sign, QUESTIONS))
    weights = WEIGHTS[QUESTIONS[sign]]
    for answers in (said, expert):
        if len(answers) != len(weights):
            raise ValueError(
                f"expected {len(weights)} answers on {sign}, got {len(answers)}"
            )
    ours, theirs = _settled(said), _settled(expert)
    core = (ours[0], theirs[0])
    if _differ(*map(word, labels)) or _differ(*(" ".join(c) for c in core)):
        return 0.0
    pairs = zip(weights, ours, theirs, strict=True)
    return sum(weight for weight, a, b in pairs if a == b)


def _settled(answers: Sequence[Answer]) -> list[frozenset[str]]:
    """Normalise answers; a no to the first question settles the others."""
    first, *others = map(_words, answers)
    if first == {"no"}:
        return [first, *[_SETTLED] * len(others)]
    return [first, *others]


def _words(answer: Answer) -> frozenset[str]:
    several = [answer] if isinstance(answer, str) else (answer or [])
    return frozenset(map(word, several)) - _NO_WORD or _UNKNOWN


def _differ(one: str, other: str) -> bool:
    return {one, other} == _YES_NO


def read_scores(path: Path, damage: Damage) -> dict[str, list[float]]:
    """Read the scores of videos, or the answers that they come from.

    The table has a column for each sign, as ``*_video_feature_scores.csv`` of S3; or
    the columns ``feature`` and ``score``; or ``feature``, ``label``, ``expert_label``,
    ``answers`` and ``expert_answers``, the answers to the questions of a sign with
    ``|`` between them, and ``,`` between the words of one. Cells that cannot be read
    are counted and left out.

    Raises
    ------
    InputError
        If the file cannot be read or has none of these.
    """
    rows = read_rows(path, damage)
    signs = [sign for sign in vocabulary().by_name if rows and sign in rows[0]]
    found: dict[str, list[float]] = defaultdict(list)
    for sign, score in _scores(rows, signs, path):
        if sign not in vocabulary().by_name:
            damage.note(path.name, "unknown sign, left out")
        elif math.isfinite(score):
            found[sign].append(score)
        else:
            damage.note(path.name, "score or answers that cannot be read")
    if not found:
        raise InputError(f"{path} has no scores of signs")
    return {sign: found[sign] for sign in vocabulary().by_name if sign in found}


_ANSWERED = ("label", "expert_label", "answers", "expert_answers")


def _scores(
    rows: Sequence[Row], signs: Sequence[str], path: Path
) -> Iterable[tuple[str, float]]:
    if signs:
        return [(sign, _number(row[sign])) for row in rows for sign in signs]
    column(rows, "feature", path)
    if rows and "answers" in rows[0]:
        for name in _ANSWERED:
            column(rows, name, path)
        return [(word(row["feature"]), _answered(row)) for row in rows]
    column(rows, "score", path)
    return [(word(row["feature"]), _number(row["score"])) for row in rows]


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _answered(row: Row) -> float:
    """Return the score of a row of answers; NaN where they do not fit the sign."""
    labels, said = (row["label"], row["expert_label"]), row["answers"]
    answers, experts = (
        [part.split(",") for part in cell.split("|")]
        for cell in (said, row["expert_answers"])
    )
    try:
        return video_score(word(row["feature"]), labels, answers, experts)
    except ValueError:
        return math.nan


def sign_scores(scores: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the mean over the videos for each sign."""
    return {sign: fmean(values) for sign, values in scores.items() if values}


def overall(scores: Mapping[str, Sequence[float]]) -> float:
    """Return the mean over the signs, each weighing the same, to two decimals."""
    return scaled(fmean(sign_scores(scores).values()), 100) / 100


def always_no(labels: Mapping[str, Sequence[str]]) -> dict[str, list[float]]:
    """Return the scores of a system that denies every sign in every video.

    Parameters
    ----------
    labels
        The expert's yes and no by sign. Where the expert says no, the texts agree.
    """
    return {
        sign: [float(word(label) == "no") for label in of if word(label) in _YES_NO]
        for sign, of in labels.items()
    }
