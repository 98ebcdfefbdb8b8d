"""Degrees of freedom of a person, how they change, and the joint rotations they mean.

Angles are in degrees, anatomical, 0 for somebody who lies or stands straight with the
arms along the body; lids, jaw and mouth go from 0 (rest) to 1. Left and right are the
person's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from s3ns.benchmarks.synthetic.body import Body

Array = npt.NDArray[Any]

SIDES = ("left", "right")
WHOLE = (
    "head_yaw",  # to the person's left
    "head_pitch",  # chin to the chest
    "head_roll",
    "gaze_yaw",
    "gaze_pitch",
    "jaw",
    "pucker",
    "trunk_roll",  # about the long axis, to the person's left
    "trunk_twist",
    "pelvis_lift",  # metres, to the front
    "shift_across",  # metres, of the whole body
    "shift_along",
)
OF_A_SIDE = (
    "lid",
    "mouth_pull",
    "cheek",
    "brow",
    "shoulder_abduction",
    "shoulder_flexion",
    "shoulder_rotation",  # inward: brings the bent forearm across the body
    "elbow",  # 0 is straight
    "wrist",
    "fist",  # 0 to 1
    "hip",
    "hip_abduction",
    "knee",
    "ankle",
)
DEGREES_OF_FREEDOM = (
    *WHOLE,
    *(f"{side}_{name}" for side in SIDES for name in OF_A_SIDE),
)
ARM = ("shoulder_abduction", "shoulder_flexion", "shoulder_rotation", "elbow")


class Curves:
    """All degrees of freedom over time.

    Parameters
    ----------
    times
        ``(n,)`` seconds.
    rest
        Values at rest; 0 where not given.
    """

    def __init__(self, times: Array, rest: Mapping[str, float] | None = None) -> None:
        self.times = times
        self.values = {
            name: np.full(len(times), float((rest or {}).get(name, 0.0)))
            for name in DEGREES_OF_FREEDOM
        }

    def add(self, name: str, change: Array | float) -> None:
        """Add a change to what is there."""
        self.values[name] = self.values[name] + change

    def toward(self, name: str, target: Array | float, share: Array) -> None:
        """Go a share of the way to a target, ``(n,)`` from 0 to 1."""
        self.values[name] = self.values[name] + share * (target - self.values[name])

    def at_least(self, name: str, values: Array) -> None:
        """Raise to these values where they are higher."""
        self.values[name] = np.maximum(self.values[name], values)

    def at(self, step: int) -> dict[str, float]:
        """Return the values at one step."""
        return {name: float(values[step]) for name, values in self.values.items()}


def rotation(axis: Array | tuple[float, float, float], degrees: float) -> Array:
    """Return the rotation matrix about an axis (Rodrigues)."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.asarray(
        np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    )


_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_LETTER = {"left": "L", "right": "R"}
_FINGERS = tuple(f"finger{number}" for number in range(2, 6))


def joint_turns(body: Body, now: Mapping[str, float]) -> dict[str, Array]:
    """Return the rotation of each bone for values of the degrees of freedom."""
    turns: dict[str, Array] = {}
    for bone, share in (("neck01", 0.3), ("neck02", 0.3), ("head", 0.4)):
        turns[bone] = (
            rotation(_Z, share * now["head_yaw"])
            @ rotation(_X, share * now["head_pitch"])
            @ rotation(_Y, share * now["head_roll"])
        )
    for bone in ("spine04", "spine02"):
        turns[bone] = rotation(_Z, now["trunk_twist"] / 2)
    gaze = rotation(_Z, now["gaze_yaw"]) @ rotation(_X, now["gaze_pitch"])
    for side, letter in _LETTER.items():
        turns[f"eye.{letter}"] = gaze
        turns.update(_arm(body, side, now))
        outward = -1 if side == "left" else 1
        turns[f"upperleg01.{letter}"] = rotation(
            _Y, outward * now[f"{side}_hip_abduction"]
        ) @ rotation(_X, -now[f"{side}_hip"])
        turns[f"lowerleg01.{letter}"] = rotation(_X, now[f"{side}_knee"])
        turns[f"foot.{letter}"] = rotation(_X, now[f"{side}_ankle"])
    return turns


def _arm(body: Body, side: str, now: Mapping[str, float]) -> dict[str, Array]:
    letter, left = _LETTER[side], 1.0 if side == "left" else -1.0
    shoulder, elbow, wrist = (
        body.head(f"{bone}.{letter}") for bone in ("upperarm01", "lowerarm01", "wrist")
    )
    upper, fore = _unit(elbow - shoulder), _unit(wrist - elbow)
    # At rest the palm looks down: the elbow bends about an axis to the front.
    hinge = _unit(np.cross(upper, np.array([0.0, -1.0, 0.0])))
    turned = rotation(_X, -now[f"{side}_shoulder_flexion"]) @ rotation(
        _Y, -left * now[f"{side}_shoulder_abduction"]
    )
    inward = np.radians(now[f"{side}_shoulder_rotation"])
    down = turned @ np.array([0.0, 0.0, -1.0])
    bend = turned @ np.array([-left * np.sin(inward), -np.cos(inward), 0.0])
    bones = {
        f"upperarm01.{letter}": _frame(down, np.cross(down, bend))
        @ _frame(upper, hinge).T,
        f"lowerarm01.{letter}": rotation(hinge, now[f"{side}_elbow"])
        @ _shortest(fore, upper),
        f"wrist.{letter}": rotation(hinge, now[f"{side}_wrist"]),
    }
    knuckles = body.head(f"finger3-1.{letter}") - wrist
    across = body.head(f"finger5-1.{letter}") - body.head(f"finger2-1.{letter}")
    palm = np.cross(knuckles, across) * -left
    curl = _unit(np.cross(knuckles, palm))
    for finger in _FINGERS:
        for joint, degrees in ((1, 65.0), (2, 75.0), (3, 40.0)):
            bones[f"{finger}-{joint}.{letter}"] = rotation(
                curl, degrees * now[f"{side}_fist"]
            )
    return bones


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))


def _frame(first: Array, normal: Array) -> Array:
    """Return axes as columns: a direction, a normal to it, and their cross product."""
    one, three = _unit(first), _unit(normal)
    return np.stack([one, np.cross(three, one), three], axis=1)


def _shortest(source: Array, target: Array) -> Array:
    """Return the shortest rotation from one unit vector to another."""
    axis = np.cross(source, target)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return np.eye(3)
    return rotation(axis, float(np.degrees(np.arctan2(sine, source @ target))))


def facial_actions(now: Mapping[str, float]) -> dict[str, float]:
    """Return the facial actions for values of the degrees of freedom."""
    actions = {
        "jawOpen": now["jaw"],
        "mouthPucker": now["pucker"],
    }
    for side, name in (("left", "Left"), ("right", "Right")):
        pull = now[f"{side}_mouth_pull"]
        actions |= {
            f"eyeBlink{name}": now[f"{side}_lid"],
            f"mouth{name}": pull,
            f"mouthStretch{name}": pull,
            f"mouthSmile{name}": 0.6 * pull + now[f"{side}_cheek"],
            f"cheekSquint{name}": now[f"{side}_cheek"],
            f"noseSneer{name}": 0.7 * now[f"{side}_cheek"],
            f"browDown{name}": now[f"{side}_brow"],
        }
    return {name: float(np.clip(value, 0, 1)) for name, value in actions.items()}
