"""The room, the bed, the blanket, and where the camera hangs.

World space is metres, the bed along y with its head at +y, z up; the patient's left is
+x. Place 0, 0 is where the hips lie.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from s3ns.benchmarks.synthetic.body import surface_normals
from s3ns.benchmarks.synthetic.look import PLAIN
from s3ns.benchmarks.synthetic.posture import rotation
from s3ns.benchmarks.synthetic.renderer import Camera, Light, Mesh

Array = npt.NDArray[Any]
Point = tuple[float, float, float]

BED_TOP = 0.55
HINGE = (0.0, -0.05, BED_TOP)
"""Where the back of the bed bends."""

CAMERAS: dict[str, Camera] = {
    "front": Camera((0.35, -2.2, 2.0), (0.0, 0.02, 0.70), (0.0, 0.0, 1.0), 35.0),
    "ceiling": Camera((0.0, -0.15, 3.0), (0.0, -0.05, 0.6), (-1.0, 0.0, 0.0), 30.0),
    "foot45": Camera((0.2, -2.2, 2.6), (0.0, 0.0, 0.6), (0.0, 0.0, 1.0), 32.0),
    "side": Camera((2.1, 0.1, 1.9), (0.0, 0.0, 0.6), (0.0, 0.0, 1.0), 38.0),
    "foot30": Camera((0.3, -2.6, 1.9), (0.0, -0.05, 0.62), (0.0, 0.0, 1.0), 30.0),
}
RAISED = {"front": 40.0, "foot45": 15.0, "foot30": 15.0, "side": 20.0, "ceiling": 0.0}
"""Degrees by which the back of the bed is raised, where a scenario does not say."""

LIGHTS: dict[str, Light] = {
    "day": Light((0.3, -0.5, 1.0), 0.42, 0.62),
    "dim": Light((0.6, -0.2, 1.0), 0.10, 0.20),
    "infrared": Light((0.1, -0.9, 1.0), 0.12, 0.30, 1.0),
}
NOISE = {"day": 3.0, "dim": 7.0, "infrared": 8.0}
"""Standard deviation of the sensor's noise in grey levels."""

BLANKETS = {"none": None, "legs": -0.42, "waist": 0.02, "chest": 0.34}
"""How far up a blanket reaches, in metres along the body from the hips."""


def room() -> Mesh:
    """Return floor, walls and a cupboard."""
    return joined(
        box((-3, -3, -0.02), (3, 3, 0), (0.42, 0.40, 0.38)),
        box((-3, 2.6, 0), (3, 2.7, 3), (0.70, 0.72, 0.68)),
        box((-3.1, -3, 0), (-3, 3, 3), (0.66, 0.68, 0.70)),
        box((1.2, 2.3, 0), (1.9, 2.6, 0.8), (0.45, 0.32, 0.20)),
    )


def bed(raised: float) -> Mesh:
    """Return a bed whose back is raised by so many degrees."""
    sheet, frame = (0.76, 0.80, 0.84), (0.35, 0.36, 0.40)
    back = box((-0.48, 0, -0.20), (0.48, 1.02, 0), sheet)
    pillow = ellipsoid((0, 0.76, 0.03), (0.33, 0.19, 0.07), (0.88, 0.88, 0.88))
    turn = rotation((1.0, 0.0, 0.0), raised)
    return joined(
        box((-0.48, -1.22, 0.28), (0.48, -0.05, BED_TOP), sheet),
        box((-0.52, -1.28, 0.2), (0.52, -1.22, 0.66), frame),
        _moved(back, turn, HINGE),
        _moved(pillow, turn, HINGE),
    )


