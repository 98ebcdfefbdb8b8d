"""WebVTT: what was seen and the verdict, as captions that any player shows."""

from __future__ import annotations

from pathlib import Path

from s3ns.facts.document import Document, write_text
from s3ns.facts.vocabulary import Side, sign_named

_SIDES = {Side.LEFT: ", left", Side.RIGHT: ", right", Side.BILATERAL: ", both sides"}
SHORTEST = 0.5
"""Seconds; a shorter caption cannot be read."""


def write(document: Document, path: Path) -> None:
    """Write a caption for each finding; sides are the patient's own."""
    cues = ["WEBVTT", "NOTE Sides are the patient's own. Research use only."]
    for finding in document.findings:
        end = max(finding.end, finding.start + SHORTEST)
        title = sign_named(finding.sign).title + _SIDES.get(finding.side, "")
        cues.append(f"{_time(finding.start)} --> {_time(end)}\n{_plain(title)}")
    if document.verdict is not None:
        end = max(document.recording.duration, SHORTEST)
        start = max(0.0, end - 5)
        text = _plain(document.verdict.text)
        cues.append(f"{_time(start)} --> {_time(end)} line:0\n{text}")
    write_text(path, "\n\n".join(cues) + "\n")


def _time(seconds: float) -> str:
    whole = round(seconds * 1000)
    minutes, rest = divmod(whole, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _plain(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(escaped.split())
