"""Tracks as a file, so that detectors can be tried again without the video.

A file holds numbers only, no picture and no name; ``.npz`` without pickles.
"""

from __future__ import annotations

from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from s3ns.facts import InputError
from s3ns.facts.document import write_bytes
from s3ns.neural.sound import SoundTrack
from s3ns.neural.tracks import FaceTrack, Tracks

SCALARS = ("start", "end", "rate")
SERIES = ("times", "points", "visibility", "world", "sides_agree")


def write_tracks(path: Path, tracks: Tracks) -> None:
    """Write tracks, whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    arrays: dict[str, Any] = {
        name: getattr(tracks, name) for name in (*SCALARS, *SERIES)
    }
    for part, kind in (("face", FaceTrack), ("sound", SoundTrack)):
        whole = getattr(tracks, part)
        if whole is not None:
            arrays |= {
                f"{part}_{item.name}": getattr(whole, item.name)
                for item in fields(kind)
            }
    # A picture's width takes 12 bits: single precision holds a hundredth of a pixel.
    narrow: dict[str, Any] = {
        name: np.asarray(value, np.float32)
        if isinstance(value, np.ndarray) and not name.endswith(("times", "time"))
        else value
        for name, value in arrays.items()
    }
    stream = BytesIO()
    np.savez_compressed(stream, **narrow)
    write_bytes(path, stream.getvalue())


def read_tracks(path: Path) -> Tracks:
    """Read tracks.

    Raises
    ------
    InputError
        If the file cannot be read or holds no tracks.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = dict(stored)
        parts: dict[str, Any] = {
            part: kind(
                **{item.name: arrays[f"{part}_{item.name}"] for item in fields(kind)}
            )
            for part, kind in (("face", FaceTrack), ("sound", SoundTrack))
            if f"{part}_{fields(kind)[0].name}" in arrays
        }
        parts |= {name: float(arrays[name]) for name in SCALARS}
        parts |= {name: arrays[name] for name in SERIES}
        return Tracks(**parts)
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise InputError(f"{path} holds no tracks: {error}; delete it") from error
