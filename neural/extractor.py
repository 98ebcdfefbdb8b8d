"""What every producer of findings looks like, and where it registers.

The landmark extractor, language models and trained encoders are extractors; the
pipeline knows them only by name. What a user may ask of any of them are
:class:`ExtractOptions`; what only one of them understands are its :class:`Settings`,
which it registers with its name. The command line passes them on unread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from s3ns.facts import CapabilityError, Document, InputError, Recording, bad_value

Progress = Callable[[float, float], None]
"""Called with the seconds done and the seconds in all."""


@dataclass(frozen=True)
class ExtractOptions:
    """What a user may ask of any extractor.

    Attributes
    ----------
    fps
        Frames analysed per second; 15 show the tremor of tonic contraction, and are
        what old recorders keep.
    start, end
        Stretch to analyse in seconds; ``end`` of ``None`` is the end of the video.
    device
        ``auto``, ``cpu``, ``cuda`` or ``tensorrt``.
    models
        Folder of models in place of the cache.
    patient_roi
        Where the patient is, ``(x, y, width, height)`` in pixels of the upright
        picture.
    mirrored
        Whether the recording is mirrored, so that the sides must be exchanged.
    settings
        What is asked of this one extractor, by the names of its :class:`Settings`.
    """

    fps: float = 15.0
    start: float = 0.0
    end: float | None = None
    device: str = "auto"
    models: Path | None = None
    patient_roi: tuple[int, int, int, int] | None = None
    mirrored: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def stated_roi(self) -> str | None:
        """Where the patient is, as it is typed and kept in Documents."""
        roi = self.patient_roi
        return None if roi is None else ",".join(map(str, roi))


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only one extractor understands; each field has a default and a description.

    Values come as text. Ranges and descriptions are given by :func:`about`.
    """


def about(description: str, **more: Any) -> msgspec.Meta:
    """Return what a setting is about, and its range, for ``Annotated``."""
    return msgspec.Meta(description=description, **more)


class Extractor(Protocol):
    """A producer of findings."""

    name: str

    def extract(
        self, video: Path, options: ExtractOptions, progress: Progress
    ) -> Document:
        """Look at a video and return a Document with what was found.

        Raises
        ------
        InputError
            If the video cannot be read.
        ModelError
            If a model is missing.
        CapabilityError
            If a device or package that is needed is not there.
        """
        ...


SettingsT = TypeVar("SettingsT", bound=Settings)


class _Entry(NamedTuple):
    factory: Callable[..., Extractor]
    settings: type[Settings]


_REGISTRY: dict[str, _Entry] = {}

Factory = TypeVar("Factory", bound=Callable[..., Extractor])


def register_extractor(
    name: str, settings: type[Settings] = Settings
) -> Callable[[Factory], Factory]:
    """Register a class or function that makes an extractor from its settings."""

    def register(factory: Factory) -> Factory:
        if name in _REGISTRY:
            raise ValueError(f"extractor {name!r} is registered twice")
        _REGISTRY[name] = _Entry(factory, settings)
        return factory

    return register


def extractor_names() -> list[str]:
    """Return the names of all extractors."""
    # They register themselves.
    import s3ns.neural.encoders.extractor
    import s3ns.neural.landmark_extractor
    import s3ns.neural.mllm.extractor  # noqa: F401

    return sorted(_REGISTRY)


def settings_type(name: str) -> type[Settings]:
    """Return what an extractor understands beside :class:`ExtractOptions`.

    Raises
    ------
    CapabilityError
        If there is no extractor of that name.
    """
    names = extractor_names()
    if name not in names:
        raise CapabilityError(bad_value("extractor", name, names))
    return _REGISTRY[name].settings


def make_extractor(name: str, settings: Mapping[str, str] | None = None) -> Extractor:
    """Make the extractor of that name.

    Raises
    ------
    CapabilityError
        If there is none of that name, or it does not understand a setting.
    """
    kind = settings_type(name)
    return _REGISTRY[name].factory(read_settings(name, kind, settings or {}))


def read_settings(
    name: str, kind: type[SettingsT], given: Mapping[str, str]
) -> SettingsT:
    """Read the settings of an extractor from text.

    Raises
    ------
    CapabilityError
        If it has no such setting, or a value is not of its kind.
    """
    known = kind.__struct_fields__
    for setting in given:
        if not known:
            raise CapabilityError(
                f"the extractor {name} has no settings of its own, got {setting!r}"
            )
        if setting not in known:
            raise CapabilityError(bad_value(f"setting of {name}", setting, known))
    values: dict[str, Any] = dict(given)
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise CapabilityError(f"wrong setting of the extractor {name}: {error}") from (
            error
        )


def analysed_stretch(
    recording: Recording, options: ExtractOptions
) -> tuple[float, float]:
    """Return start and end in seconds of what is to be looked at.

    Raises
    ------
    InputError
        If nothing of the recording lies there.
    """
    end = recording.duration if options.end is None else options.end
    end = min(end, recording.duration)
    if not 0 <= options.start < end:
        raise InputError(
            f"nothing to analyse from {options.start:g} s to {end:g} s in a recording "
            f"of {recording.duration:.1f} s; change --start and --end"
        )
    return options.start, end
