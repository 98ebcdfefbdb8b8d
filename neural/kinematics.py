"""Joint angles and turns from body points, relative to the patient's own body."""

from __future__ import annotations

import numpy as np

from s3ns.neural.pose import Joint
from s3ns.neural.signals import Series, rolling_mean, rolling_median

ARM = {
    "left": (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, Joint.LEFT_WRIST),
    "right": (Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST),
}
LEG = {
    "left": (Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
    "right": (Joint.RIGHT_HIP, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE),
}
TORSO = (
    Joint.LEFT_SHOULDER,
    Joint.RIGHT_SHOULDER,
    Joint.LEFT_HIP,
    Joint.RIGHT_HIP,
)

SEGMENT_REACH = 0.7
"""Length of upper arm and forearm in shoulder widths, at the least (anthropometry:
0.70 to 0.78 of the distance of the pose model's shoulders)."""

FORESHORTENED, PLAIN = 0.6, 0.9
"""Seen length over full length: below the first a segment points at the camera and its
angle in the picture says nothing; above the second the picture is right."""


def angle_at(corner: Series, first: Series, second: Series) -> Series:
    """Return the angle in degrees at ``corner`` between the rays to the other points.

    All have the shape ``(n, d)``; the result has ``(n,)``.
    """
    one, two = first - corner, second - corner
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1)
    cosine = np.sum(one * two, axis=-1) / np.maximum(lengths, 1e-9)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def middle(points: Series, one: Joint, two: Joint) -> Series:
    """Return the middle of two points, ``(n, d)``."""
    return np.asarray((points[:, one] + points[:, two]) / 2)


def shoulder_width(points: Series, world: Series, rate: float) -> Series:
    """Return the pixels per shoulder width at each time, ``(n,)``.

    The width itself shrinks when the body turns; so the picture's size of the whole
    trunk is compared with its size in metres, and smoothed over three seconds.
    """
    torso, metres = points[:, TORSO], world[:, TORSO, :2]
    spread = np.linalg.norm(torso - torso.mean(axis=1, keepdims=True), axis=(1, 2))
    size = np.linalg.norm(metres - metres.mean(axis=1, keepdims=True), axis=(1, 2))
    across = world[:, Joint.LEFT_SHOULDER] - world[:, Joint.RIGHT_SHOULDER]
    known = np.linalg.norm(across, axis=1)
    width = float(np.nanmedian(known)) if np.isfinite(known).any() else np.nan
    ratio = np.where(spread > 1, spread, np.nan) / np.maximum(size, 1e-3)
    return rolling_median(ratio * width, rate, 3.0)


def elbow_angle(points: Series, world: Series, scale: Series, side: str) -> Series:
    """Return the angle at the elbow in degrees, ``(n,)``; 180 is straight.

    Where both segments lie across the line of sight, the angle in the picture is right;
    the model's angle in space is then often far off for a strongly bent arm (seen: 104
    degrees for 29). Where a segment points at the camera, it is the other way round. So
    the two are mixed by how long the segments look.
    """
    shoulder, elbow, wrist = ARM[side]
    flat = angle_at(points[:, elbow], points[:, shoulder], points[:, wrist])
    deep = angle_at(world[:, elbow], world[:, shoulder], world[:, wrist])
    seen = np.minimum(
        _seen_length(points, scale, shoulder, elbow),
        _seen_length(points, scale, elbow, wrist),
    )
    weight = np.clip((seen - FORESHORTENED) / (PLAIN - FORESHORTENED), 0, 1)
    return np.asarray(weight * flat + (1 - weight) * deep)


def _seen_length(points: Series, scale: Series, one: Joint, two: Joint) -> Series:
    length = np.linalg.norm(points[:, one] - points[:, two], axis=1) / scale
    known = length[np.isfinite(length)]
    full = max(SEGMENT_REACH, float(np.percentile(known, 95))) if len(known) else 1.0
    return np.asarray(length / full)


def trunk_yaw(world: Series) -> Series:
    """Return the turn of the trunk in degrees, ``(n,)``, to the patient's left."""
    return _yaw(*_trunk_front(world))


def trunk_obliquity(world: Series) -> Series:
    """Return the angle in degrees, ``(n,)``, of the trunk's front to the line of sight.

    0 where front or back faces the camera, 90 where the trunk is seen from its side.
    """
    front, _ = _trunk_front(world)
    length = np.maximum(np.linalg.norm(front, axis=1), 1e-9)
    return np.asarray(
        np.degrees(np.arccos(np.clip(np.abs(front[:, 2]) / length, 0, 1)))
    )


def _trunk_front(world: Series) -> tuple[Series, Series]:
    """Return the directions in which the trunk faces, and from the hips up."""
    across = world[:, Joint.LEFT_SHOULDER] - world[:, Joint.RIGHT_SHOULDER]
    up = middle(world, Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER) - middle(
        world, Joint.LEFT_HIP, Joint.RIGHT_HIP
    )
    return np.cross(across, up), up


def head_yaw(world: Series) -> Series:
    """Return the turn of the head in degrees from ears and nose, to the patient's left.

    Coarse, but it holds where the face is turned too far for the mesh.
    """
    ears = middle(world, Joint.LEFT_EAR, Joint.RIGHT_EAR)
    up = ears - middle(world, Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER)
    return _yaw(world[:, Joint.NOSE] - ears, up)


def _yaw(direction: Series, up: Series) -> Series:
    """Turn of a direction about ``up``, from the camera (0) to the patient's left."""
    toward_camera = np.array([0.0, 0.0, -1.0])
    up = up / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-9)
    left = np.cross(up, toward_camera)
    left = left / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9)
    front = np.cross(left, up)
    along_left = np.sum(direction * left, axis=1)
    along_front = np.sum(direction * front, axis=1)
    return np.asarray(np.degrees(np.arctan2(along_left, along_front)))


def jitter(series: Series, rate: float) -> Series:
    """Return the root mean square of what changes from one step to the next, ``(n,)``.

    Taken over a second, of an ``(n, d)`` series, against the mean of both neighbours.
    """
    fast = np.full(len(series), np.nan)
    between = (series[:-2] + series[2:]) / 2
    fast[1:-1] = np.linalg.norm(series[1:-1] - between, axis=1)
    # After a leap, rounding leaves the mean of what keeps still a little below 0.
    return np.sqrt(np.maximum(rolling_mean(fast**2, rate, 1.0), 0))
