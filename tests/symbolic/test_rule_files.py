"""What a rule file may hold, and how it is told what is wrong with it."""

from __future__ import annotations

import clingo
import pytest

from s3ns.facts import InputError, RuleError, Step
from s3ns.symbolic import Reasoner, RuleBase
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.wording import placeholders, worded
from tests.symbolic.scenes import document

LABEL = """%! rule: {id}
%! title: Title
%! says: {says}
%! source: test
%! grade: design
"""


def rule(text: str, id: str = "R", says: str = "Sentence", denied: str = "") -> str:
    label = LABEL.format(id=id, says=says)
    if denied:
        label += f"%! denied: {denied}\n"
    return f"{label}{text}\n"


def fault(text: str) -> str:
    with pytest.raises(RuleError) as caught:
        RuleBase({"own.lp": text.encode()})
    message = str(caught.value)
    assert "\n" not in message
    return message


SEEN = "seen(S, D, T0, T1, C)"

REFUSED = [
    ("syntax error", rule("a(S) :- sign(,)."), "own.lp:6:14:", "syntax error"),
    ("no final dot", rule(f"a(S) :- {SEEN}"), "own.lp:6:", "a dot is missing"),
    ("script", "#script (python) \n#end.", "own.lp:1:1:", "#script"),
    ("include", '\n  #include "other.lp".', "own.lp:2:3:", "#include"),
    ("external", "#external a.", "own.lp:1:1:", "#external"),
    ("constant", "#const a = 1.", "own.lp:1:1:", "#const"),
    ("program part", "#program other.", "own.lp:1:1:", "#program"),
    ("minimise", f":~ {SEEN}. [C]", "own.lp:1:1:", "weak constraints"),
    ("show", "#show a/1.", "own.lp:1:1:", "only rules and facts"),
    ("theory", "#theory t { a { }; &b/0 : a, any }.", "own.lp:1:1:", "#theory"),
    ("theory atom", rule(f"a(S) :- {SEEN}, &b {{ }}."), "own.lp:6:", "theory atoms"),
    ("alternatives", rule(f"a(S) ; b(S) :- {SEEN}."), "own.lp:6:1:", "alternatives"),
    ("choice", rule(f"{{ a(S) }} :- {SEEN}."), "own.lp:6:1:", "choice"),
    ("constraint", rule(f":- {SEEN}."), "own.lp:6:", "one conclusion"),
    ("minus", rule(f"-a(S) :- {SEEN}."), "own.lp:6:1:", "absent/3"),
    ("double not", rule(f"a(S) :- {SEEN}, not not sided(S)."), "own.lp:6:", "once"),
    (
        "condition",
        rule(f"a(S) :- {SEEN}; sided(X) : sign(X)."),
        "own.lp:6:",
        "conditions after ':'",
    ),
    ("short count", rule(f"a(S) :- {SEEN}, 1 {{ sided(X) }}."), "own.lp:6:", "#count"),
    ("range", rule(f"a(S) :- {SEEN}, C = 1..5."), "own.lp:6:", "a..b"),
    ("underscore", rule(f"_a(S) :- {SEEN}."), "own.lp:6:1:", "begin with '_'"),
    ("hidden variable", rule("a(_S) :- sign(_S)."), "own.lp:6:3:", "begin with '_'"),
    ("no label", f"a(S) :- {SEEN}.", "own.lp:1:1:", "'%! rule: ID'"),
    ("no label for a fact", "a(1).", "own.lp:1:1:", "'%! given: ID'"),
    (
        "no source",
        "%! rule: R\n%! title: T\n%! says: T\n%! grade: A\na(S) :- sign(S).",
        "own.lp:5:1:",
        "R has no source",
    ),
    (
        "grade",
        rule("a(S) :- sign(S).").replace("grade: design", "grade: D"),
        "own.lp:5:1:",
        "unknown grade 'D'; allowed are A, B, C, design",
    ),
    (
        "field",
        rule("a(S) :- sign(S).").replace("source:", "sources:"),
        "own.lp:4:1:",
        "did you mean 'source'?",
    ),
    ("second label", LABEL + rule("a(S) :- sign(S)."), "own.lp:6:1:", "second 'rule'"),
    ("no rule after label", LABEL.format(id="R", says="T"), "own.lp:1:1:", "no rule"),
    ("label line", "%! what", "own.lp:1:1:", "to begin the label"),
    ("tight label", "%!rule: R", "own.lp:1:1:", "'%! field: text'"),
    (
        "same id",
        rule("a(S) :- sign(S).") + rule("b(S) :- sign(S)."),
        "own.lp:12:1:",
        "R already stands at own.lp:6",
    ),
    (
        "id of evidence",
        rule('supports(epileptic_seizure, "ES-1", 5) :- sign(S).'),
        "own.lp:6:29:",
        "R concludes for ES-1",
    ),
    ("sign", rule("a :- seen(tonik,_,_,_,_)."), "own.lp:6:11:", "mean 'tonic'?"),
    ("sign of absent", rule("a :- absent(clonik,_,_)."), "own.lp:6:13:", "'clonic'?"),
    ("side", rule("a :- seen(tonic,lft,_,_,_)."), "own.lp:6:17:", "mean 'left'?"),
    (
        "measure",
        rule("a :- measure(tonic,left,_,_,rat,_)."),
        "own.lp:6:29:",
        "mean 'rate'?",
    ),
    (
        "reason",
        rule("a :- unassessable(tonic,limb_coverd,_,_)."),
        "own.lp:6:25:",
        "mean 'limb_covered'?",
    ),
    (
        "sign, carried on",
        rule(f"a(S, T0) :- {SEEN}.") + rule("b :- a(tonik, _).", "Q"),
        "own.lp:12:8:",
        "mean 'tonic'?",
    ),
    ("predicate", rule("a :- sen(tonic,_,_,_,_)."), "own.lp:6:6:", "mean 'seen/5'?"),
    ("arguments", rule("a :- seen(tonic,_,_)."), "own.lp:6:6:", "5 arguments"),
    ("input", rule("absent(S,1,2) :- sign(S)."), "own.lp:6:1:", "cannot be concluded"),
    (
        "silence",
        rule("a(S) :- sign(S), not seen(S,_,_,_,_)."),
        "own.lp:6:22:",
        "silence",
    ),
    (
        "variable in sentence",
        rule("a(Sign) :- sign(Sign).", says="{Sgn} seen"),
        "own.lp:3:1:",
        "did you mean 'Sign'?",
    ),
    (
        "way to word",
        rule("a(Sign) :- sign(Sign).", says="{Sign:clok}"),
        "own.lp:3:1:",
        "Did you mean 'clock'?",
    ),
    (
        "not without words",
        rule("a(S) :- sign(S).") + rule("b(S) :- sign(S), not a(S).", "Q"),
        "own.lp:12:18:",
        "'denied'",
    ),
    (
        "loop through not",
        rule("a(S) :- sign(S), not b(S).", denied="no")
        + rule("b(S) :- sign(S), not a(S).", "Q", denied="no"),
        "own.lp:7:22:",
        "depends on itself through 'not'",
    ),
    (
        "loop through a sum",
        rule("a(N) :- N = #count { X : a(X) }."),
        "own.lp:6:26:",
        "depends on itself through 'not' or an aggregate",
    ),
    (
        "endless",
        rule("a(T0) :- seen(_,_,T0,_,_).") + rule("a(T0+1) :- a(T0).", "Q"),
        "own.lp:12:12:",
        "may never end",
    ),
    ("unbound", rule("a(S,X) :- sign(S)."), "own.lp:6:", "X must also stand in"),
]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [pytest.param(*case[1:], id=case[0]) for case in REFUSED],
)
def test_refused(text, place, words):
    message = fault(text)
    assert message.startswith(place), message
    assert words in message


