"""Two systems on the same events: how far one lies above the other."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial

import numpy as np

from s3ns.benchmarks.s3.diagnosis import ES
from s3ns.benchmarks.s3.run import Run
from s3ns.benchmarks.s3.scoring import (
    Floats,
    Judgement,
    Table,
    confusion,
    paired_difference,
    rates,
    resampled,
)
from s3ns.facts import InputError

SCORES = ("macro_f1", "balanced_accuracy", "mcc", "f1", "accuracy")


def compared(first: Run, one: str, second: Run, other: str) -> Table:
    """Compare two systems in Task 7, on the same resampled patients.

    Parameters
    ----------
    first, one
        A run and a system in it.
    second, other
        The run and system to compare with.

    Raises
    ------
    InputError
        If the runs scored other events, or lack a system.
    """
    if first.events != second.events:
        raise InputError("the runs scored other events; use the same data and split")
    a, b = _counts(first, one), _counts(second, other)
    draws = resampled([event["patient"] for event in first.events])
    table = Table(
        "compare",
        f"{other} less {one} ({len(first.events)} events)",
        ["score", "difference", "low", "high"],
        note="95 % interval over resampled patients; one that spans 0 shows nothing.",
    )
    for score in SCORES:
        difference, low, high = paired_difference(b, a, draws, partial(_score, score))
        table.rows.append(
            {"score": score, "difference": difference, "low": low, "high": high}
        )
    return table


def _score(name: str, counts: Floats) -> Floats:
    return rates(counts)[name]


def _counts(run: Run, system: str) -> Floats:
    if system not in run.answers:
        if not run.answers:
            raise InputError("the run did not score Task 7; add --task 7")
        near = get_close_matches(system, run.answers, cutoff=0) or list(run.answers)
        raise InputError(
            f"the run has no system {system!r}; perhaps {' | '.join(map(repr, near))}"
        )
    true = [event["label"] == ES for event in run.events]
    said = [None if label is None else label == ES for label in run.answers[system]]
    return np.asarray(confusion(true, Judgement(true, said).filled))
