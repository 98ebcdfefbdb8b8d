"""The sign detectors on a figure that moves as told."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from s3ns.facts import Absence, Finding, Side, Unassessable, vocabulary
from s3ns.neural.pose import Joint
from s3ns.neural.signs.registry import detect_all, detectors
from s3ns.neural.sound import SoundTrack
from s3ns.neural.tracks import Recorder, Tracks, kept
from tests.neural.stick_figure import Course, Figure, during, jerks, steady


def seen(tracks: Tracks, sign: str) -> list[Finding]:
    found = [item for item in detectors()[sign](tracks) if isinstance(item, Finding)]
    return [item for item in found if item.sign == sign]


def the_one(tracks: Tracks, sign: str) -> Finding:
    found = seen(tracks, sign)
    assert len(found) == 1, [item.evidence for item in found]
    return found[0]


def lies_near(finding: Finding, start: float, end: float, within: float = 0.7) -> None:
    assert finding.start == pytest.approx(start, abs=within)
    assert finding.end == pytest.approx(end, abs=within)


def wave(
    rate: float, size: float, start: float, end: float, rest: float = 0.0
) -> Course:
    """Swing about rest at a rate in Hz."""
    return lambda time: (
        rest + size * math.sin(2 * math.pi * rate * (time - start))
        if start <= time < end
        else rest
    )


RESTLESS = Figure(
    left_elbow=jerks(5, 12, 3.0, -50, 100),
    right_elbow=during(14, 18, 40, 100),
    yaw=during(6, 11, 50),
    left_eye=during(20, 26, 0.05, 0.25),
    right_eye=during(20, 26, 0.05, 0.25),
    pull=during(13, 16, 0.08),
)


def test_what_is_kept_is_measured_once_for_each_of_the_tracks() -> None:
    asked = []

    @kept
    def doubled(tracks: Tracks, side: str) -> float:
        asked.append(side)
        return 2 * tracks.end

    one, two = Figure().tracks(2), Figure().tracks(3)
    told = [doubled(t, s) for t in (one, two, one) for s in ("left", "right", "left")]
    assert told == [4, 4, 4, 6, 6, 6, 4, 4, 4]
    assert asked == ["left", "right", "left", "right"]
    assert doubled(replace(one, end=5.0), "left") == 10


def test_every_sign_of_the_vocabulary_has_a_detector() -> None:
    assert list(detectors()) == [sign.name for sign in vocabulary().signs]


def test_every_sign_is_accounted_for_at_every_moment() -> None:
    tracks = RESTLESS.tracks(30)
    observations = detect_all(tracks)
    for sign in vocabulary().by_name:
        spans = [item for item in observations if item.sign == sign]
        for step in range(300):
            moment = 0.05 + step / 10
            assert any(span.start <= moment <= span.end for span in spans), (
                sign,
                moment,
            )


def test_a_still_figure_shows_no_sign() -> None:
    observations = detect_all(Figure().tracks(20))
    assert [item for item in observations if isinstance(item, Finding)] == []
    absent = {item.sign for item in observations if isinstance(item, Absence)}
    assert {"clonic", "close_eyes", "head_turning", "figure4"} <= absent


def test_sides_follow_the_patient_when_the_picture_is_mirrored() -> None:
    def told(tracks: Tracks) -> set[tuple[str, Side, int]]:
        found = [item for item in detect_all(tracks) if isinstance(item, Finding)]
        return {(item.sign, item.side, round(item.start)) for item in found}

    plain = told(RESTLESS.tracks(30))
    assert {sign for sign, side, _ in plain if side is Side.LEFT} >= {
        "clonic",
        "head_turning",
        "face_pulling",
    }
    mirrored = told(RESTLESS.tracks(30, mirrored=True))
    assert mirrored == {(sign, side.mirrored, start) for sign, side, start in plain}


def test_times_follow_the_clock() -> None:
    early, late = RESTLESS.tracks(30), RESTLESS.tracks(30, delay=100)
    for one, two in zip(detect_all(early), detect_all(late), strict=True):
        assert two.sign == one.sign
        assert two.start - one.start == pytest.approx(100, abs=0.11)
        assert two.end - one.end == pytest.approx(100, abs=0.11)


@pytest.mark.parametrize("rate", [1.5, 2.0, 3.0, 4.0])
@pytest.mark.parametrize("frames_per_second", [10, 15])
def test_clonic_rate_of_one_arm(rate: float, frames_per_second: int) -> None:
    figure = Figure(left_elbow=jerks(5, 12, rate, -50, 100))
    finding = the_one(figure.tracks(20, frames_per_second), "clonic")
    assert finding.side is Side.LEFT
    assert finding.measures["rate"] == pytest.approx(rate, abs=0.3)
    lies_near(finding, 5, 12)


def test_clonic_of_both_arms_that_slows_down() -> None:
    course = jerks(5, 15, lambda time: 4.0 - 0.25 * (time - 5), -50, 100)
    finding = the_one(
        Figure(left_elbow=course, right_elbow=course).tracks(20), "clonic"
    )
    assert finding.side is Side.BILATERAL
    assert finding.measures["rate_slope"] == pytest.approx(-0.25, abs=0.1)
    assert finding.measures["rate_start"] > 3.3
    assert finding.measures["rate_end"] < 2.2
    assert "slowing" in finding.evidence


def test_jerking_lasts_to_the_end_of_a_clip_that_is_cut_off() -> None:
    figure = Figure(left_elbow=jerks(5, 30, 3.0, -50, 100))
    lies_near(the_one(figure.tracks(11), "clonic"), 5, 11, within=0.4)


def test_one_step_of_an_arm_is_not_clonic() -> None:
    figure = Figure(left_elbow=during(8, 20, 40, 100))
    assert seen(figure.tracks(20), "clonic") == []


def test_arms_out_of_step_are_asynchronous_not_clonic() -> None:
    figure = Figure(
        left_elbow=wave(3.1, 30, 4, 12, 100), right_elbow=wave(1.9, 35, 4, 12, 100)
    )
    tracks = figure.tracks(18)
    lies_near(the_one(tracks, "asynchronous_movement"), 4, 12, within=1.3)
    assert not [item for item in seen(tracks, "clonic") if item.side is Side.BILATERAL]


def test_arms_that_jerk_each_at_its_own_rate_are_not_clonic() -> None:
    figure = Figure(
        left_elbow=jerks(4, 14, 3.1, -60, 110), right_elbow=jerks(4, 14, 2.4, -60, 110)
    )
    tracks = figure.tracks(20)
    assert seen(tracks, "clonic") == []
    assert seen(tracks, "asynchronous_movement")


def test_arms_in_step_are_not_asynchronous() -> None:
    both = wave(3.0, 30, 4, 12, 100)
    figure = Figure(left_elbow=both, right_elbow=both)
    assert seen(figure.tracks(18), "asynchronous_movement") == []


def test_kotagal2000_figure4_takes_the_side_of_the_straight_arm() -> None:
    figure = Figure(
        left_elbow=during(6, 12, 35, 100), right_elbow=during(6, 12, 170, 100)
    )
    tracks = figure.tracks(24)
    finding = the_one(tracks, "figure4")
    assert finding.side is Side.RIGHT
    lies_near(finding, 6, 12)
    assert the_one(tracks, "arm_straightening").side is Side.RIGHT
    assert the_one(tracks, "arm_flexion").side is Side.LEFT


@pytest.mark.parametrize(
    ("rest", "held", "side"),
    [
        (100, 163, Side.BILATERAL),
        (138, 163, Side.BILATERAL),
        (160, 163, Side.LEFT),
        (100, 140, Side.LEFT),
    ],
)
def test_an_arm_that_is_stretched_less_clearly_joins_the_other(
    rest: float, held: float, side: Side
) -> None:
    left, right = during(6, 12, 172, 100), during(6, 12, held, rest)
    tracks = Figure(left_elbow=left, right_elbow=right).tracks(24)
    assert the_one(tracks, "arm_straightening").side is side


def test_an_arm_bent_all_along_is_rest() -> None:
    figure = Figure(left_elbow=steady(60), right_elbow=steady(60))
    assert seen(figure.tracks(20), "arm_flexion") == []


def test_a_held_arm_that_trembles_is_tonic_and_one_that_does_not_is_not() -> None:
    def held(time: float) -> float:
        return during(6, 14, 170, 100)(time)

    shaking = wave(8.3, 4, 6, 14)
    stiff = Figure(left_elbow=lambda time: held(time) + shaking(time))
    finding = the_one(stiff.tracks(24, 15), "tonic")
    assert finding.side is Side.LEFT
    lies_near(finding, 6, 14, within=1.0)
    assert seen(Figure(left_elbow=held).tracks(24, 15), "tonic") == []
    rubbing = wave(3.0, 4, 6, 14)
    rubs = Figure(left_elbow=lambda time: held(time) + rubbing(time))
    assert seen(rubs.tracks(24, 15), "tonic") == []


def test_ten_pictures_a_second_cannot_tell_that_a_straight_arm_is_not_stiff() -> None:
    straight = Figure(left_elbow=steady(170), right_elbow=steady(120))
    told = [i for i in detect_all(straight.tracks(12, 10)) if i.sign == "tonic"]
    assert [type(item) for item in told] == [Unassessable]
    assert {item.reason for item in told} == {"frame_rate_too_low"}
    told = [i for i in detect_all(straight.tracks(12, 15)) if i.sign == "tonic"]
    assert [type(item) for item in told] == [Absence]


def test_arms_stiff_from_the_first_picture_on_are_tonic() -> None:
    shaking = wave(8.3, 4, 0, 10)
    stiff = Figure(left_elbow=lambda time: 170 + shaking(time))
    assert the_one(stiff.tracks(12, 15), "tonic").side is Side.LEFT
    assert seen(Figure(left_elbow=steady(170)).tracks(12, 15), "tonic") == []


@pytest.mark.parametrize(("first", "last", "count"), [(4.5, 4.5, 0), (4.5, 2.5, 1)])
def test_fast_shaking_that_keeps_time_is_a_tremor_not_jerks(
    first: float, last: float, count: int
) -> None:
    def sway(time: float) -> float:
        share = (time - 5) / 8
        beats = first * (time - 5) + (last - first) * 4 * share**2
        return 20 * np.sin(2 * np.pi * beats) if 0 <= share <= 1 else 0.0

    figure = Figure(left_elbow=lambda time: 100 + sway(time))
    assert len(seen(figure.tracks(20, 15), "clonic")) == count


def test_a_mouth_that_only_seems_to_shift_is_not_drawn() -> None:
    """A drawn mouth grows wider; the mesh of a still one wavers."""
    shifted = Figure(pull=during(8, 12, 0.08), widens=False)
    assert seen(shifted.tracks(25), "face_pulling") == []


def test_both_arms_starting_together() -> None:
    figure = Figure(
        left_elbow=during(6, 9, 40, 100), right_elbow=during(6.2, 9, 40, 100)
    )
    finding = the_one(figure.tracks(20), "arms_move_simultaneously")
    assert finding.start == pytest.approx(6, abs=0.4)
    apart = Figure(
        left_elbow=during(6, 9, 40, 100), right_elbow=during(12, 15, 40, 100)
    )
    assert seen(apart.tracks(20), "arms_move_simultaneously") == []


def test_both_arms_start_together_more_than_once_but_not_out_of_a_posture() -> None:
    first, second = during(6, 9, 40, 100), during(15, 18, 40, 100)

    def bent(time: float) -> float:
        return min(first(time), second(time))

    found = seen(
        Figure(left_elbow=bent, right_elbow=bent).tracks(25), "arms_move_simultaneously"
    )
    assert [item.start for item in found] == pytest.approx([6, 15], abs=0.4)


@pytest.mark.parametrize(("angle", "side"), [(50, Side.LEFT), (-50, Side.RIGHT)])
def test_head_turning(angle: float, side: Side) -> None:
    finding = the_one(Figure(yaw=during(6, 11, angle)).tracks(25), "head_turning")
    assert finding.side is side
    lies_near(finding, 6, 11)


def test_a_head_that_goes_from_side_to_side_has_no_side() -> None:
    figure = Figure(yaw=wave(0.8, 40, 5, 13))
    finding = the_one(figure.tracks(20), "head_turning")
    assert finding.side is Side.UNKNOWN
    assert finding.measures["reversals"] >= 8


@pytest.mark.parametrize("sign", [1, -1])
def test_a_head_that_swings_to_one_side_only_swings_as_far(sign: int) -> None:
    def swing(time: float) -> float:
        return sign * 20 * (1 - math.cos(2 * math.pi * 0.8 * (time - 5)))

    figure = Figure(yaw=lambda time: swing(time) if 5 <= time <= 13.75 else 0.0)
    finding = the_one(figure.tracks(20, 15), "head_turning")
    assert finding.side is Side.UNKNOWN
    assert finding.measures["angle"] == pytest.approx(40, abs=4)


def test_a_head_that_leaps_was_found_anew_and_is_not_called_still() -> None:
    figure = Figure(yaw=lambda time: 44.0 if 6 <= time < 10 else 0.0)
    told = detect_all(figure.tracks(20, 15))
    about = [item for item in told if item.sign == "head_turning"]
    inside = [item for item in about if item.start < 9 and item.end > 7]
    assert [type(item) for item in inside] == [Unassessable]
    assert {item.reason for item in inside} == {"sides_uncertain"}


def test_eyes_closed_and_blinks_are_told_apart() -> None:
    closed = during(8, 15, 0.05, 0.25)
    finding = the_one(
        Figure(left_eye=closed, right_eye=closed).tracks(20), "close_eyes"
    )
    lies_near(finding, 8, 15, within=0.4)
    wink = Figure(left_eye=closed)
    assert seen(wink.tracks(20), "close_eyes") == []


def blinking(times: list[float]) -> Course:
    return lambda time: (
        0.05 if any(abs(time - blink) < 0.1 for blink in times) else 0.25
    )


def test_two_blinks_are_not_repetitive_blinking_and_twelve_are() -> None:
    few, many = blinking([3, 12]), blinking([5 + 0.5 * step for step in range(12)])
    still = Figure(left_eye=few, right_eye=few)
    assert seen(still.tracks(30), "eye_blinking") == []
    finding = the_one(Figure(left_eye=many, right_eye=many).tracks(30), "eye_blinking")
    lies_near(finding, 5, 10.6)
    shaken = Figure(left_eye=many, right_eye=many, sway=wave(1.0, 0.15, 3, 13))
    assert seen(shaken.tracks(30), "eye_blinking") == []


@pytest.mark.parametrize("after", [0.0, 0.1, 0.2, 0.3])
def test_blinks_up_to_the_last_picture_end_with_the_recording(after: float) -> None:
    blinks = [5 + 0.5 * step for step in range(12)]
    lids = blinking(blinks)
    tracks = Figure(left_eye=lids, right_eye=lids).tracks(blinks[-1] + after)
    assert the_one(tracks, "eye_blinking").end <= tracks.end


@pytest.mark.parametrize(("shift", "side"), [(0.08, Side.LEFT), (-0.08, Side.RIGHT)])
def test_face_pulling(shift: float, side: Side) -> None:
    finding = the_one(Figure(pull=during(8, 12, shift)).tracks(25), "face_pulling")
    assert finding.side is side
    lies_near(finding, 8, 12)


def test_face_pulling_cannot_be_judged_on_a_turned_head() -> None:
    figure = Figure(pull=during(8, 12, 0.08), yaw=during(4, 16, 35))
    observations = detectors()["face_pulling"](figure.tracks(25))
    assert not any(isinstance(item, Finding) for item in observations)
    blind = [item for item in observations if isinstance(item, Unassessable)]
    assert any(item.start < 8 and item.end > 12 for item in blind)


def test_face_twitching_of_one_side() -> None:
    figure = Figure(right_cheek=jerks(6, 12, 3.0, 0.12))
    finding = the_one(figure.tracks(20), "face_twitching")
    assert finding.side is Side.RIGHT
    lies_near(finding, 6, 12)


def test_chewing_is_seen_and_talking_is_not() -> None:
    figure = Figure(mouth=wave(1.5, 0.04, 6, 12, 0.07))
    finding = the_one(figure.tracks(20), "oral_automatisms")
    assert finding.measures["rate"] == pytest.approx(1.5, abs=0.3)
    lies_near(finding, 6, 12)
    assert seen(figure.tracks(20, sound=_speech(6, 12)), "oral_automatisms") == []


def _speech(start: float, end: float) -> SoundTrack:
    time = np.arange(0, 20, 0.032)
    spoken = ((time >= start) & (time < end)).astype(np.float32)
    flat = np.zeros_like(spoken)
    return SoundTrack(time, spoken, flat - 60, flat, flat)


def test_pelvic_thrusting_needs_the_hips_to_move_more_than_the_shoulders() -> None:
    finding = the_one(Figure(hips=wave(1.2, 0.2, 5, 12)).tracks(20), "pelvic_thrusting")
    assert finding.measures["rate"] == pytest.approx(1.2, abs=0.3)
    lies_near(finding, 5, 12, within=1.0)
    rocking = Figure(sway=wave(1.2, 0.2, 5, 12))
    assert seen(rocking.tracks(20), "pelvic_thrusting") == []


def test_a_thrust_toward_the_camera_cannot_be_said_to_be_missing() -> None:
    observations = detectors()["pelvic_thrusting"](Figure().tracks(20))
    assert {getattr(item, "reason", None) for item in observations} == {"line_of_sight"}


def turned(tracks: Tracks, degrees: float) -> Tracks:
    """Turn the trunk away from the camera, about the axis that points up."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_y = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return replace(tracks, world=tracks.world @ about_y.T)


