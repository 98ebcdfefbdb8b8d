"""Task 4: when each sign began, in clips of a minute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from s3ns.benchmarks.s3.tables import Damage, Row, seconds

Clip = tuple[str, str]
"""Name of a clip, and the sign (or ``start`` or ``end``) that it is cut around."""


def clip_seconds(cell: str) -> float | None:
    """Read a time within a clip: ``MM:SS``, ``H:MM:SS`` or whole seconds."""
    text = cell.strip()
    if text.isdigit():
        return float(text)
    parts = text.split(":")
    if len(parts) == 3 and all(part.strip().isdigit() for part in parts):
        hours, minutes, rest = map(int, parts)
        return 3600.0 * hours + 60 * minutes + rest
    return seconds(text)


def target_times(rows: Iterable[Row], file: str, damage: Damage) -> dict[Clip, float]:
    """Return the true time of each clip; what is no number is counted and left out."""
    found = {}
    for row in rows:
        time = clip_seconds(row["target_time"])
        if time is None:
            damage.note(file, "time that cannot be read")
        else:
            found[clip_of(row)] = time
    return found


def clip_of(row: Row) -> Clip:
    """Return the clip that a row tells of."""
    return row["file_name"].strip(), row["feature"].strip()


def published(rows: Iterable[Row], truth: Mapping[Clip, float]) -> dict[str, object]:
    """Return the mean absolute error of each sign as published.

    Clips without a time that can be read are left out, which rewards refusal.
    """
    said = {clip_of(row): clip_seconds(row["timestamp"]) for row in rows}
    shared = [clip for clip in truth if clip in said]
    errors: dict[str, list[float]] = {}
    for clip in shared:
        time = said[clip]
        if time is not None:
            errors.setdefault(clip[1], []).append(abs(time - truth[clip]))
    names = sorted({sign for _, sign in truth})
    return {
        "mae": {n: float(np.round(np.mean(errors.get(n, 0.0)), 2)) for n in names},
        "rows": len(said),
        "merged": len(shared),
        "used": sum(map(len, errors.values())),
    }
