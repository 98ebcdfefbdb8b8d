"""Learned evidence as a layer of rules: weights with where each comes from."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from s3ns import __version__
from s3ns.facts import Document, InputError, sign_named
from s3ns.symbolic.abstention import safe_margin
from s3ns.symbolic.evidence import Evidence, Flags, Floats, pieces_of
from s3ns.symbolic.fitting import FittedWeight, as_array, fit_weights
from s3ns.symbolic.reliability import (
    Reliability,
    evidence_reliability,
    judged,
    scaled_weights,
    sign_reliability,
    wilson,
)
from s3ns.symbolic.rulebase import RuleBase

EPILEPTIC = {"ES": True, "NES": False}


@dataclass(frozen=True)
class Labelled:
    """Documents with what is known of them.

    Attributes
    ----------
    documents
        In the order of their recordings.
    labels
        Whether each shows an epileptic seizure.
    patients
        The patient of each.
    digest
        Hash of Documents and labels, for provenance.
    """

    documents: tuple[Document, ...]
    labels: Flags
    patients: tuple[str, ...]
    digest: str


def read_labelled(folder: Path, labels: Path) -> Labelled:
    """Read a folder of Documents and a table of their labels.

    Parameters
    ----------
    folder
        Holds one Document a file.
    labels
        CSV with the columns recording, label (ES or NES) and patient. Other rows and
        Documents without a row are left out.

    Raises
    ------
    InputError
        If a file cannot be read, or no Document has a label.
    """
    try:
        text = labels.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {labels}: {error}") from error
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    missing = {"recording", "label", "patient"} - set(rows[0] if rows else ())
    if missing:
        raise InputError(f"{labels} has no column {min(missing)}")
    known = {row["recording"]: row for row in rows if row["label"] in EPILEPTIC}
    documents = {d.recording.id: d for d in read_all(folder)}
    names = sorted(documents.keys() & known.keys())
    if not names:
        raise InputError(f"no Document in {folder} has a label ES or NES in {labels}")
    hashed = hashlib.sha256()
    for name in names:
        hashed.update(documents[name].to_json().encode())
        hashed.update(f"{known[name]['label']},{known[name]['patient']}\n".encode())
    return Labelled(
        documents=tuple(documents[name] for name in names),
        labels=np.array([EPILEPTIC[known[name]["label"]] for name in names]),
        patients=tuple(known[name]["patient"] for name in names),
        digest=hashed.hexdigest(),
    )


def read_all(folder: Path) -> list[Document]:
    """Read the Documents of a folder, in the order of their file names."""
    return [Document.read(path) for path in sorted(folder.glob("*.json"))]


def weights_layer(
    evidence: Evidence, given: Labelled, alpha: float, date: str
) -> tuple[str, tuple[FittedWeight, ...], float]:
    """Fit weights and the margin of a verdict, and return them as a layer.

    Parameters
    ----------
    evidence
        Of the labelled Documents.
    given
        The labels.
    alpha
        Largest expected share of a new patient's events that are decided wrongly.
    date
        For provenance.

    Returns
    -------
    The text of the layer, the weights, and the margin in log odds.

    Raises
    ------
    InputError
        If the events are of one kind or of too few patients, or no margin keeps the
        risk.
    """
    fitted = fit_weights(evidence, given.labels, given.patients)
    leads = out_of_fold(evidence, given.labels, given.patients)
    margin = safe_margin(leads, given.labels, given.patients, alpha)
    if not np.isfinite(margin):
        raise InputError(
            f"no margin keeps the share of wrong decisions at {alpha:.0%} with these "
            "events; give more patients, or a larger --risk"
        )
    events, patients = len(given.labels), len(set(given.patients))
    lines = [
        "% Weights of evidence fitted to annotated events.",
        "%",
        f"% {events} events of {patients} patients, {int(given.labels.sum())} of them "
        f"epileptic seizures; {date}, s3ns {__version__}.",
        f"% Documents and labels: sha256 {given.digest}.",
        "",
    ]
    for item in fitted:
        seen = item.epileptic + item.non_epileptic
        if seen:
            lines += [
                f"%! weight: {item.rule} {item.points}; fitted on {date} to {events} "
                f"events of {patients} patients, counted in {item.epileptic} epileptic "
                f"and {item.non_epileptic} others; 95 % interval {item.low}-"
                f"{item.high}, before {item.before}"
            ]
    points = int(np.ceil(100 * margin))
    lines += [
        "",
        "%! given: LIM-MARGIN",
        "%! title: Margin of a verdict",
        f"%! says: A verdict needs a lead of {points} points.",
        f"%! source: fitted on {date} to the same events, so that at most "
        f"{alpha:.0%} of a patient's events are decided wrongly on average "
        "(Angelopoulos 2024, Conformal Risk Control)",
        "%! grade: design",
        f"limit(margin,{points}; moderate,{max(200, points)}; "
        f"strong,{max(300, points)}).",
    ]
    return "\n".join(lines) + "\n", fitted, margin


def out_of_fold(
    evidence: Evidence, labels: Flags, patients: Sequence[str], folds: int = 5
) -> Floats:
    """Return the leads of events by weights fitted to other patients.

    Patients are dealt to the folds in the order of their names, those with events of
    both kinds or of one kind alike, so that nothing is drawn.
    """
    kind = {name: _kind(name, labels, patients) for name in set(patients)}
    names = sorted(kind, key=lambda name: (kind[name], name))
    if len(names) < folds:
        raise InputError(f"expected {folds} patients or more, got {len(names)}")
    fold_of = {name: place % folds for place, name in enumerate(names)}
    fold = np.array([fold_of[name] for name in patients])
    leads = np.zeros(len(labels))
    for number in range(folds):
        fit, score = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        own = [patients[int(k)] for k in fit]
        weights = as_array(fit_weights(evidence.rows(fit), labels[fit], own))
        leads[score] = evidence.rows(score).leads(weights)
    return leads


def _kind(name: str, labels: Flags, patients: Sequence[str]) -> float:
    return float(np.mean([labels[k] for k, p in enumerate(patients) if p == name]))


def reliability_layer(
    base: RuleBase,
    said: tuple[Sequence[Document], Evidence],
    truth: tuple[Sequence[Document], Evidence],
    labels: Flags,
    date: str,
) -> tuple[str, str]:
    """Measure an extractor, and return its weights as a layer and its table as CSV.

    Parameters
    ----------
    base
        The rules.
    said, truth
        Documents of the extractor and of annotators, of the same events in the same
        order, each with the evidence that they give.
    labels
        Whether each event was an epileptic seizure.
    date
        For provenance.
    """
    table = sign_reliability(
        [judged(document) for document in said[0]],
        [judged(document) for document in truth[0]],
    )
    found = evidence_reliability(said[1], truth[1])
    weights = scaled_weights(truth[1], labels, found)
    lines = [
        "% Weights of evidence as one extractor reports it.",
        "%",
        f"% Measured on {date} against annotations of {len(labels)} events; a piece of "
        "evidence that it sees",
        "% no better than chance weighs nothing.",
        "",
    ]
    for piece, item, weight in zip(pieces_of(base), found, weights, strict=True):
        if item.present:
            lines.append(
                f"%! weight: {piece.rule} {round(100 * weight)}; as reported: "
                f"sensitivity {item.sensitivity:.2f}, false positives "
                f"{item.false_positive_rate:.2f} in {len(labels)} events; "
                f"{piece.weight} where it is there"
            )
    return "\n".join(lines) + "\n", table_text(table)


def read_table(path: Path) -> dict[str, Reliability]:
    """Read the reliability of an extractor as :func:`table_text` tells it.

    Raises
    ------
    InputError
        If the file cannot be read or is no such table.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return {
            sign_named(row["sign"]).name: _read_row(row)
            for row in csv.DictReader(io.StringIO(text, newline=""))
        }
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} is no table of reliability as s3ns learn reliability writes: "
            f"{error}"
        ) from error


def _read_row(row: dict[str, str]) -> Reliability:
    present, missing = int(row["present"]), int(row["missing"])
    hits = round(present * float(row["sensitivity"])) if present else 0
    rejections = round(missing * float(row["specificity"])) if missing else 0
    return Reliability(hits, present, missing - rejections, missing)


def table_text(table: dict[str, Reliability]) -> str:
    """Return the reliability of an extractor by sign as CSV, with 95 % intervals."""
    rows = [
        "sign,present,sensitivity,sensitivity_low,sensitivity_high,missing,specificity,"
        "specificity_low,specificity_high,informative"
    ]
    for sign, item in table.items():
        low, high = wilson(item.hits, item.present)
        least, most = wilson(item.missing - item.false_alarms, item.missing)
        share = item.hits / item.present if item.present else float("nan")
        other = 1 - item.false_alarms / item.missing if item.missing else float("nan")
        rows.append(
            f"{sign},{item.present},{share:.3f},{low:.3f},{high:.3f},{item.missing},"
            f"{other:.3f},{least:.3f},{most:.3f},"
            f"{'yes' if item.is_informative else 'no'}"
        )
    return "\n".join(rows) + "\n"
