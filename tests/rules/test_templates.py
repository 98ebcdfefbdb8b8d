"""Rules written as sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3ns.facts import Document
from s3ns.symbolic import Reasoner, RuleBase
from s3ns.symbolic.rulebase import read
from s3ns.symbolic.sources import built_in
from s3ns.symbolic.template_hints import EXAMPLES
from tests.symbolic.scenes import document

EVIDENCE = "evidence for epileptic seizure with weight 90, group own"


def template(
    *sentences: str, then: str = EVIDENCE, says: str = "Said.", unless: str = ""
) -> str:
    lines = "".join(f"    - '{sentence}'\n" for sentence in sentences)
    return (
        f"- rule: OWN-01\n  title: Own rule\n  says: '{says}'\n  source: test\n"
        f"  grade: C\n  if:\n{lines}"
        + (f"  unless: ['{unless}']\n" if unless else "")
        + f"  then: {then}\n"
    )


def faults(text: str) -> list[str]:
    problems = read({"own/own.yaml": text.encode()}).problems
    return [f"{item.code}:{item.line}:{item.column}" for item in problems.found]


def judged(text: str, scene: str) -> Document:
    base = RuleBase(built_in(), {"own/own.yaml": text.encode()})
    return Reasoner.of(base).reason(document(scene))


def supports(done: Document) -> dict[str, bool]:
    assert done.verdict is not None
    return {item.rule: item.counted for item in done.verdict.supports}


FORMS = [
    ("tonic", "tonic left 5-9", "clonic left 5-9"),
    ("tonic seen", "tonic left 5-9", "tonic left 5-9 @0.3"),
    ("tonic for at least 4 s", "tonic left 5-9", "tonic left 5-8.9"),
    ("tonic for at most 4 s", "tonic left 5-9", "tonic left 5-9.1"),
    ("tonic on the left", "tonic left 5-9", "tonic right 5-9"),
    ("tonic on the right", "tonic right 5-9", "tonic unknown 5-9"),
    ("tonic on both sides", "tonic bilateral 5-9", "tonic left 5-9"),
    ("tonic on one side", "tonic right 5-9", "tonic bilateral 5-9"),
    (
        "tonic on one side for at least 4 s",
        "tonic right 5-9",
        "tonic right 5-8",
    ),
    (
        "clonic starts at most 10 s after tonic ends",
        "tonic left 5-9; clonic left 19-25",
        "tonic left 5-9; clonic left 19.1-25",
    ),
    (
        "clonic starts at most 10 s after tonic starts",
        "tonic left 5-9; clonic left 15-25",
        "tonic left 15-19; clonic left 5-25",
    ),
    (
        "tonic starts at most 3 s before clonic starts",
        "tonic left 5-9; clonic left 8-25",
        "tonic left 5-9; clonic left 8.1-25",
    ),
    (
        "clonic starts at least 10 s after tonic ends",
        "tonic left 5-9; clonic left 19-25",
        "tonic left 5-9; clonic left 18-25",
    ),
    (
        "tonic before clonic",
        "tonic left 5-9; clonic left 9-12",
        "tonic left 5-9; clonic left 8-12",
    ),
    (
        "clonic after tonic",
        "tonic left 5-9; clonic left 9-12",
        "tonic left 5-9; clonic left 8-12",
    ),
    (
        "tonic overlaps clonic",
        "tonic left 5-9; clonic left 8-12",
        "tonic left 5-9; clonic left 9-12",
    ),
    (
        "tonic overlaps clonic for at least 2 s",
        "tonic left 5-9; clonic left 7-12",
        "tonic left 5-9; clonic left 8-12",
    ),
    (
        "tonic during clonic",
        "tonic left 5-9; clonic left 5-12",
        "tonic left 5-9; clonic left 6-12",
    ),
    (
        "tonic and clonic on the same side",
        "tonic left 5-9; clonic left 5-12",
        "tonic left 5-9; clonic right 5-12",
    ),
    (
        "tonic and clonic on opposite sides",
        "tonic left 5-9; clonic right 5-12",
        "tonic bilateral 5-9; clonic bilateral 5-12",
    ),
    (
        "no close_eyes seen while tonic",
        "tonic left 5-9; no close_eyes 0-10",
        "tonic left 5-9; ? close_eyes face_not_visible 0-10",
    ),
    (
        "measure rate of clonic below 3.1 Hz",
        "clonic left 5-9 rate=3",
        "clonic left 5-9 rate=3.1",
    ),
    (
        "measure rate_variation of clonic at least 32 %",
        "clonic left 5-9 rate_variation=32",
        "clonic left 5-9 rate_variation=31",
    ),
    (
        "measure rate_slope of clonic below -0.1 Hz/s",
        "clonic left 5-9 rate_slope=-0.2",
        "clonic left 5-9 rate_slope=-0.1",
    ),
    (
        "at least 2 of: tonic, clonic, figure4",
        "tonic left 5-9; figure4 left 20-29",
        "tonic left 5-9; tonic left 20-29",
    ),
    (
        "concept version",
        "head_turning left 5-12; tonic bilateral 12-20",
        "head_turning left 5-12",
    ),
]


@pytest.fixture(scope="module")
def forms() -> Reasoner:
    """Return a reasoner with a rule of each form, of a kind of its own."""
    texts = [
        template(sentence)
        .replace("OWN-01", f"OWN-{number}")
        .replace("group own", f"group own{number}")
        for number, (sentence, _, _) in enumerate(FORMS)
    ]
    return Reasoner.of(RuleBase(built_in(), {"own/own.yaml": "".join(texts).encode()}))


@pytest.mark.parametrize(
    "number", range(len(FORMS)), ids=[sentence for sentence, _, _ in FORMS]
)
def test_each_form_means_what_it_says(forms: Reasoner, number: int) -> None:
    _, holds, fails = FORMS[number]
    assert supports(forms.reason(document(holds))).get(f"OWN-{number}") is True
    assert f"OWN-{number}" not in supports(forms.reason(document(fails)))


def test_a_sign_that_several_sentences_name_is_one_finding() -> None:
    text = template("tonic on the left", "tonic for at least 5 s")
    assert "OWN-01" not in supports(judged(text, "tonic left 5-8; tonic right 5-15"))


def test_evidence_stays_listed_where_unless_holds() -> None:
    text = template("tonic", unless="pelvic_thrusting overlaps tonic")
    done = judged(text, "tonic left 5-15; pelvic_thrusting 10-20")
    assert supports(done)["OWN-01"] is False
    assert done.verdict is not None
    why = {item.rule: item.why_not for item in done.verdict.supports}
    assert "pelvic_thrusting overlaps tonic" in why["OWN-01"]


@pytest.mark.parametrize(
    ("way", "hemisphere"), [("same", "left"), ("opposite", "right")]
)
def test_what_points_to_a_hemisphere(way: str, hemisphere: str) -> None:
    then = f"points to the {way} hemisphere of face_twitching with weight 120"
    done = judged(template("face_twitching", then=then), "face_twitching left 5-9")
    assert done.verdict is not None
    assert done.verdict.lateralisation.hemisphere == hemisphere


def test_exceptions_remarks_and_concepts() -> None:
    exception = template("tonic", then="exception to ES-04")
    assert supports(judged(exception, "tonic left 5-15"))["ES-04"] is False
    remark = judged(template("tonic", then="remark"), "tonic left 5-15")
    assert remark.verdict is not None
    assert "OWN-01" in {note.rule for note in remark.verdict.remarks}
    concept = template("tonic", then="concept stiff", unless="clonic")
    use = template("concept stiff").replace("OWN-01", "OWN-02")
    assert "OWN-02" in supports(judged(concept + use, "tonic left 5-15"))
    both = "tonic left 5-15; clonic left 20-30"
    assert "OWN-02" not in supports(judged(concept + use, both))


def test_the_proof_and_the_sentence_name_the_template() -> None:
    text = template("tonic", says="Stiff {tonic.side} from {tonic.start}.")
    done = judged(text, "tonic left 5-15")
    assert done.proof is not None
    assert done.verdict is not None
    support = next(item for item in done.verdict.supports if item.rule == "OWN-01")
    assert support.text == "Stiff left from 00:05.0."
    assert done.proof.node(support.node).rule == "OWN-01"
    rule = next(item for item in done.proof.rules if item.id == "OWN-01")
    assert (rule.file, rule.line) == ("own/own.yaml", 1)


GOOD = template("tonic")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("R002:2:1", "- rule: [\n"),
        ("R040:7:7", GOOD.replace("'tonic'", "tonik for at least 2 s")),
        ("R040:7:39", GOOD.replace("'tonic'", "clonic starts at most 9 s after tonik "
                                   "ends")),
        ("R042:7:15", GOOD.replace("'tonic'", "measure rat of clonic below 3")),
        ("R049:7:21", GOOD.replace("'tonic'", "close_eyes on the left")),
        ("R060:1:9", GOOD.replace("OWN-01", "own rule")),
        ("R060:8:9", GOOD.replace(EVIDENCE, "it is a seizure")),
        ("R062:7:7", GOOD.replace("'tonic'", "tonic for 2 hours")),
        ("R063:7:15", GOOD.replace("'tonic'", "concept verson")),
        ("R063:7:36", GOOD.replace("'tonic'", "measure rate of clonic below 3 %")),
        ("R063:7:36", GOOD.replace("'tonic'", "measure rate of clonic below 3")),
        ("R062:7:26", GOOD.replace("'tonic'", "tonic for at least 2,5 s")),
        ("R062:7:26", GOOD.replace("'tonic'", "tonic for at least 5 min")),
        ("R062:7:16", GOOD.replace("'tonic'", "tonic on left side")),
        ("R062:7:7", GOOD.replace("'tonic'", "face pulling on one side")),
        ("R070:3:9", GOOD.replace("'Said.'", "\u201cSaid.\u201d")),
        ("R003:8:9", GOOD.replace("group own", "group gr\u00f6\u00dfe")),
        ("R002:7:1", GOOD.replace("    - 'tonic'", "\t- tonic")),
        ("R063:8:9", GOOD.replace("epileptic seizure", "seizure")),
        ("R063:3:9", GOOD.replace("Said.", "{clonic.start}")),
        ("R070:1:3", GOOD.replace("  source: test\n", "")),
        ("R071:5:3", GOOD.replace("grade", "grad")),
        ("R027:5:10", GOOD.replace("grade: C", "grade: X")),
        ("R063:3:9", GOOD.replace("Said.", "{Foo}")),
    ],
)  # fmt: skip
def test_faults_point_into_the_template(fault: str, text: str) -> None:
    assert fault in faults(text)


def test_no_form_needs_quotes() -> None:
    """Not even the one with a colon, of which YAML makes a field."""
    text = "".join(
        GOOD.replace("'tonic'", sentence).replace("OWN-01", f"OWN-{number}")
        for number, sentence in enumerate(EXAMPLES)
    )
    assert read(built_in(), {"own/own.yaml": text.encode()}).problems.found == ()


@pytest.mark.parametrize(
    ("sentence", "hint"),
    [
        ("no tonic", "write 'no SIGN seen while SIGN'"),
        ("tonic absent", "write 'no SIGN seen while SIGN'"),
        ("without tonic", "write 'no SIGN seen while SIGN'"),
        ("Figure-4 posture", "write the sign as 'figure4'"),
        ("tonic on the left side", "write 'on the left' or 'on the right'"),
        ("left tonic for at least 2 s", "write the side after the sign"),
        ("close_eyes on the left", "leave 'on the left' out"),
    ],
)
def test_what_to_write_instead_is_told(sentence: str, hint: str) -> None:
    (problem,) = read(
        {"own/own.yaml": GOOD.replace("'tonic'", sentence).encode()}
    ).problems.found
    assert hint in problem.message


def test_a_weight_below_zero_is_evidence_for_the_other_verdict() -> None:
    text = GOOD.replace("weight 90", "weight -90")
    (problem,) = read({"own/own.yaml": text.encode()}).problems.found
    assert problem.message.endswith("what speaks against one verdict is for the other")


def test_a_missing_conclusion_is_one_fault() -> None:
    assert faults(GOOD.replace(f"  then: {EVIDENCE}\n", "")) == ["R070:1:3"]


@pytest.mark.parametrize(
    "sentences",
    [
        ["tonic for at most 1.9 s"],
        ["tonic for at most 3 s", "tonic on the left for at least 3.1 s"],
        ["tonic before tonic"],
        ["tonic and tonic on opposite sides"],
        ["no tonic seen while tonic"],
    ],
)
def test_a_rule_that_can_never_apply_is_told(sentences: list[str]) -> None:
    """A warning: it can be used, but hardly does what its author meant."""
    told = [fault for fault in faults(template(*sentences)) if "R108" in fault]
    assert [fault.split(":")[1] for fault in told] == [f"{6 + len(sentences)}"]


def test_rules_that_contradict_each_other_are_told() -> None:
    other = GOOD.replace("OWN-01", "OWN-02")
    against = other.replace("epileptic seizure", "non-epileptic event")
    assert "R109:16:9" in faults(GOOD + against)
    assert not any("R109" in fault for fault in faults(GOOD + other))
    longer = against.replace("'tonic'", "tonic for at least 5 s")
    assert not any("R109" in fault for fault in faults(GOOD + longer))


def test_durations_that_a_finding_can_have_are_not_told() -> None:
    short = "tonic for at most 2 s"
    for text in (
        template(short, "tonic for at least 1 s"),
        template("tonic for at least 5 s", unless=short),
    ):
        assert not any("R108" in fault for fault in faults(text))


def test_a_folder_may_hold_templates_alone(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(GOOD)
    done = Reasoner(tmp_path).reason(document("tonic left 5-9"))
    assert "OWN-01" in supports(done)
    assert done.provenance[-1].rules[-1].name.endswith("/own.yaml")
