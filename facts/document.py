"""The Document: what every stage reads and adds its part to."""

from __future__ import annotations

import inspect
import json
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from s3ns.facts.errors import InputError
from s3ns.facts.finding import (
    Absence,
    Finding,
    Interval,
    Observation,
    Unassessable,
    total_duration,
)
from s3ns.facts.inquiry import Inquiry
from s3ns.facts.verdict import Proof, Verdict
from s3ns.facts.vocabulary import Side, vocabulary

FORMAT: Literal["s3ns-document"] = "s3ns-document"
VERSION: Literal["1.1"] = "1.1"
"""Of the format. 1.1 lists each rule of a proof once; of 1.0 the findings are read."""


class Recording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The recording, without anything that names a person or a place.

    Attributes
    ----------
    id
        Pseudonym, made from the hash of the file; never its name.
    duration
        Seconds from the first to the end of the last frame.
    sha256
        Hash of the file; empty where the Document was written by hand.
    width, height
        Size of the upright picture in pixels.
    fps
        Mean frames per second.
    variable_frame_rate
        Whether the time between frames changes.
    rotation
        Degrees that the file asks a player to turn the picture by, counter-clockwise.
    has_audio
        Whether there is a sound track.
    mirrored
        Whether the user said that the recording is mirrored; sides are already the
        patient's own.
    """

    id: str
    duration: float
    sha256: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    variable_frame_rate: bool = False
    rotation: int = 0
    has_audio: bool = False
    mirrored: bool = False


class FileHash(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model or rule file that was used: its name within s3ns, and its hash."""

    name: str
    sha256: str


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one stage did, so that it can be done again.

    There is no date: the same input gives the same bytes.

    Attributes
    ----------
    stage
        ``extract``, ``reason`` or the name of an import format.
    tool, version
        Who did it.
    parameters
        The settings that shaped the result.
    models, rules
        Files that shaped the result.
    window
        Analysed stretch in seconds.
    remarks
        What a reader should know, such as a device that was not there.
    """

    stage: str
    tool: str
    version: str
    parameters: dict[str, str | int | float | bool | None] = {}
    models: tuple[FileHash, ...] = ()
    rules: tuple[FileHash, ...] = ()
    window: tuple[float, float] | None = None
    remarks: tuple[str, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recording, its findings, the verdict, the proof, and where each came from.

    The inquiry holds answers to questions about the verdict, where any were asked.
    """

    recording: Recording
    format: Literal["s3ns-document"] = FORMAT
    version: Literal["1.1"] = VERSION
    findings: tuple[Finding, ...] = ()
    absences: tuple[Absence, ...] = ()
    unassessable: tuple[Unassessable, ...] = ()
    verdict: Verdict | None = None
    proof: Proof | None = None
    inquiry: Inquiry | None = None
    provenance: tuple[Step, ...] = ()

    def with_observations(
        self, observations: Iterable[Observation], step: Step
    ) -> Document:
        """Return a copy with observations added, in canonical order.

        A verdict that was there rests on other findings and is dropped.
        """
        new = list(observations)
        return msgspec.structs.replace(
            self,
            findings=_in_order(self.findings, new, Finding),
            absences=_in_order(self.absences, new, Absence),
            unassessable=_in_order(self.unassessable, new, Unassessable),
            verdict=None,
            proof=None,
            inquiry=None,
            provenance=(*self.provenance, step),
        )

    def with_verdict(self, verdict: Verdict, proof: Proof, step: Step) -> Document:
        """Return a copy with this verdict and proof in place of any earlier one."""
        earlier = tuple(past for past in self.provenance if past.stage != step.stage)
        return msgspec.structs.replace(
            self,
            verdict=verdict,
            proof=proof,
            inquiry=None,
            provenance=(*earlier, step),
        )

    def with_inquiry(self, inquiry: Inquiry) -> Document:
        """Return a copy with these answers in place of any earlier ones."""
        return msgspec.structs.replace(self, inquiry=inquiry)

    def mirrored(self) -> Document:
        """Return a copy with left and right exchanged and without a verdict.

        So are the words *left* and *right* of the evidence.
        """
        flipped = not self.recording.mirrored
        return msgspec.structs.replace(
            self,
            recording=msgspec.structs.replace(self.recording, mirrored=flipped),
            findings=tuple(map(mirrored_finding, self.findings)),
            verdict=None,
            proof=None,
            inquiry=None,
        )

    def coverage(self) -> dict[str, float]:
        """Return, for each sign, the share of the recording in which it was judged."""
        judged: dict[str, list[Interval]] = {name: [] for name in vocabulary().by_name}
        for item in (*self.findings, *self.absences):
            judged[item.sign].append(item)
        length = max(self.recording.duration, 1e-9)
        return {
            name: min(1.0, total_duration(items) / length)
            for name, items in judged.items()
        }

    def to_json(self) -> str:
        """Return the Document as indented JSON with a final newline."""
        compact = msgspec.json.encode(self)
        return msgspec.json.format(compact, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, *, name: str = "document") -> Document:
        """Read a Document.

        Parameters
        ----------
        text
            JSON.
        name
            What to call the input in an error.

        Raises
        ------
        InputError
            If it is not JSON, or not a Document of this version; the message tells
            where.
        """
        try:
            try:
                return msgspec.json.decode(text, type=cls)
            except msgspec.ValidationError:
                raw = msgspec.json.decode(text)
                if not isinstance(raw, dict) or raw.get("version") != "1.0":
                    raise
                return msgspec.convert(_from_1_0(raw), cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            why = _mended(str(error), text)
            raise InputError(f"{name} is not an s3ns Document: {why}") from error

    def write(self, path: Path) -> None:
        """Write the Document to a file, whole or not at all."""
        write_text(path, self.to_json())

    @classmethod
    def read(cls, path: Path) -> Document:
        """Read a Document from a file.

        Raises
        ------
        InputError
            If the file cannot be read or does not hold a Document.
        """
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from error
        return cls.from_json(raw, name=str(path))


def document_schema() -> dict[str, Any]:
    """Return the JSON Schema of a Document, with the vocabulary's words filled in."""
    schema = msgspec.json.schema(Document)
    words = vocabulary()
    for definition in schema["$defs"].values():
        if "description" in definition:
            text = inspect.cleandoc(definition["description"])
            definition["description"] = text.partition("\n\n")[0].replace("\n", " ")
    for kind in (Finding, Absence, Unassessable):
        properties = schema["$defs"][kind.__name__]["properties"]
        properties["sign"]["enum"] = [sign.name for sign in words.signs]
        properties["start"]["minimum"] = properties["end"]["minimum"] = 0
    finding = schema["$defs"]["Finding"]["properties"]
    finding["confidence"].update(minimum=0, maximum=1)
    finding["measures"]["propertyNames"] = {"enum": list(words.measures)}
    reasons = schema["$defs"]["Unassessable"]["properties"]["reason"]
    reasons["enum"] = list(words.reasons)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """Return the text of the shipped ``document.schema.json``."""
    return json.dumps(document_schema(), indent=2) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all; see :func:`write_bytes`."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under a temporary name and move it into place.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def check_writable(folder: Path) -> None:
    """Try whether a folder can be written to, before hours of work; make it if need be.

    Raises
    ------
    InputError
        If it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from error


def _mended(said: str, text: str | bytes) -> str:
    """Return why JSON cannot be read, for people who wrote it in an editor."""
    if byte := re.search(r"\(byte (\d+)\)", said):
        raw = text.encode() if isinstance(text, str) else text
        ahead = raw[: int(byte[1])].decode(errors="replace")
        line, column = ahead.count("\n") + 1, len(ahead) - ahead.rfind("\n")
        return said.replace(byte[0], f"(line {line}, column {column})")
    if said.startswith("Invalid enum value") and said.endswith(".side`"):
        return f"{said}; sides are {', '.join(Side)}"
    return said


def _from_1_0(raw: dict[str, Any]) -> dict[str, Any]:
    """Drop the verdict of version 1.0, whose proofs were written otherwise.

    It is derived anew from the findings; those are the same in both versions.
    """
    later = {"verdict", "proof", "inquiry"}
    return {
        **{name: raw[name] for name in raw if name not in later},
        "version": VERSION,
    }


def mirrored_finding(finding: Finding) -> Finding:
    """Return a finding with left and right exchanged, also in the words of evidence."""
    words = re.sub(
        r"\b(?:left|right)\b", lambda m: Side(m[0]).mirrored.value, finding.evidence
    )
    return msgspec.structs.replace(finding, side=finding.side.mirrored, evidence=words)


def _in_order(
    old: tuple[Any, ...], new: list[Observation], kind: type
) -> tuple[Any, ...]:
    items = [*old, *(item for item in new if isinstance(item, kind))]
    return tuple(sorted(items, key=lambda item: item.sort_key))
