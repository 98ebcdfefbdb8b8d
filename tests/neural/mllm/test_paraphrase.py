"""One question in several wordings."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3ns.facts import CapabilityError, Side, vocabulary
from s3ns.neural.mllm.paraphrase import Agreement, voted
from s3ns.neural.mllm.questions import WORDINGS, Reading
from tests.neural.mllm.conftest import Extract
from tests.neural.mllm.stub_server import NO, Body, answer, stub_server, text_of

VALUES = ["seen", "not_seen", "could_not_tell", "answer_unusable"]

readings = st.builds(
    Reading,
    start=st.just(0.0),
    end=st.just(30.0),
    value=st.sampled_from(VALUES),
    side=st.sampled_from([Side.LEFT, Side.RIGHT]),
    seen_start=st.floats(0, 10),
    seen_end=st.floats(10, 30),
    sure=st.floats(0.5, 1),
)


@given(st.lists(readings, min_size=1, max_size=5))
def test_only_a_majority_says_that_a_sign_was_there_or_not(
    given_readings: list[Reading],
) -> None:
    found = voted(given_readings)
    for value in ("seen", "not_seen"):
        votes = sum(reading.value == value for reading in given_readings)
        assert (found.value == value) == (2 * votes > len(given_readings))
    if found.value == "seen":
        seen = [r for r in given_readings if r.value == "seen"]
        assert min(r.seen_start for r in seen) <= found.seen_start
        assert found.seen_end <= max(r.seen_end for r in seen)
        named = Counter(r.side for r in seen)
        first = [side for side in named if named[side] == max(named.values())]
        assert [found.side] == (first if len(first) == 1 else [Side.UNKNOWN])
    assert 0 <= found.sure <= 1


@given(readings)
def test_one_wording_is_its_own_majority(reading: Reading) -> None:
    assert voted([reading]) == reading


def test_agreement_counts_pairs_that_could_be_used() -> None:
    yes = Reading(0, 30, "seen", Side.LEFT)
    other = Reading(0, 30, "seen", Side.RIGHT)
    agreement = Agreement()
    assert agreement.share is None
    agreement.count([yes, Reading(0, 30, "answer_unusable")])
    assert agreement.share is None
    agreement.count([yes, yes, other])
    assert agreement.share == pytest.approx(1 / 3, abs=0.001)


def test_wordings_ask_the_same_of_every_sign() -> None:
    for sign in vocabulary().signs:
        texts = {
            wording.format(definition=sign.definition, question=sign.question)
            for wording in WORDINGS
        }
        assert len(texts) == len(WORDINGS)
        assert all(sign.question in text for text in texts)


def by_wording(saying_yes: int) -> object:
    """Answer yes to the first so many wordings."""
    starts = [wording.partition("{")[0] or "Did" for wording in WORDINGS]
    assert len(set(starts)) == len(starts)

    def script(body: Body) -> str:
        lines = text_of(body).splitlines()
        text = next(line for line in lines if not line.startswith("Frame "))
        number = next(k for k, start in enumerate(starts) if text.startswith(start))
        if number < saying_yes:
            return answer(answer="yes", side="left", first_frame=1, last_frame=20)
        return NO

    return script


@pytest.mark.parametrize(
    ("saying_yes", "confidence", "agreement"),
    # The second window says yes where the first one, which shows it too, does not.
    [
        (3, {0.6, 0.533}, 1.0),
        (2, {0.533, 0.489}, 0.333),
        (1, set(), 0.333),
        (0, set(), 1.0),
    ],
)
def test_wordings_are_put_and_their_agreement_is_told(
    extract: Extract,
    saying_yes: int,
    confidence: set[float],
    agreement: float,
) -> None:
    with stub_server(by_wording(saying_yes)) as stub:  # type: ignore[arg-type]
        document = extract(stub.url, signs="head_turning", wordings=3)
    assert len({text_of(body) for body in stub.bodies}) == 6
    (step,) = document.provenance
    assert step.parameters["agreement"] == agreement
    found = [finding.confidence for finding in document.findings]
    assert set(found) == confidence
    assert document.absences  # the end of neither window shows it


def test_as_many_wordings_as_there_are(extract: Extract) -> None:
    with pytest.raises(CapabilityError, match="wordings"):
        extract("http://127.0.0.1:1/v1", wordings=len(WORDINGS) + 1)
