"""The tables of S3: as published to the cell, asked properly, and with their damage.

What needs the public tables takes them from the folder that S3NS_S3_DATA names, or from
the shared data beside the checkout, and skips where they are absent.
"""

from __future__ import annotations

import csv
import io
import json
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from s3ns.benchmarks.s3.answers import STRANGE, document_answers, model_answers
from s3ns.benchmarks.s3.compare import compared
from s3ns.benchmarks.s3.documents import expert_document, pseudonym
from s3ns.benchmarks.s3.fitted import check_apart, splits
from s3ns.benchmarks.s3.page import page
from s3ns.benchmarks.s3.published import TASKS, Published, differences
from s3ns.benchmarks.s3.rigorous import constants
from s3ns.benchmarks.s3.run import Run, run
from s3ns.benchmarks.s3.scoring import Judgement, judged_scores, resampled
from s3ns.benchmarks.s3.sequences import (
    agreement,
    joined,
    order_scores,
    published,
    tokens,
)
from s3ns.benchmarks.s3.tables import (
    FOLDS,
    MODELS,
    TRUTH,
    Damage,
    NameMender,
    brief,
    open_checkout,
    patient_of,
    read_rows,
    seconds,
)
from s3ns.benchmarks.s3.truth import read_truth
from s3ns.cli import main
from s3ns.facts import InputError, vocabulary
from s3ns.symbolic import Reasoner

SIGNS = list(vocabulary().by_name)
DATA = Path(
    os.environ.get("S3NS_S3_DATA")
    or Path(__file__).resolve().parents[3] / "shared/data/s3"
)


# A made-up checkout: five videos of four patients, one without a label.

VIDEOS = (
    "A@1@U@sz_v1.1_0",
    "A@1@U@sz_v1.2_0",
    "B@1@U@nes_1",
    "C@1@U@sz_1",
    "D@1@U@x_1",
)
LABELS = ("ES", "ES", "NES", "ES", "Sample")


