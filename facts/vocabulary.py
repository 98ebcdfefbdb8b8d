"""The vocabulary: the 20 signs and the words that findings are made of.

Everything that lists signs, sides, measures or reasons derives it from here; the data
lie in ``vocabulary.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec

from s3ns.facts.errors import bad_value


class Side(str, Enum):
    """The patient's own side that a finding belongs to.

    ``NONE`` is for signs that have no side; ``UNKNOWN`` for a sided sign whose side
    could not be told.
    """

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"
    NONE = "none"
    UNKNOWN = "unknown"

    @property
    def mirrored(self) -> Side:
        """The side that a mirrored recording would show."""
        return {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}.get(self, self)

    def __str__(self) -> str:
        return self.value


class Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sign of the vocabulary.

    Attributes
    ----------
    name
        Identifier in Documents and rules.
    title
        Name for people.
    phrase
        Name within a sentence. What stands in brackets is said where the side is
        known, with ``{side}`` for it.
    group
        Body group, a key of :attr:`Vocabulary.groups`.
    modality
        ``video`` or ``audio``: what an extractor needs to judge it.
    sides
        Sides a finding may take besides ``unknown`` (the latter only for sided signs).
    minimum_duration
        Shortest finding that counts, in seconds.
    definition, question
        What the sign is, and the question put to a language model.
    hed, hpo
        HED-SCORE 2.1.0 id and closest HPO term, where one exists.
    sources
        Where the definition comes from.
    is_lead_in
        Whether it precedes an event and is no part of it.
    """

    name: str
    title: str
    phrase: str
    group: str
    modality: str
    sides: tuple[Side, ...]
    minimum_duration: float
    definition: str
    question: str
    hed: str | None
    hpo: str | None
    sources: tuple[str, ...]
    is_lead_in: bool = False

    @property
    def is_sided(self) -> bool:
        """Whether a finding of this sign may name the left or the right."""
        return Side.LEFT in self.sides

    def allows(self, side: Side) -> bool:
        """Whether a finding of this sign may have that side."""
        return side in self.sides or (self.is_sided and side is Side.UNKNOWN)

    def worded(self, side: Side = Side.NONE) -> str:
        """Return the phrase with a side of the patient, if that says one."""
        before, opened, rest = self.phrase.partition("[")
        said, _, after = rest.partition("]")
        if not opened or side in {Side.NONE, Side.UNKNOWN}:
            return before + after
        named = "both sides" if side is Side.BILATERAL else f"the {side}"
        return before + said.format(side=named) + after


class MeasureKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A quantity that findings may carry.

    Attributes
    ----------
    unit
        Unit of the value in a Document.
    scale
        Factor to the integer that rules see: a rate of 3.1 Hz at scale 100 is 310.
    title
        Name for people.
    """

    unit: str
    scale: int
    title: str


class Vocabulary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All words of the contract; see :func:`vocabulary`."""

    version: str
    groups: dict[str, str]
    reasons: dict[str, str]
    measures: dict[str, MeasureKind]
    signs: tuple[Sign, ...]

    @property
    def by_name(self) -> Mapping[str, Sign]:
        """The signs by their name, in vocabulary order."""
        return _signs_by_name()

    @property
    def lead_in(self) -> str:
        """The sign that precedes an event and is no part of it: apparent sleep."""
        return next(sign.name for sign in self.signs if sign.is_lead_in)


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary that this version ships."""
    raw = files("s3ns.facts").joinpath("vocabulary.json").read_bytes()
    return msgspec.json.decode(raw, type=Vocabulary)


@cache
def _signs_by_name() -> Mapping[str, Sign]:
    return MappingProxyType({sign.name: sign for sign in vocabulary().signs})


def sign_named(name: str) -> Sign:
    """Look a sign up.

    Raises
    ------
    ValueError
        If the vocabulary has no such sign; the message names the nearest one.
    """
    signs = _signs_by_name()
    if name not in signs:
        raise ValueError(bad_value("sign", name, signs))
    return signs[name]
