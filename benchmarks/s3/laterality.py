"""Task 3: to which side the head turned and which arm moved, and where it began."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from s3ns.benchmarks.s3.recognition import scored
from s3ns.benchmarks.s3.tables import Row, video_name, word

SIDES = ("left", "right")

COLUMNS = {
    "head": ("left_right_head_turning", "head_turning_direction"),
    "arm": ("left_right_arm_movement", "arm_movement_direction"),
    "region": ("body_region_onset", "onset_body_part"),
}
"""For each question the column of the truth and that of the answers."""

_EMPTY = {"", "nan", "n/a", "na"}

TYPING_ERRORS = {"amrs": "arms", "leg": "legs"}
"""Words of the annotated regions that are classes of their own as published."""


def cells(rows: Iterable[Row], name: str) -> dict[str, str]:
    """Return the cells of a column by video."""
    return {
        video_name(row.get("file_name") or row.get("video_name", "")): row[name]
        for row in rows
    }


def published_side(
    said: Mapping[str, str], truth: Mapping[str, str]
) -> dict[str, float]:
    """Score left and right as published, with right as the positive class.

    Cells with stray blanks, and answers that are no side, are left out.
    """
    pairs = [
        (truth[video], said[video])
        for video in truth
        if video in said and truth[video] in SIDES and said[video] in SIDES
    ]
    true, answers = [p[0] for p in pairs], [p[1] for p in pairs]
    return {**scored(true, answers, pos_label="right"), "n": len(pairs)}


def published_region(
    said: Mapping[str, str], truth: Mapping[str, str]
) -> dict[str, float]:
    """Score the region of onset as published, as the mean over all words that occur.

    No model's answers can name the full body, for their parser leaves it out.
    """
    pairs = [
        (word(truth[video]), word(said[video]))
        for video in truth
        if video in said
        and word(truth[video]) not in _EMPTY
        and word(said[video]) not in _EMPTY
    ]
    true, answers = [p[0] for p in pairs], [p[1] for p in pairs]
    return {**scored(true, answers, average="macro"), "n": len(pairs)}
