"""A run of the benchmark: tables, and what each system said of each event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3ns import __version__
from s3ns.benchmarks.s3 import rigorous
from s3ns.benchmarks.s3.answers import (
    EXPERTS_REPORT,
    Answers,
    document_answers,
    model_answers,
    read_documents,
)
from s3ns.benchmarks.s3.fitted import (
    Fit,
    expert_systems,
    fused_signs,
    model_systems,
    seen_by_experts,
    splits,
)
from s3ns.benchmarks.s3.scoring import Table
from s3ns.benchmarks.s3.tables import open_checkout
from s3ns.benchmarks.s3.text_tables import justification_table, words_table
from s3ns.benchmarks.s3.texts import Similarity
from s3ns.benchmarks.s3.truth import Truth, read_truth
from s3ns.facts import InputError
from s3ns.facts.document import write_text
from s3ns.symbolic import Reasoner

TASKS = ("1", "2", "3", "4", "5", "6", "7")
SPLITS = ("full", "fold0", "cv5", "lopo")
FORMAT = "s3ns-benchmark"


@dataclass
class Run:
    """The result of a run.

    Attributes
    ----------
    split
        How the events were divided.
    events
        For each scored event a code that tells nothing, that of its patient, and its
        label.
    tables
        The scores.
    answers
        For Task 7, the label that each system gave each event; ``None`` where none.
    leads
        How far the epileptic side leads, where the system tells.
    fits
        What was fitted in each fold, as :class:`~s3ns.benchmarks.s3.fitted.Fit`.
    damage
        What was wrong with the files.
    """

    split: str
    events: list[dict[str, str]]
    tables: list[Table]
    answers: dict[str, list[str | None]] = field(default_factory=dict)
    leads: dict[str, list[float]] = field(default_factory=dict)
    fits: list[dict[str, Any]] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the run as JSON, the same for the same input."""
        body: dict[str, Any] = {
            "format": FORMAT,
            "version": __version__,
            "split": self.split,
            "tables": [vars(table) for table in self.tables],
            "events": self.events,
            "answers": self.answers,
            "leads": self.leads,
            "fits": self.fits,
            "damage": self.damage,
        }
        return json.dumps(body, indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> Run:
        """Read a run.

        Raises
        ------
        InputError
            If the file is none.
        """
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            if body.get("format") != FORMAT:
                raise ValueError("its format is another")
            tables = [Table(**table) for table in body["tables"]]
            return cls(
                split=body["split"],
                events=body["events"],
                tables=tables,
                answers=body["answers"],
                leads=body["leads"],
                fits=body["fits"],
                damage=body["damage"],
            )
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(
                f"{path} is no run as this version of s3ns bench s3 -o keeps: {error}"
            ) from error


def run(
    data: Path,
    tasks: Sequence[str],
    split: str,
    documents: Mapping[str, Path] | None = None,
    reasoner: Reasoner | None = None,
    *,
    similarity: Similarity | None = None,
) -> Run:
    """Score all systems in the tasks.

    Parameters
    ----------
    data
        A checkout of S3.
    tasks
        Of :data:`TASKS`.
    split
        Of :data:`SPLITS`. All events are scored, but for ``fold0``, in which only those
        of the published test fold are; what is fitted is fitted to other patients.
        ``full`` fits nothing.
    documents
        Folders of Documents by the name of the system that made them.
    reasoner
        Judges what experts and models saw.
    similarity
        For the BERTScore of Tasks 2 and 6.

    Raises
    ------
    InputError
        If the data cannot be read, or hold nothing to score.
    """
    checkout = open_checkout(data)
    whole = read_truth(checkout)
    models = [
        answers
        for model in checkout.models
        for answers in model_answers(checkout, model, whole)
    ]
    ours = [
        document_answers(name, read_documents(folder, whole))
        for name, folder in (documents or {}).items()
    ]
    folds = [] if split == "full" else splits(whole, split)
    truth = whole
    if split == "fold0":
        truth = Truth(tuple(whole.events[k] for k in folds[0][1]), whole.onsets)
    together = [fused_signs(whole, models, folds)] if folds and models else []
    systems = [*models, *together, *ours, *rigorous.constants(truth)]
    tables = []
    if "1" in tasks:
        tables += rigorous.recognition_tables(truth, systems)
    if "2" in tasks:
        tables.append(justification_table(truth, systems, similarity))
    if "3" in tasks:
        tables += rigorous.side_tables(truth, systems)
    if "4" in tasks:
        tables += rigorous.onset_tables(truth, systems)
    if "5" in tasks:
        tables.append(rigorous.sequence_table(truth, systems))
    if "6" in tasks:
        tables.append(rigorous.report_table(truth, systems))
        tables.append(words_table(truth, systems, similarity))
    judged: list[Answers] = []
    fits: list[Fit] = []
    if "7" in tasks:
        judge = reasoner or Reasoner()
        experts = seen_by_experts(whole, judge)
        own = [
            model
            for model in (*models, *together)
            if not model.system.endswith(EXPERTS_REPORT)
        ]
        by_experts, fits = expert_systems(whole, experts, judge, folds)
        by_models, more = model_systems(whole, own, experts, judge, folds)
        judged = [*by_experts, *by_models, *systems]
        fits += more
        tables.append(rigorous.diagnosis_table(truth, judged))
        tables.append(rigorous.coverage_table(truth, judged))
    for table in tables:
        if not table.rows:
            checkout.damage.note(table.title, "nothing to score here, not scored")
        table.title += f" ({split}, {len(truth.events)} events)"
    return Run(
        split=split,
        events=[
            {
                "event": _code(event.video),
                "patient": _code(event.patient),
                "label": event.label,
            }
            for event in truth.events
        ],
        tables=tables,
        answers={
            answers.system: [answers.labels.get(event.video) for event in truth.events]
            for answers in judged
            if answers.labels
        },
        leads={
            answers.system: [answers.leads.get(e.video, 0.0) for e in truth.events]
            for answers in judged
            if answers.leads
        },
        fits=[vars(fit) for fit in fits],
        damage=checkout.damage.lines(),
    )


def write_tables(folder: Path, tables: Sequence[Table]) -> None:
    """Write each table as a CSV file."""
    import pandas as pd

    for table in tables:
        frame = pd.DataFrame(table.rows, columns=table.columns)
        write_text(folder / f"{table.name}.csv", frame.to_csv(index=False))


def _code(name: str) -> str:
    """Return a code that tells neither patient nor label."""
    return hashlib.sha256(f"s3ns {name}".encode()).hexdigest()[:12]
