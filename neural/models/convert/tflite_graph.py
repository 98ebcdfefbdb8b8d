"""Reading a TFLite file into plain tensors and operators.

Weights come out dense and in 32-bit floats: sparse storage is undone here, and half
precision is widened, which is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite
from flatbuffers import flexbuffers
from tflite.Int32Vector import Int32Vector
from tflite.Uint8Vector import Uint8Vector
from tflite.Uint16Vector import Uint16Vector

from s3ns.facts import ModelError
from s3ns.neural.models.convert.sparse import (
    Array,
    CompressedLevel,
    DenseLevel,
    Level,
    densify,
)

IDENTIFIER = b"TFL3"

_DTYPES: dict[int, type[np.generic]] = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
    tflite.TensorType.INT64: np.int64,
}
_INDEX_VECTORS = {
    tflite.SparseIndexVector.Uint8Vector: Uint8Vector,
    tflite.SparseIndexVector.Uint16Vector: Uint16Vector,
    tflite.SparseIndexVector.Int32Vector: Int32Vector,
}


def _names(enumeration: type) -> dict[int, str]:
    return {v: k for k, v in vars(enumeration).items() if isinstance(v, int)}


_OPERATORS = _names(tflite.BuiltinOperator)
_OPTIONS = _names(tflite.BuiltinOptions)
_TYPES = _names(tflite.TensorType)


@dataclass(frozen=True, eq=False)
class Tensor:
    """A constant or an activation.

    Attributes
    ----------
    name
        Name in the source, without the output number.
    shape
        Shape in the source, where the batch is 1.
    values
        What a constant holds; ``None`` for an activation.
    """

    name: str
    shape: tuple[int, ...]
    values: Array | None


@dataclass(frozen=True, eq=False)
class Operator:
    """One step of the graph.

    Attributes
    ----------
    name
        Name of the builtin (``CONV_2D``) or custom operator.
    inputs, outputs
        Numbers of tensors.
    options
        The flatbuffers table of a builtin's options, or the dictionary of a custom
        operator's.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any


@dataclass(frozen=True, eq=False)
class TfliteGraph:
    """The graph of a TFLite file, its operators in execution order."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_tflite(source: bytes) -> TfliteGraph:
    """Read a TFLite file of one graph.

    Raises
    ------
    ModelError
        If these bytes are no TFLite file of one graph, or hold quantised weights.

    Notes
    -----
    Flatbuffers follow offsets without checking them: a damaged file raises whatever the
    wrong bytes lead to. ``convert`` makes one error of these.
    """
    if source[4:8] != IDENTIFIER:
        raise ModelError("expected a TFLite file; these bytes do not start as one does")
    model = tflite.Model.GetRootAsModel(source, 0)
    if model.SubgraphsLength() != 1:
        raise ModelError(
            f"expected a TFLite file of 1 graph; it has {model.SubgraphsLength()}"
        )
    graph = model.Subgraphs(0)
    return TfliteGraph(
        tensors=tuple(
            _read_tensor(model, graph.Tensors(k)) for k in range(graph.TensorsLength())
        ),
        operators=tuple(
            _read_operator(model, graph.Operators(k))
            for k in range(graph.OperatorsLength())
        ),
        inputs=_integers(graph.InputsAsNumpy()),
        outputs=_integers(graph.OutputsAsNumpy()),
    )


def _integers(vector: Any) -> tuple[int, ...]:
    # the accessors give 0 for a vector that is not there
    return () if isinstance(vector, int) else tuple(int(v) for v in vector)


def _read_tensor(model: Any, table: Any) -> Tensor:
    name = table.Name().decode().split(":")[0]
    shape = _integers(table.ShapeAsNumpy())
    return Tensor(name, shape, _read_values(model, table, name, shape))


def _read_values(
    model: Any, table: Any, name: str, shape: tuple[int, ...]
) -> Array | None:
    buffer = model.Buffers(table.Buffer())
    if buffer.DataLength() == 0:
        return None
    dtype = _DTYPES.get(table.Type())
    if dtype is None:
        raise ModelError(
            f"expected float or index weights; tensor {name!r} is "
            f"{_TYPES.get(table.Type(), table.Type())}"
        )
    values: Array = np.frombuffer(buffer.DataAsNumpy().tobytes(), dtype)
    sparsity = table.Sparsity()
    if sparsity is None:
        values = values.reshape(shape)
    else:
        levels = [
            _read_level(sparsity.DimMetadata(k))
            for k in range(sparsity.DimMetadataLength())
        ]
        values = densify(
            values,
            shape,
            levels,
            _integers(sparsity.TraversalOrderAsNumpy()),
            _integers(sparsity.BlockMapAsNumpy()),
        )
    return values.astype(np.float32) if dtype is np.float16 else values


def _read_level(metadata: Any) -> Level:
    if metadata.Format() == tflite.DimensionType.DENSE:
        return DenseLevel(metadata.DenseSize())
    return CompressedLevel(
        _read_index(metadata.ArraySegmentsType(), metadata.ArraySegments()),
        _read_index(metadata.ArrayIndicesType(), metadata.ArrayIndices()),
    )


def _read_index(kind: int, table: Any) -> Array:
    if kind not in _INDEX_VECTORS:
        raise ModelError(f"unknown kind of sparse index {kind}")
    vector = _INDEX_VECTORS[kind]()
    vector.Init(table.Bytes, table.Pos)
    return np.asarray(vector.ValuesAsNumpy(), np.int64)


def _read_operator(model: Any, table: Any) -> Operator:
    code = model.OperatorCodes(table.OpcodeIndex())
    # old files keep the code in a byte, new ones in an int; the larger one is right
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    options: Any
    if number == tflite.BuiltinOperator.CUSTOM:
        name = code.CustomCode().decode()
        raw = (
            bytes(table.CustomOptionsAsNumpy()) if table.CustomOptionsLength() else b""
        )
        options = flexbuffers.Loads(raw) if raw else {}
    else:
        name = _OPERATORS.get(number, f"BUILTIN_{number}")
        options = _read_options(table)
    return Operator(
        name,
        _integers(table.InputsAsNumpy()),
        _integers(table.OutputsAsNumpy()),
        options,
    )


def _read_options(table: Any) -> Any:
    union = table.BuiltinOptions()
    kind = _OPTIONS.get(table.BuiltinOptionsType(), "NONE")
    if union is None or kind == "NONE":
        return None
    options = getattr(tflite, kind)()
    options.Init(union.Bytes, union.Pos)
    return options
