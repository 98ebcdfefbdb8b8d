"""Tracks: what the landmarks did over time, on a regular grid, gaps marked.

The recorder keeps about one kilobyte per analysed frame and drops the pictures, so that
memory hardly grows with the length of a video. Sides are the patient's own.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

import numpy as np

from s3ns.facts import Interval
from s3ns.neural import kinematics
from s3ns.neural.expression import SKIN_POINTS, Expression
from s3ns.neural.face import MESH_LEFT_EYE_OUTER, MESH_RIGHT_EYE_OUTER
from s3ns.neural.landmarks import Landmarks
from s3ns.neural.pose import POINTS, Joint
from s3ns.neural.signals import (
    Mask,
    Rhythm,
    Series,
    activity,
    resampled,
    rhythm,
    rolling_mean,
    rolling_median,
    typical,
)
from s3ns.neural.sound import SoundTrack
from s3ns.neural.thresholds import (
    FACE_YAW_LIMIT,
    FACE_YAW_SURE,
    HEAD_SIDE_SURE,
    JERK_BAND,
    LONGEST_GAP,
    SIDES_AGREEMENT,
    TRUNK_TURN_NOISE,
    VISIBLE,
)

SIDES = ("left", "right")

SCALARS = (
    "yaw",
    "pitch",
    "roll",
    "size",
    "mouth_opening",
    "mouth_width",
    "mouth_pull",
)


@dataclass(frozen=True)
class FaceTrack:
    """The face over time; units as in :class:`~s3ns.neural.expression.Expression`.

    Each series is ``(n,)`` or ``(n, k)`` and NaN where no face was found.
    """

    yaw: Series
    pitch: Series
    roll: Series
    size: Series
    mouth_opening: Series
    mouth_width: Series
    mouth_pull: Series
    eye_opening: Series
    gaze: Series
    skin: Series

    def skin_point(self, name: str) -> Series:
        """Return the ``(n, 2)`` track of one of the skin points."""
        return np.asarray(self.skin[:, SKIN_POINTS.index(name)])


@dataclass(frozen=True)
class Tracks:
    """One patient through the analysed stretch.

    Attributes
    ----------
    start, end
        Analysed stretch in seconds.
    rate
        Steps per second of the grid.
    times
        ``(n,)`` seconds.
    points
        ``(n, 33, 2)`` body points in pixels; NaN where nobody was found.
    visibility
        ``(n, 33)``, 0 to 1; 0 where nobody was found.
    world
        ``(n, 33, 3)`` body points in metres from the hips.
    sides_agree
        ``(n,)`` 1 where face and trunk agree on left and right, -1 where not, NaN where
        it could not be checked.
    face
        The face.
    sound
        The sound track; ``None`` where the recording has none.
    """

    start: float
    end: float
    rate: float
    times: Series
    points: Series
    visibility: Series
    world: Series
    sides_agree: Series
    face: FaceTrack
    sound: SoundTrack | None = None

    def between(self, first: int, beyond: int) -> Tracks:
        """Return the tracks of a stretch of steps, at the same times."""
        return self._changed(lambda series: series[first:beyond])

    def at_rate(self, rate: float) -> Tracks:
        """Return the tracks at another rate, interpolated; gaps stay gaps."""
        count = max(1, round(len(self.times) * rate / self.rate))
        grid = self.times[0] + np.arange(count) / rate
        gap = 1.5 / self.rate
        changed = self._changed(lambda s: resampled(self.times, s, grid, gap))
        known = np.nan_to_num(changed.visibility)
        return replace(changed, rate=rate, times=grid, visibility=known)

    def _changed(self, change: Callable[[Series], Series]) -> Tracks:
        face = {f.name: change(getattr(self.face, f.name)) for f in fields(FaceTrack)}
        return replace(
            self,
            times=change(self.times),
            points=change(self.points),
            visibility=change(self.visibility),
            world=change(self.world),
            sides_agree=change(self.sides_agree),
            face=FaceTrack(**face),
        )

    def during(self, item: Interval) -> Mask:
        """Where the steps lie in an interval, ``(n,)``."""
        return np.asarray((self.times >= item.start) & (self.times < item.end))

    @cached_property
    def person_seen(self) -> Mask:
        """Where the patient was found, ``(n,)``."""
        return np.asarray(np.isfinite(self.points[:, 0, 0]))

    @cached_property
    def sides_sure(self) -> Mask:
        """Where left and right can be trusted, ``(n,)``."""
        agreement = rolling_mean(self.sides_agree, self.rate, 5.0)
        return np.asarray(np.isnan(agreement) | (agreement >= SIDES_AGREEMENT))

    def visible(self, *joints: Joint) -> Mask:
        """Where all of these joints are in the picture and not covered, ``(n,)``."""
        shown = rolling_median(self.visibility[:, joints], self.rate, 0.5)
        return np.asarray(self.person_seen & (shown >= VISIBLE).all(axis=1))

    @cached_property
    def face_seen(self) -> Mask:
        """Where the face was found, ``(n,)``."""
        return np.asarray(np.isfinite(self.face.yaw))

    @cached_property
    def face_frontal(self) -> Mask:
        """Where the face is turned little enough for the mesh to be right, ``(n,)``."""
        return np.asarray(np.abs(np.nan_to_num(self.face.yaw, nan=90)) < FACE_YAW_LIMIT)

    @cached_property
    def scale(self) -> Series:
        """Pixels per shoulder width, ``(n,)``."""
        return kinematics.shoulder_width(self.points, self.world, self.rate)

    @cached_property
    def elbow_angle(self) -> dict[str, Series]:
        """Angle at each elbow in degrees, ``(n,)``; 180 is straight."""
        return {
            side: rolling_median(
                kinematics.elbow_angle(self.points, self.world, self.scale, side),
                self.rate,
                0.3,
            )
            for side in SIDES
        }

    def _relative(self, joint: Joint, one: Joint, two: Joint) -> Series:
        origin = kinematics.middle(self.points, one, two)
        return np.asarray((self.points[:, joint] - origin) / self.scale[:, None])

    @cached_property
    def hand(self) -> dict[str, Series]:
        """Place of each wrist from the middle of the shoulders, in shoulder widths."""
        shoulders = (Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER)
        return {
            "left": self._relative(Joint.LEFT_WRIST, *shoulders),
            "right": self._relative(Joint.RIGHT_WRIST, *shoulders),
        }

    @cached_property
    def foot(self) -> dict[str, Series]:
        """Place of each ankle from the middle of the hips, in shoulder widths."""
        hips = (Joint.LEFT_HIP, Joint.RIGHT_HIP)
        return {
            "left": self._relative(Joint.LEFT_ANKLE, *hips),
            "right": self._relative(Joint.RIGHT_ANKLE, *hips),
        }

    @cached_property
    def head(self) -> Series:
        """Place of the nose from the middle of the shoulders, in shoulder widths."""
        return self._relative(Joint.NOSE, Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER)

    @cached_property
    def shoulders(self) -> Series:
        """Place of the middle of the shoulders in the picture, in shoulder widths."""
        return self._placed(Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER)

    @cached_property
    def hips(self) -> Series:
        """Place of the middle of the hips in the picture, in shoulder widths."""
        return self._placed(Joint.LEFT_HIP, Joint.RIGHT_HIP)

    @cached_property
    def nose(self) -> Series:
        """Place of the nose in the picture, in shoulder widths."""
        return self._placed(Joint.NOSE, Joint.NOSE)

    def _placed(self, one: Joint, two: Joint) -> Series:
        places = kinematics.middle(self.points, one, two)
        return np.asarray(places / self.scale[:, None])

    @cached_property
    def arm_seen(self) -> dict[str, Mask]:
        """Where an arm can be judged from shoulder to wrist, ``(n,)``."""
        return {side: self.visible(*kinematics.ARM[side]) for side in SIDES}

    @cached_property
    def hand_seen(self) -> dict[str, Mask]:
        """Where the movement of a wrist can be judged, ``(n,)``."""
        return {
            side: self.visible(shoulder, wrist)
            for side, (shoulder, _, wrist) in kinematics.ARM.items()
        }

    @cached_property
    def leg_seen(self) -> dict[str, Mask]:
        """Where a leg can be judged from hip to ankle, ``(n,)``."""
        return {side: self.visible(*kinematics.LEG[side]) for side in SIDES}

    @cached_property
    def arm_rhythm(self) -> dict[str, Rhythm]:
        """Rhythm of each wrist; amplitude in shoulder widths."""
        return {
            side: rhythm(self.hand[side], self.rate, JERK_BAND, to_the_ends=True)
            for side in SIDES
        }

    @cached_property
    def trunk_amplitude(self) -> Series:
        """Peak-to-peak size of the rhythm of the hips against the shoulders, ``(n,)``.

        NaN where the hips do not show.
        """
        shown = self.visible(Joint.LEFT_HIP, Joint.RIGHT_HIP)[:, None]
        hips = np.where(shown, self.hips - self.shoulders, np.nan)
        return rhythm(hips, self.rate, JERK_BAND).amplitude

    @cached_property
    def arm_activity(self) -> dict[str, Series]:
        """Peak-to-peak movement of each wrist within half a second, ``(n,)``."""
        return {side: activity(self.hand[side], self.rate) for side in SIDES}

    @cached_property
    def head_turn(self) -> Series:
        """Turn of the head against the trunk in degrees, to the patient's left.

        From the mesh while the face is frontal; beyond, the mesh tells the side only.
        Where ears and nose of the body tell the other side they are right, though they
        give about half of the angle.
        """
        coarse = kinematics.head_yaw(self.world)
        fine = self.face.yaw
        sure = np.abs(np.nan_to_num(fine, nan=90)) < FACE_YAW_SURE
        if sure.sum() >= self.rate:
            coarse = coarse + typical((fine - coarse)[sure])
        opposite = (fine * coarse < 0) & (np.abs(coarse) > HEAD_SIDE_SURE)
        trusted = self.face_seen & ~opposite
        beyond = np.maximum(FACE_YAW_LIMIT, np.abs(coarse))
        limited = np.where(self.face_frontal, fine, np.sign(fine) * beyond)
        head = np.where(trusted, limited, coarse)
        return rolling_median(head - self._trunk_turn, self.rate, 0.3)

    @cached_property
    def trunk_axis(self) -> float:
        """Where the trunk mostly faces: degrees to the patient's left of the camera."""
        return float(np.nan_to_num(typical(kinematics.trunk_yaw(self.world))))

    @cached_property
    def _trunk_turn(self) -> Series:
        """How far the trunk has turned from where it mostly faces, in degrees.

        Small turns are left out: the body points of the shoulders follow the head a
        little.
        """
        trunk = rolling_median(kinematics.trunk_yaw(self.world), self.rate, 1.0)
        turn = trunk - self.trunk_axis
        beyond = np.abs(turn) - TRUNK_TURN_NOISE
        return np.asarray(np.sign(turn) * np.maximum(beyond, 0))


