"""All tasks scored as published, flaws included, to compare with what was published."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

from s3ns.benchmarks.s3 import (
    diagnosis,
    laterality,
    onsets,
    recognition,
    reports,
    texts,
)
from s3ns.benchmarks.s3 import sequences as orders
from s3ns.benchmarks.s3.tables import Checkout, patient_of, video_name
from s3ns.benchmarks.s3.truth import ANNOTATION, DIAGNOSES, REPORTS, read_onsets
from s3ns.facts import InputError

Scores = dict[str, Any]

TOLERANCE = 0.001

SOUND = "omni"
"""Models with it in their name were scored on sequences with sounds."""

TASKS = {
    "1": "task1",
    "2": "task2",
    "3": "task3",
    "4": "task4",
    "5": "task5",
    "6": "task6_rqi",
    "7": "task7",
}


class Published:
    """Scores the models of a checkout as published.

    Parameters
    ----------
    checkout
        Of S3.
    patients
        Score rows of these patients alone, as the published test tables do, which keep
        videos without a label; by default those of all.
    similarity
        For the BERTScore of Tasks 2 and 6.
    """

    def __init__(
        self,
        checkout: Checkout,
        patients: set[str] | None = None,
        similarity: texts.Similarity | None = None,
    ) -> None:
        self._checkout = checkout
        self._patients = patients
        self._similarity = similarity

    def scores(self, task: str) -> Scores:
        """Return the scores of a task, by model.

        Raises
        ------
        InputError
            If a file of the truth is missing.
        """
        score = {
            "1": self._recognition,
            "2": self._justification,
            "3": self._laterality,
            "4": self._onset,
            "5": self._sequence,
            "6": self._report,
            "7": self._diagnosis,
        }[task]
        found = {model: score(model) for model in self._checkout.models}
        return {model: scores for model, scores in found.items() if scores}

    def _kept(self, of: Mapping[str, Any]) -> dict[str, Any]:
        return {
            video: value
            for video, value in of.items()
            if self._patients is None or patient_of(video) in self._patients
        }

    def _truth(self, file: str, name: str) -> dict[str, str]:
        return self._kept(laterality.cells(self._checkout.truth(file, name), name))

    def _recognition(self, model: str) -> Scores | None:
        answers = self._checkout.answers(model, "recognition")
        if answers is None:
            return None
        rows = self._checkout.truth(ANNOTATION)
        truth = self._kept({video_name(row["file_name"]): row for row in rows})
        return recognition.published(recognition.merged(answers[1]), truth)

    def _justification(self, model: str) -> Scores | None:
        answers = self._checkout.answers(model, "justification")
        if answers is None:
            return None
        rows = self._checkout.truth(ANNOTATION)
        truth = {
            sign: self._kept(of) for sign, of in texts.justifications_in(rows).items()
        }
        found = texts.published_justifications(
            texts.justifications_in(answers[1]), truth, self._similarity
        )
        return {sign: asdict(scores) for sign, scores in found.items()}

    def _laterality(self, model: str) -> Scores | None:
        found: Scores = {}
        for key, (true, said) in laterality.COLUMNS.items():
            answers = self._checkout.answers(model, key)
            if answers is not None:
                score = (
                    laterality.published_region
                    if key == "region"
                    else laterality.published_side
                )
                truth = self._truth("task3_spatial_annotation.csv", true)
                found[true] = score(laterality.cells(answers[1], said), truth)
        return found or None

    def _onset(self, model: str) -> Scores | None:
        answers = self._checkout.answers(model, "onset")
        if answers is None:
            return None
        truth = read_onsets(self._checkout)
        kept = {c: t for c, t in truth.items() if self._kept({c[0]: t})}
        return onsets.published(answers[1], kept)

    def _sequence(self, model: str) -> Scores | None:
        answers = self._checkout.answers(model, "sequence")
        if answers is None:
            return None
        ending = "" if SOUND in model.lower() else "_vlm"
        file = f"task5_sequence_annotation{ending}.csv"
        truth = self._truth(file, "event_sequence")
        said = laterality.cells(answers[1], "feature_list")
        scores = [
            orders.published(orders.tokens(said[video]), orders.tokens(cell))
            for video, cell in truth.items()
            if video in said
        ]
        if not scores:
            return None
        names = ("edit_distance", "temporal_f1", "lcs_ratio")
        means = map(fmean, zip(*scores, strict=True))
        return {**dict(zip(names, means, strict=True)), "n": len(scores)}

    def _report(self, model: str) -> Scores | None:
        found = {**self._rqi(model), "words": self._report_words(model)}
        return {key: value for key, value in found.items() if value} or None

    def _rqi(self, model: str) -> Scores:
        answers = self._checkout.answers(model, "extraction")
        if answers is None:
            return {}
        damage, file = self._checkout.damage, "task6_report_modified.csv"
        truth = self._kept(
            reports.extractions(self._checkout.truth(file), file, damage)
        )
        said = reports.extractions(answers[1], answers[0].name, damage)
        cells = self._truth("task5_sequence_annotation.csv", "event_sequence")
        seen = {video: orders.tokens(cell) for video, cell in cells.items()}
        scores = [
            reports.rqi(said[video], expert, seen.get(video, ()))
            for video, expert in truth.items()
            if video in said
        ]
        return {"rqi": fmean(scores), "n": len(scores)} if scores else {}

    def _report_words(self, model: str) -> Scores | None:
        answers = self._checkout.answers(model, "report")
        if answers is None or not self._checkout.has_truth(REPORTS):
            return None
        truth = texts.reports_in(self._checkout.truth(REPORTS, "report"))
        pairs = texts.published_pairs(texts.reports_in(answers[1]), self._kept(truth))
        scores = texts.text_scores(pairs, self._similarity)
        return asdict(scores) if scores else None

    def _diagnosis(self, model: str) -> Scores | None:
        answers = self._checkout.answers(model, "diagnosis")
        if answers is None:
            return None
        labels = self._truth(DIAGNOSES, "label")
        truth = {video: label.strip() for video, label in labels.items()}
        return {
            key: diagnosis.published(laterality.cells(answers[1], name), truth)
            for key, name in diagnosis.COLUMNS.items()
        }


def differences(found: Scores, expected: Path) -> tuple[int, list[str]]:
    """Compare scores with a file of expected ones, cell by cell.

    Parameters
    ----------
    found
        By task, as :data:`TASKS` names it, and model.
    expected
        JSON of the same shape; tasks that were not scored are passed over.

    Returns
    -------
    The number of cells compared, and a line for each that differs by more than
    :data:`TOLERANCE`.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        wanted = json.loads(expected.read_text(encoding="utf-8"))
        if not isinstance(wanted, dict):
            raise TypeError("it holds no scores by task")
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"cannot read {expected}: {error}") from error
    compared, wrong = 0, []
    for task in found:
        for place, value in _cells(wanted.get(task, {}), (task,)):
            compared += 1
            came: Any = found
            for part in place:
                came = came.get(part) if isinstance(came, dict) else None
            if not isinstance(came, int | float) or abs(came - value) > TOLERANCE:
                wrong.append(f"{' / '.join(place)}: expected {value}, got {came}")
    return compared, wrong


def _cells(
    of: Mapping[str, Any], place: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], float]]:
    for key, value in of.items():
        if isinstance(value, dict):
            yield from _cells(value, (*place, key))
        elif value is not None:
            yield (*place, key), float(value)
