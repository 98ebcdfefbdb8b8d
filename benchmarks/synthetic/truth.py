"""The truth of a film, by construction: what happens, and what cannot be seen of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from s3ns import __version__
from s3ns.benchmarks.synthetic.motions import Shown
from s3ns.benchmarks.synthetic.posture import ARM, SIDES, Curves
from s3ns.benchmarks.synthetic.scenario import Scenario
from s3ns.benchmarks.synthetic.sight import Glimpse
from s3ns.facts import (
    Absence,
    Document,
    Finding,
    Observation,
    Recording,
    Side,
    Step,
    Unassessable,
    vocabulary,
)
from s3ns.facts.verdict import Label, Lateralisation, Node, Proof, Verdict
from s3ns.neural.signals import hysteresis, runs
from s3ns.neural.stretches import less
from s3ns.neural.thresholds import POSED_SHARE

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

SOURCE = "scenario"

ELBOW_BENT, ELBOW_STRAIGHT, ELBOW_CHANGE = 85.0, 25.0, 20.0
"""Degrees of bending from which an elbow is bent, below which it is straight, and least
change from its rest: between what the motions do (6 or 100) and rest (50)."""
HEAD_TURNED = 30.0
"""Degrees from which a head is turned."""
LID_SHUT = 0.8
ARM_MOVES, ARM_RESTS = 10.0, 5.0
"""Degrees by which the joints of an arm change within half a second if it moves, or
rests."""
QUIET_BEFORE = 1.0
TOGETHER = 0.5
"""Seconds of rest before an onset, and between two onsets that are simultaneous."""
SLEEP = vocabulary().by_name[vocabulary().lead_in].minimum_duration
"""Seconds of rest with closed eyes that look like sleep."""

SLIVER = 0.05
"""Seconds in which it is not told that something did not happen. Design."""

SHOWN_LEAST = 0.08
"""Share of the points of a part that must show; of a whole part in view, 0.3 to 0.6."""
FACE_TURNED_LIMIT = 50.0
"""Degrees from the line of sight beyond which eyes and mouth cannot be judged."""
FACE_SMALLEST = 20.0
"""Pixels between the outer eye corners: 24 tell open from closed eyes, 16 do not."""
THRUST_OBLIQUITY = 25.0
"""Degrees between trunk front and line of sight below which a thrust points at the
camera."""

FACE_SIGNS = {
    *(sign.name for sign in vocabulary().signs if sign.group == "face"),
    "blank_stare",
}
"""Signs that are read off the face; of the stare, its eyes are."""


def shown_by_curves(curves: Curves, rest: dict[str, float], fps: float) -> list[Shown]:
    """Return the signs that are postures or onsets, measured from the curves."""
    return [
        *_closed_eyes(curves, fps),
        *_head_turns(curves, fps),
        *_arm_postures(curves, rest, fps),
        *_both_arms_start(curves, rest, fps),
        *_out_of_sleep(curves, fps),
    ]


def _spans(sign: str, side: str, mask: Mask, curves: Curves, fps: float) -> list[Shown]:
    shortest = vocabulary().by_name[sign].minimum_duration
    return [
        Shown(sign, side, _second(curves, first), _second(curves, beyond))
        for first, beyond in runs(mask, fps, bridge=0.3, shortest=shortest)
    ]


def _second(curves: Curves, step: int) -> float:
    times = curves.times
    return float(times[step] if step < len(times) else times[-1] + times[1] - times[0])


def _closed_eyes(curves: Curves, fps: float) -> list[Shown]:
    shut = np.minimum(*(curves.values[f"{side}_lid"] for side in SIDES)) >= LID_SHUT
    return _spans("close_eyes", "none", shut, curves, fps)


def _head_turns(curves: Curves, fps: float) -> list[Shown]:
    yaw = ndimage.median_filter(curves.values["head_yaw"], round(0.3 * fps) | 1)
    return [
        shown
        for side, turn in (("left", yaw), ("right", -yaw))
        for shown in _spans(
            "head_turning",
            side,
            hysteresis(turn, HEAD_TURNED, HEAD_TURNED / 2),
            curves,
            fps,
        )
    ]


def _elbow_postures(
    curves: Curves, rest: dict[str, float], fps: float
) -> tuple[dict[str, Mask], dict[str, Mask]]:
    """Return where the elbow of each side is bent, and where it is straight."""
    bent, straight = {}, {}
    for side in SIDES:
        usual = rest.get(f"{side}_elbow", 0.0)
        angle = ndimage.median_filter(curves.values[f"{side}_elbow"], round(fps) | 1)
        change = angle - usual
        bent[side] = (angle >= ELBOW_BENT) & (change >= ELBOW_CHANGE)
        straight[side] = (angle <= ELBOW_STRAIGHT) & (-change >= ELBOW_CHANGE)
    return bent, straight


def _arm_postures(curves: Curves, rest: dict[str, float], fps: float) -> list[Shown]:
    bent, straight = _elbow_postures(curves, rest, fps)
    found = []
    for sign, masks in (("arm_flexion", bent), ("arm_straightening", straight)):
        both = masks["left"] & masks["right"]
        paired = _spans(sign, "bilateral", both, curves, fps)
        found += paired
        for side in SIDES:
            alone = [
                one
                for one in _spans(sign, side, masks[side], curves, fps)
                if not any(_shares(one, two) for two in paired)
            ]
            found += alone
    for one, two in (SIDES, SIDES[::-1]):
        found += _spans("figure4", one, straight[one] & bent[two], curves, fps)
    return found


def _shares(one: Shown, two: Shown) -> bool:
    shared = min(one.end, two.end) - max(one.start, two.start)
    return shared >= 0.5 * (one.end - one.start)


def _range(values: Array, size: int) -> Array:
    high = ndimage.maximum_filter1d(values, size, mode="nearest")
    return np.asarray(high - ndimage.minimum_filter1d(values, size, mode="nearest"))


def _arm_movement(curves: Curves, side: str, fps: float) -> Array:
    """Return the degrees by which the joints of an arm change within half a second."""
    size = round(0.5 * fps) | 1
    parts = [_range(curves.values[f"{side}_{joint}"], size) for joint in ARM]
    return np.asarray(np.max(parts, axis=0))


def _both_arms_start(curves: Curves, rest: dict[str, float], fps: float) -> list[Shown]:
    """Return the times at which both arms begin to move out of rest together.

    An arm that is held bent or straight does not rest.
    """
    onsets = {}
    bent, straight = _elbow_postures(curves, rest, fps)
    for side in SIDES:
        moves = _arm_movement(curves, side, fps)
        active = hysteresis(moves, ARM_MOVES, ARM_RESTS)
        before = round(QUIET_BEFORE * fps)
        posed = bent[side] | straight[side]
        onsets[side] = [
            first
            for first, _ in runs(active, fps, bridge=0.5)
            if first >= before
            and moves[first - before : first].max() < ARM_MOVES
            and posed[first - before : first].mean() < POSED_SHARE
        ]
    pairs = [
        min(one, two)
        for one in onsets["left"]
        for two in onsets["right"]
        if abs(one - two) <= TOGETHER * fps
    ]
    starts = (_second(curves, step) + 0.2 for step in pairs)
    return [Shown("arms_move_simultaneously", "none", t, t + 1.0) for t in starts]


def _out_of_sleep(curves: Curves, fps: float) -> list[Shown]:
    onset = _first_movement(curves, fps)
    if onset < SLEEP * fps:
        return []
    shut = np.minimum(*(curves.values[f"{side}_lid"] for side in SIDES)) >= LID_SHUT
    if shut[onset - round(SLEEP * fps) : onset].mean() < 0.95:
        return []
    end = _second(curves, onset)
    return [Shown(vocabulary().lead_in, "none", end - SLEEP, end)]


def _first_movement(curves: Curves, fps: float) -> int:
    moves = np.max([_arm_movement(curves, side, fps) for side in SIDES], axis=0)
    moves = np.maximum(moves, _range(curves.values["head_yaw"], round(0.5 * fps)))
    (steps,) = np.nonzero(moves >= ARM_MOVES)
    return int(steps[0]) if len(steps) else 0


def truth_document(
    scenario: Scenario,
    shown: Sequence[Shown],
    glimpses: Sequence[tuple[float, Glimpse]],
    *,
    name: str,
    recording: Recording | None = None,
) -> Document:
    """Return the truth of a film.

    Parameters
    ----------
    scenario
        What was filmed.
    shown
        The signs that happen.
    glimpses
        What of the patient could be seen, with the second.
    name
        Pseudonym of the recording.
    recording
        The recording, where it was made already.

    Returns
    -------
    A Document with what happens as findings, what could not be seen or heard as not
    assessable, the rest as absences, and the verdict that the scenario names.
    """
    found = [
        Finding(
            sign=item.sign,
            side=Side(item.side),
            start=round(item.start, 2),
            end=round(min(item.end, scenario.duration), 2),
            source=SOURCE,
            measures={key: round(value, 3) for key, value in item.measures.items()},
        )
        for item in shown
        if item.start < scenario.duration
    ]
    observations: list[Observation] = [*found]
    for sign in vocabulary().by_name:
        seen = [item for item in found if item.sign == sign]
        hidden = _hidden(sign, scenario, glimpses, seen)
        observations += hidden
        taken = ((item.start, item.end) for item in (*seen, *hidden))
        observations += [
            Absence(sign=sign, start=start, end=end, source=SOURCE)
            for start, end in less([(0.0, scenario.duration)], taken, sliver=SLIVER)
        ]
    made = recording or Recording(id=name, duration=scenario.duration)
    step = Step(
        stage=SOURCE,
        tool="s3ns synth",
        version=__version__,
        parameters={
            "seed": scenario.seed,
            "view": scenario.view,
            "light": scenario.light,
            "blanket": scenario.blanket,
            "nurse": scenario.nurse,
        },
        window=(0.0, scenario.duration),
    )
    text = f"The scenario is {scenario.verdict.replace('_', ' ')}."
    return (
        Document(recording=made)
        .with_observations(observations, step)
        .with_verdict(
            Verdict(
                label=Label(scenario.verdict),
                strength="none",
                score_epileptic=0,
                score_non_epileptic=0,
                text=text,
                node="scenario",
                supports=(),
                lateralisation=Lateralisation(hemisphere="none"),
            ),
            Proof("scenario", (Node(id="scenario", kind="given", text=text, atom=""),)),
            Step(stage="reason", tool="s3ns synth", version=__version__),
        )
    )


def _hidden(
    sign: str,
    scenario: Scenario,
    glimpses: Sequence[tuple[float, Glimpse]],
    seen: Sequence[Finding],
) -> list[Unassessable]:
    whole = (0.0, scenario.duration)
    heard = {cue.cue for cue in scenario.sound}
    if vocabulary().by_name[sign].modality == "audio":
        if not scenario.has_sound:
            return [_unassessable(sign, "no_audio", *whole)]
        if sign == "verbal_responsiveness" and "prompt" not in heard:
            return [_unassessable(sign, "not_addressed", *whole)]
        return []
    if sign == vocabulary().lead_in:
        return [] if seen else [_unassessable(sign, "no_quiet_lead_in", *whole)]
    sides = {str(item.side) for item in seen}
    reasons = [_reason(sign, glimpse, sides) for _, glimpse in glimpses]
    times = [time for time, _ in glimpses]
    if not times:
        return []
    edges = [0.0, *((one + two) / 2 for one, two in pairwise(times)), scenario.duration]
    found: list[Unassessable] = []
    for reason, (start, end) in zip(reasons, pairwise(edges), strict=True):
        if reason is None:
            continue
        last = found[-1] if found else None
        if last and last.reason == reason and last.end == round(start, 2):
            found[-1] = _unassessable(sign, reason, last.start, end)
        else:
            found.append(_unassessable(sign, reason, start, end))
    # A moment's loss of sight hides nothing that lasts.
    return [item for item in found if item.duration >= 0.5]


def _unassessable(sign: str, reason: str, start: float, end: float) -> Unassessable:
    return Unassessable(
        sign=sign,
        start=round(start, 2),
        end=round(end, 2),
        source=SOURCE,
        reason=reason,
    )


def _reason(sign: str, glimpse: Glimpse, sides: set[str]) -> str | None:
    """Return why a sign cannot be judged at a moment; nothing where it can."""
    if sign in FACE_SIGNS:
        return _face_reason(glimpse)
    if sign == "head_turning":
        return "face_not_visible" if glimpse.shares["head"] < SHOWN_LEAST / 2 else None
    return _BODY_REASONS.get(sign, _arm_reason)(glimpse, sides)


def _face_reason(glimpse: Glimpse) -> str | None:
    if glimpse.turned > FACE_TURNED_LIMIT:
        return "head_turned_away"
    if glimpse.shares["face"] < SHOWN_LEAST / 2:
        return "face_not_visible"
    return "face_too_small" if glimpse.eyes < FACE_SMALLEST else None


def _covered(glimpse: Glimpse, *parts: str) -> str | None:
    hidden = any(glimpse.shares[part] < SHOWN_LEAST for part in parts)
    return "limb_covered" if hidden else None


def _arm_reason(glimpse: Glimpse, sides: set[str]) -> str | None:
    # A sign of one arm needs that arm; both must show before neither can have it.
    needed = [side for side in SIDES if sides == {side}] or SIDES
    return _covered(
        glimpse, *(f"{side}_{part}" for side in needed for part in ("hand", "elbow"))
    )


def _whole_reason(glimpse: Glimpse, _: set[str]) -> str | None:
    return _covered(
        glimpse, *(f"{side}_{part}" for side in SIDES for part in ("hand", "leg"))
    )


def _hips_reason(glimpse: Glimpse, _: set[str]) -> str | None:
    if glimpse.oblique < THRUST_OBLIQUITY:
        return "line_of_sight"
    # Hands lie on them, and only their front is ever seen.
    return "limb_covered" if glimpse.shares["hips"] < SHOWN_LEAST / 2 else None


_BODY_REASONS: dict[str, Callable[[Glimpse, set[str]], str | None]] = {
    "full_body_shaking": _whole_reason,
    "pelvic_thrusting": _hips_reason,
}