def write(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([list(header), *map(list, rows)])


@pytest.fixture
def made(tmp_path: Path) -> Path:
    truth = tmp_path / TRUTH
    names = [f"{video}.mp4" for video in VIDEOS]
    write(
        truth / "task7_annotation.csv",
        ["file_name", "label"],
        zip(names, LABELS, strict=True),
    )
    header = ["file_name", *SIGNS, "start_time_for_tonic", "end_time_for_tonic"]
    rows = []
    for name, label in zip(names, LABELS, strict=True):
        cells = dict.fromkeys(SIGNS, "no")
        cells["tonic" if label == "ES" else "asynchronous_movement"] = "Yes"
        cells["verbal_responsiveness"] = ""
        times = ["00:12:00", "00:30:00"] if label == "ES" else ["", ""]
        rows.append([name, *cells.values(), *times])
    write(truth / "task12_annotation.csv", header, rows)
    write(
        truth / "task3_spatial_annotation.csv",
        [
            "file_name",
            "left_right_head_turning",
            "left_right_arm_movement",
            "body_region_onset",
        ],
        [[name, "right ", "N/A", "amrs"] for name in names],
    )
    for file in ("task5_sequence_annotation.csv", "task5_sequence_annotation_vlm.csv"):
        write(
            truth / file, ["file_name", "event_sequence"], [[n, "tonic"] for n in names]
        )
    write(
        truth / "task6_report_modified.csv",
        [
            "file_name",
            "structural_completeness",
            "event_sequence",
            "localizing_features",
            "content_analysis",
            "report_length",
        ],
        [[n, '["onset"]', '["tonic"]', "{}", "{}", "40"] for n in names[:-1]]
        + [[names[-1], "not JSON", "[]", "{}", "{}", ""]],
    )
    write(
        truth / "Task4_time_annotation.csv",
        ["file_name", "target_time", "feature"],
        [[f"{VIDEOS[0]}_tonic.mp4", "30", "tonic"]],
    )
    write(
        tmp_path / FOLDS,
        ["file_name", "label", "patient_id", "fold"],
        [
            [n, label, n[0], str(k % 2)]
            for k, (n, label) in enumerate(zip(names, LABELS, strict=True))
        ],
    )
    model = tmp_path / MODELS[0] / "m"
    # Names cut at the first dot: two videos share one, and a third needs no mending.
    write(
        model / "Task12_m_all_merged.csv",
        ["file_name", "tonic", "clonic"],
        [
            ["A@1@U@sz_v1.mp4", "yes", "no"],
            [names[2], "yes", "fail"],
            [names[3], " YES ", "ja"],
        ],
    )
    write(
        model / "Task7_m_all.csv",
        ["file_name", "prediction_with_report", "prediction_without_report"],
        [[names[0], "ES", "it is an ES"], [names[2], "fail", "NES, not ES"]],
    )
    return tmp_path


@pytest.fixture(scope="module")
def judge() -> Reasoner:
    return Reasoner()


def test_damage_is_counted_and_never_names_a_video(made: Path) -> None:
    checkout = open_checkout(made)
    truth = read_truth(checkout)
    model_answers(checkout, "m", truth)
    lines = checkout.damage.lines()
    assert (
        "Task12_m_all_merged.csv: name cut at its first dot, fits several"
        in " ".join(lines)
    )
    assert "task7_annotation.csv: without a valid label, left out (1)" in lines
    assert f"Task12_m_all_merged.csv: {STRANGE} (1)" in lines
    assert "task6_report_modified.csv: extraction that cannot be read (1)" in lines
    assert not any(video in line for video in VIDEOS for line in lines)


def test_the_truth_reads_through_case_blanks_and_typing_errors(made: Path) -> None:
    truth = read_truth(open_checkout(made))
    first = truth.events[0]
    assert len(truth.events) == 4
    assert first.signs["tonic"].seen is True
    assert (first.signs["tonic"].start, first.signs["tonic"].end) == (12, 30)
    assert first.signs["verbal_responsiveness"].seen is None
    assert first.sides == {"head": "right"}
    assert first.region == "arms"


def test_answers_that_cannot_be_read_are_none(made: Path) -> None:
    checkout = open_checkout(made)
    own, told = model_answers(checkout, "m", read_truth(checkout))
    assert own.signs[VIDEOS[2]] == {"tonic": True}
    assert own.labels == {VIDEOS[0]: "ES", VIDEOS[2]: "NES"}
    assert told.labels == {VIDEOS[0]: "ES"}
    assert "expert's report" in told.system
    said = [line for line in checkout.damage.lines() if "neither ES nor NES" in line]
    assert said == [
        "Task7_m_all.csv: neither ES nor NES in prediction_with_report, taken for no "
        "answer (1)"
    ]


def test_a_cut_name_is_mended_where_one_video_fits() -> None:
    mender, damage = NameMender(["A@x.1_0", "B@y.1_0", "B@y.2_0"]), Damage()
    assert mender.mend("A@x.mp4", "f", damage) == "A@x.1_0"
    assert mender.mend("B@y.mp4", "f", damage) is None
    assert mender.mend("B@y.2_0.wav", "f", damage) == "B@y.2_0"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_all_encodings_are_read(tmp_path: Path, codec: str, delimiter: str) -> None:
    path = tmp_path / "t.csv"
    text = "file_name,note \r\na,café\r\n\r\n".replace(",", delimiter)
    path.write_bytes(text.encode(codec))
    damage = Damage()
    assert read_rows(path, damage) == [{"file_name": "a", "note": "café"}]
    assert len(damage.lines()) == (codec != "utf-8") + (delimiter != ",")


def test_quotes_of_windows_are_read_as_such(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"file_name,note\na,\x93so\x94\n")
    assert read_rows(path, Damage())[0]["note"] == "“so”"


def test_rows_that_are_uneven_or_come_again_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("file_name,label\na,ES\na,NES\nb\nc,ES,x\n")
    damage = Damage()
    assert [row["label"] for row in read_rows(path, damage)] == ["ES", "NES", "", "ES"]
    assert damage.lines() == [
        "t.csv: name that occurs again, the last row counts (1)",
        "t.csv: row with more or fewer cells than the header (2)",
    ]
    assert brief(["a: x (1)", "b: x (2)", "b: y (1)"]) == [
        "x (3 in 2 files)",
        "b: y (1)",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("file_name,lab\nx,ES\n", "no column label; it has file_name, lab"),
        ("name,label\nx,ES\n", "no column file_name"),
        ("label,file_name\nx,ES\n", "labels none of its 1 videos"),
        ("file_name,label,label\nx,ES,ES\n", "two columns label"),
        ("\x1b[31m,label\nx,ES\n", r"'\\x1b\[31m'"),
    ],
)
def test_tables_that_cannot_be_used_are_told(made: Path, text: str, said: str) -> None:
    (made / TRUTH / "task7_annotation.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_truth(open_checkout(made))


def test_a_model_that_knows_no_video_scores_nothing(made: Path) -> None:
    path = made / MODELS[0] / "m" / "Task7_m_all.csv"
    path.write_text(path.read_text().replace("@", "#"))
    scores = Published(open_checkout(made)).scores("7")["m"]["with_report"]
    assert (scores["n"], scores["f1"]) == (0, 0.0)


@pytest.mark.parametrize(
    ("cell", "time"),
    [("00:12:00", 12), ("1:02", 62), ("01:02:57", 62), ("", None), ("x", None)],
)
def test_times_are_minutes_and_seconds(cell: str, time: float | None) -> None:
    assert seconds(cell) == time


def test_no_expert_document_tells_who_or_what_it_is(made: Path) -> None:
    for event in read_truth(open_checkout(made)).events:
        text = expert_document(event).to_json()
        assert event.video not in text
        assert f'"{event.label}"' not in text
        assert pseudonym(event.video) in text


def test_missing_answers_are_wrong(made: Path, judge: Reasoner) -> None:
    found = run(made, ["7"], "full", None, judge)
    table, *_ = found.tables
    rows = {row["system"]: row for row in table.rows}
    assert rows["m"]["coverage"] == 0.5
    assert rows["m"]["accuracy"] == 0.5
    assert rows["trivial: always ES"]["accuracy"] == 0.75
    text = found.to_json()
    assert not any(video in text for video in VIDEOS)


def test_a_split_keeps_patients_together(made: Path) -> None:
    truth = read_truth(open_checkout(made))
    for fit, score in splits(truth, "lopo"):
        assert not {truth.patients[k] for k in fit} & {truth.patients[k] for k in score}
    with pytest.raises(InputError, match="1 patients are on both sides"):
        check_apart(["a", "b"], ["b"])


def test_what_each_fold_fitted_is_kept(
    public: Path, tmp_path: Path, judge: Reasoner
) -> None:
    """On the events of some patients: what is fitted takes long on those of all."""
    found = run(few_patients(public, tmp_path), ["7"], "cv5", None, judge)
    kept = [fit for fit in found.fits if fit["system"].startswith("learned")]
    assert [fit["fold"] for fit in kept] == list(range(5))
    scored = [k for fit in kept for k in fit["scored"]]
    assert sorted(scored) == list(range(len(found.events)))
    assert all(0 < weight <= 300 for fit in kept for weight in fit["weights"].values())
    assert len({json.dumps(fit["weights"]) for fit in kept}) > 1
    (table,) = [table for table in found.tables if table.name == "diagnosis_coverage"]
    whole = {row["system"]: row["macro_f1"] for row in found.tables[0].rows}
    assert all(row["100%"] == pytest.approx(whole[row["system"]]) for row in table.rows)
    shown = page(found)
    for system in ("learned evidence", "random forest"):
        assert system in shown
    assert not any(
        event.video in shown for event in read_truth(open_checkout(public)).events
    )
    path = tmp_path / "run.json"
    path.write_text(found.to_json())
    assert Run.read(path).to_json() == found.to_json()


def few_patients(public: Path, folder: Path) -> Path:
    """Copy the truth of every third patient, without models."""
    for path in [*(public / TRUTH).glob("*.csv"), public / FOLDS]:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="latin-1"))))
        kept = [
            row for row in rows[1:] if not zlib.crc32(patient_of(row[0]).encode()) % 3
        ]
        write(folder / path.relative_to(public), rows[0], kept)
    return folder


