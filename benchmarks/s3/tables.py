"""The files of a checkout of S3, read with their damage.

Nothing is dropped silently: whatever was repaired or left out is counted in a
:class:`Damage` and printed with the results.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

from s3ns.facts import InputError

Row = dict[str, str]

TRUTH = Path("result/ground_truth")
FOLDS = Path("finetune/datasplit/all_folds.csv")
MODELS = (Path("result/vlm_inference"), Path("test_dataset/vlm_inference_test"))
"""Folders that hold a folder for each model; the first that has a model counts."""

SEGMENT = re.compile(r"_segment_(\d+)(?=\.|$)")

_MODEL_FILES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # The plain file of a model is left out of the public tables where it is too large;
    # the other one has the same labels.
    "recognition": (
        ("Task12_*_all_merged.csv", "Task12_*_llmmerge.csv", "Task12_*.csv"),
        (),
    ),
    "justification": (("Task12_*_llmmerge.csv",), ()),
    "head": (("Task3_HT_*.csv",), ("head_turning_direction",)),
    "arm": (("Task3_AM_*.csv",), ("arm_movement_direction",)),
    "region": (("Task3_L_*.csv",), ("onset_body_part",)),
    "onset": (("Task4_*.csv",), ("feature", "timestamp")),
    "sequence": (("Task5_*_merge.csv", "Task5_*.csv"), ("feature_list",)),
    "report": (("Task6_*_all_merged.csv",), ("report",)),
    "extraction": (("Task6_*_modified.csv",), ("event_sequence",)),
    "diagnosis": (
        ("Task7_*.csv",),
        ("prediction_with_report", "prediction_without_report"),
    ),
}
"""For each kind of answers where they lie, the first that is there, and the columns
that they must have beside a name."""

NAMES = ("file_name", "video_name")
"""What the column of names is called."""

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


def brief(lines: Iterable[str]) -> list[str]:
    """Join lines of :class:`Damage` that say the same of several files."""
    files: dict[str, list[int]] = defaultdict(list)
    shown: dict[str, str] = {}
    for line in lines:
        _, _, said = line.partition(": ")
        what, _, times = said.removesuffix(")").rpartition(" (")
        files[what].append(int(times))
        shown[what] = line
    return [
        shown[what]
        if len(times) == 1
        else f"{what} ({sum(times)} in {len(times)} files)"
        for what, times in files.items()
    ]


def read_rows(path: Path, damage: Damage) -> list[Row]:
    """Read a CSV file of any of the encodings that occur.

    Raises
    ------
    InputError
        If the file cannot be read, is empty, or has two columns of a name.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    text = _decoded(raw, path, damage)
    delimiter = _delimiter(text)
    if delimiter != ",":
        damage.note(path.name, "is not delimited by commas")
    usual = csv.field_size_limit(_LARGEST_FIELD)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(f"{path} is not a CSV file: {error}") from error
    finally:
        csv.field_size_limit(usual)  # which holds for all tables of the process
    header, *cells = [row for row in table if row] or [[""]]
    if not any(name.strip() for name in header):
        raise InputError(f"{path} is empty; expected a header and rows")
    names = [name.strip() for name in header]
    if twice := next((n for n in names if n and names.count(n) > 1), None):
        raise InputError(f"{path} has two columns {twice}; leave one")
    uneven = sum(len(row) != len(names) for row in cells)
    damage.note(path.name, "row with more or fewer cells than the header", uneven)
    rows = [dict(zip_longest(names, row[: len(names)], fillvalue="")) for row in cells]
    keys = Counter(tuple(row.get(c) for c in _KEY) for row in rows)
    if any(name in names for name in NAMES):
        repeated = len(rows) - len(keys)
        damage.note(path.name, "name that occurs again, the last row counts", repeated)
    return rows


_KEY = (*NAMES, "feature")
"""What names a row; in some tables a video has one for each sign."""


def _decoded(raw: bytes, path: Path, damage: Damage) -> str:
    """Decode a file, and say where it is not plain UTF-8."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        damage.note(path.name, "is not UTF-8; read as UTF-16")
        return raw.decode("utf-16", "replace")
    if raw.startswith(codecs.BOM_UTF8):
        damage.note(path.name, "began with a byte-order mark")
    for codec in ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if codec != "utf-8-sig":
            damage.note(path.name, f"is not UTF-8; read as {codec}")
        return text
    raise AssertionError("Latin-1 decodes any bytes")


def _delimiter(text: str) -> str:
    """Return what a table is delimited by: spreadsheets of some countries use ``;``."""
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


_SHOWN = 8
"""Columns that an error lists at most."""


def column(rows: Sequence[Row], name: str, path: Path) -> None:
    """Check that a column is there.

    Raises
    ------
    InputError
        If it is not.
    """
    if rows and name not in rows[0]:
        # The file may hold anything, and what a terminal obeys must not reach one.
        shown = [c if c.isprintable() else ascii(c) for c in list(rows[0])[:_SHOWN]]
        found = ", ".join([*shown, *(["..."] if len(rows[0]) > _SHOWN else [])])
        raise InputError(f"{path} has no column {name}; it has {found}")


def named(rows: Sequence[Row], path: Path) -> None:
    """Check that a table has a column of names.

    Raises
    ------
    InputError
        If it has none.
    """
    if not any(name in rows[0] for name in NAMES if rows):
        column(rows, NAMES[0], path)


def word(cell: str | None) -> str:
    """Return a cell without case and stray blanks."""
    return (cell or "").strip().lower()


def video_name(cell: str) -> str:
    """Return the name of the video that a cell means, without segment and format."""
    name = cell.strip()
    for ending in (".mp4", ".wav"):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
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
        damage.note(file, what or "names a video that is not scored")
        return None


@dataclass(frozen=True)
class Checkout:
    """A checkout of the public repository, or a folder of the same layout."""

    folder: Path
    damage: Damage = field(default_factory=Damage)
    _read_before: dict[Path, list[Row]] = field(default_factory=dict, repr=False)

    def truth(self, name: str, *columns: str) -> list[Row]:
        """Read a file of the ground truth, which must have a name and these columns."""
        return self._read(self.folder / TRUTH / name, columns)

    def has_truth(self, name: str) -> bool:
        """Whether a file of the ground truth is there."""
        return (self.folder / TRUTH / name).is_file()

    def _read(self, path: Path, columns: Iterable[str]) -> list[Row]:
        # Each file is read once, so that its damage counts once.
        if path not in self._read_before:
            self._read_before[path] = read_rows(path, self.damage)
        rows = self._read_before[path]
        named(rows, path)
        for name in columns:
            column(rows, name, path)
        return rows

    @cached_property
    def folds(self) -> Mapping[str, int]:
        """The fold of each labelled video, by the split of the benchmark."""
        path = self.folder / FOLDS
        found = {}
        for row in self._read(path, ["fold"]):
            if not row["fold"].strip().isdigit():
                raise InputError(
                    f"{path}: expected the number of a fold, got {row['fold']!r}"
                )
            found[video_name(row["file_name"])] = int(row["fold"])
        return found

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
        if not found:
            self.damage.note(str(MODELS[0]), "no folder of a model")
        return tuple(sorted(found))

    def answers(self, model: str, kind: str) -> tuple[Path, list[Row]] | None:
        """Read the answers of a model to a task; none where it has none."""
        patterns, columns = _MODEL_FILES[kind]
        for place in MODELS:
            for pattern in patterns:
                paths = sorted((self.folder / place / model).glob(pattern))
                if paths:
                    return paths[0], self._read(paths[0], columns)
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
