"""How a verdict came about, as a chain from what was seen to what follows.

::

    perception -> time -> side -> sequence -> report -> verdict

The levels are the same whoever looked: an expert, a program, a script that drew the
clip. The last one comes from the proof, so that what a model learns to say is what the
rules said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

import msgspec

from s3ns.facts import (
    Document,
    Finding,
    Interval,
    Side,
    Sign,
    clock,
    sign_named,
    vocabulary,
)
from s3ns.facts.finding import total_duration

Level = Literal["perception", "time", "side", "sequence", "report", "verdict"]
LEVELS: tuple[Level, ...] = get_args(Level)

MOSTLY = 0.9
"""Share of the recording that must have been looked at to answer no (design)."""


class ReasoningStep(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """One level of the chain, in words; names nobody and no file."""

    level: Level
    text: str


def chain(document: Document, *, upto: Level) -> list[ReasoningStep]:
    """Return the chain up to a level, without the levels that have nothing to say.

    Parameters
    ----------
    document
        The findings, and for the last level the verdict and its proof.
    upto
        The last level wanted.
    """
    texts = {
        "perception": _perception(document),
        "time": _time(document),
        "side": _side(document),
        "sequence": ", then ".join(_title(sign) for sign in onset_order(document)),
        "report": report(document),
        "verdict": _verdict(document),
    }
    wanted = LEVELS[: LEVELS.index(upto) + 1]
    return [ReasoningStep(level=k, text=texts[k]) for k in wanted if texts[k]]


def judged(document: Document) -> Iterator[tuple[Sign, str]]:
    """Yield each sign of which something is known of the whole recording.

    Beside it stands ``yes``, ``no`` or ``cannot_tell``.
    """
    for sign in vocabulary().signs:
        if any(finding.sign == sign.name for finding in document.findings):
            yield sign, "yes"
        elif _covers(document, document.absences, sign.name):
            yield sign, "no"
        elif _covers(document, document.unassessable, sign.name):
            yield sign, "cannot_tell"


def onset_order(document: Document) -> list[str]:
    """Return the signs in the order in which each was first seen."""
    return list(dict.fromkeys(finding.sign for finding in by_onset(document)))


def by_onset(document: Document) -> list[Finding]:
    """Return the findings in order of time."""
    return sorted(document.findings, key=lambda finding: finding.sort_key)


def report(document: Document) -> str:
    """Return what was seen as a report of plain sentences, without a diagnosis.

    Where nothing could be judged there is nothing to report.
    """
    if not document.findings:
        is_known = any(label == "no" for _, label in judged(document))
        return "No sign was seen." if is_known else ""
    return " ".join(
        f"{_title(finding.sign).capitalize()}{_sided(finding)} was seen from "
        f"{clock(finding.start)} to {clock(finding.end)}."
        for finding in by_onset(document)
    )


def _perception(document: Document) -> str:
    seen = [
        f"{_title(f.sign)}: {f.evidence or sign_named(f.sign).definition}"
        for f in by_onset(document)
    ]
    known = {sign.name: label for sign, label in judged(document)}
    missed = [_title(name) for name, label in known.items() if label == "no"]
    parts = ["; ".join(dict.fromkeys(seen))] if seen else []
    if missed:
        parts.append(f"looked for and not seen: {', '.join(missed)}")
    hidden = {
        f"{_title(item.sign)} ({vocabulary().reasons[item.reason]})": None
        for item in document.unassessable
        if known.get(item.sign, "cannot_tell") == "cannot_tell"
    }
    if hidden:
        parts.append(f"could not be judged: {', '.join(hidden)}")
    return ". ".join(parts)


def _covers(document: Document, items: Iterable[Interval], sign: str) -> bool:
    covered = total_duration(item for item in items if item.sign == sign)
    return covered >= MOSTLY * document.recording.duration > 0


def _time(document: Document) -> str:
    return "; ".join(
        f"{_title(f.sign)} from {clock(f.start)} to {clock(f.end)}"
        for f in by_onset(document)
    )


def _side(document: Document) -> str:
    return "; ".join(
        f"{_title(f.sign)}: {f.side}"
        for f in by_onset(document)
        if f.side not in {Side.NONE, Side.UNKNOWN}
    )


def _verdict(document: Document) -> str:
    verdict = document.verdict
    if verdict is None:
        return ""
    counted = [support.text for support in verdict.supports if support.counted]
    return " ".join([*dict.fromkeys(counted), verdict.text])


def _sided(finding: Finding) -> str:
    return {
        Side.LEFT: " on the left",
        Side.RIGHT: " on the right",
        Side.BILATERAL: " on both sides",
    }.get(finding.side, "")


def _title(sign: str) -> str:
    title = sign_named(sign).title
    return title[:1].lower() + title[1:]
