"""Several sources of findings: who confirms, who denies, and what is counted once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3ns.facts import Absence, Document, Finding, Recording, Side, Step
from s3ns.symbolic.changes import edited, rescored, seen_of
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.pooling import CORRELATION, effective_number, needed, pooled

SURE = st.floats(0.01, 0.99)
SURES = st.lists(SURE, min_size=1, max_size=5)
LOOKS = st.integers(0, 4)


def seen(source: str, confidence: float, start: float = 10, end: float = 20) -> Finding:
    return Finding(
        sign="tonic",
        side=Side.LEFT,
        start=start,
        end=end,
        confidence=confidence,
        source=source,
    )


def unseen(source: str, start: float = 0, end: float = 60) -> Absence:
    return Absence(sign="tonic", start=start, end=end, source=source)


def made(*items: Finding | Absence) -> Document:
    empty = Document(recording=Recording(id="r", duration=60.0))
    return empty.with_observations(items, Step(stage="x", tool="x", version="1"))


def percents(*items: Finding | Absence) -> list[int]:
    return [
        atom.arguments[4].number for atom in encode(made(*items)) if atom.name == "seen"
    ]


@given(SURES, SURE, LOOKS)
def test_a_source_that_confirms_never_makes_a_sign_less_sure(
    sures: list[float], other: float, denied: int
) -> None:
    both = pooled([*sures, other], denied)
    assert both >= pooled(sures, denied) - 1e-9
    if other > 0.51 and denied == 0 and max(sures) < 0.98:
        assert both > pooled(sures)


@given(SURES, LOOKS)
def test_a_source_that_looked_and_did_not_see_makes_it_less_sure(
    sures: list[float], denied: int
) -> None:
    assert pooled(sures, denied + 1) < pooled(sures, denied)


@given(SURES, LOOKS)
def test_the_order_of_sources_does_not_matter(sures: list[float], denied: int) -> None:
    assert pooled(sures, denied) == pooled(sures[::-1], denied)


@given(SURE, st.integers(1, 5), LOOKS)
def test_what_is_needed_is_what_it_takes(sure: float, count: int, denied: int) -> None:
    each = needed(sure, count, denied)
    assert pooled([each] * count, denied) == pytest.approx(sure)


def test_sources_alike_count_as_so_many_independent_ones() -> None:
    odds = (0.8 / 0.2) ** effective_number(3, CORRELATION)
    assert pooled([0.8] * 3) == pytest.approx(odds / (1 + odds))


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_who_is_certain_is_not_argued_with(sure: float) -> None:
    assert pooled([sure, 0.0], unseen=3) == sure
    assert needed(sure, 2, 1) == sure


def test_two_faint_findings_are_not_a_sign() -> None:
    assert pooled([0.4, 0.45]) == 0.45


@given(SURE)
def test_one_source_by_itself_is_taken_at_its_word(sure: float) -> None:
    assert pooled([sure]) == sure


def test_a_source_counts_once_however_often_it_breaks_off() -> None:
    once = percents(seen("a", 0.7))
    assert percents(seen("a", 0.7, 10, 14), seen("a", 0.7, 14.2, 20)) == once == [70]
    (both,) = percents(seen("a", 0.7), seen("b", 0.7))
    assert both > 70


def test_only_who_looked_all_the_while_denies() -> None:
    (alone,) = percents(seen("a", 0.7))
    (denied,) = percents(seen("a", 0.7), unseen("b"))
    assert denied < alone
    assert percents(seen("a", 0.7), unseen("b", 0, 15)) == [alone]
    assert percents(seen("a", 0.7), unseen("b", 0, 15), unseen("b", 15, 20)) == [denied]
    # What a source saw it does not deny, wherever else it looked.
    assert percents(seen("a", 0.7), unseen("a", 0, 60)) == [alone]


def test_the_proof_tells_who_saw_it_and_who_did_not() -> None:
    facts = encode(made(seen("a", 0.7), seen("b", 0.6), unseen("c")))
    (text,) = (leaf.text for leaf in facts.values() if leaf.kind == "finding")
    assert text.endswith("confidence 0.66, from a 0.70, b 0.60, not seen by c")


@given(SURE, SURE, st.booleans(), st.integers(1, 99))
def test_a_finding_that_is_scored_anew_has_that_score(
    one: float, other: float, denied: bool, percent: int
) -> None:
    items = [seen("a", one), seen("b", other), *([unseen("c")] if denied else [])]
    document = made(*items)
    (item,) = seen_of(document, encode(document))
    changed = edited(document, [rescored(item, percent)])
    assert percents(*changed.findings, *changed.absences) == [percent]


def test_findings_of_one_source_read_as_before() -> None:
    document = made(seen("a", 0.7), unseen("a", 30, 60))
    (text,) = (
        leaf.text for leaf in encode(document).values() if leaf.kind == "finding"
    )
    assert text == "Tonic stiffening, left, 00:10.0-00:20.0, confidence 0.70"
