"""Several events of one patient, and what they say together."""

from __future__ import annotations

import json

import msgspec
import pytest
from click.testing import CliRunner

from s3ns.cli import main
from s3ns.facts import InputError, RuleError
from s3ns.symbolic import second_engine
from s3ns.symbolic.case import judge_case
from s3ns.symbolic.pooling import effective_number
from tests.symbolic.scenes import document

SEIZURE = "tonic bilateral 10-20; clonic bilateral 20-40 rate_slope=-0.1"
FUNCTIONAL = "asynchronous_movement 5-40; close_eyes 4-39; pelvic_thrusting 10-30"
WEAK = "tonic left 5-9"
AGAINST = "asynchronous_movement 5-40"
QUIET = "; ".join(
    f"no {sign} 0-60"
    for sign in (
        "tonic", "clonic", "figure4", "asynchronous_movement", "head_turning",
        "blank_stare",
    )
)  # fmt: skip


def events(*scenes):
    made = [document(scene) for scene in scenes]
    return [
        msgspec.structs.replace(
            one, recording=msgspec.structs.replace(one.recording, id=f"event{place}")
        )
        for place, one in enumerate(made, start=1)
    ]


def test_events_count_as_fewer_independent_ones():
    assert effective_number(0, 0.5) == 0
    assert effective_number(1, 0.5) == 1
    assert effective_number(3, 0.5) == pytest.approx(1.5)
    assert effective_number(1000, 0.5) < 2
    assert effective_number(7, 0) == 7
    assert effective_number(7, 1) == 1


def test_one_event_is_its_own_case(reasoner):
    (one,) = events(SEIZURE)
    verdict = reasoner.reason(one).verdict
    found = judge_case(reasoner, [one])
    assert found.label == verdict.label
    assert found.strength == verdict.strength
    assert found.score_epileptic == verdict.score_epileptic
    assert found.score_non_epileptic == verdict.score_non_epileptic


def test_scores_are_means_times_the_effective_number(reasoner):
    found = judge_case(reasoner, events(SEIZURE, SEIZURE, WEAK))
    own = [event.score_epileptic for event in found.events]
    assert own[0] == own[1] > own[2] > 0
    assert found.score_epileptic == pytest.approx(sum(own) / 3 * 1.5, abs=0.5)
    assert found.effective_events == 1.5
    independent = judge_case(reasoner, events(SEIZURE, SEIZURE, WEAK), correlation=0)
    assert independent.score_epileptic == sum(own)


def test_repetition_of_weak_evidence_decides_nothing(reasoner):
    found = judge_case(reasoner, events(*[WEAK] * 6), correlation=0)
    assert found.score_epileptic > 300
    assert found.label == "indeterminate"
    assert found.strength == "none"
    assert "no event was decided by itself" in found.text


def test_both_kinds_are_shown_and_not_put_together(reasoner):
    found = judge_case(reasoner, events(SEIZURE, FUNCTIONAL, SEIZURE))
    assert found.label == "both"
    assert found.text.startswith("Both kinds of event were seen: 2 consistent with")
    assert found.score_epileptic is None
    assert [event.label for event in found.events][1] == "non_epileptic_event"


def test_events_that_speak_against_the_decided_one_count(reasoner):
    alone = judge_case(reasoner, events(SEIZURE))
    found = judge_case(reasoner, events(SEIZURE, AGAINST, AGAINST, AGAINST))
    assert alone.label == "epileptic_seizure"
    assert found.label == "indeterminate"
    assert "outweigh" in found.text


def test_events_without_evidence_do_not_dilute(reasoner):
    found = judge_case(reasoner, events(SEIZURE, QUIET))
    assert [event.counts for event in found.events] == [True, False]
    alone = judge_case(reasoner, events(SEIZURE))
    assert found.label == "epileptic_seizure"
    assert found.score_epileptic == alone.score_epileptic
    assert judge_case(reasoner, events(QUIET, QUIET)).label == "no_event"


def test_the_same_recording_is_no_second_event(reasoner):
    (one,) = events(SEIZURE)
    with pytest.raises(InputError, match="event1 more than once"):
        judge_case(reasoner, [one, one])


def test_the_order_of_events_does_not_matter(reasoner):
    made = events(SEIZURE, WEAK, AGAINST)
    one, other = judge_case(reasoner, made), judge_case(reasoner, made[::-1])
    assert one.text == other.text
    assert one.events == other.events[::-1]


def test_margins_come_from_the_rules(reasoner, monkeypatch):
    rules = [rule for rule in reasoner.base.rules if rule.label.id != "LIM-MARGIN"]
    monkeypatch.setattr(reasoner.base, "rules", tuple(rules))
    with pytest.raises(RuleError, match="limit"):
        judge_case(reasoner, events(SEIZURE))


@pytest.fixture
def paths(tmp_path):
    written = []
    for place, one in enumerate(events(SEIZURE, FUNCTIONAL)):
        written.append(tmp_path / f"{place}.json")
        one.write(written[-1])
    return [str(path) for path in written]


def test_command_prints_a_table_and_json(paths):
    shown = CliRunner().invoke(main, ["reason", "--case", *paths])
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert lines[0].split()[:4] == ["file", "recording", "verdict", "strength"]
    assert lines[1].startswith("0.json  event1     epileptic seizure")
    assert "Case: Both kinds of event were seen" in shown.stdout
    printed = CliRunner().invoke(main, ["reason", "--case", "--json", *paths])
    assert json.loads(printed.stdout)["label"] == "both"
    assert "0.json" not in printed.stdout


def test_command_refuses_what_makes_no_sense(paths, tmp_path):
    several = CliRunner().invoke(main, ["reason", *paths])
    assert several.exit_code == 2
    assert "--case" in several.stderr
    kept = ["reason", "--case", *paths, "-o", str(tmp_path / "case.json")]
    assert CliRunner().invoke(main, kept).exit_code == 2


def test_command_checks_twice(paths, monkeypatch):
    command = ["reason", "--cross-check", paths[0]]
    agreed = CliRunner().invoke(main, command)
    assert agreed.exit_code == 0
    assert agreed.stderr == "event1: two engines agree: epileptic_seizure\n"
    monkeypatch.setattr(second_engine, "aggregated", lambda *_: 0)
    differs = CliRunner().invoke(main, command)
    assert differs.exit_code == 1
    assert differs.stdout == ""
    assert differs.stderr.startswith("Error: event1: two engines disagree")
