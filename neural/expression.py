"""What a face does, in the face's own coordinates.

The mesh is turned upright and frontal by a frame of points that facial muscles hardly
move, and divided by the distance of the outer eye corners, so that head movement,
distance and rolling over leave the readings alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from s3ns.neural.face import MESH_LEFT_EYE_OUTER, MESH_RIGHT_EYE_OUTER, Face
from s3ns.neural.geometry import Array

NOSE_BRIDGE, NOSE_BASE = 168, 2

SKIN = {
    "left_brow": 334,
    "right_brow": 105,
    "left_cheek": 425,
    "right_cheek": 205,
    "left_nostril": 279,
    "right_nostril": 49,
    "chin": 152,
}
"""Mesh points whose movement shows twitching."""

LIPS = {
    "right_corner": (0, 61),
    "left_corner": (10, 291),
    "lower_inner": (25, 14),
    "upper_inner": (35, 13),
}
"""Place among the refined lips, and the mesh point that gives the depth."""

SKIN_POINTS = (*SKIN, "right_corner", "left_corner")
"""Names of the points in :attr:`Expression.skin`, in order."""


@dataclass(frozen=True)
class Expression:
    """Readings of one frame; lengths in distances of the outer eye corners.

    Attributes
    ----------
    yaw, pitch, roll
        Degrees of the head against the camera: yaw to the patient's left, pitch chin
        up, roll clockwise on the screen. Pitch has an offset of its own for every nose.
    size
        Distance of the outer eye corners in pixels.
    eye_opening
        ``(2,)`` lid distance over lid length, left and right eye.
    gaze
        ``(2,)`` mean place of the irises between the eye corners: along the eye (0
        patient's right corner, 1 left) and across it.
    mouth_opening, mouth_width
        Distance of the inner lips, and of the corners of the mouth.
    mouth_pull
        How far the mouth lies to the patient's left of the midline.
    skin
        ``(9, 2)`` places of :data:`SKIN_POINTS`, x to the patient's left, y down.
    """

    yaw: float
    pitch: float
    roll: float
    size: float
    eye_opening: Array
    gaze: Array
    mouth_opening: float
    mouth_width: float
    mouth_pull: float
    skin: Array


def read_expression(face: Face) -> Expression:
    """Read a face."""
    origin, axes, length = _head_frame(face.mesh)
    lips = np.stack(
        [np.append(face.lips[lip], face.mesh[mesh, 2]) for lip, mesh in LIPS.values()]
    )
    skin = np.concatenate([face.mesh[list(SKIN.values())], lips])
    upright = (skin - origin) @ axes.T / length
    placed = dict(zip((*SKIN, *LIPS), upright, strict=True))
    corners = placed["right_corner"], placed["left_corner"]
    yaw, pitch, roll = _angles(axes)
    return Expression(
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        size=length,
        eye_opening=np.array([_opening(face.left_eye), _opening(face.right_eye)]),
        gaze=_gaze(face),
        mouth_opening=float(placed["lower_inner"][1] - placed["upper_inner"][1]),
        mouth_width=float(np.linalg.norm(corners[1] - corners[0])),
        mouth_pull=float((corners[0][0] + corners[1][0]) / 2),
        skin=np.stack([placed[name][:2] for name in SKIN_POINTS]).astype(np.float32),
    )


def _head_frame(mesh: Array) -> tuple[Array, Array, float]:
    """Return the origin, the three axes as rows (left, down, forward), the length."""
    left, right = mesh[MESH_LEFT_EYE_OUTER], mesh[MESH_RIGHT_EYE_OUTER]
    across = left - right
    length = max(float(np.linalg.norm(across)), 1e-6)
    x = across / length
    down = mesh[NOSE_BASE] - mesh[NOSE_BRIDGE]
    y = down - (down @ x) * x
    y = y / max(float(np.linalg.norm(y)), 1e-6)
    forward = np.cross(y, x)
    return (left + right) / 2, np.stack([x, y, forward]), length


def _angles(axes: Array) -> tuple[float, float, float]:
    """Angles of the head frame against a camera that looks along +z."""
    x, _, forward = axes
    roll = float(np.degrees(np.arctan2(x[1], x[0])))
    cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    along = forward[0] * cos + forward[1] * sin
    across = forward[1] * cos - forward[0] * sin
    yaw = float(np.degrees(np.arctan2(along, -forward[2])))
    pitch = float(np.degrees(np.arcsin(np.clip(-across, -1, 1))))
    return yaw, pitch, roll


def _opening(eye: Array) -> float:
    lower, upper = eye[1:8], eye[9:16]
    width = max(float(np.linalg.norm(eye[0] - eye[8])), 1e-6)
    return float(np.linalg.norm(upper - lower, axis=1).mean()) / width


def _gaze(face: Face) -> Array:
    places = []
    for eye, iris in (
        (face.left_eye, face.left_iris),
        (face.right_eye, face.right_iris),
    ):
        # Both eyes are read from the patient's right to the patient's left.
        first, last = sorted((eye[0], eye[8]), key=lambda corner: _along(face, corner))
        along = last - first
        across = np.array([-along[1], along[0]])
        square = max(float(along @ along), 1e-6)
        places.append(
            [(iris - first) @ along / square, (iris - first) @ across / square]
        )
    return np.asarray(np.mean(places, axis=0), np.float32)


def _along(face: Face, point: Array) -> float:
    left, right = (
        face.mesh[MESH_LEFT_EYE_OUTER, :2],
        face.mesh[MESH_RIGHT_EYE_OUTER, :2],
    )
    return float((point - right) @ (left - right))
