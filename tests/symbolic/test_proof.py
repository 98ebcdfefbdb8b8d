"""The proof names every premise, never turns in a circle, and is the same each time."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import clingo
import clingo.ast
import msgspec
import pytest

from s3ns.facts import Document, FileHash
from s3ns.symbolic import Reasoner
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.proof import ProofBuilder
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.solve import Replay
from tests.symbolic.made_rules import made_up
from tests.symbolic.scenes import document
from tests.symbolic.test_every_rule import SCENES

SCENE = SCENES[0][1]


@pytest.fixture(scope="module", params=[scene[1:3] for scene in SCENES])
def reasoned(request, reasoner) -> Document:
    return reasoner.reason(document(*request.param))


def test_every_node_comes_after_what_it_rests_on(reasoned):
    earlier: set[str] = set()
    for node in reasoned.proof.nodes:
        for premise in node.premises:
            assert earlier.issuperset(premise.nodes), node.text
        assert node.id not in earlier
        earlier.add(node.id)
    assert reasoned.proof.root in earlier
    assert reasoned.verdict.node == reasoned.proof.root


def test_conclusions_name_a_rule_and_leaves_do_not_rest_on_anything(reasoned):
    for node in reasoned.proof.nodes:
        assert node.text[0] == node.text[0].upper()
        assert "{" not in node.text
        if node.kind == "conclusion":
            assert node.rule
            assert node.premises
        else:
            assert node.premises == ()


def test_each_rule_that_was_applied_is_listed_once(reasoned, reasoner):
    listed = [rule.id for rule in reasoned.proof.rules]
    assert listed == sorted({node.rule for node in reasoned.proof.nodes if node.rule})
    known = {rule.label.id: rule.reference for rule in reasoner.base.rules}
    assert all(known[rule.id] == rule for rule in reasoned.proof.rules)


def test_each_premise_of_a_rule_appears_in_order(reasoned, reasoner):
    bodies: dict[str, list[list[str]]] = {}
    for rule, shape in zip(reasoner.base.rules, reasoner.base.shapes, strict=True):
        kinds = [condition.kind for condition in shape.conditions]
        bodies.setdefault(rule.label.id, []).append(kinds)
    for node in reasoned.proof.nodes:
        if node.kind == "conclusion":
            kinds = [premise.kind for premise in node.premises]
            assert kinds in bodies[node.rule]


def test_every_part_of_the_verdict_has_its_node(reasoned):
    known = {node.id: node for node in reasoned.proof.nodes}
    verdict = reasoned.verdict
    parts = [*verdict.supports, *verdict.lateralisation.signs]
    parts += [*verdict.certainty, *verdict.remarks]
    parts += [note for note in (verdict.ilae2025, verdict.ilae2017) if note]
    for part in parts:
        assert known[part.node].text == part.text
        assert known[part.node].rule == part.rule


def test_scores_are_the_sums_of_what_counted(reasoned):
    verdict = reasoned.verdict
    for score, label in (
        (verdict.score_epileptic, "epileptic_seizure"),
        (verdict.score_non_epileptic, "non_epileptic_event"),
    ):
        mine = [item for item in verdict.supports if item.toward == label]
        assert score == sum(item.weight for item in mine if item.counted)
        best: dict[str, int] = {}
        for item in mine:
            if item.counted:
                assert item.group not in best
                best[item.group] = item.weight
        for item in mine:
            assert item.counted or item.why_not


def test_leaves_are_the_observations(reasoner):
    done = reasoner.reason(document("tonic bilateral 10-20; no close_eyes 0-60"))
    finding = next(node for node in done.proof.nodes if node.kind == "finding")
    assert finding.text == (
        "Tonic stiffening, both sides, 00:10.0-00:20.0, confidence 0.90 "
        "(tonic as scripted)"
    )
    assert finding.atom == "seen(tonic,bilateral,100,200,90)"
    texts = [node.text for node in done.proof.nodes if node.kind == "absence"]
    assert texts == ["Looked for and not seen: eyes closed, 00:00.0-01:00.0"]


def test_denials_show_whether_it_was_looked_for(reasoner):
    scene = "asynchronous_movement 5-40; no pelvic_thrusting 0-60; no arm_flexion 0-60"
    done = reasoner.reason(document(f"{scene}; ? occur_during_sleep too_short 0-60"))
    nodes = {node.id: node for node in done.proof.nodes}
    premises = [
        premise
        for node in nodes.values()
        if node.atom.startswith("strongest(non_epileptic_event,discord")
        for premise in node.premises
        if premise.kind == "not"
    ]
    assert [premise.text for premise in premises] == ["No exception cancels it"]
    # The exception is that of a hyperkinetic pattern: its signs, and no others.
    shown = {nodes[node].atom.split("(")[1].split(",")[0] for node in premises[0].nodes}
    assert shown == {"pelvic_thrusting", "occur_during_sleep"}


def test_comparisons_and_sums_show_their_values(reasoner):
    done = reasoner.reason(document("tonic bilateral 10-20; close_eyes 12-18"))
    premises = [item for node in done.proof.nodes for item in node.premises]
    texts = {item.text for item in premises if item.kind == "comparison"}
    assert "End-Start >= Shortest: 10.0 s >= 2.0 s" in texts
    assert "Confidence >= Least: 90 >= 50" in texts
    sums = {item.text for item in premises if item.kind == "aggregate"}
    assert "Total 6.0 s" in sums
    assert "The first: ES-04" in sums  # names have no size
    assert not any(text.startswith(("Least ES", "Least NES")) for text in sums)


def test_support_is_never_circular():
    base = RuleBase(
        {
            "loop.lp": b"""
