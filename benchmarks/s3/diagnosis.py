"""Task 7: epileptic seizure or non-epileptic event."""

from __future__ import annotations

from collections.abc import Mapping

from sklearn.metrics import f1_score, matthews_corrcoef

from s3ns.benchmarks.s3.recognition import scored

ES, NES = "ES", "NES"
LABELS = (ES, NES)

COLUMNS = {
    "with_report": "prediction_with_report",
    "without_report": "prediction_without_report",
}
"""The answers with the expert's report in the prompt, and without."""


def label_in(cell: str) -> str | None:
    """Return the label that an answer names; ``NES`` before ``ES``."""
    return next((label for label in (NES, ES) if label in cell), None)


def published(
    said: Mapping[str, str], truth: Mapping[str, str]
) -> dict[str, float | int]:
    """Score answers as published: those that name no label are left out.

    Parameters
    ----------
    said
        Answers by video, as the model wrote them.
    truth
        Labels by video; others than ES and NES (``Sample``) are left out.
    """
    shared = [video for video in truth if video in said and truth[video] in LABELS]
    pairs = [(truth[video], label_in(said[video])) for video in shared]
    kept = [(true, answer) for true, answer in pairs if answer is not None]
    true, answers = [p[0] for p in kept], [p[1] for p in kept]
    return {
        **scored(true, answers, pos_label=ES),
        "n": len(kept),
        "macro_f1": float(f1_score(true, answers, average="macro", labels=LABELS))
        if kept
        else 0.0,
        "mcc": float(matthews_corrcoef(true, answers)) if kept else 0.0,
        "unparsed": len(shared) - len(kept),
    }
