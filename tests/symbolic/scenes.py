"""Scenes: what was observed, written in a line each."""

from __future__ import annotations

from s3ns.facts import (
    Absence,
    Document,
    Finding,
    Observation,
    Recording,
    Side,
    Step,
    Unassessable,
    sign_named,
)

SOURCE = "scene"


def observation(line: str) -> Observation:
    """Read one line: ``clonic left 10-15 rate=3``, ``no tonic 0-20`` or
    ``? tonic limb_covered 0-20``; ``@0.4`` gives a confidence."""
    first, *rest = line.split()
    if first == "no":
        start, end = map(float, rest[1].split("-"))
        return Absence(sign=rest[0], start=start, end=end, source=SOURCE)
    if first == "?":
        start, end = map(float, rest[2].split("-"))
        return Unassessable(
            sign=rest[0], reason=rest[1], start=start, end=end, source=SOURCE
        )
    side = Side.UNKNOWN if sign_named(first).is_sided else Side.NONE
    confidence, measures = 0.9, {}
    start = end = 0.0
    for word in rest:
        if word in list(Side):
            side = Side(word)
        elif word.startswith("@"):
            confidence = float(word[1:])
        elif "=" in word:
            name, value = word.split("=")
            measures[name] = float(value)
        else:
            start, end = map(float, word.split("-"))
    return Finding(
        sign=first,
        side=side,
        start=start,
        end=end,
        confidence=confidence,
        measures=measures,
        evidence=f"{first} as scripted",
        source=SOURCE,
    )


def document(scene: str, duration: float = 60.0) -> Document:
    """Make a Document of a scene, one observation a line or between semicolons."""
    lines = [line.strip() for line in scene.replace(";", "\n").splitlines()]
    observations = [observation(line) for line in lines if line]
    empty = Document(recording=Recording(id="scene", duration=duration))
    step = Step(stage="extract", tool="scene", version="1")
    return empty.with_observations(observations, step)
