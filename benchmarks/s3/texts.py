"""Tasks 2 and 6: how near texts come to the experts' words.

Words in common say little of what is right: on the reports that people rated, BLEU and
ROUGE go with their ratings at about 0.1. They are here because they were published.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import Any, Protocol

from s3ns.benchmarks.s3.recognition import FIRST_SEGMENT_ONLY
from s3ns.benchmarks.s3.tables import Checkout, Row, column, video_name, word
from s3ns.facts import sign_named, vocabulary

Pair = tuple[str, str]
"""What was said, and the expert's words."""

FAILED = {"", "empty", "fail", "failed", "error", "na", "n/a", "none", "null"}
"""Cells that are no text."""

SEGMENTS_JOINED_BY = " || "

JUSTIFICATION = "justification_for_"

CONSTANT_SIGNS = ("head_turning", "tonic", "clonic")
"""Signs of the report that says the same of every video."""


class Similarity(Protocol):
    """Compares texts by what a language model makes of them."""

    def f1(self, pairs: Sequence[Pair]) -> float:
        """Return the mean F1 of pairs, 0 to 1."""


@dataclass(frozen=True)
class TextScores:
    """Scores of texts against the experts'.

    Attributes
    ----------
    bleu
        Corpus BLEU of sacreBLEU in its default settings, 0 to 100.
    rouge1, rouge_l
        Mean F of ROUGE with stemming, 0 to 1.
    bertscore
        Mean F1 by the states of a language model; ``None`` where none was given.
    n
        Number of pairs.
    """

    bleu: float
    rouge1: float
    rouge_l: float
    bertscore: float | None
    n: int


def text_scores(
    pairs: Sequence[Pair], similarity: Similarity | None = None
) -> TextScores | None:
    """Score pairs of texts; none where there are no pairs."""
    if not pairs:
        return None
    from sacrebleu import corpus_bleu

    said, experts = [p[0] for p in pairs], [p[1] for p in pairs]
    rouge = [_rouge().score(expert, text) for text, expert in pairs]
    return TextScores(
        bleu=float(corpus_bleu(said, [experts]).score),
        rouge1=fmean(found["rouge1"].fmeasure for found in rouge),
        rouge_l=fmean(found["rougeL"].fmeasure for found in rouge),
        bertscore=None if similarity is None else similarity.f1(pairs),
        n=len(pairs),
    )


@cache
def _rouge() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rouge1", "rougeL"], use_stemmer=True)


def published_pairs(said: Mapping[str, str], truth: Mapping[str, str]) -> list[Pair]:
    """Pair texts by video as published: what failed or is missing is left out."""
    return [
        (said[video], expert)
        for video, expert in truth.items()
        if _is_text(expert) and _is_text(said.get(video, ""))
    ]


def all_pairs(said: Mapping[str, str], truth: Mapping[str, str]) -> list[Pair]:
    """Pair the expert's texts with what was said, empty where there is nothing."""
    return [
        (text if _is_text(text) else "", expert)
        for video, expert in truth.items()
        if _is_text(expert)
        for text in [said.get(video, "")]
    ]


def _is_text(cell: str) -> bool:
    return word(cell) not in FAILED


def justification_scores(
    checkout: Checkout,
    model: str,
    *,
    paper: bool = False,
    similarity: Similarity | None = None,
) -> dict[str, TextScores | None] | None:
    """Score the justifications of a model for each sign that it has any of.

    Parameters
    ----------
    checkout
        With free text.
    model
        Its name in the checkout.
    paper
        As published: whether the label is right does not matter, and missing texts are
        left out. Otherwise a text for a wrong label, or none, is an empty one.
    similarity
        For the BERTScore.

    Returns
    -------
    Scores by sign, or none where the model has no such table.
    """
    found = checkout.answers(model, "justification")
    if found is None:
        return None
    said = found[1]
    truth = checkout.truth("task12_annotation.csv")
    scores = {}
    for sign in vocabulary().by_name:
        name = f"{JUSTIFICATION}{sign}"
        if not said or name not in said[0]:
            continue
        texts, experts = texts_in(said, name), texts_in(truth, name)
        if paper:
            pairs = published_pairs(texts, experts)
        else:
            labels, true = (labels_in(rows, sign) for rows in (said, truth))
            right = {
                video for video, label in true.items() if labels.get(video) == label
            }
            pairs = all_pairs({v: t for v, t in texts.items() if v in right}, experts)
        scores[sign] = text_scores(pairs, similarity)
    return scores


def report_scores(
    checkout: Checkout,
    model: str,
    *,
    paper: bool = False,
    similarity: Similarity | None = None,
) -> TextScores | None:
    """Score the reports of a model; none where it has none.

    Parameters as for :func:`justification_scores`.

    Raises
    ------
    InputError
        If a table has no column of reports.
    """
    found = checkout.answers(model, "report")
    if found is None:
        return None
    path, said = found
    column(said, "report", path)
    truth = checkout.truth("task6_report_annotation.csv")
    pairing = published_pairs if paper else all_pairs
    texts, experts = (
        {
            video: re.sub(r"\s+", " ", text)
            for video, text in texts_in(rows, "report").items()
        }
        for rows in (said, truth)
    )
    return text_scores(pairing(texts, experts), similarity)


def texts_in(rows: Iterable[Row], name: str) -> dict[str, str]:
    """Return the texts of a column by video, in lower case."""
    return {video_name(row["file_name"]): word(row[name]) for row in rows}


def labels_in(rows: Iterable[Row], sign: str) -> dict[str, str]:
    """Return yes and no for a sign by video."""
    return {video_name(row["file_name"]): word(row.get(sign)) for row in rows}


def merged_text(sign: str, segments: Sequence[tuple[str, str]]) -> str:
    """Join the texts of the segments of a video, as is done before they are fused.

    Where labels differ, the segments that say yes count. S3 lets a language model fuse
    the parts; here they stay as they are.

    Parameters
    ----------
    sign
        What the texts justify; sleep is read off the first segment.
    segments
        Label and text of each segment in their order.
    """
    if sign == FIRST_SEGMENT_ONLY:
        return segments[0][1] if segments else ""
    labels = {word(label) for label, _ in segments}
    is_mixed = "yes" in labels and len(labels) > 1
    kept = [t for label, t in segments if not is_mixed or word(label) == "yes"]
    return SEGMENTS_JOINED_BY.join(dict.fromkeys(kept))


def constant_justification(sign: str) -> str:
    """Return the text that justifies a sign in every video alike: its definition."""
    return sign_named(sign).definition.lower()


def constant_report() -> str:
    """Return the report that says the same of every video."""
    first, *later = (sign_named(name).worded() for name in CONSTANT_SIGNS)
    return f"the event began with {first}. then came {' and '.join(later)}."
