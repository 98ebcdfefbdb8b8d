"""What s3ns tells the author of a rule: a code and a place for every fault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from s3ns.cli import main
from s3ns.facts import RuleError
from s3ns.symbolic import RuleBase, check_trial
from s3ns.symbolic.check_records import WORDINGS
from s3ns.symbolic.rulebase import problems_of, read
from s3ns.symbolic.sources import built_in

LABEL = """%! {kind}: {id}
%! title: Title
%! says: {says}
%! source: test
%! grade: design
"""


def rule(text: str, id: str = "R", says: str = "Sentence", kind: str = "rule") -> str:
    return f"{LABEL.format(kind=kind, id=id, says=says)}{text}\n"


def given(text: str, id: str = "G") -> str:
    return rule(text, id, kind="given")


def faults(text: str | bytes, *, alone: bool = True) -> list[str]:
    """Return code, line and column of what is wrong with a file."""
    raw = text if isinstance(text, bytes) else text.encode()
    layers = [{"own.lp": raw}] if alone else [built_in(), {"own/own.lp": raw}]
    return [
        f"{item.code}:{item.line}:{item.column}"
        for item in read(*layers).problems.found
    ]


SEEN = "seen(S, D, T0, T1, C)"

FAULTS: list[tuple[str, str | bytes]] = [
    ("R001:1:1", b"\xff\xfe"),
    ("R002:6:14", rule("a(S) :- sign(,).")),
    ("R003:6:14", rule("a(S) :- sign(\u201ctonic\u201d).")),
    ("R003:6:8", rule("a(S) :-\u00a0sign(S).")),
    ("R003:6:13", rule('b("\u00e4") :- bl\u00e4(S).')),
    ("R003:1:4", "a. \0 b."),
    ("R004:6:29", rule("a(S) :- sign(S), minimum(S, 2.5).")),
    ("R004:6:36", rule(f"a(S) :- {SEEN}, C > 5 s.")),
    ("R005:6:15", rule("a(S) :- sign(S)") + rule("b(S) :- sign(S).", "Q")),
    ("R005:6:15", rule("a(S) :- sign(S)")),
    ("R010:1:1", "#script (python) \n#end."),
    ("R010:2:3", '\n  #include "other.lp".'),
    ("R010:1:1", "#external a."),
    ("R010:1:1", "#theory t { a { }; &b/0 : a, any }."),
    ("R011:1:1", "#show a/1."),
    ("R012:6:1", rule(f"a(S) ; b(S) :- {SEEN}.")),
    ("R013:6:1", rule(f":- {SEEN}.")),
    ("R014:6:32", rule(f"a(S) :- {SEEN}; sided(X) : sign(X).")),
    ("R015:6:1", rule(f"_a(S) :- {SEEN}.")),
    ("R016:6:32", rule(f"a(S) :- {SEEN}, not not sided(S).")),
    ("R018:6:32", rule(f"a(S) :- {SEEN}, &b {{ }}.")),
    ("R019:6:36", rule(f"a(S) :- {SEEN}, C = 1..5.")),
    ("R020:6:1", rule(f"-a(S) :- {SEEN}.")),
    ("R021:1:1", "%!rule: R"),
    ("R021:2:1", rule("a(S) :- sign(S).").replace("title:", "title")),
    ("R022:1:1", "%! what"),
    ("R023:4:1", rule("a(S) :- sign(S).").replace("source:", "sources:")),
    ("R024:6:1", LABEL.format(kind="rule", id="Q", says="T") + rule("a(S):-sign(S).")),
    ("R025:1:1", "a(S) :- sign(S)."),
    ("R026:5:1", rule("a(S) :- sign(S).").replace("%! source: test\n", "")),
    ("R027:5:1", rule("a(S) :- sign(S).").replace("grade: design", "grade: D")),
    ("R028:3:1", rule("a(S) :- sign(S).", says="{S:clok}")),
    ("R029:1:1", LABEL.format(kind="rule", id="R", says="T")),
    ("R030:3:1", rule("a(S) :- sign(S).", says="{T}")),
    ("R031:12:1", rule("a(S) :- sign(S).") + rule("b(S) :- sign(S).")),
    ("R032:6:29", rule('supports(epileptic_seizure, "ES-1", 5) :- sign(S).')),
    ("R033:1:1", "%! disable: ES-99\n"),
    ("R034:1:1", "%! weight: ES-04 90\n"),
    ("R035:1:1", "%! weight: ES-99 90; ours\n"),
    ("R040:6:11", rule("a :- seen(tonik,_,_,_,_).")),
    ("R040:6:6", rule("a :- sen(tonic,_,_,_,_).")),
    ("R041:6:17", rule("a :- seen(tonic,lft,_,_,_).")),
    ("R042:6:29", rule("a :- measure(tonic,left,_,_,rat,_).")),
    ("R043:6:25", rule("a :- unassessable(tonic,limb_coverd,_,_).")),
    ("R044:6:9", rule("verdict(epileptic) :- seen(tonic,_,_,_,_).")),
    ("R045:6:6", rule("a :- seen(tonic,_,_).")),
    ("R045:6:1", rule("verdict(no_event, 1) :- seen(tonic,_,_,_,_).")),
    ("R046:6:1", rule("absent(S,1,2) :- sign(S).")),
    ("R047:6:19", rule("a :- seen(tonic,_,start,_,_).")),
    ("R047:6:11", rule('a :- seen("tonic",_,_,_,_).')),
    ("R047:6:39", rule("a :- seen(tonic,_,Start,_,_), Start < end.")),
    ("R047:6:13", rule("a :- source(landmarks).")),
    ("R048:6:19", rule("a :- seen(tonic,X,X,_,_).")),
    ("R049:6:22", rule("a :- seen(close_eyes,left,_,_,_).")),
    ("R050:6:26", rule("a(N) :- N = #count { X : a(X) }.")),
    ("R051:12:12", rule(f"a(T0) :- {SEEN}.") + rule("a(T0+1) :- a(T0).", "Q")),
    ("R051:12:9", rule(f"a(T0) :- {SEEN}.") + rule("a(Y) :- a(X), Y = X+1.", "Q")),
    ("R051:12:12", rule(f"a(T0) :- {SEEN}.") + rule("a(f(X)) :- a(X).", "Q")),
    ("R052:6:5", rule("a(S,X) :- sign(S).")),
    ("R053:6:22", rule("a(S) :- sign(S), not seen(S,_,_,_,_).")),
    ("R054:12:17", rule("a(S) :- sign(S).") + rule("b(S):- sign(S), not a(S).", "Q")),
    ("R101:6:1", rule("remark(a) :- b(x).") + given("b(y).")),
    ("R103:6:1", rule("a(S) :- sign(S).")),
    ("R105:6:1", rule('excepted("ES-99", why) :- seen(tonic,_,_,_,_).')),
    ("R104:6:1", rule('supports(epileptic_seizure, "R", 5) :- sign(S).')),
]


@pytest.mark.parametrize(("fault", "text"), FAULTS, ids=[case[0] for case in FAULTS])
def test_a_fault_has_its_code_and_place(fault: str, text: str | bytes) -> None:
    assert fault in faults(text)


def test_signs_that_no_rule_uses_are_told() -> None:
    problems = read({"own.lp": rule("remark(a) :- seen(tonic,_,_,_,_).").encode()})
    (problem,) = problems.problems.found
    assert problem.code == "R102"
    assert "clonic" in problem.message
    assert "tonic," not in problem.message.split()


def test_the_shipped_rules_are_free_of_faults_and_warnings() -> None:
    assert problems_of() == ()


def test_one_pass_tells_of_all_faults() -> None:
    text = (
        rule("a(S) :- sign(,).", "A")
        + rule("b(S) :- seen(tonik,lft,_,_,_), sign(S).", "B", says="{T}")
        + rule("c(S,X) :- seen(clonik,_,_,_,_), sign(S).", "C")
    )
    codes = [item.split(":")[0] for item in faults(text)]
    assert codes == ["R002", "R030", "R040", "R041", "R052", "R040"]


def test_a_rule_that_cannot_be_read_is_not_missed_elsewhere() -> None:
    text = rule("a(S) :- sign(,).", "A") + rule("remark(S) :- a(S).", "B")
    assert [item.split(":")[0] for item in faults(text)] == ["R002"]


def test_loading_stops_at_the_first_error_and_counts_the_others() -> None:
    text = rule("a :- seen(tonik,lft,_,_,_).")
    with pytest.raises(RuleError, match=r"own.lp:6:11: error\[R040\].*\(1 more; "):
        RuleBase({"own.lp": text.encode()})


def test_a_misused_word_is_told_where_it_stands_not_where_it_is_defined() -> None:
    text = rule("remark(a) :- reliable(tonic, When, When, _).")
    assert faults(text, alone=False) == ["R048:6:36"]


def test_a_limit_that_went_missing_is_one_warning() -> None:
    text = given("limit(kinds, 3).", "LIM-KINDS")
    (problem,) = read(built_in(), {"own/own.lp": text.encode()}).problems.found
    assert problem.code == "R101"
    assert "limit(solid" in problem.message
    assert re.search(r"\d+ rules that rest on it", problem.message)


def test_rules_that_ask_for_too_much_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_trial, "SECONDS", 3)
    text = given("big(1..200000).") + rule("remark(big) :- big(X), big(Y), X < Y.")
    (tmp_path / "own.lp").write_text(text, encoding="utf-8")
    (problem,) = problems_of(tmp_path)
    assert problem.code == "R055"


# The command


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_faults_are_shown_as_compilers_do(tmp_path: Path) -> None:
    (tmp_path / "own.lp").write_text(rule("a :- seen(tonik,_,_,_,_)."))
    result = run("rules", "check", tmp_path)
    assert result.exit_code == 4
    assert result.stdout == (
        f"{tmp_path}/own.lp:6:11: error[R040]: unknown sign 'tonik'; did you mean "
        "'tonic'?\n"
        "    a :- seen(tonik,_,_,_,_).\n"
        "              ^\n"
    )
    assert result.stderr == "1 error, no warnings\n"


def test_faults_are_data(tmp_path: Path) -> None:
    (tmp_path / "own.lp").write_text(rule("a :- seen(tonik,_,_,_,_)."))
    result = run("rules", "check", tmp_path, "--json")
    assert result.exit_code == 4
    assert '"code": "R040"' in result.stdout
    assert '"column": 11' in result.stdout


def test_nothing_wrong() -> None:
    result = run("rules", "check")
    assert (result.exit_code, result.stdout) == (0, "")


def test_every_code_is_tested() -> None:
    elsewhere = {"R102", "R055", "R080", "R106", "R107", "R108", "R109"}
    tested = {fault.split(":")[0] for fault, _ in FAULTS} | elsewhere
    assert {
        code for code in WORDINGS if not code.startswith(("R06", "R07"))
    } - tested == {
        "R017",  # clingo refuses it itself, as a syntax error
        "R056",
    }
