"""Shaking of the whole body."""

from __future__ import annotations

import numpy as np

from s3ns.facts import Finding, Observation, Side
from s3ns.neural.signals import (
    Rhythm,
    Series,
    activity,
    rate_change,
    rhythm,
    rolling_mean,
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
from s3ns.neural.signs.rhythmic import carried
from s3ns.neural.signs.views import limbs_view
from s3ns.neural.thresholds import (
    CLONIC_STRENGTH,
    JERK_BAND,
    SHAKE_ARMS,
    SHAKE_DURATION,
    SHAKE_LEGS,
    SHAKE_SHARE,
    SHAKE_TRUNK,
)
from s3ns.neural.tracks import SIDES, Tracks, kept


@detector("full_body_shaking")
def full_body_shaking(tracks: Tracks) -> list[Observation]:
    """Find times when arms, legs and trunk shake together."""
    view = limbs_view(tracks)
    thrusting = carried(tracks, "left") & carried(tracks, "right")
    # A body that walks or turns over moves, but does not come back again and again.
    comes_back = _beat(tracks).rate >= 1.5
    shaking = (_least(tracks) >= 1) & comes_back & view.judged & ~thrusting
    spans = runs(shaking, tracks.rate, bridge=0.6, shortest=SHAKE_DURATION)
    described = (_shakes(tracks, Side.NONE, span) for span in spans)
    found = [item for item in described if item]
    return three_valued("full_body_shaking", tracks, found, view)


@describer("full_body_shaking")
def _shakes(tracks: Tracks, side: Side, span: Span) -> Finding | None:
    """Describe shaking; nothing if a part keeps still: then only the others shake."""
    beat, steps = _beat(tracks), slice(*span)
    least = typical(_least(tracks)[steps])
    if not least >= SHAKE_SHARE:
        return None
    clear = beat.strength[steps] >= CLONIC_STRENGTH[1]
    variation, slope = rate_change(
        beat.rate[steps][clear], np.flatnonzero(clear) / tracks.rate
    )
    pace = typical(beat.rate[steps])
    return make_finding(
        "full_body_shaking",
        tracks,
        span,
        side=side,
        confidence=certainty(least, 1, 3),
        evidence=in_words(
            ("arms, legs and trunk together, {:.1f} Hz", pace),
            otherwise="arms, legs and trunk together",
        ),
        rate=pace,
        rate_variation=variation,
        rate_slope=slope,
    )


@kept
def _beat(tracks: Tracks) -> Rhythm:
    return rhythm(tracks.shoulders, tracks.rate, JERK_BAND)


@kept
def _least(tracks: Tracks) -> Series:
    """Movement of the part that moves least, over what counts as shaking, ``(n,)``."""
    parts = [
        *(tracks.arm_activity[side] / SHAKE_ARMS for side in SIDES),
        *(activity(tracks.foot[side], tracks.rate) / SHAKE_LEGS for side in SIDES),
        activity(tracks.shoulders, tracks.rate) / SHAKE_TRUNK,
    ]
    steady = [rolling_mean(np.nan_to_num(part), tracks.rate, 1.5) for part in parts]
    return np.asarray(np.min(steady, axis=0))
