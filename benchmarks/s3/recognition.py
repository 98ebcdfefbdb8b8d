"""Task 1: which signs were seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from s3ns.benchmarks.s3.tables import Row, segment_number, video_name, word
from s3ns.facts import vocabulary

TESTED = "verbal_responsiveness"
"""Answering can be judged only where somebody addressed the patient."""


def signs_in(rows: Sequence[Row]) -> list[str]:
    """Return the signs that a table has a column for, in vocabulary order."""
    return [sign for sign in vocabulary().by_name if rows and sign in rows[0]]


def merged(
    rows: Iterable[Row], *, first_segment: Sequence[str] = ()
) -> dict[str, dict[str, str]]:
    """Merge the rows of segments into one row for each video.

    A sign is ``yes`` where any segment says so, and ``no`` otherwise: as published, a
    failed answer becomes a no. The signs named are read off the first segment alone.
    Rows of whole videos pass unchanged, in lower case.
    """
    by_video: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    for row in rows:
        cell = row["file_name"]
        by_video[video_name(cell)].append((segment_number(cell), row))
    found: dict[str, dict[str, str]] = {}
    for video, members in by_video.items():
        ordered = [row for _, row in sorted(members, key=lambda item: item[0])]
        cells = {sign: [word(r[sign]) for r in ordered] for sign in signs_in(ordered)}
        found[video] = {
            sign: words[0]
            if len(words) == 1 or sign in first_segment
            else "yes"
            if "yes" in words
            else "no"
            for sign, words in cells.items()
        }
    return found


def strange(rows: Iterable[Row]) -> int:
    """Return how many cells of signs hold neither an answer nor a failure to answer."""
    table = list(rows)
    cells = (row[sign] for sign in signs_in(table) for row in table)
    return sum(word(cell).strip(".") not in _WORDS for cell in cells)


_WORDS = frozenset({"yes", "no", "fail", "nan", "n/a", ""})


def published(
    said: Mapping[str, Mapping[str, str]], truth: Mapping[str, Mapping[str, str]]
) -> dict[str, object]:
    """Return the scores of each sign as published.

    Videos with another answer than yes or no are left out, and so are those that the
    table of the model lacks.
    """
    shared = [video for video in truth if video in said]
    signs = [s for s in vocabulary().by_name if shared and s in said[shared[0]]]
    scores: dict[str, object] = {"n_merged": len(shared)}
    for sign in signs:
        pairs = [(word(truth[v][sign]), said[v][sign]) for v in shared]
        scores[sign] = published_sign(sign, pairs)
    return scores


def published_sign(sign: str, pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Score pairs of truth and answer, with *yes* as the positive class.

    For answers of the patient, an empty answer of the model is a class of its own and
    the mean over all classes is taken: it drags the score, for the truth has no such
    class.
    """
    if sign == TESTED:
        allowed = {"yes", "no", "na"}
        kept = [(true, said or "na") for true, said in pairs if true in {"yes", "no"}]
        kept = [(true, said) for true, said in kept if said in allowed]
    else:
        kept = [p for p in pairs if set(p) <= {"yes", "no"}]
    true = [pair[0] for pair in kept]
    said = [pair[1] for pair in kept]
    how = {"average": "macro"} if sign == TESTED else {"pos_label": "yes"}
    return {**scored(true, said, **how), "n": len(kept), "n_pos": true.count("yes")}


_SCORES = ("precision", "recall", "f1", "accuracy")


def scored(true: list[str], said: list[str], **how: str) -> dict[str, float]:
    """Return precision, recall, F1 and accuracy; 0 where they are not defined."""
    if not true:
        return dict.fromkeys(_SCORES, 0.0)
    average = how.get("average", "binary")
    labels = None if average == "binary" else sorted({*true, *said})
    precision, recall, f1, _ = precision_recall_fscore_support(
        true,
        said,
        labels=labels,
        average=average,
        pos_label=how.get("pos_label", 1),
        zero_division=0,
    )
    values = (precision, recall, f1, accuracy_score(true, said))
    return dict(zip(_SCORES, map(float, values), strict=True))
