"""Annotations of other programs, read and written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s3ns.facts import Absence, Document, Finding, InputError, Recording, Side
from s3ns.facts.annotations import FORMATS, document_of, reader, sign_and_side, writer
from s3ns.facts.finding import Unassessable

RECORDING = Recording(id="rec-1", duration=30.0)
WHO = {"source": "annotation"}


@pytest.fixture
def document() -> Document:
    return Document(
        recording=RECORDING,
        findings=(
            Finding(
                sign="tonic", side=Side.LEFT, start=2, end=8.5, confidence=0.75, **WHO
            ),  # type: ignore[arg-type]
            Finding(sign="close_eyes", start=20.25, end=24, **WHO),  # type: ignore[arg-type]
        ),
        absences=(Absence(sign="clonic", start=0, end=30, **WHO),),
        unassessable=(
            Unassessable(
                sign="face_pulling", start=0, end=30, reason="face_not_visible", **WHO
            ),
        ),
    )


def read_back(name: str, path: Path) -> Document:
    return document_of(
        reader(name)(path), RECORDING, looked_for=[], stage=name, version="1"
    )


@pytest.mark.parametrize("name", ["bids", "elan"])
def test_all_three_values_come_back(
    document: Document, tmp_path: Path, name: str
) -> None:
    if name == "elan":
        pytest.importorskip("pympi", reason="ELAN needs the formats extra")
    path = tmp_path / f"events{FORMATS[name]}"
    writer(name)(document, path)
    found = read_back(name, path)
    assert found.findings == document.findings
    assert found.absences == document.absences
    assert found.unassessable == document.unassessable
    assert found.provenance[0].stage == name


def test_bids_columns_are_described(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "sub-01_events.tsv"
    writer("bids")(document, path)
    head, *lines = path.read_text().splitlines()
    assert head.split("\t")[:3] == ["onset", "duration", "trial_type"]
    assert all(len(line.split("\t")) == len(head.split("\t")) for line in lines)
    sidecar = json.loads(path.with_suffix(".json").read_text())
    assert set(sidecar) == set(head.split("\t"))
    assert "tonic" in sidecar["trial_type"]["Levels"]


def test_elan_tiers_never_overlap_and_name_nobody(tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi", reason="ELAN needs the formats extra")
    spans = ((1.0, 4.0), (3.0, 6.0), (8.0, 9.0))
    findings = tuple(
        Finding(sign="tonic", side=Side.LEFT, start=a, end=b, source="Dr Who")
        for a, b in spans
    )
    path = tmp_path / "clip.eaf"
    writer("elan")(Document(recording=RECORDING, findings=findings), path)
    tier = pympi.Elan.Eaf(str(path)).get_annotation_data_for_tier("tonic@left")
    assert [(a, b) for a, b, _ in sorted(tier)] == [(1000, 6000), (8000, 9000)]
    assert "Who" not in path.read_text()
    (tmp_path / "bad.eaf").write_text("<xml")
    with pytest.raises(InputError, match="is no file of ELAN"):
        reader("elan")(tmp_path / "bad.eaf")


def test_boris_aggregated_events(tmp_path: Path) -> None:
    path = tmp_path / "aggregated.tsv"
    head = "Observation id\tSubject\tBehavior\tModifiers\tBehavior type\tStart (s)\t"
    path.write_text(
        head + "Stop (s)\tComment\n"
        "o1\tDoe\tHead turning\tright|slow\tSTATE\t1.5\t4\t\n"
        "o1\tDoe\tgrooming\t\tSTATE\t5\t6\t\n"
        "o1\tDoe\tclose_eyes\t\tPOINT\t7\t7\t\n"
    )
    marked = reader("boris")(path)
    assert [(o.sign, o.start, o.end) for o in marked.observations] == [
        ("head_turning", 1.5, 4.0),
        ("close_eyes", 7.0, 7.0),
    ]
    assert marked.observations[0].side is Side.RIGHT  # type: ignore[union-attr]
    assert marked.left_out == {"grooming": 1}


def test_boris_tabular_events(tmp_path: Path) -> None:
    path = tmp_path / "tabular.csv"
    head = "Observation id,Behavior,Modifier #1,Behavior type,Time\n"
    rows = "o,tonic,left,START,1\no,tonic,right,START,2\no,tonic,left,STOP,3\n"
    path.write_text(head + rows + "o,tonic,right,STOP,5\n")
    marked = reader("boris")(path)
    spans = [(str(o.side), o.start, o.end) for o in marked.observations]  # type: ignore[union-attr]
    assert spans == [("left", 1.0, 3.0), ("right", 2.0, 5.0)]
    path.write_text(head + rows)
    with pytest.raises(InputError, match="starts and does not stop"):
        reader("boris")(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks the column 'Behavior'"):
        reader("boris")(path)


def test_captions_are_webvtt(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "clip.vtt"
    writer("webvtt")(document, path)
    text = path.read_text()
    assert text.startswith("WEBVTT\n\n")
    assert "00:00:02.000 --> 00:00:08.500\nTonic stiffening, left\n" in text


def test_what_was_not_looked_for_is_not_absent(tmp_path: Path) -> None:
    path = tmp_path / "events.tsv"
    path.write_text("onset\tduration\ttrial_type\n2\t3\ttonic\n")
    marked = reader("bids")(path)
    silent = document_of(marked, RECORDING, looked_for=[], stage="bids", version="1")
    assert not silent.absences
    told = document_of(
        marked, RECORDING, looked_for=["tonic", "clonic"], stage="bids", version="1"
    )
    spans = [(item.sign, item.start, item.end) for item in told.absences]
    assert sorted(spans) == [("clonic", 0, 30), ("tonic", 0, 2), ("tonic", 5, 30)]


def test_annotations_of_another_recording_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.tsv"
    path.write_text("onset\tduration\ttrial_type\n90\t3\ttonic\n")
    with pytest.raises(InputError, match="check that the annotation belongs to it"):
        read_back("bids", path)
    path.write_text("onset\tduration\ttrial_type\nsoon\t3\ttonic\n")
    with pytest.raises(InputError, match="expected a time in seconds, got 'soon'"):
        read_back("bids", path)


@pytest.mark.parametrize(
    ("name", "side", "expected"),
    [
        ("Tonic@left", "", ("tonic", Side.LEFT)),
        ("Head turning", "RIGHT", ("head_turning", Side.RIGHT)),
        ("head_turning", "bilateral", ("head_turning", Side.UNKNOWN)),
        ("pelvic_thrusting", "left", ("pelvic_thrusting", Side.NONE)),
        ("grooming", "", None),
    ],
)
def test_names_of_other_programs(name: str, side: str, expected: object) -> None:
    assert sign_and_side(name, side) == expected


def test_a_format_that_cannot_be_is_said() -> None:
    with pytest.raises(InputError, match="unknown format 'edf'"):
        reader("edf")
    with pytest.raises(InputError, match="webvtt cannot be read"):
        reader("webvtt")
    with pytest.raises(InputError, match="boris cannot be written"):
        writer("boris")
