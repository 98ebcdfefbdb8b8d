"""Where the parts of the body can be judged."""

from __future__ import annotations

import numpy as np

from s3ns.neural.pose import Joint
from s3ns.neural.signals import Mask
from s3ns.neural.signs.registry import View
from s3ns.neural.thresholds import (
    BASELINE_LEAST,
    FACE_PITCH_LIMIT,
    FACE_SMALLEST,
    FINE_FACE,
    HEAD_TURN_LIMIT,
    SIDEWAYS,
)
from s3ns.neural.tracks import Tracks, kept


def body_view(tracks: Tracks, seen: Mask) -> View:
    """Return the view of body parts that are seen where the mask holds."""
    obstacles = (
        ("person_not_visible", ~tracks.person_seen),
        ("sides_uncertain", ~tracks.sides_sure),
        ("limb_covered", ~seen),
    )
    return View(tracks.person_seen & tracks.sides_sure & seen, obstacles)


def arms_view(tracks: Tracks) -> View:
    """Return the view of both arms: a sign of either is absent only if both show."""
    return body_view(tracks, tracks.arm_seen["left"] & tracks.arm_seen["right"])


def hands_view(tracks: Tracks) -> View:
    """Return the view of both wrists: their movement shows without the elbows."""
    return body_view(tracks, tracks.hand_seen["left"] & tracks.hand_seen["right"])


def limbs_view(tracks: Tracks) -> View:
    """Return the view of arms and legs together."""
    seen = tracks.arm_seen["left"] & tracks.arm_seen["right"]
    return body_view(tracks, seen & tracks.leg_seen["left"] & tracks.leg_seen["right"])


def hips_view(tracks: Tracks) -> View:
    """Return the view of hips and shoulders; their sides do not matter."""
    shown = tracks.visible(
        Joint.LEFT_HIP, Joint.RIGHT_HIP, Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER
    )
    obstacles = (
        ("person_not_visible", ~tracks.person_seen),
        ("limb_covered", ~shown),
    )
    return View(tracks.person_seen & shown, obstacles)


def face_view(tracks: Tracks) -> View:
    """Return the view of eyes and mouth."""
    small = np.nan_to_num(tracks.face.size) < FACE_SMALLEST
    level = np.abs(np.nan_to_num(tracks.face.pitch, nan=90)) < FACE_PITCH_LIMIT
    frontal = tracks.face_frontal & level
    obstacles = (
        ("person_not_visible", ~tracks.person_seen),
        ("head_turned_away", tracks.face_seen & ~frontal),
        ("face_too_small", tracks.face_seen & small),
        ("face_not_visible", ~tracks.face_seen),
    )
    return View(frontal & ~small, obstacles)


def fine_face_view(tracks: Tracks) -> View:
    """Return the view of a face large enough for movements of its skin to show."""
    return face_view(tracks).narrowed(
        np.nan_to_num(tracks.face.size) >= FINE_FACE, "face_too_small"
    )


@kept
def head_view(tracks: Tracks) -> View:
    """Return the view of the head, from the face or from ears and nose."""
    shown = tracks.visible(Joint.NOSE, Joint.LEFT_EAR, Joint.RIGHT_EAR)
    # Of a head seen from the side, ears and nose do not tell how far it turns.
    seen = tracks.face_seen | (shown & (abs(tracks.trunk_axis) <= SIDEWAYS))
    behind = np.abs(tracks.head_turn) > HEAD_TURN_LIMIT
    obstacles = (
        ("person_not_visible", ~tracks.person_seen),
        ("sides_uncertain", ~tracks.sides_sure),
        ("head_turned_away", behind),
        ("face_not_visible", ~seen),
    )
    return View(tracks.person_seen & tracks.sides_sure & seen & ~behind, obstacles)


def with_rest(view: View, tracks: Tracks) -> View:
    """Return the view of a sign that is judged against the patient's own rest.

    Where too little was judged to know the rest, nothing can be said.
    """
    known = view.judged.sum() >= BASELINE_LEAST * tracks.rate
    return view.narrowed(np.full(len(tracks.times), known), "too_short")
