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

from s3ns.facts import (
    Ask,
    CapabilityError,
    Document,
    Finding,
    InputError,
    Observation,
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
    """An extractor that can be asked about a stretch."""

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
        found = reasoner.reason(_joined(found, observations, step))
    return found


def _is_same(one: Ask, other: Ask) -> bool:
    """Tell whether two stretches of a sign are the same for the most part."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return one.sign == other.sign and shared >= (one.end - one.start) / 2


def _joined(document: Document, seen: Sequence[Observation], step: Step) -> Document:
    """Return the Document with what was seen; the rules weigh it with the rest."""
    if document.recording.mirrored:
        seen = [
            mirrored_finding(item) if isinstance(item, Finding) else item
            for item in seen
        ]
    return document.with_observations(seen, step)
