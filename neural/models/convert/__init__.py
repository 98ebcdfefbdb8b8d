"""From a TFLite file to an ONNX file, without TensorFlow.

What the networks of MediaPipe need and no more: float or half-precision weights, dense
or sparse, one graph, and the three operators of its attention mesh.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

# registers its translations
import s3ns.neural.models.convert.attention  # noqa: F401
from s3ns.facts import ModelError
from s3ns.neural.models.convert.onnx_graph import GraphBuilder
from s3ns.neural.models.convert.operators import translate
from s3ns.neural.models.convert.tflite_graph import read_tflite

__all__ = ["convert"]

# what reading wrong bytes as offsets, numbers and names can lead to
_DAMAGE = (
    struct.error,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


def convert(source: bytes, outputs: Sequence[str] | None = None) -> bytes:
    """Convert a TFLite file to ONNX.

    Pictures stay ``(batch, height, width, channels)`` at the inputs and outputs, names
    stay those of the source, and the batch may have any size.

    Parameters
    ----------
    source
        The bytes of a TFLite file.
    outputs
        Names of the outputs to keep, all by default.

    Returns
    -------
    The bytes of an ONNX file, the same ones for the same source.

    Raises
    ------
    ModelError
        If the source cannot be read, holds an operator that has no translation, or has
        no output of a name.
    """
    try:
        graph = read_tflite(source)
        builder = GraphBuilder(graph)
        for operator in graph.operators:
            translate(builder, operator)
        data: bytes = builder.build(outputs).SerializeToString(deterministic=True)
    except _DAMAGE as error:
        raise ModelError(f"the TFLite file is damaged: {error}") from error
    return data
