"""Task 5: in which order the signs came."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from rapidfuzz.distance import LCSseq, Levenshtein

Tokens = tuple[str, ...]

_GAP = "<gap>"


def tokens(cell: str) -> Tokens:
    """Read a list of signs, as the models wrote it.

    Words are divided by commas (ours or Chinese), in brackets and quotes or not; a cell
    without a comma is divided at blanks. Unknown words are kept.
    """
    text = cell.strip().replace("，", ",")
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    parts = text.split(",") if "," in text else text.split()
    found = (part.strip().strip("'\"").strip().rstrip(".;").strip() for part in parts)
    return tuple(re.sub(r"\s+", "_", part) for part in found if part)


def joined(segments: Sequence[Tokens]) -> Tokens:
    """Join the lists of neighbouring segments, without what they have in common.

    The longest end of what is there that begins the next segment is taken once. Repeats
    beyond that stay, as published.
    """
    found: list[str] = []
    for segment in segments:
        longest = min(len(found), len(segment))
        shared = next(
            (
                length
                for length in range(longest, 0, -1)
                if tuple(found[-length:]) == segment[:length]
            ),
            0,
        )
        found.extend(segment[shared:])
    return tuple(found)


def published(said: Tokens, truth: Tokens) -> tuple[float, float, float]:
    """Return edit distance, "temporal F1" and "LCS ratio" as published.

    The second is the share of aligned places that agree, in which a surplus at the end
    agrees with nothing there; the third is divided by the length of what was said.
    Babbling raises the one, and a single safe word the other. See
    :func:`order_scores` for measures without these flaws.
    """
    distance = Levenshtein.distance(said, truth)
    common = LCSseq.similarity(said, truth)
    return float(distance), agreement(said, truth), common / len(said) if said else 0.0


def agreement(said: Tokens, truth: Tokens, *, gap_counts: bool = True) -> float:
    """Return the share of places of an optimal alignment at which both agree.

    Parameters
    ----------
    said, truth
        The two lists.
    gap_counts
        Whether, as published, surplus words after the last true one agree with nothing
        there. If not, surplus and missing words never agree.
    """
    pairs: list[tuple[str, str]] = []
    for step in Levenshtein.opcodes(said, truth):
        i, j = step.src_start, step.dest_start
        if step.tag in {"equal", "replace"}:
            pairs += zip(truth[j : step.dest_end], said[i : step.src_end], strict=True)
        elif step.tag == "delete":
            there = truth[j] if j < len(truth) else _GAP
            pairs += [(there, _GAP)] * (step.src_end - i)
        else:
            there = said[i] if i < len(said) else _GAP
            pairs += [(true, there) for true in truth[j : step.dest_end]]
    if not pairs:
        return 1.0
    agreeing = sum(a == b and (gap_counts or a != _GAP) for a, b in pairs)
    return agreeing / len(pairs)


def first_only(said: Tokens) -> Tokens:
    """Return the signs in the order of their first mention."""
    return tuple(dict.fromkeys(said))


def pair_order_f1(said: Tokens, truth: Tokens) -> float:
    """Return the F1 of pairs of signs named in the right order, repeats left out.

    Lists of one sign have no pairs; they are right where they are equal.
    """
    a, b = first_only(said), first_only(truth)
    right, wrong = set(combinations(b, 2)), set(combinations(a, 2))
    if not right and not wrong:
        return float(a == b)
    return 2 * len(right & wrong) / (len(right) + len(wrong))


def order_scores(said: Tokens, truth: Tokens) -> dict[str, float]:
    """Return scores of an order that neither babbling nor one safe word can raise.

    Both lists are taken in the order of first mention. ``agreement`` is the published
    alignment with a gap never counted as a hit; ``edit_distance`` is divided by the
    length of the longer list. Two empty lists agree.
    """
    a, b = first_only(said), first_only(truth)
    common = LCSseq.similarity(a, b)
    both_empty = not a and not b
    return {
        "pair_order_f1": pair_order_f1(a, b),
        "lcs_precision": common / len(a) if a else float(both_empty),
        "lcs_recall": common / len(b) if b else float(both_empty),
        "lcs_f1": 2 * common / (len(a) + len(b)) if a or b else 1.0,
        "agreement": agreement(a, b, gap_counts=False),
        "edit_distance": Levenshtein.normalized_distance(a, b),
    }
