"""Each rule of medicine as a scene, named after where it comes from."""

from __future__ import annotations

import pytest

from s3ns.facts import Label, vocabulary

CONVULSION = """
    tonic bilateral 10-20
    clonic bilateral 20-40 rate_start=4 rate_end=2
"""
WATCHED = "\n".join(
    f"no {sign.name} 0-60"
    for sign in vocabulary().signs
    if sign.name != "verbal_responsiveness"
)


def without(*signs: str) -> str:
    """Everything was looked for and not seen, but for these signs."""
    return "\n".join(
        line for line in WATCHED.splitlines() if line.split()[1] not in signs
    )


def rules(document):
    return {support.rule for support in document.verdict.supports}


def counted(document):
    return {item.rule for item in document.verdict.supports if item.counted}


def hemispheres(document):
    return {
        sign.rule: sign.hemisphere for sign in document.verdict.lateralisation.signs
    }


# Verdicts


def test_theodore1994_stiffening_then_slowing_jerks_is_an_epileptic_seizure(judge):
    verdict = judge(CONVULSION).verdict
    assert verdict.label is Label.EPILEPTIC_SEIZURE
    assert verdict.score_epileptic >= 200
    assert verdict.ilae2025.rule == "ILA-21"


def test_scripted_focal_to_bilateral_seizure_with_eyes_closing_afterwards(judge):
    done = judge(
        """
        oral_automatisms 1.5-4
        head_turning left 4-9
        arm_flexion right 6-10
        arm_straightening left 6-10
        figure4 left 6.2-9.8
        face_pulling left 7-9.5
        clonic bilateral 10.2-14.8 rate_start=4 rate_end=2.5
        close_eyes 15-20
        """,
        20,
    )
    verdict = done.verdict
    assert verdict.label is Label.EPILEPTIC_SEIZURE
    assert verdict.lateralisation.hemisphere == "right"
    assert verdict.ilae2025.rule == "ILA-20"
    assert verdict.ilae2017.rule == "ILA-30"
    closed = next(item for item in verdict.supports if item.rule == "NES-02")
    assert not closed.counted
    assert "afterwards" in closed.why_not


def test_avbersek2010_chung2006_closed_eyes_and_asynchrony_is_non_epileptic(judge):
    verdict = judge(
        "asynchronous_movement 5-50; close_eyes 6-50; full_body_shaking 5-50"
    ).verdict
    assert verdict.label is Label.NON_EPILEPTIC_EVENT
    assert verdict.strength == "strong"
    assert verdict.ilae2025 is None
    assert verdict.lateralisation.hemisphere == "none"


def test_no_event_when_nothing_was_seen_and_enough_was_watched(judge):
    assert judge(WATCHED).verdict.label is Label.NO_EVENT


def test_nothing_assessable_is_indeterminate_not_no_event(judge):
    covered = WATCHED.replace("no ", "? ").replace(" 0-60", " person_not_visible 0-60")
    assert judge(covered).verdict.label is Label.INDETERMINATE


def test_signs_that_may_be_a_focal_seizure_are_not_called_no_event(judge):
    seen = "blank_stare 5-12; oral_automatisms 14-20"
    text = f"{without('blank_stare', 'oral_automatisms')}\n{seen}"
    assert judge(text).verdict.label is Label.EPILEPTIC_SEIZURE
    done = judge(text, seen_by="landmarks")
    assert done.verdict.label is Label.INDETERMINATE
    assert "2 remarkable signs" in done.verdict.text


def test_a_covered_arm_leaves_open_whether_jerking_was_one_sided(judge):
    jerks = "clonic left 10-30; tonic bilateral 2-10"
    assert hemispheres(judge(jerks)) == {"LAT-03": "right"}
    assert hemispheres(judge(f"{jerks}; ? clonic limb_covered 0-60")) == {}


def test_conflict_is_indeterminate_and_said_to_be_one(judge):
    verdict = judge("clonic bilateral 5-30; tonic bilateral 1-5; close_eyes 1-30")
    assert verdict.verdict.label is Label.INDETERMINATE
    assert "conflict" in verdict.verdict.text


