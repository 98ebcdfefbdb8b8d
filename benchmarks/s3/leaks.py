"""What must not happen before a system is scored: prompts that tell, shared patients.

The names of the videos hold the label (their event tag begins with ``sz`` or ``nes``),
the patient and the study, so that a model that reads one need not look at the video.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from s3ns.benchmarks.s3.tables import (
    Damage,
    column,
    patient_of,
    read_rows,
    video_name,
)
from s3ns.facts import InputError

SHORTEST = 4
"""Letters and digits that a part of a name has at least; shorter ones occur in prose.
Grade: design."""

_KINDS = ("file name", "patient", "date", "study", "event tag")


@dataclass(frozen=True)
class Leak:
    """Something that tells what it should not.

    Attributes
    ----------
    file
        Where it was found.
    what
        What it tells; never which video or patient.
    times
        How many different ones.
    """

    file: str
    what: str
    times: int


def telling_words(videos: Iterable[str]) -> dict[str, str]:
    """Return the names of videos and their parts, and what each is, in lower case.

    The parts stand between ``@``: patient, date, study, event tag.
    """
    found: dict[str, str] = {}
    for video in videos:
        parts = [video, *video.split("@")]
        for kind, part in zip(_KINDS, parts, strict=False):
            if sum(map(str.isalnum, part)) >= SHORTEST:
                found.setdefault(part.lower(), kind)
    return found


def leaks_in_text(text: str, words: Mapping[str, str], file: str) -> list[Leak]:
    """Find names of videos, or parts of them, in prompts.

    Parameters
    ----------
    text
        Prompts in any form.
    words
        Of :func:`telling_words`.
    file
        What to call the text.
    """
    lower = text.lower()
    counts: dict[str, int] = {}
    for word, kind in words.items():
        if _holds(lower, word):
            counts[kind] = counts.get(kind, 0) + 1
    return [Leak(file, kind, counts[kind]) for kind in _KINDS if kind in counts]


def _holds(text: str, word: str) -> bool:
    """Whether a text holds a word that is no part of a longer one."""
    place = text.find(word)
    while place >= 0:
        end = place + len(word)
        around = text[max(0, place - 1) : place] + text[end : end + 1]
        if not any(map(str.isalnum, around)):
            return True
        place = text.find(word, place + 1)
    return False


def leaks_in_prompts(path: Path, videos: Iterable[str]) -> list[Leak]:
    """Search a file, or all files of a folder and those below.

    Raises
    ------
    InputError
        If a file cannot be read, or there is none.
    """
    words = telling_words(videos)
    files = (
        sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    )
    if not files:
        raise InputError(f"{path} holds no file; expected prompts as text or JSON")
    found = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise InputError(f"cannot read {file}: {error.strerror}") from error
        found += leaks_in_text(text, words, file.name)
    return found


def leaks_in_folds(path: Path, damage: Damage) -> list[Leak]:
    """Find patients in several folds of a table.

    Its columns are ``fold`` and, for the patient, ``patient``, ``patient_id`` or the
    part of ``file_name`` before the first ``@``.

    Raises
    ------
    InputError
        If a column is missing.
    """
    rows = read_rows(path, damage)
    column(rows, "fold", path)
    own = next((c for c in ("patient", "patient_id") if rows and c in rows[0]), None)
    if own is None:
        column(rows, "file_name", path)
    folds: dict[str, set[str]] = {}
    for row in rows:
        patient = row[own] if own else patient_of(video_name(row["file_name"]))
        folds.setdefault(patient.strip(), set()).add(row["fold"].strip())
    shared = sum(len(of) > 1 for of in folds.values())
    return [Leak(path.name, "patient in several folds", shared)] if shared else []
