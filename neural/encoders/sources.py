"""What can be exported, found by what lies in a folder."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from s3ns.facts import InputError
from s3ns.neural.container import probe
from s3ns.neural.encoders.architectures import by_pictures
from s3ns.neural.encoders.card import View
from s3ns.neural.encoders.checkpoint import load_encoder
from s3ns.neural.encoders.export import Calibration, Exportable, Sample
from s3ns.neural.encoders.extractor import CARD_KEY
from s3ns.neural.encoders.windows import windows

CLIPS, WINDOWS_PER_CLIP = 16, 4
"""Clips, and windows of each, that 8-bit files are made with; all are in memory."""

HELD_OUT = 4
"""Every so many clips, one is held out to compare on."""


def encoder_in(folder: Path) -> Exportable:
    """Return the encoder that ``s3ns train`` has written into a folder.

    It is compared with torch on noise, on an even picture and on both in a batch.
    """
    encoder, card = load_encoder(folder)
    view = card.view
    shape = (1, view.frames, view.picture, view.picture, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    even = np.full(shape, 128, np.uint8)
    return Exportable(
        network=encoder,
        inputs=("pictures",),
        outputs=("logits",),
        samples=((noise,), (even,), (np.concatenate([noise, even, noise]),)),
        batched=True,
        metadata={CARD_KEY: card.to_json()},
        single=by_pictures(encoder, view),
    )


def calibration_windows(videos: Sequence[Path], view: View) -> Calibration:
    """Return windows from all along some videos, to measure ranges on and to compare.

    Every fourth of the videos that give any is held out, and at least one; of a single
    video, its last window.

    Raises
    ------
    InputError
        If there are no two windows.
    """
    of_clip: list[list[Sample]] = []
    for video in videos[:: max(1, len(videos) // CLIPS)][:CLIPS]:
        end = probe(video).duration
        stride = max(view.frames, int(end * view.fps) // WINDOWS_PER_CLIP)
        found = windows(video, view, end=end, stride=stride)
        first = itertools.islice(found, WINDOWS_PER_CLIP)
        of_clip.append([(window.pictures[None],) for window in first])
    of_clip = [some for some in of_clip if some]
    if len(of_clip) == 1:
        of_clip = [of_clip[0][:-1], of_clip[0][-1:]]
    held_out = range(1, len(of_clip), HELD_OUT)
    parted: tuple[list[Sample], list[Sample]] = ([], [])
    for number, some in enumerate(of_clip):
        parted[number in held_out].extend(some)
    if not all(parted):
        raise InputError(
            f"expected at least two windows of {view.seconds:g} s in the videos to "
            f"calibrate on, one to measure ranges on and one to compare on; the "
            f"{len(videos)} videos are too short"
        )
    return Calibration(*parted)
