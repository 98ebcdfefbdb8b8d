"""Train the temporal heads on rendered films, and choose who judges which sign.

    s3ns synth suite --seed 11 --count 300 -o films/
    s3ns synth suite --seed 13 --count 300 -o films/
    s3ns synth suite --seed 12 --count 300 -o played/ --rehearse
    python benchmarks/temporal_heads.py films/ --keep tracks/ --rehearsals played/

The network is a temporal convolution over :mod:`s3ns.neural.heads.channels` that tells
for each step which signs the own side shows, and which can be judged. It learns from
what the landmark models see in the films, from the same films by their markers, and
from rehearsals, which have markers only.

Films are cut into folds. What a network trained without a fold says of its films is
compared with what the detectors say of them, sign by sign, by the F1 over films and
over occurrences. The threshold of a fold is the highest good one of the other folds.
A head judges a sign where it is better by a margin. The networks that are kept learn
from all films; ``s3ns bench synthetic`` then measures them on the test split, whose
films are refused here.

Needs the extras ``train`` and ``synthetic``. The same seed and films give the same
weights on the same machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import msgspec
import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import log_expit, logit

from s3ns.benchmarks.synthetic.exact import exact_tracks, has_places
from s3ns.benchmarks.synthetic.routes import as_document, films, followed
from s3ns.benchmarks.synthetic.score import Clip, is_right, load, score_sign
from s3ns.facts import Document, InputError, Observation, Side, sign_named
from s3ns.neural.extractor import ExtractOptions
from s3ns.neural.heads.channels import channels, judged_signs
from s3ns.neural.heads.judge import (
    CARD,
    CERTAIN,
    STEPS_PER_SECOND,
    WEIGHTS,
    Card,
    Chances,
    Row,
    revised,
)
from s3ns.neural.heads.network import Example, Network, as_onnx, train
from s3ns.neural.signs.limbs import POSTURES
from s3ns.neural.signs.registry import detect_all
from s3ns.neural.tracks import SIDES, Tracks

FOLDS = 4
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
MARGIN = 0.02
"""Of F1, by which a head must be better: it has a threshold for each sign to choose.
Design."""

TOLERANCE = 0.02
"""Of F1, within which the highest threshold is taken: to find what is not there is
worse than to miss what is. Design."""

STIFF = 1.0
"""Pull towards confidences as they are, in nats. Design."""

LONGEST = 60.0
"""Seconds: a minute of sleep before a seizure teaches nothing."""


@dataclass(frozen=True)
class Film:
    """A film with its tracks, what the detectors say of them, and the truth."""

    clip: Clip
    tracks: Tracks
    said: list[Observation]

    @property
    def name(self) -> str:
        """Name of the film."""
        return self.clip.name

    def example(self) -> Example:
        """Return what a network learns from the film."""
        return _example(self.clip.truth, self.tracks, self.said)


def gather(suites: Sequence[Path], kept: Path) -> list[Film]:
    """Read films, and follow the patients of those that have no tracks yet."""
    kept.mkdir(parents=True, exist_ok=True)
    options = ExtractOptions(fps=STEPS_PER_SECOND)
    gathered: list[Film] = []

    def route(film: Path, truth: Document) -> Document:
        tracks = followed(film, truth, options, kept, lambda *_: None)
        said = detect_all(tracks)
        found = as_document(truth, tracks, said, "models")
        gathered.append(Film(Clip(film.stem, truth, found, "", "", ""), tracks, said))
        return found

    for suite in suites:
        if any(path.name.startswith("test-") for path, _ in films(suite)):
            raise InputError(f"{suite} holds films of the test split")
        load(suite, route)
    return [film for film in gathered if film.tracks.end <= LONGEST]


def _example(truth: Document, tracks: Tracks, said: Sequence[Observation]) -> Example:
    names, count = judged_signs(), len(tracks.times)
    shown = np.zeros((2, count, len(names)), np.float32)
    counts = np.ones_like(shown)
    judgeable = np.ones_like(shown)

    for gap in truth.unassessable:
        if gap.sign in names:
            place = names.index(gap.sign)
            judgeable[:, tracks.during(gap), place] = 0
            counts[:, tracks.during(gap), place] = 0
    for item in truth.findings:
        if item.sign not in names:
            continue
        place = names.index(item.sign)
        least = sign_named(item.sign).minimum_duration
        for number, side in enumerate(SIDES):
            if item.side != Side(side).mirrored:
                shown[number, tracks.during(item), place] = 1
                # A posture shorter than it must be held may be found or not.
                if item.sign in POSTURES and item.duration < least:
                    counts[number, tracks.during(item), place] = 0
    return Example(
        channels(tracks, said),
        np.concatenate([shown, judgeable], axis=-1),
        np.concatenate([counts, np.ones_like(counts)], axis=-1),
    )


def by_markers(suites: Sequence[Path]) -> dict[str, Example]:
    """Return what a network learns from the markers of films, by the film's name."""
    found = {}
    for suite in suites:
        for film, path in films(suite):
            truth = Document.read(path)
            if truth.recording.duration <= LONGEST and has_places(film):
                tracks = exact_tracks(film, STEPS_PER_SECOND)
                found[film.stem] = _example(truth, tracks, detect_all(tracks))
    return found


def _fold(name: str) -> int:
    return crc32(name.encode()) % FOLDS


def _learn(examples: Sequence[Example], steps: int, seed: int) -> Network:
    torch.set_num_threads(1)
    return train(examples, steps=steps, seed=seed)


