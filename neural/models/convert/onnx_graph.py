"""Building the ONNX graph: names, constants, layouts, and the file's bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from s3ns.facts import ModelError
from s3ns.neural.models.convert.sparse import Array
from s3ns.neural.models.convert.tflite_graph import TfliteGraph

OPSET = 17
IR_VERSION = 8
BATCH = "N"

TO_CHANNELS_FIRST = (0, 3, 1, 2)
TO_CHANNELS_LAST = (0, 2, 3, 1)


class GraphBuilder:
    """An ONNX graph that grows as the operators of a TFLite graph are translated.

    Tensors keep the numbers of the TFLite graph. Pictures (activations of rank 4) are
    kept channels-first, as ONNX wants them; everything else keeps the layout of the
    source. A tensor that is asked for in the other layout is transposed once.

    Parameters
    ----------
    graph
        The graph to translate.

    Notes
    -----
    Names are counted, not taken from the source, and fields that a version of onnx
    could fill by itself are left out: the same graph gives the same bytes.
    """

    def __init__(self, graph: TfliteGraph) -> None:
        self._graph = graph
        self._count = 0
        self._nodes: list[onnx.NodeProto] = []
        self._initialisers: list[onnx.TensorProto] = []
        self._small_constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._folded: dict[int, Array] = {}
        self._channels_first: dict[int, str] = {}
        self._plain: dict[int, str] = {}
        for index in graph.inputs:
            self._plain[index] = graph.tensors[index].name

    # what the source says

    def shape(self, index: int) -> tuple[int, ...]:
        """Return the shape of a tensor in the source, where the batch is 1."""
        return self._graph.tensors[index].shape

    def is_constant(self, index: int) -> bool:
        """Tell whether a tensor is known at conversion."""
        return index in self._folded or self._graph.tensors[index].values is not None

    def values(self, index: int) -> Array:
        """Return the values of a constant, in the layout of the source.

        Raises
        ------
        ModelError
            If the tensor is only known when the model runs.
        """
        values = self._folded.get(index, self._graph.tensors[index].values)
        if values is None:
            name = self._graph.tensors[index].name
            raise ModelError(f"expected tensor {name!r} to be a constant; it is not")
        return values

    # names of ONNX values

    def plain(self, index: int) -> str:
        """Return the name of a tensor in the layout of the source."""
        if index not in self._plain:
            if self.is_constant(index):
                return self.constant(self.values(index))
            self._plain[index] = self.node(
                "Transpose", self._channels_first[index], perm=TO_CHANNELS_LAST
            )
        return self._plain[index]

    def picture(self, index: int) -> str:
        """Return the name of a tensor in channels-first layout.

        A constant of lower rank is widened first, as broadcasting over the last axis
        would do.
        """
        if index not in self._channels_first:
            if self.is_constant(index):
                values = self.values(index)
                wide = values.reshape((1,) * (4 - values.ndim) + values.shape)
                return self.constant(wide.transpose(TO_CHANNELS_FIRST))
            self._channels_first[index] = self.node(
                "Transpose", self._plain[index], perm=TO_CHANNELS_FIRST
            )
        return self._channels_first[index]

    def constant(self, values: Array | Sequence[float] | float) -> str:
        """Add a constant and return its name; small equal ones are shared.

        Python integers become 64-bit integers and Python floats 32-bit floats, the
        types of indices and of activations in ONNX.
        """
        array = np.asarray(values)
        if not isinstance(values, np.ndarray):
            array = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
        array = np.array(array, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key in self._small_constants:
            return self._small_constants[key]
        name = self._name("constant")
        self._initialisers.append(numpy_helper.from_array(array, name))
        if array.size <= 64:
            self._small_constants[key] = name
        return name

    # growing the graph

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an ONNX node of one output and return the output's name."""
        output = self._name(operator.lower())
        self._nodes.append(
            helper.make_node(operator, inputs, [output], output, **attributes)
        )
        return output

    def set_picture(self, index: int, name: str) -> None:
        """Say which channels-first value a tensor of the source is."""
        self._channels_first[index] = name

    def set_plain(self, index: int, name: str) -> None:
        """Say which value, in the source's layout, a tensor of the source is."""
        self._plain[index] = name

    def fold(self, index: int, values: Array) -> None:
        """Say that a tensor is known at conversion."""
        self._folded[index] = values

    def _name(self, stem: str) -> str:
        # the dot keeps these apart from the names of inputs and outputs
        self._count += 1
        return f"{stem}.{self._count}"

    # the file

    def build(self, outputs: Sequence[str] | None = None) -> onnx.ModelProto:
        """Close the graph and return it as a checked model.

        Parameters
        ----------
        outputs
            Names of the outputs to keep, all by default. What only the others need is
            left out.

        Raises
        ------
        ModelError
            If there is no output of a name, or onnx finds the model wrong.
        """
        tensors = self._graph.tensors
        by_name = {tensors[index].name: index for index in self._graph.outputs}
        wanted = list(by_name) if outputs is None else list(outputs)
        unknown = [name for name in wanted if name not in by_name]
        if unknown:
            raise ModelError(
                f"expected outputs among {', '.join(by_name)}; came {unknown[0]!r}"
            )
        for name in wanted:
            self._nodes.append(
                helper.make_node("Identity", [self.plain(by_name[name])], [name], name)
            )
        self._drop_unused(wanted)
        graph = helper.make_graph(
            self._nodes,
            "s3ns",
            [_value_info(tensors[index]) for index in self._graph.inputs],
            [_value_info(tensors[by_name[name]]) for name in wanted],
            self._initialisers,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        try:
            onnx.checker.check_model(model)
        except onnx.checker.ValidationError as error:
            reason = str(error).splitlines()[0]
            raise ModelError(
                f"the converted model is not valid ONNX: {reason}"
            ) from error
        return model

    def _drop_unused(self, outputs: Sequence[str]) -> None:
        needed = set(outputs)
        kept = []
        for node in reversed(self._nodes):
            if node.output[0] in needed:
                needed.update(node.input)
                kept.append(node)
        self._nodes = kept[::-1]
        self._initialisers = [c for c in self._initialisers if c.name in needed]


def _value_info(tensor: Any) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(
        tensor.name, TensorProto.FLOAT, [BATCH, *tensor.shape[1:]]
    )
