"""Thrusting of the pelvis."""

from __future__ import annotations

import numpy as np

from s3ns.facts import Observation
from s3ns.neural import kinematics
from s3ns.neural.pose import Joint
from s3ns.neural.signals import (
    activity,
    hysteresis,
    rhythm,
    rolling_median,
    runs,
    typical,
)
from s3ns.neural.signs.registry import (
    certainty,
    detector,
    make_finding,
    three_valued,
)
from s3ns.neural.signs.views import hips_view
from s3ns.neural.thresholds import (
    THRUST_AMPLITUDE,
    THRUST_BAND,
    THRUST_CYCLES,
    THRUST_OBLIQUITY,
    THRUST_OVER_SHOULDERS,
    THRUST_STRENGTH,
    THRUST_WINDOW,
    UNCOVERED,
)
from s3ns.neural.tracks import Tracks


@detector("pelvic_thrusting")
def pelvic_thrusting(tracks: Tracks) -> list[Observation]:
    """Find hips that move to and fro in rhythm, more than the shoulders do.

    Straight from the front or from above, a thrust points at the camera, and under a
    blanket it may not show: it may be seen by what it drags along, but it can not be
    said to be missing. Hips are placed as surely under a blanket; knees are not.
    """
    view = hips_view(tracks)
    beat = rhythm(
        tracks.hips - tracks.shoulders, tracks.rate, THRUST_BAND, THRUST_WINDOW
    )
    hips = activity(tracks.hips, tracks.rate, 1.0)
    shoulders = activity(tracks.shoulders, tracks.rate, 1.0)
    large = (
        view.judged
        & (beat.amplitude >= THRUST_AMPLITUDE)
        & (hips >= THRUST_OVER_SHOULDERS * shoulders)
    )
    strength = np.where(large, beat.strength, np.nan)
    found = []
    for span in runs(hysteresis(strength, *THRUST_STRENGTH), tracks.rate, bridge=0.6):
        steps = slice(*span)
        pace, size = typical(beat.rate[steps]), typical(beat.amplitude[steps])
        cycles = pace * (span[1] - span[0]) / tracks.rate
        if cycles < THRUST_CYCLES:
            continue
        found.append(
            make_finding(
                "pelvic_thrusting",
                tracks,
                span,
                confidence=certainty(size, THRUST_AMPLITUDE, 3 * THRUST_AMPLITUDE),
                evidence=f"hips {pace:.1f} Hz, {cycles:.0f} times",
                rate=pace,
                amplitude=size,
                excursions=round(cycles),
            )
        )
    oblique = kinematics.trunk_obliquity(tracks.world) >= THRUST_OBLIQUITY
    knees = tracks.visibility[:, (Joint.LEFT_KNEE, Joint.RIGHT_KNEE)].max(axis=1)
    bare = rolling_median(knees, tracks.rate, 1.0) >= UNCOVERED
    return three_valued(
        "pelvic_thrusting",
        tracks,
        found,
        view.narrowed(bare, "limb_covered").narrowed(oblique, "line_of_sight"),
    )
