"""The texts of a Document for Tasks 2 and 6."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from s3ns.benchmarks.s3.document_texts import extraction, justifications, report
from s3ns.benchmarks.s3.documents import expert_document
from s3ns.benchmarks.s3.reports import LOCALISING, Extraction, rqi
from s3ns.benchmarks.s3.tables import open_checkout
from s3ns.benchmarks.s3.truth import Event, read_truth
from s3ns.facts import Side, Unassessable, sign_named
from tests.report.conftest import document, not_seen, seen
from tests.report.test_narrative import documents

TABLES = next(
    (
        place
        for folder in Path(__file__).parents
        if (place := folder / "shared/data/s3").is_dir()
    ),
    None,
)
"""The public tables, where they lie beside the project."""


def test_an_extraction_by_hand() -> None:
    found = extraction(
        document(
            seen("occur_during_sleep", 0.0, 4.0),
            seen("head_turning", 5.0, 12.0, Side.LEFT),
            seen("arm_flexion", 12.0, 15.0, Side.LEFT),
            seen("arm_straightening", 12.0, 15.0, Side.RIGHT),
            seen("figure4", 12.0, 15.0, Side.RIGHT),
            seen("clonic", 16.0, 40.0, Side.BILATERAL),
            seen("clonic", 42.0, 44.0, Side.LEFT),
            seen("close_eyes", 45.0, 55.0),
        )
    )
    assert found.parts == {"onset", "propagation", "postictal"}
    assert found.sequence == (
        "occur_during_sleep",
        "head_turning",
        "arm_flexion",
        "arm_straightening",
        "figure4",
        "clonic",
        "close_eyes",
    )
    assert found.localising == {
        "head_turning": "left",
        "first_motor_laterality": "left",
        "asymmetric_posturing": "right arm extension",
        "figure_4": "right",
    }
    assert not found.is_unsafe
    assert not found.is_padded


@pytest.mark.parametrize(
    ("found", "key", "said"),
    [
        ([seen("head_turning", 1, 5, Side.UNKNOWN)], "head_turning", "none"),
        (
            [seen("tonic", 1, 5, Side.BILATERAL), seen("clonic", 6, 9, Side.LEFT)],
            "first_motor_laterality",
            "none",
        ),
        (
            [seen("tonic", 1, 5, Side.LEFT), seen("clonic", 1, 9, Side.RIGHT)],
            "first_motor_laterality",
            "none",
        ),
        (
            [seen("tonic", 1, 5, Side.UNKNOWN), seen("clonic", 6, 9, Side.RIGHT)],
            "first_motor_laterality",
            "right",
        ),
        (
            [seen("arm_flexion", 1, 5, Side.RIGHT)],
            "asymmetric_posturing",
            "right arm flexion",
        ),
        (
            [seen("figure4", 1, 5, Side.LEFT)],
            "asymmetric_posturing",
            "left arm extension",
        ),
        ([seen("arm_flexion", 1, 5, Side.BILATERAL)], "asymmetric_posturing", "none"),
    ],
)
def test_localising_features(found, key, said) -> None:
    assert extraction(document(*found)).localising[key] == said


@settings(max_examples=100, deadline=None)
@given(documents)
def test_the_extraction_is_that_of_the_report(made):
    found = extraction(made)
    text = report(made)
    assert found.words == len(text.split())
    assert set(found.sequence) == {f.sign for f in made.findings}
    assert len(set(found.sequence)) == len(found.sequence)
    assert all(sign_named(s).worded() in text.lower() for s in found.sequence)
    assert list(found.localising) == list(LOCALISING)
    flipped = extraction(made.mirrored())
    exchange = {"left": "right", "right": "left"}
    for key, value in found.localising.items():
        mirrored = re.sub("left|right", lambda m: exchange[m[0]], value)
        assert flipped.localising[key] == mirrored
    assert flipped.sequence == found.sequence
    assert flipped.parts == found.parts


def test_nothing_seen_tells_of_no_part() -> None:
    found = extraction(document(*not_seen("tonic")))
    assert found.parts == frozenset()
    assert found.sequence == ()
    assert set(found.localising.values()) == {"none"}


def test_justifications_by_hand() -> None:
    turn = msgspec.structs.replace(
        seen("head_turning", 5.0, 12.0, Side.LEFT),
        evidence="head turned to the left by 40 deg, 5.0-12.0 s",
    )
    bare = msgspec.structs.replace(seen("blank_stare", 6.0, 9.0), evidence="")
    unseen = Unassessable(
        sign="close_eyes", start=0, end=60, source="test", reason="face_not_visible"
    )
    assert justifications(
        document(turn, bare, unseen, *not_seen("tonic", "ictal_vocalization"))
    ) == {
        "head_turning": "Head turning to the left: head turned to the left by 40 deg, "
        "5.0-12.0 s.",
        "blank_stare": "Blank stare: 00:06.0-00:09.0.",
        "close_eyes": "Not assessable: the face was not visible.",
        "tonic": "No tonic stiffening seen.",
        "ictal_vocalization": "No vocalisation heard.",
    }


def test_reports_from_the_experts_findings_beat_a_constant_one() -> None:
    """Findings that are right make reports that score as right."""
    if TABLES is None:
        pytest.skip("the tables of S3 are not here")
    events = read_truth(open_checkout(TABLES)).events
    constant = Extraction(
        parts=frozenset({"onset", "propagation", "postictal"}),
        sequence=("head_turning", "tonic", "clonic"),
        localising=dict.fromkeys(LOCALISING, "none"),
        words=50,
    )
    scores = [
        [rqi(said, e.report, e.sequence) for said in (_ours(e), constant)]
        for e in events
        if e.report is not None
    ]
    ours, floor = (sum(column) / len(scores) for column in zip(*scores, strict=True))
    assert ours > floor + 5


def _ours(event: Event) -> Extraction:
    return extraction(expert_document(event))
