"""A folder of clips with Documents: which belong together, and to which patient."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from s3ns.facts import Document, InputError, Recording
from s3ns.facts.tables import rows
from s3ns.neural.container import probe
from s3ns.neural.encoders.card import View
from s3ns.neural.encoders.labels import Labels, window_labels
from s3ns.neural.encoders.windows import Pictures, starts, windows

PATIENTS_COLUMNS = ("clip", "patient")

Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class Clip:
    """A recording, what is known of it, and its patient; the last is never written."""

    video: Path
    document: Document
    patient: str
    recording: Recording


@dataclass(frozen=True)
class Corpus:
    """All windows of all clips.

    Attributes
    ----------
    clips
        The clips.
    signs
        The signs that are labelled.
    clip_of
        Place of the clip of each window, ``(windows,)``.
    labels
        ``(windows, signs)`` of 1, 0 and NaN.
    pictures
        ``(windows, frames, picture, picture, 3)``, on disk.
    """

    clips: tuple[Clip, ...]
    signs: tuple[str, ...]
    clip_of: np.ndarray
    labels: Labels
    pictures: Pictures

    def windows_of(self, clips: Iterable[int]) -> np.ndarray:
        """Return the places of the windows of some clips."""
        return np.flatnonzero(np.isin(self.clip_of, list(clips)))


def find_clips(
    videos: Sequence[Path],
    *,
    documents: Sequence[Path],
    patients: Path | None = None,
    remark: Callable[[str], None],
) -> list[Clip]:
    """Join videos with their Documents and patients.

    A Document belongs to the video with the hash that it states, or, where it states
    none, to the video beside it with the same name, or else to the only one of its
    name. A clip's patient is looked up in
    the table of patients; without a table, the folder that holds the clip stands for
    the patient. Of copies of a video one is taken, so that none is learned from and
    tested on.

    Parameters
    ----------
    videos
        The videos.
    documents
        Folders of Documents, searched with the folders in them.
    patients
        Table with the columns ``clip`` and ``patient``; a clip is named by the
        name of its file, with or without its ending, or by the id of its recording.
    remark
        Called with what a reader should know.

    Raises
    ------
    InputError
        If nothing belongs together, a Document is damaged, two tell differently of one
        clip, or the table lacks a clip or does not tell which is meant.
    """
    known = _Documents(documents, videos)
    table = None if patients is None else read_patients(patients)
    names = Counter(name for video in videos for name in {video.name, video.stem})
    clips, without, copies = [], 0, 0
    taken: set[str] = set()
    for video in videos:
        recording = probe(video)
        if recording.sha256 in taken:
            copies += 1
            continue
        taken.add(recording.sha256)
        document = known.of(video, recording)
        if document is None:
            without += 1
            continue
        patient = _patient(video, recording, table, names)
        clips.append(Clip(video, document, patient, recording))
    if not clips:
        raise InputError(
            f"none of the {len(videos)} videos has a Document in "
            f"{', '.join(map(str, documents))}; a Document belongs to a video by its "
            "hash or by the same name"
        )
    if without:
        remark(f"{without} videos have no Document and are left out")
    if copies:
        remark(f"{copies} videos are copies of others and are left out")
    if table is None:
        people = len({clip.patient for clip in clips})
        remark(
            f"no table of patients was given: the {people} folders with clips stand "
            "for one patient each"
        )
    return clips


def folders_of(videos: Iterable[Path]) -> list[Path]:
    """Return the folders that were named, and those of the videos that were."""
    folders = (path if path.is_dir() else path.parent for path in videos)
    return list(dict.fromkeys(folders))


def read_patients(path: Path) -> dict[str, str]:
    """Read a table of clips and their patients.

    Raises
    ------
    InputError
        If it cannot be read, lacks a column, or gives one clip to two patients.
    """
    table: dict[str, str] = {}
    for row in rows(path, PATIENTS_COLUMNS):
        # "P1" and "P1 " are one patient, who must not be in two folds
        clip, patient = row["clip"].strip(), row["patient"].strip()
        if patient and table.setdefault(clip, patient) != patient:
            raise InputError(f"{path} gives the clip {clip!r} to two patients")
    return table


def build_corpus(
    clips: Sequence[Clip],
    signs: Sequence[str],
    view: View,
    *,
    stride: int,
    cache: Path,
    progress: Progress,
) -> Corpus:
    """Label the windows of the clips and decode them once, into a file on disk.

    Memory stays that of one window; the file is read again by the place of a window.

    Parameters
    ----------
    clips, signs, view
        What to label, and how to look.
    stride
        Pictures from one window to the next.
    cache
        Folder for the file; what is there for the same clips and view is used again.
    progress
        Called with the clips done and the clips in all.
    """
    ends = [clip.recording.duration for clip in clips]
    begins = [starts(0.0, end, view, stride) for end in ends]
    total = sum(map(len, begins))
    if total == 0:
        raise InputError(
            f"no clip is as long as a window of {view.seconds:g} s; ask for fewer "
            "frames or more frames per second"
        )
    shape = (total, view.frames, view.picture, view.picture, 3)
    key = hashlib.sha256(
        repr((view, stride, [clip.recording.sha256 for clip in clips])).encode()
    ).hexdigest()
    path = cache / f"windows-{key[:16]}.npy"
    if not path.is_file():
        decoded = _decoded(clips, begins, view, stride, progress)
        _write_pictures(path, shape, decoded)
    parts = [
        window_labels(clip.document, [(b, b + view.seconds) for b in some], signs)
        for clip, some in zip(clips, begins, strict=True)
    ]
    return Corpus(
        clips=tuple(clips),
        signs=tuple(signs),
        clip_of=np.repeat(np.arange(len(clips)), [len(some) for some in begins]),
        labels=np.concatenate(parts),
        pictures=np.load(path, mmap_mode="r"),
    )


def _decoded(
    clips: Sequence[Clip],
    begins: Sequence[Sequence[float]],
    view: View,
    stride: int,
    progress: Progress,
) -> Iterator[Pictures]:
    """Yield the pictures of each window of each clip."""
    for number, (clip, wanted) in enumerate(zip(clips, begins, strict=True), start=1):
        end, count = clip.recording.duration, 0
        for window in windows(clip.video, view, end=end, stride=stride):
            count += 1
            yield window.pictures
        if count != len(wanted):
            raise InputError(
                f"{clip.video} breaks off or has holes: {count} of {len(wanted)} "
                "windows could be read; leave it out or repair it"
            )
        progress(number, len(clips))


def _write_pictures(
    path: Path, shape: tuple[int, ...], decoded: Iterable[Pictures]
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    try:
        target = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
        for row, pictures in enumerate(decoded):
            target[row] = pictures
        target.flush()
        del target
        partial.replace(path)
    finally:  # pictures of patients that no later run would use
        partial.unlink(missing_ok=True)


class _Documents:
    """The Documents of folders, by the hash they state or by their name."""

    def __init__(self, folders: Iterable[Path], videos: Iterable[Path]) -> None:
        self._by_hash: dict[str, dict[Path, Document]] = {}
        self._by_name: dict[str, dict[Path, Document]] = {}
        found = {path for folder in folders for path in folder.rglob("*.json")}
        for path in sorted(path for path in found if path.is_file()):
            raw = path.read_bytes()
            if b'"s3ns-document"' not in raw:
                continue  # other JSON may lie beside the clips
            document = Document.from_json(raw, name=str(path))
            if document.recording.sha256:
                same = self._by_hash.setdefault(document.recording.sha256, {})
                same[path] = document
            else:
                beside = self._by_name.setdefault(path.stem, {})
                beside[path.parent.resolve()] = document
        places = [(video.stem, video.parent.resolve()) for video in videos]
        self._videos = set(places)
        self._without = Counter(
            stem for stem, parent in places if parent not in self._by_name.get(stem, {})
        )

    def of(self, video: Path, recording: Recording) -> Document | None:
        """Return the Document of a video, if there is one."""
        same = self._by_hash.get(recording.sha256, {})
        if any(one != other for one, other in pairwise(same.values())):
            first, second, *_ = same
            raise InputError(
                f"{first} and {second} tell differently of {video.name}; name the "
                "folder of those to learn from with --documents"
            )
        if same:
            return next(iter(same.values()))
        named = self._by_name.get(video.stem, {})
        if (parent := video.parent.resolve()) in named:
            return named[parent]
        # one that lies beside another video of that name is of that one
        free = [d for at, d in named.items() if (video.stem, at) not in self._videos]
        count = self._without[video.stem]
        if free and (len(free) > 1 or count > 1):
            raise InputError(
                f"{len(free)} Documents named {video.stem}.json may be of {count} "
                f"videos of that name, and none lies beside {video.name}; put it "
                "there, or state the sha256 of the video"
            )
        return next(iter(free), None)


def _patient(
    video: Path,
    recording: Recording,
    table: dict[str, str] | None,
    names: Mapping[str, int],
) -> str:
    if table is None:
        return str(video.parent.resolve())  # a folder may be named in two ways
    for name in (recording.id, video.name, video.stem):
        if name in table:
            if names[name] > 1:
                raise InputError(
                    f"{names[name]} clips are named {name}; name them in the table of "
                    f"patients by the ids of their recordings, such as {recording.id}"
                )
            return table[name]
    raise InputError(
        f"the table of patients has no line for {video.name}; a clip without a patient "
        "could be in training and test at once"
    )