def chances(network: Network, film: Film) -> Chances:
    """Return what a network says of a film."""
    with torch.no_grad():
        values = torch.from_numpy(channels(film.tracks, film.said))
        return Chances.of(film.tracks.times, network(values).numpy())


def judged(film: Film, sign: str, said: Chances, row: Row) -> Clip:
    """Return the clip of a film with one sign judged by a head."""
    own = [item for item in film.said if item.sign == sign]
    found = revised(sign, film.tracks, own, said, row)
    told = as_document(film.clip.truth, film.tracks, found, "models")
    return replace(film.clip, found=told)


def quality(clips: Sequence[Clip], sign: str) -> float:
    """Return the mean of two F1; NaN if no film shows the sign.

    One is over films, one over occurrences, less the share found on the wrong side.
    """
    score = score_sign(clips, sign)
    right = score.sides_right / score.sides if score.sides else 1.0
    return (score.clips.f1 + right * score.events.f1) / 2


def choose(sign: str, gathered: Sequence[Film], said: Mapping[str, Chances]) -> Row:
    """Return who judges a sign, and from which chance on."""

    def row(threshold: float) -> Row:
        return Row(True, threshold, 1.0, 0.0, 0, None, None)

    by_threshold = {
        threshold: {
            film.name: judged(film, sign, said[film.name], row(threshold))
            for film in gathered
        }
        for threshold in THRESHOLDS
    }

    def best(folds: Iterable[int]) -> float:
        def of(threshold: float) -> float:
            clips = by_threshold[threshold]
            return quality([c for n, c in clips.items() if _fold(n) in folds], sign)

        least = max(map(of, THRESHOLDS)) - TOLERANCE
        return max((t for t in THRESHOLDS if of(t) >= least), default=max(THRESHOLDS))

    every = set(range(FOLDS))
    by_head = [
        by_threshold[best(every - {fold})][film.name]
        for fold in every
        for film in gathered
        if _fold(film.name) == fold
    ]
    by_detector = [film.clip for film in gathered]
    scores = [quality(clips, sign) for clips in (by_head, by_detector)]
    better = scores[0] >= scores[1] + MARGIN
    threshold = best(every)
    judge = list(by_threshold[threshold].values()) if better else by_detector
    slope, offset = calibration(judge, sign)
    score = score_sign(by_detector, sign).clips
    return Row(
        by_head=bool(better),
        threshold=threshold,
        slope=slope,
        offset=offset,
        films=score.right + score.missed,
        head=_figure(scores[0]),
        detector=_figure(scores[1]),
    )


def _figure(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 3)


def calibration(clips: Sequence[Clip], sign: str) -> tuple[float, float]:
    """Return slope and offset that make confidences the chance of being right.

    By logistic regression (Platt 1999), drawn towards leaving confidences as they are:
    of a rare sign there is little to learn from.
    """
    told = [
        (item.confidence, is_right(clip, item))
        for clip in clips
        for item in clip.found.findings
        if item.sign == sign
    ]
    known = [(value, right) for value, right in told if right is not None]
    values = np.array([value for value, _ in known]).clip(CERTAIN, 1 - CERTAIN)
    rights = np.array([right for _, right in known], float)

    def loss(fit: Sequence[float]) -> float:
        odds = fit[0] * logit(values) + fit[1]
        likelihood = rights * log_expit(odds) + (1 - rights) * log_expit(-odds)
        return float(STIFF * ((fit[0] - 1) ** 2 + fit[1] ** 2) - likelihood.sum())

    slope, offset = minimize(loss, (1.0, 0.0), bounds=((0.1, 3), (-4, 4))).x
    return round(float(slope), 3), round(float(offset), 3)


def main() -> None:
    """Train, choose, and write weights and card into the package."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="+", type=Path)
    parser.add_argument("--keep", type=Path, required=True, help="folder of tracks")
    parser.add_argument("--rehearsals", nargs="*", type=Path, default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--networks", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    gathered = gather(options.suites, options.keep)
    marked = by_markers(options.suites)
    extra = by_markers(options.rehearsals)
    print(f"{len(gathered)} films, {len(extra)} rehearsals", flush=True)
    own = {film.name: film.example() for film in gathered}

    def without(fold: int | None) -> list[Example]:
        kept = [
            examples[name]
            for examples in (own, marked)
            for name in examples
            if _fold(name) != fold
        ]
        return [*kept, *extra.values()]

    tasks: list[int | None] = [*range(FOLDS), *[None] * options.networks]
    with ProcessPoolExecutor(options.jobs) as pool:
        learning = [
            pool.submit(_learn, without(fold), options.steps, options.seed + number)
            for number, fold in enumerate(tasks)
        ]
        networks = [item.result() for item in learning]
    said = {film.name: chances(networks[_fold(film.name)], film) for film in gathered}
    rows = {sign: choose(sign, gathered, said) for sign in judged_signs()}
    for sign, row in rows.items():
        judge = "head" if row.by_head else "detector"
        print(
            f"{sign:26s} films {row.films:3d}  head {row.head}  detector "
            f"{row.detector}  at {row.threshold:.2f} -> {judge}",
            flush=True,
        )
    weights = as_onnx(networks[FOLDS:])
    WEIGHTS.write_bytes(weights)
    card = Card(
        sha256=hashlib.sha256(weights).hexdigest(),
        made={
            "script": "benchmarks/temporal_heads.py",
            "seed": options.seed,
            "steps": options.steps,
            "networks": options.networks,
            "films": " ".join(sorted(own)),
            "rehearsals": " ".join(sorted(extra)),
        },
        signs=rows,
    )
    text = json.dumps(msgspec.to_builtins(card), indent=2)
    CARD.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
