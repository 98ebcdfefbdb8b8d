"""The seven tasks of S3, as questions and answers about one recording.

Recognition, justification, side, onset, sequence, report and diagnosis. Questions come
from the vocabulary; every answer is one JSON object. Nothing in a question tells which
recording, patient or file it is about.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from s3ns.facts import (
    Document,
    Finding,
    Label,
    Side,
    clock,
    vocabulary,
)
from s3ns.neural.dataset.reasoning import (
    Level,
    by_onset,
    judged,
    onset_order,
    report,
)

SYSTEM = (
    "You watch one person in a video. Describe only what can be seen or heard. Left "
    "and right are always the person's own left and right, not those of the picture. "
    "If the part of the body in question cannot be judged, answer cannot_tell; that is "
    "not the same as no. Answer with one JSON object."
)
THINKING = (
    "First reason step by step between <think> and </think>, then give the JSON object "
    "between <answer> and </answer>."
)


@dataclass(frozen=True)
class Example:
    """A question about a recording, and the answer.

    Attributes
    ----------
    task, sign
        The task, and the sign it is about or nothing.
    question
        What is asked.
    answer
        What can be written as JSON.
    label
        What may be unevenly frequent: the answer that is balanced, or nothing.
    """

    task: str
    sign: str
    question: str
    answer: dict[str, Any]
    label: str = ""


@dataclass(frozen=True)
class Task:
    """How the examples of a task are made, and the level of reasoning it needs."""

    examples: Callable[[Document], Iterator[Example]]
    level: Level


def examples(document: Document) -> list[Example]:
    """Return the examples of all tasks for a recording."""
    return [one for task in TASKS.values() for one in task.examples(document)]


def _recognition(document: Document) -> Iterator[Example]:
    for sign, label in judged(document):
        yield Example(
            "recognition",
            sign.name,
            f'{sign.definition} {sign.question} Give {{"answer": "yes", "no" or '
            '"cannot_tell"}.',
            {"answer": label},
            label,
        )


def _justification(document: Document) -> Iterator[Example]:
    for sign, label in judged(document):
        seen = [f for f in by_onset(document) if f.sign == sign.name]
        if label == "cannot_tell" or (label == "yes" and not seen[0].evidence):
            continue
        words = seen[0].evidence if seen else f"{sign.title} was not seen."
        yield Example(
            "justification",
            sign.name,
            f'{sign.question} Give {{"answer": "yes" or "no", "justification": what '
            "was seen, in a sentence}.",
            {"answer": label, "justification": words},
            label,
        )


def _side(document: Document) -> Iterator[Example]:
    for finding in _first_of_each(document):
        sign = vocabulary().by_name[finding.sign]
        if not sign.is_sided or finding.side in {Side.UNKNOWN, Side.NONE}:
            continue
        choices = ", ".join(f'"{side}"' for side in sign.sides)
        yield Example(
            "side",
            sign.name,
            f"The person showed this: {sign.definition} On which of the person's own "
            f'sides did it begin? Give {{"side": one of {choices}}}.',
            {"side": str(finding.side)},
            str(finding.side),
        )


def _onset(document: Document) -> Iterator[Example]:
    for finding in _first_of_each(document):
        sign = vocabulary().by_name[finding.sign]
        yield Example(
            "onset",
            sign.name,
            f"The person showed this: {sign.definition} When did it begin? Give "
            '{"time": minutes and seconds from the beginning of the video, such as '
            '"01:04.5"}.',
            {"time": clock(finding.start)},
        )


def _sequence(document: Document) -> Iterator[Example]:
    if not report(document):
        return  # that nothing could be judged is no list of nothing
    names = ", ".join(vocabulary().by_name)
    yield Example(
        "sequence",
        "",
        "Which of these signs did the person show, each once, in the order in which "
        f'they began? {names}. Give {{"signs": list of names}}.',
        {"signs": onset_order(document)},
    )


def _report(document: Document) -> Iterator[Example]:
    if text := report(document):
        yield Example(
            "report",
            "",
            "Describe what the person did, in order, with sides and times, without a "
            'diagnosis. Give {"report": text}.',
            {"report": text},
        )


def _diagnosis(document: Document) -> Iterator[Example]:
    if document.verdict is None:
        return
    label = str(document.verdict.label)
    choices = ", ".join(f'"{name}"' for name in map(str, Label))
    yield Example(
        "diagnosis",
        "",
        "What is this event most consistent with? Give "
        f'{{"verdict": one of {choices}}}.',
        {"verdict": label},
        label,
    )


TASKS: dict[str, Task] = {
    "recognition": Task(_recognition, "perception"),
    "justification": Task(_justification, "perception"),
    "side": Task(_side, "side"),
    "onset": Task(_onset, "time"),
    "sequence": Task(_sequence, "sequence"),
    "report": Task(_report, "report"),
    "diagnosis": Task(_diagnosis, "verdict"),
}


def encoded(answer: dict[str, Any]) -> str:
    """Return an answer as JSON on one line."""
    return json.dumps(answer, ensure_ascii=False)


def _first_of_each(document: Document) -> list[Finding]:
    first: dict[str, Finding] = {}
    for finding in by_onset(document):
        first.setdefault(finding.sign, finding)
    return list(first.values())
