"""What a system says of each video: a model, a folder of Documents, a constant."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from s3ns.benchmarks.s3 import (
    diagnosis,
    document_texts,
    laterality,
    onsets,
    recognition,
)
from s3ns.benchmarks.s3.documents import pseudonym
from s3ns.benchmarks.s3.onsets import Clip
from s3ns.benchmarks.s3.reports import Extraction, extractions
from s3ns.benchmarks.s3.sequences import Tokens, first_only, tokens
from s3ns.benchmarks.s3.tables import Checkout, Damage, NameMender, video_name, word
from s3ns.benchmarks.s3.texts import justifications_in, reports_in
from s3ns.benchmarks.s3.truth import Truth
from s3ns.facts import Document, InputError, Label, Side
from s3ns.symbolic.reliability import judged

EXPERTS_REPORT = "given the expert's report"
"""Added to the name of a system whose prompt held the expert's report of the video."""

CONCLUDED = {
    Label.EPILEPTIC_SEIZURE: diagnosis.ES,
    Label.NON_EPILEPTIC_EVENT: diagnosis.NES,
}


T = TypeVar("T")


@dataclass(frozen=True)
class Answers:
    """What one system says; what it lacks, it has no answer to.

    Attributes
    ----------
    system
        Its name.
    signs
        For each video and sign whether it was seen.
    sides
        For ``head`` and ``arm``, ``left`` or ``right`` by video.
    regions
        Where the movement began, by video.
    onsets
        Seconds within each clip of Task 4.
    starts
        Seconds within each whole video, by sign.
    sequences
        Signs in the order of their onset, by video.
    justifications
        For each video and sign why it was seen or not, in words.
    reports
        Reports in words, by video.
    extractions
        Reports, taken apart, by video.
    labels
        ``ES`` or ``NES`` by video.
    leads
        By video, how far the epileptic side leads; for the area under the curve.
    """

    system: str
    signs: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    sides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    onsets: Mapping[Clip, float] = field(default_factory=dict)
    starts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    sequences: Mapping[str, Tokens] = field(default_factory=dict)
    justifications: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reports: Mapping[str, str] = field(default_factory=dict)
    extractions: Mapping[str, Extraction] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    leads: Mapping[str, float] = field(default_factory=dict)


STRANGE = "neither yes nor no of a sign, taken for no answer"


def model_answers(checkout: Checkout, model: str, truth: Truth) -> list[Answers]:
    """Read the answers of a model, names mended where that is possible.

    Its diagnoses with the expert's report in the prompt are those of a system of its
    own: it was told what the expert saw.
    """
    damage = checkout.damage
    mender = NameMender(event.video for event in truth.events)

    def mended(
        path: Path, cells: Mapping[str, T], noted: Damage = damage
    ) -> dict[str, T]:
        known = {v: mender.mend(v, path.name, noted) for v in cells}
        return {
            video: cells[name] for name, video in known.items() if video is not None
        }

    def column(kind: str, name: str) -> dict[str, str]:
        found = checkout.answers(model, kind)
        return mended(found[0], laterality.cells(found[1], name)) if found else {}

    signs: dict[str, dict[str, bool]] = {}
    found = checkout.answers(model, "recognition")
    if found is not None:
        damage.note(found[0].name, STRANGE, recognition.strange(found[1]))
        for video, said in mended(found[0], recognition.merged(found[1])).items():
            signs[video] = {
                s: w == "yes" for s, w in said.items() if w in {"yes", "no"}
            }
    found = checkout.answers(model, "justification")
    justifications: dict[str, dict[str, str]] = defaultdict(dict)
    if found is not None:
        for sign, texts in justifications_in(found[1]).items():
            # The damage of names is noted once, not for each sign.
            for video, text in mended(found[0], texts, Damage()).items():
                justifications[video][sign] = text
    words = checkout.answers(model, "report")
    clips = checkout.answers(model, "onset")
    times = {
        onsets.clip_of(row): onsets.clip_seconds(row["timestamp"])
        for row in (clips[1] if clips else [])
    }
    reports = checkout.answers(model, "extraction")
    labels: dict[str, dict[str, str]] = {}
    found = checkout.answers(model, "diagnosis")
    for key, name in diagnosis.COLUMNS.items():
        cells = column("diagnosis", name)
        named = {video: diagnosis.label_in(cell) for video, cell in cells.items()}
        labels[key] = {video: label for video, label in named.items() if label}
        if found is not None:
            wrong = f"neither ES nor NES in {name}, taken for no answer"
            damage.note(found[0].name, wrong, len(named) - len(labels[key]))
    own = Answers(
        system=model,
        signs=signs,
        sides={
            key: {
                video: word(cell)
                for video, cell in column(key, laterality.COLUMNS[key][1]).items()
                if word(cell) in laterality.SIDES
            }
            for key in ("head", "arm")
        },
        regions={
            video: laterality.TYPING_ERRORS.get(word(cell), word(cell))
            for video, cell in column("region", laterality.COLUMNS["region"][1]).items()
        },
        onsets={clip: time for clip, time in times.items() if time is not None},
        sequences={
            video: tokens(cell)
            for video, cell in column("sequence", "feature_list").items()
        },
        justifications=justifications,
        reports={} if words is None else mended(words[0], reports_in(words[1])),
        extractions=(
            extractions(reports[1], reports[0].name, damage) if reports else {}
        ),
        labels=labels["without_report"],
    )
    told = Answers(f"{model}, {EXPERTS_REPORT}", labels=labels["with_report"])
    return [own, told] if told.labels else [own]


