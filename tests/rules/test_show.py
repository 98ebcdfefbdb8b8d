"""Rules as they are listed, shown and documented."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from s3ns.cli import main

ROOT = Path(__file__).parents[2]


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_each_rule_is_listed_once_in_the_order_of_the_files() -> None:
    lines = run("rules", "list").stdout.splitlines()
    ids = [line.split()[0] for line in lines[1:]]
    assert len(set(ids)) == len(ids)
    assert ids[:2] == ["LIM-CONFIDENCE", "BAS-01"]
    assert any(line.split()[-1].startswith("rules/exceptions.lp:") for line in lines)


def test_a_rule_is_shown_with_all_there_is_to_say_of_it() -> None:
    shown = run("rules", "show", "ES-04").stdout
    for said in (
        "ES-04  Tonic stiffening",
        "Source    Public annotations: 47 %",
        "Grade     C (weak or conflicting)",
        "Place     rules/evidence_epileptic.lp:",
        'supports(epileptic_seizure, "ES-04", 103) :- reliable(tonic',
        "theodore1994 stiffening then slowing jerks is an epileptic seizure",
    ):
        assert said in shown
    found = json.loads(run("rules", "show", "ES-04", "--json").stdout)
    assert found["id"] == "ES-04"
    assert found["cases"]


def test_a_rule_that_there_is_not() -> None:
    result = run("rules", "show", "ES-4")
    assert result.exit_code == 2
    assert "did you mean 'ES-" in result.stderr
    assert "name its folder with --rules" in result.stderr


def test_rules_of_a_folder_are_listed_with_those_below(tmp_path: Path) -> None:
    (tmp_path / "own.lp").write_text("%! disable: ES-07\n")
    found = json.loads(run("rules", "list", "--rules", tmp_path, "--json").stdout)
    ids = {entry["id"] for entry in found}
    assert "ES-08" in ids
    assert "ES-07" not in ids


def test_the_documentation_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    # If this fails: s3ns rules docs -o docs/rules.md --overwrite
    assert run("rules", "docs").stdout == page
