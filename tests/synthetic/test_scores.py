"""Scores: truth against itself, against nothing, and against its mirror image."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from s3ns.benchmarks.synthetic.routes import from_documents
from s3ns.benchmarks.synthetic.score import load, score
from s3ns.cli import main
from s3ns.facts import Document, InputError, Label, Unassessable, vocabulary

SAMPLES = Path(__file__).parents[2] / "samples" / "synthetic"


def scored(
    folder: Path, change: Any, verdict: Label = Label.NO_EVENT
) -> dict[str, Any]:
    for path in SAMPLES.glob("*.truth.json"):
        found = change(Document.read(path))
        found.write(folder / f"{found.recording.id}.json")
    return score(load(SAMPLES, from_documents(folder, SAMPLES)), lambda _: verdict)


def test_the_truth_scores_full_marks(tmp_path: Path) -> None:
    found = scored(tmp_path, lambda truth: truth)
    for name, sign in found["signs"].items():
        assert sign["clips"]["f1"] in {None, 1.0}, name
        assert sign["events"]["f1"] in {None, 1.0}, name
    assert found["summary"]["side_accuracy"] == 1.0
    assert found["summary"]["false_per_normal_minute"] == 0.0
    assert found["summary"]["hidden_said_so"] == 1.0
    assert found["summary"]["onset_error"] == 0.0


def test_who_says_nothing_finds_nothing(tmp_path: Path) -> None:
    def silent(truth: Document) -> Document:
        return msgspec.structs.replace(truth, findings=(), absences=(), unassessable=())

    found = scored(tmp_path, silent)
    assert found["signs"]["clonic"]["clips"]["recall"] == 0.0
    assert found["signs"]["clonic"]["abstained"] == 1
    assert found["summary"]["mean_clip_f1"] == 0.0


def test_a_mirror_gets_the_sides_wrong_and_nothing_else(tmp_path: Path) -> None:
    found = scored(tmp_path, lambda truth: truth.mirrored())
    assert found["summary"]["mean_clip_f1"] == 1.0
    for sign in ("head_turning", "figure4"):
        assert found["signs"][sign]["side_accuracy"] == 0.0
    assert found["signs"]["clonic"]["side_accuracy"] == 1.0  # bilateral


def test_a_late_finding_is_late_by_that_much(tmp_path: Path) -> None:
    def late(truth: Document) -> Document:
        moved = [
            msgspec.structs.replace(item, start=item.start + 0.4)
            for item in truth.findings
        ]
        return msgspec.structs.replace(truth, findings=tuple(moved))

    assert scored(tmp_path, late)["summary"]["onset_error"] == pytest.approx(0.4)


def test_one_answer_for_all_is_the_trivial_one(tmp_path: Path) -> None:
    found = scored(tmp_path, lambda truth: truth, Label.EPILEPTIC_SEIZURE)
    verdict = found["verdict"]
    assert verdict["coverage"] == 1.0
    assert verdict["macro_f1_decided"] == verdict["same_answer_macro_f1"]


def test_what_happens_out_of_sight_decides_nothing_in_view(tmp_path: Path) -> None:
    clips = load(SAMPLES, lambda _, truth: truth)

    def judge(document: Document) -> Label:
        seen = any(document.findings)
        return Label.EPILEPTIC_SEIZURE if seen else Label.INDETERMINATE

    assert score(clips, judge)["verdict"]["coverage_in_view"] > 0
    blind = [
        replace(clip, truth=_all_unassessable(clip.truth), found=clip.truth)
        for clip in clips
    ]
    verdict = score(blind, judge)["verdict"]
    assert verdict["coverage"] > 0
    assert verdict["coverage_in_view"] == 0


def _all_unassessable(truth: Document) -> Document:
    gaps = tuple(
        Unassessable(
            sign=sign,
            start=0,
            end=truth.recording.duration,
            source="s",
            reason="limb_covered",
        )
        for sign in vocabulary().by_name
    )
    return msgspec.structs.replace(truth, absences=(), unassessable=gaps)


def test_a_film_without_a_document_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="s3ns extract"):
        load(SAMPLES, from_documents(tmp_path, SAMPLES))
    with pytest.raises(InputError, match="s3ns synth suite"):
        load(tmp_path, from_documents(tmp_path, tmp_path))


def test_the_command_prints_a_table(tmp_path: Path) -> None:
    for path in SAMPLES.glob("*.truth.json"):
        shutil.copy(path, tmp_path / f"{Document.read(path).recording.id}.json")
    result = CliRunner().invoke(
        main, ["bench", "synthetic", str(SAMPLES), "--documents", str(tmp_path)]
    )
    assert result.exit_code == 0, result.output
    assert "asynchronous_movement" in result.output
    assert "macro f1" in result.output


def test_a_suite_of_an_earlier_version_is_to_be_filmed_again(tmp_path: Path) -> None:
    truth = Document.read(next(SAMPLES.glob("*.truth.json")))
    bare = msgspec.structs.replace(truth, verdict=None, proof=None)
    bare.write(tmp_path / "film.truth.json")
    with pytest.raises(InputError, match="film the suite again"):
        load(tmp_path, lambda _, found: found)
