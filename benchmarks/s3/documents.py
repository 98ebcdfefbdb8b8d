"""Experts' and models' tables as Documents, and Documents as answers to the tasks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from s3ns.benchmarks.s3.truth import Event, Mark
from s3ns.facts import (
    Absence,
    Document,
    Finding,
    Observation,
    Recording,
    Side,
    Step,
    Unassessable,
    vocabulary,
)

MARGIN = 1.0
"""Seconds that the recording goes on after the last annotated time.

The tables do not tell how long the videos are.
"""

UNTIMED = 10.0
"""Seconds that a sign without times is taken to last. Grade: design."""


def pseudonym(video: str) -> str:
    """Return the name of a video in a Document: it tells neither patient nor label."""
    return f"s3-{hashlib.sha256(video.encode()).hexdigest()[:12]}"


def expert_document(event: Event) -> Document:
    """Return what the experts saw as a Document.

    What they marked is seen, what they denied was looked for and not seen; what they
    left empty, such as answering where nobody asked, is not assessable. The side of a
    turned head is theirs; which arm moved, they do not say for each sign.
    """
    return _document(event.video, event.signs, event.sides.get("head"), "experts")


def model_document(
    video: str, said: Mapping[str, bool | None], system: str
) -> Document:
    """Return the yes and no of a system, which come without times, as a Document.

    Each sign it affirms is taken to last :data:`UNTIMED` seconds from the beginning on:
    rules about times and order cannot hold. What it did not answer is not assessable.
    """
    marks = {sign: Mark(said.get(sign)) for sign in vocabulary().by_name}
    return _document(video, marks, None, system)


def _document(
    video: str, marks: Mapping[str, Mark], head: str | None, source: str
) -> Document:
    times = [t for m in marks.values() for t in (m.start, m.end) if t is not None]
    first, last = min(times, default=0.0), max(times, default=0.0) + MARGIN
    length = max(last, UNTIMED + MARGIN)
    observations: list[Observation] = []
    for name, mark in marks.items():
        sign = vocabulary().by_name[name]
        if mark.seen is None:
            is_answer = name == "verbal_responsiveness"
            reason = "not_addressed" if is_answer else "no_extractor"
            observations.append(
                Unassessable(
                    sign=name, start=0, end=length, source=source, reason=reason
                )
            )
        elif not mark.seen:
            observations.append(Absence(sign=name, start=0, end=length, source=source))
        else:
            start = first if mark.start is None else mark.start
            lasts = max(sign.minimum_duration, UNTIMED)
            end = start + lasts if mark.end is None else mark.end
            end = max(end, start + sign.minimum_duration)
            if sign.is_lead_in:
                # Sleep has no times: it is the minute before the event.
                start, end = first, first + sign.minimum_duration
            side = Side.UNKNOWN if sign.is_sided else Side.NONE
            if name == "head_turning" and head:
                side = Side(head)
            observations.append(
                Finding(sign=name, start=start, end=end, source=source, side=side)
            )
    length = max(length, *(o.end for o in observations))
    step = Step(
        stage="extract",
        tool=source,
        version="S3",
        window=(0.0, length),
        remarks=("read from the tables of S3; the length of the video is not known",),
    )
    recording = Recording(id=pseudonym(video), duration=length)
    return Document(recording=recording).with_observations(observations, step)
