"""Two engines that share little come to the same conclusions."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from s3ns.facts import vocabulary
from s3ns.symbolic import RuleBase, second_engine
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.second_engine import SecondEngine, cross_check
from tests.symbolic.scenes import document
from tests.symbolic.test_every_rule import SCENES

WATCHED = ("tonic", "clonic", "figure4", "full_body_shaking", "head_turning")
SETS = 120  # any number holds; it is a matter of time
MEASURES = ("rate_start", "rate_end", "rate_slope", "rate_variation", "reversals")


@pytest.fixture(scope="module")
def engine(reasoner) -> SecondEngine:
    return SecondEngine(reasoner.base)


def own_rules(*rules: str) -> RuleBase:
    lines = [
        f"%! rule: R{number}\n%! title: A\n%! says: A\n%! source: test\n"
        f"%! grade: design\n%! denied: none\n{rule}\n"
        for number, rule in enumerate(rules)
    ]
    return RuleBase({"own.lp": "".join(lines).encode()})


def drawn_scene(seed: int) -> str:
    """Write a scene of a few observations, of signs that rules combine."""
    draw = random.Random(seed)
    lines = [f"no {sign} 0-60" for sign in WATCHED if draw.random() < 0.3]
    for _ in range(draw.randint(0, 5)):
        sign = draw.choice(vocabulary().signs)
        start = draw.choice([0, 3, 5, 10, 20])
        span = f"{start}-{start + draw.choice([1, 4, 12, 35])}"
        kind = draw.random()
        if kind < 0.7:
            measured = " ".join(
                f"{name}={draw.choice([-0.2, 0.1, 3, 45])}"
                for name in draw.sample(MEASURES, 2)
            )
            side, sure = draw.choice(sign.sides), draw.choice(["@0.4", "@0.9"])
            lines.append(f"{sign.name} {side} {span} {sure} {measured}")
        elif kind < 0.9:
            lines.append(f"no {sign.name} 0-60")
        else:
            lines.append(f"? {sign.name} limb_covered {span}")
    return "\n".join(lines)


def test_every_shipped_rule_is_followed(engine):
    assert engine.unsupported == []


@pytest.mark.parametrize(("text", "duration"), [scene[1:3] for scene in SCENES])
def test_scenes_are_judged_alike(engine, text, duration):
    found = engine.check(document(text, duration))
    assert found.differences == ()
    assert found.agrees
    assert found.verdict_first == found.verdict_second != ""


def test_random_sets_of_facts_are_judged_alike(engine):
    verdicts = set()
    for seed in range(SETS):
        found = engine.check(document(drawn_scene(seed)))
        assert found.agrees, (seed, found)
        verdicts.add(found.verdict_first)
    assert len(verdicts) >= 3


def test_what_one_engine_gets_wrong_shows(engine, monkeypatch):
    plain = second_engine.aggregated
    monkeypatch.setattr(
        second_engine,
        "aggregated",
        lambda function, members: plain(function, list(members)[1:]),
    )
    scene = document("tonic bilateral 10-20; clonic bilateral 20-40 rate_slope=-0.1")
    found = engine.check(scene)
    assert not found.agrees
    assert any(said.startswith("clingo alone: ") for said in found.differences)
    assert "disagree" in found.sentence


def test_rules_that_cannot_be_followed_are_listed_and_not_compared():
    base = own_rules(
        "half(T/2) :- seen(tonic,_,T,_,_).",
        "late :- half(T), T > 3.",
        "verdict(indeterminate) :- late.",
        "early :- not late.",
        "first(T) :- seen(_,_,T,_,_).",
    )
    found = cross_check(base, document("tonic left 5-10"))
    assert list(map(str, found.unsupported)) == ["own.lp:7: R0 computes (T/2)"]
    assert found.verdict_first == "indeterminate"
    assert found.verdict_second == ""
    assert not found.agrees  # nothing was checked of the verdict
    assert found.differences == ()


def test_rules_that_fail_on_some_facts_are_listed_for_these():
    base = own_rules(
        "odd(S) :- seen(S,_,_,_,C), S < C.",
        "verdict(indeterminate) :- recording(_,_).",
    )
    found = cross_check(base, document("tonic left 5-10"))
    assert list(map(str, found.unsupported)) == [
        "own.lp:7: R0 compares numbers with words"
    ]
    assert found.agrees
    assert cross_check(base, document("")).unsupported == ()


def test_recursion_compounds_and_all_aggregates():
    base = own_rules(
        "next(A,B) :- seen(_,_,A,_,_), seen(_,_,B,_,_), A < B.",
        "reach(A,B) :- next(A,B).",
        "reach(A,C) :- reach(A,B), next(B,C).",
        "pair(p(A,B)) :- reach(A,B), B-A <= 30.",
        "sums(S,C,L,G) :- S = #sum { B-A,A : next(A,B) }, C = #count { A : next(A,_) },"
        " L = #min { A : next(A,_) }, G = #max { B : next(_,B) }.",
        "none(L,G) :- L = #min { A : absent(A,_,_) }, G = #max { A : absent(A,_,_) }.",
        "bounds :- 2 <= #count { A : next(A,_) } < 9, not next(_,50).",
        "twice(A) :- reach(A,_), A+A = B, seen(_,_,B,_,_).",
        "verdict(indeterminate) :- recording(_,_), not bounds.",
    )
    scene = document("tonic left 1-3; clonic left 2-5; tonic right 5-7; ")
    found = cross_check(base, scene)
    assert found.differences == ()
    assert found.unsupported == ()
    rows = SecondEngine(base).conclusions(encode(scene))
    assert rows["reach", 2] == {(10, 20), (10, 50), (20, 50)}
    assert rows["pair", 1] == {("p(10,20)",), ("p(20,50)",)}
    assert rows["sums", 4] == {(10 + 40 + 30, 2, 10, 50)}
    assert rows["none", 2] == {("#sup", "#inf")}
    assert rows["twice", 1] == {(10,)}


def test_each_thread_has_its_own_facts(reasoner):
    texts = [scene[1] for scene in SCENES[:6]] * 2
    documents = [document(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda d: cross_check(reasoner.base, d), documents))
    assert all(item.agrees for item in found)
    assert found[:6] == found[6:]