def test_folds_that_share_a_patient_are_refused(made: Path) -> None:
    # The made-up folds put the two videos of the first patient into different ones.
    with pytest.raises(InputError, match="both sides"):
        splits(read_truth(open_checkout(made)), "fold0")


def test_documents_enter_all_tasks(made: Path) -> None:
    truth = read_truth(open_checkout(made))
    documents = {event.video: expert_document(event) for event in truth.events}
    answers = document_answers("experts", documents)
    for event in truth.events:
        for sign, mark in event.signs.items():
            if mark.seen is not None:
                assert answers.signs[event.video][sign] == mark.seen
    assert answers.starts[VIDEOS[0]]["tonic"] == 12
    assert answers.sides["head"] == {}
    assert answers.sequences[VIDEOS[0]] == ("tonic",)


def test_the_commands(made: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    kept, shown = tmp_path / "run.json", tmp_path / "run.html"
    words = ["bench", "s3", "--data", str(made), "-o", str(kept), "--html", str(shown)]
    result = runner.invoke(main, words)
    assert result.exit_code == 0, result.output
    assert "Task 7" in result.output
    assert not any(video in shown.read_text() for video in VIDEOS)
    words = ["bench", "compare", str(kept), "m", "trivial: always ES", "--json"]
    result = runner.invoke(main, words)
    difference = json.loads(result.output)["rows"][-1]["difference"]
    assert difference == pytest.approx(0.25)
    result = runner.invoke(main, ["bench", "compare", str(kept), "m", "nobody"])
    assert result.exit_code == 3
    words = ["bench", "s3", "--data", str(tmp_path / TRUTH), "--task", "7"]
    result = runner.invoke(main, words)
    assert result.exit_code == 3
    assert "no checkout" in result.output


def test_a_task_without_texts_is_said_to_be_unscored(made: Path) -> None:
    found = run(made, ["2"], "full")
    assert found.tables[0].rows == []
    assert any("not scored" in line for line in found.damage)


def test_runs_on_other_events_are_not_compared(made: Path, judge: Reasoner) -> None:
    one = run(made, ["7"], "full", None, judge)
    other = Run(one.split, one.events[1:], one.tables, one.answers, one.leads)
    with pytest.raises(InputError, match="other events"):
        compared(one, "m", other, "m")


def test_every_task_has_its_trivial_answers(made: Path) -> None:
    systems = constants(read_truth(open_checkout(made)))
    for part in ("signs", "sides", "regions", "onsets", "starts", "sequences"):
        assert any(getattr(system, part) for system in systems), part
    assert any(system.labels for system in systems)
    assert any(system.extractions for system in systems)


def test_intervals_follow_patients_not_events() -> None:
    true, said = [True, False] * 20, [True, False, True, True] * 10
    one_each = resampled([str(k) for k in range(40)])
    few = resampled([str(k % 4) for k in range(40)])
    widths = []
    for draws in (one_each, few):
        scores = judged_scores(Judgement(true, said), draws)
        widths.append(float(str(scores["high"])) - float(str(scores["low"])))
    assert widths[1] > widths[0]


# Task 5


def test_babbling_raises_the_published_score_and_not_ours() -> None:
    truth = tokens("tonic, clonic")
    plain, babble = tokens("head_turning"), tokens("head_turning," + "x," * 50)
    assert published(babble, truth)[1] > published(plain, truth)[1]
    assert agreement(babble, truth, gap_counts=False) <= agreement(
        plain, truth, gap_counts=False
    )


@given(st.lists(st.sampled_from("abcd"), max_size=6).map(tuple))
def test_a_right_order_scores_full_and_a_surplus_costs(truth: tuple[str, ...]) -> None:
    scores = order_scores(truth, truth)
    assert scores.pop("edit_distance") == 0
    assert set(scores.values()) == {1.0}
    assert order_scores((*truth, "z"), truth)["lcs_f1"] < 1


def test_segments_are_joined_at_what_they_share() -> None:
    assert joined([("a", "b"), ("b", "c"), (), ("c", "c")]) == ("a", "b", "c", "c")
    assert tokens("['a b', \"c.\"]") == ("a_b", "c")


# The public tables


@pytest.fixture(scope="module")
def public() -> Path:
    if not (DATA / TRUTH / "task7_annotation.csv").is_file():
        pytest.skip("the tables of S3 are not here; name their folder in S3NS_S3_DATA")
    return DATA


@pytest.mark.parametrize("task", ["1", "3", "4", "5", "6", "7"])
def test_published_scores_agree_to_the_cell(public: Path, task: str) -> None:
    expected = public / "expected.json"
    if not expected.is_file():
        pytest.skip("the expected scores of this cut are not here")
    found = {TASKS[task]: Published(open_checkout(public)).scores(task)}
    count, wrong = differences(found, expected)
    assert count > 0
    assert wrong == []


def test_a_wrong_score_would_be_noticed(public: Path) -> None:
    expected = public / "expected.json"
    if not expected.is_file():
        pytest.skip("the expected scores of this cut are not here")
    found = {TASKS["7"]: Published(open_checkout(public)).scores("7")}
    first = next(iter(found[TASKS["7"]]))
    found[TASKS["7"]][first]["with_report"]["f1"] += 0.002
    assert len(differences(found, expected)[1]) == 1


def test_public_events_of_a_patient_stay_together(public: Path) -> None:
    truth = read_truth(open_checkout(public))
    assert len(splits(truth, "cv5")) == 5
    seen = np.concatenate([score for _, score in splits(truth, "lopo")])
    assert sorted(seen.tolist()) == list(range(len(truth.events)))
