"""Shaking of the whole body."""

from __future__ import annotations

import numpy as np

from s3ns.facts import Observation
from s3ns.neural.signals import (
    activity,
    rate_change,
    rhythm,
    rolling_mean,
    runs,
    typical,
)
from s3ns.neural.signs.registry import (
    certainty,
    detector,
    make_finding,
    three_valued,
)
from s3ns.neural.signs.rhythmic import carried
from s3ns.neural.signs.views import limbs_view
from s3ns.neural.thresholds import (
    CLONIC_STRENGTH,
    JERK_BAND,
    SHAKE_ARMS,
    SHAKE_DURATION,
    SHAKE_LEGS,
    SHAKE_TRUNK,
)
from s3ns.neural.tracks import SIDES, Tracks


@detector("full_body_shaking")
def full_body_shaking(tracks: Tracks) -> list[Observation]:
    """Find times when arms, legs and trunk shake together."""
    view = limbs_view(tracks)
    beat = rhythm(tracks.shoulders, tracks.rate, JERK_BAND)
    parts = [
        *(tracks.arm_activity[side] / SHAKE_ARMS for side in SIDES),
        *(activity(tracks.foot[side], tracks.rate) / SHAKE_LEGS for side in SIDES),
        activity(tracks.shoulders, tracks.rate) / SHAKE_TRUNK,
    ]
    steady = [rolling_mean(np.nan_to_num(part), tracks.rate, 1.5) for part in parts]
    least = np.min(steady, axis=0)
    thrusting = carried(tracks, "left") & carried(tracks, "right")
    # A body that walks or turns over moves, but does not come back again and again.
    shaking = (least >= 1) & (beat.rate >= 1.5) & view.judged & ~thrusting
    found = []
    for span in runs(shaking, tracks.rate, bridge=0.6, shortest=SHAKE_DURATION):
        steps = slice(*span)
        clear = beat.strength[steps] >= CLONIC_STRENGTH[1]
        variation, slope = rate_change(
            beat.rate[steps][clear], np.flatnonzero(clear) / tracks.rate
        )
        pace = typical(beat.rate[steps])
        found.append(
            make_finding(
                "full_body_shaking",
                tracks,
                span,
                confidence=certainty(typical(least[steps]), 1, 3),
                evidence=f"arms, legs and trunk together, {pace:.1f} Hz",
                rate=pace,
                rate_variation=variation,
                rate_slope=slope,
            )
        )
    return three_valued("full_body_shaking", tracks, found, view)