@pytest.mark.parametrize(
    ("hidden", "told"),
    [
        (frozenset(), Absence),
        (frozenset({Joint.LEFT_KNEE, Joint.RIGHT_KNEE}), Unassessable),
    ],
)
def test_hips_that_a_blanket_may_hide_are_not_said_to_be_still(
    hidden: frozenset[Joint], told: type
) -> None:
    oblique = turned(Figure(hidden=hidden).tracks(20), 60)
    observations = detectors()["pelvic_thrusting"](oblique)
    assert [type(item) for item in observations] == [told]


def test_of_a_head_seen_from_the_side_only_the_face_tells_that_it_is_still() -> None:
    def told(tracks: Tracks) -> list[type]:
        return [type(item) for item in detectors()["head_turning"](tracks)]

    without_face = Figure(face=False).tracks(20)
    assert told(without_face) == [Absence]
    assert told(turned(without_face, 70)) == [Unassessable]


def test_hands_that_the_hips_carry_along_do_not_start() -> None:
    swing = wave(1.2, 15, 5, 12, 100)
    arms = Figure(left_elbow=swing, right_elbow=swing)
    the_one(arms.tracks(20), "arms_move_simultaneously")
    carried = replace(arms, hips=wave(1.2, 0.3, 5, 12))
    assert seen(carried.tracks(20), "arms_move_simultaneously") == []


