"""The guide for authors is run from its first command to its last."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from s3ns.cli import main
from s3ns.symbolic.check_records import Place, Problems
from s3ns.symbolic.template_forms import Sentences
from s3ns.symbolic.template_hints import EXAMPLES

GUIDE = (Path(__file__).parents[2] / "docs" / "writing-rules.md").read_text(
    encoding="utf-8"
)
_PART = re.compile(
    r"<!-- file: (?P<file>\S+) -->\n```\w+\n(?P<text>.*?)```"
    r"|<!-- replace: (?P<path>\S+): (?P<old>[^\n]*?) -> (?P<new>[^\n]*?) -->"
    r"|```console\n\$ (?P<command>.*?)\n(?P<shown>.*?)```",
    re.DOTALL,
)


def appear(shown: str, output: str) -> None:
    """Lines that are shown must appear in their order; ``...`` stands for any."""
    lines = [" ".join(line.split()) for line in output.splitlines()]
    for line in shown.splitlines():
        wanted = " ".join(line.split())
        if wanted == "...":
            continue
        assert wanted in lines, output
        lines = lines[lines.index(wanted) + 1 :]


def test_the_guide_from_first_to_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = 0
    for part in _PART.finditer(GUIDE):
        if part["file"]:
            Path(part["file"]).write_text(part["text"], encoding="utf-8")
        elif part["path"]:
            path = Path(part["path"])
            text = path.read_text(encoding="utf-8")
            assert part["old"] in text
            # The last one: the first cases of a file are right.
            head, _, tail = text.rpartition(part["old"])
            path.write_text(head + part["new"] + tail, encoding="utf-8")
        else:
            words = shlex.split(part["command"])
            assert words.pop(0) == "s3ns"
            result = CliRunner().invoke(main, words)
            appear(part["shown"], result.output)
            commands += 1
    assert commands == GUIDE.count("```console") == GUIDE.count("\n$ ")


def test_the_guide_lists_each_form() -> None:
    for sentence in EXAMPLES:
        if sentence not in {"clonic after tonic"}:  # told beside 'before'
            assert f"`{sentence}`" in GUIDE


def test_the_forms_in_its_table_can_be_read() -> None:
    table = GUIDE.partition("## The sentences")[2].partition("After `then`")[0]
    sentences = re.findall(r"^\| `(.*?)` \|", table, flags=re.MULTILINE)
    assert len(sentences) > 10
    for sentence in sentences:
        problems = Problems()
        Sentences({"version": 3}, problems).add(sentence, Place("own.yaml", 1, 1))
        assert problems.found == ()
