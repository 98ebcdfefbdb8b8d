"""Records made of Documents: what they hold, what they never name, how they balance."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from s3ns.facts import (
    Absence,
    Document,
    Finding,
    Recording,
    Side,
    Step,
    Unassessable,
    vocabulary,
)
from s3ns.neural.dataset.reasoning import LEVELS, chain, onset_order
from s3ns.neural.dataset.records import (
    Described,
    Record,
    make_records,
    part_by_patient,
    source_of,
)
from s3ns.neural.dataset.rewards import reward
from s3ns.neural.dataset.tasks import TASKS, examples
from s3ns.neural.dataset.write import constant_rewards, write_dataset
from s3ns.symbolic import Reasoner

SECRETS = ("Doe", "Jane", "rec-", "Dr_Who")


def document(number: int = 0) -> Document:
    who = {"source": "Dr_Who"}
    late = number % 3
    findings = (
        Finding(
            sign="head_turning",
            side=Side.LEFT if number % 2 else Side.RIGHT,
            start=2.0 + late,
            end=6.0 + late,
            evidence="yaw up to 48 deg",
            **who,  # type: ignore[arg-type]
        ),
        Finding(
            sign="tonic",
            side=Side.BILATERAL,
            start=8.0 + 2 * late,
            end=20.0,
            evidence="both elbows held for 10 s",
            **who,  # type: ignore[arg-type]
        ),
    )
    absent = ("close_eyes", "pelvic_thrusting") if number else ("close_eyes",)
    return Document(
        recording=Recording(id=f"rec-{number}", duration=30.0, sha256=f"{number:064d}"),
        findings=findings if number != 3 else findings[:1],
        absences=tuple(
            Absence(sign=sign, start=0, end=30, **who)  # type: ignore[arg-type]
            for sign in (*absent, *(["tonic"] if number == 3 else []))
        ),
        unassessable=(
            Unassessable(
                sign="eye_blinking",
                start=0,
                end=30,
                reason="face_not_visible",
                **who,  # type: ignore[arg-type]
            ),
        ),
    )


@pytest.fixture(scope="module")
def judged(reasoner: Reasoner) -> list[Document]:
    return [reasoner.reason(document(number)) for number in range(6)]


@pytest.fixture(scope="module")
def recordings(judged: list[Document]) -> list[Described]:
    return [
        Described(
            document=judged[k], patient=f"Jane Doe {k // 2}", video=f"videos/v{k}.mp4"
        )
        for k in range(6)
    ]


def made(recordings: list[Described], **how: object) -> list[Record]:
    settings = {"kind": "sft", "licence": "CC0-1.0", "thinking": False, "seed": 0}
    return make_records(recordings, **(settings | how))  # type: ignore[arg-type]


def test_all_seven_tasks_are_there(recordings: list[Described]) -> None:
    records = made(recordings)
    assert {record.task for record in records} == set(TASKS)
    assert len({record.id for record in records}) == len(records)
    for record in records:
        assert [m.role for m in record.messages] == ["system", "user", "assistant"]
        assert record.messages[1].content.startswith("<video>")
        assert record.messages[2].content == record.solution
        assert record.licence == "CC0-1.0"


@pytest.mark.parametrize("kind", ["sft", "grpo"])
def test_no_record_names_a_patient_a_person_or_a_file(
    recordings: list[Described], kind: str
) -> None:
    for record in made(recordings, kind=kind, thinking=True):
        texts = [m.content for m in record.messages]
        texts += [step.text for step in record.reasoning]
        texts += [record.id, record.group, record.source, record.solution]
        assert not [word for word in SECRETS for text in texts if word in text]
        assert ".mp4" not in "".join(texts)


def test_three_values_stay_three() -> None:
    asked = [e for e in examples(document()) if e.task == "recognition"]
    answers = {example.sign: example.answer["answer"] for example in asked}
    assert answers == {
        "head_turning": "yes",
        "tonic": "yes",
        "close_eyes": "no",
        "eye_blinking": "cannot_tell",
    }


def test_what_was_hardly_looked_at_is_not_called_not_seen() -> None:
    who = {"sign": "tonic", "source": "x"}
    glance = Absence(start=0, end=1, **who)  # type: ignore[arg-type]
    blind = Unassessable(start=1, end=30, reason="limb_covered", **who)  # type: ignore[arg-type]
    recording = Recording(id="r", duration=30.0)
    found = Document(recording=recording, absences=(glance,), unassessable=(blind,))
    (step,) = chain(found, upto="report")
    assert step.text == "could not be judged: tonic stiffening (" + (
        f"{vocabulary().reasons['limb_covered']})"
    )
    assert [(e.task, e.answer) for e in examples(found)] == [
        ("recognition", {"answer": "cannot_tell"})
    ]
    assert not examples(Document(recording=recording))
    whole = Absence(start=0, end=30, **who)  # type: ignore[arg-type]
    told = examples(Document(recording=recording, absences=(whole,)))
    assert {"signs": []} in [example.answer for example in told]


def test_a_document_without_a_verdict_has_no_diagnosis() -> None:
    tasks = {example.task for example in examples(document())}
    assert tasks == set(TASKS) - {"diagnosis"}


def test_the_chain_goes_from_perception_to_the_verdict_of_the_proof(
    judged: list[Document],
) -> None:
    found = judged[0]
    assert found.verdict is not None
    steps = chain(found, upto="verdict")
    assert tuple(step.level for step in steps) == LEVELS
    texts = {step.level: step.text for step in steps}
    assert "yaw up to 48 deg" in texts["perception"]
    assert "not seen: eyes closed" in texts["perception"].lower()
    assert "blinking (the face was not visible)" in texts["perception"]
    assert "00:02.0" in texts["time"]
    assert "right" in texts["side"]
    assert texts["sequence"].startswith("head turning, then tonic")
    assert found.verdict.text in texts["verdict"]
    for support in found.verdict.supports:
        assert (support.text in texts["verdict"]) == support.counted
    assert [step.level for step in chain(found, upto="side")] == list(LEVELS[:3])


def test_sides_are_those_that_a_mirrored_video_shows(judged: list[Document]) -> None:
    told = []
    for found in (judged[0], judged[0].mirrored()):
        mirror = msgspec.structs.replace(found.recording, mirrored=True)
        known = msgspec.structs.replace(found, recording=mirror)
        recording = Described(document=known, patient="a", video="videos/a.mp4")
        records = made([recording], thinking=True)
        assert not [record for record in records if record.task == "diagnosis"]
        (side,) = [r for r in records if (r.task, r.sign) == ("side", "head_turning")]
        told.append((side.solution, side.reasoning[-1].text))
    assert told == [
        ('{"side": "left"}', "head turning: left; tonic stiffening: bilateral"),
        ('{"side": "right"}', "head turning: right; tonic stiffening: bilateral"),
    ]


def test_the_answer_follows_the_reasoning(recordings: list[Described]) -> None:
    for record in made(recordings, thinking=True):
        said = record.messages[2].content
        assert reward(said, record.task, record.solution, 1.0) == pytest.approx(1.0)
        assert all(step.text in said for step in record.reasoning)


def test_rewards_know_the_truth_but_the_prompt_does_not(
    recordings: list[Described],
) -> None:
    for record in made(recordings, kind="grpo"):
        assert [message.role for message in record.messages] == ["system", "user"]
        assert "<think>" in record.messages[0].content
        assert 0 < record.weight <= 1


def test_yes_and_no_are_equally_many_for_training(recordings: list[Described]) -> None:
    records = [r for r in made(recordings) if r.task == "recognition"]
    tonic = Counter(r.solution for r in records if r.sign == "tonic")
    assert sorted(tonic.values()) == [1, 1]


def test_every_constant_answer_to_a_choice_earns_the_same(
    recordings: list[Described],
) -> None:
    records = made(recordings, kind="grpo")
    for task, sign in (("recognition", "tonic"), ("side", "head_turning")):
        own = [r for r in records if (r.task, r.sign) == (task, sign)]
        earned = {
            said: sum(reward(said, task, r.solution, r.weight) for r in own)
            for said in {record.solution for record in own}
        }
        assert len(earned) == 2
        assert max(earned.values()) == pytest.approx(min(earned.values()), abs=1e-5)


def test_patients_are_never_on_both_sides(recordings: list[Described]) -> None:
    train, validation = part_by_patient(made(recordings), 0.34, seed=1)
    assert train
    assert validation
    assert not {r.group for r in train} & {r.group for r in validation}
    assert len({r.group for r in validation}) == 1
    one = [r for r in made(recordings) if r.group == "patient-0001"]
    assert part_by_patient(one, 0.9, seed=1) == (one, [])


def test_the_source_is_a_kind_and_never_a_name() -> None:
    found = document()
    assert source_of(found) == "hand"
    for stage, kind in (
        ("extract", "machine"),
        ("elan", "elan"),
        ("scenario", "scenario"),
        ("Dr_Who", "hand"),
    ):
        step = Step(stage=stage, tool="x", version="1")
        assert source_of(found.with_observations([], step)) == kind


def test_files_hold_the_same_and_the_card_is_honest(
    recordings: list[Described], tmp_path: Path
) -> None:
    parts = part_by_patient(made(recordings, kind="grpo"), 0.34, seed=1)
    write_dataset(tmp_path, "grpo", *parts)
    lines = (tmp_path / "grpo-train.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == len(parts[0])
    card = (tmp_path / "README.md").read_text()
    assert "CC0-1.0" in card
    for task, value in constant_rewards([*parts[0], *parts[1]]).items():
        assert 0 <= value < 1
        assert f"| {task} |" in card
        assert f"{value:.2f} |" in card
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet is optional")
    table = parquet.read_table(tmp_path / "grpo-train.parquet")
    assert table.to_pylist() == rows


def test_the_order_is_that_of_first_onsets() -> None:
    assert onset_order(document()) == ["head_turning", "tonic"]
    assert set(onset_order(document())) <= set(vocabulary().by_name)