def test_include_in_a_comment_or_text_is_none():
    RuleBase({"own.lp": ("% #include\n" + rule('a("#include") :- sign(S).')).encode()})


def test_a_file_that_is_not_text():
    with pytest.raises(RuleError, match=r"^own\.lp:1:1: error\[R001\]: expected UTF-8"):
        RuleBase({"own.lp": b"\xff\xfe"})


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(RuleError, match="cannot read rules"):
        Reasoner(tmp_path / "none")


def test_a_folder_without_rules(tmp_path):
    with pytest.raises(RuleError, match="found none"):
        Reasoner(tmp_path)


def test_rules_that_leave_the_verdict_out(tmp_path):
    (tmp_path / "own.lp").write_text(rule("a(S) :- sign(S)."))
    with pytest.raises(RuleError, match=r"must conclude one verdict .*, got none"):
        Reasoner(tmp_path, alone=True)


def test_the_file_of_an_error_is_the_right_one():
    with pytest.raises(RuleError, match=r"^b\.lp:6:"):
        RuleBase(
            {
                "a.lp": rule("a(S) :- sign(S).").encode(),
                "b.lp": rule("b(S,X) :- a(S).", "Q").encode(),
            }
        )


def test_labels_run_over_lines_and_rules_over_alternatives():
    text = rule("a(S) :- S = (left; right), opposite(S).").replace(
        "says: Sentence", "says: One\n%!       sentence"
    )
    given = LABEL.replace("rule", "given").format(id="G", says="Sides")
    base = RuleBase({"own.lp": f"{text}{given}opposite(left; right).".encode()})
    assert base.rules[0].label.says == "One sentence"
    assert [rule.label.id for rule in base.rules] == ["R", "R", "G", "G"]
    assert {rule.line for rule in base.rules} == {7, 13}


