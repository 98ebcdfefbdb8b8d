"""The three operators that MediaPipe adds to TFLite for its attention mesh.

The mesh network finds 468 points, cuts a region around the lips and each eye out of a
feature map, upright and in proportion, and refines the points in there. The operators
find the region's matrix, cut it out, and carry the refined points back.

Written from the behaviour of version 2 of the operators in MediaPipe's
``util/tflite/operations`` (Apache-2.0).
"""

from __future__ import annotations

import math

import numpy as np
from onnx import TensorProto

from s3ns.neural.models.convert.onnx_graph import GraphBuilder
from s3ns.neural.models.convert.operators import translates
from s3ns.neural.models.convert.tflite_graph import Operator


class _Arithmetic:
    """Short names for the arithmetic of ONNX values."""

    def __init__(self, graph: GraphBuilder) -> None:
        self._graph = graph

    def add(self, a: str, b: str) -> str:
        return self._graph.node("Add", a, b)

    def subtract(self, a: str, b: str) -> str:
        return self._graph.node("Sub", a, b)

    def multiply(self, a: str, b: str | float) -> str:
        factor = b if isinstance(b, str) else self._graph.constant(float(b))
        return self._graph.node("Mul", a, factor)

    def divide(self, a: str, b: str) -> str:
        return self._graph.node("Div", a, b)

    def part(self, value: str, axis: int, start: int, stop: int) -> str:
        bounds = (self._graph.constant([k]) for k in (start, stop, axis))
        return self._graph.node("Slice", value, *bounds)

    def pick(self, value: str, axis: int, places: list[int]) -> str:
        return self._graph.node(
            "Gather", value, self._graph.constant(places), axis=axis
        )

    def lowest(self, value: str) -> str:
        return self._graph.node("ReduceMin", value, axes=[1], keepdims=1)

    def highest(self, value: str) -> str:
        return self._graph.node("ReduceMax", value, axes=[1], keepdims=1)


@translates("Landmarks2TransformMatrix")
def _landmarks_to_matrix(graph: GraphBuilder, operator: Operator) -> None:
    """Find the matrix from the pixels of an upright crop to those of the picture.

    The crop is the box around some of the points, turned so that the line between two
    corner points lies at the target angle, and widened by a scale.
    """
    math_ = _Arithmetic(graph)
    options = operator.options
    width, height = options["output_width"], options["output_height"]
    target = float(options["target_rotation_radians"])
    points = graph.plain(operator.inputs[0])  # batch, points, 3

    # Cosine and sine of the turn: target angle minus the angle of the corner line. The
    # angle itself is never needed, so no arc tangent.
    line = math_.subtract(
        math_.pick(points, 1, [options["right_rotation_idx"]]),
        math_.pick(points, 1, [options["left_rotation_idx"]]),
    )
    dx, dy = math_.part(line, 2, 0, 1), math_.part(line, 2, 1, 2)
    squared = math_.add(math_.multiply(dx, dx), math_.multiply(dy, dy))
    length = graph.node("Sqrt", squared)
    along, across = math_.divide(dx, length), math_.divide(dy, length)
    cos = math_.add(
        math_.multiply(along, math.cos(target)),
        math_.multiply(across, math.sin(target)),
    )
    sin = math_.subtract(
        math_.multiply(along, math.sin(target)),
        math_.multiply(across, math.cos(target)),
    )

    # the box around the turned points
    subset = math_.pick(points, 1, options["subset_idxs"])
    x, y = math_.part(subset, 2, 0, 1), math_.part(subset, 2, 1, 2)
    turned_x = math_.subtract(math_.multiply(cos, x), math_.multiply(sin, y))
    turned_y = math_.add(math_.multiply(sin, x), math_.multiply(cos, y))
    left, right = math_.lowest(turned_x), math_.highest(turned_x)
    top, bottom = math_.lowest(turned_y), math_.highest(turned_y)

    # its centre, turned back
    middle_x = math_.multiply(math_.add(right, left), 0.5)
    middle_y = math_.multiply(math_.add(bottom, top), 0.5)
    centre_x = math_.add(math_.multiply(cos, middle_x), math_.multiply(sin, middle_y))
    centre_y = math_.subtract(
        math_.multiply(cos, middle_y), math_.multiply(sin, middle_x)
    )

    # pixels of the picture per pixel of the crop
    per_x = math_.multiply(math_.subtract(right, left), options["scale_x"] / width)
    per_y = math_.multiply(math_.subtract(bottom, top), options["scale_y"] / height)
    xx, xy = math_.multiply(cos, per_x), math_.multiply(sin, per_y)
    yx, yy = graph.node("Neg", math_.multiply(sin, per_x)), math_.multiply(cos, per_y)
    half_x, half_y = width / 2, height / 2
    shift_x = math_.subtract(
        centre_x, math_.add(math_.multiply(xx, half_x), math_.multiply(xy, half_y))
    )
    shift_y = math_.subtract(
        centre_y, math_.add(math_.multiply(yx, half_x), math_.multiply(yy, half_y))
    )

    # constants of the batch's size
    zero = math_.multiply(cos, 0.0)
    one = math_.add(zero, graph.constant(1.0))
    rows = [
        *(xx, xy, zero, shift_x),
        *(yx, yy, zero, shift_y),
        *(zero, zero, one, zero),
        *(zero, zero, zero, one),
    ]
    flat = graph.node("Concat", *rows, axis=2)
    matrix = graph.node("Reshape", flat, graph.constant([0, 4, 4]))
    graph.set_plain(operator.outputs[0], matrix)


