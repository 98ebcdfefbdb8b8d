"""What must hold for any findings."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3ns.facts import (
    Absence,
    Document,
    Finding,
    Label,
    Recording,
    Side,
    Step,
    Unassessable,
    vocabulary,
)

DURATION = 80.0
tenths = st.integers(0, 10 * int(DURATION)).map(lambda value: value / 10)
signs = st.sampled_from(vocabulary().signs)
run_of_tests = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@st.composite
def findings(draw) -> Finding:
    sign = draw(signs)
    sides = [*sign.sides, *([Side.UNKNOWN] if sign.is_sided else [])]
    names = draw(
        st.sets(st.sampled_from(["rate_slope", "rate_variation", "reversals"]))
    )
    start, end = sorted((draw(tenths), draw(tenths)))
    return Finding(
        sign=sign.name,
        side=draw(st.sampled_from(sides)),
        start=start,
        end=end,
        confidence=draw(st.sampled_from([0.3, 0.5, 0.9])),
        measures={name: draw(st.integers(-1, 50)) * 1.0 for name in sorted(names)},
        source="drawn",
    )


@st.composite
def judged(draw, kind, **more):
    start, end = sorted((draw(tenths), draw(tenths)))
    values = {name: draw(strategy) for name, strategy in more.items()}
    return kind(sign=draw(signs).name, start=start, end=end, source="drawn", **values)


absences = judged(Absence)
gaps = judged(Unassessable, reason=st.sampled_from(list(vocabulary().reasons)))
seen = st.lists(findings(), min_size=1, max_size=12)


def made(*observations, shift: float = 0.0) -> Document:
    step = Step(
        stage="extract",
        tool="drawn",
        version="1",
        window=(shift, shift + DURATION),
    )
    empty = Document(recording=Recording(id="drawn", duration=DURATION + shift))
    return empty.with_observations(
        [
            msgspec.structs.replace(
                item, start=item.start + shift, end=item.end + shift
            )
            for item in observations
        ],
        step,
    )


def gist(document: Document):
    """The verdict without its words and node names."""
    verdict = document.verdict
    return (
        verdict.label,
        verdict.strength,
        verdict.score_epileptic,
        verdict.score_non_epileptic,
        [(item.rule, item.weight, item.counted) for item in verdict.supports],
        sorted(
            (sign.rule, sign.hemisphere, sign.weight)
            for sign in verdict.lateralisation.signs
        ),
        verdict.lateralisation.hemisphere,
        verdict.ilae2025 and verdict.ilae2025.rule,
        verdict.ilae2017 and verdict.ilae2017.rule,
        sorted(note.rule for note in verdict.remarks),
    )


@run_of_tests
@given(seen=seen, looked=st.lists(absences, max_size=6))
def test_mirroring_mirrors_the_hemisphere_and_leaves_the_verdict(
    reasoner, seen, looked
):
    document = made(*seen, *looked)
    plain = gist(reasoner.reason(document))
    mirrored = gist(reasoner.reason(document.mirrored()))
    other = {"left": "right", "right": "left"}
    assert mirrored[:5] == plain[:5]
    assert mirrored[5] == sorted((rule, other[h], w) for rule, h, w in plain[5])
    assert mirrored[6] == other.get(plain[6], plain[6])
    assert mirrored[7:] == plain[7:]


@run_of_tests
@given(
    seen=seen,
    looked=st.lists(absences | gaps, max_size=6),
    shift=st.integers(1, 30000).map(lambda value: value / 10),
)
def test_shifting_all_times_changes_nothing(reasoner, seen, looked, shift):
    plain = reasoner.reason(made(*seen, *looked))
    later = reasoner.reason(made(*seen, *looked, shift=shift))
    assert gist(later) == gist(plain)


@run_of_tests
@given(seen=seen, gaps=st.lists(gaps, max_size=8))
def test_what_could_not_be_judged_proves_nothing(reasoner, seen, gaps):
    plain = reasoner.reason(made(*seen)).verdict
    with_gaps = reasoner.reason(made(*seen, *gaps)).verdict
    assert {item.rule for item in with_gaps.supports} == {
        item.rule for item in plain.supports
    }
    # A gap may leave open what the other side did, and so take a sign's side away.
    assert {item.rule for item in with_gaps.lateralisation.signs} <= {
        item.rule for item in plain.lateralisation.signs
    }


@run_of_tests
@given(observations=st.lists(absences | gaps, max_size=20))
def test_without_findings_nothing_is_ever_decided(reasoner, observations):
    verdict = reasoner.reason(made(*observations)).verdict
    assert verdict.label in {Label.NO_EVENT, Label.INDETERMINATE}
    assert verdict.supports == ()
    assert verdict.score_epileptic == verdict.score_non_epileptic == 0


@run_of_tests
@given(seen=seen)
def test_silence_is_never_counted_as_a_sign_not_seen(reasoner, seen):
    """Rules that rest on a sign not being seen need it to have been looked for."""
    rules = {item.rule for item in reasoner.reason(made(*seen)).verdict.supports}
    assert not rules & {"ES-16", "ES-18", "NES-12"}


@run_of_tests
@given(seen=seen, looked=st.lists(absences | gaps, max_size=6))
def test_every_scene_is_proved_in_order(reasoner, seen, looked):
    done = reasoner.reason(made(*seen, *looked))
    earlier: set[str] = set()
    for node in done.proof.nodes:
        for premise in node.premises:
            assert earlier.issuperset(premise.nodes)
        earlier.add(node.id)
    assert Document.from_json(done.to_json()) == done


@run_of_tests
@given(seen=seen)
def test_what_counts_comes_first_and_the_heaviest_before_the_others(reasoner, seen):
    supports = reasoner.reason(made(*seen)).verdict.supports
    order = [(not item.counted, -item.weight) for item in supports]
    assert order == sorted(order)
