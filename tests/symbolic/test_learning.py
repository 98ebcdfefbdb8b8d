"""Weights from events, abstention with its guarantee, reliability, suggestions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from s3ns.cli import main
from s3ns.facts import Document, InputError, Label
from s3ns.symbolic import Reasoner, RuleBase
from s3ns.symbolic.abstention import forced, safe_margin
from s3ns.symbolic.evidence import Evidence, Piece, evidence_of, pieces_of, verdicts_of
from s3ns.symbolic.fitting import fit_weights
from s3ns.symbolic.learned import read_labelled, weights_layer
from s3ns.symbolic.reliability import (
    Reliability,
    evidence_reliability,
    scaled_weights,
    sign_reliability,
)
from s3ns.symbolic.suggestions import suggestions
from tests.symbolic.scenes import document

SCENES = (
    "tonic bilateral 10-20; clonic bilateral 20-30; head_turning left 5-12",
    "asynchronous_movement 10-40; close_eyes 8-40",
    "close_eyes 10-30; no asynchronous_movement 0-60; full_body_shaking 10-30",
    "blank_stare 10-30; oral_automatisms 12-30",
    "figure4 left 10-20; tonic bilateral 10-20; ictal_vocalization 10-14",
    "nothing else 0-60",
)


def piece(name: str, weight: int, *, epileptic: bool = True, kind: str = "") -> Piece:
    toward = Label.EPILEPTIC_SEIZURE if epileptic else Label.NON_EPILEPTIC_EVENT
    return Piece(name, toward, kind or name, weight, "C")


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return RuleBase.load()


def test_evidence_adds_up_to_what_the_rules_conclude(base: RuleBase) -> None:
    documents = [document(scene) for scene in SCENES]
    evidence = evidence_of(base, documents)
    leads = evidence.leads(evidence.weights)
    labels = verdicts_of(base, documents)
    for one, lead, label in zip(documents, leads, labels, strict=True):
        verdict = Reasoner.of(base).reason(one).verdict
        assert verdict is not None
        assert verdict.label == label
        said = verdict.score_epileptic - verdict.score_non_epileptic
        assert round(100 * lead) == said


def test_all_evidence_of_the_rules_is_there(base: RuleBase) -> None:
    names = {piece.rule for piece in pieces_of(base)}
    written = {r.label.id for r in base.rules if "supports(" in r.text.split(":-")[0]}
    assert names == written


def test_without_events_of_a_piece_its_weight_stays() -> None:
    pieces = (piece("A", 100), piece("B", 50, epileptic=False))
    applies = np.array([[True, False], [False, False]] * 5)
    labels = np.array([True, False] * 5)
    first, second = fit_weights(Evidence(pieces, applies), labels, "abcdefghij")
    assert first.points > 100
    assert (second.points, second.epileptic, second.non_epileptic) == (50, 0, 0)


def test_a_sign_never_changes_sides() -> None:
    pieces = (piece("A", 40), piece("B", 40, epileptic=False))
    rows = np.array([[True, False]] * 30 + [[False, True]] * 30)
    labels = np.array([False] * 30 + [True] * 30)
    patients = [str(k) for k in range(60)]
    fitted = fit_weights(Evidence(pieces, rows), labels, patients)
    assert [item.points for item in fitted] == [0, 0]


def test_many_events_of_one_patient_say_little_more_than_one() -> None:
    pieces = (piece("A", 100),)
    rows = np.ones((41, 1), dtype=bool)
    labels = np.array([True] * 40 + [False])
    one = fit_weights(Evidence(pieces, rows), labels, ["p"] * 40 + ["q"])[0]
    many = fit_weights(Evidence(pieces, rows), labels, list(map(str, range(41))))[0]
    assert one.high - one.low > many.high - many.low


def test_of_a_kind_the_strongest_counts_alone() -> None:
    pieces = (piece("A", 100, kind="k"), piece("B", 60, kind="k"), piece("C", 10))
    evidence = Evidence(pieces, np.array([[True, True, True], [False, True, False]]))
    counted = evidence.counted(evidence.weights)
    assert counted.tolist() == [[True, False, True], [False, True, False]]
    assert evidence.leads(evidence.weights).tolist() == pytest.approx([1.1, 0.6])


def test_events_of_one_kind_teach_nothing() -> None:
    evidence = Evidence((piece("A", 100),), np.ones((3, 1), dtype=bool))
    with pytest.raises(InputError, match="both kinds"):
        fit_weights(evidence, np.array([True] * 3), "abc")


# Abstention


@pytest.mark.parametrize("alpha", [0.1, 0.2])
def test_the_risk_of_a_new_patient_is_kept(alpha: float) -> None:
    draw = np.random.default_rng(7)

    def patients(count: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
        leads, labels, names = [], [], []
        for name in range(count):
            bias = draw.normal(0, 0.7)
            for _ in range(draw.integers(1, 8)):
                labels.append(bool(draw.random() < 0.6))
                sign = 1 if labels[-1] else -1
                leads.append(sign * draw.normal(0.6, 1) + bias)
                names.append(str(name))
        return np.array(leads), np.array(labels), names

    losses = []
    for _ in range(300):
        leads, labels, names = patients(25)
        margin = safe_margin(leads, labels, names, alpha)
        new, true, _ = patients(1)
        losses.append(np.mean((np.abs(new) >= margin) & (forced(new) != true)))
    # The mean of 300 losses of at most 1 is known to about 0.02.
    assert np.mean(losses) <= alpha + 0.02
    assert np.mean(losses) > alpha / 10


def test_no_margin_keeps_a_risk_that_few_patients_cannot_show() -> None:
    leads, labels = np.array([1.0, 1.0]), np.array([True, False])
    assert safe_margin(leads, labels, ["a", "b"], 0.01) == float("inf")


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(-3, 3), st.booleans()), min_size=5, max_size=30))
def test_a_larger_risk_needs_no_larger_margin(events: list[tuple[float, bool]]) -> None:
    leads = np.array([lead for lead, _ in events])
    labels = np.array([label for _, label in events])
    names = [str(k // 2) for k in range(len(events))]
    margins = [safe_margin(leads, labels, names, risk) for risk in (0.2, 0.4, 0.6)]
    assert margins == sorted(margins, reverse=True)


# Reliability


def test_a_perfect_extractor_keeps_the_weights_and_a_blind_one_none() -> None:
    draw = np.random.default_rng(3)
    pieces = (piece("A", 120), piece("B", 80, epileptic=False))
    truth = Evidence(pieces, draw.random((4000, 2)) < 0.3)
    labels = draw.random(4000) < 0.5
    blind = Evidence(pieces, draw.random((4000, 2)) < 0.3)
    kept = scaled_weights(truth, labels, evidence_reliability(truth, truth))
    gone = scaled_weights(truth, labels, evidence_reliability(blind, truth))
    assert kept.tolist() == pytest.approx([1.2, 0.8], abs=0.02)
    assert gone.tolist() == [0, 0]


def test_worse_reports_weigh_less() -> None:
    truth = Evidence((piece("A", 150),), (np.arange(400) % 4 == 0)[:, None])
    labels = np.arange(400) % 2 == 0
    weights = [
        float(scaled_weights(truth, labels, [Reliability(hits, 100, alarms, 300)])[0])
        for hits, alarms in ((100, 0), (90, 30), (60, 60), (40, 80), (25, 75))
    ]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] == 0


def test_what_was_not_assessable_does_not_count_against_an_extractor() -> None:
    said = [{"tonic": True}, {}, {"tonic": False}]
    truth = [{"tonic": True}, {"tonic": True}, {}]
    table = sign_reliability(said, truth)
    assert (table["tonic"].present, table["tonic"].missing) == (1, 0)
    assert "clonic" not in table


# From files to a layer


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Return a folder of 24 Documents of 12 patients with their labels."""
    folder = tmp_path / "documents"
    folder.mkdir()
    lines = ["recording,label,patient"]
    for k in range(24):
        epileptic = k % 2 == 0
        scene = SCENES[0 if epileptic else 1] if k % 5 else SCENES[5]
        text = document(scene).to_json().replace('"id": "', f'"id": "r{k:02d}-', 1)
        one = Document.from_json(text)
        one.write(folder / f"{k:02d}.json")
        label = "ES" if epileptic else "NES"
        lines.append(f"{one.recording.id},{label},p{k // 2}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


def run(*words: object) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def test_learned_weights_are_a_layer_and_repeat_to_the_byte(
    labelled: Path, tmp_path: Path
) -> None:
    texts = []
    for name in ("one", "two"):
        words = ["learn", "weights", labelled, "--labels", labelled / "labels.csv"]
        run(*words, "-o", tmp_path / name, "--date", "2020-01-01", "--risk", 0.3)
        texts.append((tmp_path / name / "learned.lp").read_bytes())
    assert texts[0] == texts[1]
    run("rules", "check", tmp_path / "one")
    before = Reasoner().reason(document(SCENES[0])).verdict
    after = Reasoner(tmp_path / "one").reason(document(SCENES[0])).verdict
    assert before is not None
    assert after is not None
    assert after.score_epileptic > before.score_epileptic


def test_what_an_extractor_never_sees_decides_nothing(
    labelled: Path, tmp_path: Path
) -> None:
    blind = tmp_path / "blind"
    blind.mkdir()
    for path in labelled.glob("*.json"):
        one = Document.read(path)
        empty = document("nothing else 0-60").to_json()
        text = empty.replace('"id": "scene"', f'"id": "{one.recording.id}"')
        assert one.recording.id in text
        (blind / path.name).write_text(text)
    words = ["learn", "reliability", blind, "--truth", labelled]
    run(*words, "--labels", labelled / "labels.csv", "-o", tmp_path / "layer")
    done = Reasoner(tmp_path / "layer").reason(document(SCENES[0])).verdict
    assert done is not None
    assert done.label == "indeterminate"
    table = (tmp_path / "layer" / "reliability.csv").read_text()
    assert "\ntonic,9,0.000,0.000" in table


def test_suggestions_can_be_edited_into_rules(labelled: Path, tmp_path: Path) -> None:
    text = run("learn", "rules", labelled, "--labels", labelled / "labels.csv")
    assert "then: evidence for epileptic seizure" in text
    (tmp_path / "rules.yaml").write_text(text)
    run("rules", "check", tmp_path)


def test_one_patient_suggests_nothing(labelled: Path) -> None:
    found = read_labelled(labelled, labelled / "labels.csv")
    one = ["p"] * len(found.patients)
    assert suggestions(found.documents, found.labels, one) == []


def test_labels_without_a_column_are_refused(labelled: Path) -> None:
    (labelled / "labels.csv").write_text("recording,label\n")
    with pytest.raises(InputError, match="no column"):
        read_labelled(labelled, labelled / "labels.csv")


def test_a_risk_that_cannot_be_kept_is_told(labelled: Path, base: RuleBase) -> None:
    found = read_labelled(labelled, labelled / "labels.csv")
    evidence = evidence_of(base, found.documents)
    with pytest.raises(InputError, match="--risk"):
        weights_layer(evidence, found, 0.01, "2020-01-01")


def test_excepted_evidence_is_not_learned_from(base: RuleBase) -> None:
    text = "occur_during_sleep 0-70; pelvic_thrusting 80-100; ictal_vocalization 81-85"
    awake = text.partition("; ")[2]
    found = evidence_of(base, [document(each, 120) for each in (text, awake)])
    (place,) = (n for n, piece in enumerate(found.pieces) if piece.rule == "NES-04")
    assert found.applies[:, place].tolist() == [False, True]


def test_of_each_kind_the_strongest_of_either_side_counts() -> None:
    pieces = tuple(
        Piece(rule=rule, toward=toward, kind="one", weight=weight, grade="A")
        for rule, toward, weight in [
            ("A", Label.EPILEPTIC_SEIZURE, 50),
            ("B", Label.EPILEPTIC_SEIZURE, 80),
            ("C", Label.NON_EPILEPTIC_EVENT, 20),
        ]
    )
    evidence = Evidence(pieces, np.array([[True, True, True], [True, False, True]]))
    counted = evidence.counted(evidence.weights)
    assert counted.tolist() == [[False, True, True], [True, False, True]]
    assert evidence.leads(evidence.weights) == pytest.approx([0.6, 0.3])
