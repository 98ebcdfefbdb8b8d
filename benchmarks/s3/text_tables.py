"""Tasks 2 and 6 asked properly: a missing text, or one for a wrong label, is empty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

import numpy as np

from s3ns.benchmarks.s3.answers import Answers
from s3ns.benchmarks.s3.scoring import Cell, Floats, Table, resampled, row
from s3ns.benchmarks.s3.texts import (
    Pair,
    Similarity,
    TextScores,
    is_text,
    rouge_scores,
    text_scores,
)
from s3ns.benchmarks.s3.truth import Event, Truth
from s3ns.facts import vocabulary

_SCORES = ("rouge1", "low", "high", "rouge_l", "bleu")


def justification_table(
    truth: Truth, systems: Iterable[Answers], similarity: Similarity | None = None
) -> Table:
    """Task 2: why a sign was seen or not, where the experts say it in words."""
    table = Table(
        "justification",
        "Task 2: why a sign was seen or not, mean over signs",
        ["system", "signs", *_columns(similarity), "coverage"],
        note="A text for a wrong label, or none, counts as empty. Words in common say "
        "little of what is right.",
    )
    draws = resampled(truth.patients)
    written = {
        sign: rows
        for sign in vocabulary().by_name
        if (rows := [k for k, e in enumerate(truth.events) if sign in e.justifications])
    }
    for answers in systems:
        if not answers.justifications:
            continue
        able = {sign for said in answers.justifications.values() for sign in said}
        signs = [sign for sign in written if sign in able]
        pairs = {
            sign: [_justified(answers, truth.events[k], sign) for k in written[sign]]
            for sign in signs
        }
        if signs:
            chosen = [draws[:, written[sign]] for sign in signs]
            scores = _scored(list(pairs.values()), chosen, similarity)
            table.rows.append(row(answers.system, {"signs": len(signs), **scores}))
    return table


def words_table(
    truth: Truth, systems: Iterable[Answers], similarity: Similarity | None = None
) -> Table:
    """Task 6: how near reports come to the experts' words."""
    table = Table(
        "report_words",
        "Task 6: words of the report",
        ["system", *_columns(similarity), "coverage"],
        note="A missing report counts as empty. Where people rated reports, these "
        "scores hardly went with their ratings.",
    )
    events = [event for event in truth.events if event.narrative]
    draws = resampled([event.patient for event in events])
    for answers in systems:
        if answers.reports and events:
            said = [answers.reports.get(event.video, "") for event in events]
            pairs = [
                (text.lower() if is_text(text) else "", event.narrative)
                for text, event in zip(said, events, strict=True)
            ]
            table.rows.append(
                row(answers.system, _scored([pairs], [draws], similarity))
            )
    return table


def _columns(similarity: Similarity | None) -> list[str]:
    return [*_SCORES, *(["bertscore"] if similarity else [])]


def _justified(answers: Answers, event: Event, sign: str) -> Pair:
    text = answers.justifications.get(event.video, {}).get(sign, "")
    said = answers.signs.get(event.video, {}).get(sign)
    is_right = said is not None and said == event.signs[sign].seen
    kept = text.lower() if is_right and is_text(text) else ""
    return kept, event.justifications[sign]


def _scored(
    groups: Sequence[Sequence[Pair]],
    draws: Sequence[Floats],
    similarity: Similarity | None,
) -> dict[str, Cell]:
    """Return the means over groups of pairs, with an interval over patients."""
    found: list[TextScores] = []
    resampled_means = []
    for pairs, chosen in zip(groups, draws, strict=True):
        scores = text_scores(pairs, similarity)
        if scores is None:
            raise AssertionError("groups hold pairs")
        found.append(scores)
        values = np.array([value for value, _ in rouge_scores(pairs)])
        resampled_means.append(chosen @ values / np.maximum(chosen.sum(axis=1), 1))
    low, high = np.percentile(np.mean(resampled_means, axis=0), [2.5, 97.5])
    said = [bool(text) for pairs in groups for text, _ in pairs]
    measured = [item.bertscore for item in found if item.bertscore is not None]
    return {
        "rouge1": fmean(item.rouge1 for item in found),
        "low": float(low),
        "high": float(high),
        "rouge_l": fmean(item.rouge_l for item in found),
        "bleu": fmean(item.bleu for item in found),
        "bertscore": fmean(measured) if measured else None,
        "coverage": fmean(map(float, said)),
    }