def test_comments_that_are_no_labels_are_passed_over():
    label = LABEL.format(id="R", says="Sentence")
    text = f"% about\n{label}% more\na(S) :- sign(S). % end\n%* block *%\n"
    assert len(RuleBase({"own.lp": text.encode()}).rules) == 1


@pytest.mark.parametrize(
    ("way", "value", "words"),
    [
        ("", clingo.Function("close_eyes"), "eyes closed"),
        ("", clingo.Function("bilateral"), "both sides"),
        ("", clingo.Number(7), "7"),
        ("", clingo.String("as is"), "as is"),
        ("", clingo.Function("no_audio"), "the recording has no sound"),
        (":clock", clingo.Number(754), "01:15.4"),
        (":seconds", clingo.Number(754), "75.4 s"),
        (":side", clingo.Function("left"), "left"),
        (":side", clingo.Function("unknown"), "side not known"),
        (":side arm", clingo.Function("left"), "left arm"),
        (":side arm", clingo.Function("bilateral"), "both arms"),
        (":side arm", clingo.Function("unknown"), "arm (side not known)"),
        (":where", clingo.Function("right"), ", right"),
        (":where", clingo.Function("none"), ""),
        (":rate", clingo.Number(310), "3.10 Hz"),
        (":share", clingo.Number(55), "0.55"),
        (":excursions", clingo.Number(3), "3"),
        (":label", clingo.Function("epileptic_seizure"), "an epileptic seizure"),
        (":rule", clingo.String("R"), "title of R"),
    ],
)
def test_ways_to_word_a_value(way, value, words):
    sentence = f"it: {{X{way}}}"
    assert placeholders(sentence) == [("X", way[1:])]
    assert worded(sentence, {"X": value}, {"R": "Title of R"}) == f"It: {words}"


def test_neighbouring_findings_are_one(reasoner):
    done = reasoner.reason(document("tonic left 10-12; tonic left 12.4-15"))
    assert [node.atom for node in done.proof.nodes if node.kind == "finding"] == [
        "seen(tonic,left,100,150,90)"
    ]
    near = encode(document("tonic left 10-12; tonic left 12.5-15"))
    assert sum(atom.name == "seen" for atom in near) == 1
    within = encode(document("tonic left 10-20; tonic left 12-14"))
    assert "seen(tonic,left,100,200,90)" in map(str, within)
    apart = encode(document("tonic left 10-12; tonic left 12.6-15"))
    assert sum(atom.name == "seen" for atom in apart) == 2


def test_merged_confidence_is_the_mean_by_duration():
    facts = encode(document("tonic left 10-12 @0.4; tonic left 12-20 @0.9"))
    assert "seen(tonic,left,100,200,80)" in map(str, facts)


def test_merged_measures_are_those_of_the_longest():
    facts = encode(
        document("clonic left 10-12 rate=2 reversals=1; clonic left 12-20 rate=4")
    )
    values = sorted(str(atom) for atom in facts if atom.name == "measure")
    assert values == [
        "measure(clonic,left,100,200,rate,400)",
        "measure(clonic,left,100,200,reversals,1)",
    ]


def test_values_beyond_the_range_of_the_rules_are_refused():
    with pytest.raises(InputError, match="expected times and measures"):
        encode(document("clonic left 10-12 rate=1000000000"))
    with pytest.raises(InputError, match="expected times and measures"):
        encode(document("", duration=1e300))


def test_the_analysed_stretch_comes_from_the_provenance():
    whole = document("", duration=30)
    assert "recording(0,300)" in map(str, encode(whole))
    step = Step(stage="extract", tool="t", version="1", window=(5.0, 12.5))
    part = whole.with_observations([], step)
    assert "recording(50,125)" in map(str, encode(part))
