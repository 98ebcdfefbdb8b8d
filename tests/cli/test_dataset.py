"""The commands ``s3ns dataset sft`` and ``grpo``, as a user types them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from s3ns.facts import Absence, Document
from s3ns.neural.video import probe
from tests.cli.conftest import Run
from tests.neural.media import write_video


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    """Return a folder with two clips of two patients, and their Documents."""
    root = tmp_path / "clips"
    for name, count in (("Doe_Jane", 20), ("Roe_Rick", 24)):
        (root / name).mkdir(parents=True)
        video = write_video(root / name / f"{name}.mp4", count=count)
        recording = probe(video)
        absent = Absence(sign="tonic", start=0, end=recording.duration, source="Dr Who")
        document = Document(recording=recording, absences=(absent,))
        document.write(video.with_suffix(".json"))
    return root


@pytest.mark.parametrize("kind", ["sft", "grpo"])
def test_records_are_written_and_name_nobody(
    run: Run, annotated: Path, tmp_path: Path, kind: str
) -> None:
    data = tmp_path / "data"
    words = ["dataset", kind, annotated, "-o", data, "--licence", "CC0-1.0"]
    result = run(*words, "--validation", 0.5)
    assert result.exit_code == 0, result.output
    for part in ("train", "validation"):
        text = (data / f"{kind}-{part}.jsonl").read_text()
        for line in text.splitlines():
            (video,) = json.loads(line)["videos"]
            assert (data / video).is_file()
        assert not [name for name in ("Doe", "Roe", "Who", "clips") if name in text]
    # A symbolic link would tell the folder and the name that the video came from.
    assert not any(path.is_symlink() for path in (data / "videos").iterdir())
    assert "Doe" not in (data / "README.md").read_text()
    assert run(*words).exit_code == 2
    # Whoever was validated on may now be trained on, and who is gone is gone.
    shutil.rmtree(annotated / "Roe_Rick")
    assert run(*words, "--overwrite").exit_code == 0
    assert not list(data.glob(f"{kind}-validation.*"))
    assert len(list((data / "videos").iterdir())) == 1
    words[1] = {"sft": "grpo", "grpo": "sft"}[kind]
    assert "name another folder" in run(*words, "--overwrite").output


def test_videos_in_the_folder_of_the_data_are_not_lost(
    run: Run, annotated: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.move(annotated, data / "videos")
    for path in list(data.rglob("*.mp4")):  # named as we name them
        path.rename(data / "videos" / f"{probe(path).id}.mp4")
    before = sorted(data.rglob("*"))
    words = ["dataset", "sft", data, "-o", data, "--licence", "CC0-1.0"]
    result = run(*words, "--overwrite")
    assert result.exit_code == 2
    assert "name another folder" in result.output
    assert sorted(data.rglob("*")) == before


def test_a_licence_must_be_named(run: Run, annotated: Path, tmp_path: Path) -> None:
    result = run("dataset", "sft", annotated, "-o", tmp_path / "data")
    assert result.exit_code == 2
    assert "--licence" in result.output
