"""Tasks 2 and 6: how near texts come to the experts' words.

Words in common say little of what is right: on the reports that people rated, BLEU and
ROUGE go with their ratings at about 0.1. They are here because they were published.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import Any, Protocol

from s3ns.benchmarks.s3.tables import Row, segment_number, video_name, word
from s3ns.facts import sign_named, vocabulary
from s3ns.report.narrative import denial

Pair = tuple[str, str]
"""What was said, and the expert's words."""

FAILED = {"", "empty", "fail", "failed", "error", "na", "n/a", "none", "null"}
"""Cells that are no text."""

SEGMENTS_JOINED_BY = " || "

JUSTIFICATION = "justification_for_"
"""Before the name of a sign, the column of its texts."""

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
    rouge = rouge_scores(pairs)
    return TextScores(
        bleu=float(corpus_bleu(said, [experts]).score),
        rouge1=fmean(found[0] for found in rouge),
        rouge_l=fmean(found[1] for found in rouge),
        bertscore=None if similarity is None else similarity.f1(pairs),
        n=len(pairs),
    )


def rouge_scores(pairs: Iterable[Pair]) -> list[tuple[float, float]]:
    """Return ROUGE-1 and ROUGE-L of each pair, as F with stemming."""
    found = (_rouge().score(expert, text) for text, expert in pairs)
    return [(one["rouge1"].fmeasure, one["rougeL"].fmeasure) for one in found]


@cache
def _rouge() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rouge1", "rougeL"], use_stemmer=True)


def published_pairs(said: Mapping[str, str], truth: Mapping[str, str]) -> list[Pair]:
    """Pair texts by video as published: what failed or is missing is left out."""
    return [
        (said[video], expert)
        for video, expert in truth.items()
        if is_text(expert) and is_text(said.get(video, ""))
    ]


def is_text(cell: str) -> bool:
    """Whether a cell is a text, and not a word for none."""
    return word(cell) not in FAILED


def published_justifications(
    said: Mapping[str, Mapping[str, str]],
    truth: Mapping[str, Mapping[str, str]],
    similarity: Similarity | None = None,
) -> dict[str, TextScores]:
    """Score justifications as published, for each sign with any pair of texts.

    Whether the label is right does not matter, and missing texts are left out.

    Parameters
    ----------
    said, truth
        Texts of a system and of the experts, by sign and video.
    similarity
        For the BERTScore.
    """
    scores = {
        sign: text_scores(published_pairs(of, truth.get(sign, {})), similarity)
        for sign, of in said.items()
    }
    return {sign: score for sign, score in scores.items() if score is not None}


def justifications_in(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """Return the texts for each sign that a table has texts of, by video.

    Those of the segments of a video are joined; see :func:`merged_text`.
    """
    segments: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        segments[video_name(row["file_name"])].append(row)
    for members in segments.values():
        members.sort(key=lambda row: segment_number(row["file_name"]))
    found = {}
    for sign in vocabulary().by_name:
        name = f"{JUSTIFICATION}{sign}"
        if rows and name in rows[0]:
            found[sign] = {
                video: merged_text(
                    sign, [(row.get(sign, ""), word(row[name])) for row in members]
                )
                for video, members in segments.items()
            }
    return found


def reports_in(rows: Iterable[Row]) -> dict[str, str]:
    """Return reports by video, in lower case, each run of blanks one blank."""
    return {
        video_name(row["file_name"]): re.sub(r"\s+", " ", word(row["report"]))
        for row in rows
    }


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
    if sign == vocabulary().lead_in:
        return segments[0][1] if segments else ""
    labels = {word(label) for label, _ in segments}
    is_mixed = "yes" in labels and len(labels) > 1
    kept = [t for label, t in segments if not is_mixed or word(label) == "yes"]
    return SEGMENTS_JOINED_BY.join(dict.fromkeys(kept))


def constant_justification(sign: str) -> str:
    """Return the text that justifies a sign in every video alike: its definition."""
    return sign_named(sign).definition.lower()


def constant_denial(sign: str) -> str:
    """Return the text that denies a sign in every video alike."""
    return denial([sign_named(sign)]).lower()


def constant_report() -> str:
    """Return the report that says the same of every video."""
    first, *later = (sign_named(name).worded() for name in CONSTANT_SIGNS)
    return f"the event began with {first}. then came {' and '.join(later)}."
