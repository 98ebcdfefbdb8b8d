"""The smallest change and the worth of a look, against trying everything."""

from __future__ import annotations

from itertools import combinations

import clingo
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s3ns.facts import Document, Label, Side
from s3ns.symbolic import what_if as module
from s3ns.symbolic.ask import asks_of
from s3ns.symbolic.changes import edited, possible_of
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.robustness import robustness_of
from s3ns.symbolic.solve import Replay
from s3ns.symbolic.what_if import Option, options_of, searched
from s3ns.symbolic.worlds import Worlds
from tests.symbolic.made_rules import TOY, made_up
from tests.symbolic.scenes import document
from tests.symbolic.test_properties import run_of_tests

LINES = (
    "tonic left 10-14 @{0}",
    "tonic right 11-15 @{1}",
    "face_twitching left 10-14 @{2}",
    "ictal_vocalization 10-12 @{3}",
    "close_eyes 9-20 @{4}",
    "? close_eyes face_not_visible 0-15",
    "? clonic limb_covered 5-40",
    "no asynchronous_movement 0-60",
)

scenes = st.builds(
    lambda lines, sure: document("; ".join(lines).format(*sure)),
    st.lists(st.sampled_from(LINES), min_size=1, max_size=5, unique=True),
    st.lists(st.sampled_from([0.3, 0.45, 0.5, 0.9, 1]), min_size=5, max_size=5),
)


def judged(whole: Document) -> Label:
    return Worlds(TOY, encode(whole), {}).verdict(())


def by_trying(whole: Document) -> tuple[Option, ...]:
    """Return the cheapest changes, then the fewest, withdrawals and the earliest."""
    options, before = options_of(TOY, whole), judged(whole)
    sets = []
    for size in (1, 2, 3):
        for numbers in combinations(range(len(options)), size):
            some = tuple(options[number] for number in numbers)
            if len({option.only_one for option in some}) == size:
                cost = sum(option.change.cost for option in some)
                sets.append(((cost, size, sum(numbers), numbers), some))
    for _, some in sorted(sets, key=lambda item: item[0]):
        if judged(edited(whole, [option.edit for option in some])) is not before:
            return some
    return ()


# Two pairs of changes would do, and the dearer one comes first in time.
TWO_PAIRS = document(
    "tonic left 5-9 @0.9; tonic right 5-9 @0.8; face_twitching left 10-14 @0.7; "
    "ictal_vocalization 10-12 @0.6"
)


@pytest.mark.parametrize("sets", [0, module.SETS])
@run_of_tests
@given(whole=scenes)
@example(whole=TWO_PAIRS)
def test_the_smallest_change_is_what_trying_all_finds(
    sets: int, whole: Document
) -> None:
    """Whether sets of changes are tried one by one or left to the solver."""
    expected = by_trying(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SETS", sets)
        answer, changed = searched(TOY, whole, seconds=60)
    assert answer.is_smallest
    if expected:
        assert sum(c.cost for c in answer.changes) == sum(
            o.change.cost for o in expected
        )
        assert len(answer.changes) == len(expected)
        assert answer.becomes is judged(changed) is not answer.verdict
        if len(expected) == 1 or sets:
            assert answer.changes == tuple(option.change for option in expected)
    else:
        assert len(answer.changes) != 1


@given(whole=scenes)
@run_of_tests
def test_every_change_costs_something(whole: Document) -> None:
    for option in options_of(TOY, whole):
        assert option.change.cost > 0
        if option.change.kind == "rescore":
            assert option.change.confidence < 0.5


def test_more_changes_than_can_be_combined_are_not_called_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = document(
        "tonic left 10-14 @0.9; tonic right 10-14 @0.9; clonic left 10-14 @0.5; "
        "ictal_vocalization 10-12 @0.5; face_twitching left 10-14 @0.5"
    )
    for sets in (0, module.SETS):
        monkeypatch.setattr(module, "SETS", sets)
        monkeypatch.setattr(module, "MOST", 60)
        assert searched(TOY, whole, seconds=60)[0].is_smallest
        monkeypatch.setattr(module, "MOST", 2)
        assert not searched(TOY, whole, seconds=60)[0].is_smallest


def test_beside_one_side_only_the_other_can_be_supposed() -> None:
    """A finding of both sides would say again what was seen of one."""
    whole = document("tonic left 10-20; ? tonic limb_covered 10-20")
    assert {item.side for item in possible_of(whole, (0, 600))} == {Side.RIGHT}


def test_a_long_gap_is_tried_whole_and_at_either_end() -> None:
    whole = document("? close_eyes face_not_visible 5-55")
    assert [item.span for item in possible_of(whole, (0, 600))] == [
        (50, 550),
        (50, 150),
        (450, 550),
    ]
    short = document("? close_eyes face_not_visible 5-20")
    assert [item.span for item in possible_of(short, (0, 600))] == [(50, 200)]


# Where to look again

SURE = made_up(
    [
        "limit(confidence, 50).",
        "strong(S) :- seen(S,_,_,_,C), C >= 80.",
        "verdict(epileptic_seizure) :- strong(tonic).",
        "verdict(indeterminate) :- not strong(tonic).",
    ]
)


def test_a_look_at_the_one_finding_all_hangs_on_settles_it() -> None:
    whole = document("tonic left 10-14 @0.9")
    (ask,) = asks_of(SURE, whole).asks
    assert (ask.if_seen, ask.if_not_seen) == (1.0, 0.0)
    present = robustness_of(SURE, whole).share
    assert 0.8 < present < 1
    assert ask.gain == pytest.approx(0.9 * (1 - present) + 0.1 * present, abs=1e-6)


@given(whole=scenes)
@run_of_tests
def test_a_look_is_worth_the_change_that_is_to_be_expected(whole: Document) -> None:
    present = robustness_of(TOY, whole).share
    asks = asks_of(TOY, whole, seconds=60).asks
    for ask in asks:
        worth = ask.chance * abs(ask.if_seen - present)
        worth += (1 - ask.chance) * abs(ask.if_not_seen - present)
        assert ask.gain == pytest.approx(worth, abs=1e-6)
    assert [ask.gain for ask in asks] == sorted((a.gain for a in asks), reverse=True)


# The order of what was found


def test_of_equal_supports_the_first_rule_and_the_least_values_stand() -> None:
    base = made_up(
        [
            "a :- seen(clonic,_,_,_,_).",
            "a :- seen(tonic,_,_,_,_).",
            "b :- seen(_,_,A,_,_), A > 0.",
        ]
    )
    text = "tonic left 12-14; clonic left 10-11; clonic left 20-22; tonic right 30-31"
    replay = Replay(base, encode(document(text)))
    support = {atom.name: step for atom, step in replay.support.items()}
    assert support["a"].rule == 0
    assert clingo.Number(100) in support["a"].values
    assert clingo.Number(100) in support["b"].values


def test_the_order_of_facts_shows_nowhere() -> None:
    base = made_up(
        [
            "total(N) :- N = #sum { B-A,A : seen(_,_,A,B,_) }.",
            "early(S) :- seen(S,_,A,_,_), A < 900.",
        ]
    )
    text = "tonic left 12-14; clonic left 10-11; clonic left 20-23; tonic right 30-31"
    facts = list(encode(document(text)))
    one, other = Replay(base, facts), Replay(base, facts[::-1])
    assert one.atoms == other.atoms
    assert one.rows("seen") == other.rows("seen")
    (step,) = (step for step in one.steps if step.head.name == "total")
    members = one.members(step, 0)
    assert members == other.members(step, 0)
    lengths = [member.terms.arguments[0].number for member in members]
    assert lengths == sorted(lengths)
