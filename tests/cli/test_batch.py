"""Many videos: one Document each, failures that stop nothing, going on later."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

import pytest

from s3ns.facts import Document
from tests.cli.conftest import Run


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_a_folder_gives_documents_and_a_summary(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = run("classify", folder, "-o", out)
    assert result.exit_code == 0, result.output
    documents = sorted(out.glob("*.json"))
    assert len(documents) == 2
    for path in documents:
        document = Document.read(path)
        assert document.verdict is not None
        assert path.stem == document.recording.id
    summary = rows(out / "summary.tsv")
    assert [row["recording"] for row in summary] == [
        row["recording"] for row in rows(out / "names.local.tsv")
    ]
    assert {row["status"] for row in summary} == {"done"}
    assert {row["verdict"] for row in summary} <= {"no_event", "indeterminate"}
    assert "Doe_Jane.mp4" in result.stdout
    assert "2 videos: 2 done" in result.stderr
    assert {p.name for p in out.iterdir()} == {
        *(p.name for p in documents),
        "summary.tsv",
        "names.local.tsv",
    }


def test_only_the_local_file_names_the_patient(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (folder / "Doe_Jane_2.mp4").write_text("broken")
    assert run("extract", folder, "-o", out).exit_code == 1
    for path in out.iterdir():
        text = path.read_text(encoding="utf-8")
        assert ("Doe" in text) == (path.name == "names.local.tsv")
        assert (str(tmp_path) in text) == (path.name == "names.local.tsv")


def test_a_failure_does_not_stop_the_rest(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    (folder / "broken.mp4").write_text("This is not a video.")
    out = tmp_path / "out"
    result = run("extract", folder, folder / "none.mp4", "-o", out)
    assert result.exit_code == 1
    states = [row["status"] for row in rows(out / "summary.tsv")]
    assert sorted(states) == ["done", "done", "failed", "failed"]
    assert "4 videos: 2 done, 2 failed" in result.stderr
    assert "Traceback" not in result.output


def test_resume_keeps_what_is_done(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("classify", folder, "-o", out)
    one, two = sorted(out.glob("rec-*.json"))
    one.write_text("damaged")
    kept = two.stat().st_mtime_ns
    assert run("classify", folder, "-o", out).exit_code == 2
    result = run("classify", folder, "-o", out, "--resume")
    assert result.exit_code == 0, result.output
    assert "1 done, 1 kept" in result.stderr
    assert two.stat().st_mtime_ns == kept
    assert Document.read(one).verdict is not None
    assert len(rows(out / "summary.tsv")) == 2
    assert run("classify", folder, "-o", out, "--overwrite").exit_code == 0


def test_findings_without_a_verdict_are_not_done_for_classify(
    run: Run, tiny: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert run("extract", tiny, "-o", out).exit_code == 0
    assert "1 kept" in run("extract", tiny, "-o", out, "--resume").stderr
    assert "1 done" in run("classify", tiny, "-o", out, "--resume").stderr


def test_batch_as_json(run: Run, folder: Path, tmp_path: Path) -> None:
    result = run("extract", folder, "-o", tmp_path / "out", "--json")
    assert [row["status"] for row in json.loads(result.stdout)] == ["done", "done"]


@pytest.mark.parametrize("words", [[], ["-o", "-"]])
def test_several_videos_need_a_folder(run: Run, folder: Path, words: list[str]) -> None:
    result = run("classify", folder, *words)
    assert result.exit_code == 2
    assert "-o DIR" in result.stderr


def test_a_folder_without_videos(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("classify", tmp_path, "-o", out)
    assert result.exit_code == 3
    assert "holds no video" in result.stderr
    assert not out.exists()


def test_a_file_where_the_folder_should_be(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("mine")
    assert run("classify", folder, "-o", tmp_path / "out").exit_code == 2
    assert (tmp_path / "out").read_text() == "mine"


def test_going_on_with_other_videos_keeps_the_earlier_rows(
    run: Run, folder: Path, tiny: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    second = folder / "more" / "second.mkv"
    assert run("extract", tiny, "-o", out).exit_code == 0
    assert run("extract", second, "-o", out, "--resume").exit_code == 0
    for name in ("summary.tsv", "names.local.tsv"):
        ids = [row["recording"] for row in rows(out / name)]
        assert sorted(ids) == sorted(path.stem for path in out.glob("*.json"))
    assert run("extract", second, "-o", out, "--overwrite").exit_code == 0
    assert len(rows(out / "summary.tsv")) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_any_file_name_will_do(run: Run, tiny: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"a\xff\tb\n[red] %s.mp4")
    path = tmp_path / name
    path.write_bytes(tiny.read_bytes())
    out = tmp_path / "out"
    out.mkdir()
    assert run("extract", path, "-o", tmp_path / "a.json").exit_code == 0
    assert run("extract", path, "-o", out).exit_code == 0
    (row,) = rows(out / "names.local.tsv")
    assert row["file"].endswith("[red] %s.mp4")
