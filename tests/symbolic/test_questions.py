"""Robustness, what would change a verdict, and where to look again."""

from __future__ import annotations

import functools
import operator
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3ns.facts import Label, vocabulary
from s3ns.symbolic.ask import asks_of
from s3ns.symbolic.changes import edited, seen_of, withdrawn
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.robustness import robustness_of, sampled, split
from s3ns.symbolic.what_if import options_of, searched, what_if
from s3ns.symbolic.worlds import Worlds
from tests.symbolic.made_rules import TOY
from tests.symbolic.scenes import document
from tests.symbolic.test_properties import findings, gaps, made, run_of_tests, seen

CONVULSION = "tonic bilateral 10-20 @1; clonic bilateral 20-40 @1"
FUNCTIONAL = "asynchronous_movement 5-50; close_eyes 6-50; full_body_shaking 5-50"


def with_source(scene, source):
    return [
        msgspec.structs.replace(finding, source=source)
        for finding in document(scene).findings
    ]


def verdict_of(whole):
    return Worlds(TOY, encode(whole), {}).verdict(())


def verdict_without(reasoner, done, part):
    """Judge a Document again without the findings of one sign at one time."""
    left = tuple(
        item
        for item in done.findings
        if (item.sign, item.start, item.end) != (part.sign, part.start, part.end)
    )
    assert len(left) < len(done.findings)
    return reasoner.reason(msgspec.structs.replace(done, findings=left)).verdict.label


# Worlds


@run_of_tests
@given(seen=seen, gaps=st.lists(gaps, max_size=3), choice=st.randoms())
def test_a_world_has_the_verdict_that_reasoning_gives_it(reasoner, seen, gaps, choice):
    whole = made(*seen, *gaps)
    facts = encode(whole)
    found = seen_of(whole, facts)
    worlds = Worlds(reasoner.base, *split(facts, found))
    for _ in range(3):
        kept = [item for item in found if choice.random() < 0.6]
        gone = [withdrawn(item) for item in found if item not in kept]
        expected = reasoner.reason(edited(whole, gone)).verdict.label
        assert worlds.verdict({item.atom for item in kept}) is expected


def test_all_members_of_a_merged_finding_go_together():
    whole = document("clonic left 10-12; clonic left 12.3-14; clonic right 12-13")
    left = next(
        item for item in seen_of(whole, encode(whole)) if item.finding.side == "left"
    )
    assert (left.finding.start, left.finding.end) == (10, 14)
    rest = edited(whole, [withdrawn(left)])
    assert [str(item.side) for item in rest.findings] == ["right"]


# Robustness


@pytest.mark.parametrize("scene", [CONVULSION, FUNCTIONAL.replace(";", " @1;") + " @1"])
def test_what_is_certain_is_wholly_robust(reasoner, scene):
    found = robustness_of(reasoner.base, document(scene))
    assert found.share == 1.0
    assert len(found.shares) == 1
    assert found.worlds == 200


def test_robustness_is_the_confidence_of_the_one_finding_all_hangs_on():
    scene = CONVULSION.replace("tonic bilateral 10-20 @1", "tonic bilateral 10-20 @0.7")
    found = robustness_of(TOY, document(scene), worlds=2000)
    assert found.share == pytest.approx(0.7, abs=0.04)  # four standard errors
    assert found.shares["indeterminate"] == pytest.approx(1 - found.share)
    assert {item.sign for item in found.depends_on} == {"tonic", "clonic"}


def test_a_surer_finding_is_never_less_robust():
    shares = [
        robustness_of(
            TOY,
            document(f"tonic bilateral 10-20 @{sure}; clonic bilateral 20-40 @1"),
        ).share
        for sure in (0.5, 0.6, 0.8, 0.95, 1)
    ]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1] == 1


