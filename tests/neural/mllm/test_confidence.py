"""How sure a finding is: what the model gave to it, and how far its answers agree."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3ns.facts import CapabilityError, Side
from s3ns.neural.mllm.confidence import RELIABILITY, certainty, confidence
from s3ns.neural.mllm.likelihood import beginning_of, chances
from s3ns.neural.mllm.questions import Reading
from tests.neural.mllm.conftest import Extract
from tests.neural.mllm.stub_server import NO, Body, Fault, Weighed, stub_server, text_of

VALUES = ["yes", "no", "cannot_tell"]
YES = (
    '{"words": "the \\"answer\\"", "ans',
    'wer":',
    ' "',
    "yes",
    '", "side": "left", "first_frame": 1, "last_frame": 20}',
)

readings = st.builds(
    Reading,
    start=st.floats(0, 20),
    end=st.floats(25, 40),
    value=st.sampled_from(["seen", "not_seen", "could_not_tell", "answer_unusable"]),
    side=st.sampled_from([Side.LEFT, Side.RIGHT]),
    seen_start=st.floats(20, 22),
    seen_end=st.floats(23, 25),
    sure=st.floats(0.5, 1),
)


# --- from readings --------------------------------------------------------------------


@given(st.lists(readings, max_size=5), st.floats(0.5, 1))
def test_no_finding_is_surer_than_models_are_right(
    given_readings: list[Reading], reliability: float
) -> None:
    certain = certainty(Side.LEFT, 20.0, 25.0, given_readings)
    assert 0 <= certain <= 1 + 1e-9
    assert 0 <= confidence(certain, reliability) <= reliability + 1e-3


@given(readings, st.floats(0.5, 1))
def test_what_speaks_against_a_finding_makes_it_less_sure(
    other: Reading, sure: float
) -> None:
    one = Reading(0, 30, "seen", Side.LEFT, 20, 25, sure=sure)
    against = other.value == "not_seen" or (
        other.value == "seen" and other.side is Side.RIGHT
    )
    alone = certainty(Side.LEFT, 20, 25, [one])
    both = certainty(Side.LEFT, 20, 25, [one, other])
    assert alone == pytest.approx(sure)
    if against:
        assert both < alone or alone == both == 0.5
    elif other.value != "seen":
        assert both == alone


def test_two_windows_that_contradict_each_other_are_torn() -> None:
    one = Reading(0, 30, "seen", Side.LEFT, 25, 30)
    other = Reading(25, 55, "not_seen")
    assert confidence(certainty(Side.LEFT, 25, 30, [one, other]), RELIABILITY) == 0.5
    assert confidence(certainty(Side.LEFT, 25, 30, [one]), RELIABILITY) == RELIABILITY


# --- from probabilities ---------------------------------------------------------------


@given(st.data())
def test_the_value_is_found_however_the_answer_is_cut(data: st.DataObject) -> None:
    text = '{"words": "yes, answer", "answer" : "cannot_tell", "first_frame": 0}'
    cuts = sorted({0, len(text), *data.draw(st.lists(st.integers(0, len(text))))})
    tokens = [text[a:b] for a, b in pairwise(cuts)]
    found = beginning_of("answer", tokens)
    assert found is not None
    place, before = found
    at = sum(map(len, tokens[:place])) + len(before)
    assert text[at:].startswith("cannot_tell")
    assert tokens[place].startswith(before)


def test_what_was_only_thought_of_is_not_the_answer() -> None:
    tokens = ['<think>{"answer": "', "no", '"}</think>{"answer": "', "yes", '"}']
    assert beginning_of("answer", tokens) == (3, "")
    assert beginning_of("answer", ["no", " answer"]) is None


def test_alternatives_are_weighed_against_each_other_alone() -> None:
    likely = {"yes": 0.3, "no": 0.1, "y": 0.1, "maybe": 0.4, 'no"': 0.1, "": 0.5}
    found = chances("", {t: math.log(p) for t, p in likely.items()}, VALUES)
    assert found == pytest.approx({"yes": 2 / 3, "no": 1 / 3, "cannot_tell": 0})
    assert chances("", {"maybe": -0.1}, VALUES) is None
    found = chances(' "', {' "Yes': -1.0, '"no': -1.0, ' "cannot': -1.0}, VALUES)
    assert found == pytest.approx({"yes": 0.5, "no": 0, "cannot_tell": 0.5})


def weighed(body: Body, yes: float) -> str | Weighed:
    if "Frame 60" not in text_of(body):  # the second window is shorter
        return NO
    assert body["logprobs"] is True
    likely = {"yes": math.log(yes), "no": math.log(0.9001 - yes), "x": math.log(0.1)}
    return Weighed(YES, 3, likely)


@pytest.mark.parametrize(("yes", "expected"), [(0.9, 0.6), (0.675, 0.55), (0.45, 0.5)])
def test_probabilities_reach_the_finding(
    extract: Extract, yes: float, expected: float
) -> None:
    with stub_server(lambda body: weighed(body, yes)) as stub:
        document = extract(stub.url, signs="head_turning")
        (finding,) = document.findings
        assert finding.confidence == pytest.approx(expected, abs=0.001)
        count = len(stub.bodies)
        assert extract(stub.url, signs="head_turning") == document
        assert len(stub.bodies) == count  # probabilities are kept with the answers
        surer = extract(stub.url, signs="head_turning", reliability=0.9)
    (finding,) = surer.findings
    assert finding.confidence == pytest.approx(0.5 + (expected - 0.5) * 4, abs=0.002)


def test_a_server_that_tells_no_probabilities_is_asked_without(
    extract: Extract,
) -> None:
    def refuses(body: Body) -> str | Fault:
        return Fault.STATUS_400 if "logprobs" in body else NO

    with stub_server(refuses) as stub:
        document = extract(stub.url, signs="head_turning,tonic", concurrency=1)
    assert {item.sign for item in document.absences} == {"head_turning", "tonic"}
    assert [("logprobs" in body) for body in stub.bodies].count(True) == 1


@pytest.mark.parametrize("most", [0.4, 1.1])
def test_a_reliability_that_is_none(extract: Extract, most: float) -> None:
    with pytest.raises(CapabilityError, match="reliability"):
        extract("http://127.0.0.1:1/v1", reliability=most)
