"""Each case that lies beside the rules is a test of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from s3ns.cli import main
from s3ns.facts import RuleError
from s3ns.symbolic import Reasoner, RuleBase
from s3ns.symbolic.cases import Case, load_cases, read_cases, run_case, scene
from s3ns.symbolic.check_records import Problems
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.solve import Replay

CASES = load_cases(None, RuleBase.load())


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(reasoner: Reasoner, case: Case) -> None:
    failed = [item for item in run_case(case, reasoner).outcomes if not item.ok]
    assert not failed


def test_names_are_used_once() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 60


def test_evidence_and_exceptions_apply_in_one_case_and_not_in_another(
    reasoner: Reasoner,
) -> None:
    about = {
        rule.label.id
        for rule in reasoner.base.rules
        if rule.label.kind == "rule"
        and (
            rule.syntax.head.atom.symbol.name in {"supports", "lateral_sign"}
            or rule.file == "rules/exceptions.lp"
        )
    }
    applies = {
        rule
        for case in CASES
        for kind in ("fires", "counts", "not_counted")
        for rule in case.expect.get(kind, ())
    }
    silent = {rule for case in CASES for rule in case.expect.get("silent", ())}
    assert about - applies == set()
    assert about - silent == set()


def test_every_rule_applies_in_one_case_and_not_in_another(reasoner: Reasoner) -> None:
    rules = reasoner.base.rules
    known = {rule.label.id for rule in rules if rule.label.kind == "rule"}
    applied = [
        {rules[step.rule].label.id for step in Replay(reasoner.base, facts).steps}
        for facts in (encode(case.document) for case in CASES)
    ]
    assert known - set.union(*applied) == set()
    # Sums are made of whatever there is, and of nothing.
    sums = {"VER-02", "VER-04", "VER-04-ABSENCE", "VER-04-POINTS"}
    assert known & set.intersection(*applied) == sums


def faults(text: str | bytes, base: RuleBase) -> list[str]:
    problems = Problems()
    raw = text if isinstance(text, bytes) else text.encode()
    read_cases({"own/cases/a.yaml": raw}, base, problems)
    return [f"{item.code}:{item.line}:{item.column}" for item in problems.found]


GOOD = "- name: a\n  given: [tonic left 5-9]\n  expect: {verdict: no_event}\n"


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("R001:1:1", b"\xff"),
        ("R002:2:1", "- name: [a\n"),
        ("R070:1:1", "name: a\n"),
        ("R070:1:3", "- a\n"),
        ("R070:1:9", GOOD.replace("name: a", "name: ''")),
        ("R070:3:11", GOOD.replace("{verdict: no_event}", "{}")),
        ("R070:2:11", GOOD.replace("tonic left 5-9", "{a: b}")),
        ("R071:2:3", GOOD.replace("given", "givn")),
        ("R071:3:12", GOOD.replace("verdict", "verdit")),
        ("R071:3:21", GOOD.replace("no_event", "no_evnt")),
        ("R071:3:20", GOOD.replace("verdict: no_event", "fires: [ES-99]")),
        ("R071:3:23", GOOD.replace("verdict: no_event", "concludes: vers")),
        ("R072:2:11", GOOD.replace("tonic", "tonik")),
        ("R072:2:11", GOOD.replace("5-9", "5")),
        ("R072:2:11", GOOD.replace("5-9", "9-5")),
        ("R072:2:11", GOOD.replace("tonic left", "close_eyes left")),
        ("R070:4:12", GOOD + "  seconds: long\n"),
    ],
)
def test_faults_of_cases(reasoner: Reasoner, fault: str, text: str | bytes) -> None:
    assert fault in faults(text, reasoner.base)


def test_what_was_not_seen_has_no_side() -> None:
    with pytest.raises(ValueError, match="no side: write 'no tonic 0-20'"):
        scene(["no tonic left 0-20"])


def test_a_good_case_has_no_faults(reasoner: Reasoner) -> None:
    assert faults(GOOD, reasoner.base) == []


def test_nothing_else_leaves_out_what_is_named_and_answers() -> None:
    done = scene(["nothing else 0-60", "tonic left 5-9", "no clonic 0-10"])
    absent = {item.sign: item.end for item in done.absences}
    assert "tonic" not in absent
    assert "verbal_responsiveness" not in absent
    assert absent["clonic"] == 10
    assert absent["close_eyes"] == 60


# The command


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def folder_with(tmp_path: Path, case: str) -> Path:
    (tmp_path / "own.lp").write_text("%! disable: ES-07\n")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "own.yaml").write_text(case)
    return tmp_path


def test_a_case_that_fails_shows_what_was_given_expected_and_concluded(
    tmp_path: Path,
) -> None:
    case = """
- name: stiffening alone decides
  given: [tonic bilateral 10-20]
  expect:
    verdict: epileptic_seizure
    silent: [ES-04]
"""
    result = run("rules", "test", folder_with(tmp_path, case))
    assert result.exit_code == 1
    for said in (
        f"FAILED  stiffening alone decides ({tmp_path.name}/cases/own.yaml:2)",
        "given     tonic bilateral 10-20",
        "expected  verdict: epileptic_seizure",
        "got       indeterminate",
        "expected  silent: ES-04",
        "got       fires",
        "Indeterminate: the evidence is too weak",
        "Tonic stiffening, both sides, 00:10.0-00:20.0. [ES-04",
    ):
        assert said in result.stdout
    assert result.stderr == "1 case, 1 failed\n"


def test_cases_that_come_out(tmp_path: Path) -> None:
    result = run("rules", "test", folder_with(tmp_path, GOOD.replace("no_event",
                 "indeterminate")), "--json")  # fmt: skip
    assert result.exit_code == 0
    assert '"ok": true' in result.stdout


def test_cases_that_cannot_be_read(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, GOOD.replace("tonic", "tonik"))
    assert run("rules", "test", folder).exit_code == RuleError.exit_code
    checked = run("rules", "check", folder)
    assert checked.exit_code == RuleError.exit_code
    assert f"{folder}/cases/own.yaml:2:11: error[R072]: unknown sign" in checked.stdout