# Ordinary people


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("looking aside", "head_turning left 5-25"),
        ("bent arm", "arm_flexion right 0-60"),
        ("talking", "oral_automatisms 0-10; oral_automatisms 20-40"),
        ("eyes closed for a moment", "close_eyes 10-13"),
        ("dozing", "close_eyes 0-60"),
        ("looking at something", "blank_stare 5-9"),
        ("sighing", "ictal_vocalization 5-8"),
        (
            "signing with the hands",
            "arm_flexion bilateral 0-50; arms_move_simultaneously 3-4; "
            "head_turning left 10-14; head_turning right 20-24; close_eyes 30-33; "
            "limb_automatisms bilateral 5-9",
        ),
    ],
)
def test_ordinary_behaviour_is_no_event(judge, name, seen):
    signs = {item.split()[0] for item in seen.split("; ")}
    done = judge(f"{without(*signs)}\n{seen}")
    assert done.verdict.label is Label.NO_EVENT, name
    assert done.verdict.strength == "none"
    assert done.verdict.lateralisation.signs == ()
    # What ordinary signs would weigh is listed, with what it is worth.
    notes = {note.rule for note in done.verdict.certainty}
    assert ("CER-09" in notes) == bool(counted(done))


@pytest.mark.parametrize("sign", [sign.name for sign in vocabulary().signs])
@pytest.mark.parametrize("length", [4, 50])
def test_no_single_sign_ever_decides(judge, sign, length):
    done = judge(f"{without(sign)}\n{sign} 5-{5 + length}")
    assert done.verdict.label in {Label.NO_EVENT, Label.INDETERMINATE}


@pytest.mark.parametrize(
    "seen",
    [
        "clonic right 10-14; arm_flexion right 9-15; head_turning left 5-12",
        "clonic bilateral 10-16; ictal_vocalization 8-20; oral_automatisms 8-20",
        "asynchronous_movement 5-40; verbal_responsiveness 10-12; "
        "arms_move_simultaneously 5-6",
        "asynchronous_movement 5-9; close_eyes 10-13",
    ],
)
def test_waving_gesturing_and_talking_decide_nothing(judge, seen):
    done = judge(seen, seen_by="landmarks")
    assert done.verdict.label is Label.INDETERMINATE


@pytest.mark.parametrize("rest", [True, False], ids=["rest not seen", "rest unknown"])
@pytest.mark.parametrize(
    ("name", "seen"),
    [
        (
            "stretching and yawning",
            "tonic bilateral 10-14; arm_straightening bilateral 10-14; "
            "ictal_vocalization 11-14; head_turning left 10-15; close_eyes 10-14",
        ),
        (
            "brushing the teeth",
            "clonic right 5-60; arm_flexion right 5-60; oral_automatisms 5-60; "
            "head_turning right 10-15; ictal_vocalization 20-26; face_twitching 10-12",
        ),
        (
            "eating before a screen",
            "blank_stare 5-40; oral_automatisms 5-60; limb_automatisms right 10-50; "
            "arm_flexion right 5-50; head_turning left 3-50",
        ),
        (
            "signing with a shake of the head",
            "asynchronous_movement 2-50; arms_move_simultaneously 2-3; "
            "arm_flexion bilateral 2-50; head_turning left 10-14 reversals=5; "
            "close_eyes 12-15; oral_automatisms 5-30; face_pulling left 10-11",
        ),
        (
            "clapping and cheering",
            "clonic bilateral 5-40; head_turning left 5-20; ictal_vocalization 10-20; "
            "arms_move_simultaneously 5-6; oral_automatisms 5-15",
        ),
        (
            "scratching with a grimace",
            "limb_automatisms left 5-30; clonic left 5-9; arm_flexion left 5-30; "
            "head_turning left 3-30; face_pulling left 10-15",
        ),
        (
            "waving to somebody at the side",
            "clonic right 10-30; arm_flexion right 9-30; head_turning right 5-30; "
            "ictal_vocalization 10-12",
        ),
        (
            "pointing at something",
            "arm_straightening left 10-20; head_turning left 9-20; tonic left 10-13; "
            "ictal_vocalization 9-11",
        ),
        (
            "dozing while somebody talks",
            "close_eyes 0-60; head_turning left 20-60; no verbal_responsiveness 10-30",
        ),
    ],
)
def test_everyday_scenes_decide_nothing(judge, name, seen, rest):
    signs = {item.split()[0] for item in seen.split("; ")}
    text = f"{without(*signs)}\n{seen}" if rest else seen
    done = judge(text, seen_by="landmarks")
    undecided = {Label.NO_EVENT, Label.INDETERMINATE}
    assert done.verdict.label in undecided, name


