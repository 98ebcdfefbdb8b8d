"""How far the analysis is: a bar on a terminal, lines elsewhere, on standard error."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from s3ns.report import progress

CODE = """
from s3ns.report.progress import shown
print("result")
with shown("looking at [b]a.mp4", quiet=False) as report:
    report(12.0, 30.0)
    report(30.0, 30.0)
"""


def test_lines_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with progress.shown("looking at a.mp4", quiet=False) as report:
        report(1.0, 30.0)
        monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
        report(12.5, 30.0)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "looking at a.mp4: 00:12.5 of 00:30.0\n"


def test_quiet(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with progress.shown("looking at a.mp4", quiet=True) as report:
        report(12.5, 30.0)
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="opens a pseudo-terminal")
def test_a_bar_on_a_terminal() -> None:
    terminal, other_end = os.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    result = subprocess.run(
        [sys.executable, "-c", CODE],
        stdout=subprocess.PIPE,
        stderr=other_end,
        env=environment,
        check=True,
    )
    os.close(other_end)
    shown = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert result.stdout == b"result\n"
    assert "looking at [b]a.mp4" in shown
    assert "of 00:30.0" in shown
