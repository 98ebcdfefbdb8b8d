"""Sparse weights: examples written by hand, and the way there and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3ns.neural.models.convert.sparse import (
    CompressedLevel,
    DenseLevel,
    Level,
    densify,
)

Array = npt.NDArray[Any]


def compressed(segments: list[int], indices: list[int]) -> CompressedLevel:
    return CompressedLevel(np.array(segments, np.int64), np.array(indices, np.int64))


def test_rows_of_few_values() -> None:
    # compressed sparse rows
    dense = densify(
        np.array([5.0, 7.0, 2.0]),
        (3, 4),
        [DenseLevel(3), compressed([0, 1, 1, 3], [2, 0, 3])],
        [0, 1],
    )
    assert dense.tolist() == [[0, 0, 5, 0], [0, 0, 0, 0], [7, 0, 0, 2]]


def test_columns_of_few_values() -> None:
    # compressed sparse columns: the second dimension is walked first
    dense = densify(
        np.array([7.0, 5.0, 2.0]),
        (3, 4),
        [DenseLevel(4), compressed([0, 1, 1, 2, 3], [2, 0, 2])],
        [1, 0],
    )
    assert dense.tolist() == [[0, 0, 5, 0], [0, 0, 0, 0], [7, 0, 0, 2]]


def test_blocks_of_two_by_two() -> None:
    dense = densify(
        np.array([1.0, 0.0, 0.0, 4.0, 2.0, 3.0, 0.0, 0.0, 5.0, 0.0, 0.0, 6.0]),
        (4, 4),
        [
            DenseLevel(2),
            compressed([0, 2, 3], [0, 1, 1]),
            DenseLevel(2),
            DenseLevel(2),
        ],
        [0, 1, 2, 3],
        [0, 1],
    )
    assert dense.tolist() == [
        [1, 0, 2, 3],
        [0, 4, 0, 0],
        [0, 0, 5, 0],
        [0, 0, 0, 6],
    ]


def test_a_tensor_of_zeros_stores_nothing() -> None:
    levels: list[Level] = [DenseLevel(2), compressed([0, 0, 0], [])]
    dense = densify(np.zeros(0, np.float32), (2, 3), levels, [0, 1])
    assert dense.shape == (2, 3)
    assert not dense.any()


def test_a_compressed_block_is_refused() -> None:
    levels: list[Level] = [
        DenseLevel(1),
        compressed([0, 1], [0]),
        compressed([0, 1], [0]),
    ]
    with pytest.raises(ValueError, match="block dimension"):
        densify(np.ones(1), (1, 2), levels, [0, 1, 2], [1])


def store_sparse(
    dense: Array, order: list[int], blocks: dict[int, int], is_compressed: list[bool]
) -> tuple[Array, list[Level]]:
    """Store an array level by level, in plain loops."""
    rank = dense.ndim
    split: list[int] = []
    for dimension, size in enumerate(dense.shape):
        split.append(size // blocks.get(dimension, 1))
    split += blocks.values()

    def place(coordinates: dict[int, int]) -> tuple[slice, ...]:
        chosen = []
        for dimension in range(rank):
            block = blocks.get(dimension, 1)
            inner = rank + list(blocks).index(dimension) if dimension in blocks else -1
            if dimension not in coordinates:
                chosen.append(slice(None))
            elif inner < 0 or inner not in coordinates:
                start = coordinates[dimension] * block
                chosen.append(slice(start, start + block))
            else:
                at = coordinates[dimension] * block + coordinates[inner]
                chosen.append(slice(at, at + 1))
        return tuple(chosen)

    nodes: list[dict[int, int]] = [{}]
    levels: list[Level] = []
    for dimension, compress in zip(order, is_compressed, strict=True):
        children: list[dict[int, int]] = []
        segments, indices = [0], []
        for node in nodes:
            for k in range(split[dimension]):
                child = {**node, dimension: k}
                if not compress or dense[place(child)].any():
                    children.append(child)
                    indices.append(k)
            segments.append(len(children))
        nodes = children
        levels.append(
            compressed(segments, indices) if compress else DenseLevel(split[dimension])
        )
    values = np.array([dense[place(node)].item() for node in nodes], dense.dtype)
    return values, levels


@given(data=st.data())
def test_what_is_stored_comes_back(data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, 3))
    blocks = {
        d: data.draw(st.integers(2, 3)) for d in range(rank) if data.draw(st.booleans())
    }
    shape = [data.draw(st.integers(1, 3)) * blocks.get(d, 1) for d in range(rank)]
    count = int(np.prod(shape))
    values = data.draw(
        st.lists(st.sampled_from([0.0, 0.0, 1.5, -2.0]), min_size=count, max_size=count)
    )
    dense = np.array(values, np.float32).reshape(shape)
    outer = data.draw(st.permutations(range(rank)))
    inner = list(range(rank, rank + len(blocks)))
    is_compressed = [data.draw(st.booleans()) for _ in outer] + [False] * len(blocks)
    order = [*outer, *inner]
    stored, levels = store_sparse(dense, order, blocks, is_compressed)

    came = densify(stored, shape, levels, order, list(blocks))

    np.testing.assert_array_equal(came, dense)