def test_signs_not_seen_never_decide_for_what_one_sign_leaves_open(judge):
    """Whoever waves has open eyes and no asynchronous movement as well."""
    for sign in (
        "clonic bilateral 5-50",
        "tonic bilateral 5-50",
        "clonic unknown 5-50",
    ):
        done = judge(f"{without(sign.split()[0])}\n{sign}")
        assert {"ES-16", "ES-18"} <= counted(done)
        assert done.verdict.label is Label.INDETERMINATE


# Head turning


def test_bleasel1997_version_points_to_the_other_hemisphere(judge):
    done = judge(f"head_turning left 5-12; {CONVULSION}")
    assert hemispheres(done) == {"LAT-01": "right"}
    assert done.verdict.lateralisation.hemisphere == "right"


def test_odwyer2007_early_turn_and_later_version_agree(judge):
    done = judge(f"head_turning right 1-4; head_turning left 6-12; {CONVULSION}")
    signs = ("LAT-01", "LAT-06", "LAT-16")
    assert hemispheres(done) == dict.fromkeys(signs, "right")
    assert done.verdict.lateralisation.hemisphere == "right"


def test_fakhoury1995_early_turn_with_automatisms_points_to_its_own_side(judge):
    done = judge(
        "oral_automatisms 2-12; limb_automatisms left 3-12; head_turning left 8-14"
    )
    assert hemispheres(done) == {"LAT-06": "left", "LAT-14": "left"}
    assert done.verdict.lateralisation.hemisphere == "none"  # too weak to name one


def test_fakhoury1995_turn_away_from_the_stiff_arm_is_early_and_on_its_own_side(judge):
    done = judge(
        "oral_automatisms 2-12; head_turning left 8-14; tonic right 10-30; "
        "clonic right 30-45"
    )
    assert hemispheres(done)["LAT-11"] == "left"
    assert set(hemispheres(done).values()) == {"left"}


def test_sivaji2025_head_turned_back_at_the_end_is_no_second_version(judge):
    done = judge(f"head_turning left 5-12; {CONVULSION}; head_turning right 37-44")
    assert hemispheres(done) == {"LAT-01": "right", "LAT-15": "right"}


def test_a_stretch_is_no_convulsion_to_have_a_version_in(judge):
    short = judge("head_turning left 5-12; tonic bilateral 8-12")
    long = judge("head_turning left 5-12; tonic bilateral 8-14")
    assert "ES-08" not in rules(short)
    assert "ES-08" in counted(long)


def test_a_turn_without_a_convulsion_weighs_half_of_a_version(judge):
    done = judge("face_twitching left 5-12; head_turning left 5-12")
    assert "ES-19" in counted(done)
    assert "ES-08" not in rules(done)
    wavering = judge("face_twitching left 5-12; head_turning left 5-12 reversals=5")
    assert "ES-19" not in rules(wavering)


def test_turn_and_wave_is_no_version(judge):
    assert "ES-08" not in rules(judge("head_turning left 5-12; clonic right 10-14"))


# Arms


def test_kotagal2000_extended_arm_points_to_other_hemisphere(judge):
    done = judge("figure4 left 8-14; clonic bilateral 15-30")
    assert hemispheres(done)["LAT-02"] == "right"


def test_kotagal2000_first_figure4_counts_when_it_changes_sides(judge):
    done = judge("figure4 left 8-14; figure4 right 15-20; clonic bilateral 20-30")
    assert hemispheres(done) == {"LAT-02": "right"}


def test_kotagal2000_figure4_is_read_off_the_arms_in_a_tonic_phase_only(judge):
    arms = "arm_straightening right 10-16; arm_flexion left 10-16"
    assert "ES-05" not in rules(judge(f"{arms}; clonic bilateral 18-30"))
    done = judge(f"{arms}; tonic bilateral 9-17; clonic bilateral 18-30")
    assert "ES-05" in rules(done)
    assert hemispheres(done)["LAT-02"] == "left"


