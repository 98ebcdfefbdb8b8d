"""The temporal heads: what they see, how they judge, the weights that are shipped."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3ns.facts import (
    Absence,
    Finding,
    ModelError,
    Observation,
    Side,
    Unassessable,
    vocabulary,
)
from s3ns.neural.heads import judge as heads
from s3ns.neural.heads.channels import channels, judged_signs
from s3ns.neural.heads.judge import Chances, Row, card, judge, revised
from s3ns.neural.pose import Joint
from s3ns.neural.signs.registry import detect_all
from s3ns.neural.tracks import Tracks
from tests.neural.stick_figure import Figure, during, jerks
from tests.neural.test_signs_fuzz import broken_tracks

RATE = 15
RESTLESS = Figure(
    left_elbow=jerks(5, 12, 3.0, -50, 100),
    right_elbow=during(14, 18, 40, 100),
    yaw=during(6, 11, 50),
    left_eye=during(20, 26, 0.05, 0.25),
    right_eye=during(20, 26, 0.05, 0.25),
)
ROW = Row(
    by_head=True,
    threshold=0.5,
    slope=1.0,
    offset=0.0,
    films=0,
    head=None,
    detector=None,
)


MEASURED = {"tonic", "full_body_shaking", "face_twitching"}
"""Signs that a head may find only where the movement was measured."""


def told(tracks: Tracks) -> list[Observation]:
    return judge(tracks, detect_all(tracks))


def chances(tracks: Tracks, sign: str, *spans: tuple[str, float, float]) -> Chances:
    """Return what a head says that is sure of some stretches, each of a side."""
    shown = np.zeros((2, len(tracks.times), len(judged_signs())))
    for side, start, end in spans:
        steps = (tracks.times >= start) & (tracks.times < end)
        for number, name in enumerate(("left", "right")):
            if side in (name, "both"):
                shown[number, steps, judged_signs().index(sign)] = 0.9
    return Chances(tracks.times, shown, np.ones(shown.shape[1:]))


def the_findings(items: list[Observation]) -> list[tuple[Side, int, int]]:
    return [
        (item.side, round(item.start), round(item.end))
        for item in items
        if isinstance(item, Finding)
    ]


def test_the_right_sees_what_the_left_of_the_mirrored_patient_sees() -> None:
    plain, mirrored = (
        RESTLESS.tracks(20, RATE),
        RESTLESS.tracks(20, RATE, mirrored=True),
    )
    one, two = (channels(tracks, detect_all(tracks)) for tracks in (plain, mirrored))
    assert one.shape == two.shape
    np.testing.assert_allclose(one, two[::-1], atol=0.05)
    assert not np.allclose(one[0], one[1], atol=0.5)


def test_sides_follow_the_patient_when_the_picture_is_mirrored() -> None:
    plain = told(RESTLESS.tracks(30, RATE))
    mirrored = told(RESTLESS.tracks(30, RATE, mirrored=True))

    def findings(items: list[Observation]) -> set[tuple[str, Side, int]]:
        return {
            (item.sign, item.side, round(item.start))
            for item in items
            if isinstance(item, Finding)
        }

    assert ("clonic", Side.LEFT, 5) in findings(plain)
    assert findings(mirrored) == {(s, d.mirrored, t) for s, d, t in findings(plain)}


def test_times_follow_the_clock() -> None:
    early, late = (told(RESTLESS.tracks(30, RATE, delay=d)) for d in (0, 100))
    for one, two in zip(early, late, strict=True):
        assert two.sign == one.sign
        assert two.start - one.start == pytest.approx(100, abs=0.11)
        assert two.end - one.end == pytest.approx(100, abs=0.11)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    seconds=st.floats(0.05, 30),
    rate=st.sampled_from([1.0, 10.0, 15.0, 25.0, 30.0]),
)
def test_any_recording_is_accounted_for(seed: int, seconds: float, rate: float) -> None:
    tracks = broken_tracks(seed, seconds, rate)
    observations = told(tracks)
    for item in observations:
        assert -0.01 <= item.start <= item.end <= tracks.end + 0.1
        if isinstance(item, Finding):
            assert 0 <= item.confidence <= 1
            assert "nan" not in item.evidence
    signs = {item.sign for item in detect_all(tracks)}
    if seconds > 5:
        assert {item.sign for item in observations} == signs


@pytest.mark.parametrize("sign", sorted({*judged_signs()} - MEASURED))
def test_whatever_a_head_finds_is_described(sign: str) -> None:
    """Even where the detector of the sign could measure nothing."""
    tracks = broken_tracks(3, 20, RATE)
    blind = replace(tracks, points=np.full_like(tracks.points, np.nan))
    sided = Side.LEFT in vocabulary().by_name[sign].sides
    for one in (tracks, blind):
        (found,) = revised(sign, one, [], chances(one, sign, ("both", 5, 12)), ROW)
        assert vocabulary().by_name[sign].allows(found.side)
        said = chances(one, sign, ("left" if sided else "both", 5, 12))
        (found,) = revised(sign, one, [], said, ROW)
        assert isinstance(found, Finding)
        assert found.side == (Side.LEFT if sided else Side.NONE)
        assert (found.start, found.end) == pytest.approx((5, 12), abs=0.1)
        assert found.evidence
        assert "nan" not in found.evidence


def test_arms_that_do_not_tremble_are_not_stiff_whatever_a_head_says() -> None:
    """A head that saw stiff arms in one posture takes the posture for the sign."""
    held = Figure(left_elbow=during(5, 12, 175, 100)).tracks(20, RATE)
    said = chances(held, "tonic", ("left", 5, 12))
    assert the_findings(revised("tonic", held, [], said, ROW)) == []
    hand = held.points[:, Joint.LEFT_WRIST]
    tremor = 8 * np.sin(2 * np.pi * 6 * held.times)
    shaken = held.points.copy()
    shaken[:, Joint.LEFT_WRIST] = hand + tremor[:, None]
    stiff = replace(held, points=shaken)
    found = revised("tonic", stiff, [], said, ROW)
    assert the_findings(found) == [(Side.LEFT, 5, 12)]


@pytest.mark.parametrize("sign", sorted(MEASURED))
def test_what_must_be_measured_is_not_found_where_nothing_was(sign: str) -> None:
    tracks = broken_tracks(3, 20, RATE)
    blind = replace(tracks, points=np.full_like(tracks.points, np.nan))
    blind = replace(blind, face=Figure(face=False).tracks(20, RATE).face)
    said = chances(blind, sign, ("both", 5, 12))
    assert the_findings(revised(sign, blind, [], said, ROW)) == []


def test_arms_that_shake_alone_are_no_body_that_shakes() -> None:
    """A head that saw both arms jerk with the body takes them for the sign."""
    shake, arms = jerks(5, 12, 4.0, 0.2), jerks(5, 12, 4.0, 50, 100)
    only_arms = Figure(left_elbow=arms, right_elbow=arms)
    whole = replace(only_arms, legs=shake, sway=shake)
    for figure, expected in ((only_arms, []), (whole, [(Side.NONE, 5, 12)])):
        tracks = figure.tracks(20, RATE)
        said = chances(tracks, "full_body_shaking", ("both", 5, 12))
        found = revised("full_body_shaking", tracks, [], said, ROW)
        assert the_findings(found) == expected


def test_a_face_that_hardly_moves_does_not_twitch() -> None:
    for size, expected in ((0.005, []), (0.12, [(Side.RIGHT, 5, 12)])):
        tracks = Figure(right_cheek=jerks(5, 12, 3.0, size)).tracks(20, RATE)
        said = chances(tracks, "face_twitching", ("right", 5, 12))
        found = revised("face_twitching", tracks, [], said, ROW)
        assert the_findings(found) == expected


def test_a_head_adds_and_refuses() -> None:
    tracks = RESTLESS.tracks(20, RATE)
    own = [item for item in detect_all(tracks) if item.sign == "clonic"]
    assert the_findings(own) == [(Side.LEFT, 5, 12)]
    said = chances(tracks, "clonic", ("right", 14, 18))
    result = revised("clonic", tracks, own, said, ROW)
    assert the_findings(result) == [(Side.RIGHT, 14, 18)]
    absences = [
        (round(item.start, 1), round(item.end, 1))
        for item in result
        if isinstance(item, Absence)
    ]
    assert absences == [(0, 14), (18, 20)]


def test_what_a_detector_measured_stays_where_a_head_holds_it_likely() -> None:
    """Heads have seen rendered people only."""
    tracks = RESTLESS.tracks(20, RATE)
    own = [item for item in detect_all(tracks) if item.sign == "clonic"]
    (measured,) = (item for item in own if isinstance(item, Finding))
    said = chances(tracks, "clonic", ("left", 0, 20))
    strict = replace_row(threshold=0.95)
    (kept,) = (
        item
        for item in revised("clonic", tracks, own, said, strict)
        if isinstance(item, Finding)
    )
    assert (kept.start, kept.evidence) == (measured.start, measured.evidence)
    assert kept.confidence == pytest.approx(0.9, abs=0.02)
    unlikely = replace(said, shown=said.shown / 2)
    trusting = replace_row(threshold=0.95, offset=2.0)
    assert the_findings(revised("clonic", tracks, own, unlikely, trusting)) == []


def test_what_a_head_cannot_judge_it_cannot_refuse() -> None:
    """Not to be able to tell is no reason to say that nothing was there."""
    tracks = RESTLESS.tracks(20, RATE)
    own = [item for item in detect_all(tracks) if item.sign == "clonic"]
    (measured,) = (item for item in own if isinstance(item, Finding))
    said = chances(tracks, "clonic")
    blind = replace(said, judgeable=np.zeros_like(said.judgeable))
    result = revised("clonic", tracks, own, blind, ROW)
    assert [item for item in result if isinstance(item, Finding)] == [measured]
    assert not any(
        item.overlaps(measured) for item in result if isinstance(item, Absence)
    )
    assert the_findings(revised("clonic", tracks, own, said, ROW)) == []


def test_every_sign_is_accounted_for_at_every_moment() -> None:
    """Also where what a head finds leaves a moment of what a detector looked at."""
    tracks = RESTLESS.tracks(30, RATE)
    spans = [("left", 0.2, 4.9), ("right", 5.1, 11.7), ("both", 14.3, 17.8)]
    for sign in judged_signs():
        own = [item for item in detect_all(tracks) if item.sign == sign]
        result = revised(sign, tracks, own, chances(tracks, sign, *spans), ROW)
        for moment in tracks.times + 1 / 60:
            assert any(
                item.start - 1 / RATE <= moment <= item.end + 1 / RATE
                for item in result
            ), (sign, moment)


def test_what_is_more_likely_wrong_than_right_is_not_seen() -> None:
    tracks = RESTLESS.tracks(20, RATE)
    (measured,) = (
        item
        for item in detect_all(tracks)
        if item.sign == "clonic" and isinstance(item, Finding)
    )
    doubtful = heads._calibrated(measured, replace_row(offset=-4.0))
    assert isinstance(doubtful, Absence)
    assert (doubtful.start, doubtful.end) == (measured.start, measured.end)
    sure = heads._calibrated(measured, replace_row(offset=1.0))
    assert isinstance(sure, Finding)
    assert sure.confidence > measured.confidence
    said = chances(tracks, "clonic", ("left", 5, 12))
    assert (
        the_findings(revised("clonic", tracks, [], said, replace_row(offset=-4))) == []
    )


def test_what_cannot_be_judged_stays_so_beside_what_a_head_finds() -> None:
    tracks = RESTLESS.tracks(20, RATE)
    hidden = Unassessable(
        sign="clonic", start=0, end=20, source="landmarks", reason="limb_covered"
    )
    said = chances(tracks, "clonic", ("both", 5, 12))
    result = revised("clonic", tracks, [hidden], said, ROW)
    assert the_findings(result) == [(Side.BILATERAL, 5, 12)]
    assert hidden in result
    blind = replace(said, judgeable=np.zeros_like(said.judgeable))
    assert revised("clonic", tracks, [hidden], blind, ROW) == [hidden]


def test_confidence_is_what_the_card_makes_of_it() -> None:
    even = replace_row(slope=1.0, offset=0.0)
    assert heads.confidence(0.8, even) == pytest.approx(0.8, abs=0.01)
    doubtful = replace_row(slope=1.0, offset=-1.5)
    assert heads.confidence(0.8, doubtful) < 0.5
    assert 0 <= heads.confidence(0.0, even) <= heads.confidence(1.0, even) <= 1


def replace_row(**changes: float) -> Row:
    return Row(**{**{n: getattr(ROW, n) for n in Row.__struct_fields__}, **changes})


def test_too_few_frames_are_left_to_the_detectors() -> None:
    tracks = RESTLESS.tracks(20, 10)
    assert told(tracks) == detect_all(tracks)


def test_more_frames_change_nothing_to_speak_of() -> None:
    usual, more = (told(RESTLESS.tracks(30, rate)) for rate in (RATE, 2 * RATE))
    signs = {"clonic", "head_turning", "close_eyes"}
    found = [
        {(i.sign, i.side) for i in items if isinstance(i, Finding) and i.sign in signs}
        for items in (usual, more)
    ]
    assert found[0] == found[1]
    assert {sign for sign, _ in found[0]} == signs


def test_a_long_recording_is_judged_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = RESTLESS.tracks(60, RATE)
    whole = told(tracks)
    monkeypatch.setattr(heads, "BLOCK", 20.0)
    monkeypatch.setattr(heads, "MARGIN", 30.0)
    blocks = told(tracks)

    def findings(items: list[Observation]) -> list[tuple[str, Side, int]]:
        found = [i for i in items if isinstance(i, Finding)]
        return sorted((i.sign, i.side, round(i.start)) for i in found)

    assert findings(blocks) == findings(whole)


def test_damaged_weights_are_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "heads.onnx"
    damaged.write_bytes(heads.WEIGHTS.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(heads, "WEIGHTS", damaged)
    heads._model.cache_clear()
    try:
        with pytest.raises(ModelError, match="damaged; install s3ns again"):
            told(RESTLESS.tracks(5, RATE))
    finally:
        heads._model.cache_clear()


def test_the_card_is_of_the_weights_and_gives_heads_what_they_judge_better() -> None:
    raw = heads.WEIGHTS.read_bytes()
    assert hashlib.sha256(raw).hexdigest() == card().sha256
    assert len(raw) < 2_000_000
    assert tuple(card().signs) == judged_signs()
    assert any(row.by_head for row in card().signs.values())
    for row in card().signs.values():
        if row.by_head:
            assert row.head is not None
            assert row.detector is not None
            assert row.head > row.detector
            assert row.films > 0


def test_films_of_the_test_split_were_not_learned_from() -> None:
    made = card().made
    names = f"{made['films']} {made['rehearsals']}".split()
    assert names
    assert {name.split("-")[0] for name in names} <= {"train", "validation"}
