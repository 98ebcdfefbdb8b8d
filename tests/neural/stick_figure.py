"""A stick figure that moves as told: tracks with known truth, without pictures.

Units are shoulder widths; the figure faces the camera, so the patient's left is at
positive x. Noise is that of the landmark models on rendered people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from s3ns.neural.expression import SKIN_POINTS, Expression
from s3ns.neural.face import Face
from s3ns.neural.geometry import Region
from s3ns.neural.landmarks import Landmarks
from s3ns.neural.pose import Joint, Pose
from s3ns.neural.sound import SoundTrack
from s3ns.neural.tracks import Recorder, Tracks

WIDTH = 130.0
"""Pixels per shoulder width."""
METRES = 0.36
"""Metres per shoulder width."""

Course = Callable[[float], float]


def steady(value: float) -> Course:
    return lambda time: value


def during(start: float, end: float, value: float, rest: float = 0.0) -> Course:
    """Go to a value within a third of a second, and back."""

    def course(time: float) -> float:
        up = np.clip((time - start) / 0.3, 0, 1) * np.clip((end - time) / 0.3, 0, 1)
        return rest + (value - rest) * float(up)

    return course


def jerks(
    start: float, end: float, rate: Course | float, size: float, rest: float = 0.0
) -> Course:
    """Jerk at a rate in Hz, each jerk followed by a pause."""
    pace = steady(rate) if isinstance(rate, (int, float)) else rate

    def course(time: float) -> float:
        if not start <= time < end:
            return rest
        steps = np.arange(start, time, 0.005)
        phase = 2 * np.pi * float(np.sum([pace(step) for step in steps])) * 0.005
        return rest + size * max(0.0, np.sin(phase)) ** 2

    return course


@dataclass(frozen=True)
class Figure:
    """Courses of the figure's joints, degrees and shoulder widths, over seconds."""

    left_elbow: Course = steady(100)
    right_elbow: Course = steady(100)
    hips: Course = steady(0)
    legs: Course = steady(0)
    sway: Course = steady(0)
    yaw: Course = steady(0)
    left_eye: Course = steady(0.25)
    right_eye: Course = steady(0.25)
    gaze: Course = steady(0.5)
    mouth: Course = steady(0.03)
    pull: Course = steady(0)
    widens: bool = True
    left_cheek: Course = steady(0)
    right_cheek: Course = steady(0)
    face: bool = True
    hidden: frozenset[Joint] = frozenset()
    noise: float = 0.008

    def tracks(
        self,
        seconds: float,
        rate: float = 10.0,
        *,
        mirrored: bool = False,
        delay: float = 0.0,
        sound: SoundTrack | None = None,
    ) -> Tracks:
        """Record the figure; ``delay`` begins the recording later, by the clock."""
        recorder = Recorder(rate)
        for time, *seen in self.moments(seconds, rate):
            pose, expression = _mirrored(*seen) if mirrored else seen
            face = _face(pose) if self.face else None
            recorder.add(
                Landmarks(delay + time, pose, face), expression if self.face else None
            )
        return recorder.tracks(delay, delay + seconds, sound)

    def moments(
        self, seconds: float, rate: float = 10.0
    ) -> Iterator[tuple[float, Pose, Expression]]:
        """Yield time, pose and expression of each frame."""
        random = np.random.default_rng(5)
        for step in range(round(seconds * rate)):
            time = step / rate
            body = self._body(time) + random.normal(0, self.noise, (33, 2))
            skin = random.normal(0, 0.004, (len(SKIN_POINTS), 2))
            yield time, self._pose(body), self._expression(time, skin)

    def _body(self, time: float) -> np.ndarray:
        hips, sway = self.hips(time), self.sway(time)
        body = np.zeros((33, 2))
        turn = 0.25 * np.sin(np.radians(self.yaw(time)))
        body[Joint.NOSE] = (turn, -0.6)
        body[Joint.LEFT_EYE], body[Joint.RIGHT_EYE] = (0.1, -0.68), (-0.1, -0.68)
        body[Joint.LEFT_EAR], body[Joint.RIGHT_EAR] = (0.22, -0.62), (-0.22, -0.62)
        body[Joint.MOUTH_LEFT], body[Joint.MOUTH_RIGHT] = (0.07, -0.48), (-0.07, -0.48)
        for sign, (shoulder, elbow, wrist), angle in (
            (1, (11, 13, 15), self.left_elbow(time)),
            (-1, (12, 14, 16), self.right_elbow(time)),
        ):
            body[shoulder] = (0.5 * sign, 0)
            body[elbow] = (0.6 * sign, 0.72)
            bent = np.radians(180 - angle)
            forearm = 0.75 * np.array([-sign * np.sin(bent), np.cos(bent)])
            body[wrist] = body[elbow] + forearm
        for sign, (hip, knee, ankle) in ((1, (23, 25, 27)), (-1, (24, 26, 28))):
            legs = self.legs(time)
            body[hip] = (0.3 * sign, 1.5 + hips)
            body[knee] = (0.32 * sign, 2.5 + 0.3 * hips)
            body[ankle] = (0.33 * sign, 3.4 + legs)
        return body + np.array([0, sway])

    def _pose(self, body: np.ndarray) -> Pose:
        visibility = np.ones(33, np.float32)
        visibility[list(self.hidden)] = 0.1
        depth = np.zeros((33, 1))
        depth[Joint.NOSE] = -0.25 * METRES
        world = np.concatenate([(body - [0, 1.5]) * METRES, depth], axis=1)
        return Pose(
            score=1.0,
            points=(600 + body * WIDTH).astype(np.float32),
            visibility=visibility,
            world=world.astype(np.float32),
            region=Region(0, 0, 1),
        )

    def _expression(self, time: float, noise: np.ndarray) -> Expression:
        skin = noise
        for side, course in (("left", self.left_cheek), ("right", self.right_cheek)):
            for part in ("brow", "cheek", "nostril", "corner"):
                skin[SKIN_POINTS.index(f"{side}_{part}"), 1] += course(time)
        return Expression(
            yaw=self.yaw(time) + float(noise[0, 0]) * 200,
            pitch=0.0,
            roll=0.0,
            size=36.0,
            eye_opening=np.array([self.left_eye(time), self.right_eye(time)]),
            gaze=np.array([self.gaze(time), 0.0]),
            mouth_opening=self.mouth(time) + float(noise[1, 0]),
            mouth_width=0.5 + 0.6 * self.widens * abs(self.pull(time)),
            mouth_pull=self.pull(time) + float(noise[2, 0]),
            skin=skin.astype(np.float32),
        )


