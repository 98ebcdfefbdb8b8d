"""From the findings of a Document to the labels of its windows: three values.

A label is 1 where the sign was seen, 0 where it was looked for and not seen, and NaN
where it could not be judged or the window shows only an edge of it. NaN teaches
nothing and counts in no score.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from s3ns.facts import Document, Interval, sign_named, vocabulary

Labels = npt.NDArray[np.float32]

ABSENT_SHARE = 0.9
"""Share of a window that must have been judged to call a sign absent (design)."""


def visible_signs() -> list[str]:
    """Return the signs that pictures can show, in vocabulary order."""
    return [sign.name for sign in vocabulary().signs if sign.modality == "video"]


def window_labels(
    document: Document, spans: Sequence[tuple[float, float]], signs: Sequence[str]
) -> Labels:
    """Label windows.

    A window shows a sign if the finding fills half of it, or is in it for as long as
    the sign must last.

    Parameters
    ----------
    document
        Findings and absences of the recording.
    spans
        The windows, ``(start, end)`` in seconds.
    signs
        Names of the signs.

    Returns
    -------
    ``(windows, signs)`` of 1, 0 and NaN.
    """
    labels = np.full((len(spans), len(signs)), np.nan, np.float32)
    for column, sign in enumerate(signs):
        least = sign_named(sign).minimum_duration
        seen = [item for item in document.findings if item.sign == sign]
        absent = [item for item in document.absences if item.sign == sign]
        for row, (start, end) in enumerate(spans):
            shown = _shared(seen, start, end)
            if shown >= min(least, (end - start) / 2) - 1e-6:
                labels[row, column] = 1
            elif shown == 0:
                judged = _shared(absent, start, end)
                if judged >= ABSENT_SHARE * (end - start) - 1e-6:
                    labels[row, column] = 0
    return labels


def video_labels(document: Document, signs: Sequence[str]) -> Labels:
    """Label a whole recording.

    Returns
    -------
    ``(signs,)``: 1 if there is a finding, 0 if the sign was looked for in nearly all of
    it and not seen, NaN otherwise.
    """
    whole = window_labels(document, [(0.0, document.recording.duration)], signs)[0]
    found = {finding.sign for finding in document.findings}
    return np.where([sign in found for sign in signs], 1, whole).astype(np.float32)


def _shared(items: Iterable[Interval], start: float, end: float) -> float:
    """Return the seconds of a window that intervals cover together."""
    covered, reached = 0.0, start
    for item in sorted(items, key=lambda found: found.start):
        covered += max(0.0, min(item.end, end) - max(item.start, reached))
        reached = max(reached, min(item.end, end))
    return covered
