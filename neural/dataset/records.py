"""Records for training: chat messages in the layout of ms-swift, one schema for all."""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from s3ns.facts import Document
from s3ns.facts.annotations import FORMATS
from s3ns.neural.dataset.reasoning import ReasoningStep, chain
from s3ns.neural.dataset.tasks import (
    SYSTEM,
    TASKS,
    THINKING,
    Example,
    encoded,
    examples,
)

Kind = Literal["sft", "grpo"]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one of ``system``, ``user`` and ``assistant`` says."""

    role: Literal["system", "user", "assistant"]
    content: str


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question about a recording, whoever looked at it.

    Attributes
    ----------
    id
        Hash that names the record.
    group
        Number that stands for the patient; records are parted by it, never by record.
    task, sign
        One of the seven tasks, and the sign it is about or nothing.
    messages
        System, user and, for supervised training, assistant.
    videos
        The video, under a pseudonym.
    solution
        The right answer as JSON, for rewards.
    weight
        From 0 to 1, less for an answer that occurs more often.
    reasoning
        The chain that leads to the answer.
    source
        Where the findings come from; see :func:`source_of`.
    licence
        Of the recording and its annotation.
    """

    id: str
    group: str
    task: str
    sign: str
    messages: list[Message]
    videos: list[str]
    solution: str
    weight: float
    reasoning: list[ReasoningStep]
    source: str
    licence: str


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A recording to make records of: its Document, patient and video."""

    document: Document
    patient: str
    video: str

    @property
    def shown(self) -> Document:
        """The Document with the sides as the video shows them.

        A model sees the sides of a mirrored recording exchanged, and whoever asks it
        exchanges them back. The verdict, whose reasons name sides, is left out then.
        """
        is_mirrored = self.document.recording.mirrored
        return self.document.mirrored() if is_mirrored else self.document


def make_records(
    recordings: Sequence[Described],
    *,
    kind: Kind,
    licence: str,
    thinking: bool,
    seed: int,
) -> list[Record]:
    """Make the records of all tasks.

    For supervised training, yes and no are made equally many for each sign, by leaving
    out some of the more frequent; for reinforcement learning all are kept and weighed.

    Parameters
    ----------
    recordings
        What is known.
    kind
        ``sft`` or ``grpo``.
    licence
        Of recordings and annotation.
    thinking
        Whether the reasoning is part of the answer; always asked for by ``grpo``.
    seed
        Of the choice of what is left out.
    """
    pairs = [(r, example) for r in recordings for example in examples(r.shown)]
    if kind == "sft":
        pairs = _balanced(pairs, seed)
    weights = _weights(example for _, example in pairs)
    patients = dict.fromkeys(recording.patient for recording in recordings)
    groups = {name: f"patient-{k:04d}" for k, name in enumerate(patients, start=1)}
    return [
        _record(
            recording,
            example,
            kind=kind,
            weight=weights[_key(example)],
            group=groups[recording.patient],
            licence=licence,
            thinking=thinking or kind == "grpo",
        )
        for recording, example in pairs
    ]


def part_by_patient(
    records: Iterable[Record], share: float, seed: int
) -> tuple[list[Record], list[Record]]:
    """Part records into training and validation, all of a patient on one side.

    Somebody is left to train on.
    """
    found = list(records)
    groups = sorted({record.group for record in found})
    random.Random(seed).shuffle(groups)
    chosen = set(groups[: min(round(share * len(groups)), len(groups) - 1)])
    train = [record for record in found if record.group not in chosen]
    return train, [record for record in found if record.group in chosen]


def source_of(document: Document) -> str:
    """Return where the findings come from; never who annotated.

    That is ``machine``, a format of annotations, ``scenario`` for a drawn clip, or
    else ``hand``: a file may state any word, and it may be a name.
    """
    stage = document.provenance[0].stage if document.provenance else ""
    if stage == "extract":
        return "machine"
    return stage if stage in {*FORMATS, "scenario"} else "hand"


def _record(
    recording: Described,
    example: Example,
    *,
    kind: Kind,
    weight: float,
    group: str,
    licence: str,
    thinking: bool,
) -> Record:
    solution = encoded(example.answer)
    reasoning = chain(recording.shown, upto=TASKS[example.task].level)
    system = f"{SYSTEM} {THINKING}" if thinking else SYSTEM
    messages = [
        Message("system", system),
        Message("user", f"<video>{example.question}"),
    ]
    if kind == "sft":
        said = solution
        if thinking:
            thought = "\n".join(f"{step.level}: {step.text}" for step in reasoning)
            said = f"<think>{thought}</think><answer>{solution}</answer>"
        messages.append(Message("assistant", said))
    sha256 = recording.document.recording.sha256 or recording.video
    return Record(
        id=_hash(kind, sha256, example.task, example.sign),
        group=group,
        task=example.task,
        sign=example.sign,
        messages=messages,
        videos=[recording.video],
        solution=solution,
        weight=weight,
        reasoning=reasoning,
        source=source_of(recording.document),
        licence=licence,
    )


def _key(example: Example) -> tuple[str, str, str]:
    return example.task, example.sign, example.label


def _weights(found: Iterable[Example]) -> dict[tuple[str, str, str], float]:
    """Return weights under which every constant answer to a choice earns the same."""
    counts = Counter(_key(example) for example in found)
    least: dict[tuple[str, str], int] = {}
    for (task, sign, _), count in counts.items():
        least[task, sign] = min(count, least.get((task, sign), count))
    return {key: round(least[key[:2]] / n, 6) for key, n in counts.items()}


def _balanced(
    pairs: Sequence[tuple[Described, Example]], seed: int
) -> list[tuple[Described, Example]]:
    """Leave out some of the more frequent of yes and no, for each sign."""
    chance = random.Random(seed)
    rows: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row, (_, example) in enumerate(pairs):
        rows[_key(example)].append(row)
    dropped: set[int] = set()
    for (task, sign, label), some in rows.items():
        other = rows.get((task, sign, {"yes": "no", "no": "yes"}.get(label, "")))
        if other and len(some) > len(other):
            dropped |= set(chance.sample(some, len(some) - len(other)))
    return [pair for row, pair in enumerate(pairs) if row not in dropped]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