def test_whole_body_shaking_needs_arms_legs_and_trunk() -> None:
    shake = wave(4.0, 0.1, 5, 12)
    arms = wave(4.0, 25, 5, 12, 100)
    figure = Figure(left_elbow=arms, right_elbow=arms, legs=shake, sway=shake)
    lies_near(the_one(figure.tracks(20), "full_body_shaking"), 5, 12, within=1.0)
    calm_legs = Figure(left_elbow=arms, right_elbow=arms)
    assert seen(calm_legs.tracks(20), "full_body_shaking") == []


def test_fumbling_of_one_hand() -> None:
    def fumble(time: float) -> float:
        return 100 + sum(wave(r, 5, 5, 13)(time) for r in (0.7, 1.2, 1.9, 2.7, 3.4))

    tracks = Figure(right_elbow=fumble).tracks(20)
    finding = the_one(tracks, "limb_automatisms")
    assert finding.side is Side.RIGHT
    lies_near(finding, 5, 13, within=1.0)


def test_a_stare_is_an_arrest_and_rest_is_not() -> None:
    moving = wave(0.7, 40, 0, 6, 100)
    finding = the_one(Figure(left_elbow=moving).tracks(18), "blank_stare")
    assert finding.start == pytest.approx(6.3, abs=1.0)
    assert seen(Figure().tracks(18), "blank_stare") == []
    looks_about = Figure(gaze=wave(0.7, 0.1, 0, 6, 0.5))
    assert seen(looks_about.tracks(18, 15), "blank_stare") == []
    speaks = replace(looks_about, mouth=wave(3.8, 0.08, 1, 6, 0.1))
    finding = the_one(speaks.tracks(18, 15), "blank_stare")
    assert finding.start == pytest.approx(6.3, abs=1.0)