def test_marashly2016_fencing_posture_points_to_other_hemisphere(judge):
    posture = "arm_straightening left 8-14; head_turning left 9-14"
    done = judge(f"{posture}; tonic bilateral 8-14; clonic bilateral 15-30")
    assert hemispheres(done)["LAT-13"] == "right"
    assert done.verdict.ilae2025.rule == "ILA-20"
    pointing = judge(f"{posture}; face_twitching left 20-30")
    assert "LAT-13" not in hemispheres(pointing)


def test_fencing_needs_the_head_turned_to_the_arm(judge):
    done = judge(
        "arm_straightening left 8-14; head_turning right 9-14; tonic bilateral 8-14"
    )
    assert "ES-22" not in rules(done)


# Face and eyes


def test_chee1993_mouth_pulled_points_to_other_hemisphere(judge):
    done = judge(f"face_pulling right 6-9; {CONVULSION}")
    assert hemispheres(done) == {"LAT-04": "left"}


def test_chung2006_closed_from_the_start_weighs_more_than_closed_later(judge):
    early = judge("full_body_shaking 10-50; close_eyes 10-50")
    late = judge("full_body_shaking 10-50; close_eyes 25-50")
    assert "NES-01" in counted(early)
    assert counted(late) & {"NES-01", "NES-02"} == {"NES-02"}


def test_chung2006_eyes_closed_after_the_movement_do_not_count(judge):
    done = judge(f"{CONVULSION}; close_eyes 41-60")
    assert not counted(done) & {"NES-01", "NES-02"}


def test_chung2006_closed_eyes_of_a_sleeper_do_not_count(judge):
    event = "occur_during_sleep 0-70; tonic bilateral 80-90; close_eyes 0-88"
    asleep = judge(event, 90)
    awake = judge(event.replace("occur_during_sleep 0-70; ", ""), 90)
    assert "NES-01" in counted(awake)
    assert not counted(asleep) & {"NES-01", "NES-02"}
    why = {item.rule: item.why_not for item in asleep.verdict.supports}
    assert "sleep" in why["NES-01"]


def test_chung2006_eyes_that_stay_closed_once_both_sides_move_count(judge):
    asleep = "occur_during_sleep 0-70; close_eyes 0-110"
    done = judge(f"{asleep}; full_body_shaking 80-110", 120)
    assert "NES-01" in counted(done)


def test_unknown_eyes_are_not_open_eyes(judge):
    assert "ES-16" in rules(judge(f"{CONVULSION}; no close_eyes 0-60"))
    covered = judge(f"{CONVULSION}; ? close_eyes face_not_visible 0-60")
    assert not rules(covered) & {"ES-16", "NES-01", "NES-02"}


def test_chung2006_open_eyes_count_without_convulsive_movement_too(judge):
    seen = "blank_stare 5-30; oral_automatisms 8-30"
    assert "ES-16" in counted(judge(f"{seen}; no close_eyes 0-60"))
    closing = judge(f"{seen}; no close_eyes 0-25; close_eyes 25-60")
    assert not rules(closing) & {"ES-16", "NES-15"}


def test_chung2006_eyes_closed_after_an_arrest_do_not_count(judge):
    done = judge("blank_stare 5-30; oral_automatisms 8-30; close_eyes 31-60")
    assert "NES-15" not in rules(done)


def test_dialeptic_pattern_is_weak_evidence_and_never_a_verdict(judge):
    done = judge("close_eyes 5-55; no verbal_responsiveness 5-55")
    assert counted(done) == {"NES-15"}
    assert done.verdict.label is Label.INDETERMINATE
    asleep = judge("occur_during_sleep 0-70; close_eyes 0-100", 100)
    assert counted(asleep) == {"ES-20"}


def test_syed2011_who_answers_has_no_arrest(judge):
    stare = "blank_stare 5-20; oral_automatisms 5-20"
    assert "ES-13" in counted(judge(stare))
    answered = judge(f"{stare}; verbal_responsiveness 10-12")
    assert "ES-13" not in counted(answered)
    why = {item.rule: item.why_not for item in answered.verdict.supports}
    assert "had not stopped" in why["ES-13"]


# Focal seizures without a convulsion

FOCAL = "blank_stare 5-30; oral_automatisms 8-30; head_turning left 12-25"


