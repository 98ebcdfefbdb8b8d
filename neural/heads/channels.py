"""What a temporal head sees: the tracks as numbers of about one, once for each side.

A head judges the signs of one side, its *own*. It is shown the tracks twice: as they
are, for the left, and mirrored, for the right. So what it says of a mirrored patient is
the mirror of what it says of the patient, whatever it has learned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from s3ns.facts import Finding, Observation, Side, Unassessable, vocabulary
from s3ns.neural import kinematics
from s3ns.neural.pose import Joint
from s3ns.neural.signals import (
    Mask,
    Series,
    activity,
    rhythm,
    rolling_mean,
    rolling_median,
    rolling_percentile,
    typical,
)
from s3ns.neural.signs.face import face_beats, mouth_rhythm
from s3ns.neural.signs.rhythmic import in_step
from s3ns.neural.thresholds import (
    BASELINE_WINDOW,
    TREMOR_BAND,
    TREMOR_WINDOW,
)
from s3ns.neural.tracks import SIDES, Tracks

FARTHEST = 5.0
"""Largest value of a channel: what lies beyond is a slip of the landmarks."""

SLOW, BRISK, QUICK = 1.2, 0.8, 0.35
"""Seconds of the running means that movements of the trunk and limbs, of the face, and
fine tremor stand out from."""

_JOINTS = ("SHOULDER", "ELBOW", "WRIST", "HIP", "KNEE", "ANKLE")
_PARTS = ("brow", "cheek", "nostril", "corner")
_SHOULDERS = (Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER)


def judged_signs() -> tuple[str, ...]:
    """Return the signs that a head can judge: all that are seen, but a lead-in."""
    return tuple(
        sign.name
        for sign in vocabulary().signs
        if sign.modality == "video" and not sign.is_lead_in
    )


def channels(tracks: Tracks, observations: Sequence[Observation]) -> Series:
    """Return what a head sees.

    Parameters
    ----------
    tracks
        The tracks.
    observations
        What the detectors said of them.

    Returns
    -------
    ``(2, n, channels)``, for the left and for the right; 0 where nothing is known.
    """
    parts = {side: _side(tracks, side) for side in SIDES}
    found = [item for item in observations if isinstance(item, Finding)]
    # What was found on no side was found on both.
    said = {
        side: _where(tracks, (i for i in found if i.side != Side(side).mirrored))
        for side in SIDES
    }
    blind = _where(tracks, (i for i in observations if isinstance(i, Unassessable)))
    sideways, other = _middle(tracks)
    seen = [tracks.person_seen, tracks.face_seen, tracks.face_frontal]
    rows = [
        np.column_stack(
            [
                parts[own],
                parts[far],
                sign * sideways,
                other,
                *seen,
                said[own],
                said[far],
                blind,
            ]
        )
        for own, far, sign in ((*SIDES, 1), (*SIDES[::-1], -1))
    ]
    known = np.nan_to_num(np.stack(rows), nan=0.0, posinf=0.0, neginf=0.0)
    return np.asarray(known.clip(-FARTHEST, FARTHEST), np.float32)


def _where(tracks: Tracks, items: Iterable[Observation]) -> Mask:
    """Return where there is an observation of each sign, ``(n, signs)``."""
    names = judged_signs()
    mask = np.zeros((len(tracks.times), len(names)), bool)
    for item in items:
        if item.sign in names:
            mask[tracks.during(item), names.index(item.sign)] = True
    return mask


def _side(tracks: Tracks, side: str) -> Series:
    """Return the arm, the leg and the half of the face of a side, ``(n, channels)``."""
    rate, outward = tracks.rate, 1.0 if side == "left" else -1.0
    joint = {name: Joint[f"{side.upper()}_{name}"] for name in _JOINTS}
    middle = kinematics.middle(tracks.points, *_SHOULDERS)
    deep_middle = kinematics.middle(tracks.world, *_SHOULDERS)
    across = tracks.world[:, _SHOULDERS[0]] - tracks.world[:, _SHOULDERS[1]]
    width = typical(np.linalg.norm(across, axis=1))

    def place(name: str) -> Series:
        from_middle = tracks.points[:, joint[name]] - middle
        return from_middle / tracks.scale[:, None] * (outward, 1.0)

    def deep(name: str) -> Series:
        from_middle = tracks.world[:, joint[name]] - deep_middle
        return from_middle / width * (outward, 1.0, 1.0)

    hand, foot = place("WRIST"), place("ANKLE")
    beat = tracks.arm_rhythm[side]
    tremor = rhythm(tracks.hand[side], rate, TREMOR_BAND, TREMOR_WINDOW)
    lid = tracks.face.eye_opening[:, SIDES.index(side)]
    skin = {part: tracks.face.skin_point(f"{side}_{part}") for part in _PARTS}
    moved = {
        part: _from_rest(points, rate) * (outward, 1.0) for part, points in skin.items()
    }
    twitch = face_beats(tracks)[side]
    return np.column_stack(
        [
            0.6 * hand,
            0.6 * place("ELBOW"),
            0.6 * deep("WRIST"),
            0.6 * deep("ELBOW"),
            _from_rest(hand, rate),
            _limited(12 * _over(hand, rate, QUICK)),
            _limited(4 * _over(hand, rate, SLOW)),
            0.5 * (place("KNEE") - (0, 1.5)),
            0.5 * (foot - (0, 2.5)),
            _limited(4 * _over(foot, rate, SLOW)),
            (tracks.elbow_angle[side] - 90) / 60,
            beat.rate / 3 - 1,
            2 * beat.strength - 1,
            _limited(3 * beat.amplitude),
            np.log1p(np.minimum(beat.overtone, 3)),
            4 * tracks.arm_activity[side],
            2 * tremor.strength - 1,
            20 * kinematics.jitter(tracks.hand[side], rate),
            2 * rolling_median(tracks.visibility[:, list(joint.values())], rate, 0.5)
            - 1,
            5 * lid - 1,
            8 * _from_rest(lid, rate),
            _limited(12 * _over(lid, rate, BRISK)),
            _limited(12 * np.column_stack([moved["cheek"], moved["corner"]])),
            *(_limited(25 * _over(moved[part], rate, BRISK)) for part in _PARTS),
            twitch.rate / 3 - 1,
            2 * twitch.strength - 1,
            _limited(25 * twitch.amplitude),
        ]
    )


def _middle(tracks: Tracks) -> tuple[Series, Series]:
    """Return what points to the left, and what points to no side."""
    rate, face = tracks.rate, tracks.face
    nose = _limited(6 * _over(tracks.nose, rate, SLOW))
    shoulders = _limited(6 * _over(tracks.shoulders, rate, SLOW))
    hips = _limited(6 * _over(tracks.hips - tracks.shoulders, rate, SLOW))
    chew = mouth_rhythm(tracks)
    gaze = _from_rest(face.gaze, rate)
    spoken = np.zeros(len(tracks.times))
    if tracks.sound is not None and len(tracks.sound.time):
        spoken = np.interp(tracks.times, tracks.sound.time, tracks.sound.speech)
    sideways = [
        tracks.head_turn / 60,
        face.yaw / 45,
        face.roll / 30,
        _limited(30 * _from_rest(face.mouth_pull, rate)),
        5 * (face.gaze[:, 0] - 0.5),
        2 * tracks.head[:, 0],
        *(series[:, 0] for series in (nose, shoulders, hips)),
        kinematics.trunk_yaw(tracks.world) / 60,
        kinematics.head_yaw(tracks.world) / 60,
    ]
    other = [
        face.pitch / 45,
        np.log(np.maximum(face.size, 1) / 30),
        6 * face.mouth_opening - 1,
        15 * _from_rest(face.mouth_width, rate),
        _limited(10 * _over(face.mouth_opening, rate, BRISK)),
        8 * gaze[:, 1],
        _limited(10 * activity(face.gaze, rate)),
        2 * tracks.head[:, 1],
        *(series[:, 1] for series in (nose, shoulders, hips)),
        4 * activity(tracks.nose, rate),
        _limited(3 * tracks.trunk_amplitude),
        chew.rate / 2 - 1,
        2 * chew.strength - 1,
        _limited(10 * chew.amplitude),
        kinematics.trunk_obliquity(tracks.world) / 45 - 1,
        2 * rolling_median(tracks.visibility[:, Joint.NOSE], rate, 0.5) - 1,
        tracks.sides_agree,
        np.log(np.maximum(tracks.scale, 1) / 60),
        2 * in_step(tracks) - 1,
        2 * spoken - 1,
    ]
    return np.column_stack(sideways), np.column_stack(other)


def _by_column(series: Series) -> Sequence[Series]:
    return list(series.reshape(len(series), -1).T)


def _from_rest(series: Series, rate: float) -> Series:
    """Return a series less what it usually is around each step."""
    usual = [
        rolling_percentile(column, rate, BASELINE_WINDOW, 50)
        for column in _by_column(series)
    ]
    return series - np.stack(usual, axis=-1).reshape(series.shape)


def _over(series: Series, rate: float, seconds: float) -> Series:
    """Return a series less its running mean: what is quicker than that."""
    slow = [rolling_mean(column, rate, seconds) for column in _by_column(series)]
    return series - np.stack(slow, axis=-1).reshape(series.shape)


def _limited(series: Series) -> Series:
    return np.clip(series, -3, 3)
