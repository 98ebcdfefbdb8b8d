"""Markers on a rendered body: where its joints, ears and nose are, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from s3ns.benchmarks.synthetic.body import LEFT_EYE, RIGHT_EYE, Body
from s3ns.neural.pose import Joint

Array = npt.NDArray[Any]

_BONES = {
    Joint.LEFT_SHOULDER: "upperarm01.L",
    Joint.RIGHT_SHOULDER: "upperarm01.R",
    Joint.LEFT_ELBOW: "lowerarm01.L",
    Joint.RIGHT_ELBOW: "lowerarm01.R",
    Joint.LEFT_WRIST: "wrist.L",
    Joint.RIGHT_WRIST: "wrist.R",
    Joint.LEFT_INDEX: "finger2-1.L",
    Joint.RIGHT_INDEX: "finger2-1.R",
    Joint.LEFT_HIP: "upperleg01.L",
    Joint.RIGHT_HIP: "upperleg01.R",
    Joint.LEFT_KNEE: "lowerleg01.L",
    Joint.RIGHT_KNEE: "lowerleg01.R",
    Joint.LEFT_ANKLE: "foot.L",
    Joint.RIGHT_ANKLE: "foot.R",
}
"""Body points that are heads of bones."""

MARKED = (
    *_BONES,
    Joint.LEFT_EYE,
    Joint.RIGHT_EYE,
    Joint.NOSE,
    Joint.LEFT_EAR,
    Joint.RIGHT_EAR,
)
"""The body points with a marker, in order."""

EAR_REACH = 0.05
"""Metres above and below the eyes within which ears and tip of the nose lie."""


class Markers:
    """Reads the places of the markers off a body.

    Parameters
    ----------
    body
        The body, as it is at rest: front to -y, left to +x.
    """

    def __init__(self, body: Body) -> None:
        self._eyes = [np.flatnonzero(body.part == e) for e in (LEFT_EYE, RIGHT_EYE)]
        head = np.flatnonzero(body.main_bone == "head")
        across, depth, height = body.vertices[head].T
        eyes = body.vertices[self._eyes[0], 2].mean()
        # Ears are as high as eyes and nose; the widest and foremost points there.
        level = np.abs(height - eyes) < EAR_REACH
        self._skin = [
            head[np.argmin(np.where(level, depth, np.inf))],
            head[np.argmax(np.where(level, across, -np.inf))],
            head[np.argmin(np.where(level, across, np.inf))],
        ]

    def places(self, vertices: Array, joints: dict[str, Array]) -> Array:
        """Return the places of :data:`MARKED` in world space.

        Parameters
        ----------
        vertices
            ``(v, 3)`` surface of the body.
        joints
            Places of the joints by the name of their bone.

        Returns
        -------
        ``(m, 3)`` metres.
        """
        return np.stack(
            [
                *(joints[bone] for bone in _BONES.values()),
                *(vertices[eye].mean(axis=0) for eye in self._eyes),
                *(vertices[point] for point in self._skin),
            ]
        )
