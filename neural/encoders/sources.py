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
from s3ns.neural.encoders.export import Exportable, Sample
from s3ns.neural.encoders.extractor import CARD_KEY
from s3ns.neural.encoders.windows import windows

CLIPS, WINDOWS_PER_CLIP = 16, 4
"""Clips, and windows of each, that ranges are measured on; all are held in memory."""


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


def calibration_windows(videos: Sequence[Path], view: View) -> list[Sample]:
    """Return the first windows of some videos, to measure ranges on.

    Raises
    ------
    InputError
        If no video is as long as a window.
    """
    samples: list[Sample] = []
    for video in videos[:: max(1, len(videos) // CLIPS)][:CLIPS]:
        end = probe(video).duration
        found = windows(video, view, end=end, stride=view.frames)
        some = itertools.islice(found, WINDOWS_PER_CLIP)
        samples += [(window.pictures[None],) for window in some]
    if not samples:
        raise InputError(
            f"none of the {len(videos)} videos to calibrate on is as long as a window "
            f"of {view.seconds:g} s"
        )
    return samples
