"""Following the patient with the real models, on rendered and real people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from s3ns.neural.boxes import BoxDetector
from s3ns.neural.expression import read_expression
from s3ns.neural.landmark_extractor import LANDMARK_MODELS
from s3ns.neural.landmarks import (
    CENSUS_PAUSE,
    CENSUSES,
    PATIENCE,
    SEARCH_PAUSE,
    Landmarks,
    Models,
    PatientTracker,
)
from s3ns.neural.models import ModelStore
from s3ns.neural.pose import Joint
from s3ns.neural.runtime import Array, Model, open_model
from s3ns.neural.video import Frame, read

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "samples" / "demo.mp4"
CLIPS = ROOT / "tests" / "clips"

Picture = np.ndarray


@pytest.fixture(scope="module")
def models(model_store: ModelStore) -> Models:
    person, pose, face_box, face = (
        open_model(model_store.path(name), "cpu") for name in LANDMARK_MODELS
    )
    return Models(
        BoxDetector.of_people(person), pose, BoxDetector.of_faces(face_box), face
    )


def frames(path: Path, fps: float = 10, start: float = 0, end: float | None = None):
    media = read(path, fps=fps, start=start, end=end, sound=False)
    return [item for item in media if isinstance(item, Frame)]


@pytest.fixture(scope="module")
def demo_frame() -> Picture:
    return frames(DEMO, end=0.5)[0].image


def look(models: Models, image: Picture, **options: object) -> Landmarks:
    return PatientTracker(models, **options).follow(0.0, image)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "clip", ["asl_gestures_help.mkv", "asl_gestures_walk.mkv", "head-pose-female.gif"]
)
def test_real_people_are_followed_in_nearly_every_frame(
    models: Models, clip: str
) -> None:
    tracker = PatientTracker(models)
    found = [tracker.follow(item.time, item.image) for item in frames(CLIPS / clip)]
    assert np.mean([item.pose is not None for item in found]) >= 0.95
    assert np.mean([item.face is not None for item in found]) >= 0.95


def test_the_patients_left_is_on_the_right_of_a_picture_from_the_front(
    models: Models, demo_frame: Picture
) -> None:
    found = look(models, demo_frame)
    assert found.pose is not None
    assert found.face is not None
    points = found.pose.points
    for left, right in (
        (Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER),
        (Joint.LEFT_WRIST, Joint.RIGHT_WRIST),
        (Joint.LEFT_EYE, Joint.RIGHT_EYE),
    ):
        assert points[left, 0] > points[right, 0]
    assert found.face.left_eye[:, 0].mean() > found.face.right_eye[:, 0].mean()
    assert found.face.left_iris[0] > found.face.right_iris[0]


def test_a_mirrored_picture_gives_the_other_side(models: Models) -> None:
    turned = frames(DEMO, start=7, end=7.2)[0].image
    plain, mirrored = look(models, turned), look(models, turned[:, ::-1].copy())
    assert plain.face is not None
    assert mirrored.face is not None
    yaw, other = read_expression(plain.face).yaw, read_expression(mirrored.face).yaw
    assert yaw > 30
    assert other == pytest.approx(-yaw, abs=8)


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_lying_patient_is_found_in_a_turned_picture(
    models: Models, demo_frame: Picture, quarter_turns: int
) -> None:
    upright = look(models, demo_frame)
    turned = look(models, np.rot90(demo_frame, quarter_turns).copy())
    assert upright.pose is not None
    assert turned.pose is not None
    # The body in metres turns with the picture, but keeps its own left and right.
    across = (
        turned.pose.world[Joint.LEFT_SHOULDER] - turned.pose.world[Joint.RIGHT_SHOULDER]
    )
    expected = upright.pose.world[11] - upright.pose.world[12]
    turn = {1: [[0, 1], [-1, 0]], 2: [[-1, 0], [0, -1]], 3: [[0, -1], [1, 0]]}
    assert np.dot(across[:2], np.array(turn[quarter_turns]) @ expected[:2]) > 0


def test_dim_and_noisy_grey_pictures_are_found_by_the_ladder(
    models: Models, demo_frame: Picture
) -> None:
    grey = cv2.cvtColor(demo_frame, cv2.COLOR_RGB2GRAY).astype(float) * 0.25
    noise = np.random.default_rng(1).normal(0, 8, grey.shape)
    dim = np.clip(grey + noise, 0, 255).astype(np.uint8)
    found = look(models, np.repeat(dim[:, :, None], 3, axis=2))
    assert found.pose is not None


def test_eyes_open_and_shut_are_read_apart(models: Models) -> None:
    openings = []
    for moment in (0.4, 17.0):
        found = look(models, frames(DEMO, start=moment, end=moment + 0.15)[0].image)
        assert found.face is not None
        openings.append(read_expression(found.face).eye_opening)
    opened, shut = openings
    assert opened.min() > 0.18
    assert shut.max() < 0.14


def test_nobody_is_found_in_an_empty_room(models: Models) -> None:
    random = np.random.default_rng(0)
    room = np.full((480, 640, 3), 150, np.uint8)
    room[300:, :] = (90, 80, 70)
    cv2.rectangle(room, (100, 200), (540, 420), (210, 215, 220), -1)
    tracker = PatientTracker(models)
    for step in range(5):
        noise = random.normal(0, 6, room.shape)
        image = np.clip(room + noise, 0, 255).astype(np.uint8)
        assert tracker.follow(step / 10, image) == Landmarks(step / 10, None, None)
    assert tracker.most_people == 0


def test_the_patient_region_decides_between_two_people(
    models: Models, demo_frame: Picture
) -> None:
    other = frames(CLIPS / "asl_gestures_help.mkv")[0].image
    scale = demo_frame.shape[0] / other.shape[0]
    other = cv2.resize(other, None, fx=scale, fy=scale)
    both = np.concatenate([demo_frame, other], axis=1)
    border = demo_frame.shape[1]
    for left, right in ((0, border), (border, both.shape[1])):
        tracker = PatientTracker(models, (left, 0, right - left, both.shape[0]))
        pose = tracker.follow(0.0, both).pose
        assert pose is not None
        hips = pose.points[[Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(axis=0)
        assert left <= hips[0] <= right


def three_places(models: Models, frame: Picture, *places: int) -> Picture:
    """Return the patient of a frame in some of three places side by side."""
    pose = look(models, frame).pose
    assert pose is not None
    middle, width = pose.points[:, 0].mean(), frame.shape[0] * 3 // 4
    first = int(np.clip(middle - width / 2, 0, frame.shape[1] - width))
    strip = frame[:, first : first + width]
    empty = np.full_like(strip, np.median(frame, axis=(0, 1)).astype(np.uint8))
    shown = [strip if place in places else empty for place in range(3)]
    return np.concatenate(shown, axis=1)


def place_of(found: Landmarks, image: Picture) -> int:
    assert found.pose is not None
    hips = found.pose.points[[Joint.LEFT_HIP, Joint.RIGHT_HIP], 0].mean()
    return int(hips // (image.shape[1] / 3))


@pytest.mark.parametrize("beside", [0, 2])
def test_who_is_in_the_middle_is_the_patient(
    models: Models, demo_frame: Picture, beside: int
) -> None:
    image = three_places(models, demo_frame, 1, beside)
    assert place_of(look(models, image), image) == 1


def test_who_came_first_is_left_for_the_patient_in_the_middle(
    models: Models, demo_frame: Picture
) -> None:
    alone, both = (three_places(models, demo_frame, *who) for who in ((2,), (1, 2)))
    tracker = PatientTracker(models)
    assert place_of(tracker.follow(0.0, alone), alone) == 2
    places = [
        place_of(tracker.follow(1 + second, both), both)
        for second in range(1 + round(CENSUS_PAUSE * CENSUSES))
    ]
    # One count, after two seconds, is no reason to turn away.
    assert places[:3] == [2, 2, 2]
    assert places[-1] == 1


def test_a_lost_patient_is_found_again(models: Models, demo_frame: Picture) -> None:
    tracker = PatientTracker(models)
    assert tracker.follow(0.0, demo_frame).pose is not None
    assert tracker.follow(0.1, np.zeros_like(demo_frame)).pose is None
    assert tracker.follow(0.2, demo_frame).pose is not None


class Counted:
    """A model that counts its runs."""

    def __init__(self, model: Model) -> None:
        self.model, self.runs = model, 0

    def run(self, *values: Array) -> dict[str, Array]:
        self.runs += 1
        return self.model.run(*values)


RATE = 10
STEPS = 4 * RATE


def test_an_absent_patient_is_looked_for_now_and_then_and_found_soon(
    models: Models, demo_frame: Picture
) -> None:
    counted = Counted(models.person.model)
    person = replace(models.person, model=counted)  # type: ignore[arg-type]
    tracker = PatientTracker(replace(models, person=person))
    nobody = np.zeros_like(demo_frame[::4, ::4])
    runs = []
    for step in range(STEPS):
        assert tracker.follow(step / RATE, nobody).pose is None
        runs.append(counted.runs)
    first = runs[RATE - 1]
    last = runs[-1] - runs[-RATE - 1]
    assert first >= RATE
    # the ladder and the count of people cost the same as before
    assert last <= first - RATE // 3
    found = [
        tracker.follow((STEPS + step) / RATE, demo_frame).pose is not None
        for step in range(4)
    ]
    assert any(found[: round(SEARCH_PAUSE * RATE) + 1])
    assert found[-1]


def test_a_hidden_face_is_looked_for_now_and_then_and_found_soon(
    models: Models, demo_frame: Picture
) -> None:
    shown = look(models, demo_frame)
    assert shown.pose is not None
    assert shown.face is not None
    hidden = demo_frame.copy()
    low, high = shown.face.mesh[:, :2].min(axis=0), shown.face.mesh[:, :2].max(axis=0)
    centre, size = (low + high) / 2, high - low
    cv2.ellipse(
        hidden,
        (*map(int, centre),),
        (*map(int, size),),
        0, 0, 360, (60, 50, 45), -1,
    )  # fmt: skip
    counted = Counted(models.face_box.model)
    face_box = replace(models.face_box, model=counted)  # type: ignore[arg-type]
    tracker = PatientTracker(replace(models, face_box=face_box))
    assert tracker.follow(0.0, demo_frame).face is not None
    runs = []
    for step in range(1, STEPS):
        found = tracker.follow(step / RATE, hidden)
        assert found.pose is not None
        assert found.face is None
        runs.append(counted.runs)
    assert runs[RATE - 1] - runs[0] == RATE - 1
    assert runs[-1] - runs[-RATE - 1] <= RATE // 2
    again = [
        tracker.follow((STEPS + step) / RATE, demo_frame).face is not None
        for step in range(round(SEARCH_PAUSE * RATE) + 1)
    ]
    assert any(again)


def test_what_is_missed_for_a_moment_is_looked_for_in_every_frame(
    models: Models, demo_frame: Picture
) -> None:
    tracker = PatientTracker(models)
    nobody = np.zeros_like(demo_frame[::4, ::4])
    for absent in (0.1, PATIENCE / 2, PATIENCE - 0.1):
        tracker.follow(0.0, demo_frame)
        for step in range(round(absent * RATE)):
            tracker.follow((step + 1) / RATE, nobody)
        assert tracker.follow(absent + 1 / RATE, demo_frame).pose is not None
        tracker = PatientTracker(models)
