"""The clinical narrative: nothing that the findings do not hold."""

from __future__ import annotations

import re
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
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
    deciseconds,
    sign_named,
    vocabulary,
)
from s3ns.pipeline import reason
from s3ns.report.narrative import MOST_WORDS, narrative, narrative_text, words
from tests.report.conftest import LENGTH, document, not_seen, seen

SIDED = [
    (sign.name, side)
    for sign, side in product(vocabulary().signs, Side)
    if sign.allows(side)
]
SIDE_WORDS = re.compile(r"\b(left|right|sides)\b")


@st.composite
def findings(draw):
    sign, side = draw(st.sampled_from(SIDED))
    start, end = sorted(draw(st.tuples(*[st.integers(0, 600)] * 2)))
    return Finding(
        sign=sign,
        side=side,
        start=start / 10,
        end=end / 10,
        source="drawn",
        confidence=draw(st.sampled_from([0.2, 0.9])),
        measures=draw(st.sampled_from([{}, {"rate": 2.5}])),
    )


def made(found):
    step = Step(stage="extract", tool="drawn", version="1", window=(0.0, LENGTH))
    recording = Recording(id="drawn", duration=LENGTH)
    return Document(recording=recording).with_observations(found, step)


some = settings(max_examples=150, deadline=None)
documents = st.lists(findings(), max_size=7).map(made)


def without_sleep(found):
    return [f for f in found if f.sign != "occur_during_sleep"]


@some
@given(documents)
def test_the_signs_and_sides_told_are_those_of_the_findings(made):
    text = narrative(made).account
    named = {sign_named(f.sign).worded(f.side) for f in without_sleep(made.findings)}
    assert all(phrase in text for phrase in named)
    for phrase in sorted(named, key=len, reverse=True):
        text = text.replace(phrase, "")
    assert not SIDE_WORDS.search(text)
    slept = any(f.sign == "occur_during_sleep" for f in made.findings)
    assert ("pparent sleep" in text) == slept
    for sign in vocabulary().signs:
        if sign.name != "occur_during_sleep":
            assert sign.worded() not in text


@some
@given(documents, st.data())
def test_a_finding_that_is_dropped_is_told_no_more(made, data):
    if not made.findings:
        return
    dropped = data.draw(st.sampled_from(made.findings))
    rest = tuple(f for f in made.findings if f.sign != dropped.sign)
    phrase = sign_named(dropped.sign).worded()
    assert phrase in narrative(made).account.lower()
    less = msgspec.structs.replace(made, findings=rest)
    assert phrase not in narrative(less).account.lower()


@some
@given(documents)
def test_mirroring_the_document_mirrors_the_words(made):
    flip = {"left": "right", "right": "left"}
    flipped = re.sub(r"\b(left|right)\b", lambda m: flip[m[0]], narrative(made).text)
    assert narrative(made.mirrored()).text == flipped


@some
@given(documents)
def test_every_number_is_a_time_or_a_rate_of_the_findings(made):
    ictal = without_sleep(made.findings)
    times = {deciseconds(t) for f in ictal for t in (f.start, f.end)}
    lengths = {deciseconds(a / 10 - b / 10) for a in times for b in times}
    allowed = {f"{t / 10:.1f}" for t in times | lengths} | {"2.5"}
    for number in re.findall(r"\d+\.\d+", narrative(made).account):
        assert number in allowed


@some
@given(documents)
def test_signs_are_told_in_the_order_of_their_onset(made):
    told = narrative(made)
    order = {name: place for place, name in enumerate(vocabulary().by_name)}
    ictal = sorted(without_sleep(made.findings), key=lambda f: (f.start, order[f.sign]))
    firsts = list(dict.fromkeys(f.sign for f in ictal))
    text = told.account
    places = [text.index(sign_named(name).worded()) for name in firsts]
    late = {name for name in firsts if sign_named(name).worded() in told.aftermath}
    early = [p for name, p in zip(firsts, places, strict=True) if name not in late]
    assert early == sorted(early)


@given(st.lists(findings(), max_size=60))
@settings(max_examples=50, deadline=None)
def test_a_crowded_account_stays_short_and_names_every_sign(found):
    text = narrative(made(found)).account
    for finding in without_sleep(found):
        assert sign_named(finding.sign).worded() in text
    assert words(text) <= 1.5 * MOST_WORDS


def test_details_go_where_there_are_many_signs() -> None:
    sided = [s for s in vocabulary().signs if s.is_sided]
    found = [
        seen(s.name, 2.0 * k + j, 2.0 * k + j + 1, side)
        for k, s in enumerate(sided)
        for j, side in enumerate((Side.LEFT, Side.RIGHT))
    ]
    text = narrative(document(*found)).account
    assert words(text) <= MOST_WORDS
    assert "tonic stiffening on the left (also right)" in text


def test_onset_evolution_end_and_aftermath() -> None:
    told = narrative(
        document(
            seen("head_turning", 5.0, 12.0, Side.LEFT),
            seen("blank_stare", 5.6, 9.0),
            msgspec.structs.replace(
                seen("clonic", 20.0, 40.0, Side.BILATERAL),
                measures={"rate_start": 4.04, "rate_end": 1.5},
            ),
            seen("arm_flexion", 13.0, 15.0, Side.RIGHT),
            seen("arm_flexion", 16.0, 19.0, Side.RIGHT),
            seen("close_eyes", 30.0, 55.0),
            seen("verbal_responsiveness", 50.0, 51.0),
        )
    )
    assert told.onset == (
        "The event began at 5.0 s with head turning to the left (5.0-12.0 s) and blank "
        "stare (5.6-9.0 s)."
    )
    assert told.evolution == (
        "Then came arm flexion on the right (twice, 13.0-19.0 s), clonic jerking on "
        "both sides (20.0-40.0 s, 4.0 to 1.5 per second) and eye closure (30.0-55.0 s)."
    )
    assert told.ending == "It ended at 40.0 s, after 35.0 s."
    assert told.aftermath == (
        "Afterwards, eye closure went on until 55.0 s and verbal response came at "
        "50.0 s."
    )


