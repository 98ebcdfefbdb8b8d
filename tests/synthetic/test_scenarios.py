"""Scenarios, suites, and what the motions do to a body."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from s3ns.benchmarks.synthetic.body import body_names, make_body
from s3ns.benchmarks.synthetic.film import act
from s3ns.benchmarks.synthetic.motions import MOTIONS
from s3ns.benchmarks.synthetic.posture import ARM
from s3ns.benchmarks.synthetic.room import CAMERAS
from s3ns.benchmarks.synthetic.scenario import (
    Event,
    Scenario,
    read_scenario,
    scenario_of,
    scenario_text,
)
from s3ns.benchmarks.synthetic.suite import SPLITS, suite
from s3ns.facts import InputError, vocabulary

SCENARIOS = sorted((Path(__file__).parents[2] / "samples" / "synthetic").glob("*.yaml"))
ONE_ARM = [name for name in MOTIONS if name in {"arm_flexion", "clonic", "tonic",
           "fumbling", "waving", "reaching", "scratching", "eating"}]  # fmt: skip


def play(motion: str, side: str = "none", **how: object) -> Scenario:
    event = Event(motion=motion, side=side, start=2, end=10, **how)  # type: ignore[arg-type]
    return Scenario(verdict="no_event", duration=12, seed=5, timeline=(event,))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("verdict: no_event", "duration"),
        ("[1, 2]", "expected keys verdict"),
        ("verdict: maybe\nduration: 5", "epileptic_seizure"),
        ("verdict: no_event\nduration: 5\nlights: day", "Did you mean 'light'"),
        ("verdict: no_event\nduration: 5\nlight: noon", "infrared"),
        ("verdict: no_event\nduration: 900", "duration in 1..600"),
        (
            "verdict: no_event\nduration: 5\n"
            "timeline:\n- {motion: chewin, start: 1, end: 2}",
            "Did you mean 'chewing'? (at timeline[0])",
        ),
        (
            "verdict: no_event\nduration: 5\n"
            "timeline:\n- {motion: version, side: up, start: 1, end: 2}",
            "left, right",
        ),
        (
            "verdict: no_event\nduration: 5\n"
            "timeline:\n- {motion: stare, start: 1, stop: 2}",
            "timeline[0].stop",
        ),
        (
            "verdict: no_event\nduration: 5\n"
            "timeline:\n- {motion: stare, start: 1, end: 9}",
            "within 5",
        ),
        ("verdict: [", "is not YAML"),
    ],
)
def test_a_wrong_scenario_is_told_in_a_line(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert told in message
    assert "\n" not in message


@pytest.mark.parametrize("split", SPLITS)
def test_scenarios_survive_being_written(split: str) -> None:
    for scenario in suite(split, 3, 30):
        content = YAML(typ="safe", pure=True).load(scenario_text(scenario))
        assert scenario_of(content, name="suite") == scenario


def test_suites_repeat_and_never_meet() -> None:
    suites = [suite(split, seed, 15) for split in SPLITS for seed in (0, 1)]
    assert suite("train", 0, 15) == suites[0]
    seeds = [scenario.seed for scenarios in suites for scenario in scenarios]
    assert len(set(seeds)) == len(seeds)


def test_a_longer_suite_begins_like_a_shorter_one() -> None:
    assert suite("test", 2, 20)[:8] == suite("test", 2, 8)


def test_suites_are_balanced() -> None:
    scenarios = suite("validation", 4, 45)
    kinds = [(s.verdict, s.view) for s in scenarios]
    assert {kinds.count(kind) for kind in kinds} == {3}


def test_every_recipe_meets_every_view() -> None:
    views: dict[str, set[str]] = {}
    for scenario in suite("train", 1, 180):
        for event in scenario.timeline:
            views.setdefault(event.motion, set()).add(scenario.view)
    for motion in (
        "blinking",
        "chewing",
        "facial_twitch",
        "pelvic_thrusting",
        "tremor",
    ):
        assert views[motion] == set(CAMERAS), motion


def test_together_the_motions_show_every_sign_of_the_body() -> None:
    shown = {item.sign for s in suite("train", 0, 150) for item in act(s).shown}
    signs = {s.name for s in vocabulary().signs if s.modality == "video"}
    assert shown == signs


def test_arms_start_together_whenever_both_leave_their_rest() -> None:
    # To stretch twice is to raise both arms twice; that they are lowered is no start.
    timeline = tuple(
        Event(motion="stretching", start=start, end=start + 5) for start in (2, 10)
    )
    acted = act(Scenario(verdict="no_event", duration=18, seed=5, timeline=timeline))
    starts = [i.start for i in acted.shown if i.sign == "arms_move_simultaneously"]
    assert starts == pytest.approx([2, 10], abs=0.7)


@pytest.mark.parametrize("motion", ONE_ARM)
@pytest.mark.parametrize("side", ["left", "right"])
def test_an_arm_moves_on_its_own_side(motion: str, side: str) -> None:
    curves = act(play(motion, side)).curves.values
    other = "right" if side == "left" else "left"

    def largest(which: str) -> float:
        return max(float(np.ptp(curves[f"{which}_{joint}"])) for joint in ARM)

    # Resting arms waver by a few degrees.
    assert largest(side) > 15 > 3 * largest(other) / 2


@pytest.mark.parametrize("rates", [(4.0, 2.0), (2.5, 2.5), (2.0, 3.5)])
def test_jerks_come_at_the_rate_that_is_true(rates: tuple[float, float]) -> None:
    scenario = play("clonic", "left", rate=rates)
    acted = act(scenario)
    elbow = acted.curves.values["left_elbow"]
    inside = elbow[2 * scenario.fps : 10 * scenario.fps]
    peaks = (inside[1:-1] > inside[:-2]) & (inside[1:-1] >= inside[2:])
    jerks = int((peaks & (inside[1:-1] > 75)).sum())
    assert jerks / 8 == pytest.approx(np.mean(rates), abs=0.45)


@pytest.mark.parametrize("name", body_names())
def test_a_body_at_rest_is_as_tall_as_people_are(name: str) -> None:
    body = make_body({name: 1.0})
    assert 1.4 < np.ptp(body.vertices[:, 2]) < 2.0
    vertices, _, joints = body.posed({}, {}, np.eye(3), body.heads[0])
    np.testing.assert_allclose(vertices, body.vertices, atol=1e-4)
    np.testing.assert_allclose(joints, body.heads, atol=1e-4)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_bones_keep_their_length(path: Path) -> None:
    from s3ns.benchmarks.synthetic.posture import joint_turns

    body, curves = make_body({"man": 1.0}), act(read_scenario(path)).curves
    parents = np.maximum(body.parents, 0)
    lengths = np.linalg.norm(body.heads - body.heads[parents], axis=1)
    for step in range(0, len(curves.times), 60):
        turns = joint_turns(body, curves.at(step))
        _, _, joints = body.posed(turns, {}, np.eye(3), np.zeros(3))
        now = np.linalg.norm(joints - joints[parents], axis=1)
        np.testing.assert_allclose(now, lengths, atol=1e-4)
