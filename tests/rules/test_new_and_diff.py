"""A first rule to edit, and what rules of one's own change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from s3ns.cli import main
from s3ns.symbolic.check_records import Place, Problems
from s3ns.symbolic.template_forms import Sentences
from s3ns.symbolic.template_hints import EXAMPLES
from tests.symbolic.scenes import document


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_new_rule_is_right_as_it_comes(tmp_path: Path) -> None:
    assert run("rules", "new", "OWN-01", tmp_path / "my").exit_code == 0
    checked = run("rules", "check", tmp_path / "my")
    assert (checked.exit_code, checked.stdout) == (0, "")
    tested = run("rules", "test", tmp_path / "my")
    assert (tested.exit_code, tested.stderr) == (0, "3 cases, 0 failed\n")


def test_a_new_rule_replaces_none(tmp_path: Path) -> None:
    run("rules", "new", "OWN-01", tmp_path)
    again = run("rules", "new", "OWN-01", tmp_path)
    assert again.exit_code == 2
    assert "is there" in again.stderr
    assert run("rules", "new", "own 1", tmp_path).exit_code == 2


def test_a_new_rule_in_place_of_one_of_s3ns_is_told(tmp_path: Path) -> None:
    told = run("rules", "new", "ES-04", tmp_path).stderr
    assert "s3ns has a rule ES-04; this one takes its place" in told
    assert "takes its place" not in run("rules", "new", "OWN-01", tmp_path).stderr


@pytest.mark.parametrize("place", [".", "cases"])
def test_a_file_that_would_not_be_read_is_refused(tmp_path: Path, place: str) -> None:
    """Notepad likes to end names in .txt, and Windows hides it."""
    run("rules", "new", "OWN-01", tmp_path)
    (tmp_path / place / "own-02.yaml.txt").write_text("")
    result = run("rules", "check", tmp_path)
    assert result.exit_code == 4
    assert "own-02.yaml.txt would not be read; name it own-02.yaml" in result.stderr


@pytest.mark.parametrize("sentence", EXAMPLES)
def test_the_forms_it_lists_can_be_read(sentence: str) -> None:
    problems = Problems()
    Sentences({"version": 3}, problems).add(sentence, Place("own.yaml", 1, 1))
    assert problems.found == ()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.json"
    document("tonic bilateral 10-20; ictal_vocalization 10-14").write(path)
    return path


def test_which_verdicts_differ_and_why(tmp_path: Path, clip: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "own.lp").write_text("%! disable: ES-11\n%! disable: ES-12\n")
    result = run("rules", "diff", "-", folder, "--on", clip)
    assert result.exit_code == 0
    assert "- ES-11  Cry at the onset of stiffening" in result.stdout
    assert "clip.json: verdict epileptic_seizure -> indeterminate" in result.stdout
    assert "ES-11  150 -> 0 points" in result.stdout
    assert result.stderr == "2 rules differ, 1 of 1 verdict\n"
    found = json.loads(run("rules", "diff", "-", folder, "--on", clip, "--json").stdout)
    assert found["documents"][0]["evidence"][0]["after"] == 0


def test_the_same_rules_differ_in_nothing(clip: Path) -> None:
    result = run("rules", "diff", "-", "-", "--on", clip.parent)
    assert result.stdout == "clip.json: no difference\n"
