"""Follow the patient through the frames: who it is, the body points, the face.

The person is detected once and then followed from frame to frame; a lost person is
looked for again, at first plainly and then with a ladder of retries (perception fails
in dim, infrared and turned pictures in different ways, and no single remedy helps in
all of them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from s3ns.neural.boxes import Box, BoxDetector
from s3ns.neural.face import Face, find_face, find_face_region, head_region
from s3ns.neural.geometry import Array, Picture, Region
from s3ns.neural.picture import AnyPicture, check_inside, size_of, whole
from s3ns.neural.pose import Joint, Pose, find_pose, region_from
from s3ns.neural.runtime import Model
from s3ns.neural.stillness import Stillness

DETECTION_THRESHOLD = 0.5
PERSON_THRESHOLD = 0.5
FACE_THRESHOLD = 0.5
FAINT_THRESHOLD = 0.3
"""Threshold on the ladder and inside a patient region: dim light and blankets need it
(measured on rendered people)."""

LYING_BONUS = 0.3
LYING_ANGLE = np.radians(35)
CENTRE_BONUS = 0.5
NEAR_BONUS = 0.5
"""A lying person is preferred over an upright one, who is in the middle of the picture
over who stands at its edge, as the camera is aimed at the patient, and the person
followed so far over all, so that staff at the bed do not steal the track. Design."""

BETTER = 0.2
CENSUSES = 2
"""By how much somebody else must be preferred, the followed person's bonus aside, and
in how many counts in a row, to be the patient after all: whoever comes first to an
infrared picture need not be the one in the bed. Design."""

PATIENCE = 1.0
"""Seconds that a lost person or face is looked for in every frame; design."""

SEARCH_PAUSE = 0.15
"""Seconds between two looks for what has been lost for longer. Looking costs as much as
following does; who comes back is found at most so much, and a frame, later."""

LADDER_PAUSE = 1.0
"""Seconds between two ladders while nobody is found; one costs eight detections."""

CENSUS_PAUSE = 2.0
"""Seconds between two counts of the people in view."""

COARSE = 450
"""Pixels along a picture's longer edge at which sensor noise is averaged out and people
are still found. Design."""

SMALLEST_HEAD = 20.0
"""Pixels across the head below which no face is looked for (at 29 pixels ear to ear the
eyes could still be read, so this errs on the side of looking)."""


@dataclass(frozen=True)
class Landmarks:
    """What was found in one frame.

    Attributes
    ----------
    time
        Seconds from the first frame.
    pose, face
        The patient's body and face, where found.
    """

    time: float
    pose: Pose | None
    face: Face | None


@dataclass(frozen=True)
class Models:
    """The models that the tracker runs."""

    person: BoxDetector
    pose: Model
    face_box: BoxDetector
    face: Model

    @classmethod
    def of(cls, opened: Mapping[str, Model]) -> Models:
        """Return them from opened models by their names in the manifest."""
        return cls(
            person=BoxDetector.of_people(opened["pose_detection"]),
            pose=opened["pose_landmark_full"],
            face_box=BoxDetector.of_faces(opened["face_detection_short_range"]),
            face=opened["face_landmark_with_attention"],
        )


@dataclass(frozen=True)
class Retry:
    """One rung of the ladder: the picture changed, turned, or read less strictly."""

    change: Callable[[Picture], Picture] | None = None
    quarter_turns: int = 0
    threshold: float = DETECTION_THRESHOLD


def _blurred(image: Picture) -> Picture:
    return np.asarray(cv2.blur(image, (5, 5)), np.uint8)


def _stretched(image: Picture) -> Picture:
    """Average out the noise, and spread what is left over all grey levels."""
    height, width = image.shape[:2]
    share = min(1.0, COARSE / max(height, width))
    coarse = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    low, high = np.percentile(coarse, (1, 99))
    table = np.clip((np.arange(256) - low) * 255 / max(high - low, 1.0), 0, 255)
    spread = cv2.LUT(coarse, table.astype(np.uint8))
    return np.asarray(cv2.resize(spread, (width, height)), np.uint8)


def _brightened(image: Picture) -> Picture:
    table = (255 * (np.arange(256) / 255) ** 0.5).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), np.uint8)


LADDER = (
    Retry(change=_stretched),
    Retry(change=_blurred),
    Retry(change=_brightened),
    Retry(change=_stretched, threshold=FAINT_THRESHOLD),
    Retry(quarter_turns=1),
    Retry(quarter_turns=2),
    Retry(quarter_turns=3),
    Retry(change=_brightened, threshold=FAINT_THRESHOLD),
)


class Search:
    """Says when to look again for what was lost: at first always, later now and then.

    Times are seconds from the first frame, and come in order.
    """

    def __init__(self) -> None:
        self._lost_at: float | None = None
        self._next = -np.inf

    def is_due(self, time: float) -> bool:
        """Whether to look at this time."""
        return time >= self._next

    def note(self, time: float, *, found: bool) -> None:
        """Take down how a look went."""
        if found:
            self._lost_at, self._next = None, -np.inf
            return
        if self._lost_at is None:
            self._lost_at = time
        if time - self._lost_at >= PATIENCE:
            self._next = time + SEARCH_PAUSE


class PatientTracker:
    """Finds and follows the patient; feed it the frames in order.

    What bodies leave for the next frame and what faces leave are kept apart.

    Parameters
    ----------
    models
        The models to run.
    patient_roi
        Where the patient is, ``(x, y, width, height)`` in pixels; nobody outside is
        looked at.
    """

    def __init__(
        self, models: Models, patient_roi: tuple[int, int, int, int] | None = None
    ) -> None:
        self._models = models
        self._roi = patient_roi
        self._person: Region | None = None
        self._face: Region | None = None
        self._last_seen: Array | None = None
        self._body_search, self._face_search = Search(), Search()
        self._stillness = Stillness()
        self._next_ladder = -np.inf
        self._next_census = -np.inf
        self._doubts = 0
        self.most_people = 0

    def follow(self, time: float, image: AnyPicture) -> Landmarks:
        """Find the patient in the next frame.

        Parameters
        ----------
        time
            Seconds from the first frame.
        image
            Upright picture.
        """
        pose = self.follow_body(time, image)
        return Landmarks(time, pose, self.follow_face(time, image, pose))

    def follow_body(self, time: float, image: AnyPicture) -> Pose | None:
        """Find the patient's body in the next frame.

        It rests on earlier bodies alone, so that it may run ahead of the faces, in a
        thread of its own.
        """
        if time >= self._next_census:
            self._next_census = time + CENSUS_PAUSE
            self._reconsider(image, self._people(image, Retry()))
        pose = self._stillness.recall(time, image)
        if pose is None:
            pose = self._find_body(time, image)
        if pose is not None:
            self._last_seen = _hips(pose)
        self._person = None if pose is None else pose.region
        return pose

    def follow_face(
        self, time: float, image: AnyPicture, pose: Pose | None
    ) -> Face | None:
        """Find the patient's face in the next frame, once the body was found there."""
        face = None if pose is None else self._find_face(time, image, pose)
        self._face = None if face is None else face.region
        return face

    def _find_body(self, time: float, image: AnyPicture) -> Pose | None:
        pose = self._pose_in(image, self._person)
        if pose is None:
            self._stillness.forget()
            if self._body_search.is_due(time):
                pose = self._search(time, image)
                self._body_search.note(time, found=pose is not None)
        return None if pose is None else self._stillness.keep(time, image, pose)

    def _pose_in(self, image: AnyPicture, region: Region | None) -> Pose | None:
        if region is None:
            return None
        pose = find_pose(self._models.pose, image, region)
        if pose.score < PERSON_THRESHOLD or not self._in_roi(_hips(pose)):
            return None
        return pose

    def _search(self, time: float, image: AnyPicture) -> Pose | None:
        pose = self._patient_among(image, self._people(image, Retry()))
        if pose is not None or time < self._next_ladder:
            return pose
        # Whoever a rung shows first need not be the patient: all are compared.
        boxes = [box for retry in LADDER for box in self._people(image, retry)]
        pose = self._patient_among(image, boxes)
        if pose is None:
            self._next_ladder = time + LADDER_PAUSE
        return pose

    def _patient_among(self, image: AnyPicture, boxes: list[Box]) -> Pose | None:
        for box in sorted(boxes, key=lambda box: -self._preference(image, box)):
            pose = self._pose_in(image, _region_of(box))
            if pose is not None:
                return pose
        return None

    def _people(self, image: AnyPicture, retry: Retry) -> list[Box]:
        changed = image if retry.change is None else retry.change(whole(image))
        view = self._view(image, retry.quarter_turns)
        threshold = retry.threshold if self._roi is None else FAINT_THRESHOLD
        boxes = self._models.person.inside(changed, view, threshold)
        boxes = [box for box in boxes if self._in_roi(box.keypoints[0])]
        certain = [box for box in boxes if box.score >= DETECTION_THRESHOLD]
        self.most_people = max(self.most_people, len(certain))
        return boxes

    def _reconsider(self, image: AnyPicture, boxes: list[Box]) -> None:
        """Turn to somebody else who is the patient rather than who is followed."""
        followed = self._person
        if followed is None or len(boxes) < 2:
            self._doubts = 0
            return
        # Whoever stands where the followed person was is taken for that person.
        mine = min(boxes, key=lambda box: _apart(box, (followed.x, followed.y)))
        best = max(boxes, key=lambda box: self._fitness(image, box))
        better = self._fitness(image, best) - self._fitness(image, mine)
        self._doubts = self._doubts + 1 if better >= BETTER else 0
        if self._doubts >= CENSUSES:
            self._doubts = 0
            self._person, self._last_seen = _region_of(best), None
            self._stillness.forget()

    def _view(self, image: AnyPicture, quarter_turns: int) -> Region:
        width, height = size_of(image)
        x, y, wide, high = self._roi or (0, 0, width, height)
        check_inside((x, y, wide, high), (width, height))
        margin = 1.0 if self._roi is None else 1.1
        return Region(
            x + wide / 2,
            y + high / 2,
            max(wide, high) * margin,
            quarter_turns * np.pi / 2,
        )

    def _in_roi(self, hips: Array) -> bool:
        if self._roi is None:
            return True
        x, y, wide, high = self._roi
        return bool(x <= hips[0] <= x + wide and y <= hips[1] <= y + high)

    def _preference(self, image: AnyPicture, box: Box) -> float:
        """Return how much a person seems to be the one followed so far."""
        near = self._last_seen is not None and (
            _apart(box, self._last_seen) < _length(box)
        )
        return self._fitness(image, box) + NEAR_BONUS * bool(near)

    def _fitness(self, image: AnyPicture, box: Box) -> float:
        """Return how much a person seems to be the patient."""
        hips, reach = box.keypoints[:2]
        across, up = np.abs(reach - hips)
        lying = np.arctan2(across, up) > LYING_ANGLE
        view = self._view(image, 0)
        # Half-way from the hips to the farthest point is the middle of the trunk.
        offset = (hips + reach) / 2 - (view.x, view.y)
        beside = min(1.0, 2 * float(np.linalg.norm(offset)) / view.size)
        return box.score + LYING_BONUS * bool(lying) + CENTRE_BONUS * (1 - beside)

    def _find_face(self, time: float, image: AnyPicture, pose: Pose) -> Face | None:
        head = head_region(pose.points)
        ears = pose.points[[Joint.LEFT_EAR, Joint.RIGHT_EAR]]
        if max(float(np.linalg.norm(ears[0] - ears[1])), head.size / 4) < SMALLEST_HEAD:
            return None
        face = self._face_in(image, self._face, head)
        if face is None and self._face_search.is_due(time):
            found = find_face_region(self._models.face_box, image, head, FACE_THRESHOLD)
            face = self._face_in(image, found, head)
            self._face_search.note(time, found=face is not None)
        return face

    def _face_in(
        self, image: AnyPicture, region: Region | None, head: Region
    ) -> Face | None:
        if region is None:
            return None
        face = find_face(self._models.face, image, region)
        centre = face.mesh[:, :2].mean(axis=0)
        offset = float(np.hypot(centre[0] - head.x, centre[1] - head.y))
        # A face beside the head is somebody else's.
        if face.score < FACE_THRESHOLD or offset > head.size / 2:
            return None
        return face


def _region_of(box: Box) -> Region:
    return region_from(box.keypoints[0], box.keypoints[1])


def _apart(box: Box, hips: Array | tuple[float, float]) -> float:
    return float(np.linalg.norm(box.keypoints[0] - np.asarray(hips)))


def _length(box: Box) -> float:
    return float(np.linalg.norm(box.keypoints[1] - box.keypoints[0]))


def _hips(pose: Pose) -> Array:
    hips: Array = pose.points[[Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(axis=0)
    return hips
