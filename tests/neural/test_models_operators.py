"""Single operators, each in a TFLite file of its own.

Builtin operators are held against the TFLite runtime; those that MediaPipe adds, which
it does not know, against a few lines of numpy.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
import pytest
import tflite
from flatbuffers import flexbuffers
from hypothesis import given
from hypothesis import strategies as st

from s3ns.facts import ModelError
from s3ns.neural.models.convert import convert
from s3ns.neural.models.convert.operators import same_padding
from s3ns.neural.runtime import open_model

Array = npt.NDArray[Any]
Options = tuple[str, dict[str, Any]]

TYPES = {"float32": tflite.TensorType.FLOAT32, "int32": tflite.TensorType.INT32}


class TfliteWriter:
    """Writes a TFLite file of one operator.

    Parameters
    ----------
    operator
        Name of a builtin, or of a custom operator.
    options
        Table of a builtin and its fields, or the options of a custom operator.
    """

    def __init__(self, operator: str, options: Options | dict[str, Any] | None) -> None:
        self.builder = flatbuffers.Builder(1024)
        self.operator = operator
        self.options = options
        self.tensors: list[int] = []
        self.buffers = [self._buffer(None)]

    def write(
        self,
        inputs: Sequence[tuple[int, ...]],
        constants: Sequence[Array],
        output: tuple[int, ...],
    ) -> bytes:
        """Return the file: inputs first, then constants, then one output."""
        for number, shape in enumerate(inputs):
            self._tensor(f"in{number}", shape, "float32", 0)
        for number, values in enumerate(constants):
            self.buffers.append(self._buffer(values.tobytes()))
            buffer = len(self.buffers) - 1
            self._tensor(f"c{number}", values.shape, values.dtype.name, buffer)
        self._tensor("out", output, "float32", 0)
        count = len(inputs) + len(constants)
        operator = self._operator(list(range(count)), [count])
        graph = self._table(
            "SubGraph",
            Tensors=self._offsets(self.tensors),
            Inputs=self._integers(list(range(len(inputs)))),
            Outputs=self._integers([count]),
            Operators=self._offsets([operator]),
        )
        model = self._table(
            "Model",
            Version=3,
            OperatorCodes=self._offsets([self._code()]),
            Subgraphs=self._offsets([graph]),
            Buffers=self._offsets(self.buffers),
        )
        self.builder.Finish(model, file_identifier=b"TFL3")
        return bytes(self.builder.Output())

    def _table(self, kind: str, **fields: Any) -> int:
        getattr(tflite, f"{kind}Start")(self.builder)
        for name, value in fields.items():
            getattr(tflite, f"{kind}Add{name}")(self.builder, value)
        offset: int = getattr(tflite, f"{kind}End")(self.builder)
        return offset

    def _offsets(self, offsets: list[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        end: int = self.builder.EndVector()
        return end

    def _integers(self, values: Sequence[int]) -> int:
        vector: int = self.builder.CreateNumpyVector(np.array(values, np.int32))
        return vector

    def _buffer(self, data: bytes | None) -> int:
        if data is None:
            return self._table("Buffer")
        # operators read their constants in place
        self.builder.StartVector(1, len(data), 16)
        self.builder.head -= len(data)
        self.builder.Bytes[self.builder.head : self.builder.head + len(data)] = data
        return self._table("Buffer", Data=self.builder.EndVector())

    def _tensor(self, name: str, shape: Sequence[int], dtype: str, buffer: int) -> None:
        fields = {
            "Name": self.builder.CreateString(name),
            "Shape": self._integers(shape),
            "Type": TYPES[dtype],
            "Buffer": buffer,
        }
        self.tensors.append(self._table("Tensor", **fields))

    def _code(self) -> int:
        number = getattr(tflite.BuiltinOperator, self.operator, None)
        if number is None:
            custom = tflite.BuiltinOperator.CUSTOM
            name = self.builder.CreateString(self.operator)
            return self._table(
                "OperatorCode",
                BuiltinCode=custom,
                DeprecatedBuiltinCode=custom,
                CustomCode=name,
                Version=2,
            )
        return self._table(
            "OperatorCode", BuiltinCode=number, DeprecatedBuiltinCode=min(number, 127)
        )

    def _operator(self, inputs: list[int], outputs: list[int]) -> int:
        fields = {"Inputs": self._integers(inputs), "Outputs": self._integers(outputs)}
        if isinstance(self.options, dict):
            raw = np.frombuffer(bytes(flexbuffers.Dumps(self.options)), np.uint8)
            fields["CustomOptions"] = self.builder.CreateNumpyVector(raw)
        elif self.options is not None:
            kind, values = self.options
            fields["BuiltinOptions"] = self._table(kind, **values)
            fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, kind)
        return self._table("Operator", **fields)


def run_converted(source: bytes, *values: Array, folder: Path) -> Array:
    path = folder / "operator.onnx"
    path.write_bytes(convert(source))
    return open_model(path, "cpu").run(*values)["out"]


def run_tflite(source: bytes, *values: Array) -> Array:
    litert = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="ai-edge-litert has no wheel here"
    )
    interpreter = litert.Interpreter(model_content=source, num_threads=1)
    interpreter.allocate_tensors()
    for entry, value in zip(interpreter.get_input_details(), values, strict=True):
        interpreter.set_tensor(entry["index"], value)
    interpreter.invoke()
    output: Array = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return output


def random(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


NONE = tflite.ActivationFunctionType.NONE
RELU6 = tflite.ActivationFunctionType.RELU6
SAME, VALID = tflite.Padding.SAME, tflite.Padding.VALID


def strided(padding: int, stride: int, activation: int = NONE) -> dict[str, Any]:
    return {
        "Padding": padding,
        "StrideH": stride,
        "StrideW": stride,
        "FusedActivationFunction": activation,
    }


def sized(table: str, padding: int, stride: int, size: int) -> Options:
    return table, strided(padding, stride) | {"FilterHeight": size, "FilterWidth": size}


def dilated(table: str, padding: int, stride: int, dilation: int) -> Options:
    more = {"DilationHFactor": dilation, "DilationWFactor": dilation}
    return table, strided(padding, stride, RELU6) | more


def resized(align_corners: bool, half_pixel: bool) -> Options:
    modes = {"AlignCorners": align_corners, "HalfPixelCenters": half_pixel}
    return "ResizeBilinearOptions", modes


def integers(*values: int) -> Array:
    return np.array(values, np.int32)


PICTURE = (1, 9, 7, 4)
SLICE = {"BeginMask": 1, "EndMask": 1, "ShrinkAxisMask": 0}

# operator, options, shape of the input, constants, shape of the output
BUILTINS: dict[str, tuple[str, Any, tuple[int, ...], list[Array], tuple[int, ...]]] = {
    "convolution, same, stride 2": (
        "CONV_2D",
        dilated("Conv2DOptions", SAME, 2, 1),
        PICTURE,
        [random(5, 3, 3, 4), random(5)],
        (1, 5, 4, 5),
    ),
    "convolution, same, even kernel": (
        "CONV_2D",
        dilated("Conv2DOptions", SAME, 1, 1),
        PICTURE,
        [random(5, 2, 2, 4), random(5)],
        (1, 9, 7, 5),
    ),
    "convolution, valid, dilated": (
        "CONV_2D",
        dilated("Conv2DOptions", VALID, 1, 2),
        PICTURE,
        [random(5, 3, 3, 4), random(5)],
        (1, 5, 3, 5),
    ),
    "depthwise convolution": (
        "DEPTHWISE_CONV_2D",
        (
            "DepthwiseConv2DOptions",
            dilated("", SAME, 2, 1)[1] | {"DepthMultiplier": 1},
        ),
        PICTURE,
        [random(1, 5, 5, 4), random(4)],
        (1, 5, 4, 4),
    ),
    "pooling, same": (
        "MAX_POOL_2D",
        sized("Pool2DOptions", SAME, 2, 2),
        PICTURE,
        [],
        (1, 5, 4, 4),
    ),
    "addition of a constant per channel": (
        "ADD",
        ("AddOptions", {"FusedActivationFunction": RELU6}),
        PICTURE,
        [random(4)],
        PICTURE,
    ),
    "multiplication of points": (
        "MUL",
        ("MulOptions", {"FusedActivationFunction": NONE}),
        (1, 6, 3),
        [random(1)],
        (1, 6, 3),
    ),
    "prelu": ("PRELU", None, PICTURE, [random(1, 1, 4)], PICTURE),
    "relu": ("RELU", None, PICTURE, [], PICTURE),
    "sigmoid": ("LOGISTIC", None, PICTURE, [], PICTURE),
    "padding of all axes": (
        "PAD",
        ("PadOptions", {}),
        PICTURE,
        [np.array([[0, 0], [1, 2], [0, 3], [2, 0]], np.int32)],
        (1, 12, 10, 6),
    ),
    "reshape": (
        "RESHAPE",
        None,
        PICTURE,
        [integers(1, 126, 2)],
        (1, 126, 2),
    ),
    "slice with masks": (
        "STRIDED_SLICE",
        ("StridedSliceOptions", SLICE | {"EndMask": 0b0101}),
        PICTURE,
        [integers(0, 2, 1, 1), integers(1, 8, 0, 3), integers(1, 3, 2, 1)],
        (1, 2, 3, 2),
    ),
    "depth to space": (
        "DEPTH_TO_SPACE",
        ("DepthToSpaceOptions", {"BlockSize": 2}),
        (1, 3, 5, 8),
        [],
        (1, 6, 10, 2),
    ),
    "resize, half pixel": (
        "RESIZE_BILINEAR",
        resized(align_corners=False, half_pixel=True),
        (1, 4, 6, 3),
        [integers(8, 12)],
        (1, 8, 12, 3),
    ),
    "resize, asymmetric": (
        "RESIZE_BILINEAR",
        resized(align_corners=False, half_pixel=False),
        (1, 4, 6, 3),
        [integers(12, 12)],
        (1, 12, 12, 3),
    ),
    "resize, aligned corners": (
        "RESIZE_BILINEAR",
        resized(align_corners=True, half_pixel=False),
        (1, 4, 6, 3),
        [integers(8, 18)],
        (1, 8, 18, 3),
    ),
}


@pytest.mark.parametrize("case", BUILTINS)
def test_builtin_equals_the_tflite_runtime(case: str, tmp_path: Path) -> None:
    operator, options, shape, constants, output = BUILTINS[case]
    source = TfliteWriter(operator, options).write([shape], constants, output)
    value = 3 * random(*shape, seed=1)

    expected = run_tflite(source, value)
    came = run_converted(source, value, folder=tmp_path)

    assert came.shape == expected.shape
    np.testing.assert_allclose(came, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
def test_concatenation_along_each_axis(axis: int, tmp_path: Path) -> None:
    shapes = [list(PICTURE), list(PICTURE)]
    shapes[1][axis] = 2
    one, two = (random(*shape, seed=k) for k, shape in enumerate(shapes))
    expected = np.concatenate([one, two], axis)
    options = "ConcatenationOptions", {"Axis": axis, "FusedActivationFunction": NONE}
    source = TfliteWriter("CONCATENATION", options).write(
        [one.shape, two.shape], [], expected.shape
    )
    np.testing.assert_array_equal(
        run_converted(source, one, two, folder=tmp_path), expected
    )


def test_an_unknown_operator_is_named() -> None:
    source = TfliteWriter("COS", None).write([PICTURE], [], PICTURE)
    with pytest.raises(ModelError, match="for the TFLite operator COS; known are ADD"):
        convert(source)


def test_an_unknown_custom_operator_is_named() -> None:
    source = TfliteWriter("Convolution2DTransposeBias", {}).write(
        [PICTURE], [], PICTURE
    )
    with pytest.raises(ModelError, match="operator Convolution2DTransposeBias; known"):
        convert(source)


def test_a_reshape_of_the_batch_is_refused() -> None:
    source = TfliteWriter("RESHAPE", None).write([(1, 6)], [integers(6, 1)], (6, 1))
    with pytest.raises(ModelError, match="leaves the batch alone"):
        convert(source)


@pytest.mark.parametrize("source", [b"", b"not a TFLite file", b"\0\0\0\0TFL3"])
def test_what_is_no_tflite_file_is_refused(source: bytes) -> None:
    with pytest.raises(ModelError, match=r"expected a TFLite file|damaged"):
        convert(source)


@given(data=st.data())
def test_a_damaged_file_is_refused_or_converted(data: st.DataObject) -> None:
    options = dilated("Conv2DOptions", SAME, 2, 1)
    constants = [random(5, 3, 3, 4), random(5)]
    source = bytearray(
        TfliteWriter("CONV_2D", options).write([PICTURE], constants, (1, 5, 4, 5))
    )
    for place in data.draw(st.lists(st.integers(0, len(source) - 1), max_size=3)):
        source[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(source)))
    with contextlib.suppress(ModelError):
        convert(bytes(source[:cut]))


@given(
    size=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
)
def test_same_padding_fits_its_definition(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    before, after = same_padding(size, kernel, stride, dilation)
    reach = (kernel - 1) * dilation + 1
    places = (size + before + after - reach) // stride + 1
    assert places >= math.ceil(size / stride)
    assert after - before in (0, 1)
    if before + after:
        # one zero less would lose a place
        assert (size + before + after - 1 - reach) // stride + 1 < places


# the operators of MediaPipe, as its documentation of version 2 has them

CROP = 6


def turn_and_scale(angle: float, scale: float, shift: tuple[float, float]) -> Array:
    """Return a batch of one 4 x 4 matrix that acts on x and y."""
    matrix = np.eye(4, dtype=np.float32)
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    matrix[:2, :2] = [[cos, sin], [-sin, cos]]
    matrix[:2, 3] = shift
    return matrix[None]


def crop_matrix(points: Array, options: dict[str, Any]) -> Array:
    """Find the matrix from the crop to the picture, with angles."""
    left = points[options["left_rotation_idx"]]
    right = points[options["right_rotation_idx"]]
    angle = math.atan2(right[1] - left[1], right[0] - left[0])
    turn = options["target_rotation_radians"] - angle
    cos, sin = math.cos(turn), math.sin(turn)
    rotate = np.array([[cos, -sin], [sin, cos]])
    turned = points[options["subset_idxs"], :2] @ rotate.T
    low, high = turned.min(0), turned.max(0)
    centre = rotate.T @ ((low + high) / 2)
    crop = np.array([options["output_width"], options["output_height"]])
    scale = (high - low) * [options["scale_x"], options["scale_y"]] / crop
    matrix = np.eye(4)
    matrix[:2, :2] = rotate.T * scale
    matrix[:2, 3] = centre - matrix[:2, :2] @ (crop / 2)
    return matrix


@pytest.mark.parametrize("target", [0.0, 0.7])
def test_landmarks_to_transform_matrix(target: float, tmp_path: Path) -> None:
    options = {
        "left_rotation_idx": 3,
        "right_rotation_idx": 5,
        "target_rotation_radians": target,
        "subset_idxs": [1, 3, 4, 5, 8],
        "output_width": 8,
        "output_height": CROP,
        "scale_x": 1.5,
        "scale_y": 1.25,
    }
    source = TfliteWriter("Landmarks2TransformMatrix", options).write(
        [(1, 10, 3)], [], (1, 4, 4)
    )
    points = 20 * random(3, 10, 3)

    came = run_converted(source, points, folder=tmp_path)

    for matrix, face in zip(came, points, strict=True):
        np.testing.assert_allclose(
            matrix, crop_matrix(face, options), rtol=1e-4, atol=1e-4
        )


def sample(picture: Array, x: float, y: float) -> Array:
    """Sample between the centres of pixels; zero outside those of the border."""
    height, width, channels = picture.shape
    if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
        return np.zeros(channels)
    column, row = min(int(x), width - 2), min(int(y), height - 2)
    u, v = x - column, y - row
    four = picture[row : row + 2, column : column + 2]
    top, bottom = (four[k, 0] * (1 - u) + four[k, 1] * u for k in (0, 1))
    between: Array = top * (1 - v) + bottom * v
    return between


@pytest.mark.parametrize(
    "matrix",
    [
        turn_and_scale(0, 1, (2.0, 3.0)),
        turn_and_scale(0.5, 1.3, (2.2, 4.1)),
        turn_and_scale(-2.0, 2.9, (3.3, 1.7)),  # partly outside
        turn_and_scale(0, 1, (100.0, 0.0)),  # all outside
    ],
    ids=["shifted", "turned", "partly outside", "outside"],
)
def test_transform_tensor_bilinear(matrix: Array, tmp_path: Path) -> None:
    shape = 1, 10, 12, 3
    options = {"output_height": CROP, "output_width": CROP}
    source = TfliteWriter("TransformTensorBilinear", options).write(
        [shape, (1, 4, 4)], [], (1, CROP, CROP, 3)
    )
    picture = random(*shape)
    expected = np.zeros((1, CROP, CROP, 3))
    for row, column in np.ndindex(CROP, CROP):
        x, y, *_ = matrix[0] @ [column + 0.5, row + 0.5, 0, 1]
        expected[0, row, column] = sample(picture[0], x - 0.5, y - 0.5)

    came = run_converted(source, picture, matrix, folder=tmp_path)

    np.testing.assert_allclose(came, expected, atol=1e-4)


def test_transform_landmarks(tmp_path: Path) -> None:
    source = TfliteWriter("TransformLandmarks", {}).write(
        [(1, 7, 2), (1, 4, 4)], [], (1, 7, 2)
    )
    points = random(2, 7, 2)
    matrices = np.concatenate(
        [turn_and_scale(0.4, 3, (5, 6)), turn_and_scale(-1, 0.5, (-2, 9))]
    )
    expected = [
        p @ m[:2, :2].T + m[:2, 3] for p, m in zip(points, matrices, strict=True)
    ]

    came = run_converted(source, points, matrices, folder=tmp_path)

    np.testing.assert_allclose(came, expected, rtol=1e-5, atol=1e-5)
