"""Skin, hair and clothes of a rendered body: a colour and a material per vertex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from s3ns.benchmarks.synthetic.body import (
    BODY,
    LEFT_EYE,
    LOWER_TEETH,
    RIGHT_EYE,
    TONGUE,
    UPPER_TEETH,
    Body,
)

Array = npt.NDArray[Any]

SKIN, CLOTH, HAIR, EYE, PLAIN = range(5)
"""Materials, as the shader numbers them."""

SKINS = {
    "light": (0.84, 0.64, 0.53),
    "fair": (0.80, 0.58, 0.46),
    "tan": (0.66, 0.46, 0.34),
    "brown": (0.48, 0.32, 0.23),
    "dark": (0.34, 0.22, 0.16),
}
HAIRS = {
    "black": (0.05, 0.04, 0.04),
    "brown": (0.20, 0.12, 0.07),
    "blond": (0.62, 0.47, 0.26),
    "grey": (0.55, 0.54, 0.53),
}
CLOTHES = {
    "gown": ((0.62, 0.74, 0.82), (0.62, 0.74, 0.82)),
    "pyjamas": ((0.30, 0.40, 0.62), (0.32, 0.36, 0.48)),
    "shirt": ((0.72, 0.30, 0.28), (0.25, 0.25, 0.30)),
    "dark": ((0.18, 0.20, 0.24), (0.20, 0.20, 0.22)),
    "white": ((0.86, 0.86, 0.84), (0.45, 0.48, 0.55)),
    "scrubs": ((0.10, 0.45, 0.46), (0.10, 0.45, 0.46)),
}
_SHIRT = ("spine", "clavicle", "shoulder", "upperarm01", "breast")
_TROUSERS = ("pelvis", "upperleg", "lowerleg", "root")
_SLEEVE = ("upperarm02", "lowerarm")


@dataclass(frozen=True)
class Look:
    """What a body looks like.

    Attributes
    ----------
    colours
        ``(v, 3)`` reflectance from 0 to 1.
    material
        ``(v,)`` such as :data:`SKIN`.
    thickness
        ``(v,)`` metres by which clothes and hair stand off.
    eyes
        ``(2, 3)`` places of the left and the right eye at rest.
    """

    colours: Array
    material: Array
    thickness: Array
    eyes: Array


def dressed(
    body: Body, *, skin: str, hair: str, clothes: str, long_sleeves: bool
) -> Look:
    """Paint and dress a body."""
    vertices, bone = body.vertices, body.main_bone
    colours = np.tile(np.array(SKINS[skin], np.float32), (len(vertices), 1))
    material = np.full(len(vertices), SKIN, np.float32)
    thickness = np.zeros(len(vertices), np.float32)
    surface = body.part == BODY

    def follows(names: tuple[str, ...]) -> Array:
        found = np.array([name.startswith(names) for name in bone])
        return np.asarray(found & surface)

    shirt = follows((*_SHIRT, *(_SLEEVE if long_sleeves else ())))
    trousers = follows(_TROUSERS)
    colours[shirt], colours[trousers] = CLOTHES[clothes]
    thickness[shirt], thickness[trousers] = 0.010, 0.008
    material[shirt | trousers] = CLOTH

    eyes = np.stack(
        [vertices[body.part == eye].mean(0) for eye in (LEFT_EYE, RIGHT_EYE)]
    )
    hairy = _scalp(body, eyes, follows(("head", "neck03")), follows(("head", "neck")))
    colours[hairy], thickness[hairy], material[hairy] = HAIRS[hair], 0.012, HAIR
    for side, eye in zip(("Left", "Right"), eyes, strict=True):
        lid = _moved(body, f"eyeBlink{side}") > 0.55
        colours[lid] *= 0.35
        away = vertices - eye
        brow = (_moved(body, f"browDown{side}") > 0.8) & (np.abs(away[:, 0]) < 0.028)
        brow &= (away[:, 2] > 0.016) & (away[:, 2] < 0.032)
        colours[brow] = np.minimum(1.2 * np.array(HAIRS[hair]), 1)
    lips = 0.7 * (body.lips * follows(("head", "neck", "jaw")))[:, None]
    colours += lips * (np.array([0.62, 0.27, 0.27], np.float32) - colours)
    material[np.isin(body.part, (LEFT_EYE, RIGHT_EYE))] = EYE
    colours[np.isin(body.part, (UPPER_TEETH, LOWER_TEETH))] = (0.9, 0.87, 0.8)
    colours[body.part == TONGUE] = (0.65, 0.3, 0.3)
    return Look(colours.astype(np.float32), material, thickness, eyes)


def _moved(body: Body, action: str) -> Array:
    """Return how far an action moves each vertex of the skin, its largest being 1."""
    found = np.zeros(len(body.vertices), np.float32)
    moves = body.actions[action]
    found[moves.where] = np.linalg.norm(moves.moves, axis=1)
    found *= body.part == BODY
    return np.asarray(found / found.max())


def _scalp(body: Body, eyes: Array, near: Array, head: Array) -> Array:
    """Return the vertices under hair: above and behind the face, not the ears."""
    vertices, middle = body.vertices, eyes.mean(0)
    above = head & (vertices[:, 2] > middle[2])
    top = vertices[head, 2].max()
    back, front = vertices[above, 1].max(), vertices[above, 1].min()
    up = (vertices[:, 2] - middle[2]) / (top - middle[2])
    behind = (vertices[:, 1] - front) / (back - front)
    hairy = (up > 0.62 - 0.15 * np.clip(behind, 0, 1)) | (
        (behind > 0.55) & (up > -0.55)
    )
    hairy |= (behind > 0.42) & (up > 0.15)
    across = np.abs(vertices[:, 0])
    level = head & (np.abs(up) < 0.2)
    ear = across > np.quantile(across[level], 0.97) - 0.012
    hairy &= ~(ear & (up < 0.15) & (up > -0.6) & (behind < 0.75))
    return np.asarray(hairy & near)
