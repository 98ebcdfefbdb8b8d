"""What is put to a language model, whichever way the model is run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Picture:
    """A picture as a JPEG file."""

    jpeg: bytes


@dataclass(frozen=True)
class Voice:
    """Mono sound at 16 kHz as a WAV file."""

    wav: bytes


Part = str | Picture | Voice


@dataclass(frozen=True)
class Request:
    """One question with what it is about.

    Attributes
    ----------
    system
        How to answer, whatever is asked.
    parts
        Words, pictures and sound in their order.
    schema
        JSON Schema of the answer; ``None`` where plain text is wanted.
    tokens
        Length of the longest answer.
    weighed
        Member of the answer for whose values probabilities are wanted, if the model
        can tell them; the schema lists the values.
    """

    system: str
    parts: tuple[Part, ...]
    schema: dict[str, Any] | None
    tokens: int = 512
    weighed: str = ""

    @property
    def values(self) -> list[str]:
        """The values that are weighed against each other."""
        if not (self.weighed and self.schema):
            return []
        return list(self.schema["properties"][self.weighed]["enum"])

    def digest(self, model: str, address: str) -> str:
        """Return the hash of all that decides what a model answers.

        Parameters
        ----------
        model, address
            Identity and address of a :class:`Backend`.
        """
        parts: list[Any] = [
            part if isinstance(part, str) else {type(part).__name__: _hash_of(part)}
            for part in self.parts
        ]
        told = [
            *(model, address, self.system, parts),
            *(self.schema, self.tokens, self.weighed),
        ]
        text = json.dumps(told, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _hash_of(part: Picture | Voice) -> str:
    raw = part.jpeg if isinstance(part, Picture) else part.wav
    return hashlib.sha256(raw).hexdigest()


@dataclass(frozen=True)
class Reply:
    """What a model says.

    Attributes
    ----------
    text
        The answer as it came.
    chances
        Probabilities of the values that the request weighs, which add up to 1;
        ``None`` where the model does not tell.
    """

    text: str
    chances: Mapping[str, float] | None = None


class Backend(Protocol):
    """A way to run a language model; the same request gives the same answer.

    Attributes
    ----------
    identity
        What tells this model from others; no path and no address.
    address
        Where a model runs whose weights nothing proves; else empty. Answers are told
        apart by it, and it is written nowhere but into the hash of the whole question.
    remarks
        What a reader of the results should know of it.
    concurrency
        How many requests it takes at once.
    sees, hears
        Whether it takes pictures, and sound.
    """

    identity: str
    address: str
    remarks: tuple[str, ...]
    concurrency: int
    sees: bool
    hears: bool

    def ask(self, request: Request) -> Reply:
        """Return what the model says.

        Called from several threads.

        Raises
        ------
        CapabilityError
            If the model cannot be reached or run.
        """
        ...

    def close(self) -> None:
        """End what is running, so that waiting calls of :meth:`ask` raise."""
        ...