@pytest.mark.parametrize(
    "further",
    [
        "ictal_vocalization 20-24",
        "eye_blinking 10-20",
        "face_pulling left 12-16",
        "tonic right 15-19",
    ],
)
def test_ilae_ed_arrest_automatisms_and_turn_with_a_further_sign_are_focal(
    judge, further
):
    done = judge(f"{FOCAL}; {further}; limb_automatisms left 12-28; no close_eyes 0-60")
    assert done.verdict.label is Label.EPILEPTIC_SEIZURE
    assert done.verdict.ilae2025.rule == "ILA-23"
    assert {"REM-09", "REM-10"} <= {note.rule for note in done.verdict.remarks}


def test_beniczky2025_focal_pattern_without_an_answer_is_impaired(judge):
    done = judge(
        f"{FOCAL}; limb_automatisms left 12-28; no close_eyes 0-60; "
        "no verbal_responsiveness 10-30"
    )
    assert done.verdict.label is Label.EPILEPTIC_SEIZURE
    assert done.verdict.ilae2025.rule == "ILA-22"
    assert done.verdict.ilae2017.rule == "ILA-32"


def test_arrest_automatisms_and_turn_alone_stay_open(judge):
    seen = f"{FOCAL}; limb_automatisms left 12-28; no close_eyes 0-60"
    done = judge(seen, seen_by="landmarks")
    assert done.verdict.label is Label.INDETERMINATE


def test_chee1993_answers_with_automatisms_are_remarked_on_without_a_side(judge):
    done = judge(f"oral_automatisms 2-9; {CONVULSION}; verbal_responsiveness 5-7")
    notes = [note.text for note in done.verdict.remarks if note.rule == "REM-07"]
    assert notes
    assert "left" not in notes[0]
    assert "right" not in notes[0]


def test_jobst2001_the_order_of_signs_is_remarked_on_and_weighs_nothing(judge):
    done = judge(f"head_turning left 5-12; {CONVULSION}")
    assert "REM-08" in {note.rule for note in done.verdict.remarks}
    assert all(not rule.startswith("REM") for rule in rules(done))


# Jerks


def test_blume2001_jacksonian_march_from_face_to_arm(judge):
    done = judge("face_twitching left 5-20; clonic left 10-30")
    assert "ES-21" in rules(done)
    assert hemispheres(done)["LAT-12"] == "right"
    assert done.verdict.label is Label.EPILEPTIC_SEIZURE
    assert done.verdict.ilae2025.rule == "ILA-23"


@pytest.mark.parametrize(
    "seen",
    [
        "face_twitching right 5-20; clonic left 10-30",  # the other side
        "face_twitching left 5-20; clonic bilateral 10-30",  # both sides
        "face_twitching left 5-20; clonic left 5-30",  # at once
        "face_twitching left 5-20; clonic left 81-95",  # long after
    ],
)
def test_blume2001_a_march_goes_on_within_one_side(judge, seen):
    assert "ES-21" not in rules(judge(seen, 100))


def test_cwru_jerking_of_one_side_points_to_other_hemisphere(judge):
    done = judge("clonic left 10-30; tonic left 5-9")
    assert hemispheres(done)["LAT-03"] == "right"


def test_benoliel2021_a_lead_of_five_seconds_is_one_sided(judge):
    lead = judge("clonic left 10-30; clonic right 16-30; tonic bilateral 5-10")
    together = judge("clonic left 10-30; clonic right 12-30; tonic bilateral 5-10")
    assert hemispheres(lead)["LAT-03"] == "right"
    assert "LAT-03" not in hemispheres(together)


def test_marashly2016_last_jerks_point_to_their_own_side(judge):
    done = judge("tonic bilateral 5-10; clonic left 10-34; clonic right 10-30")
    assert hemispheres(done) == {"LAT-08": "left"}


def test_marashly2016_jerks_left_over_after_both_sides_are_not_first_jerks(judge):
    done = judge("tonic bilateral 5-10; clonic bilateral 10-30; clonic left 31-36")
    assert hemispheres(done) == {"LAT-08": "left"}


def test_bayly2013_rate_variation_separates_from_fifteen_seconds_on(judge):
    changing = "rate_variation=45 rate_start=5 rate_end=2"
    assert "ES-02" in rules(judge(f"clonic bilateral 10-30 {changing}"))
    assert "ES-02" not in rules(judge(f"clonic bilateral 10-20 {changing}"))
    steady = judge("full_body_shaking 10-30 rate_variation=15")
    assert "NES-10" in counted(steady)


