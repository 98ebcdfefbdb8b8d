"""A rendered body: its shape, its joints, and where they put its surface.

Model space is metres, x to the person's own left, y to the back, z up. The data are
baked by ``bake.py``; see ``README.md`` beside it for where they come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

VERTEX_UNIT, FACE_UNIT = 1e-4, 2e-5
"""Metres per step of the baked numbers."""

BODY, LEFT_EYE, RIGHT_EYE, UPPER_TEETH, LOWER_TEETH, TONGUE = range(6)
"""Parts, as numbered in the data."""


@dataclass(frozen=True)
class Actions:
    """How a facial action moves the face: ``where`` ``(k,)``, ``moves`` ``(k, 3)``."""

    where: Array
    moves: Array


@dataclass(frozen=True)
class Body:
    """A person at rest, standing with the arms spread.

    Attributes
    ----------
    vertices, normals
        ``(v, 3)``.
    faces
        ``(m, 3)`` vertex numbers.
    part
        ``(v,)`` parts such as :data:`BODY`.
    lips
        ``(v,)`` share of lip, 0 to 1.
    weights, weight_bones
        ``(v, k)`` how much each vertex follows which bones.
    bones, parents, heads
        Names, parent numbers (-1 at the root) and ``(b, 3)`` joint places.
    actions
        The facial actions by name.
    """

    vertices: Array
    normals: Array
    faces: Array
    part: Array
    lips: Array
    weights: Array
    weight_bones: Array
    bones: dict[str, int]
    parents: Array
    heads: Array
    actions: dict[str, Actions]

    @property
    def main_bone(self) -> Array:
        """Name of the bone that each vertex follows most, ``(v,)``."""
        first = self.weight_bones[np.arange(len(self.weights)), self.weights.argmax(1)]
        return np.asarray(np.array(list(self.bones))[first])

    def head(self, bone: str) -> Array:
        """Return the place of a joint at rest, ``(3,)``."""
        return np.asarray(self.heads[self.bones[bone]])

    def face_at(self, actions: Mapping[str, float]) -> Array:
        """Return the vertices at rest with facial actions from 0 to 1, ``(v, 3)``."""
        vertices = self.vertices.copy()
        for name, weight in actions.items():
            if weight:
                action = self.actions[name]
                vertices[action.where] += np.float32(weight) * action.moves
        return vertices

    def posed(
        self,
        turns: Mapping[str, Array],
        actions: Mapping[str, float],
        root_turn: Array,
        root_place: Array,
    ) -> tuple[Array, Array, Array]:
        """Pose the body.

        Parameters
        ----------
        turns
            Rotation ``(3, 3)`` of each turned bone against its parent, about its joint,
            in the axes of model space.
        actions
            Facial actions from 0 to 1.
        root_turn, root_place
            Where the whole is: rotation about, and place of, the root joint.

        Returns
        -------
        Vertices ``(v, 3)``, normals ``(v, 3)`` and joint places ``(b, 3)``.
        """
        count = len(self.parents)
        turn = np.empty((count, 3, 3), np.float32)
        place = np.empty((count, 3), np.float32)
        names = list(self.bones)
        for bone, parent in enumerate(self.parents):
            own = turns.get(names[bone])
            if parent < 0:
                turn[bone] = root_turn if own is None else root_turn @ own
                place[bone] = root_place
            else:
                turn[bone] = turn[parent] if own is None else turn[parent] @ own
                step = self.heads[bone] - self.heads[parent]
                place[bone] = place[parent] + turn[parent] @ step
        shift = place - np.einsum("bij,bj->bi", turn, self.heads)
        moves = np.concatenate([turn, shift[:, :, None]], axis=2).reshape(count, 12)
        mixed = self._blend(moves).reshape(-1, 3, 4)
        rest = self.face_at(actions)
        vertices = np.einsum("vij,vj->vi", mixed[:, :, :3], rest) + mixed[:, :, 3]
        normals = np.einsum("vij,vj->vi", mixed[:, :, :3], self.normals)
        return vertices, normals, place

    def _blend(self, moves: Array) -> Array:
        mixed = self.weights[:, :1] * moves[self.weight_bones[:, 0]]
        for rank in range(1, self.weights.shape[1]):
            mixed += (
                self.weights[:, rank : rank + 1] * moves[self.weight_bones[:, rank]]
            )
        return np.asarray(mixed)


def body_names() -> tuple[str, ...]:
    """Return the names of the baked bodies."""
    return tuple(str(name) for name in _data()["names"])


def make_body(shape: Mapping[str, float]) -> Body:
    """Make a body, a mixture of baked ones.

    Parameters
    ----------
    shape
        Share of each baked body by name; the shares are scaled to 1.
    """
    data = _data()
    share = np.array([shape.get(name, 0.0) for name in body_names()], np.float32)
    share = share / share.sum()
    vertices = VERTEX_UNIT * np.tensordot(share, data["vertices"].astype(np.float32), 1)
    weights = data["weights"].astype(np.float32)
    return Body(
        vertices=vertices,
        normals=surface_normals(vertices, data["faces"]),
        faces=data["faces"].astype(np.int32),
        part=data["part"],
        lips=data["lips"].astype(np.float32) / 255,
        weights=weights / weights.sum(axis=1, keepdims=True),
        weight_bones=data["weight_bones"],
        bones={str(name): number for number, name in enumerate(data["bones"])},
        parents=data["parents"],
        heads=np.tensordot(share, data["heads"], 1),
        actions={
            key.removeprefix("action_where_"): Actions(
                where,
                FACE_UNIT * data[key.replace("where", "moves")].astype(np.float32),
            )
            for key, where in data.items()
            if key.startswith("action_where_")
        },
    )


def surface_normals(vertices: Array, faces: Array) -> Array:
    """Return the normals at the vertices of a surface, ``(v, 3)``."""
    corners = vertices[faces.astype(np.int64)]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros((len(vertices), 3))
    for corner in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(
                faces[:, corner], flat[:, axis], len(vertices)
            )
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(length, 1e-12), np.float32)


@cache
def _data() -> dict[str, Array]:
    with (files("s3ns.benchmarks.synthetic") / "body.npz").open("rb") as stream:
        return dict(np.load(stream, allow_pickle=False))
