"""What every producer of findings looks like, and where it registers.

The landmark extractor, language models and trained encoders are extractors; the
pipeline knows them only by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from s3ns.facts import CapabilityError, Document, bad_value

Progress = Callable[[float, float], None]
"""Called with the seconds done and the seconds in all."""


@dataclass(frozen=True)
class ExtractOptions:
    """What a user may ask of any extractor.

    Attributes
    ----------
    fps
        Frames analysed per second.
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
    """

    fps: float = 10.0
    start: float = 0.0
    end: float | None = None
    device: str = "auto"
    models: Path | None = None
    patient_roi: tuple[int, int, int, int] | None = None
    mirrored: bool = False


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


_REGISTRY: dict[str, Callable[[], Extractor]] = {}

Factory = TypeVar("Factory", bound=Callable[[], Extractor])


def register_extractor(name: str) -> Callable[[Factory], Factory]:
    """Register a class or function that makes an extractor."""

    def register(factory: Factory) -> Factory:
        if name in _REGISTRY:
            raise ValueError(f"extractor {name!r} is registered twice")
        _REGISTRY[name] = factory
        return factory

    return register


def extractor_names() -> list[str]:
    """Return the names of all extractors."""
    import s3ns.neural.landmark_extractor  # noqa: F401  (registers itself)

    return sorted(_REGISTRY)


def make_extractor(name: str) -> Extractor:
    """Make the extractor of that name.

    Raises
    ------
    CapabilityError
        If there is none of that name.
    """
    names = extractor_names()
    if name not in names:
        raise CapabilityError(bad_value("extractor", name, names))
    return _REGISTRY[name]()