def test_what_is_cut_off_by_the_recording_has_no_duration() -> None:
    told = narrative(document(seen("clonic", 0.2, 59.8, Side.LEFT)))
    assert told.account == (
        "The event was under way when the analysed stretch began (0.2 s), with "
        "clonic jerking on the left (0.2-59.8 s). It went on to the end of the "
        "analysed stretch (59.8 s)."
    )
    ended = narrative(document(seen("clonic", 0.2, 30.0, Side.LEFT)))
    assert ended.ending == "It ended at 30.0 s."


def test_a_seizure_has_a_post_ictal_phase(epileptic: Document) -> None:
    found = [*epileptic.findings, *epileptic.absences]
    judged = reason(document(*found, seen("close_eyes", 41.0, 55.0)))
    told = narrative(judged)
    assert told.aftermath == "Post-ictally, eye closure came at 41.0 s."
    assert judged.verdict is not None
    assert told.conclusion == judged.verdict.text
    assert told.text.endswith(judged.verdict.text)


def test_where_the_verdict_is_no_event_none_is_told() -> None:
    chewing = "oral_automatisms"
    others = [s.name for s in vocabulary().signs if s.name != chewing]
    judged = reason(document(seen(chewing, 20.0, 30.0), *not_seen(*others)))
    assert judged.verdict is not None
    assert judged.verdict.label is Label.NO_EVENT
    assert narrative(judged).onset == (
        "What was seen began at 20.0 s with oral automatisms (20.0-30.0 s)."
    )


def test_sleep_comes_before_the_event() -> None:
    slept = seen("occur_during_sleep", 0.0, 20.0)
    told = narrative(document(slept, seen("tonic", 20.0, 30.0, Side.LEFT)))
    assert told.account.startswith(
        "The event began out of apparent sleep at 20.0 s with"
    )
    cut = narrative(document(slept, seen("tonic", 0.0, 30.0, Side.LEFT)))
    assert cut.onset.endswith(" It came out of apparent sleep.")


def test_what_outlasts_an_event_by_a_moment_is_no_aftermath() -> None:
    stiff = seen("tonic", 20.0, 30.0, Side.LEFT)
    for end, told in ((31.0, False), (32.0, True)):
        closed = seen("close_eyes", 22.0, end)
        assert bool(narrative(document(stiff, closed)).aftermath) is told


def test_a_stare_alone_has_no_aftermath() -> None:
    told = narrative(document(seen("blank_stare", 5.0, 20.0)))
    assert told.aftermath == ""
    assert told.ending == "It ended at 20.0 s, after 15.0 s."


def test_unsure_signs_are_called_possible() -> None:
    unsure = msgspec.structs.replace(seen("tonic", 5.0, 9.0, Side.LEFT), confidence=0.4)
    told = narrative(document(unsure))
    assert "with possible tonic stiffening on the left" in told.onset


def test_only_what_was_looked_for_throughout_was_not_seen() -> None:
    def absent(sign: str, start: float, end: float) -> Absence:
        return Absence(sign=sign, start=start, end=end, source="test")

    told = narrative(
        document(
            seen("clonic", 10.0, 30.0, Side.LEFT),
            *not_seen("pelvic_thrusting", "ictal_vocalization"),
            absent("figure4", 8.0, 20.0),
            absent("figure4", 20.3, 31.0),
            absent("tonic", 10.0, 20.0),
            absent("head_turning", 10.0, 29.0),
            Unassessable(
                sign="tonic", start=20, end=60, source="test", reason="limb_covered"
            ),
        )
    )
    assert told.not_seen == (
        "No figure-4 posture or pelvic thrusting seen. No vocalisation heard."
    )
    assert told.not_judged.startswith("Not judged, or only in part: ")
    for phrase in ("tonic stiffening", "head turning", "verbal response"):
        assert phrase in told.not_judged
    assert "figure-4" not in told.not_judged
    assert "clonic" not in told.not_seen + told.not_judged


@some
@given(documents, st.lists(st.sampled_from([s.name for s in vocabulary().signs])))
def test_each_sign_is_told_in_one_of_three_ways(made, looked_for):
    step = Step(stage="extract", tool="drawn", version="1")
    told = narrative(made.with_observations(not_seen(*looked_for), step))
    for sign in vocabulary().signs:
        phrase = sign.worded()
        parts = (told.account.lower(), told.not_seen, told.not_judged)
        assert [phrase in part for part in parts].count(True) == 1
        if phrase in told.not_seen:
            assert sign.name in looked_for


@pytest.mark.parametrize(
    ("observed", "said"),
    [
        ([], "Nothing could be judged."),
        (not_seen("clonic"), "No sign was seen."),
        (
            [seen("occur_during_sleep", 0, 60)],
            "Apparent sleep was seen, and no other sign.",
        ),
    ],
)
def test_without_an_event(observed, said) -> None:
    assert narrative(document(*observed)).account == said


def test_the_terminal_gets_it_with_the_notice(epileptic: Document) -> None:
    text = narrative_text(epileptic, width=70)
    assert all(len(line) <= 70 for line in text.splitlines())
    assert "Left is the patient's own left." in " ".join(text.split())
    assert "no diagnosis" in text
