"""Task 4: when each sign began, in clips of a minute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from s3ns.benchmarks.s3.tables import Row, seconds

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


def target_times(rows: Iterable[Row]) -> dict[Clip, float]:
    """Return the true time of each clip."""
    return {
        (row["file_name"], row["feature"]): float(row["target_time"]) for row in rows
    }


def published(rows: Iterable[Row], truth: Mapping[Clip, float]) -> dict[str, object]:
    """Return the mean absolute error of each sign as published.

    Clips without a time that can be read are left out, which rewards refusal.
    """
    said = {
        (row["file_name"], row["feature"]): clip_seconds(row["timestamp"])
        for row in rows
    }
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