def test_findings_of_one_source_are_lost_together():
    """The share of worlds without both follows from the copula in closed form."""

    def both_lost(*findings):
        whole = made(*findings)
        worlds = sampled(seen_of(whole, encode(whole)), worlds=4000, seed=1)
        kept = functools.reduce(operator.or_, worlds.values())
        return 1 - kept.bit_count() / 4000

    tonic = with_source("tonic left 1-5 @0.5", "a")
    same = both_lost(*tonic, *with_source("clonic left 9-15 @0.5", "a"))
    other = both_lost(*tonic, *with_source("clonic left 9-15 @0.5", "b"))
    assert same == pytest.approx(0.2985, abs=0.025)  # 1/4 + asin(0.3)/2 pi
    assert other == pytest.approx(0.25, abs=0.025)


def test_other_seeds_give_other_samples():
    scene = document("tonic bilateral 10-20 @0.6; clonic bilateral 20-40 @0.6")
    one, again, other = (robustness_of(TOY, scene, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one.share != other.share


@pytest.mark.parametrize(
    "scene", [CONVULSION, FUNCTIONAL, f"{CONVULSION}; figure4 left 8-12"]
)
def test_without_a_finding_it_depends_on_the_verdict_is_another(reasoner, scene):
    done = document(scene)
    found = robustness_of(reasoner.base, done)
    for part in found.depends_on:
        assert verdict_without(reasoner, done, part) is part.becomes
    on = {(part.sign, part.start) for part in found.depends_on}
    for item in done.findings:
        if (item.sign, item.start) not in on:
            label = reasoner.reason(done).verdict.label
            assert verdict_without(reasoner, done, item) is label


def test_a_recording_without_findings_is_wholly_robust():
    found = robustness_of(TOY, document("no tonic 0-60"))
    assert (found.share, found.depends_on) == (1.0, ())


# What if


def test_the_cheaper_of_two_findings_is_withdrawn():
    scene = "tonic bilateral 10-20 @0.9; clonic bilateral 20-40 @0.8"
    answer = what_if(TOY, document(scene))
    assert answer.text == (
        "Without clonic jerking (both sides, 00:20.0-00:40.0) the verdict would be "
        "indeterminate."
    )
    assert [(c.kind, c.cost, c.confidence) for c in answer.changes] == [
        ("withdraw", 80, 0.8)
    ]
    assert answer.is_smallest


def test_a_finding_that_nearly_counts_is_the_smallest_change():
    scene = "tonic bilateral 10-20; clonic bilateral 20-40 @0.42"
    answer = what_if(TOY, document(scene))
    assert answer.verdict is Label.INDETERMINATE
    assert answer.becomes is Label.EPILEPTIC_SEIZURE
    assert [(c.kind, c.cost) for c in answer.changes] == [("rescore", 8)]
    assert "00:20.0-00:40.0) sure enough to count" in answer.text


def test_a_sign_is_supposed_where_it_could_not_be_judged():
    scene = "tonic bilateral 10-20; ? clonic limb_covered 12-20"
    answer = what_if(TOY, document(scene))
    (change,) = answer.changes
    assert (change.kind, change.sign, change.cost) == ("suppose", "clonic", 50)
    assert (change.start, change.end) == (12, 20)
    assert answer.becomes is Label.EPILEPTIC_SEIZURE
    assert "where it could not be judged" in answer.text


@pytest.mark.parametrize(
    ("scene", "why"),
    [
        ("tonic bilateral 10-20; no clonic 0-60", "looked for and not seen"),
        (
            "tonic bilateral 10-20; ? clonic limb_covered 12-20; no clonic 0-60",
            "another looked for it and did not see it",
        ),
        ("tonic bilateral 10-20; ? clonic limb_covered 30-60", "outside the event"),
        ("tonic bilateral 10-20; ? clonic limb_covered 12-13", "too short to count"),
    ],
)
def test_what_is_not_possible_is_not_supposed(scene, why):
    kinds = {option.change.kind for option in options_of(TOY, document(scene))}
    assert kinds == {"withdraw"}, why


TWO_KINDS = "face_twitching left 10-14 @0.5; ictal_vocalization 10-12 @0.5"


def test_two_changes_together_where_one_costs_more():
    """Stiffening decides with either of two others; it was found on each side."""
    stiff = "tonic left 10-14 @0.9; tonic right 10-14 @0.9"
    answer, changed = searched(TOY, document(f"{stiff}; {TWO_KINDS}"))
    assert answer.verdict is Label.EPILEPTIC_SEIZURE
    assert [change.sign for change in answer.changes] == [
        "ictal_vocalization",
        "face_twitching",
    ]
    assert [change.cost for change in answer.changes] == [50, 50]
    assert answer.is_smallest
    assert answer.text == (
        "Without vocalisation (00:10.0-00:12.0) and facial twitching (left, "
        "00:10.0-00:14.0) the verdict would be indeterminate."
    )
    assert verdict_of(changed) is Label.INDETERMINATE


def test_of_equal_costs_the_fewest_changes_are_the_smallest():
    answer = what_if(TOY, document(f"tonic bilateral 10-14 @1; {TWO_KINDS}"))
    assert [(c.sign, c.cost) for c in answer.changes] == [("tonic", 100)]


@pytest.mark.parametrize(
    ("scene", "seen_by"),
    [
        ("? face_pulling too_short 0-2.9; ? tonic limb_covered 0-2.9", "landmarks"),
        ("clonic left 10-20; ? tonic limb_covered 0-10", "annotation"),
        ("clonic left 10-20; ? tonic limb_covered 0-10", "landmarks"),
    ],
)
def test_a_sign_is_supposed_of_the_source_that_could_not_judge_it(
    reasoner, scene, seen_by
):
    """Rules ask for more of what was measured than of what a reader saw."""
    before = document(scene, seen_by=seen_by)
    answer, changed = searched(reasoner.base, before)
    assert {finding.source for finding in changed.findings} <= {seen_by}
    assert reasoner.reason(changed).verdict.label is answer.becomes
    assert (answer.becomes is not answer.verdict) == bool(answer.changes)


def test_a_source_goes_with_the_last_of_its_findings(reasoner):
    """What a reader saw decides once nothing measured is left beside it."""
    by_a_reader = document(
        "clonic left 10-20 @1; face_twitching left 10-20 @1; "
        "? oral_automatisms face_not_visible 0-60"
    )
    whole = msgspec.structs.replace(
        by_a_reader,
        findings=(
            *by_a_reader.findings,
            *with_source("arm_flexion right 30-40 @0.4", "landmarks"),
        ),
    )
    assert reasoner.reason(whole).verdict.label is Label.INDETERMINATE
    answer, changed = searched(reasoner.base, whole)
    assert [(c.kind, c.sign) for c in answer.changes] == [("withdraw", "arm_flexion")]
    assert answer.becomes is Label.EPILEPTIC_SEIZURE
    assert reasoner.reason(changed).verdict.label is Label.EPILEPTIC_SEIZURE
    assert robustness_of(reasoner.base, whole).share < 0.7


@run_of_tests
@given(
    seen=st.lists(findings(), max_size=12),
    gaps=st.lists(gaps, max_size=4),
    source=st.sampled_from(["drawn", "annotation"]),
)
def test_the_change_really_gives_the_verdict_that_is_told(reasoner, seen, gaps, source):
    by = (msgspec.structs.replace(item, source=source) for item in [*seen, *gaps])
    whole = made(*by)
    before = reasoner.reason(whole).verdict.label
    answer, changed = searched(reasoner.base, whole)
    assert answer.verdict is before
    assert reasoner.reason(changed).verdict.label is answer.becomes
    assert (answer.becomes is not before) == bool(answer.changes)
    cost = sum(change.cost for change in answer.changes)
    for option in options_of(reasoner.base, whole):
        if not answer.changes or option.change.cost < cost:
            other = reasoner.reason(edited(whole, [option.edit])).verdict.label
            assert other is before or not answer.is_smallest


def test_nothing_to_change_is_said():
    answer = what_if(TOY, document("no tonic 0-60; no clonic 0-60"))
    assert answer.changes == ()
    assert answer.becomes is answer.verdict
    assert answer.text.startswith("No change of the findings")


def test_out_of_time_is_said():
    answer = what_if(TOY, document(CONVULSION), seconds=-1.0)
    assert not answer.is_smallest
    assert "in the time given" in answer.text


# Ask


def test_the_covered_limb_is_what_to_look_at():
    scene = "tonic bilateral 10-20 @1; ? clonic limb_covered 12-20"
    (ask,) = asks_of(TOY, document(scene)).asks
    assert (ask.sign, ask.state, ask.start, ask.end) == (
        "clonic",
        "not_assessable",
        12,
        20,
    )
    assert (ask.if_seen, ask.if_not_seen) == (0.0, 1.0)
    assert ask.gain == 0.5
    assert ask.text == (
        "Look for clonic jerking (left, 00:12.0-00:20.0): the limb was covered or out "
        "of view. The verdict holds in 100 % of resampled observations; in 0 % if it "
        "was there, in 100 % if not."
    )


def test_a_sign_not_seen_after_all_is_weighed_as_looked_for():
    """Limbs in step are evidence only if someone looked for the opposite."""
    gap = "? asynchronous_movement limb_covered 0-60"
    scene = f"{CONVULSION}; close_eyes 10-40 @1; {gap}"
    assert verdict_of(document(scene)) is Label.INDETERMINATE
    looked = scene.replace(gap, "no asynchronous_movement 0-60")
    assert verdict_of(document(looked)) is Label.EPILEPTIC_SEIZURE
    (ask,) = asks_of(TOY, document(scene)).asks
    assert ask.sign == "asynchronous_movement"
    assert (ask.if_seen, ask.if_not_seen) == (1.0, 0.0)


def test_stretches_without_a_sign_meet_once_the_gap_is_judged():
    """The first half was watched; the event is watched as a whole with the second."""
    scene = f"""{CONVULSION}; close_eyes 10-40 @1; no asynchronous_movement 0-15
        ? asynchronous_movement limb_covered 15-60"""
    (ask,) = asks_of(TOY, document(scene)).asks
    assert (ask.start, ask.end) == (15, 20)
    assert (ask.if_seen, ask.if_not_seen) == (1.0, 0.0)


def test_the_least_sure_of_equal_findings_comes_first():
    scene = "tonic bilateral 10-20 @0.9; clonic bilateral 20-40 @0.6"
    asks = asks_of(TOY, document(scene)).asks
    assert [ask.sign for ask in asks] == ["clonic", "tonic"]
    assert [ask.chance for ask in asks] == [0.6, 0.9]
    assert asks[0].gain > asks[1].gain


@pytest.mark.parametrize("reason", ["not_addressed", "no_audio", "too_short"])
def test_what_another_look_cannot_mend_is_not_asked(reason):
    scene = f"{CONVULSION}; ? close_eyes {reason} 0-60"
    assert asks_of(TOY, document(scene)) == ((), True)


def test_nothing_is_asked_where_all_is_certain():
    assert asks_of(TOY, document(CONVULSION)) == ((), True)


def test_the_list_is_as_short_as_asked_for(reasoner):
    whole = document(FUNCTIONAL)
    every = asks_of(reasoner.base, whole, most=9).asks
    assert len(every) > 1
    assert asks_of(reasoner.base, whole, most=1).asks == every[:1]


def test_a_list_cut_short_is_said():
    gaps = "; ".join(f"? {name} limb_covered 0-60" for name in vocabulary().by_name)
    scene = document(f"tonic bilateral 10-20 @0.9; {gaps}")
    found, every = (asks_of(TOY, scene, seconds=time) for time in (-1.0, 60.0))
    assert (found.is_complete, every.is_complete) == (False, True)
    assert found.asks


# The order of findings


def test_the_order_of_findings_changes_no_answer(reasoner):
    whole = document(
        f"{FUNCTIONAL}; tonic left 10-13 @0.6; clonic right 30-34 @0.4; "
        "? figure4 limb_covered 5-30; ? face_twitching face_too_small 0-60"
    )
    shuffled = list(whole.findings)
    random.Random(3).shuffle(shuffled)
    other = msgspec.structs.replace(
        whole,
        findings=tuple(shuffled),
        unassessable=whole.unassessable[::-1],
    )
    assert other != whole
    in_peace = functools.partial(what_if, seconds=60.0)
    for question in (robustness_of, in_peace, asks_of):
        assert question(reasoner.base, other) == question(reasoner.base, whole)
