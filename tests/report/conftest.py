"""A Document with a verdict, made by the real rules from findings written here."""

from __future__ import annotations

import pytest

from s3ns.facts import (
    Absence,
    Document,
    Finding,
    Observation,
    Recording,
    Side,
    Step,
    Unassessable,
)
from s3ns.pipeline import reason

LENGTH = 60.0


def seen(sign: str, start: float, end: float, side: Side = Side.NONE) -> Finding:
    return Finding(
        sign=sign,
        start=start,
        end=end,
        side=side,
        source="test",
        confidence=0.9,
        evidence="measured",
    )


def not_seen(*signs: str) -> list[Observation]:
    return [Absence(sign=s, start=0.0, end=LENGTH, source="test") for s in signs]


def document(*observations: Observation) -> Document:
    step = Step(
        stage="extract",
        tool="test",
        version="1",
        window=(0.0, LENGTH),
        remarks=("two people were in view",),
    )
    recording = Recording(id="rec-0123456789", duration=LENGTH, has_audio=True)
    return Document(recording=recording).with_observations(observations, step)


@pytest.fixture(scope="session")
def findings_only() -> Document:
    return document(
        seen("head_turning", 5.0, 12.0, Side.LEFT),
        seen("figure4", 12.0, 18.0, Side.LEFT),
        seen("tonic", 12.0, 20.0, Side.BILATERAL),
        seen("clonic", 20.0, 40.0, Side.BILATERAL),
        *not_seen("asynchronous_movement", "pelvic_thrusting", "full_body_shaking"),
        Unassessable(
            sign="close_eyes",
            start=0.0,
            end=LENGTH,
            source="test",
            reason="face_not_visible",
        ),
        Unassessable(
            sign="eye_blinking",
            start=10.0,
            end=LENGTH,
            source="test",
            reason="face_not_visible",
        ),
        Unassessable(
            sign="verbal_responsiveness",
            start=0.0,
            end=LENGTH,
            source="test",
            reason="not_addressed",
        ),
        Unassessable(
            sign="oral_automatisms",
            start=1.0,
            end=1.2,
            source="test",
            reason="face_too_small",
        ),
    )


@pytest.fixture(scope="session")
def epileptic(findings_only: Document) -> Document:
    return reason(findings_only)


@pytest.fixture(scope="session")
def non_epileptic() -> Document:
    return reason(
        document(
            seen("asynchronous_movement", 5.0, 55.0),
            seen("pelvic_thrusting", 10.0, 40.0),
            seen("close_eyes", 5.0, 55.0),
            *not_seen("clonic", "tonic", "figure4", "head_turning"),
        )
    )


@pytest.fixture(scope="session")
def undecided() -> Document:
    return reason(document(*not_seen("clonic")))
