"""Converted models against the TFLite runtime, and the attention mesh by what it sees.

The tolerances are a few times what was measured; the range of each output is beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import pytest

from s3ns.facts import ModelError
from s3ns.neural.models import ModelRecord, ModelStore, manifest
from s3ns.neural.models.archives import read_source
from s3ns.neural.models.convert import convert
from s3ns.neural.runtime import Model, open_model

pytestmark = pytest.mark.models

Array = npt.NDArray[Any]
Sources = Callable[[str], bytes]

TFLITE = [model for model in manifest().models if model.format == "tflite"]

# largest difference, by model and output
TOLERANCES = {
    "pose_detection": {
        "Identity": 2e-3,  # boxes and points, to 290 of 224 px
        "Identity_1": 2e-3,  # logits, to 250
    },
    "pose_landmark_full": {
        "Identity": 0.02,  # points, px of 256
        "Identity_1": 1e-5,  # probability
        "Identity_2": 3.0,  # logits of the silhouette, to 1600
        "Identity_3": 2e-3,  # logits of the heat map, to 80
        "Identity_4": 2e-4,  # metres
    },
    "face_detection_short_range": {
        "regressors": 5e-4,  # boxes and points, to 140 of 128 px
        "classificators": 5e-4,  # logits, to 50
    },
}
LOWEST_INPUT = {
    "pose_detection": -1.0,
    "pose_landmark_full": 0.0,
    "face_detection_short_range": -1.0,
}
INPUTS = ["noise", "smooth"]


def picture(kind: str, size: int, lowest: float, seed: int = 0) -> Array:
    """Return a picture of one batch from ``lowest`` to 1."""
    random = np.random.default_rng(seed)
    values: Array
    if kind == "noise":
        values = random.random((size, size, 3), np.float32)
    else:
        coarse = random.random((size // 16 + 1, size // 16 + 1, 3), np.float32)
        values = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    spread: Array = np.clip(values, 0, 1) * (1 - lowest) + lowest
    return spread[None].astype(np.float32)


@pytest.fixture(scope="module")
def source_of(archive_file: Callable[[str], Path]) -> Sources:
    def read(name: str) -> bytes:
        source = manifest().named(name).sources[0]
        return read_source(archive_file(source.archive), source)

    return read


@pytest.fixture(scope="module")
def converted(source_of: Sources, tmp_path_factory: Any) -> Callable[[str], Model]:
    """Return a function from a name to the model with all its outputs."""
    folder = tmp_path_factory.mktemp("converted")

    def open_converted(name: str) -> Model:
        path = folder / f"{name}.onnx"
        if not path.exists():
            path.write_bytes(convert(source_of(name)))
        return open_model(path, "cpu")

    return open_converted


def run_tflite(source: bytes, value: Array) -> dict[str, Array]:
    litert = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="ai-edge-litert has no wheel here"
    )
    interpreter = litert.Interpreter(model_content=source, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], value)
    interpreter.invoke()
    return {
        output["name"].split(":")[0]: interpreter.get_tensor(output["index"])
        for output in interpreter.get_output_details()
    }


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("name", TOLERANCES)
def test_outputs_equal_those_of_the_tflite_runtime(
    name: str, kind: str, source_of: Sources, converted: Callable[[str], Model]
) -> None:
    model = converted(name)
    size = model.inputs[0].shape[1]
    assert size is not None
    value = picture(kind, size, LOWEST_INPUT[name])

    expected = run_tflite(source_of(name), value)
    came = model.run(value)

    assert list(came) == list(TOLERANCES[name])
    for output, tolerance in TOLERANCES[name].items():
        assert came[output].shape == expected[output].shape
        assert np.abs(came[output] - expected[output]).max() <= tolerance, output


@pytest.mark.parametrize("name", [model.name for model in TFLITE])
def test_a_batch_of_two_equals_two_runs(name: str, model_store: ModelStore) -> None:
    model = open_model(model_store.path(name), "cpu")
    size = model.inputs[0].shape[1]
    assert size is not None
    one, two = (picture("smooth", size, 0.0, seed) for seed in (1, 2))

    both = model.run(np.concatenate([one, two]))

    for output, values in both.items():
        singly = np.concatenate([model.run(v)[output] for v in (one, two)])
        np.testing.assert_allclose(values, singly, rtol=1e-5, atol=1e-4)


def test_outputs_left_out_change_nothing_in_the_others(
    converted: Callable[[str], Model], model_store: ModelStore
) -> None:
    value = picture("smooth", 256, 0.0)
    full = converted("pose_landmark_full").run(value)
    kept = open_model(model_store.path("pose_landmark_full"), "cpu").run(value)
    assert list(kept) == list(manifest().named("pose_landmark_full").outputs or ())
    for output, values in kept.items():
        np.testing.assert_allclose(values, full[output], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("model", TFLITE, ids=lambda model: model.name)
def test_conversion_gives_the_pinned_bytes_from_every_source(
    model: ModelRecord, archive_file: Callable[[str], Path]
) -> None:
    for source in model.sources:
        data = read_source(archive_file(source.archive), source)
        for _ in range(2):
            result = convert(data, model.outputs)
            assert hashlib.sha256(result).hexdigest() == model.sha256, source.archive


@pytest.mark.parametrize("model", TFLITE, ids=lambda model: model.name)
def test_converted_models_are_valid_onnx(
    model: ModelRecord, model_store: ModelStore
) -> None:
    loaded = onnx.load(model_store.path(model.name))
    onnx.checker.check_model(loaded, full_check=True)
    assert [entry.version for entry in loaded.opset_import] == [17]
    kinds = {node.op_type for node in loaded.graph.node}
    # slow on the CPU of onnxruntime
    assert "PRelu" not in kinds


def test_an_output_that_is_not_there_is_refused(source_of: Sources) -> None:
    with pytest.raises(
        ModelError, match=r"expected outputs among regressors, .*'boxes'"
    ):
        convert(source_of("face_detection_short_range"), ["boxes"])


# the attention mesh: the TFLite runtime cannot run it, so it is shown a drawn face

SIZE = 192
IRISES = np.array(
    [[72.0, 86.0], [120.0, 86.0]]
)  # as drawn, left to right in the picture
MOUTH = np.array([96.0, 140.0])
LIP_POINTS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291]


def drawn_face(turn: Array) -> Array:
    """Draw a face, turned by an affine map of the picture."""
    skin, hair, lips = (0.85, 0.66, 0.55), (0.25, 0.16, 0.1), (0.75, 0.3, 0.3)
    line = cv2.LINE_AA
    image: Array = np.full((SIZE, SIZE, 3), (0.35, 0.4, 0.45), np.float32)
    cv2.ellipse(image, (96, 100), (58, 76), 0, 0, 360, skin, -1, line)
    cv2.ellipse(image, (96, 52), (62, 38), 0, 180, 360, hair, -1, line)
    for x in (72, 120):
        cv2.ellipse(image, (x, 86), (13, 6), 0, 0, 360, (0.95,) * 3, -1, line)
        cv2.circle(image, (x, 86), 6, hair, -1, line)
        cv2.ellipse(image, (x, 73), (16, 4), 0, 180, 360, hair, 3, line)
    cv2.line(image, (96, 90), (93, 114), (0.7, 0.5, 0.42), 2, line)
    cv2.ellipse(image, (96, 116), (9, 4), 0, 0, 180, (0.6, 0.4, 0.35), 2, line)
    cv2.ellipse(image, (96, 140), (22, 8), 0, 0, 360, lips, -1, line)
    cv2.line(image, (74, 140), (118, 140), (0.4, 0.15, 0.15), 2, line)
    image = cv2.GaussianBlur(image, (0, 0), 1.2)
    turned = cv2.warpAffine(image, turn, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
    return turned[None].astype(np.float32)


@pytest.mark.parametrize("degrees", [0, 10, -10])
def test_the_attention_mesh_finds_a_drawn_face(
    degrees: int, model_store: ModelStore
) -> None:
    model = open_model(model_store.path("face_landmark_with_attention"), "cpu")
    turn = cv2.getRotationMatrix2D((96, 96), degrees, 1)
    came = model.run(drawn_face(turn))

    def where(points: Array) -> Array:
        placed: Array = points @ turn[:, :2].T + turn[:, 2]
        return placed

    assert came["conv_faceflag"].item() > 10  # logit
    mesh = came["output_mesh_identity"].reshape(468, 3)
    lips = came["output_lips"].reshape(80, 2)
    irises = [came[f"output_{side}_iris"].reshape(5, 2) for side in ("left", "right")]
    for iris, place in zip(irises, where(IRISES), strict=True):
        assert np.hypot(*(iris[0] - place)) < 2
    assert np.hypot(*(lips.mean(0) - where(MOUTH))) < 6
    # the lips were cut out, refined and carried back to about where the mesh has them
    refined = lips[: len(LIP_POINTS)] - mesh[LIP_POINTS, :2]
    assert np.hypot(*refined.T).max() < 8
