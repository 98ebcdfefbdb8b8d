"""The one rule that turns seconds into the integer deciseconds of the rules.

Python and JSON hold seconds (float) from the first frame by presentation time; the
rules hold integer deciseconds. Rounding is half up, and an interval never becomes
empty: its end is at least one decisecond after its start.
"""

from __future__ import annotations

import math


def deciseconds(seconds: float) -> int:
    """Round a time in seconds to deciseconds, halves up.

    Raises
    ------
    ValueError
        If the time is not finite.
    """
    if not math.isfinite(seconds):
        raise ValueError(f"a time must be finite, got {seconds}")
    return scaled(seconds, 10)


def decisecond_interval(start: float, end: float) -> tuple[int, int]:
    """Round an interval in seconds to deciseconds, at least one decisecond long."""
    first = deciseconds(start)
    return first, max(deciseconds(end), first + 1)


def scaled(value: float, scale: int) -> int:
    """Round ``value * scale`` to an integer, halves up.

    Values pass through a short decimal form first, so that 0.15 s, which is stored as
    0.1499999..., rounds as written.
    """
    return math.floor(round(value * scale, 6) + 0.5)


def clock(seconds: float) -> str:
    """Format a time for people, ``mm:ss.s``."""
    total = deciseconds(seconds)
    minutes, rest = divmod(abs(total), 600)
    return f"{'-' if total < 0 else ''}{minutes:02d}:{rest // 10:02d}.{rest % 10}"
