"""Postures and onsets of the arms: flexed, straight, figure-4, stiff, both at once."""

from __future__ import annotations

import numpy as np

from s3ns.facts import Finding, Observation, Side
from s3ns.neural import kinematics
from s3ns.neural.signals import (
    Mask,
    Series,
    hysteresis,
    rhythm,
    rolling_median,
    rolling_percentile,
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
    named,
    pair_sides,
    three_valued,
)
from s3ns.neural.signs.rhythmic import carried, span_mask
from s3ns.neural.signs.views import arms_view, body_view, with_rest
from s3ns.neural.thresholds import (
    BASELINE_WINDOW,
    ELBOW_CHANGE,
    ELBOW_EXTENDED,
    ELBOW_FLEXED,
    FIGURE4_DURATION,
    FIGURE4_REACH,
    MOVING,
    POSED_SHARE,
    POSTURE_DURATION,
    REST_BEFORE_ONSET,
    REST_SHARE,
    RESTING,
    RESTING_NOISE,
    SIMULTANEOUS,
    TONIC_DURATION,
    TREMOR_BAND,
    TREMOR_CEILING,
    TREMOR_CLEAR,
    TREMOR_FLOOR,
    TREMOR_FRAME_RATE,
    TREMOR_RATIO,
    TREMOR_REST,
    TREMOR_STRENGTH,
    TREMOR_WINDOW,
)
from s3ns.neural.tracks import SIDES, Tracks, kept

POSTURES = ("arm_flexion", "arm_straightening")

LEAVING = 0.6
"""Share of the change from rest at which a posture, once taken, ends."""

JOINING_ANGLE, JOINING_CHANGE = 150.0, 10.0
"""Degrees, and degrees from rest, from which an arm is stretched together with the
other. Design: the lower end of 150 to 160, and twice what the angle wavers at rest."""


@detector("arm_flexion")
def arm_flexion(tracks: Tracks) -> list[Observation]:
    """Find elbows that bent from their resting angle and stayed bent."""
    return _posture(tracks, "arm_flexion")


@detector("arm_straightening")
def arm_straightening(tracks: Tracks) -> list[Observation]:
    """Find elbows that straightened from their resting angle and stayed straight."""
    return _posture(tracks, "arm_straightening")


def _posture(tracks: Tracks, sign: str) -> list[Observation]:
    holds = {side: held_posture(tracks, sign, side) for side in SIDES}
    spans = {
        side: list(
            runs(holds[side], tracks.rate, bridge=0.4, shortest=POSTURE_DURATION)
        )
        for side in SIDES
    }
    describe = _flexion if sign == "arm_flexion" else _straightening
    found = [
        describe(tracks, _joined(tracks, sign, side, slice(*span)), span)
        for side, span in pair_sides(spans)
    ]
    return three_valued(sign, tracks, found, with_rest(arms_view(tracks), tracks))


@describer("arm_flexion")
def _flexion(tracks: Tracks, side: Side, span: Span) -> Finding:
    return _elbows(tracks, "arm_flexion", "bent to", side, span)


@describer("arm_straightening")
def _straightening(tracks: Tracks, side: Side, span: Span) -> Finding:
    return _elbows(tracks, "arm_straightening", "straight at", side, span)


def _elbows(tracks: Tracks, sign: str, words: str, side: Side, span: Span) -> Finding:
    steps = slice(*span)
    angles = {name: typical(tracks.elbow_angle[name][steps]) for name in named(side)}
    change = min(typical(_from_rest(tracks, sign, name)[steps]) for name in angles)
    return make_finding(
        sign,
        tracks,
        span,
        side=side,
        confidence=certainty(change, ELBOW_CHANGE, 2 * ELBOW_CHANGE),
        evidence=in_words(
            *((f"{name} elbow {words} {{:.0f}} deg", a) for name, a in angles.items()),
            otherwise=words.split(maxsplit=1)[0],
        ),
        angle=float(np.mean(list(angles.values()))),
    )


def _joined(tracks: Tracks, sign: str, side: Side, steps: slice) -> Side:
    """Return both sides where the other arm was stretched too, if less clearly.

    One side alone would point to a hemisphere. Bent arms are left alone: many rest so.
    """
    if sign != "arm_straightening" or side is Side.BILATERAL:
        return side
    other = str(side.mirrored)
    straight = typical(tracks.elbow_angle[other][steps]) >= JOINING_ANGLE
    changed = typical(_from_rest(tracks, sign, other)[steps]) >= JOINING_CHANGE
    return Side.BILATERAL if straight and changed else side