def _face(pose: Pose) -> Face:
    mesh = np.zeros((468, 3), np.float32)
    mesh[263, :2], mesh[33, :2] = pose.points[2], pose.points[5]
    eye, lips = np.zeros((16, 2), np.float32), np.zeros((80, 2), np.float32)
    nowhere = np.zeros(2, np.float32)
    return Face(1.0, mesh, eye, eye, nowhere, nowhere, lips, Region(0, 0, 1))


_PAIRS = [(2, 5), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16), (23, 24), (25, 26)]
_PAIRS.append((27, 28))


def _swapped(rows: np.ndarray) -> np.ndarray:
    rows = rows.copy()
    for one, two in _PAIRS:
        rows[[one, two]] = rows[[two, one]]
    return rows


def _mirrored(pose: Pose, expression: Expression) -> tuple[Pose, Expression]:
    return _mirror_pose(pose), _mirror_expression(expression)


def _mirror_pose(pose: Pose) -> Pose:
    points, world = _swapped(pose.points), _swapped(pose.world)
    points[:, 0] = 1200 - points[:, 0]
    world[:, 0] = -world[:, 0]
    return Pose(pose.score, points, _swapped(pose.visibility), world, pose.region)


def _mirror_expression(expression: Expression) -> Expression:
    names = [
        name.replace("left", "?").replace("right", "left").replace("?", "right")
        for name in SKIN_POINTS
    ]
    skin = expression.skin[[SKIN_POINTS.index(name) for name in names]]
    return Expression(
        yaw=-expression.yaw,
        pitch=expression.pitch,
        roll=-expression.roll,
        size=expression.size,
        eye_opening=expression.eye_opening[::-1],
        gaze=expression.gaze * [-1, 1] + [1, 0],
        mouth_opening=expression.mouth_opening,
        mouth_width=expression.mouth_width,
        mouth_pull=-expression.mouth_pull,
        skin=skin * np.array([-1, 1], np.float32),
    )
