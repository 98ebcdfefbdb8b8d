"""Task 6: the Seizure-RQI, a score of what a report says.

Stage A of the score takes a report apart; S3 lets a language model do it and ships the
result. Stage B, here, is arithmetic. The formula is the one that gives the published
values; the script in the public repository does not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from s3ns.benchmarks.s3.sequences import Tokens, agreement, pair_order_f1
from s3ns.benchmarks.s3.tables import Damage, Row, video_name, word

LOCALISING = (
    "head_turning",
    "first_motor_laterality",
    "asymmetric_posturing",
    "figure_4",
)

STRUCTURE, CONTENT, ORDER, LOCALISATION = 0.15, 0.35, 0.25, 0.25
"""Weights of the four parts (recovered from the published values, exact)."""

HALLUCINATION = 0.95
"""Factor for each sign reported that is not in the expert's sequence."""

FREE_WORDS, WORDS_A_STEP, LENGTH_STEP = 100, 50, 0.2
SAFETY_CAP = 50.0
NON_SEIZURE = 0.8


@dataclass(frozen=True)
class Extraction:
    """What a report says, taken apart.

    Attributes
    ----------
    parts
        Those of onset, propagation and post-ictal phase that it tells of.
    sequence
        Signs in the order in which it names them.
    localising
        Head turning, first motor side, figure-4 and asymmetric posture; ``none`` where
        it says nothing of them.
    is_unsafe, is_padded
        Whether it gives unsafe advice, or tells of things that are no seizure.
    words
        Length in words.
    """

    parts: frozenset[str]
    sequence: Tokens
    localising: Mapping[str, str]
    is_unsafe: bool = False
    is_padded: bool = False
    words: int = 0


def extraction(row: Row) -> Extraction:
    """Read a row of a file of extractions.

    Raises
    ------
    ValueError
        If a cell is not the JSON that it should be.
    """
    content = json.loads(row["content_analysis"])
    localising: dict[str, Any] = json.loads(row["localizing_features"])
    return Extraction(
        parts=frozenset(map(str, json.loads(row["structural_completeness"]))),
        sequence=tuple(map(str, json.loads(row["event_sequence"]))),
        localising={key: word(str(localising.get(key))) for key in LOCALISING},
        is_unsafe=bool(content.get("has_safety_issues")),
        is_padded=bool(content.get("includes_non_seizure")),
        words=int(float(row["report_length"] or 0)),
    )


def extractions(rows: list[Row], file: str, damage: Damage) -> dict[str, Extraction]:
    """Read a file of extractions; rows that cannot be read are counted and left out."""
    found = {}
    for row in rows:
        try:
            found[video_name(row["file_name"])] = extraction(row)
        except (ValueError, TypeError, AttributeError, KeyError):
            damage.note(file, "extraction that cannot be read")
    return found


def rqi(
    said: Extraction, truth: Extraction, seen: Tokens, *, true_order: bool = False
) -> float:
    """Return the Seizure-RQI of a report, 0 to 100.

    Parameters
    ----------
    said, truth
        What the report says, and what the expert's says.
    seen
        The expert's sequence of Task 5: signs outside it are hallucinated. Empty where
        there is none; then nothing is.
    true_order
        Take the share of pairs of signs in the right order in place of the published
        alignment, which a surplus of words raises.
    """
    structure = _share(said.parts, truth.parts) if said.parts else 0.0
    content = _share(frozenset(said.sequence), frozenset(truth.sequence))
    order = _order(said.sequence, truth.sequence, true_order=true_order)
    places = sum(said.localising[key] == truth.localising[key] for key in LOCALISING)
    base = 100 * (
        STRUCTURE * structure
        + CONTENT * content
        + ORDER * order
        + LOCALISATION * places / len(LOCALISING)
    )
    invented = sum(sign not in seen for sign in said.sequence) if seen else 0
    steps = max(0, said.words - FREE_WORDS) // WORDS_A_STEP
    value = base * HALLUCINATION**invented * max(0.0, 1 - LENGTH_STEP * steps)
    if said.is_padded:
        value *= NON_SEIZURE
    if said.is_unsafe:
        value = min(value, SAFETY_CAP)
    return min(100.0, max(0.0, value))


def _share(said: frozenset[str], truth: frozenset[str]) -> float:
    return len(said & truth) / len(truth) if truth else 0.0


def _order(said: Tokens, truth: Tokens, *, true_order: bool) -> float:
    if not said or not truth:
        return float(not said and not truth)
    return pair_order_f1(said, truth) if true_order else agreement(said, truth)
