"""Face: a mesh with lips, eyes and irises refined by attention, inside the head crop.

The model is MediaPipe's attention mesh (Grishchenko 2020, arXiv 2006.10962). The plain
mesh moves both eyes together and cannot show a blink; the attention mesh can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from s3ns.neural.boxes import Box, BoxDetector
from s3ns.neural.geometry import Array, Region, apply, inverse
from s3ns.neural.picture import AnyPicture, crop
from s3ns.neural.pose import Joint
from s3ns.neural.runtime import Model

PIXELS = 192
REGION_SCALE = 1.5
"""Crop size over the size of the face (MediaPipe)."""

EYE_POINTS = 16
"""The first points of a refined eye: lower lid from corner to corner, then upper."""

MESH_LEFT_EYE_OUTER, MESH_RIGHT_EYE_OUTER = 263, 33


@dataclass(frozen=True)
class Face:
    """A face in one frame, by the patient's own side.

    Attributes
    ----------
    score
        How sure the model is that there is a face, 0 to 1.
    mesh
        ``(468, 3)``: pixels of the picture, and depth in the same unit (away from the
        camera is positive).
    left_eye, right_eye
        ``(16, 2)`` refined lids in pixels: nine points of the lower lid from corner to
        corner, then seven of the upper.
    left_iris, right_iris
        ``(2,)`` centre of the iris in pixels.
    lips
        ``(80, 2)`` refined lips in pixels.
    region
        Where to look for the face in the next frame.
    """

    score: float
    mesh: Array
    left_eye: Array
    right_eye: Array
    left_iris: Array
    right_iris: Array
    lips: Array
    region: Region


def head_region(points: Array) -> Region:
    """Return the square around the head, upright, from the 33 body points."""
    head = points[
        [
            Joint.NOSE,
            Joint.LEFT_EYE,
            Joint.RIGHT_EYE,
            Joint.LEFT_EAR,
            Joint.RIGHT_EAR,
            Joint.MOUTH_LEFT,
            Joint.MOUTH_RIGHT,
        ]
    ]
    eyes = points[[Joint.LEFT_EYE, Joint.RIGHT_EYE]]
    mouth = points[[Joint.MOUTH_LEFT, Joint.MOUTH_RIGHT]]
    ears = points[[Joint.LEFT_EAR, Joint.RIGHT_EAR]]
    up = eyes.mean(axis=0) - mouth.mean(axis=0)
    size = max(
        2.4 * float(np.linalg.norm(ears[0] - ears[1])),
        6.0 * float(np.linalg.norm(up)),
        5.0 * float(np.linalg.norm(eyes[0] - eyes[1])),
        1.0,
    )
    x, y = head.mean(axis=0)
    return Region(float(x), float(y), size, float(np.arctan2(up[0], -up[1])))


def region_from_box(box: Box) -> Region:
    """Return the crop around a detected face; its first key points are the eyes."""
    across = box.keypoints[1] - box.keypoints[0]
    size = max(
        *map(float, np.abs(box.corners[1] - box.corners[0])),
        2.2 * float(np.linalg.norm(across)),
    )
    x, y = box.corners.mean(axis=0)
    rotation = float(np.arctan2(across[1], across[0]))
    return Region(float(x), float(y), size * REGION_SCALE, rotation)


def find_face_region(
    detector: BoxDetector, image: AnyPicture, head: Region, threshold: float
) -> Region | None:
    """Find the face inside the head crop."""
    found = detector.inside(image, head, threshold)
    return region_from_box(found[0]) if found else None


def find_face(model: Model, image: AnyPicture, region: Region) -> Face:
    """Find the mesh of the face in a region."""
    affine = region.to_square(PIXELS)
    outputs = model.run(crop(image, affine, PIXELS, replicate=True) / 255)
    back = inverse(affine)

    def placed(name: str) -> Array:
        return apply(back, outputs[name].reshape(-1, 2))

    raw = outputs["output_mesh_identity"].reshape(468, 3)
    depth = raw[:, 2:] * region.size / PIXELS
    mesh = np.concatenate([apply(back, raw[:, :2]), depth], axis=1)
    flag = float(outputs["conv_faceflag"].reshape(-1)[0])
    return Face(
        score=float(1 / (1 + np.exp(-flag))),
        mesh=mesh,
        # The graph names the eyes as an onlooker would: its right eye is the patient's
        # left.
        left_eye=placed("output_right_eye")[:EYE_POINTS],
        right_eye=placed("output_left_eye")[:EYE_POINTS],
        left_iris=placed("output_right_iris")[0],
        right_iris=placed("output_left_iris")[0],
        lips=placed("output_lips"),
        region=_region_from_mesh(mesh[:, :2]),
    )


def _region_from_mesh(points: Array) -> Region:
    across = points[MESH_LEFT_EYE_OUTER] - points[MESH_RIGHT_EYE_OUTER]
    rotation = float(np.arctan2(across[1], across[0]))
    axes = Region(0, 0, 1, rotation).axes
    upright = points @ axes.T
    low, high = upright.min(axis=0), upright.max(axis=0)
    centre = (low + high) / 2 @ axes
    size = float((high - low).max()) * REGION_SCALE
    return Region(float(centre[0]), float(centre[1]), max(size, 1.0), rotation)