# Functional seizures and what looks like them


def test_avbersek2010_hyperkinetic_pattern_cancels_by_name(judge):
    asleep = "occur_during_sleep 0-70"
    event = "pelvic_thrusting 80-100; asynchronous_movement 80-100"
    plain = judge(f"{asleep}; {event}", 120)
    with_cry = judge(f"{asleep}; {event}; ictal_vocalization 81-85", 120)
    assert "NES-03" in counted(plain)
    assert not counted(with_cry) & {"NES-03", "NES-04"}
    why = {item.rule: item.why_not for item in with_cry.verdict.supports}
    assert "frontal" in why["NES-03"]
    assert [note.rule for note in with_cry.verdict.remarks] == ["REM-06"]


def test_hm2016_no_hyperkinetic_seizure_lasts_longer_than_91_s(judge):
    long = judge(
        "occur_during_sleep 0-70; asynchronous_movement 80-180; ictal_vocalization "
        "81-85",
        200,
    )
    assert "NES-03" in counted(long)


def test_seneviratne2017_long_from_124_s_on(judge):
    assert "NES-08" in rules(judge("full_body_shaking 10-134", 200))
    assert "NES-08" not in rules(judge("full_body_shaking 10-133", 200))


def test_seneviratne2017_two_short_movements_far_apart_are_not_a_long_event(judge):
    done = judge("full_body_shaking 10-14; full_body_shaking 190-194", 200)
    assert "NES-08" not in rules(done)


def test_avbersek2010_side_to_side_counts_in_convulsive_events_only(judge):
    shaking_head = "head_turning left 10-20 reversals=6"
    assert "NES-07" not in rules(judge(f"{shaking_head}; face_twitching 10-20"))
    assert "NES-07" in rules(judge(f"{shaking_head}; full_body_shaking 8-30"))


def test_syed2011_answers_count_while_both_sides_move_only(judge):
    assert "NES-11" in counted(
        judge("full_body_shaking 5-30; verbal_responsiveness 10-12")
    )
    assert "NES-11" not in rules(judge("clonic left 5-30; verbal_responsiveness 10-12"))


def test_medlink_awareness_may_be_kept_in_asymmetric_tonic_seizures(judge):
    done = judge(
        "figure4 left 5-30; full_body_shaking 5-30; verbal_responsiveness 9-11"
    )
    assert "NES-11" in rules(done)
    assert "NES-11" not in counted(done)


def test_avbersek2010_pauses_within_a_shaking_make_it_stop_start(judge):
    done = judge("full_body_shaking 5-50 pauses=2")
    assert "NES-09" in counted(done)
    assert "NES-09" not in rules(judge("full_body_shaking 5-50 pauses=1"))
    assert "NES-09" not in rules(judge("clonic bilateral 5-50 pauses=5"))


def test_medlink_a_covered_limb_never_makes_an_answer_count(judge):
    seen = "tonic left 5-15; full_body_shaking 5-30; verbal_responsiveness 9-11"
    covered = judge(f"{seen}; ? tonic limb_covered 0-60")
    assert "NES-11" not in counted(judge(seen)) | counted(covered)


def test_elzawahry2010_cry_counts_at_the_onset_of_stiffening(judge):
    assert "ES-11" in counted(judge("tonic bilateral 10-20; ictal_vocalization 9-14"))
    late = counted(judge("tonic bilateral 10-20; ictal_vocalization 25-30"))
    assert late & {"ES-11", "ES-12"} == {"ES-12"}
    yawn = counted(judge("tonic bilateral 10-14; ictal_vocalization 10-14"))
    assert yawn & {"ES-11", "ES-12"} == {"ES-12"}


# Classification, lateralisation, certainty


def test_ilae2025_consciousness_is_never_called_preserved(reasoner):
    sentences = [rule.label.says for rule in reasoner.base.rules]
    assert not [text for text in sentences if "preserved" in text]


