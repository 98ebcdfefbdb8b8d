"""The TFLite operators that can be translated, each registered under its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tflite

from s3ns.facts import ModelError
from s3ns.neural.models.convert.onnx_graph import TO_CHANNELS_FIRST, GraphBuilder
from s3ns.neural.models.convert.sparse import Array
from s3ns.neural.models.convert.tflite_graph import Operator

Translate = Callable[[GraphBuilder, Operator], None]

PICTURE_RANK = 4

_TRANSLATORS: dict[str, Translate] = {}


def translates(name: str) -> Callable[[Translate], Translate]:
    """Register the translation of the TFLite operator of that name."""

    def register(translate: Translate) -> Translate:
        _TRANSLATORS[name] = translate
        return translate

    return register


def translate(graph: GraphBuilder, operator: Operator) -> None:
    """Add one TFLite operator to the ONNX graph.

    Raises
    ------
    ModelError
        If there is no translation of the operator.
    """
    if operator.name not in _TRANSLATORS:
        raise ModelError(
            f"no translation to ONNX for the TFLite operator {operator.name}; "
            f"known are {', '.join(sorted(_TRANSLATORS))}"
        )
    _TRANSLATORS[operator.name](graph, operator)


# helpers


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return the zeros before and after one axis under TFLite's SAME padding.

    The output has ``ceil(size / stride)`` places; an odd zero goes after. ONNX's own
    ``SAME_UPPER`` says the same but is deprecated, so the numbers are written out.
    """
    places = -(-size // stride)
    total = max((places - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def _pads(
    padding: int,
    shape: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int] = (1, 1),
) -> list[int]:
    """Return ``[top, left, bottom, right]`` for a picture of TFLite shape."""
    if padding == tflite.Padding.VALID:
        return [0, 0, 0, 0]
    (top, bottom), (left, right) = (
        same_padding(*axis)
        for axis in zip(shape[1:3], kernel, strides, dilations, strict=True)
    )
    return [top, left, bottom, right]


def _activate(graph: GraphBuilder, name: str, activation: int) -> str:
    """Add the activation that TFLite fuses into an operator."""
    kinds = tflite.ActivationFunctionType
    if activation == kinds.NONE:
        return name
    if activation == kinds.RELU:
        return graph.node("Relu", name)
    if activation == kinds.RELU6:
        return graph.node("Clip", name, graph.constant(0.0), graph.constant(6.0))
    raise ModelError(f"no translation to ONNX for the fused activation {activation}")


def _is_picture(graph: GraphBuilder, index: int) -> bool:
    return len(graph.shape(index)) == PICTURE_RANK


def _set_like(graph: GraphBuilder, index: int, name: str) -> None:
    if _is_picture(graph, index):
        graph.set_picture(index, name)
    else:
        graph.set_plain(index, name)


def _get_like(graph: GraphBuilder, index: int, result: int) -> str:
    """Return an input in the layout that the result will have."""
    return graph.picture(index) if _is_picture(graph, result) else graph.plain(index)


# weights


@translates("DENSIFY")
@translates("DEQUANTIZE")
def _weights(graph: GraphBuilder, operator: Operator) -> None:
    # the reader has made the weights dense 32-bit floats already
    graph.fold(operator.outputs[0], graph.values(operator.inputs[0]))


# convolutions and pooling


def _convolve(
    graph: GraphBuilder, operator: Operator, weight: Any, groups: int
) -> None:
    picture, _, bias = operator.inputs
    options = operator.options
    kernel = list(weight.shape[2:])
    strides = [options.StrideH(), options.StrideW()]
    dilations = [options.DilationHFactor(), options.DilationWFactor()]
    result = graph.node(
        "Conv",
        graph.picture(picture),
        graph.constant(weight),
        graph.constant(graph.values(bias)),
        kernel_shape=kernel,
        strides=strides,
        dilations=dilations,
        pads=_pads(options.Padding(), graph.shape(picture), kernel, strides, dilations),
        group=groups,
    )
    result = _activate(graph, result, options.FusedActivationFunction())
    graph.set_picture(operator.outputs[0], result)


@translates("CONV_2D")
def _conv_2d(graph: GraphBuilder, operator: Operator) -> None:
    # output, height, width, input -> output, input, height, width
    weight = graph.values(operator.inputs[1]).transpose(TO_CHANNELS_FIRST)
    groups = graph.shape(operator.inputs[0])[3] // weight.shape[1]
    _convolve(graph, operator, weight, groups)


@translates("DEPTHWISE_CONV_2D")
def _depthwise_conv_2d(graph: GraphBuilder, operator: Operator) -> None:
    # 1, height, width, channels -> channels, 1, height, width
    weight = graph.values(operator.inputs[1]).transpose(3, 0, 1, 2)
    _convolve(graph, operator, weight, graph.shape(operator.inputs[0])[3])


@translates("MAX_POOL_2D")
def _max_pool_2d(graph: GraphBuilder, operator: Operator) -> None:
    options = operator.options
    kernel = [options.FilterHeight(), options.FilterWidth()]
    strides = [options.StrideH(), options.StrideW()]
    shape = graph.shape(operator.inputs[0])
    result = graph.node(
        "MaxPool",
        graph.picture(operator.inputs[0]),
        kernel_shape=kernel,
        strides=strides,
        pads=_pads(options.Padding(), shape, kernel, strides),
    )
    result = _activate(graph, result, options.FusedActivationFunction())
    graph.set_picture(operator.outputs[0], result)


# elementwise


def _combine(graph: GraphBuilder, operator: Operator, onnx_name: str) -> None:
    result = operator.outputs[0]
    inputs = (_get_like(graph, index, result) for index in operator.inputs)
    name = graph.node(onnx_name, *inputs)
    name = _activate(graph, name, operator.options.FusedActivationFunction())
    _set_like(graph, result, name)


@translates("ADD")
def _add(graph: GraphBuilder, operator: Operator) -> None:
    _combine(graph, operator, "Add")


@translates("MUL")
def _mul(graph: GraphBuilder, operator: Operator) -> None:
    _combine(graph, operator, "Mul")


def _apply(graph: GraphBuilder, operator: Operator, onnx_name: str) -> None:
    result = operator.outputs[0]
    value = _get_like(graph, operator.inputs[0], result)
    _set_like(graph, result, graph.node(onnx_name, value))


@translates("RELU")
def _relu(graph: GraphBuilder, operator: Operator) -> None:
    _apply(graph, operator, "Relu")


@translates("LOGISTIC")
def _logistic(graph: GraphBuilder, operator: Operator) -> None:
    _apply(graph, operator, "Sigmoid")


@translates("PRELU")
def _prelu(graph: GraphBuilder, operator: Operator) -> None:
    # (1 - slope) * relu(x) + slope * x is prelu(x). The PRelu kernel of onnxruntime
    # runs on one element at a time on the CPU; convolutions of 1 x 1, channel by
    # channel, stay in the blocked layout of the convolutions around them, and the sum
    # is fused into the second: a third less time for a face mesh than with Mul and Sub.
    value, slope = operator.inputs
    slopes = graph.values(slope).reshape(-1, 1, 1, 1)
    channels = graph.shape(value)[3]
    if len(slopes) != channels:
        raise ModelError(
            f"expected a PRELU with a slope for each of {channels} channels; came "
            f"{len(slopes)}"
        )

    def scaled(name: str, factors: Array) -> str:
        weight = graph.constant(factors)
        return graph.node("Conv", name, weight, kernel_shape=[1, 1], group=channels)

    picture = graph.picture(value)
    rising = scaled(graph.node("Relu", picture), 1 - slopes)
    result = graph.node("Add", scaled(picture, slopes), rising)
    graph.set_picture(operator.outputs[0], result)


# shape


@translates("PAD")
def _pad(graph: GraphBuilder, operator: Operator) -> None:
    amounts = graph.values(operator.inputs[1]).astype(np.int64)
    result = operator.outputs[0]
    if _is_picture(graph, result):
        amounts = amounts[list(TO_CHANNELS_FIRST)]
    before_then_after = graph.constant(np.ascontiguousarray(amounts.T).ravel())
    value = _get_like(graph, operator.inputs[0], result)
    _set_like(graph, result, graph.node("Pad", value, before_then_after))


@translates("RESHAPE")
def _reshape(graph: GraphBuilder, operator: Operator) -> None:
    before, after = graph.shape(operator.inputs[0]), graph.shape(operator.outputs[0])
    if (before[0], after[0]) != (1, 1):
        raise ModelError(
            f"expected a RESHAPE that leaves the batch alone; came {before} to {after}"
        )
    # 0 keeps an axis as it is: the batch may have any size
    shape = graph.constant([0, *after[1:]])
    name = graph.node("Reshape", graph.plain(operator.inputs[0]), shape)
    graph.set_plain(operator.outputs[0], name)


@translates("CONCATENATION")
def _concatenation(graph: GraphBuilder, operator: Operator) -> None:
    result = operator.outputs[0]
    axis = operator.options.Axis() % len(graph.shape(result))
    if _is_picture(graph, result):
        axis = TO_CHANNELS_FIRST.index(axis)
    inputs = (_get_like(graph, index, result) for index in operator.inputs)
    name = graph.node("Concat", *inputs, axis=axis)
    name = _activate(graph, name, operator.options.FusedActivationFunction())
    _set_like(graph, result, name)


@translates("STRIDED_SLICE")
def _strided_slice(graph: GraphBuilder, operator: Operator) -> None:
    value, *bounds = operator.inputs
    options = operator.options
    if options.EllipsisMask() or options.NewAxisMask() or options.ShrinkAxisMask():
        raise ModelError("expected a STRIDED_SLICE that keeps the rank; it does not")
    shape = graph.shape(value)
    begin, end, strides = ([int(v) for v in graph.values(b)] for b in bounds)
    # the batch, axis 0, is never cut: its size in the source stands for any size
    axes = range(1, len(begin))
    begin = [0 if options.BeginMask() >> k & 1 else begin[k] for k in axes]
    end = [shape[k] if options.EndMask() >> k & 1 else end[k] for k in axes]
    name = graph.plain(value)
    if shape != graph.shape(operator.outputs[0]):
        name = graph.node(
            "Slice",
            name,
            graph.constant(begin),
            graph.constant(end),
            graph.constant(list(axes)),
            graph.constant(strides[1:]),
        )
    graph.set_plain(operator.outputs[0], name)


@translates("DEPTH_TO_SPACE")
def _depth_to_space(graph: GraphBuilder, operator: Operator) -> None:
    # TFLite takes depth, column, row: ONNX calls that DCR
    name = graph.node(
        "DepthToSpace",
        graph.picture(operator.inputs[0]),
        blocksize=operator.options.BlockSize(),
        mode="DCR",
    )
    graph.set_picture(operator.outputs[0], name)


@translates("RESIZE_BILINEAR")
def _resize_bilinear(graph: GraphBuilder, operator: Operator) -> None:
    options = operator.options
    if options.AlignCorners():
        mode = "align_corners"
    elif options.HalfPixelCenters():
        mode = "half_pixel"
    else:
        mode = "asymmetric"
    before, after = graph.shape(operator.inputs[0]), graph.shape(operator.outputs[0])
    scales = [1.0, 1.0, after[1] / before[1], after[2] / before[2]]
    name = graph.node(
        "Resize",
        graph.picture(operator.inputs[0]),
        "",
        graph.constant(scales),
        mode="linear",
        coordinate_transformation_mode=mode,
    )
    graph.set_picture(operator.outputs[0], name)