@translates("TransformTensorBilinear")
def _transform_bilinear(graph: GraphBuilder, operator: Operator) -> None:
    """Cut a crop out of a picture, sampling between pixels.

    A sample outside the centres of the border pixels is zero.
    """
    math_ = _Arithmetic(graph)
    picture, matrix = operator.inputs
    _, height, width, _ = graph.shape(picture)
    crop = operator.options["output_height"], operator.options["output_width"]

    rows, columns = np.indices(crop).reshape(2, -1) + 0.5
    centres = np.stack([columns, rows, np.zeros_like(rows), np.ones_like(rows)])
    to_picture = math_.part(graph.plain(matrix), 1, 0, 2)
    where = graph.node(
        "MatMul", to_picture, graph.constant(centres[None].astype(np.float32))
    )  # batch, (x, y), samples; a pixel's centre lies at its number plus a half

    # GridSample counts from -1 to 1 over the picture, border to border
    size = np.array([width, height], np.float32).reshape(1, 2, 1)
    grid = math_.subtract(
        math_.multiply(where, graph.constant(2 / size)), graph.constant(1.0)
    )
    grid = graph.node("Transpose", grid, perm=[0, 2, 1])
    grid = graph.node("Reshape", grid, graph.constant([0, *crop, 2]))
    samples = graph.node(
        "GridSample",
        graph.picture(picture),
        grid,
        mode="bilinear",
        padding_mode="zeros",
        align_corners=0,
    )

    inside = graph.node(
        "And",
        graph.node("GreaterOrEqual", where, graph.constant(0.5)),
        graph.node("LessOrEqual", where, graph.constant(size - 0.5)),
    )
    inside = graph.node("Cast", inside, to=TensorProto.FLOAT)
    inside = graph.node("Reshape", math_.lowest(inside), graph.constant([0, 1, *crop]))
    graph.set_picture(operator.outputs[0], math_.multiply(samples, inside))


@translates("TransformLandmarks")
def _transform_landmarks(graph: GraphBuilder, operator: Operator) -> None:
    """Carry points of the crop, ``(x, y)``, back into the picture."""
    math_ = _Arithmetic(graph)
    points, matrix = (graph.plain(index) for index in operator.inputs)
    to_picture = math_.part(matrix, 1, 0, 2)
    turn = graph.node("Transpose", math_.part(to_picture, 2, 0, 2), perm=[0, 2, 1])
    shift = graph.node("Transpose", math_.part(to_picture, 2, 3, 4), perm=[0, 2, 1])
    moved = math_.add(graph.node("MatMul", points, turn), shift)
    graph.set_plain(operator.outputs[0], moved)