def document_answers(system: str, documents: Mapping[str, Document]) -> Answers:
    """Read the answers of Documents, by video.

    A verdict that is no epileptic seizure and no non-epileptic event is no answer to
    Task 7; the lead of the epileptic side is kept for the area under the curve.
    """
    verdicts = {v: d.verdict for v, d in documents.items() if d.verdict is not None}
    firsts = {video: _first_sides(document) for video, document in documents.items()}
    return Answers(
        system=system,
        signs={video: judged(document) for video, document in documents.items()},
        sides={
            key: {v: sides[key] for v, sides in firsts.items() if key in sides}
            for key in ("head", "arm")
        },
        starts={
            video: {
                finding.sign: finding.start
                for finding in sorted(document.findings, key=lambda f: -f.start)
            }
            for video, document in documents.items()
        },
        sequences={
            video: first_only(tuple(f.sign for f in document.findings))
            for video, document in documents.items()
        },
        justifications={
            video: document_texts.justifications(document)
            for video, document in documents.items()
        },
        reports={
            video: document_texts.report(document)
            for video, document in documents.items()
        },
        extractions={
            video: document_texts.extraction(document)
            for video, document in documents.items()
        },
        labels={
            video: CONCLUDED[verdict.label]
            for video, verdict in verdicts.items()
            if verdict.label in CONCLUDED
        },
        leads={
            video: float(verdict.score_epileptic - verdict.score_non_epileptic)
            for video, verdict in verdicts.items()
        },
    )


def _first_sides(document: Document) -> dict[str, str]:
    """Return the sides to which the head and an arm first moved."""
    found: dict[str, str] = {}
    for finding in document.findings:
        key = {
            "head_turning": "head",
            "arm_flexion": "arm",
            "arm_straightening": "arm",
            "figure4": "arm",
        }.get(finding.sign)
        if key and finding.side in {Side.LEFT, Side.RIGHT}:
            found.setdefault(key, str(finding.side))
    return found


def read_documents(folder: Path, truth: Truth) -> dict[str, Document]:
    """Read a folder of Documents, by video.

    A Document belongs to the video that its file is named after, that the summary.tsv
    of the folder names for its recording, or whose pseudonym its recording bears.

    Raises
    ------
    InputError
        If no Document belongs to a labelled video.
    """
    videos = {event.video for event in truth.events}
    known = {pseudonym(video): video for video in videos}
    summary = folder / "summary.tsv"
    if summary.is_file():
        with summary.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                known[row["recording"]] = video_name(row["file"])
    found = {}
    for path in sorted(folder.glob("*.json")):
        document = Document.read(path)
        name = video_name(path.name.removesuffix(".json"))
        video = name if name in videos else known.get(document.recording.id)
        if video in videos:
            found[video] = document
    if not found:
        raise InputError(
            f"no Document in {folder} belongs to a labelled video; name them after the "
            "videos, or keep the summary.tsv that s3ns classify writes"
        )
    return found