def blanket(reach: float, raised: float, surface: Array, *, cell: float = 0.03) -> Mesh:
    """Return a blanket that lies over a body.

    Parameters
    ----------
    reach
        Metres along the body from the hips to its upper edge.
    raised
        Degrees by which the back is raised.
    surface
        ``(v, 3)`` vertices of the body.
    """
    tilt = np.radians(raised)
    top = HINGE[1] + (reach - HINGE[1]) * (np.cos(tilt) if reach > HINGE[1] else 1.0)
    x = np.arange(-0.56, 0.56 + cell / 2, cell)
    y = np.arange(-1.24, top + cell / 2, cell)
    slope = np.maximum(y - HINGE[1], 0) * np.tan(tilt)
    height = np.tile((BED_TOP + slope)[:, None] + 0.01, (1, len(x)))
    height[:, np.abs(x) > 0.5] -= 0.16
    rows = np.round((surface[:, 1] - y[0]) / cell).astype(int)
    columns = np.round((surface[:, 0] - x[0]) / cell).astype(int)
    under = (rows >= 0) & (rows < len(y)) & (columns >= 0) & (columns < len(x))
    np.maximum.at(height, (rows[under], columns[under]), surface[under, 2] + 0.02)
    draped = ndimage.gaussian_filter(ndimage.grey_dilation(height, (3, 3)), 1.0)
    draped = np.maximum(draped, height + 0.005)
    grid_x, grid_y = np.meshgrid(x, y)
    vertices = np.stack([grid_x, grid_y, draped], axis=-1).reshape(-1, 3)
    flat = np.stack([grid_x, grid_y, np.zeros_like(grid_x)], axis=-1).reshape(-1, 3)
    faces = _grid_faces(len(y), len(x))
    return Mesh(
        vertices,
        surface_normals(vertices, faces),
        np.tile((0.55, 0.62, 0.72), (len(vertices), 1)),
        np.concatenate([flat, np.full((len(flat), 1), PLAIN)], axis=1),
        faces,
    )


def box(low: Point, high: Point, colour: Point) -> Mesh:
    """Return a box between two corners."""
    vertices: list[list[float]] = []
    normals: list[list[float]] = []
    faces: list[list[int]] = []
    for axis in range(3):
        one, two = [(1, 2), (2, 0), (0, 1)][axis]
        for end in (0, 1):
            first = len(vertices)
            for u, v in ((0, 0), (1, 0), (1, 1), (0, 1)):
                corner = list(low)
                corner[axis] = high[axis] if end else low[axis]
                corner[one] = high[one] if u else low[one]
                corner[two] = high[two] if v else low[two]
                vertices.append(corner)
            normals += [[(2 * end - 1) * (k == axis) for k in range(3)]] * 4
            faces += [[first, first + 1, first + 2], [first, first + 2, first + 3]]
    return _plain(np.array(vertices, float), np.array(normals, float), faces, colour)


def ellipsoid(centre: Point, radii: Point, colour: Point, rings: int = 20) -> Mesh:
    """Return a rounded box."""
    around, up = np.meshgrid(
        np.linspace(0, 2 * np.pi, 2 * rings), np.linspace(-np.pi / 2, np.pi / 2, rings)
    )

    def rounded(value: Array) -> Array:
        return np.asarray(np.sign(value) * np.abs(value) ** 0.77)

    vertices = np.stack(
        [
            rounded(np.cos(up)) * rounded(np.cos(around)),
            rounded(np.cos(up)) * rounded(np.sin(around)),
            rounded(np.sin(up)),
        ],
        axis=-1,
    ).reshape(-1, 3) * np.array(radii) + np.array(centre)
    faces = _grid_faces(rings, 2 * rings)
    return _plain(vertices, surface_normals(vertices, faces), faces, colour)


def joined(*meshes: Mesh) -> Mesh:
    """Return several meshes as one."""
    first = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.colours for mesh in meshes]),
        np.concatenate([mesh.pattern for mesh in meshes]),
        np.concatenate(
            [mesh.faces + start for mesh, start in zip(meshes, first, strict=False)]
        ),
    )


def _grid_faces(rows: int, columns: int) -> Array:
    first = np.arange((rows - 1) * columns).reshape(rows - 1, columns)[:, :-1].ravel()
    right, below, both = first + 1, first + columns, first + columns + 1
    return np.concatenate(
        [np.stack([first, right, both], 1), np.stack([first, both, below], 1)]
    )


def _plain(vertices: Array, normals: Array, faces: Any, colour: Point) -> Mesh:
    return Mesh(
        vertices,
        normals,
        np.tile(colour, (len(vertices), 1)),
        np.concatenate([vertices, np.full((len(vertices), 1), PLAIN)], axis=1),
        np.asarray(faces),
    )


def _moved(mesh: Mesh, turn: Array, place: Point) -> Mesh:
    return Mesh(
        mesh.vertices @ turn.T + np.array(place),
        mesh.normals @ turn.T,
        mesh.colours,
        mesh.pattern,
        mesh.faces,
    )
