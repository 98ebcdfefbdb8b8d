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
    Step,
)

if TYPE_CHECKING:
    from s3ns.neural.extractor import ExtractOptions
    from s3ns.symbolic import Reasoner

ROUNDS = 3
"""How often the rules may ask, at most."""


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
    from s3ns.symbolic import inquire  # noqa: PLC0415

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
    settled: set[tuple[str, float, float]] = set()
    for _ in range(rounds):
        asks = inquire(reasoner.base, found, ask=True).asks or ()
        # One look tells of all sides of a stretch.
        places = {(ask.sign, ask.start, ask.end): ask for ask in reversed(asks)}
        new = [ask for place, ask in places.items() if place not in settled]
        if not new:
            break
        settled |= places.keys()
        observations, step = producer.look_again(video, new[::-1], options)
        joined = _joined(found, asks, observations, step, producer.reliability)
        found = reasoner.reason(joined)
    return found


def _joined(
    document: Document,
    asks: Sequence[Ask],
    seen: Sequence[Observation],
    step: Step,
    reliability: float,
) -> Document:
    """Return the Document with what was seen, and doubts lowered that it confirms."""
    if document.recording.mirrored:
        seen = [_mirrored(item) for item in seen]
    doubted = [ask for ask in asks if ask.state == "unsure"]
    findings = tuple(
        _weighed(item, doubted, seen, reliability) for item in document.findings
    )
    weighed = msgspec.structs.replace(document, findings=findings)
    return weighed.with_observations(seen, step)


def _mirrored(item: Observation) -> Observation:
    if isinstance(item, Finding):
        return msgspec.structs.replace(item, side=item.side.mirrored)
    return item


def _weighed(
    finding: Finding,
    doubted: Sequence[Ask],
    seen: Sequence[Observation],
    reliability: float,
) -> Finding:
    """Return a doubted finding with the mean of both views where the model saw none.

    That is what the rules do with two findings of one sign: the mean of both.
    """
    is_doubted = any(
        (ask.sign, ask.side) == (finding.sign, finding.side)
        and ask.start < finding.end
        and finding.start < ask.end
        for ask in doubted
    )
    here = [item for item in seen if item.sign == finding.sign]
    covered = any(
        isinstance(item, Absence)
        and item.start <= finding.start
        and finding.end <= item.end
        for item in here
    )
    if not (is_doubted and covered):
        return finding
    confidence = round((finding.confidence + 1 - reliability) / 2, 3)
    said = f"confidence {finding.confidence:.2f} before a language model saw none"
    evidence = f"{finding.evidence}; {said}" if finding.evidence else said
    return msgspec.structs.replace(finding, confidence=confidence, evidence=evidence)
