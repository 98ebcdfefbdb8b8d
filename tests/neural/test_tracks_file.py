"""Tracks as files: what detectors find does not change, and damage is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s3ns.facts import Finding, InputError
from s3ns.neural.signs.registry import detect_all
from s3ns.neural.sound import SoundTrack
from s3ns.neural.tracks_file import read_tracks, write_tracks
from tests.neural.stick_figure import Figure, during, jerks


def test_detectors_find_the_same_in_tracks_that_were_kept(tmp_path: Path) -> None:
    figure = Figure(left_elbow=jerks(4, 12, 2.5, 40, 90), yaw=during(5, 9, 45))
    time = np.arange(625) * 0.032
    first, second = (time > 1) & (time < 2.5), (time > 3.2) & (time < 4.0)
    sound = SoundTrack(
        time=time,
        speech=np.where(first | second, 0.9, 0.02).astype(np.float32),
        level=np.where(first | second, -20, -50).astype(np.float32),
        pitch=np.where(second, 220, 110).astype(np.float32),
        voicing=np.where(time % 0.4 < 0.25, 0.9, 0.2).astype(np.float32),
    )
    tracks, path = figure.tracks(20, 15, sound=sound), tmp_path / "tracks.npz"
    write_tracks(path, tracks)
    found = detect_all(tracks)
    assert {"clonic", "head_turning", "verbal_responsiveness"} <= {
        item.sign for item in found if isinstance(item, Finding)
    }
    assert detect_all(read_tracks(path)) == found
    assert [item.name for item in tmp_path.iterdir()] == ["tracks.npz"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", b"\x80\x04pickle"])
def test_a_file_without_tracks_is_told(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "tracks.npz"
    path.write_bytes(damage)
    with pytest.raises(InputError, match="holds no tracks"):
        read_tracks(path)
    with pytest.raises(InputError, match="cannot write"):
        write_tracks(tmp_path / "nowhere" / "t.npz", Figure().tracks(2))
