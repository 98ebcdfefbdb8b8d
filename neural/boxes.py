"""Box detectors of the BlazeFace family: person and face.

Both give boxes and key points relative to a fixed grid of anchors; overlapping boxes
are blended by their scores, as MediaPipe does (Bazarevsky 2019, arXiv 1907.05047).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from s3ns.neural.geometry import Array, Region, apply, inverse
from s3ns.neural.picture import AnyPicture, crop
from s3ns.neural.runtime import Model

OVERLAP = 0.3
"""Boxes that share more than this (intersection over union) are one."""


@dataclass(frozen=True)
class Box:
    """A detected person or face.

    Attributes
    ----------
    score
        From 0 to 1.
    corners
        ``(2, 2)`` upper left and lower right corner in pixels of the picture.
    keypoints
        ``(k, 2)`` in pixels of the picture.
    """

    score: float
    corners: Array
    keypoints: Array


@dataclass(frozen=True)
class BoxDetector:
    """A box model with its anchors.

    Attributes
    ----------
    model
        The ONNX model; its two outputs are told apart by their last dimension.
    pixels
        Edge of its input.
    strides
        Distance of the anchors in input pixels; one entry for two anchors.
    """

    model: Model
    pixels: int
    strides: tuple[int, ...]

    @classmethod
    def of_people(cls, model: Model) -> BoxDetector:
        """Return the detector of people; key points 0 and 1 are hips and reach."""
        return cls(model, 224, (8, 16, 32, 32, 32))

    @classmethod
    def of_faces(cls, model: Model) -> BoxDetector:
        """Return the detector of faces near the camera; 0 and 1 are the eyes."""
        return cls(model, 128, (8, 16, 16, 16))

    def inside(self, image: AnyPicture, region: Region, threshold: float) -> list[Box]:
        """Look at a region of a picture; what lies outside the picture is black.

        Returns
        -------
        Boxes in pixels of the picture, the most certain first.
        """
        affine = region.to_square(self.pixels)
        square = crop(image, affine, self.pixels, replicate=False) / 127.5 - 1
        outputs = list(self.model.run(square).values())
        raw = next(out for out in outputs if out.shape[-1] > 1)[0]
        logits = next(out for out in outputs if out.shape[-1] == 1)[0, :, 0]
        scores = np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))), np.float32)
        kept = scores > threshold
        if not kept.any():
            return []
        points = raw[kept].reshape(int(kept.sum()), -1, 2) / self.pixels
        anchors = _anchors(self.pixels, self.strides)[kept]
        points[:, 0] += anchors
        points[:, 2:] += anchors[:, None]
        back = inverse(affine)
        return [
            _box(score, blended * self.pixels, back)
            for score, blended in _blend(scores[kept], points)
        ]


def _box(score: float, points: Array, back: Array) -> Box:
    centre, size, keypoints = points[0], points[1], points[2:]
    corners = np.stack([centre - size / 2, centre + size / 2])
    return Box(score, apply(back, corners), apply(back, keypoints))


def _anchors(pixels: int, strides: tuple[int, ...]) -> Array:
    """Centres of the anchors, ``(n, 2)``, as shares of the input."""
    levels = []
    for stride in dict.fromkeys(strides):
        count = pixels // stride
        rows, columns = np.mgrid[0:count, 0:count]
        centres = (np.stack([columns, rows], -1).reshape(-1, 2) + 0.5) / count
        levels.append(np.repeat(centres, 2 * strides.count(stride), axis=0))
    return np.concatenate(levels).astype(np.float32)


def _blend(scores: Array, points: Array) -> list[tuple[float, Array]]:
    """Group overlapping boxes and average each group, weighted by score.

    ``points`` is ``(n, 2 + k, 2)``: centre, size, key points. The best score stands for
    its group.
    """
    centres, sizes = points[:, 0], points[:, 1]
    low, high = centres - sizes / 2, centres + sizes / 2
    left = np.argsort(-scores, kind="stable")
    groups = []
    while len(left):
        best = left[0]
        shared = np.minimum(high[best], high[left]) - np.maximum(low[best], low[left])
        area = np.prod(np.clip(shared, 0, None), axis=1)
        union = np.prod(sizes[best]) + np.prod(sizes[left], axis=1) - area
        same = area / np.maximum(union, 1e-9) > OVERLAP
        same[0] = True
        members = left[same]
        weights = scores[members] / scores[members].sum()
        blended = np.tensordot(weights, points[members], axes=1).astype(np.float32)
        groups.append((float(scores[best]), blended))
        left = left[~same]
    return groups
