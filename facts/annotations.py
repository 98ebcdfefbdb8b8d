"""Documents made from what people annotated in other programs, and the formats there.

A format is one module with a reader, a writer or both, entered in :data:`FORMATS`.
Annotators mark what they see. What they looked for and did not see is known only if
they say so: those signs are named, and are absent wherever they are not marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from s3ns.facts.document import Document, Recording, Step
from s3ns.facts.errors import InputError, bad_value
from s3ns.facts.finding import Absence, Observation
from s3ns.facts.vocabulary import Side, sign_named, vocabulary

SOURCE = "annotation"
"""Source of findings that a person marked; never who it was."""

FORMATS = {
    "bids": ".tsv",
    "boris": ".tsv",
    "elan": ".eaf",
    "webvtt": ".vtt",
}
"""The formats and the ending of their files; each is a module ``facts/as_NAME.py``."""


@dataclass(frozen=True)
class Marked:
    """What a file of annotations says.

    Attributes
    ----------
    observations
        What was marked.
    left_out
        Names of what was marked and is no sign, with how often.
    """

    observations: tuple[Observation, ...]
    left_out: dict[str, int]


Read = Callable[[Path], Marked]
Write = Callable[[Document, Path], None]


def reader(name: str) -> Read:
    """Return what reads a format.

    Raises
    ------
    InputError
        If there is no such format, or it can only be written.
    """
    found: Read = _part(name, "read")
    return found


def writer(name: str) -> Write:
    """Return what writes a format.

    Raises
    ------
    InputError
        If there is no such format, or it can only be read.
    """
    found: Write = _part(name, "write")
    return found


def companions(name: str, path: Path) -> list[Path]:
    """Return the files that a writer makes beside the one that was asked for."""
    beside: Callable[[Path], list[Path]] | None = _found(name, "companions")
    return [] if beside is None else beside(path)


def document_of(
    marked: Marked,
    recording: Recording,
    *,
    looked_for: Sequence[str],
    stage: str,
    version: str,
) -> Document:
    """Make a Document of what was marked.

    Parameters
    ----------
    marked
        What a reader returned.
    recording
        The recording that was annotated.
    looked_for
        Signs that are absent wherever nothing was marked of them.
    stage, version
        Name of the format and version of s3ns, for the provenance.

    Raises
    ------
    InputError
        If something was marked past the end of the recording.
    """
    end = recording.duration
    for item in marked.observations:
        if item.end > end + 1:
            raise InputError(
                f"{item.sign} is marked until {item.end:.1f} s in a recording of "
                f"{end:.1f} s; check that the annotation belongs to it"
            )
    remarks = tuple(
        f"{count} annotations of {name!r} are no sign of the vocabulary and were left "
        "out"
        for name, count in marked.left_out.items()
    )
    absences = [
        absence
        for sign in looked_for
        for absence in _gaps(marked, sign_named(sign).name, end)
    ]
    return Document(recording=recording).with_observations(
        [*marked.observations, *absences],
        Step(
            stage=stage,
            tool="s3ns convert",
            version=version,
            parameters={"looked_for": ",".join(looked_for) or None},
            window=(0.0, end),
            remarks=remarks,
        ),
    )


def sign_and_side(name: str, side: str = "") -> tuple[str, Side] | None:
    """Return the sign and the side that names of another program stand for.

    Parameters
    ----------
    name
        Name or title of a sign, in any case, perhaps with ``@side``.
    side
        A side, where it is told apart.

    Returns
    -------
    ``None`` where it is no sign. A side that the sign cannot have is ``unknown`` for a
    sign with sides, and left out for one without.
    """
    words, _, after = name.partition("@")
    plain = "_".join(words.strip().lower().split())
    for sign in vocabulary().signs:
        if plain in {sign.name, "_".join(sign.title.lower().split())}:
            told = (side or after).strip().lower()
            known = Side(told) if told in {str(one) for one in Side} else Side.UNKNOWN
            if sign.allows(known):
                return sign.name, known
            return sign.name, Side.UNKNOWN if sign.is_sided else sign.sides[0]
    return None


def count_unknown(left_out: dict[str, int], name: str) -> None:
    """Count an annotation that is no sign."""
    left_out[name] = left_out.get(name, 0) + 1


def _gaps(marked: Marked, sign: str, end: float) -> Iterable[Absence]:
    reached = 0.0
    own = [item for item in marked.observations if item.sign == sign]
    for item in sorted(own, key=lambda one: one.start):
        if item.start > reached:
            yield Absence(sign=sign, start=reached, end=item.start, source=SOURCE)
        reached = max(reached, item.end)
    if end > reached:
        yield Absence(sign=sign, start=reached, end=end, source=SOURCE)


def _part(name: str, part: str) -> Any:
    found = _found(name, part)
    if found is None:
        done = "read" if part == "read" else "written"
        raise InputError(f"the format {name} cannot be {done}; see s3ns convert --help")
    return found


def _found(name: str, part: str) -> Any:
    if name not in FORMATS:
        raise InputError(bad_value("format", name, FORMATS))
    return getattr(import_module(f"s3ns.facts.as_{name}"), part, None)