@pytest.mark.parametrize(
    ("seen", "rule"),
    [
        ("head_turning left 5-12; tonic bilateral 12-22", "ILA-23"),
        (
            "head_turning left 5-12; tonic bilateral 12-22; "
            "no verbal_responsiveness 5-30",
            "ILA-22",
        ),
        ("tonic bilateral 5-15; ictal_vocalization 5-9", "ILA-25"),
        (
            "tonic bilateral 5-15; ictal_vocalization 5-9; "
            "no verbal_responsiveness 0-30",
            "ILA-24",
        ),
        (CONVULSION, "ILA-21"),
        (f"{CONVULSION}; oral_automatisms 1-5", "ILA-21"),  # one weak sign
        (f"{CONVULSION}; oral_automatisms 1-5; face_pulling left 5-8", "ILA-20"),
    ],
)
def test_ilae2025_decision_table(judge, seen, rule):
    done = judge(seen)
    assert done.verdict.label is Label.EPILEPTIC_SEIZURE
    assert done.verdict.ilae2025.rule == rule
    assert done.verdict.ilae2017 is not None


def test_ilae2025_untested_responsiveness_is_not_lost(judge):
    done = judge(
        "head_turning left 5-12; tonic bilateral 12-22; "
        "? verbal_responsiveness not_addressed 0-60"
    )
    assert done.verdict.ilae2025.rule == "ILA-23"
    assert "CER-05" in {note.rule for note in done.verdict.certainty}


def test_conflicting_hemispheres_are_shown_never_averaged(judge):
    done = judge(f"head_turning left 5-12; face_pulling right 6-9; {CONVULSION}")
    assert done.verdict.lateralisation.hemisphere == "conflict"
    assert hemispheres(done) == {"LAT-01": "right", "LAT-04": "left"}
    assert "REM-05" in {note.rule for note in done.verdict.remarks}


def test_marashly2016_two_reliable_signs_are_remarked_on(judge):
    done = judge("head_turning left 5-12; clonic left 12-30; tonic left 8-12")
    remarks = [note.text for note in done.verdict.remarks if note.rule == "REM-03"]
    assert remarks
    assert "right hemisphere" in remarks[0]


def test_lafrance2013_video_alone_reaches_possible_at_most(judge):
    done = judge("asynchronous_movement 5-50; close_eyes 6-50; full_body_shaking 5-50")
    notes = {note.rule: note.text for note in done.verdict.certainty}
    assert {"CER-02", "CER-03"} <= set(notes)
    assert "possible" in notes["CER-02"]


@pytest.mark.parametrize(
    ("length", "rule"), [(119, None), (121, "REM-01"), (300, "REM-02")]
)
def test_theodore1994_prolonged_convulsion_is_remarked_on(judge, length, rule):
    done = judge(f"clonic bilateral 10-{10 + length}", 400)
    found = [note.rule for note in done.verdict.remarks]
    assert found == ([rule] if rule else [])


# Thresholds of s3ns


def test_findings_below_half_confidence_do_not_count(judge):
    assert judge("tonic bilateral 10-20 @0.49").verdict.supports == ()
    assert judge("tonic bilateral 10-20 @0.5").verdict.supports


def test_findings_shorter_than_the_vocabulary_says_do_not_count(judge):
    assert judge("tonic bilateral 10-11.9").verdict.supports == ()
    assert judge("tonic bilateral 10-12").verdict.supports


@pytest.mark.parametrize(
    ("rule", "seen", "hemisphere"),
    [
        ("LAT-05", "tonic left 5-15; clonic bilateral 15-30", "right"),
        ("LAT-07", "limb_automatisms left 5-15; tonic right 6-15", "left"),
        ("LAT-14", "limb_automatisms left 5-15; blank_stare 6-15", "left"),
        ("LAT-09", f"face_twitching left 5-15; {CONVULSION}", "right"),
        ("LAT-10", f"eye_blinking left 5-15; {CONVULSION}", "left"),
    ],
)
def test_lesser_lateralising_signs(judge, rule, seen, hemisphere):
    assert hemispheres(judge(seen))[rule] == hemisphere


@pytest.mark.parametrize("side", ["unknown", "bilateral"])
def test_a_side_that_is_not_known_points_nowhere(judge, side):
    done = judge(f"tonic {side} 5-15; clonic {side} 15-30; face_twitching {side} 5-9")
    assert done.verdict.lateralisation.signs == ()