def test_benbadis1996_apparent_sleep_needs_a_quiet_minute() -> None:
    shut = during(-1, 70, 0.05, 0.25)
    figure = Figure(
        left_eye=shut, right_eye=shut, left_elbow=jerks(70, 75, 3.0, -50, 100)
    )
    finding = the_one(figure.tracks(80), "occur_during_sleep")
    assert finding.end == pytest.approx(70, abs=0.6)
    late = Figure(left_elbow=jerks(30, 35, 3.0, -50, 100))
    (only,) = detectors()["occur_during_sleep"](late.tracks(40))
    assert isinstance(only, Unassessable)
    assert only.reason == "no_quiet_lead_in"


def test_a_covered_arm_is_not_assessable_and_the_other_still_counts() -> None:
    figure = Figure(
        left_elbow=jerks(5, 12, 3.0, -50, 100), hidden=frozenset({Joint.RIGHT_WRIST})
    )
    observations = detectors()["clonic"](figure.tracks(20))
    (finding,) = [item for item in observations if isinstance(item, Finding)]
    assert finding.side is Side.LEFT
    assert not any(isinstance(item, Absence) for item in observations)
    blind = [item for item in observations if isinstance(item, Unassessable)]
    assert {item.reason for item in blind} == {"limb_covered"}
    assert any(item.overlaps(finding) for item in blind), "the other arm is not judged"