@kept
def held_posture(tracks: Tracks, sign: str, side: str) -> Mask:
    """Where an elbow holds the posture, away from the patient's own rest.

    An arm that shakes or jerks is bent and straight by turns, and holds neither.
    """
    still = _still_posture(tracks, sign, side)
    change = np.where(still, _from_rest(tracks, sign, side), np.nan)
    return still & hysteresis(change, ELBOW_CHANGE, LEAVING * ELBOW_CHANGE)


@kept
def _still_posture(tracks: Tracks, sign: str, side: str) -> Mask:
    """Where an elbow is straight, or bent, and the arm does not move."""
    angle = rolling_median(tracks.elbow_angle[side], tracks.rate, 1.0)
    if sign == "arm_straightening":
        reached = angle >= ELBOW_EXTENDED
    else:
        reached = angle <= ELBOW_FLEXED
    judged = with_rest(body_view(tracks, tracks.arm_seen[side]), tracks).judged
    moves = rolling_median(tracks.arm_activity[side], tracks.rate, 2.5)
    return np.asarray(reached & judged & (moves < MOVING))


@kept
def _from_rest(tracks: Tracks, sign: str, side: str) -> Series:
    """Degrees by which an elbow is straighter, or more bent, than at rest, ``(n,)``.

    Rest is what the arm comes back to: a stiff arm may be held for most of a clip.
    """
    angle = rolling_median(tracks.elbow_angle[side], tracks.rate, 1.0)
    seen = np.where(tracks.arm_seen[side], angle, np.nan)
    straightens = sign == "arm_straightening"
    share = REST_SHARE if straightens else 100 - REST_SHARE
    rest = rolling_percentile(seen, tracks.rate, BASELINE_WINDOW, share)
    return np.asarray(angle - rest if straightens else rest - angle)


@detector("figure4")
def figure4(tracks: Tracks) -> list[Observation]:
    """Find one elbow held straight while the other is held bent across the chest."""
    found = []
    for straight, bent in (SIDES, SIDES[::-1]):
        across = np.linalg.norm(tracks.hand[bent], axis=1) <= FIGURE4_REACH
        both = (
            held_posture(tracks, "arm_straightening", straight)
            & held_posture(tracks, "arm_flexion", bent)
            & across
        )
        spans = runs(both, tracks.rate, bridge=0.4, shortest=FIGURE4_DURATION)
        found += [_figure4(tracks, Side(straight), span) for span in spans]
    view = with_rest(arms_view(tracks), tracks)
    return three_valued("figure4", tracks, found, view)


@describer("figure4")
def _figure4(tracks: Tracks, side: Side, span: Span) -> Finding:
    angles = {
        name: typical(angle[slice(*span)]) for name, angle in tracks.elbow_angle.items()
    }
    if side is Side.UNKNOWN:
        # It is the straighter arm that the sign is of.
        side = Side.LEFT if angles["left"] >= angles["right"] else Side.RIGHT
    bent = str(side.mirrored)
    straight_angle, bent_angle = angles[str(side)], angles[bent]
    return make_finding(
        "figure4",
        tracks,
        span,
        side=side,
        confidence=certainty(straight_angle - bent_angle, 60, 120),
        evidence=in_words(
            (f"{side} elbow straight at {{:.0f}} deg", straight_angle),
            (f"{bent} bent to {{:.0f}} deg across the chest", bent_angle),
            otherwise=f"{side} arm straight, {bent} bent across the chest",
        ),
        angle=straight_angle,
    )


@detector("tonic")
def tonic(tracks: Tracks) -> list[Observation]:
    """Find arms held straight or bent, vibrating: stiff rather than resting.

    A held posture alone is not called tonic: it has a sign of its own, and people hold
    their arms up for many reasons. Where it lasts from before the first picture, the
    tremor must be the clearer.

    Where too few frames per second show no tremor, such an arm may be stiff or not.
    """
    spans = {}
    posed = np.zeros(len(tracks.times), bool)
    jitter = {side: _jitter(tracks, side) for side in SIDES}
    for side in SIDES:
        held, posture = (
            np.any([where(tracks, sign, side) for sign in POSTURES], axis=0)
            for where in (held_posture, _still_posture)
        )
        posed |= span_mask(tracks, runs(posture, tracks.rate, shortest=TONIC_DURATION))
        tremor = rhythm(tracks.hand[side], tracks.rate, TREMOR_BAND, TREMOR_WINDOW)
        still = tracks.arm_activity[side] < RESTING
        rest = typical(jitter[side][still & ~held & tracks.arm_seen[side]])
        calm = min(np.nan_to_num(rest), TREMOR_REST)
        limit = max(TREMOR_FLOOR, TREMOR_RATIO * calm)
        spans[side] = [
            span
            for span in runs(posture, tracks.rate, bridge=0.5, shortest=TONIC_DURATION)
            if typical(tremor.strength[slice(*span)])
            >= (TREMOR_STRENGTH if held[slice(*span)].any() else TREMOR_CLEAR)
            and limit <= typical(jitter[side][slice(*span)]) <= TREMOR_CEILING
        ]
    told_apart = (_tonic(tracks, side, span) for side, span in pair_sides(spans))
    found = [finding for finding in told_apart if finding]
    told = ~posed | (tracks.rate >= TREMOR_FRAME_RATE)
    view = with_rest(arms_view(tracks), tracks).narrowed(told, "frame_rate_too_low")
    return three_valued("tonic", tracks, found, view)


