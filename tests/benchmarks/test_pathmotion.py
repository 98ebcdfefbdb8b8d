"""PathMotion: small tables with answers worked out by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from s3ns.benchmarks.pathmotion import (
    ANNOTATION,
    read_annotation,
    read_answers,
    sign_table,
)
from s3ns.benchmarks.pathmotion_patients import (
    Segment,
    best_threshold,
    event_of,
    patient_scores,
    read_probabilities,
)
from s3ns.benchmarks.s3.tables import Damage
from s3ns.cli_pathmotion import pathmotion
from s3ns.facts import InputError


def only(said, truth, *, paper, sign="tonic"):
    """Score one sign, given a word for each video; None is a video that is missing."""
    answers = {str(k): {sign: w} for k, w in enumerate(said) if w is not None}
    true = {str(k): {sign: w} for k, w in enumerate(truth)}
    (scores,) = sign_table(answers, true, paper=paper)
    return scores


# Videos


def test_words_that_are_no_answer_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("file_name,tonic,clonic\na.mp4,ja,1\nb.mp4,fail,\nc.mp4,NO,Yes.\n")
    damage = Damage()
    read_answers(path, damage)
    assert damage.lines() == [
        "answers.csv: neither yes nor no of a sign, taken for no answer (2)"
    ]


def test_segments_make_a_video(tmp_path: Path) -> None:
    """Any yes counts, whatever its case and dots; sleep is read off the first one."""
    path = tmp_path / "answers.csv"
    path.write_text(
        "file_name,tonic,clonic,occur_during_sleep\n"
        "P1@d@u@e_segment_10.mp4,Yes.,no,yes\n"
        "P1@d@u@e_segment_2.mp4,no,fail,No\n"
        "p2@d@u@e.wav,fail,YES,yes\n"
    )
    assert read_answers(path, Damage()) == {
        "p1@d@u@e": {"occur_during_sleep": "no", "tonic": "yes", "clonic": "no"},
        "p2@d@u@e": {"occur_during_sleep": "yes", "tonic": "fail", "clonic": "yes"},
    }


def test_a_sign_as_published() -> None:
    """Of the three that said yes two are right; a third yes was missed."""
    scores = only(
        ["yes", "yes", "no", "no", "yes", None],
        ["yes", "yes", "yes", "no", "no", "yes"],
        paper=True,
    )
    assert (scores.n, scores.positive) == (5, 3)
    assert scores.precision == pytest.approx(2 / 3)
    assert scores.recall == pytest.approx(2 / 3)
    assert scores.f1 == pytest.approx(2 / 3)
    assert scores.accuracy == pytest.approx(3 / 5)
    assert scores.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert scores.mcc == pytest.approx((2 * 1 - 1 * 1) / math.sqrt(3 * 3 * 2 * 2))
    assert scores.always_yes == pytest.approx(2 * 0.6 / 1.6)
    assert scores.answered == pytest.approx(5 / 6)


def test_a_missing_answer_is_wrong() -> None:
    scores = only(
        ["yes", "no", None, "fail", "no"],
        ["yes", "no", "yes", "no", ""],
        paper=False,
    )
    assert (scores.n, scores.positive) == (4, 2)
    assert scores.precision == scores.recall == scores.accuracy == 0.5
    assert scores.answered == 0.5


def test_empty_annotations_as_published() -> None:
    """They are left out for closed eyes; elsewhere they are a class of their own."""
    said, truth = ["yes", "no", "yes"], ["yes", "no", ""]
    eyes = only(said, truth, paper=True, sign="close_eyes")
    assert (eyes.n, eyes.precision, eyes.accuracy) == (2, 1.0, 1.0)
    shaking = only(said, truth, paper=True, sign="full_body_shaking")
    assert (shaking.n, shaking.precision) == (3, 0.5)
    assert shaking.accuracy == pytest.approx(2 / 3)
    denied = only(["yes", "no", "no"], truth, paper=True, sign="full_body_shaking")
    assert denied.precision == 1.0
    assert denied.accuracy == pytest.approx(2 / 3)


def test_sounds_as_published() -> None:
    """Failed answers are left out, but the ones that are there are counted before."""
    scores = only(
        ["yes", "fail", "no", "no", "yes"],
        ["yes", "yes", "no", "yes", ""],
        paper=True,
        sign="ictal_vocalization",
    )
    assert (scores.n, scores.positive) == (3, 3)
    assert scores.precision == 1.0
    assert scores.recall == 0.5


def test_answers_of_the_patient_are_a_mean_over_the_classes() -> None:
    """F1 is 2/3 for yes, 1/2 for no, and 0 for the na that nobody annotated."""
    said, truth = ["yes", "no", "no", "na"], ["yes", "yes", "no", "no"]
    scores = only(said, truth, paper=True, sign="verbal_responsiveness")
    assert scores.f1 == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert scores.accuracy == 0.5


def test_a_system_that_always_failed_has_no_measures() -> None:
    scores = only(["fail"], ["yes"], paper=True, sign="ictal_vocalization")
    assert (scores.n, scores.positive, scores.answered) == (0, 1, 0)
    assert math.isnan(scores.f1)


def test_only_annotated_signs_are_scored() -> None:
    said = {"a": {"tonic": "yes", "clonic": "yes"}}
    truth = {"a": {"clonic": "no", "figure4": "yes"}}
    assert [scores.sign for scores in sign_table(said, truth)] == ["clonic"]


# Patients


def segments(*given: tuple[str, float, str]) -> list[Segment]:
    return [Segment(*values) for values in given]


TRUTH = {
    "a@d@u1@e1": {"tonic": "yes"},
    "a@d@u1@e2": {"tonic": "no"},
    "b@d@u2@e1": {"tonic": "no"},
    "c@d@u3@e1": {"tonic": "yes"},
    "d@d@u4@e1": {"tonic": ""},
    "e@d@u5@e1": {"tonic": "no"},
}
GIVEN = segments(
    ("a@d@u1@e1", 0.1, "0"),
    ("a@d@u1@e1", 0.6, "0"),
    ("a@d@u1@e2", 0.7, "0"),
    ("b@d@u2@e1", 0.55, "1"),
    ("c@d@u3@e1", 0.4, "1"),
    ("c@d@u3@e1", 0.3, "1"),
    ("d@d@u4@e1", 0.9, "1"),
    ("x@d@u9@e1", 0.9, "1"),
)


def test_a_patient_is_a_patient() -> None:
    """Patient a has the sign (0.7), b has not (0.55), c has (0.4); e has no segment."""
    scores = patient_scores("tonic", GIVEN, TRUTH)
    assert (scores.n, scores.positive, scores.conflicting) == (3, 2, 0)
    assert scores.precision == scores.recall == scores.f1 == 0.5
    assert scores.accuracy == pytest.approx(1 / 3)
    assert scores.auc == 0.5
    assert scores.answered == 3 / 4
    assert scores.thresholds == (0.5, 0.5)


def test_as_published_an_event_is_a_patient_and_folds_are_averaged() -> None:
    """Fold 0: one found, one false. Fold 1: one missed, one false."""
    scores = patient_scores("tonic", GIVEN, TRUTH, paper=True)
    assert (scores.n, scores.positive) == (4, 2)
    assert scores.precision == pytest.approx((1 / 2 + 0) / 2)
    assert scores.recall == pytest.approx((1 + 0) / 2)
    assert scores.f1 == pytest.approx((2 / 3 + 0) / 2)
    assert scores.accuracy == pytest.approx((1 / 2 + 0) / 2)


def test_thresholds_come_from_the_other_folds() -> None:
    """Fold 1 alone (0.55 without the sign, 0.4 with it) is best told from 0.4 on.

    Fold 0, one patient with the sign at 0.7, is told as well by 0.5.
    """
    scores = patient_scores("tonic", GIVEN, TRUTH, tuned=True)
    assert scores.thresholds == (0.4, 0.5)
    assert scores.f1 == 0.5


def test_videos_that_differ_are_left_out_as_published() -> None:
    truth = {"a@d@u@e": {"tonic": "yes"}, "a@d2@u@e": {"tonic": "no"}}
    truth |= {"b@d@u@e": {"tonic": "no"}, "c@d@v@e": {"tonic": "yes"}}
    given = segments(*[(video, 0.7, "0") for video in truth])
    published = patient_scores("tonic", given, truth, paper=True)
    assert (published.n, published.conflicting) == (1, 1)
    proper = patient_scores("tonic", given, truth)
    assert (proper.n, proper.positive, proper.conflicting) == (3, 2, 0)


def test_folds_that_share_a_patient_are_refused() -> None:
    given = segments(
        ("a@d@u1@e1", 0.6, "0"), ("a@d@u1@e2", 0.7, "1"), ("b@d@u2@e1", 0.2, "1")
    )
    with pytest.raises(InputError, match="1 patients are in several folds"):
        patient_scores("tonic", given, TRUTH)
    assert patient_scores("tonic", given, TRUTH, paper=True).n == 3


def test_without_folds_three_are_made_each_with_its_share() -> None:
    truth = {f"p{k}@d@u{k}@e": {"tonic": "yes" if k < 3 else "no"} for k in range(9)}
    given = [Segment(video, 0.9 if k < 3 else 0.1) for k, video in enumerate(truth)]
    scores = patient_scores("tonic", given, truth, tuned=True)
    assert len(scores.thresholds) == 3
    assert scores.f1 == scores.auc == 1
    assert patient_scores("tonic", given, truth, paper=True).f1 == 1


def test_tuning_needs_folds() -> None:
    given = segments(("b@d@u2@e1", 0.2, "1"), ("c@d@u3@e1", 0.2, "1"))
    with pytest.raises(InputError, match="expected two folds or more"):
        patient_scores("tonic", given, TRUTH, tuned=True)
    with pytest.raises(InputError, match="annotated for clonic"):
        patient_scores("clonic", given, TRUTH)


def test_the_best_threshold() -> None:
    assert best_threshold([False, True, True], [0.1, 0.2, 0.3]) == 0.2
    assert best_threshold([False, True], [0.1, 0.9]) == 0.5
    assert best_threshold([False, False], [0.1, 0.9]) == 0.5


def test_an_event_without_all_its_parts() -> None:
    assert event_of("a@d@u1@e1") == "u1@e1"
    with pytest.raises(InputError, match="got one of 2 parts"):
        event_of("a@d")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("file_name,prob\na,1\n", "no rows with a column prob_1"),
        ("prob_1\n1\n", "no rows with a column file_name or video_name"),
        ("file_name,prob_1\na,1.2\n", r"expected prob_1 from 0 to 1, got '1\.2'"),
        ("file_name,prob_1\na,x\n", "got 'x'"),
    ],
)
def test_tables_of_networks_that_cannot_be_used(
    tmp_path: Path, text: str, error: str
) -> None:
    path = tmp_path / "tonic.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=error):
        read_probabilities(path, Damage())


# The command


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "PathMotion" / ANNOTATION
    path.parent.mkdir(parents=True)
    path.write_text(
        "file_name,label,tonic,close_eyes\n"
        "A1@d@u1@e1.mp4,1,yes,no\n"
        "A2@d@u2@e1.mp4,0,no,\n"
        "A3@d@u3@e1.mp4,0,No,yes\n"
    )
    return tmp_path / "PathMotion"


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "base.csv"
    path.write_text(
        "file_name,tonic,close_eyes\n"
        "a1@d@u1@e1_segment_0.mp4,no,no\n"
        "a1@d@u1@e1_segment_1.mp4,yes,no\n"
        "a2@d@u2@e1_segment_0.mp4,yes,no\n"
        "other@d@u2@e1_segment_0.mp4,yes,no\n"
    )
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(pathmotion, [str(word) for word in words])


def test_the_annotation_is_read(data: Path) -> None:
    truth = read_annotation(data, Damage())
    assert truth["a2@d@u2@e1"] == {"close_eyes": "", "tonic": "no"}
    assert truth["a3@d@u3@e1"] == {"close_eyes": "yes", "tonic": "no"}


def test_the_command_scores_answers(data: Path, answers: Path) -> None:
    """Of tonic 1 of 2 is right, and the third video is missing."""
    result = run("--data", data, answers, "--json")
    assert result.exit_code == 0, result.output
    tonic, eyes = sorted(json.loads(result.stdout)["base"], key=lambda s: -s["n"])
    assert (tonic["sign"], tonic["n"], tonic["recall"]) == ("tonic", 3, 1.0)
    assert tonic["precision"] == pytest.approx(1 / 3)
    assert (eyes["sign"], eyes["n"], eyes["f1"]) == ("close_eyes", 2, 0.0)
    assert "base.csv: video that is not annotated (1)" in result.stderr
    assert tonic["low"] <= tonic["f1"] <= tonic["high"]
    table = run("--data", data, answers, "--paper-compat").stdout
    assert "low" not in table
    assert table.startswith("base\nsign")
    assert "tonic       2  1    0.667     0.500  1.000  0.667" in table


def test_the_command_scores_networks(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "vivit"
    folder.mkdir()
    (folder / "tonic.csv").write_text(
        "file_name,prob_1\n"
        "A1@d@u1@e1_segment_0.mp4,0.2\n"
        "A1@d@u1@e1_segment_1.mp4,0.8\n"
        "A2@d@u2@e1_segment_0.mp4,0.3\n"
        "A3@d@u3@e1_segment_0.mp4,0.6\n"
    )
    result = run("--data", data, "--networks", folder, "--json")
    assert result.exit_code == 0, result.output
    (tonic,) = json.loads(result.stdout)["vivit"]
    assert (tonic["n"], tonic["precision"], tonic["recall"]) == (3, 0.5, 1.0)
    assert tonic["auc"] == 1.0
    assert run("--data", data, "--networks", folder, "--tuned").exit_code == 0


def test_wrong_usage(data: Path, answers: Path, tmp_path: Path) -> None:
    assert run("--data", data).exit_code == 2
    assert run("--data", data, answers, "--tuned").exit_code == 2
    no_checkout = run("--data", tmp_path, answers)
    assert no_checkout.exit_code == 3
    assert "is no checkout of PathMotion" in no_checkout.stderr
    no_tables = run("--data", data, "--networks", tmp_path)
    assert no_tables.exit_code == 3
    assert "no table named by a sign" in no_tables.stderr
    no_signs = run("--data", data, data / ANNOTATION.parent / "names.csv")
    assert no_signs.exit_code == 2
    other = tmp_path / "other.csv"
    other.write_text("file_name,label\na,1\n")
    refused = run("--data", data, other)
    assert refused.exit_code == 3
    assert "no column of a sign" in refused.stderr