def test_without_a_face_no_sign_of_the_face_is_judged() -> None:
    observations = detect_all(Figure(face=False).tracks(20))
    for item in observations:
        if item.sign in ("close_eyes", "eye_blinking", "face_pulling", "blank_stare"):
            assert isinstance(item, Unassessable)
            assert item.reason == "face_not_visible"


def test_without_sound_no_sign_of_the_voice_is_judged() -> None:
    observations = detect_all(Figure().tracks(20))
    voice = [item for item in observations if item.sign == "ictal_vocalization"]
    assert voice
    assert all(isinstance(item, Unassessable) for item in voice)
    assert {item.reason for item in voice} == {"no_audio"}


def test_swapped_sides_are_not_trusted() -> None:
    tracks = Figure(left_elbow=jerks(5, 12, 3.0, -50, 100)).tracks(20)
    swapped = Tracks(**{**vars(tracks), "sides_agree": -np.ones(len(tracks.times))})
    for item in detectors()["clonic"](swapped):
        assert isinstance(item, Unassessable)
        assert item.reason == "sides_uncertain"


def test_an_empty_recording_is_not_assessable() -> None:
    tracks = Recorder(10).tracks(0, 12)
    observations = detect_all(tracks)
    assert observations
    assert all(isinstance(item, Unassessable) for item in observations)
    visual = {item.reason for item in observations if item.sign == "clonic"}
    assert visual == {"person_not_visible"}
