"""Tasks 2 and 6: scores worked out by hand, and the rules of leaving out."""

from __future__ import annotations

import csv
import math
from dataclasses import asdict
from pathlib import Path

import pytest

from s3ns.benchmarks.s3.answers import document_answers, model_answers
from s3ns.benchmarks.s3.documents import expert_document
from s3ns.benchmarks.s3.laterality import COLUMNS
from s3ns.benchmarks.s3.published import Published
from s3ns.benchmarks.s3.rigorous import constants
from s3ns.benchmarks.s3.tables import TRUTH, Checkout, open_checkout
from s3ns.benchmarks.s3.text_tables import justification_table, words_table
from s3ns.benchmarks.s3.texts import (
    constant_justification,
    constant_report,
    is_text,
    merged_text,
    published_pairs,
    text_scores,
)
from s3ns.benchmarks.s3.truth import read_truth
from s3ns.facts import InputError, vocabulary

SHORT = ("the cat sat on mat", "the cat sat on the mat")
EQUAL = ("one two three four", "one two three four")


def write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a checkout of four made-up videos with texts."""
    names = [f"p{k}@d@u@e_{k}.mp4" for k in range(4)]
    truth = tmp_path / TRUTH
    write(
        truth / "task7_annotation.csv", [{"file_name": n, "label": "ES"} for n in names]
    )
    labels = ["yes", "No", "yes", "yes"]
    experts = ["The cat sat on the mat", "One two three four", "", "nobody wrote it"]
    write(
        truth / "task12_annotation.csv",
        [
            {"file_name": n, "tonic": label, "justification_for_tonic": text}
            for n, label, text in zip(names, labels, experts, strict=True)
        ],
    )
    for file, columns in {
        "task3_spatial_annotation.csv": [true for true, _ in COLUMNS.values()],
        "task5_sequence_annotation.csv": ["event_sequence"],
        "Task4_time_annotation.csv": ["feature", "target_time"],
        "task6_report_modified.csv": [],
        "../../finetune/datasplit/all_folds.csv": ["fold"],
    }.items():
        write(truth / file, [{"file_name": names[0]} | dict.fromkeys(columns, "0")])
    answers = ["the cat sat on mat ", "one two three four", "something", "FAIL"]
    write(
        tmp_path / "result/vlm_inference/made/Task12_made_all_merged_llmmerge.csv",
        [
            {"file_name": n, "tonic": "yes", "justification_for_tonic": text}
            for n, text in zip(names, answers, strict=True)
        ],
    )
    write(
        truth / "task6_report_annotation.csv",
        [
            {"file_name": n, "report": text}
            for n, text in zip(names, experts, strict=True)
        ],
    )
    write(
        tmp_path / "result/vlm_inference/made/Task6_made_all_merged.csv",
        [
            {"file_name": names[0], "report": "THE CAT  sat\non mat"},
            {"file_name": names[3], "report": "n/a"},
        ],
    )
    return open_checkout(tmp_path)


def test_a_pair_by_hand() -> None:
    """Of 5, 4, 3 and 2 n-grams 5, 3, 2 and 1 are right; 5 words stand for 6."""
    scores = text_scores([SHORT])
    assert scores is not None
    bleu = 100 * math.exp(1 - 6 / 5) * (5 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert scores.bleu == pytest.approx(bleu)
    assert scores.rouge1 == scores.rouge_l == pytest.approx(10 / 11)
    assert scores.bertscore is None
    assert scores.n == 1


def test_bleu_is_that_of_the_corpus_and_rouge_a_mean() -> None:
    scores = text_scores([SHORT, EQUAL])
    assert scores is not None
    bleu = 100 * math.exp(1 - 10 / 9) * (6 / 7 * 4 / 5 * 2 / 3) ** 0.25
    assert scores.bleu == pytest.approx(bleu)
    assert scores.rouge1 == pytest.approx((10 / 11 + 1) / 2)


def test_rouge_knows_stems_and_order() -> None:
    scores = text_scores([("arms jerked", "jerking arm")])
    assert scores is not None
    assert scores.rouge1 == 1
    assert scores.rouge_l == pytest.approx(0.5)


def test_no_pairs_have_no_score() -> None:
    assert text_scores([]) is None


@pytest.mark.parametrize(
    "said", ["", " ", "Empty", "fail", "FAILED ", "error", "NA", "n/a", "none", "NULL"]
)
def test_what_failed_is_left_out_as_published_and_empty_otherwise(said: str) -> None:
    truth = {"a": "expert", "b": "expert", "c": ""}
    answers = {"a": said, "b": "text", "c": "text", "d": "text"}
    assert published_pairs(answers, truth) == [("text", "expert")]
    assert not is_text(said)


def test_a_text_with_such_a_word_in_it_counts() -> None:
    truth = {"a": "expert"}
    said = {"a": "none of the limbs"}
    assert published_pairs(said, truth) == [("none of the limbs", "expert")]


def test_justifications_as_published(checkout: Checkout) -> None:
    """Two pairs are left; that the second label is wrong does not matter."""
    scores = Published(checkout).scores("2")
    expected = text_scores([SHORT, EQUAL])
    assert expected is not None
    assert scores == {"made": {"tonic": asdict(expected)}}


def test_published_scores_are_those_of_the_patients_asked_for(
    checkout: Checkout,
) -> None:
    scores = Published(checkout, {"p0"}).scores("2")
    assert scores["made"]["tonic"]["n"] == 1


def test_texts_asked_properly(checkout: Checkout) -> None:
    """The text for the wrong label is empty, and so are missing and failed ones."""
    truth = read_truth(checkout)
    systems = [*model_answers(checkout, "made", truth), *constants(truth)]
    tables = (justification_table(truth, systems), words_table(truth, systems))
    for table in tables:
        first = table.rows[0]
        assert first["rouge1"] == pytest.approx(10 / 11 / 3)
        assert first["coverage"] == pytest.approx(1 / 3)
        assert len(table.rows) > 1, "trivial answers stand beside it"
        assert all(row["low"] <= row["rouge1"] <= row["high"] for row in table.rows)


def test_documents_enter_with_their_words(checkout: Checkout) -> None:
    truth = read_truth(checkout)
    documents = {event.video: expert_document(event) for event in truth.events}
    answers = document_answers("ours", documents)
    (words,) = justification_table(truth, [answers]).rows
    assert words["coverage"] == 1
    (report,) = words_table(truth, [answers]).rows
    assert report["rouge1"] > 0


def test_reports_as_published(checkout: Checkout) -> None:
    expected = text_scores([SHORT])
    assert expected is not None
    assert Published(checkout).scores("6") == {"made": {"words": asdict(expected)}}


def test_a_table_without_reports_is_told(checkout: Checkout) -> None:
    path = checkout.folder / "result/vlm_inference/made/Task6_made_all_merged.csv"
    write(path, [{"file_name": "a", "text": "b"}])
    with pytest.raises(InputError, match="no column report; it has file_name, text"):
        Published(checkout).scores("6")


def test_segments_are_joined_before_they_are_fused() -> None:
    mixed = [("yes", "stiff"), ("no", "still"), ("Yes", "stiff"), ("yes", "rigid")]
    assert merged_text("tonic", mixed) == "stiff || rigid"
    assert merged_text("tonic", [("no", "a"), ("no", "b"), ("no", "a")]) == "a || b"
    assert merged_text("tonic", [("yes", "a")]) == "a"
    assert merged_text("occur_during_sleep", [("no", "awake"), ("yes", "b")]) == "awake"
    assert merged_text("occur_during_sleep", []) == ""


def test_the_same_text_for_every_video() -> None:
    assert constant_report() == (
        "the event began with head turning. then came tonic stiffening and clonic "
        "jerking."
    )
    for sign in vocabulary().signs:
        assert constant_justification(sign.name) == sign.definition.lower()
