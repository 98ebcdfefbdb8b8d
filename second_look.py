"""Check on request: what could settle a verdict is looked at again.

::

    verdict -> where another look would matter -> answers of a model -> verdict

The rules name the stretches, a model that answers questions looks at them, and what it
saw joins the findings under a source of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from s3ns.facts import (
    Absence,
    Ask,
    CapabilityError,
    Document,
    Finding,
    InputError,
    Observation,
    Side,
    Step,
)
from s3ns.facts.document import mirrored_finding

if TYPE_CHECKING:
    from s3ns.neural.extractor import ExtractOptions
    from s3ns.symbolic import Reasoner

ROUNDS = 3
"""How often the rules may ask, at most."""

SECONDS = 60.0
"""For which the rules may weigh what to ask: a model that looks again takes longer, and
what is asked must not hang on how busy the machine is."""


@runtime_checkable
class Questioned(Protocol):
    """An extractor that can be asked about a stretch.

    Attributes
    ----------
    reliability
        How often it is right about a sign, whether it says that it saw it or not.
    """

    reliability: float

    def look_again(
        self, video: Path, asks: Iterable[Ask], options: ExtractOptions
    ) -> tuple[list[Observation], Step]:
        """Look at some stretches again, each for one sign."""
        ...


def check(
    document: Document,
    video: Path,
    options: ExtractOptions,
    *,
    extractor: str,
    reasoner: Reasoner,
    rounds: int = ROUNDS,
) -> Document:
    """Let a model look again where it could settle the verdict, and judge anew.

    Nothing is asked twice. It ends when the rules have no further question, or after so
    many rounds.

    Parameters
    ----------
    document
        The findings; a verdict of these rules may be there.
    video
        The recording that they are of.
    options
        What the extractor is to use; the recording's sides are taken from the Document.
    extractor
        Name of the extractor that answers.
    reasoner
        The rules.
    rounds
        How often the rules may ask.

    Raises
    ------
    InputError
        If the video is not the recording of the Document, or cannot be read.
    CapabilityError
        If the extractor answers no questions, or the model cannot be run.
    """
    from s3ns.neural.container import pseudonym  # noqa: PLC0415  (loads FFmpeg)
    from s3ns.neural.extractor import make_extractor  # noqa: PLC0415
    from s3ns.symbolic.ask import asks_of  # noqa: PLC0415

    producer = make_extractor(extractor, options.settings)
    if not isinstance(producer, Questioned):
        raise CapabilityError(
            f"the extractor {extractor} answers no questions; use --extractor mllm"
        )
    if pseudonym(video) != document.recording.id:
        raise InputError(
            f"the Document is of the recording {document.recording.id}, and the video "
            "is another"
        )
    found = reasoner.reason(document)
    settled: list[Ask] = []
    for _ in range(rounds):
        asks = asks_of(reasoner.base, found, seconds=SECONDS).asks
        new: list[Ask] = []
        for ask in asks:
            # One look tells of all sides of a stretch; and an answer moves the bounds
            # of what is asked about next, which must not count it twice.
            if not any(_is_same(ask, other) for other in (*settled, *new)):
                new.append(ask)
        if not new:
            break
        settled += new
        observations, step = producer.look_again(video, new, options)
        joined = _joined(found, asks, observations, step, producer.reliability)
        found = reasoner.reason(joined)
    return found


def _is_same(one: Ask, other: Ask) -> bool:
    """Tell whether two stretches of a sign are the same for the most part."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return one.sign == other.sign and shared >= (one.end - one.start) / 2


def _joined(
    document: Document,
    asks: Sequence[Ask],
    seen: Sequence[Observation],
    step: Step,
    reliability: float,
) -> Document:
    """Return the Document with what was seen, and doubts weighed by it."""
    if document.recording.mirrored:
        seen = [
            mirrored_finding(item) if isinstance(item, Finding) else item
            for item in seen
        ]
    doubted = [ask for ask in asks if ask.state == "unsure"]
    findings: list[Finding] = []
    new = dict(enumerate(seen))
    answered = {item.source for item in seen}
    for finding in document.findings:
        if finding.source in answered or not _is_doubted(finding, doubted):
            findings.append(finding)
            continue
        before = f"{finding.confidence:.2f}"
        confirming = {
            place: item
            for place, item in new.items()
            if isinstance(item, Finding) and _confirms(item, finding)
        }
        if confirming:
            best = max(item.confidence for item in confirming.values())
            both = pooled(finding.confidence, best)
            findings.append(_with(finding, both, f"{before} before a model saw it too"))
            # The rules take the mean of findings that meet: both say the same now.
            new |= {
                place: _with(item, both, f"{item.confidence:.2f} by itself")
                for place, item in confirming.items()
            }
        elif _is_denied(finding, seen):
            left = pooled(finding.confidence, 1 - reliability)
            findings.append(_with(finding, left, f"{before} before a model saw none"))
        else:
            findings.append(finding)
    weighed = msgspec.structs.replace(document, findings=tuple(findings))
    return weighed.with_observations(new.values(), step)


def pooled(one: float, other: float) -> float:
    """Return the confidence that two independent looks give together.

    Both are probabilities that start from even odds; their odds are multiplied (Bayes).
    """
    both, neither = one * other, (1 - one) * (1 - other)
    return round(both / (both + neither), 3) if both + neither else one


def _is_doubted(finding: Finding, doubted: Sequence[Ask]) -> bool:
    return any(
        (ask.sign, ask.side) == (finding.sign, finding.side)
        and ask.start < finding.end
        and finding.start < ask.end
        for ask in doubted
    )


def _confirms(item: Finding, finding: Finding) -> bool:
    sides = {item.side, finding.side}
    same_side = len(sides) == 1 or Side.UNKNOWN in sides
    return item.sign == finding.sign and same_side and item.overlaps(finding)


def _is_denied(finding: Finding, seen: Sequence[Observation]) -> bool:
    return any(
        isinstance(item, Absence)
        and item.sign == finding.sign
        and item.start <= finding.start
        and finding.end <= item.end
        for item in seen
    )


def _with(finding: Finding, confidence: float, why: str) -> Finding:
    said = f"confidence {why}"
    evidence = f"{finding.evidence}; {said}" if finding.evidence else said
    return msgspec.structs.replace(finding, confidence=confidence, evidence=evidence)
