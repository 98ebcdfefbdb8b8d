"""Showing a model more of what a question is about: the face, the limbs, the voice.

Each group of signs may be shown in a way of its own (Li 2026, PathMotion): the face cut
out, the patient's own left and right drawn over the picture, the sound without its
steady noise. Nobody found in a frame leaves it as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from s3ns.facts import CapabilityError, InputError, Sign, bad_value, vocabulary
from s3ns.neural.expression import read_expression
from s3ns.neural.extractor import ExtractOptions
from s3ns.neural.geometry import Picture, Region
from s3ns.neural.kinematics import ARM, LEG
from s3ns.neural.landmark_extractor import LANDMARK_MODELS
from s3ns.neural.landmarks import Landmarks, Models, PatientTracker
from s3ns.neural.mllm.peaks import Movement
from s3ns.neural.mllm.windows import View, Window
from s3ns.neural.models.store import ModelStore
from s3ns.neural.picture import part_of
from s3ns.neural.pose import Joint
from s3ns.neural.runtime import open_model
from s3ns.neural.thresholds import VISIBLE
from s3ns.neural.video import Frame

Enhancement = Literal["crop", "skeleton", "denoise"]

DEFAULTS: Mapping[str, Enhancement] = {
    "face": "crop",
    "head": "skeleton",
    "limbs": "skeleton",
    "trunk": "skeleton",
    "body": "skeleton",
    "voice": "denoise",
}
"""What ``all`` stands for, by group of signs."""

CROP_PIXELS = 448
CROP_MARGIN = 1.3
"""Width of the crop over that of the region in which a face is looked for."""

_KEPT = 1.0  # seconds for which a lost face is taken to be where it was
# Colours that people who confuse red and green tell apart (Okabe and Ito 2008), as RGB.
_BLUE, _ORANGE = (0, 114, 178), (230, 159, 0)


def enhancements(text: str) -> dict[str, Enhancement]:
    """Read which group of signs is shown how: ``face:crop,limbs:skeleton``, or ``all``.

    Raises
    ------
    CapabilityError
        If there is no such group, or nothing of the kind for it.
    """
    if text == "all":
        return dict(DEFAULTS)
    found: dict[str, Enhancement] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        group, _, kind = part.partition(":")
        if group not in vocabulary().groups:
            raise CapabilityError(
                bad_value("group of signs", group, vocabulary().groups)
            )
        known: dict[str, Enhancement] = {"denoise": "denoise"}
        if group != "voice":
            known = {"crop": "crop", "skeleton": "skeleton"}
        if kind not in known:
            raise CapabilityError(bad_value(f"enhancement of {group}", kind, known))
        found[group] = known[kind]
    return found


def view_of(sign: Sign, chosen: Mapping[str, Enhancement]) -> View:
    """Return how the frames are shown for a sign."""
    kind = chosen.get(sign.group)
    return "whole" if kind is None or kind == "denoise" else kind


class Artist:
    """Follows the patient, to draw what a view shows and to tell what moves.

    Frames come in order of time; each is looked at once.

    Parameters
    ----------
    follow
        Finds the patient in the next frame, such as
        :meth:`~s3ns.neural.landmarks.PatientTracker.follow`.
    part
        Where the patient is, ``(x, y, width, height)`` in pixels.
    """

    def __init__(
        self,
        follow: Callable[[float, Picture], Landmarks],
        part: tuple[int, int, int, int] | None = None,
    ) -> None:
        self._follow = follow
        self._part = part
        self._movement = Movement()
        self._found = Landmarks(-np.inf, None, None)
        self._face: tuple[float, Region] = (-np.inf, Region(0, 0, 0))

    @classmethod
    def of_models(cls, options: ExtractOptions) -> Artist:
        """Return one that finds the patient as the landmark extractor does.

        Raises
        ------
        ModelError
            If a model is missing or damaged.
        CapabilityError
            If there is no ONNX runtime.
        """
        store = ModelStore(options.models)
        # The device that was asked for is the language model's; this only helps it.
        device = "cpu" if options.device == "cpu" else "auto"
        opened = {
            name: open_model(store.path(name), device) for name in LANDMARK_MODELS
        }
        part = options.patient_roi
        return cls(PatientTracker(Models.of(opened), part).follow, part)

    def __call__(self, frame: Frame, view: View) -> Picture:
        """Return the picture that a view other than the whole shows of a frame."""
        found = self._patient_in(frame)
        if view == "skeleton":
            return part_of(with_skeleton(frame.image, found), self._part)
        time, region = self._face
        if frame.time - time > _KEPT:
            return part_of(frame.image, self._part)
        wide = Region(region.x, region.y, CROP_MARGIN * region.size, region.rotation)
        affine = wide.to_square(CROP_PIXELS)
        face = cv2.warpAffine(frame.image, affine, (CROP_PIXELS, CROP_PIXELS))
        return np.asarray(face, np.uint8)

    def moved(self, frame: Frame) -> dict[str, float]:
        """Return how fast each part of the patient moves."""
        found = self._patient_in(frame)
        face = None if found.face is None else read_expression(found.face)
        return self._movement(found, face)

    def _patient_in(self, frame: Frame) -> Landmarks:
        if frame.time != self._found.time:
            self._found = self._follow(frame.time, frame.image)
            if self._found.face is not None:
                self._face = (frame.time, self._found.face.region)
        return self._found


def save(folder: Path, window: Window, said: str | None) -> None:
    """Write what a window shows, and what was understood, into a folder of its own.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    name = f"{window.start:07.1f}-{window.end:07.1f}s-{window.look.fps:g}fps"
    target = folder / f"{name}-{window.look.view}"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for number, shot in enumerate(window.shots, start=1):
            path = target / f"frame-{number:03d}.jpg"
            path.write_bytes(shot.picture.jpeg)
        if window.voice is not None:
            (target / "sound.wav").write_bytes(window.voice.wav)
        if said is not None:
            (target / "transcript.txt").write_text(f"{said}\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from error


def with_skeleton(image: Picture, found: Landmarks) -> Picture:
    """Draw arms and legs with the patient's own sides over a picture, where visible."""
    if found.pose is None:
        return image
    drawn = image.copy()
    thick = max(2, round(min(image.shape[:2]) / 200))
    points = found.pose.points
    shown = found.pose.visibility >= VISIBLE

    def place(joint: Joint) -> tuple[int, int]:
        x, y = np.round(points[joint]).astype(int)
        return int(x), int(y)

    for side, letter, colour in (("left", "L", _BLUE), ("right", "R", _ORANGE)):
        for chain in (ARM[side], LEG[side]):
            for one, two in itertools.pairwise(chain):
                if shown[one] and shown[two]:
                    cv2.line(drawn, place(one), place(two), colour, thick, cv2.LINE_AA)
        wrist = ARM[side][2]
        if shown[wrist]:
            font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.35 * thick
            x, y = place(wrist)
            above = (x, y - 5 * thick)
            cv2.putText(drawn, letter, above, font, size, colour, thick, cv2.LINE_AA)
    return drawn
