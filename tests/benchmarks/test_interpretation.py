"""The question list: weights, one video, and means of shipped scores."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3ns.benchmarks.s3.interpretation import (
    QUESTIONS,
    WEIGHTS,
    always_no,
    overall,
    read_scores,
    sign_scores,
    video_score,
)
from s3ns.benchmarks.s3.tables import Damage
from s3ns.facts import InputError, vocabulary

YES = ("yes", "yes")


def test_every_sign_has_questions_and_weights_sum_to_one() -> None:
    assert set(QUESTIONS) == set(vocabulary().by_name)
    for count, weights in WEIGHTS.items():
        assert len(weights) == count
        assert weights[0] == max(weights)
        assert sum(weights) == pytest.approx(1)
    assert set(QUESTIONS.values()) == set(WEIGHTS)


@pytest.mark.parametrize(
    ("sign", "labels", "said", "expert", "score"),
    [
        ("tonic", YES, ["yes", "left", "arm"], ["Yes ", "LEFT", "arm"], 1.0),
        ("tonic", YES, ["yes", "left", "arm"], ["yes", "right", "arm"], 0.85),
        ("tonic", YES, ["yes", "right", "leg"], ["yes", "left", "arm"], 0.7),
        # Labels that differ, or first answers that do, end it.
        ("tonic", ("No", "yes"), ["yes", "left", "arm"], ["yes", "left", "arm"], 0.0),
        ("tonic", YES, ["no", "left", "arm"], ["yes", "left", "arm"], 0.0),
        # A label that is none does not; nor does a first answer that is none.
        ("tonic", ("fail", "yes"), ["yes", "left", "arm"], ["yes", "left", "arm"], 1.0),
        ("tonic", YES, ["unknown", "left", "arm"], ["yes", "left", "arm"], 0.3),
        # One no settles the other questions on both sides.
        ("tonic", ("no", "no"), ["no", "left", "arm"], ["no", "right", "leg"], 1.0),
        # What nobody can tell is equal.
        ("tonic", YES, ["yes", None, "arm"], ["yes", "unknown", "arm"], 1.0),
        ("tonic", YES, ["yes", "", "arm"], ["yes", "left", "arm"], 0.85),
        # Lists have no order.
        ("head_turning", YES, ["yes", ["a", "B"]], ["yes", ["b", "a", "a"]], 1.0),
        ("head_turning", YES, ["yes", ["a"]], ["yes", ["b", "a"]], 0.7),
        ("close_eyes", YES, ["yes"], ["yes"], 1.0),
        ("arm_flexion", YES, ["yes", "a", "b", "c"], ["yes", "a", "x", "y"], 0.8),
        (
            "asynchronous_movement",
            YES,
            ["yes", "a", "b", "c", "d"],
            ["yes", "a", "b", "x", "y"],
            0.85,
        ),
    ],
)
def test_a_video_by_hand(sign, labels, said, expert, score) -> None:
    assert video_score(sign, labels, said, expert) == pytest.approx(score)
    assert video_score(sign, labels[::-1], expert, said) == pytest.approx(score)


def test_wrong_questions_are_told() -> None:
    with pytest.raises(ValueError, match="expected 3 answers on tonic, got 1"):
        video_score("tonic", YES, ["yes"], ["yes", "left", "arm"])
    with pytest.raises(ValueError, match="Did you mean 'tonic'"):
        video_score("tonik", YES, ["yes"], ["yes"])


def test_scores_of_videos_by_hand(tmp_path: Path) -> None:
    """The means are 0.5 and 0.75, and theirs is 0.625: halves go up."""
    path = tmp_path / "made_video_feature_scores.csv"
    path.write_text("file_name,clonic,tonic\na,1,0.7\nb,0.0,0.8\nc,,nan\n")
    damage = Damage()
    scores = read_scores(path, damage)
    assert scores == {"tonic": [0.7, 0.8], "clonic": [1.0, 0.0]}
    assert damage.lines() == [f"{path.name}: score or answers that cannot be read (2)"]
    assert sign_scores(scores) == {"tonic": pytest.approx(0.75), "clonic": 0.5}
    assert overall(scores) == 0.63


def test_answers_are_scored_and_put_together(tmp_path: Path) -> None:
    """The second question on stiffening differs; a row of too few answers is left."""
    path = tmp_path / "answers.csv"
    path.write_text(
        "feature,label,expert_label,answers,expert_answers\n"
        'tonic,yes,yes,"yes|left|arm,leg","yes|right|leg,arm"\n'
        "clonic,no,yes,no|x|y,yes|left|leg\n"
        "clonic,no,no,no,no\n"
    )
    damage = Damage()
    scores = read_scores(path, damage)
    assert scores["tonic"] == pytest.approx([0.85])
    assert scores["clonic"] == [0.0]
    assert damage.lines() == ["answers.csv: score or answers that cannot be read (1)"]


def test_signs_weigh_the_same_whatever_their_number() -> None:
    assert overall({"tonic": [1.0] * 9, "clonic": [0.0]}) == 0.5


def test_long_tables_are_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("file_name,feature,score\na,tonic,1\na,clonic,0.7\nb,tonic,0\n")
    damage = Damage()
    expected = {"tonic": [1.0, 0.0], "clonic": [0.7]}
    assert read_scores(path, damage) == expected
    assert damage.lines() == []
    path.write_text(path.read_text() + "b,tonik,1\n")
    assert read_scores(path, damage) == expected
    assert damage.lines() == ["scores.csv: unknown sign, left out (1)"]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "file_name,tonic\nx,\n"])
def test_other_tables_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"no column feature|no scores of signs"):
        read_scores(path, Damage())


def test_denying_everything_scores_the_share_of_no() -> None:
    scores = always_no({"tonic": ["No", "yes", "no", "NO "], "clonic": ["yes", ""]})
    assert scores == {"tonic": [1.0, 0.0, 1.0, 1.0], "clonic": [0.0]}
    assert overall(scores) == 0.38
