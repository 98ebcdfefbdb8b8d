"""The program as a process: start, streams, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.neural.media import write_video

S3NS = [sys.executable, "-c", "from s3ns.cli import main; main(prog_name='s3ns')"]
HEAVY = ("numpy", "cv2", "av", "onnxruntime", "clingo", "torch", "rich", "scipy")


def s3ns(
    *words: object, encoding: str = "utf-8", **settings: str
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONIOENCODING": encoding} | settings
    arguments = [*S3NS, *map(str, words)]
    return subprocess.run(
        arguments, capture_output=True, text=True, env=environment, check=False
    )


def test_help_is_quick() -> None:
    took = []
    for _ in range(5):
        started = time.perf_counter()
        assert s3ns("--help").returncode == 0
        took.append(time.perf_counter() - started)
    assert min(took) < 0.3


@pytest.mark.parametrize("words", [["--help"], ["classify", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\n"
        "from s3ns.cli import main\n"
        "try:\n"
        f"    main({words!r}, prog_name='s3ns')\n"
        "finally:\n"
        "    print(' '.join(sys.modules), file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in result.stderr.split()}
    assert not loaded & set(HEAVY)


def test_every_command_has_help_with_examples() -> None:
    for command in ("classify", "extract", "reason", "explain"):
        result = s3ns(command, "-h")
        assert result.returncode == 0
        assert f"s3ns {command} " in result.stdout.partition("Examples")[2]


def test_a_terminal_without_unicode_gets_ascii(judged: Path) -> None:
    result = s3ns("explain", judged, encoding="ascii")
    assert result.returncode == 0, result.stderr
    assert result.stdout.isascii()
    assert "`- " in result.stdout
    assert "└─ " in s3ns("explain", judged).stdout


def test_a_reader_that_stops_early_makes_no_noise(judged: Path) -> None:
    command = f"{' '.join(map(repr, S3NS))} explain '{judged}' | head -n 1"
    result = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=True
    )
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
@pytest.mark.parametrize("batch", [False, True])
def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path, batch: bool) -> None:
    # Long enough not to be over; nobody is in it, so it is searched picture by picture.
    clips = tmp_path / "clips"
    clips.mkdir()
    path = write_video(clips / "long.mp4", count=1800)
    out = tmp_path / "out"
    out.mkdir()
    target = out if batch else out / "a.json"
    process = subprocess.Popen(
        [*S3NS, "classify", str(path), "--fps", "30", "-o", str(target)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stdout == ""
    assert stderr.splitlines()[-1] == "stopped"
    assert "Traceback" not in stderr
    assert not list(out.iterdir())