@describer("tonic")
def _tonic(tracks: Tracks, side: Side, span: Span) -> Finding | None:
    """Describe stiff arms; nothing if neither trembles: then they are only held."""
    sizes = [typical(_jitter(tracks, name)[slice(*span)]) for name in named(side)]
    if not any(TREMOR_FLOOR <= size <= TREMOR_CEILING for size in sizes):
        return None
    return make_finding(
        "tonic",
        tracks,
        span,
        side=side,
        confidence=certainty(min(sizes), TREMOR_FLOOR, 3 * TREMOR_FLOOR),
        evidence=f"{_arms(side)} held stiff with a fine tremor",
        amplitude=2 * np.sqrt(2) * min(sizes),
    )


@kept
def _jitter(tracks: Tracks, side: str) -> Series:
    return kinematics.jitter(tracks.hand[side], tracks.rate)


def _arms(side: Side) -> str:
    return "both arms" if side is Side.BILATERAL else f"{side} arm"


@detector("arms_move_simultaneously")
def arms_move_simultaneously(tracks: Tracks) -> list[Observation]:
    """Find the times at which both arms begin to move out of rest together."""
    second = round(tracks.rate)
    found = [
        _simultaneous(
            tracks, Side.NONE, (step - gap, min(step + second, len(tracks.times)))
        )
        for step, gap in _joint_onsets(tracks)
    ]
    return three_valued("arms_move_simultaneously", tracks, found, arms_view(tracks))


@describer("arms_move_simultaneously")
def _simultaneous(tracks: Tracks, side: Side, span: Span) -> Finding:
    gaps = [gap for step, gap in _joint_onsets(tracks) if span[0] <= step < span[1]]
    seconds = gaps[0] / tracks.rate if gaps else np.nan
    return make_finding(
        "arms_move_simultaneously",
        tracks,
        span,
        side=side,
        confidence=certainty(-seconds, -SIMULTANEOUS, 0),
        evidence=in_words(
            ("both arms began to move {:.1f} s apart", seconds),
            otherwise="both arms began to move",
        ),
        onset_gap=seconds,
    )


@kept
def _joint_onsets(tracks: Tracks) -> list[tuple[int, int]]:
    """Return the later step of onsets of both arms that lie close, and the gap."""
    onsets = {side: _onsets(tracks, side) for side in SIDES}
    return sorted(
        (max(left, right), abs(left - right))
        for left in onsets["left"]
        for right in onsets["right"]
        if abs(left - right) <= SIMULTANEOUS * tracks.rate
    )


def _onsets(tracks: Tracks, side: str) -> list[int]:
    """Return the steps at which an arm begins to move of itself after a rest.

    An arm that is held bent or straight does not rest.
    """
    held = np.any([held_posture(tracks, sign, side) for sign in POSTURES], axis=0)
    seen = tracks.arm_seen[side] & ~carried(tracks, side)
    moves = np.where(seen, tracks.arm_activity[side], np.nan)
    before = round(REST_BEFORE_ONSET * tracks.rate)
    known = moves[np.isfinite(moves)]
    noise = float(np.percentile(known, 10)) if len(known) else 0.0
    rests = min(max(RESTING, RESTING_NOISE * noise), 0.75 * MOVING)
    onsets = []
    for first, beyond in runs(
        hysteresis(moves, MOVING, rests), tracks.rate, bridge=0.5
    ):
        # What moves for sure tells the moment: noise blurs where rest ends.
        step = first + int(np.argmax(moves[first:beyond] >= MOVING))
        rest = slice(max(0, step - before), step)
        quiet = np.nanmax(moves[rest], initial=0) < MOVING
        if step >= before and quiet and held[rest].mean() < POSED_SHARE:
            onsets.append(step)
    return onsets