%! rule: A
%! title: A
%! says: {Sign} is in a
%! source: test
%! grade: design
a(Sign) :- b(Sign).
%! rule: B
%! title: B
%! says: {Sign} is in b
%! source: test
%! grade: design
b(Sign) :- a(Sign).
%! rule: C
%! title: C
%! says: {Sign} was seen
%! source: test
%! grade: design
b(Sign) :- seen(Sign, _, _, _, _).
"""
        }
    )
    replay = Replay(base, encode(document("tonic left 5-10")))
    applied = {
        atom.name: base.rules[step.rule].label.id
        for atom, step in replay.support.items()
    }
    assert applied == {"a": "A", "b": "C"}


@pytest.mark.parametrize(("text", "duration"), [scene[1:3] for scene in SCENES])
def test_the_replay_concludes_what_the_bare_rules_conclude(reasoner, text, duration):
    facts = encode(document(text, duration))
    control = clingo.Control()
    with clingo.ast.ProgramBuilder(control) as builder:
        for rule in reasoner.base.rules:
            builder.add(rule.syntax.origin)
    with control.backend() as backend:
        for atom in facts:
            backend.add_rule([backend.add_atom(atom)])
    control.ground([("base", [])])
    with control.solve(yield_=True) as handle:
        (expected,) = [set(model.symbols(atoms=True)) for model in handle]
    replay = Replay(reasoner.base, facts)
    assert set(replay.atoms) == expected
    concluded = expected - set(facts)
    assert set(replay.support) == concluded


def test_values_of_aggregates_with_and_without_an_equal_bound():
    label = "%! title: A\n%! says: A\n%! source: test\n%! grade: design\n"
    base = RuleBase(
        {
            "own.lp": (
                f"%! rule: A\n{label}"
                "a(N) :- N = #sum { T1-T0,T0 : seen(_,_,T0,T1,_) }.\n"
                f"%! rule: B\n{label}"
                "b(5) :- 2 <= #count { T0 : seen(_,_,T0,_,_) } < 9.\n"
            ).encode()
        }
    )
    replay = Replay(base, encode(document("tonic left 5-10; tonic right 7-8")))
    texts = {
        step.head.name: base.shapes[step.rule]
        .conditions[0]
        .aggregate(replay.value(step, 0), step.premises[0])
        for step in replay.steps
    }
    assert texts == {"a": "Total 6.0 s", "b": "Number 2, at least 2, less than 9"}
    assert [len(replay.members(step, 0)) for step in replay.steps] == [2, 2]


def test_order_of_findings_never_shows(reasoner):
    once = document(SCENE)
    shuffled = list(once.findings)
    random.Random(3).shuffle(shuffled)
    again = msgspec.structs.replace(once, findings=tuple(shuffled))
    first, second = reasoner.reason(once), reasoner.reason(again)
    assert first.proof == second.proof
    assert first.verdict == second.verdict


@pytest.mark.parametrize("seed", ["1", "2"])
def test_same_bytes_for_any_hash_seed(reasoner, tmp_path, seed):
    path = tmp_path / "scene.json"
    document(SCENE).write(path)
    code = (
        "import sys; from pathlib import Path; from s3ns.facts import Document; "
        "from s3ns.symbolic import Reasoner; "
        "print(Reasoner().reason(Document.read(Path(sys.argv[1]))).to_json(), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == reasoner.reason(document(SCENE)).to_json()


def test_provenance_tells_the_rules_and_no_folder(reasoner):
    done = reasoner.reason(document(SCENE))
    step = done.provenance[-1]
    assert step.stage == "reason"
    assert step.rules == reasoner.base.files
    assert FileHash("rules/verdict.lp", step.rules[-1].sha256) == step.rules[-1]
    assert all(len(item.sha256) == 64 for item in step.rules)
    assert str(Path.cwd()) not in done.to_json()


def test_reasoning_again_replaces_the_verdict(reasoner):
    once = reasoner.reason(document(SCENE))
    assert reasoner.reason(once) == once


def test_a_document_survives_json_with_its_proof(reasoned):
    assert Document.from_json(reasoned.to_json()) == reasoned


def test_own_folder_of_rules_in_place_of_the_shipped_ones(tmp_path, reasoner):
    for path in (Path(__file__).parents[2] / "rules").glob("*.lp"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    own = Reasoner(tmp_path, alone=True).reason(document(SCENE))
    assert own.verdict == reasoner.reason(document(SCENE)).verdict
    assert own.provenance[-1].rules[0].name == f"{tmp_path.name}/basis.lp"


def test_an_aggregate_names_all_its_members_and_an_extreme_those_that_attain_it():
    """What stands for anything in one premise is not what does in another."""
    label = "%! rule: {}\n%! title: T\n%! says: S\n%! source: s\n%! grade: design\n"
    rules = (
        label.format("A") + "many(S) :- seen(S,_,_,_,_), 2 <= #count { T : "
        "seen(tonic,_,T,_,_) }.\n"
        + label.format("B")
        + "first(T) :- seen(S,_,T,_,_), T = #min { T0 : seen(tonic,_,T0,_,_) }.\n"
    )
    base = RuleBase({"own.lp": rules.encode()})
    facts = encode(document("tonic left 5-10; tonic left 15-21; clonic left 30-33"))
    builder = ProofBuilder(base, facts, Replay(base, facts))

    def members(conclusion: str) -> int:
        (premise,) = (
            premise
            for premise in builder.node(clingo.parse_term(conclusion)).premises
            if premise.kind == "aggregate"
        )
        return len(premise.nodes)

    assert members("many(clonic)") == 2
    assert members("first(50)") == 1


def test_the_heaviest_member_of_a_sum_is_shown_first():
    label = "%! rule: A\n%! title: T\n%! says: S\n%! source: s\n%! grade: design\n"
    base = RuleBase(
        {
            "own.lp": (
                f"{label}a(N) :- N = #sum {{ T1-T0,T0 : seen(_,_,T0,T1,_) }}.\n"
            ).encode()
        }
    )
    facts = encode(document("tonic left 5-10; tonic left 15-35; clonic left 30-33"))
    replay = Replay(base, facts)
    builder = ProofBuilder(base, facts, replay)
    root = builder.node(replay.rows("a")[0])
    (premise,) = root.premises
    texts = {node.id: node.text for node in builder.proof(root).nodes}
    first, *_, last = (texts[name] for name in premise.nodes)
    assert "00:15.0-00:35.0" in first
    assert "00:30.0-00:33.0" in last


def test_a_denial_shows_only_signs_that_could_have_led_to_it():
    """What is listed for one sign says nothing of another."""
    base = made_up(
        [
            "listed(pelvic_thrusting).",
            "hit :- seen(asynchronous_movement,_,_,_,_).",
            "spared(S) :- listed(S), hit.",
            "taken(S) :- sign(S), not spared(S).",
        ]
    )
    scene = document("no asynchronous_movement 0-60")
    facts = encode(scene)
    builder = ProofBuilder(base, facts, Replay(base, facts))
    shown = {}
    for sign in ("clonic", "pelvic_thrusting"):
        node = builder.node(clingo.parse_term(f"taken({sign})"))
        (denial,) = (item for item in node.premises if item.kind == "not")
        shown[sign] = len(denial.nodes)
    assert shown == {"clonic": 0, "pelvic_thrusting": 1}
