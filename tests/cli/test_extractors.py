"""Extractors with settings of their own, from the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from s3ns.facts import Document
from s3ns.neural.extractor import extractor_names
from tests.cli.conftest import Run
from tests.cli.test_process import S3NS
from tests.neural.mllm.stub_server import NO, Body, Fault, stub_server

MLLM = ("--extractor", "mllm", "--model", "m")


def test_all_extractors_and_settings_are_listed(run: Run) -> None:
    rows = json.loads(run("extractors", "--json").stdout)
    assert {row["extractor"] for row in rows} == set(extractor_names())
    assert all(row["meaning"] for row in rows)
    assert "server" in run("extractors").stdout


def test_a_video_is_judged_over_a_server(run: Run, tiny: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    with stub_server(lambda body: NO) as stub:
        settings = ["--set", f"server={stub.url}", "--set", f"cache={tmp_path / 'c'}"]
        result = run("classify", tiny, *MLLM, *settings, "-o", target)
    assert result.exit_code == 0, result.output
    document = Document.read(target)
    assert document.verdict is not None
    assert document.provenance[0].tool == "s3ns mllm"
    assert document.provenance[0].parameters["model"] == "m"
    assert "Doe" not in target.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--set", "server"], 2, "NAME=VALUE"),
        ([*MLLM, "--set", "sever=x"], 1, "Did you mean 'server'"),
        ([*MLLM, "--set", "retries=many"], 1, "retries"),
        ([*MLLM, "--set", "server=http://10.0.0.1/v1"], 1, "send_video_to=10.0.0.1"),
        (["--model", "m"], 1, "landmarks has no settings of its own"),
    ],
)
def test_wrong_settings(
    run: Run, tiny: Path, tmp_path: Path, *, words: list[str], code: int, said: str
) -> None:
    target = tmp_path / "a.json"
    result = run("extract", tiny, *words, "-o", target)
    assert result.exit_code == code
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert not target.exists()


def test_a_server_that_fails_leaves_nothing_half_written(
    run: Run, tiny: Path, tmp_path: Path
) -> None:
    target = tmp_path / "a.json"
    with stub_server(lambda body: Fault.STATUS_500) as stub:
        words = [*MLLM, "--set", f"server={stub.url}", "--set", "retries=0"]
        result = run("extract", tiny, *words, "--set", "cache=off", "-o", target)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "HTTP status 500" in line
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_does_not_wait_for_the_server(tiny: Path) -> None:
    asked = threading.Event()

    def hang(_: Body) -> Fault:
        asked.set()
        return Fault.HANG

    with stub_server(hang) as stub:
        words = [*MLLM, "--set", f"server={stub.url}", "--set", "cache=off"]
        program = subprocess.Popen(
            [*S3NS, "extract", str(tiny), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert asked.wait(30)
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=40)  # the server would hang for 60 s
    assert program.returncode == 130, said
