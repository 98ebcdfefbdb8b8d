"""Dense values from the sparse storage of TFLite.

TFLite stores a pruned weight the way the TACO compiler does (Kjolstad et al., *The
tensor algebra compiler*, OOPSLA 2017): a tree with one level per dimension, the
dimensions taken in a traversal order and some of them split into blocks. A level is
dense (every coordinate is there) or compressed (``segments`` delimit, for each parent,
a run of ``indices``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class DenseLevel:
    """A level that stores every coordinate."""

    size: int


@dataclass(frozen=True, eq=False)
class CompressedLevel:
    """A level that stores only some coordinates.

    Attributes
    ----------
    segments
        The children of parent ``p`` are the positions from ``segments[p]`` up to
        ``segments[p + 1]``.
    indices
        Coordinate of each position.
    """

    segments: Array
    indices: Array


Level = DenseLevel | CompressedLevel


def densify(
    values: Array,
    shape: Sequence[int],
    levels: Sequence[Level],
    traversal_order: Sequence[int],
    block_map: Sequence[int] = (),
) -> Array:
    """Spread the stored values of a sparse tensor over a dense one.

    Parameters
    ----------
    values
        The stored values, one per leaf of the tree, in storage order.
    shape
        Shape of the dense tensor.
    levels
        One level per entry of ``traversal_order``.
    traversal_order
        Which dimension each level walks. Numbers from ``len(shape)`` on stand for the
        inner dimensions of blocks.
    block_map
        For each block dimension, the dimension of the tensor that it splits.

    Returns
    -------
    Array of ``shape`` and the type of ``values``, zero where nothing is stored.
    """
    positions: Array = np.zeros(1, np.int64)
    coordinates = np.zeros((1, 0), np.int64)
    for level in levels:
        parents, positions, index = _descend(level, positions)
        coordinates = np.column_stack([coordinates[parents], index])

    by_dimension = np.empty_like(coordinates)
    by_dimension[:, list(traversal_order)] = coordinates
    rank = len(shape)
    place = by_dimension[:, :rank]
    for block, dimension in enumerate(block_map):
        level = levels[list(traversal_order).index(rank + block)]
        if not isinstance(level, DenseLevel):
            raise ValueError("a block dimension must be dense")
        inner = by_dimension[:, rank + block]
        place[:, dimension] = place[:, dimension] * level.size + inner

    dense = np.zeros(shape, values.dtype)
    dense[tuple(place.T)] = values[positions]
    return dense


def _descend(level: Level, positions: Array) -> tuple[Array, Array, Array]:
    """Go one level down the tree.

    Returns
    -------
    For each child: the row of its parent, its own position, and its coordinate.
    """
    rows = np.arange(len(positions))
    if isinstance(level, DenseLevel):
        parents = np.repeat(rows, level.size)
        index = np.tile(np.arange(level.size), len(positions))
        return parents, positions[parents] * level.size + index, index
    first = level.segments[positions]
    count = level.segments[positions + 1] - first
    parents = np.repeat(rows, count)
    rank_in_run = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    children = first[parents] + rank_in_run
    return parents, children, level.indices[children]
