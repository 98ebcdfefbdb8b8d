"""No recording, however broken, makes a detector fail or leave the window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3ns.facts import vocabulary
from s3ns.neural.signs.registry import detect_all
from s3ns.neural.sound import SoundTrack
from s3ns.neural.tracks import FaceTrack, Tracks


def broken_tracks(seed: int, seconds: float, rate: float) -> Tracks:
    """Return a random walk of landmarks with gaps, jumps and covered joints."""
    random = np.random.default_rng(seed)
    count = max(1, round(seconds * rate))

    def walk(*shape: int, step: float) -> np.ndarray:
        series = np.cumsum(random.normal(0, step, (count, *shape)), axis=0)
        for _ in range(random.integers(0, 4)):
            first = random.integers(0, count)
            series[first : first + random.integers(1, count + 1)] = np.nan
        return series

    gone = np.isnan(walk(1, step=1.0)[:, 0])
    points = 300 + walk(33, 2, step=random.choice([0.0, 1.0, 30.0]))
    points[gone] = np.nan
    world = walk(33, 3, step=0.02)
    world[gone] = np.nan
    faceless = gone | np.isnan(walk(1, step=1.0)[:, 0])

    def face(*shape: int, step: float) -> np.ndarray:
        series = walk(*shape, step=step)
        series[faceless] = np.nan
        return series

    hops = np.arange(0, seconds, 0.032)
    return Tracks(
        start=0.0,
        end=count / rate,
        rate=rate,
        times=np.arange(count) / rate,
        points=points,
        visibility=np.where(gone[:, None], 0, random.random((count, 33))),
        world=world,
        sides_agree=random.choice([-1.0, 1.0, np.nan], count),
        face=FaceTrack(
            yaw=face(step=5.0),
            pitch=face(step=5.0),
            roll=face(step=5.0),
            size=30 + face(step=1.0),
            mouth_opening=face(step=0.02),
            mouth_width=face(step=0.02),
            mouth_pull=face(step=0.02),
            eye_opening=np.abs(face(2, step=0.05)),
            gaze=face(2, step=0.05),
            skin=face(9, 2, step=0.02),
        ),
        sound=SoundTrack(
            hops, *(random.random(len(hops)).astype(np.float32) for _ in range(4))
        ),
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    seconds=st.floats(0.05, 40),
    rate=st.sampled_from([1.0, 2.0, 5.0, 10.0, 15.0, 30.0]),
)
def test_any_recording_is_accounted_for(seed: int, seconds: float, rate: float) -> None:
    tracks = broken_tracks(seed, seconds, rate)
    observations = detect_all(tracks)
    assert {item.sign for item in observations} == set(vocabulary().by_name)
    for item in observations:
        assert -0.01 <= item.start <= item.end <= tracks.end + 0.01


@pytest.mark.parametrize("rate", [1.0, 10.0])
def test_a_single_frame_is_no_ground_for_anything(rate: float) -> None:
    tracks = broken_tracks(0, 1 / rate, rate)
    signs = {item.sign for item in detect_all(tracks)}
    assert signs == set(vocabulary().by_name)