P = ParamSpec("P")
T = TypeVar("T")


def kept(
    measure: Callable[Concatenate[Tracks, P], T],
) -> Callable[Concatenate[Tracks, P], T]:
    """Measure something of tracks once, however many findings ask for it.

    What is measured lives as long as the tracks, and is not to be changed in place.
    """

    @wraps(measure)
    def measured(tracks: Tracks, /, *of: P.args, **named: P.kwargs) -> T:
        memory = tracks.__dict__.setdefault("_kept", {})
        key = (measure, of, tuple(named.items()))
        if key not in memory:
            memory[key] = measure(tracks, *of, **named)
        return cast(T, memory[key])

    return measured


class Recorder:
    """Collects landmarks frame by frame and makes tracks of them.

    Parameters
    ----------
    rate
        Analysed frames per second.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        # Flat arrays grow in place; a list of rows would need half as much again.
        self._times = array("d")
        self._bodies = array("f")
        self._faces = array("f")
        self._agree = array("f")

    def add(self, landmarks: Landmarks, expression: Expression | None) -> None:
        """Add the next frame."""
        self._times.append(landmarks.time)
        self._bodies.extend(_body_row(landmarks))
        self._faces.extend(_face_row(expression))
        self._agree.append(_sides_agree(landmarks))

    def tracks(
        self, start: float, end: float, sound: SoundTrack | None = None
    ) -> Tracks:
        """Return the tracks over the analysed stretch."""
        times = np.array(self._times, np.float64)
        grid = start + np.arange(max(1, round((end - start) * self._rate))) / self._rate
        gap = max(LONGEST_GAP, 1.5 / self._rate)

        def on_grid(rows: array[float], width: int) -> Series:
            values = np.frombuffer(rows, np.float32).reshape(-1, width)
            return resampled(times, values, grid, gap)

        body = on_grid(self._bodies, POINTS * 6).reshape(len(grid), POINTS, 6)
        face = on_grid(self._faces, _FACE_WIDTH)
        agree = on_grid(self._agree, 1)[:, 0]
        return Tracks(
            start=start,
            end=end,
            rate=self._rate,
            times=grid,
            points=body[:, :, :2],
            visibility=np.nan_to_num(body[:, :, 2]),
            world=body[:, :, 3:],
            sides_agree=agree,
            face=_face_track(face),
            sound=sound,
        )


_FACE_WIDTH = len(SCALARS) + 4 + 2 * len(SKIN_POINTS)


def _body_row(landmarks: Landmarks) -> Series:
    if landmarks.pose is None:
        return np.full(POINTS * 6, np.nan, np.float32)
    pose = landmarks.pose
    columns = [pose.points, pose.visibility[:, None], pose.world]
    return np.concatenate(columns, axis=1).reshape(-1)


def _face_row(expression: Expression | None) -> Series:
    if expression is None:
        return np.full(_FACE_WIDTH, np.nan, np.float32)
    scalars = [getattr(expression, name) for name in SCALARS]
    parts = (expression.eye_opening, expression.gaze, expression.skin.reshape(-1))
    return np.asarray(np.concatenate([scalars, *parts]), np.float32)


def _face_track(rows: Series) -> FaceTrack:
    first = len(SCALARS)
    return FaceTrack(
        **{name: rows[:, column] for column, name in enumerate(SCALARS)},
        eye_opening=rows[:, first : first + 2],
        gaze=rows[:, first + 2 : first + 4],
        skin=rows[:, first + 4 :].reshape(len(rows), len(SKIN_POINTS), 2),
    )


def _sides_agree(landmarks: Landmarks) -> float:
    """Compare left and right of the trunk with the face's, which cannot be swapped.

    A face keeps its sides in any view in which it is found, while the body's sides are
    swapped in 13 of 100 pictures from a low foot end.
    """
    if landmarks.pose is None or landmarks.face is None:
        return np.nan
    points = landmarks.pose.points
    trunk = points[Joint.LEFT_SHOULDER] - points[Joint.RIGHT_SHOULDER]
    mesh = landmarks.face.mesh[:, :2]
    eyes = mesh[MESH_LEFT_EYE_OUTER] - mesh[MESH_RIGHT_EYE_OUTER]
    return 1.0 if float(trunk @ eyes) > 0 else -1.0
