"""From a film to a Document: by the models that look at it, or by its own markers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from s3ns import __version__
from s3ns.benchmarks.synthetic.exact import exact_tracks, has_places
from s3ns.benchmarks.synthetic.film import TRUTH
from s3ns.facts import Document, InputError, Observation, Step
from s3ns.neural.extractor import ExtractOptions, Progress, Settings
from s3ns.neural.heads.judge import judge
from s3ns.neural.landmark_extractor import LandmarkExtractor
from s3ns.neural.signs.registry import detect_all
from s3ns.neural.tracks import Tracks
from s3ns.neural.tracks_file import read_tracks, write_tracks

Route = Callable[[Path, Document], Document]
"""Returns what is found in a film, of which the truth is given."""


def films(suite: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the films of a suite, each with the file of its truth.

    Raises
    ------
    InputError
        If there are none.
    """
    paths = sorted(suite.glob(f"*{TRUTH}"))
    if not paths:
        raise InputError(f"{suite} holds no *{TRUTH}; make it with s3ns synth suite")
    for path in paths:
        yield path.with_name(path.name.removesuffix(TRUTH) + ".mp4"), path


def from_documents(folder: Path, suite: Path) -> Route:
    """Return the route of Documents that any extractor made, matched by pseudonym."""

    def route(film: Path, truth: Document) -> Document:
        found = folder / f"{truth.recording.id}.json"
        if not found.exists():
            raise InputError(
                f"{folder} has no Document of {film.name}; run s3ns extract {suite} "
                f"-o {folder} --resume"
            )
        return Document.read(found)

    return route


def by_models(options: ExtractOptions, kept: Path | None, progress: Progress) -> Route:
    """Return the route of the landmark models.

    Parameters
    ----------
    options
        How films are analysed.
    kept
        Folder in which tracks are kept, so that detectors can be tried again within
        seconds; tracks found there are not measured again.
    progress
        Called with seconds of the film done, and in all.
    """

    def route(film: Path, truth: Document) -> Document:
        tracks = followed(film, truth, options, kept, progress)
        return _document(truth, tracks, "models")

    return route


def followed(
    film: Path,
    truth: Document,
    options: ExtractOptions,
    kept: Path | None,
    progress: Progress,
) -> Tracks:
    """Return the tracks of a film by the landmark models, measured or kept."""
    path = kept and kept / f"{film.stem}.tracks.npz"
    tracks = read_tracks(path) if path and path.exists() else None
    if tracks is None or tracks.rate != options.fps:
        extractor = LandmarkExtractor(Settings())
        tracks, _ = extractor.track(film, truth.recording, options, progress)
        if path:
            write_tracks(path, tracks)
    return tracks


def by_markers(rate: float) -> Route:
    """Return the route of the true places, which no model looked for."""

    def route(film: Path, truth: Document) -> Document:
        return _document(truth, exact_tracks(film, rate), "markers")

    return route


def has_markers(suite: Path) -> bool:
    """Tell whether all films of a suite have their curves, with markers."""
    return all(has_places(film) for film, _ in films(suite))


def _document(truth: Document, tracks: Tracks, route: str) -> Document:
    return as_document(truth, tracks, judge(tracks, detect_all(tracks)), route)


def as_document(
    truth: Document, tracks: Tracks, said: Iterable[Observation], route: str
) -> Document:
    """Return a Document of what is said of the tracks of a film."""
    return Document(recording=truth.recording).with_observations(
        said,
        Step(
            stage="extract",
            tool=f"s3ns {LandmarkExtractor.name}",
            version=__version__,
            parameters={"fps": tracks.rate, "route": route},
            window=(tracks.start, tracks.end),
        ),
    )
