"""Thrusting of the pelvis."""

from __future__ import annotations

import numpy as np

from s3ns.facts import Finding, Observation, Side
from s3ns.neural import kinematics
from s3ns.neural.pose import Joint
from s3ns.neural.signals import (
    Rhythm,
    activity,
    hysteresis,
    rhythm,
    rolling_median,
    runs,
    typical,
)
from s3ns.neural.signs.registry import (
    Span,
    certainty,
    describer,
    detector,
    in_words,
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
from s3ns.neural.tracks import Tracks, kept


@detector("pelvic_thrusting")
def pelvic_thrusting(tracks: Tracks) -> list[Observation]:
    """Find hips that move to and fro in rhythm, more than the shoulders do.

    Straight from the front or from above, a thrust points at the camera, and under a
    blanket it may not show: it may be seen by what it drags along, but it can not be
    said to be missing. Hips are placed as surely under a blanket; knees are not.
    """
    view = hips_view(tracks)
    beat = _beat(tracks)
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
        pace = typical(beat.rate[slice(*span)])
        if pace * (span[1] - span[0]) / tracks.rate >= THRUST_CYCLES:
            found.append(_thrusts(tracks, Side.NONE, span))
    oblique = kinematics.trunk_obliquity(tracks.world) >= THRUST_OBLIQUITY
    knees = tracks.visibility[:, (Joint.LEFT_KNEE, Joint.RIGHT_KNEE)].max(axis=1)
    bare = rolling_median(knees, tracks.rate, 1.0) >= UNCOVERED
    return three_valued(
        "pelvic_thrusting",
        tracks,
        found,
        view.narrowed(bare, "limb_covered").narrowed(oblique, "line_of_sight"),
    )


@describer("pelvic_thrusting")
def _thrusts(tracks: Tracks, side: Side, span: Span) -> Finding:
    beat = _beat(tracks)
    pace, size = (typical(s[slice(*span)]) for s in (beat.rate, beat.amplitude))
    cycles = pace * (span[1] - span[0]) / tracks.rate
    return make_finding(
        "pelvic_thrusting",
        tracks,
        span,
        side=side,
        confidence=certainty(size, THRUST_AMPLITUDE, 3 * THRUST_AMPLITUDE),
        evidence=in_words(
            ("hips {:.1f} Hz", pace),
            ("{:.0f} times", cycles),
            otherwise="hips to and fro",
        ),
        rate=pace,
        amplitude=size,
        excursions=float(np.round(cycles)),
    )


@kept
def _beat(tracks: Tracks) -> Rhythm:
    hips = tracks.hips - tracks.shoulders
    return rhythm(hips, tracks.rate, THRUST_BAND, THRUST_WINDOW)
