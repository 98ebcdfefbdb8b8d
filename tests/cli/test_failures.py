"""What goes wrong ends with its exit code, one line, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Run
from tests.neural.media import write_sound, write_video


def bad_inputs(folder: Path) -> dict[str, Path]:
    folder.mkdir()
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("This is not a video.\n" * 100)
    whole = write_video(folder / "cut.mp4", count=60)
    whole.write_bytes(whole.read_bytes()[:2000])
    write_sound(folder / "sound.m4a", np.zeros(16_000, np.float32))
    images = [np.zeros((2, 2, 3), np.uint8)] * 5
    write_video(folder / "dot.mkv", images=images, codec="ffv1", pixels="bgr0")
    write_video(folder / "still.mp4", count=1)
    return {path.name: path for path in folder.iterdir()} | {
        "none.mp4": folder / "none.mp4"
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.mp4", "no file"),
        ("empty.mp4", "empty"),
        ("text.mp4", "not a video that can be read"),
        ("cut.mp4", "not a video that can be read"),
        ("sound.m4a", "only sound"),
        ("dot.mkv", "2 x 2 pixels"),
        ("still.mp4", "single picture"),
    ],
)
def test_bad_videos(run: Run, tmp_path: Path, name: str, words: str) -> None:
    path = bad_inputs(tmp_path / "in")[name]
    target = tmp_path / "out" / "result.json"
    target.parent.mkdir()
    for command in ("classify", "extract"):
        result = run(command, path, "-o", target)
        assert result.exit_code == 3
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert line.startswith("Error: ")
        assert words in line
    assert not list(target.parent.iterdir())


def test_a_traceback_only_on_demand(run: Run, tmp_path: Path) -> None:
    result = run("classify", tmp_path / "none.mp4", "--debug")
    assert result.exit_code == 3
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}', "\x00\xff"])
@pytest.mark.parametrize("command", ["reason", "explain"])
def test_bad_documents(run: Run, tmp_path: Path, command: str, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(text.encode("latin-1"))
    result = run(command, path)
    assert result.exit_code == 3
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert "is not an s3ns Document" in line


def test_models_missing(run: Run, tiny: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    result = run("classify", tiny, "--models", tmp_path, "-o", target)
    assert result.exit_code == 5
    assert "s3ns models pull" in result.stderr
    assert not target.exists()


def test_wrong_rules_are_found_before_the_video_is_looked_at(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "bad.lp").write_text("supports(\n")
    for command in ("classify", "reason"):
        result = run(command, tmp_path / "none", "--rules", tmp_path)
        assert result.exit_code == (4 if command == "classify" else 3)
        assert len(result.stderr.splitlines()) <= 2
        assert result.stdout == ""


def test_reason_with_wrong_rules(run: Run, judged: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.lp").write_text("supports(\n")
    result = run("reason", judged, "--rules", tmp_path)
    assert result.exit_code == 4
    assert "bad.lp:" in result.stderr


@pytest.mark.parametrize("words", [["--device", "gpu"], ["--extractor", "landmark"]])
def test_what_is_not_there(run: Run, tiny: Path, words: list[str]) -> None:
    result = run("classify", tiny, *words)
    assert result.exit_code == 1
    assert "allowed are" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fps", "0"], "number from 1 to 240"),
        (["--fps", "nan"], "number from 1 to 240"),
        (["--fps", "inf"], "number from 1 to 240"),
        (["--start", "-1"], "not a time"),
        (["--start", "1:x"], "not a time"),
        (["--start", "nan"], "not a time"),
        (["--start", "5", "--end", "0:05"], "does not lie after"),
        (["--patient-roi", "1,2,3"], "x,y,width,height"),
        (["--patient-roi", "0,0,0,5"], "x,y,width,height"),
        (["--resume"], "-o DIR"),
        (["--rules", "no-such-folder"], "no-such-folder"),
        (["-o", "no-such-folder/a.json"], "no folder"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_usage(run: Run, tiny: Path, words: list[str], said: str) -> None:
    result = run("classify", tiny, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_a_place_outside_the_picture_is_no_place(run: Run, tiny: Path) -> None:
    """Else everything would be not assessable, and nobody would know why."""
    result = run("classify", tiny, "--patient-roi", "5000,0,10,10")
    assert result.exit_code == 3
    assert "lies outside the picture of" in result.stderr
    assert "--patient-roi" in result.stderr


def test_no_video_named(run: Run) -> None:
    assert run("classify").exit_code == 2


@pytest.mark.parametrize("count", [1, 2])
def test_what_cannot_be_written_is_told_before_the_work(
    run: Run, tmp_path: Path, count: int
) -> None:
    videos = [tmp_path / f"{number}.mp4" for number in range(count)]
    for video in videos:
        video.write_text("no video, which nobody gets to see")
    result = run("classify", *videos, "-o", "/proc/s3ns.json")
    assert result.exit_code == 3
    assert "cannot write to /proc" in result.stderr
    assert "0.mp4" not in result.stderr


def test_the_video_is_never_overwritten(run: Run, tiny: Path, tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.write_bytes(tiny.read_bytes())
    result = run("classify", video, "-o", video, "--overwrite")
    assert result.exit_code == 2
    assert "is what is read" in result.stderr
    assert video.read_bytes() == tiny.read_bytes()
