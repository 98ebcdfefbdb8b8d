"""The second landmark route: the tracks of a film from the markers of its body.

No model looks at a picture. The detectors are handed the true places of the joints, as
the camera sees them, and a face that reads its own muscles; so what they miss then is
their fault, and what they miss besides on the measured tracks is the landmarks'.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from s3ns.benchmarks.synthetic.film import CURVES, hung
from s3ns.benchmarks.synthetic.markers import MARKED
from s3ns.benchmarks.synthetic.posture import SIDES
from s3ns.benchmarks.synthetic.room import CAMERAS
from s3ns.benchmarks.synthetic.scenario import read_scenario
from s3ns.benchmarks.synthetic.truth import FACE_TURNED_LIMIT, SHOWN_LEAST
from s3ns.facts import InputError
from s3ns.neural.expression import SKIN_POINTS
from s3ns.neural.pose import POINTS, Joint
from s3ns.neural.signals import Series, resampled
from s3ns.neural.tracks import FaceTrack, Tracks

LID, JAW, PULL = 0.25, 0.35, 0.11
"""What an open eye, an open jaw and a drawn mouth measure on the body's surface, in
lid lengths and distances of the outer eye corners."""
OUTER_EYES = 1.5
"""Distance of the outer eye corners over that of the eyeballs."""
_PARTS = {
    **dict.fromkeys((Joint.NOSE, Joint.LEFT_EAR, Joint.RIGHT_EAR), "head"),
    **dict.fromkeys((Joint.LEFT_EYE, Joint.RIGHT_EYE), "head"),
    **dict.fromkeys((Joint.LEFT_HIP, Joint.RIGHT_HIP), "hips"),
    **{Joint[f"{side.upper()}_ELBOW"]: f"{side}_elbow" for side in SIDES},
    **{
        Joint[f"{side.upper()}_{joint}"]: f"{side}_{part}"
        for side in SIDES
        for joint, part in (
            ("WRIST", "hand"),
            ("INDEX", "hand"),
            ("KNEE", "leg"),
            ("ANKLE", "leg"),
        )
    },
}
"""By which part of the body it is known whether a point shows; shoulders always do."""
_HALF_HIDDEN = {"head", "hips"}
"""Parts of which hair, arms and the bed leave half as much to be seen."""


def has_places(film: Path) -> bool:
    """Tell whether the markers of a film lie beside it."""
    try:
        with np.load(film.with_suffix(CURVES), allow_pickle=False) as stored:
            return "markers" in stored
    except (OSError, EOFError, ValueError, BadZipFile):
        return False


def exact_tracks(film: Path, rate: float) -> Tracks:
    """Return the tracks of a film from its curves and its scenario; nothing is heard.

    Parameters
    ----------
    film
        The film, with both beside it.
    rate
        Steps per second.

    Raises
    ------
    InputError
        If the curves are missing or hold no markers.
    """
    scenario = read_scenario(film.with_suffix(".yaml"))
    if not has_places(film):
        path = film.with_suffix(CURVES)
        raise InputError(f"{path} holds no markers; film the scenario again")
    with np.load(film.with_suffix(CURVES), allow_pickle=False) as stored:
        curves = dict(stored)
    grid = np.arange(round(scenario.duration * rate)) / rate
    gap = 2.0 / min(rate, scenario.fps)
    markers = resampled(curves["times"], curves["markers"], grid, gap)
    camera = hung(CAMERAS[scenario.view], scenario.seed)
    size = (scenario.width, scenario.height)
    pixels, depths = camera.project(markers.reshape(-1, 3), size)
    # The camera's axes are right, up and back; those of a picture right, down, away.
    seen = (markers @ camera.axes.T) * (1.0, -1.0, -1.0)
    columns = list(MARKED)
    hips = [columns.index(Joint.LEFT_HIP), columns.index(Joint.RIGHT_HIP)]
    seen -= seen[:, hips].mean(axis=1, keepdims=True)
    points = np.zeros((len(grid), POINTS, 2))
    world = np.zeros((len(grid), POINTS, 3))
    points[:, columns] = pixels.reshape(len(grid), -1, 2)
    world[:, columns] = seen
    shares = {
        name.removeprefix("sight_"): np.interp(grid, curves["sight_times"], values)
        for name, values in curves.items()
        if name.startswith("sight_") and name != "sight_times"
    }
    distance = depths.reshape(len(grid), -1)[:, columns.index(Joint.NOSE)]
    focal = size[1] / 2 / np.tan(np.radians(camera.angle) / 2)
    face = _face(grid, curves, world, shares, focal / distance)
    return Tracks(
        start=0.0,
        end=scenario.duration,
        rate=rate,
        times=grid,
        points=points,
        visibility=_visibility(points, shares, size),
        world=world,
        sides_agree=np.where(np.isfinite(face.yaw), 1.0, np.nan),
        face=face,
    )


def _visibility(
    points: Series, shares: Mapping[str, Series], size: tuple[int, int]
) -> Series:
    visible = ((points >= 0) & (points < size)).all(axis=2).astype(float)
    for joint, part in _PARTS.items():
        least = SHOWN_LEAST / 2 if part in _HALF_HIDDEN else SHOWN_LEAST
        visible[:, joint] *= shares[part] >= least
    return np.asarray(visible)


def _face(
    grid: Series,
    curves: Mapping[str, Any],
    world: Series,
    shares: Mapping[str, Series],
    pixels_per_metre: Series,
) -> FaceTrack:
    """Return the face as a mesh would read it that saw all of it."""

    def curve(name: str) -> Series:
        values = curves.get(name)
        if values is None:
            return np.zeros(len(grid))
        return np.asarray(np.interp(grid, curves["times"], values))

    across = world[:, Joint.LEFT_EYE] - world[:, Joint.RIGHT_EYE]
    length = np.linalg.norm(across, axis=1)
    x = across / length[:, None]
    ears = (world[:, Joint.LEFT_EAR] + world[:, Joint.RIGHT_EAR]) / 2
    eyes = (world[:, Joint.LEFT_EYE] + world[:, Joint.RIGHT_EYE]) / 2
    # Ears and eyes are level when the head looks ahead.
    ahead = eyes - ears
    ahead -= (ahead * x).sum(axis=1, keepdims=True) * x
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    roll = np.arctan2(x[:, 1], x[:, 0])
    along = ahead[:, 0] * np.cos(roll) + ahead[:, 1] * np.sin(roll)
    up = ahead[:, 1] * np.cos(roll) - ahead[:, 0] * np.sin(roll)
    pulls = [curve(f"{side}_mouth_pull") for side in SIDES]
    cheeks = [curve(f"{side}_cheek") for side in SIDES]
    brows = [curve(f"{side}_brow") for side in SIDES]
    skin = np.zeros((len(grid), len(SKIN_POINTS), 2))
    for side, sign, pull, cheek, brow in zip(
        SIDES, (1, -1), pulls, cheeks, brows, strict=True
    ):
        for part, moves in (
            ("brow", (0 * brow, 0.1 * brow)),
            ("cheek", (0.1 * sign * pull, -0.1 * cheek)),
            ("nostril", (0 * cheek, -0.05 * cheek)),
            ("corner", (0.2 * sign * pull, -0.1 * cheek)),
        ):
            skin[:, SKIN_POINTS.index(f"{side}_{part}")] = np.stack(moves, axis=1)
    lost = (shares["face_turned"] > FACE_TURNED_LIMIT + 10) | (
        shares["face"] < SHOWN_LEAST / 2
    )

    def shown(values: Series) -> Series:
        return np.where(lost.reshape(-1, *(1,) * (values.ndim - 1)), np.nan, values)

    return FaceTrack(
        yaw=shown(np.degrees(np.arctan2(along, -ahead[:, 2]))),
        pitch=shown(np.degrees(np.arcsin(np.clip(-up, -1, 1)))),
        roll=shown(np.degrees(roll)),
        size=shown(OUTER_EYES * length * pixels_per_metre),
        mouth_opening=shown(JAW * curve("jaw")),
        mouth_width=shown(0.5 + PULL * (pulls[0] + pulls[1])),
        mouth_pull=shown(PULL * (pulls[0] - pulls[1])),
        eye_opening=shown(
            LID * (1 - np.stack([curve(f"{s}_lid") for s in SIDES], axis=1))
        ),
        gaze=shown(
            0.5 + np.stack([curve("gaze_yaw"), curve("gaze_pitch")], axis=1) / 90
        ),
        skin=shown(skin),
    )
