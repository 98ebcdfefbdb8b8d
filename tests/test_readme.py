"""What the README shows is run, so that it stays true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from s3ns.cli import main
from s3ns.facts import Document
from s3ns.neural.models import ModelStore
from s3ns.symbolic import Reasoner

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def commands() -> list[list[str]]:
    lines = re.findall(r"^    s3ns (.*?)(?:\s+#.*)?$", README, flags=re.MULTILINE)
    return [shlex.split(line) for line in lines]


def test_the_document_by_hand_is_judged_as_it_reads() -> None:
    verdict = Reasoner().reason(Document.from_json(block("json"))).verdict
    assert verdict is not None
    assert verdict.label == "epileptic_seizure"
    assert verdict.lateralisation.hemisphere == "right"


def test_the_python_example_runs(
    model_store: ModelStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block("python"), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "figure4 left" in printed


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_each_command_and_option_exists(words: list[str]) -> None:
    command = main
    for word in words:
        found = getattr(command, "commands", {}).get(word.split("|")[0])
        if found is None:
            break
        command = found
    assert command is not main
    known = {option for param in command.params for option in param.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_output_it_shows_is_the_output(
    model_store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    shown = re.search(r"^    Deciding signs.*?\n\n", README, re.DOTALL | re.MULTILINE)
    assert shown is not None
    result = CliRunner().invoke(
        main, ["classify", "samples/demo.mp4", "--device", "cpu"]
    )
    assert result.exit_code == 0
    for line in shown.group().strip().splitlines():
        # Times may differ by a tenth of a second between processors.
        assert line.split(", 00:")[0].strip() in result.output
