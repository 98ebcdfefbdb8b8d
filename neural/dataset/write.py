"""Writing records as JSONL and Parquet, with a card that says what they are."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from s3ns import __version__
from s3ns.facts import InputError, vocabulary
from s3ns.facts.document import write_text
from s3ns.neural.dataset.records import Kind, Record
from s3ns.neural.dataset.rewards import reward
from s3ns.neural.dataset.tasks import TASKS

CARD_FILE = "README.md"
VIDEOS = "videos"
MOST_CONSTANTS = 50
"""Different constant answers that are tried for each task."""


def write_dataset(
    folder: Path, kind: Kind, train: Sequence[Record], validation: Sequence[Record]
) -> list[Path]:
    """Write the files of a data set and its card.

    What an earlier run left under these names, or of videos that no record is about, is
    removed: who was validated on then may be trained on now.

    Returns
    -------
    The files; Parquet ones only where ``pyarrow`` is installed.
    """
    files = []
    shown = {video for record in (*train, *validation) for video in record.videos}
    for old in (folder / VIDEOS).glob("rec-*"):
        if f"{VIDEOS}/{old.name}" not in shown:
            old.unlink()
    for name, records in (("train", train), ("validation", validation)):
        path = folder / f"{kind}-{name}.jsonl"
        for old in (path, path.with_suffix(".parquet")):
            old.unlink(missing_ok=True)
        if not records:
            continue
        lines = [msgspec.json.encode(record).decode() for record in records]
        write_text(path, "\n".join(lines) + "\n")
        files += [path, *_write_parquet(path.with_suffix(".parquet"), records)]
    write_text(folder / CARD_FILE, _card(kind, train, validation))
    return files


def link_video(video: Path, name: str, folder: Path) -> str:
    """Put a video into a data set under a pseudonym, without a second copy if possible.

    A symbolic link would hold the path that the video came from, and so its name.

    Returns
    -------
    Its path within the data set.

    Raises
    ------
    InputError
        If it can neither be linked nor copied.
    """
    target = folder / VIDEOS / f"{name}{video.suffix.lower()}"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        try:
            target.hardlink_to(video.resolve())
        except (OSError, NotImplementedError):  # on another disk, for one
            shutil.copyfile(video, target)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror}") from error
    return f"{VIDEOS}/{target.name}"


def constant_rewards(records: Sequence[Record]) -> dict[str, float]:
    """Return, for each task, what the best constant answer earns in the mean.

    Every right answer of the task is tried for all of its questions, of which a sign
    has its own.
    """
    found = {}
    for task in TASKS:
        own = [record for record in records if record.task == task]
        answers = Counter(record.solution for record in own)
        values = [
            sum(reward(said, task, r.solution, r.weight) for r in own) / len(own)
            for said, _ in answers.most_common(MOST_CONSTANTS)
        ]
        if values:
            found[task] = max(values)
    return found


def _write_parquet(path: Path, records: Sequence[Record]) -> list[Path]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        return []
    rows = msgspec.to_builtins(list(records))
    partial = path.with_name(f".{path.name}.partial")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), partial)
    partial.replace(path)
    return [path]


def _card(kind: Kind, train: Sequence[Record], validation: Sequence[Record]) -> str:
    records = [*train, *validation]
    licences = sorted({record.licence for record in records})
    sources = Counter(record.source for record in records)
    constants = constant_rewards(records)
    head = {
        "license": "other",
        "license_name": licences[0] if len(licences) == 1 else "see the field licence",
        "task_categories": ["video-text-to-text"],
        "tags": ["seizure semiology", "s3ns"],
        "configs": [
            {
                "config_name": kind,
                "data_files": [
                    {"split": name, "path": f"{kind}-{name}.jsonl"}
                    for name, part in (("train", train), ("validation", validation))
                    if part
                ],
            }
        ],
    }
    rows = [
        f"| {task} | {_count(train, task)} | {_count(validation, task)} | "
        f"{constants[task]:.2f} |"
        for task in TASKS
        if task in constants
    ]
    groups = [len({record.group for record in part}) for part in (train, validation)]
    return "\n".join(
        [
            "---",
            json.dumps(head, indent=2, ensure_ascii=False),
            "---",
            "",
            f"# Seizure semiology, {kind}",
            "",
            f"Made by s3ns {__version__}, vocabulary {vocabulary().version}. Records "
            "of one patient are all in training or all in validation: "
            f"{groups[0]} and {groups[1]} patients.",
            "",
            "| task | training | validation | best constant answer earns |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            "Sources: " + ", ".join(f"{k} ({n})" for k, n in sorted(sources.items())),
            "",
            "Licence: " + ", ".join(licences),
            "",
            "Messages and videos are in the layout of ms-swift. Rewards: "
            "`s3ns.neural.dataset.rewards.rewards`, which takes the columns `task`, "
            "`solution` and `weight`.",
            "",
            "`reasoning` is the chain perception, time, side, sequence, report, "
            "verdict as far as a task needs it. Verdicts and their reasons come from "
            "rules, not from a neurologist who saw the recording.",
            "",
            "Prompts name no file, patient or place. Answers quote the evidence of "
            "findings, in the words of whoever wrote it. Videos lie under pseudonyms "
            "but are otherwise as they came: they may show faces, names in the "
            "picture, and titles in the file. Pass on what the consent of the patients "
            "allows.",
            "",
        ]
    )


def _count(records: Sequence[Record], task: str) -> int:
    return sum(record.task == task for record in records)
