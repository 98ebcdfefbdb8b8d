"""Several extractors as one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from s3ns.facts import (
    Absence,
    Document,
    Finding,
    InputError,
    Observation,
    Recording,
    Side,
    Step,
)
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.fusion import HALF, chance_of, fused
from s3ns.symbolic.learned import read_table, table_text
from s3ns.symbolic.reliability import Reliability

GOOD = Reliability(hits=90, present=100, false_alarms=10, missing=200)
FAIR = Reliability(hits=60, present=100, false_alarms=60, missing=200)
BLIND = Reliability(hits=0, present=100, false_alarms=0, missing=200)

TABLES = st.builds(
    lambda hits, alarms: Reliability(hits, 100, alarms, 200),
    st.integers(0, 100),
    st.integers(0, 200),
)


def made(source: str, *items: Observation, recording: str = "r") -> Document:
    step = Step(stage="extract", tool=source, version="1", window=(0.0, 20.0))
    empty = Document(recording=Recording(id=recording, duration=20.0))
    return empty.with_observations(items, step)


def seen(source: str, sign: str = "tonic") -> Finding:
    return Finding(sign=sign, start=2, end=12, source=source, side=Side.UNKNOWN)


def unseen(source: str, sign: str = "tonic") -> Absence:
    return Absence(sign=sign, start=0, end=20, source=source)


@given(st.lists(st.tuples(st.booleans(), TABLES), min_size=1, max_size=5))
def test_to_see_more_never_makes_a_sign_less_likely(
    said: list[tuple[bool, Reliability]],
) -> None:
    """Where the extractor reports it more often when it is there."""
    for place, (was_seen, table) in enumerate(said):
        if table.sensitivity > table.false_positive_rate and not was_seen:
            more = [*said[:place], (True, table), *said[place + 1 :]]
            assert chance_of(more) >= chance_of(said)


@given(st.lists(TABLES, min_size=1, max_size=5), TABLES)
def test_who_confirms_never_makes_a_sign_less_likely(
    tables: list[Reliability], table: Reliability
) -> None:
    assume(table.sensitivity > table.false_positive_rate)
    said = [(True, one) for one in tables]
    # How common the sign is follows from all tables, by the rule of succession.
    assert chance_of([*said, (True, table)]) >= chance_of(said) - 1e-3


def test_who_denies_makes_a_sign_less_likely() -> None:
    said = [(True, GOOD)]
    assert chance_of([*said, (False, FAIR)]) < chance_of(said) - 0.01
    assert chance_of([*said, (False, GOOD)]) < chance_of([*said, (False, FAIR)])


def test_agreement_counts_for_more_unless_it_is_mere_repetition() -> None:
    one, two = [(True, FAIR)], [(True, FAIR)] * 2
    assert chance_of(two) > chance_of(one)
    assert chance_of(two, correlation=1.0) == pytest.approx(chance_of(one), abs=2e-3)


def test_by_hand() -> None:
    """A share of 101/302; 91/102 of a sign is reported, and 11/202 of none."""
    odds = 101 / 201 * (91 / 102) / (11 / 202)
    assert chance_of([(True, GOOD)]) == pytest.approx(odds / (1 + odds))


def test_the_better_extractor_decides() -> None:
    tables = {"a": {"tonic": GOOD}, "b": {"tonic": FAIR}}
    found = fused([made("a", seen("a")), made("b", unseen("b"))], tables)
    assert found.findings[0].confidence > HALF
    assert found.absences == ()
    found = fused([made("a", unseen("a")), made("b", seen("b"))], tables)
    assert found.findings[0].confidence < HALF
    assert [item.source for item in found.absences] == ["a, b"]


def test_who_cannot_see_a_sign_cannot_deny_it() -> None:
    found = fused([made("a", unseen("a"))], {"a": {"tonic": BLIND}})
    assert found.absences == ()
    assert [item.sign for item in found.unassessable] == ["tonic"]


def test_the_order_of_documents_changes_no_finding() -> None:
    tables = {"a": {"tonic": GOOD}, "b": {"tonic": FAIR}}
    both = [made("a", seen("a")), made("b", seen("b"), unseen("b", "clonic"))]
    one, other = fused(both, tables), fused(both[::-1], tables)
    assert (one.findings, one.unassessable) == (other.findings, other.unassessable)
    # One Document of two sources is the same as two of one each.
    whole = made("a", seen("a"), seen("b"), unseen("b", "clonic"))
    assert fused([whole], tables).findings == one.findings


def test_what_was_fused_is_not_pooled_again() -> None:
    tables = {"a": {"tonic": GOOD}, "b": {"tonic": FAIR}}
    found = fused([made("a", seen("a")), made("b", seen("b"))], tables)
    (atom,) = (atom for atom in encode(found) if atom.name == "seen")
    chance = chance_of([(True, GOOD), (True, FAIR)])
    assert atom.arguments[4].number == round(100 * chance)


def test_what_cannot_be_fused_is_told() -> None:
    tables = {"a": {"tonic": GOOD}}
    with pytest.raises(InputError, match="got none of b"):
        fused([made("b", seen("b"))], tables)
    with pytest.raises(InputError, match="two Documents hold findings of a"):
        fused([made("a", seen("a"))] * 2, tables)
    with pytest.raises(InputError, match="one recording"):
        fused([made("a"), made("a", recording="other")], tables)


def test_tables_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "reliability.csv"
    table = {"tonic": GOOD, "clonic": FAIR, "figure4": Reliability(0, 0, 1, 7)}
    path.write_text(table_text(table))
    assert read_table(path) == table
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no table of reliability"):
        read_table(path)
