"""Scenes: what was observed, one observation a line or between semicolons."""

from __future__ import annotations

from s3ns.facts import Document
from s3ns.facts.annotations import SOURCE
from s3ns.symbolic.cases import scene


def document(text: str, duration: float = 60.0, *, seen_by: str = SOURCE) -> Document:
    """Make a Document of a scene, written as the cases of the rules are."""
    lines = [line.strip() for line in text.replace(";", "\n").splitlines()]
    return scene([line for line in lines if line], duration, seen_by=seen_by)
