"""Turning of the head."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from s3ns.facts import Finding, Observation, Side
from s3ns.neural.signals import Series, hysteresis, rolling_median, runs, typical
from s3ns.neural.signs.registry import (
    Span,
    certainty,
    describer,
    detector,
    make_finding,
    three_valued,
)
from s3ns.neural.signs.rhythmic import span_mask
from s3ns.neural.signs.views import head_view
from s3ns.neural.thresholds import (
    HEAD_FASTEST,
    HEAD_TURN,
    HEAD_TURN_DURATION,
    SIDE_TO_SIDE_PAUSE,
    SIDE_TO_SIDE_REVERSALS,
    SIDE_TO_SIDE_TURN,
    STRAIGHT_AHEAD_LIMIT,
)
from s3ns.neural.tracks import Tracks, kept


@detector("head_turning")
def head_turning(tracks: Tracks) -> list[Observation]:
    """Find turns of the head that are held, and turning from side to side.

    Whether a turn was forced is for the rules: its angle, speed and time are measured.
    A head that goes from side to side has no side. Where one seems to have leapt, it
    was found anew, and nothing is said.
    """
    view = head_view(tracks)
    turn = np.where(view.judged, tracks.head_turn - _straight_ahead(tracks), np.nan)
    swings = list(_swings(tracks))
    held = np.where(span_mask(tracks, swings), np.nan, turn)
    found, leaps = [_swing(tracks, span) for span in swings], []
    for side, toward in ((Side.LEFT, held), (Side.RIGHT, -held)):
        turned = hysteresis(toward, *HEAD_TURN)
        for span in runs(turned, tracks.rate, bridge=0.5, shortest=HEAD_TURN_DURATION):
            if _speed(tracks, toward, span) > HEAD_FASTEST:
                leaps.append(span)
            else:
                found.append(_turn(tracks, side, span))
    steady = ~span_mask(tracks, leaps)
    return three_valued(
        "head_turning", tracks, found, view.narrowed(steady, "sides_uncertain")
    )


@describer("head_turning")
def _turning(tracks: Tracks, side: Side, span: Span) -> Finding:
    if side is Side.UNKNOWN:
        return _swing(tracks, span)
    return _turn(tracks, side, span)


@kept
def _straight_ahead(tracks: Tracks) -> float:
    """Turn at which the head mostly rests; near the trunk's axis in any case."""
    resting, axis = np.nan_to_num(typical(tracks.head_turn)), tracks.trunk_axis
    return float(
        np.clip(resting, axis - STRAIGHT_AHEAD_LIMIT, axis + STRAIGHT_AHEAD_LIMIT)
    )


@kept
def _to_and_fro(tracks: Tracks) -> Series:
    """Return the turn by the mesh alone: the angle leaps where it gives way.

    The trunk is left out: it does not turn so quickly, and is seen less surely.
    """
    yaw = rolling_median(tracks.face.yaw, tracks.rate, 0.3)
    return np.where(head_view(tracks).judged, yaw, np.nan)


def _speed(tracks: Tracks, toward: Series, span: Span) -> float:
    """Return the largest speed toward a side on the way into a turn and through it."""
    before = max(0, span[0] - round(tracks.rate))
    speeds = np.diff(toward[before : span[1]]) * tracks.rate
    return float(np.nanmax(speeds, initial=0))


def _turn(tracks: Tracks, side: Side, span: Span) -> Finding:
    toward = tracks.head_turn - _straight_ahead(tracks)
    if side is Side.RIGHT:
        toward = -toward
    # How quickly it went there is not to be taken from where nothing can be told.
    judged = np.where(head_view(tracks).judged, toward, np.nan)
    within = toward[slice(*span)]
    angle = float(within[np.isfinite(within)].max(initial=0))
    return make_finding(
        "head_turning",
        tracks,
        span,
        side=side,
        confidence=certainty(angle, HEAD_TURN[0], 45),
        evidence=f"head turned to the {side} by {angle:.0f} deg",
        angle=angle,
        angular_speed=_speed(tracks, judged, span),
        reversals=0,
    )


def _swing(tracks: Tracks, span: Span) -> Finding:
    turn = _to_and_fro(tracks)
    count = sum(span[0] <= place < span[1] for place in _turning_points(turn))
    seconds = (span[1] - span[0]) / tracks.rate
    away = np.abs(turn - typical(turn))[slice(*span)]
    return make_finding(
        "head_turning",
        tracks,
        span,
        side=Side.UNKNOWN,
        confidence=certainty(count, SIDE_TO_SIDE_REVERSALS, 8),
        evidence=f"head from side to side, {count} changes",
        angle=float(away[np.isfinite(away)].max(initial=0)),
        rate=(count - 1) / 2 / max(seconds, 1 / tracks.rate),
        reversals=count,
    )


def _swings(tracks: Tracks) -> Iterator[Span]:
    """Yield the stretches of quick changes between left and right."""
    places = _turning_points(_to_and_fro(tracks))
    first = 0
    for last in range(1, len(places) + 1):
        together = last < len(places) and (
            places[last] - places[last - 1] <= SIDE_TO_SIDE_PAUSE * tracks.rate
        )
        if together:
            continue
        if last - first >= SIDE_TO_SIDE_REVERSALS:
            yield places[first], places[last - 1] + 1
        first = last


def _turning_points(turn: Series) -> list[int]:
    """Return the steps at which the turn reverses, after swings that are wide enough.

    Seen from the side, a head swings between away and toward, on one side of its rest;
    so swings are measured from one reversal to the next.
    """
    places: list[int] = []
    last, direction = -1, 0
    for step in np.flatnonzero(np.isfinite(turn)):
        if last < 0:
            last = int(step)
            continue
        moved = turn[step] - turn[last]
        if direction * moved > 0:
            last = int(step)
        elif abs(moved) >= 2 * SIDE_TO_SIDE_TURN:
            if direction:
                places.append(last)
            direction = int(np.sign(moved))
            last = int(step)
        elif not direction and abs(moved) >= SIDE_TO_SIDE_TURN:
            direction = int(np.sign(moved))
            last = int(step)
    return places
