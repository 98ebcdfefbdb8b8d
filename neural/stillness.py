"""The body that was found holds for as long as the picture around it shows the same.

The pose model costs most of an analysis, and most of a recording shows a patient at
rest. Where nothing has moved, another look would give the same place and the model's
own tremble: looks at one unmoved body lie a few pixels apart, and more in the dark.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from s3ns.neural.geometry import Array, Region
from s3ns.neural.picture import AnyPicture, brightness
from s3ns.neural.pose import Pose

LONGEST = 0.3
"""Seconds after which the model looks again, though nothing seems to have moved."""

CELLS = 16
CELL = 8
"""Cells along the edge of the region around the body, and pixels along that of a cell,
over which the noise of the sensor averages out. A cell is some 14 cm wide."""

CHANGE = 0.1
"""A body has moved when a cell changes by this share of the contrast in the region. In
films of rendered patients whose joints all stood still, no cell changed as much in nine
of ten pictures; where a joint moved by a centimetre from one picture to the next, one
changed more in nine of ten, in each film."""

NOISE_MARGIN = 5.0
NOISE_LIMIT = 2.0
"""How many times its usual change a cell must change as well. Most cells show what does
not move, so that their median tells what sensor and compression do. In more noise than
doubles the change that is asked for, the model looks at every picture."""


@dataclass
class _Look:
    """What was found, and what the place looked like then."""

    pose: Pose
    region: Region
    cells: Array
    time: float
    looks: int = 1


class Stillness:
    """Keeps a body until something moves there; feed it the pictures in order."""

    def __init__(self) -> None:
        self._kept: _Look | None = None

    def recall(self, time: float, picture: AnyPicture) -> Pose | None:
        """Return the body, if nothing moved since and it was not long ago."""
        kept = self._kept
        if kept is None:
            return None
        if _has_moved(kept, picture):
            self._kept = None
            return None
        return kept.pose if time - kept.time < LONGEST - 1e-6 else None

    def keep(self, time: float, picture: AnyPicture, pose: Pose) -> Pose:
        """Take down a body that was found.

        Returns
        -------
        It, or the mean of all looks since the last movement. The picture that later
        ones are compared with stays the first, so that a slow movement adds up.
        """
        kept = self._kept
        if kept is None:
            cells = _cells(picture, pose.region)
            self._kept = _Look(pose, pose.region, cells, time)
            return pose
        kept.looks += 1
        kept.time = time
        kept.pose = _between(kept.pose, pose, 1 / kept.looks)
        return kept.pose

    def forget(self) -> None:
        """Have the model look at the next picture."""
        self._kept = None


def _has_moved(kept: _Look, picture: AnyPicture) -> bool:
    change = np.abs(_cells(picture, kept.region) - kept.cells)
    least = CHANGE * float(kept.cells.std())
    noise = NOISE_MARGIN * float(np.median(change))
    # Where all of the picture changes, that is no noise.
    return float(change.max()) > min(max(noise, least), NOISE_LIMIT * least)


def _cells(picture: AnyPicture, region: Region) -> Array:
    pixels = CELLS * CELL
    square = brightness(picture, region.to_square(pixels), pixels).astype(np.float32)
    cells = cv2.resize(square, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    return np.asarray(cells, np.float32)


def _between(old: Pose, new: Pose, share: float) -> Pose:
    return replace(
        new,
        score=old.score + share * (new.score - old.score),
        points=old.points + share * (new.points - old.points),
        visibility=old.visibility + share * (new.visibility - old.visibility),
        world=old.world + share * (new.world - old.world),
    )
