"""The files of a checkout of S3, read with their damage.

Nothing is dropped silently: whatever was repaired or left out is counted in a
:class:`Damage` and printed with the results.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from s3ns.facts import InputError

Row = dict[str, str]

TRUTH = Path("result/ground_truth")
FOLDS = Path("finetune/datasplit/all_folds.csv")
MODELS = (Path("result/vlm_inference"), Path("test_dataset/vlm_inference_test"))
"""Folders that hold a folder for each model; the first that has a model counts."""

SEGMENT = re.compile(r"_segment_(\d+)(?=\.|$)")

_MODEL_FILES = {
    # The plain file of a model is left out of the public tables where it is too large;
    # the other one has the same labels.
    "recognition": ("Task12_*_all_merged.csv", "Task12_*_llmmerge.csv", "Task12_*.csv"),
    "justification": ("Task12_*_llmmerge.csv",),
    "head": ("Task3_HT_*.csv",),
    "arm": ("Task3_AM_*.csv",),
    "region": ("Task3_L_*.csv",),
    "onset": ("Task4_*.csv",),
    "sequence": ("Task5_*_merge.csv", "Task5_*.csv"),
    "report": ("Task6_*_all_merged.csv",),
    "extraction": ("Task6_*_modified.csv",),
    "diagnosis": ("Task7_*.csv",),
}

_LARGEST_FIELD = 2**24
"""Characters in a cell. A looping model wrote 30,000 words into one."""


@dataclass
class Damage:
    """What was wrong with files, and how often."""

    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def note(self, file: str, what: str, times: int = 1) -> None:
        """Count a repair or an omission."""
        if times:
            self.counts[file][what] += times

    def lines(self) -> list[str]:
        """Return the counts as lines for people."""
        return [
            f"{file}: {what} ({times})"
            for file, found in sorted(self.counts.items())
            for what, times in sorted(found.items())
        ]


def read_rows(path: Path, damage: Damage) -> list[Row]:
    """Read a CSV file of any of the encodings that occur.

    Raises
    ------
    InputError
        If the file cannot be read or has no header.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if raw.startswith(b"\xef\xbb\xbf"):
        damage.note(path.name, "began with a byte-order mark")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        damage.note(path.name, "is not UTF-8; read as Latin-1")
        text = raw.decode("latin-1")
    csv.field_size_limit(_LARGEST_FIELD)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
        rows = [{k: v for k, v in row.items() if k is not None} for row in reader]
    except csv.Error as error:
        raise InputError(f"{path} is not a CSV file: {error}") from error
    if not reader.fieldnames:
        raise InputError(f"{path} is empty; expected a header and rows")
    return rows


def column(rows: Sequence[Row], name: str, path: Path) -> None:
    """Check that a column is there.

    Raises
    ------
    InputError
        If it is not.
    """
    if rows and name not in rows[0]:
        found = ", ".join(rows[0])
        raise InputError(f"{path} has no column {name}; it has {found}")


def word(cell: str | None) -> str:
    """Return a cell without case and stray blanks."""
    return (cell or "").strip().lower()


def video_name(cell: str) -> str:
    """Return the name of the video that a cell means, without segment and format."""
    name = cell.strip()
    for ending in (".mp4", ".wav"):
        name = name.removesuffix(ending)
    return SEGMENT.sub("", name)


def segment_number(cell: str) -> int:
    """Return the number of the segment that a cell names; 0 where it names none."""
    found = SEGMENT.search(cell)
    return int(found.group(1)) if found else 0


def patient_of(video: str) -> str:
    """Return the patient of a video: what stands before the first ``@``."""
    return video.partition("@")[0]


def seconds(cell: str) -> float | None:
    """Read a time: ``MM:SS``, ``M:SS`` or ``MM:SS:00``.

    The third part is 00 in nearly all cells and is ignored: ``00:12:00`` is 12 s.
    """
    parts = cell.strip().split(":")
    if len(parts) not in {2, 3} or not all(part.strip().isdigit() for part in parts):
        return None
    return 60.0 * int(parts[0]) + int(parts[1])


class NameMender:
    """Finds the video that a damaged name means.

    The files of the older models cut names at their first dot, so that several videos
    share one name. A cut name that fits a single video is mended; of the others nobody
    can tell.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = set(known)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for name in self._known:
            self._by_stem[name.partition(".")[0]].append(name)

    def mend(self, cell: str, file: str, damage: Damage) -> str | None:
        """Return the name of the video, or none where it cannot be told."""
        name = video_name(cell)
        if name in self._known:
            return name
        found = [n for n in self._by_stem.get(name.partition(".")[0], []) if "." in n]
        if len(found) == 1:
            damage.note(file, "name cut at its first dot, mended")
            return found[0]
        what = "name cut at its first dot, fits several videos" if found else ""
        damage.note(file, what or "names a video that is not in the truth")
        return None


@dataclass(frozen=True)
class Checkout:
    """A checkout of the public repository, or a folder of the same layout."""

    folder: Path
    damage: Damage = field(default_factory=Damage)

    def truth(self, name: str) -> list[Row]:
        """Read a file of the ground truth."""
        return read_rows(self.folder / TRUTH / name, self.damage)

    @cached_property
    def folds(self) -> Mapping[str, int]:
        """The fold of each labelled video, by the split of the benchmark."""
        path = self.folder / FOLDS
        rows = read_rows(path, self.damage)
        column(rows, "fold", path)
        return {video_name(row["file_name"]): int(row["fold"]) for row in rows}

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The models that have answers, in the order of their names."""
        found = {
            folder.name
            for place in MODELS
            if (self.folder / place).is_dir()
            for folder in (self.folder / place).iterdir()
            if folder.is_dir()
        }
        return tuple(sorted(found))

    def answers(self, model: str, kind: str) -> tuple[Path, list[Row]] | None:
        """Read the answers of a model to a task; none where it has none."""
        for place in MODELS:
            for pattern in _MODEL_FILES[kind]:
                paths = sorted((self.folder / place / model).glob(pattern))
                if paths:
                    return paths[0], read_rows(paths[0], self.damage)
        return None


def open_checkout(folder: Path) -> Checkout:
    """Open a checkout.

    Raises
    ------
    InputError
        If the folder does not hold the ground truth of S3.
    """
    if not (folder / TRUTH / "task7_annotation.csv").is_file():
        raise InputError(
            f"{folder} is no checkout of the Seizure-Semiology-Suite: expected "
            f"{TRUTH}/task7_annotation.csv in it"
        )
    return Checkout(folder)
