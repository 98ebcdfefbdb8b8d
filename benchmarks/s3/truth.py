"""What the experts say of each video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from s3ns.benchmarks.s3.diagnosis import LABELS
from s3ns.benchmarks.s3.laterality import COLUMNS, SIDES, TYPING_ERRORS, cells
from s3ns.benchmarks.s3.onsets import Clip, target_times
from s3ns.benchmarks.s3.reports import Extraction, extractions
from s3ns.benchmarks.s3.sequences import Tokens, tokens
from s3ns.benchmarks.s3.tables import (
    Checkout,
    Damage,
    Row,
    patient_of,
    seconds,
    video_name,
    word,
)
from s3ns.benchmarks.s3.texts import is_text, justifications_in, reports_in
from s3ns.facts import InputError, vocabulary

ANNOTATION = "task12_annotation.csv"
DIAGNOSES = "task7_annotation.csv"
ONSETS = "Task4_time_annotation.csv"
REPORTS = "task6_report_annotation.csv"


@dataclass(frozen=True)
class Mark:
    """What an expert, or a system, says of a sign in a video.

    Attributes
    ----------
    seen
        Whether it was; ``None`` where nothing is said of it.
    start, end
        Seconds from the beginning of the video; ``None`` where no time is given.
    """

    seen: bool | None
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Event:
    """One labelled video.

    Attributes
    ----------
    video, patient
        Their codes in the benchmark. They never reach a result or a prompt.
    label
        ``ES`` or ``NES``.
    fold
        Fold of the published split; ``None`` where the split does not name the video.
    signs
        A mark for each of the 20 signs.
    sides
        ``left`` or ``right`` for ``head`` and ``arm``, where the experts name one.
    region
        Where the movement began.
    sequence
        Signs in the order of their onset; empty where none was seen.
    report
        The expert's report, taken apart.
    justifications
        The expert's words on each sign, where the checkout holds them.
    narrative
        The expert's report in words; empty where there is none.
    """

    video: str
    patient: str
    label: str
    fold: int | None
    signs: Mapping[str, Mark]
    sides: Mapping[str, str]
    region: str | None
    sequence: Tokens
    report: Extraction | None
    justifications: Mapping[str, str] = field(default_factory=dict)
    narrative: str = ""


@dataclass(frozen=True)
class Truth:
    """The labelled videos in the order of their names, and the clips of Task 4."""

    events: tuple[Event, ...]
    onsets: Mapping[Clip, float]

    @property
    def patients(self) -> list[str]:
        """The patient of each event."""
        return [event.patient for event in self.events]


def read_truth(checkout: Checkout) -> Truth:
    """Read the ground truth; rows without a valid label (``Sample``) are counted.

    Raises
    ------
    InputError
        If a file is missing, or no video has a label.
    """
    damage = checkout.damage
    labels = cells(checkout.truth(DIAGNOSES, "label"), "label")
    signs = {
        video_name(row["file_name"]): _marks(row, damage)
        for row in checkout.truth(ANNOTATION)
    }
    spatial = checkout.truth(
        "task3_spatial_annotation.csv", *(true for true, _ in COLUMNS.values())
    )
    sides = {key: cells(spatial, COLUMNS[key][0]) for key in ("head", "arm")}
    regions = cells(spatial, COLUMNS["region"][0])
    name = "event_sequence"
    orders = cells(checkout.truth("task5_sequence_annotation.csv", name), name)
    file = "task6_report_modified.csv"
    reports = extractions(checkout.truth(file), file, damage)
    justifications = justifications_in(checkout.truth(ANNOTATION))
    narratives = (
        reports_in(checkout.truth(REPORTS, "report"))
        if checkout.has_truth(REPORTS)
        else {}
    )
    events = []
    for video, cell in sorted(labels.items()):
        label, text = cell.strip().upper(), narratives.get(video, "")
        if label not in LABELS:
            damage.note(DIAGNOSES, "without a valid label, left out")
        elif video not in signs:
            damage.note(ANNOTATION, "labelled video without annotation, left out")
        else:
            events.append(
                Event(
                    video=video,
                    patient=patient_of(video),
                    label=label,
                    fold=checkout.folds.get(video),
                    signs=signs[video],
                    sides={
                        key: word(of[video])
                        for key, of in sides.items()
                        if word(of.get(video)) in SIDES
                    },
                    region=_region(regions.get(video)),
                    sequence=tokens(orders.get(video, "")),
                    report=reports.get(video),
                    justifications={
                        sign: texts[video]
                        for sign, texts in justifications.items()
                        if is_text(texts.get(video, ""))
                    },
                    narrative=text if is_text(text) else "",
                )
            )
    if not events:
        raise InputError(
            f"{DIAGNOSES} labels none of its {len(labels)} videos {' or '.join(LABELS)}"
            f", or {ANNOTATION} has none of them; are the columns exchanged?"
        )
    return Truth(tuple(events), read_onsets(checkout))


def read_onsets(checkout: Checkout) -> dict[Clip, float]:
    """Read the true times of the clips of Task 4."""
    rows = checkout.truth(ONSETS, "feature", "target_time")
    return target_times(rows, ONSETS, checkout.damage)


def _marks(row: Row, damage: Damage) -> dict[str, Mark]:
    found = {}
    for sign in vocabulary().by_name:
        said = {"yes": True, "no": False}.get(word(row.get(sign)))
        start, end = (
            seconds(row.get(f"{which}_time_for_{sign}") or "")
            for which in ("start", "end")
        )
        if start is not None and end is not None and end < start:
            damage.note(ANNOTATION, "sign that ends before it begins; end left out")
            end = None
        found[sign] = Mark(said, start, end) if said else Mark(said)
    return found


def _region(cell: str | None) -> str | None:
    said = word(cell)
    return None if said in {"", "n/a"} else TYPING_ERRORS.get(said, said)
