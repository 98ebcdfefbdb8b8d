"""What of the patient the camera can see: measured on the rendered depths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from s3ns.benchmarks.synthetic.body import LEFT_EYE, RIGHT_EYE, Body
from s3ns.benchmarks.synthetic.posture import SIDES
from s3ns.benchmarks.synthetic.renderer import Camera

Array = npt.NDArray[Any]

BEHIND = 0.03
"""Metres by which a point may lie behind what was drawn and still be seen: clothes and
hair stand off by 1.2 cm, and pixels are coarse."""
_BONES = {
    "hand": ("wrist", "metacarpal", "finger", "lowerarm02"),
    "elbow": ("lowerarm01", "upperarm02"),
    "leg": ("lowerleg", "foot"),
}


@dataclass(frozen=True)
class Glimpse:
    """What can be seen at one moment.

    Attributes
    ----------
    shares
        Share of the points that show, by part: ``head``, ``face``, ``hips``, and hand,
        elbow and leg of each side. About a half of a body always looks away.
    turned
        Degrees between the face and the direction to the camera.
    eyes
        Pixels between the outer corners of the eyes.
    oblique
        Degrees between the front of the trunk and the line of sight, 0 to 90.
    """

    shares: dict[str, float]
    turned: float
    eyes: float
    oblique: float


class Sight:
    """Looks for the parts of a body in pictures of it.

    Parameters
    ----------
    body
        The body.
    camera
        The camera.
    size
        Width and height of the picture.
    """

    def __init__(self, body: Body, camera: Camera, size: tuple[int, int]) -> None:
        self._camera, self._size = camera, size
        bone = body.main_bone
        letters = {"left": ".L", "right": ".R"}
        self._points = {
            f"{side}_{limb}": np.flatnonzero(
                [
                    name.startswith(names) and name.endswith(letters[side])
                    for name in bone
                ]
            )
            for side in SIDES
            for limb, names in _BONES.items()
        }
        self._points["head"] = np.flatnonzero(bone == "head")
        self._points["hips"] = np.flatnonzero(
            [name.startswith(("pelvis", "root")) for name in bone]
        )
        eyeballs = np.isin(body.part, (LEFT_EYE, RIGHT_EYE))
        self._points["face"] = np.flatnonzero((body.lips > 0.5) | eyeballs)
        self._eyes = [body.part == eye for eye in (LEFT_EYE, RIGHT_EYE)]
        # At rest the face looks to the front, at an angle to what moves with the head.
        left, right = (body.vertices[eye].mean(0) for eye in self._eyes)
        axes = _head_axes(left, right, body.head("neck03"))
        self._face = axes.T @ np.array([0.0, -1.0, 0.0])

    def look(self, vertices: Array, joints: dict[str, Array], depths: Array) -> Glimpse:
        """Tell what shows.

        Parameters
        ----------
        vertices
            ``(v, 3)`` surface of the body.
        joints
            Places of the joints.
        depths
            ``(height, width)`` metres to what was drawn.
        """
        pixels, far = self._camera.project(vertices, self._size)
        column, row = np.floor(pixels).astype(int).T
        width, height = self._size
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        seen = np.zeros(len(vertices), bool)
        drawn = depths[row[inside], column[inside]]
        seen[inside] = far[inside] <= drawn + BEHIND
        left, right = (vertices[eye].mean(0) for eye in self._eyes)
        middle = (left + right) / 2
        head = _head_axes(left, right, joints["neck03"])
        ahead = head @ self._face
        toward = np.array(self._camera.eye) - middle
        # The outer corners lie 1.5 times as far apart as the middles of the eyes.
        corners, _ = self._camera.project(np.stack([left, right]), self._size)
        apart = corners[1] - corners[0]
        shoulders = joints["upperarm01.L"] - joints["upperarm01.R"]
        trunk = joints["neck01"] - joints["root"]
        front = np.cross(trunk, shoulders)
        sight = np.array(self._camera.eye) - joints["root"]
        angle = _degrees(front, sight)
        return Glimpse(
            shares={
                name: float(seen[where].mean()) for name, where in self._points.items()
            },
            turned=_degrees(ahead, toward),
            eyes=1.5 * float(np.linalg.norm(apart)),
            oblique=min(angle, 180 - angle),
        )


def _head_axes(left: Array, right: Array, neck: Array) -> Array:
    """Return axes that move with the head, as columns."""
    across = (left - right) / np.linalg.norm(left - right)
    up = (left + right) / 2 - neck
    ahead = np.cross(across, up)
    ahead = ahead / np.linalg.norm(ahead)
    return np.stack([across, ahead, np.cross(ahead, across)], axis=1)


def _degrees(one: Array, two: Array) -> float:
    cosine = one @ two / max(float(np.linalg.norm(one) * np.linalg.norm(two)), 1e-9)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
