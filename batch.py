"""Many recordings, one Document each; one failure does not stop the rest.

In the output folder a Document is named by its recording's pseudonym. Only
``names.local.tsv`` tells which file that was, and must not leave the house.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from s3ns.facts import Document, InputError, S3nsError
from s3ns.facts.document import check_writable, write_text

VIDEO_SUFFIXES = (
    ".3gp",
    ".asf",
    ".avi",
    ".flv",
    ".gif",
    ".m2ts",
    ".m4v",
    ".mkv",
    ".mov",
    ".mp4",
    ".mpeg",
    ".mpg",
    ".mts",
    ".mxf",
    ".ogv",
    ".ts",
    ".webm",
    ".wmv",
)
SUMMARY, NAMES = "summary.tsv", "names.local.tsv"

_NONE = "n/a"
_COLUMNS = (
    "recording",
    "status",
    "duration",
    "verdict",
    "strength",
    "score_epileptic",
    "score_non_epileptic",
    "hemisphere",
    "ilae2025",
    "findings",
    "error",
)


@dataclass(frozen=True)
class Outcome:
    """How it went with one video.

    Attributes
    ----------
    video
        The file.
    state
        ``kept`` if its Document was there already.
    document
        What came out, unless it failed.
    error
        Why it failed, in one line.
    exit_code
        What the command line returns for such a failure.
    seconds
        Time it took.
    """

    video: Path
    state: Literal["done", "kept", "failed"]
    document: Document | None = None
    error: str = ""
    exit_code: int = 0
    seconds: float = 0.0

    @property
    def row(self) -> dict[str, str]:
        """What a summary says of it, without the name of the file."""
        row = dict.fromkeys(_COLUMNS, _NONE)
        row["status"] = self.state
        if self.error:
            row["error"] = self.error.replace(str(self.video), "the file")
        if self.document is None:
            return row
        row["recording"] = self.document.recording.id
        row["duration"] = f"{self.document.recording.duration:.1f}"
        row["findings"] = str(len(self.document.findings))
        if verdict := self.document.verdict:
            row["verdict"] = str(verdict.label)
            row["strength"] = verdict.strength
            row["score_epileptic"] = str(verdict.score_epileptic)
            row["score_non_epileptic"] = str(verdict.score_non_epileptic)
            row["hemisphere"] = verdict.lateralisation.hemisphere
            if verdict.ilae2025:
                row["ilae2025"] = verdict.ilae2025.text
        return row


def find_videos(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and the videos in the folders named, in order.

    Raises
    ------
    InputError
        If a folder holds no video.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(
            file
            for file in path.rglob("*")
            if file.suffix.lower() in VIDEO_SUFFIXES
            and not any(part.startswith(".") for part in file.relative_to(path).parts)
        )
        if not inside:
            raise InputError(
                f"folder {path} holds no video; looked for {', '.join(VIDEO_SUFFIXES)}"
            )
        found.extend(inside)
    return list(dict.fromkeys(found))


def run_all(
    videos: Iterable[Path],
    job: Callable[[Path], Document],
    folder: Path,
    *,
    resume: bool,
    is_complete: Callable[[Document], bool],
    debug: bool = False,
) -> Iterator[Outcome]:
    """Run a job over videos and write each Document as soon as it is there.

    Parameters
    ----------
    videos
        The files.
    job
        Makes a Document of a video.
    folder
        Where Documents go; made if it is not there.
    resume
        Whether a complete Document that is there already is kept.
    is_complete
        Whether a Document holds what the job gives.
    debug
        Whether an error of the program itself ends the run.

    Yields
    ------
    How it went, video by video.
    """
    check_writable(folder)
    for video in videos:
        started = time.monotonic()
        try:
            kept = _kept(video, folder, is_complete) if resume else None
            document = kept or job(video)
            if kept is None:
                document.write(folder / f"{document.recording.id}.json")
        except S3nsError as error:
            yield Outcome(video, "failed", error=str(error), exit_code=error.exit_code)
        except Exception as error:
            if debug:
                raise
            reason = f"internal error: {type(error).__name__}: {error}"
            yield Outcome(video, "failed", error=reason, exit_code=1)
        else:
            yield Outcome(
                video,
                "kept" if kept else "done",
                document,
                seconds=time.monotonic() - started,
            )


def write_summary(
    folder: Path, outcomes: Iterable[Outcome], *, keep_earlier: bool
) -> None:
    """Write ``summary.tsv``, and ``names.local.tsv`` beside it.

    Parameters
    ----------
    folder
        Where the Documents are.
    outcomes
        How this run went.
    keep_earlier
        Whether recordings that only an earlier run saw stay in the tables.
    """
    outcomes = list(outcomes)
    rows = [[outcome.row[column] for column in _COLUMNS] for outcome in outcomes]
    names = [[outcome.row["recording"], str(outcome.video)] for outcome in outcomes]
    for name, header, table in (
        (SUMMARY, list(_COLUMNS), rows),
        (NAMES, ["recording", "file"], names),
    ):
        path = folder / name
        known = {row[0] for row in table} | {_NONE}
        earlier = _earlier(path) if keep_earlier else []
        kept = [row for row in earlier if row[0] not in known]
        write_text(path, _text([header, *kept, *table]))


def holds_results(folder: Path) -> bool:
    """Tell whether a folder has results of an earlier run."""
    return (folder / SUMMARY).exists() or any(folder.glob("rec-*.json"))


def _kept(
    video: Path, folder: Path, is_complete: Callable[[Document], bool]
) -> Document | None:
    from s3ns.neural.container import pseudonym  # noqa: PLC0415  (loads FFmpeg)

    path = folder / f"{pseudonym(video)}.json"
    if not path.exists():
        return None
    try:
        document = Document.read(path)
    except InputError:
        return None
    return document if is_complete(document) else None


def _earlier(path: Path) -> list[list[str]]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.split("\t") for line in lines[1:]]


def _text(rows: list[list[str]]) -> str:
    # A file may be named almost anything: with a tab, a line break, or in no encoding.
    lines = ("\t".join(" ".join(cell.split()) for cell in row) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace").decode()
