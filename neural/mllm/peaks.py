"""Where a sign that two pictures per second do not show is looked for: motion peaks.

Windows at many pictures per second cost a question each. They go where what the sign is
about moves most, as our own landmarks tell: limbs against the hips, lids, the skin of
the face. Where the landmarks find nobody, or cannot be had, the change of the pictures
stands in for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

import numpy as np

from s3ns.facts import Sign
from s3ns.neural.expression import Expression
from s3ns.neural.geometry import Array
from s3ns.neural.kinematics import ARM, LEG
from s3ns.neural.landmarks import Landmarks
from s3ns.neural.mllm.windows import PICTURE, Look, Window
from s3ns.neural.pose import Joint
from s3ns.neural.thresholds import VISIBLE

Part = Literal["limbs", "lids", "skin"]

FAST_SIGNS: Mapping[str, Part] = {
    "clonic": "limbs",
    "eye_blinking": "lids",
    "face_twitching": "skin",
}
"""Signs that two pictures per second do not show, with what moves in them.

A blink lasts a third of a second, and jerks come up to five times in one.
"""

FAST_RATE = 10.0
"""Pictures per second below which these signs cannot be judged."""

GROUP = 30.0
"""Seconds from which the liveliest windows are chosen."""

_LIMBS = (*ARM.values(), *LEG.values())
_HIPS = [Joint.LEFT_HIP, Joint.RIGHT_HIP]
_SHOULDERS = [Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]


class Movement:
    """Tells how fast each part of the patient moves, from frame to frame."""

    def __init__(self) -> None:
        self._before: tuple[Landmarks, Expression | None] | None = None

    def __call__(self, found: Landmarks, face: Expression | None) -> dict[str, float]:
        """Return the speeds since the frame before, by :data:`Part`, where measured.

        Limbs move in lengths of the trunk per second, the fastest of the four counting;
        lids in openings per lid length, and skin in distances of the outer eye corners.
        """
        before, self._before = self._before, (found, face)
        if before is None or found.time <= before[0].time:
            return {}
        seconds = found.time - before[0].time
        moved: dict[str, float] = {}
        limbs = _limbs(before[0], found)
        if limbs is not None:
            moved["limbs"] = limbs / seconds
        if before[1] is not None and face is not None:
            moved["lids"] = _change(before[1].eye_opening, face.eye_opening) / seconds
            moved["skin"] = _change(before[1].skin, face.skin) / seconds
        return moved


def liveliest(
    found: Iterable[Window], signs: Mapping[Look, Iterable[Sign]], most: int
) -> Iterator[tuple[Window, list[Sign]]]:
    """Choose the windows that fast signs are asked about.

    Parameters
    ----------
    found
        Windows in order of time.
    signs
        The signs of each look. Of those that are fast, only the liveliest windows of
        each half minute are kept.
    most
        How many are kept of each half minute, for each sign.

    Yields
    ------
    The windows that any sign is asked about, with these signs.
    """
    groups: dict[Look, list[Window]] = {}
    for window in found:
        asked = list(signs.get(window.look, ()))
        slow = [sign for sign in asked if sign.name not in FAST_SIGNS]
        if slow:
            yield window, slow
        if len(slow) == len(asked):
            continue
        group = groups.setdefault(window.look, [])
        if group and window.start - group[0].start >= GROUP - 1e-6:
            yield from _chosen(group, asked, most)
            group.clear()
        group.append(window)
    for look, group in groups.items():
        yield from _chosen(group, signs[look], most)


def _chosen(
    group: list[Window], signs: Iterable[Sign], most: int
) -> Iterator[tuple[Window, list[Sign]]]:
    wanted: dict[int, list[Sign]] = {}
    for sign in [sign for sign in signs if sign.name in FAST_SIGNS]:
        order = sorted(range(len(group)), key=_liveliness(group, FAST_SIGNS[sign.name]))
        for place in order[:most]:
            wanted.setdefault(place, []).append(sign)
    for place in sorted(wanted):
        yield group[place], wanted[place]


def _liveliness(
    group: list[Window], part: Part
) -> Callable[[int], tuple[bool, float, float]]:
    """Return a key that sorts the liveliest window to the front.

    Windows in which the part was measured come before those in which it was not.
    """

    def key(place: int) -> tuple[bool, float, float]:
        motion = group[place].motion
        speed = motion.get(part, motion.get(PICTURE, 0.0))
        return part not in motion, -speed, group[place].start

    return key


def _limbs(before: Landmarks, after: Landmarks) -> float | None:
    """Return how far the limb that moved most did so, in lengths of the trunk."""
    if before.pose is None or after.pose is None:
        return None
    one, two = before.pose.points, after.pose.points
    trunk = float(np.linalg.norm(two[_SHOULDERS].mean(0) - two[_HIPS].mean(0)))
    shift = two[_HIPS].mean(0) - one[_HIPS].mean(0)
    shown = np.minimum(before.pose.visibility, after.pose.visibility) >= VISIBLE
    moved = [
        float(np.linalg.norm(two[seen] - one[seen] - shift, axis=1).mean())
        for seen in ([joint for joint in limb[1:] if shown[joint]] for limb in _LIMBS)
        if seen
    ]
    return max(moved) / max(trunk, 1.0) if moved else None


def _change(before: Array, after: Array) -> float:
    return float(np.abs(after - before).mean())
