"""State before and during the event: staring, apparent sleep before onset."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy import ndimage

from s3ns.facts import Finding, Observation, Side
from s3ns.neural.signals import Mask, Series, activity, rolling_median, runs, typical
from s3ns.neural.signs.face import eye_closure, eyes_shut
from s3ns.neural.signs.limbs import POSTURES, held_posture
from s3ns.neural.signs.registry import (
    Span,
    certainty,
    describer,
    detector,
    make_finding,
    three_valued,
)
from s3ns.neural.signs.views import face_view
from s3ns.neural.thresholds import (
    EYES_CLOSED,
    MOVING,
    RESTING,
    SLEEP_EYES_SHARE,
    SLEEP_QUIET,
    STARE_AFTER_ACTIVITY,
    STARE_AFTER_SPEECH,
    STARE_DURATION,
    STARE_GAZE,
    STARE_HEAD,
    STEADIED,
)
from s3ns.neural.tracks import SIDES, Tracks, kept


def movement(tracks: Tracks) -> Series:
    """Largest movement of hands and head within half a second, ``(n,)``."""
    parts = [
        activity(rolling_median(series, tracks.rate, STEADIED), tracks.rate)
        for series in (*tracks.hand.values(), tracks.head)
    ]
    known = np.isfinite(parts).any(axis=0)
    return np.where(known, np.max(np.nan_to_num(parts), axis=0), np.nan)


@detector("blank_stare")
def blank_stare(tracks: Tracks) -> list[Observation]:
    """Find an arrest: after movement, eyes open, gaze, head and hands still.

    Arms that are held in a posture are active, and tell of something else.
    """
    view = face_view(tracks)
    moves, restless = movement(tracks), _restlessness(tracks)
    still = (
        view.judged
        & (moves < RESTING)
        & (eye_closure(tracks) > EYES_CLOSED[1])
        & (restless < 1)
    )
    for side, sign in product(SIDES, POSTURES):
        still &= ~held_posture(tracks, sign, side)
    found = [
        _arrest(tracks, Side.NONE, span)
        for span in runs(still, tracks.rate, bridge=0.4, shortest=STARE_DURATION)
        if _was_active(tracks, moves, span[0])
    ]
    return three_valued("blank_stare", tracks, found, view, shortest=STARE_DURATION)


@describer("blank_stare")
def _arrest(tracks: Tracks, side: Side, span: Span) -> Finding:
    steps = slice(*span)
    return make_finding(
        "blank_stare",
        tracks,
        span,
        side=side,
        confidence=certainty(-typical(_restlessness(tracks)[steps]), -1, 0),
        evidence="eyes open, gaze, head and hands still after movement",
        angle=typical(np.abs(tracks.head_turn[steps])),
    )


@kept
def _restlessness(tracks: Tracks) -> Series:
    """Movement of gaze and head over what a stare allows, ``(n,)``."""
    fixed = [
        _range(rolling_median(series, tracks.rate, 0.5), tracks, 1.0) / least
        for series, least in (
            (tracks.face.gaze[:, 0], STARE_GAZE),
            (tracks.face.yaw, STARE_HEAD),
            (tracks.face.pitch, STARE_HEAD),
        )
    ]
    return np.asarray(np.max(fixed, axis=0))


def _range(series: Series, tracks: Tracks, seconds: float) -> Series:
    size = max(3, round(seconds * tracks.rate) | 1)
    filled = np.nan_to_num(series, nan=1e6)
    return np.asarray(
        ndimage.maximum_filter1d(filled, size) - ndimage.minimum_filter1d(filled, size)
    )


def _was_active(tracks: Tracks, moves: Series, first: int) -> bool:
    """Tell whether hands, head or mouth moved shortly before a step."""
    steps = slice(max(0, first - round(STARE_AFTER_ACTIVITY * tracks.rate)), first)
    mouth = activity(tracks.face.mouth_opening[:, None], tracks.rate)[steps]
    spoke = np.nan_to_num(mouth) >= STARE_AFTER_SPEECH
    moved = np.nanmax(moves[steps], initial=0) >= MOVING
    return bool(moved or spoke.sum() >= tracks.rate)


@detector("occur_during_sleep")
def occur_during_sleep(tracks: Tracks) -> list[Observation]:
    """Find a minute of rest with closed eyes that ends in movement.

    Only EEG shows sleep; this is apparent sleep. A clip that does not show a quiet
    minute before the first movement cannot be judged.
    """
    onset = _onset(tracks)
    view = face_view(tracks)
    quiet = round(SLEEP_QUIET * tracks.rate)
    has_lead_in = onset is not None and onset >= quiet
    lead_in = np.zeros(len(tracks.times), bool)
    lead_in[: onset if has_lead_in else 0] = True
    view = view.narrowed(lead_in, "no_quiet_lead_in")
    found = []
    if onset is not None and has_lead_in:
        steps = slice(onset - quiet, onset)
        judged: Mask = view.judged[steps]
        share = float(eyes_shut(tracks)[steps][judged].mean()) if judged.any() else 0.0
        if share >= SLEEP_EYES_SHARE and judged.mean() >= 0.5:
            found.append(
                make_finding(
                    "occur_during_sleep",
                    tracks,
                    (onset - quiet, onset),
                    confidence=certainty(share, SLEEP_EYES_SHARE, 1.0),
                    evidence=f"still, eyes closed {100 * share:.0f} % of the minute "
                    "before movement",
                    stillness=SLEEP_QUIET,
                    share=share,
                )
            )
    return three_valued("occur_during_sleep", tracks, found, view, shortest=SLEEP_QUIET)


def _onset(tracks: Tracks) -> int | None:
    """Return the first step at which the patient moves, or nothing."""
    moving = np.zeros(len(tracks.times), bool)
    for side in SIDES:
        moving |= np.nan_to_num(tracks.arm_activity[side]) >= MOVING
    moving |= np.nan_to_num(activity(tracks.head, tracks.rate)) >= MOVING
    return next((first for first, _ in runs(moving, tracks.rate, shortest=0.3)), None)
