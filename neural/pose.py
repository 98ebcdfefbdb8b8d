"""Pose: 33 body points in the picture and in metres, from a crop around a person.

The model is BlazePose (Bazarevsky 2020, arXiv 2006.10204) as MediaPipe 0.10.21 ships
it, with MediaPipe's refinement of the points by their heat maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from s3ns.neural.geometry import Array, Region, apply, inverse
from s3ns.neural.picture import AnyPicture, crop
from s3ns.neural.runtime import Model

PIXELS = 256
HEATMAP = 64
KERNEL = 7
KERNEL_CONFIDENCE = 0.5
REGION_SCALE = 1.25
"""Crop size over twice the distance from the hips to the farthest point (MediaPipe)."""

POINTS = 33
AUXILIARY = slice(33, 35)
"""The two points after the body's that place the crop of the next frame."""


class Joint(IntEnum):
    """The body points, by the patient's own side."""

    NOSE = 0
    LEFT_EYE = 2
    RIGHT_EYE = 5
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28


@dataclass(frozen=True)
class Pose:
    """A person in one frame.

    Attributes
    ----------
    score
        How sure the model is that there is a person, 0 to 1.
    points
        ``(33, 2)`` in pixels of the picture.
    visibility
        ``(33,)``, 0 to 1: whether the point lies in the picture and is not covered.
    world
        ``(33, 3)`` in metres from the middle of the hips, axes along the picture's
        (x right, y down, z away from the camera).
    region
        Where to look for the same person in the next frame.
    """

    score: float
    points: Array
    visibility: Array
    world: Array
    region: Region


def region_from(centre: Array, reach: Array) -> Region:
    """Return the crop around a person.

    Parameters
    ----------
    centre
        ``(2,)`` middle of the hips in pixels.
    reach
        ``(2,)`` point as far from the hips as the body reaches, toward the head.
    """
    x, y = reach - centre
    rotation = np.pi / 2 - np.arctan2(-y, x)
    size = 2 * float(np.hypot(x, y)) * REGION_SCALE
    return Region(float(centre[0]), float(centre[1]), max(size, 1.0), float(rotation))


def find_pose(model: Model, image: AnyPicture, region: Region) -> Pose:
    """Find the body points of the person in a region."""
    affine = region.to_square(PIXELS)
    outputs = model.run(crop(image, affine, PIXELS, replicate=True) / 255)
    raw = outputs["Identity"].reshape(39, 5)
    points = _refined(raw[:, :2], outputs["Identity_3"][0])
    placed = apply(inverse(affine), points)
    world = outputs["Identity_4"].reshape(39, 3)[:POINTS].copy()
    world[:, :2] = world[:, :2] @ region.axes
    centre, reach = placed[AUXILIARY]
    seen = _sigmoid(raw[:POINTS, 3]) * _sigmoid(raw[:POINTS, 4])
    return Pose(
        score=float(outputs["Identity_1"].reshape(-1)[0]),
        points=placed[:POINTS],
        visibility=seen,
        world=world,
        region=region_from(centre, reach),
    )


def _sigmoid(logits: Array) -> Array:
    return (1 / (1 + np.exp(-np.clip(logits, -50, 50)))).astype(np.float32)


def _refined(points: Array, heatmaps: Array) -> Array:
    """Move each point to the centre of mass of its heat map nearby.

    Parameters
    ----------
    points
        ``(39, 2)`` in pixels of the crop.
    heatmaps
        ``(64, 64, 39)`` logits.
    """
    half = KERNEL // 2
    cells = np.floor(points / PIXELS * HEATMAP).astype(int)
    inside = np.all((cells >= 0) & (cells < HEATMAP), axis=1)
    offsets = np.arange(-half, half + 1)
    columns = cells[:, :1] + offsets
    rows = cells[:, 1:] + offsets
    valid = ((rows >= 0) & (rows < HEATMAP))[:, :, None]
    valid = valid & ((columns >= 0) & (columns < HEATMAP))[:, None, :]
    patch = heatmaps[
        np.clip(rows, 0, HEATMAP - 1)[:, :, None],
        np.clip(columns, 0, HEATMAP - 1)[:, None, :],
        np.arange(len(points))[:, None, None],
    ]
    weights = _sigmoid(patch) * valid
    mass = np.maximum(weights.sum(axis=(1, 2)), 1e-9)
    centre = np.stack(
        [
            (weights.sum(axis=1) * columns).sum(axis=1) / mass,
            (weights.sum(axis=2) * rows).sum(axis=1) / mass,
        ],
        axis=1,
    )
    certain = inside & (weights.max(axis=(1, 2)) >= KERNEL_CONFIDENCE)
    refined = np.where(certain[:, None], centre / HEATMAP * PIXELS, points)
    return np.asarray(refined, np.float32)
