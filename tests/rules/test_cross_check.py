"""``s3ns rules check --cross-check``: a second engine judges every case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from s3ns.cli import main
from s3ns.symbolic.cases import load_cases
from s3ns.symbolic.check_engines import compared
from s3ns.symbolic.second_engine import CrossCheck
from tests.rules.test_check import given, rule

PARTS = rule("strength(none) :- recording(_,_).", "S") + rule(
    "hemisphere(none) :- recording(_,_).", "H"
)
VERDICT = PARTS + rule("verdict(no_event) :- recording(_,_).", "V")

# Numbers of clingo have 32 bits and run over; those of pyDatalog have no end.
RUNS_OVER = given("limit(far, 100000).") + rule(
    "remark(far) :- limit(far, Far), Far*Far > Far.", "OVER"
).replace("Far > Far", "Far = Product, Product > 2000000000")

CASES = """- name: a first case
  given: [tonic left 5-10]
  expect: {verdict: no_event}

- name: a second case
  given: [clonic left 5-10]
  expect: {verdict: no_event}
"""


def checked(folder: Path, text: str, *words: str, cases: str = CASES) -> Result:
    (folder / "own.lp").write_text(text, encoding="utf-8")
    (folder / "cases").mkdir(exist_ok=True)
    (folder / "cases" / "own.yaml").write_text(cases, encoding="utf-8")
    return CliRunner().invoke(
        main, ["rules", "check", str(folder), "--rules-only", "--cross-check", *words]
    )


def test_both_engines_agree_on_the_cases(tmp_path: Path) -> None:
    result = checked(tmp_path, VERDICT)
    assert result.exit_code == 0
    assert "two engines agree on 2 of 2 cases" in result.stderr


def test_a_real_disagreement_is_an_error_at_each_case(tmp_path: Path) -> None:
    result = checked(tmp_path, VERDICT + RUNS_OVER)
    assert result.exit_code == 4
    for line in (1, 5):
        said = f"{tmp_path}/cases/own.yaml:{line}:3: error[R080]: two engines disagree"
        assert said in result.stdout
    assert "pyDatalog alone: remark(far)" in result.stdout
    assert "two engines agree on 0 of 2 cases" in result.stderr


def test_what_cannot_be_followed_is_listed_and_not_called_a_disagreement(
    tmp_path: Path,
) -> None:
    halved = rule("remark(T/2) :- seen(tonic,_,T,_,_).", "HALF")
    result = checked(tmp_path, VERDICT + halved, "--json")
    assert result.exit_code == 0
    found = [
        (item["code"], Path(item["file"]).name, item["line"], item["severity"])
        for item in json.loads(result.stdout)
        if item["code"] in {"R080", "R106", "R107"}
    ]
    assert found == [("R106", "own.lp", 24, "warning")]
    assert "agree on 2 of 2 cases" in result.stderr


def test_a_verdict_that_was_not_compared_is_told(tmp_path: Path) -> None:
    halved = rule("verdict(no_event) :- recording(_,T), T/2 > 1.", "HALF")
    result = checked(tmp_path, PARTS + halved)
    assert result.exit_code == 0
    assert result.stdout.count("warning[R107]") == 2
    assert result.stdout.count("warning[R106]: HALF ") == 1
    assert "two engines agree on 0 of 2 cases" in result.stderr


def test_faults_of_rules_come_before_any_engine(tmp_path: Path) -> None:
    result = checked(tmp_path, rule("remark(a) :- seen(tonik,_,_,_,_)."))
    assert result.exit_code == 4
    assert "two engines" not in result.stderr


@pytest.mark.parametrize("verdict", ["", "no_event"])
def test_a_conclusion_of_one_engine_alone_is_reported(reasoner, verdict: str) -> None:
    case = load_cases(None, reasoner.base)[0]
    check = CrossCheck(
        agrees=False,
        verdict_first="no_event",
        verdict_second=verdict,
        differences=("clingo alone: remark(x)",),
    )
    found = compared([(case, check)])
    (problem,) = found.problems
    assert (problem.code, problem.file, problem.line) == (
        "R080",
        case.place.file,
        case.place.line,
    )
    assert "clingo alone: remark(x)" in problem.message
    assert (found.cases, found.verdicts) == (1, 0)
