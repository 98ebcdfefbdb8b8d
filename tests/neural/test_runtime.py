"""Opening and running models; there is no GPU where these tests run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from s3ns.facts import CapabilityError, ModelError, S3nsError
from s3ns.neural.models import ModelStore
from s3ns.neural.runtime import DEVICES, Model, Port, open_model

pytestmark = pytest.mark.models

GPU_RUNTIME = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
without_gpu_runtime = pytest.mark.skipif(
    GPU_RUNTIME, reason="the installed onnxruntime has GPU providers"
)


def one_line(error: pytest.ExceptionInfo[S3nsError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.fixture
def face_path(model_store: ModelStore) -> Path:
    return model_store.path("face_detection_short_range")


@pytest.fixture
def face_model(face_path: Path) -> Model:
    return open_model(face_path, "cpu")


def test_a_model_says_what_goes_in_and_out(face_model: Model) -> None:
    assert face_model.device == "cpu"
    assert face_model.remark == ""
    assert face_model.inputs == (Port("input", (None, 128, 128, 3), "tensor(float)"),)
    assert [port.name for port in face_model.outputs] == [
        "regressors",
        "classificators",
    ]


def test_inputs_by_order_or_by_name(face_model: Model) -> None:
    value = np.random.default_rng(0).random((1, 128, 128, 3), np.float32)
    ordered, named = face_model.run(value), face_model.run(input=value)
    assert list(ordered) == ["regressors", "classificators"]
    for output, result in ordered.items():
        np.testing.assert_array_equal(result, named[output])


def test_results_outlive_the_next_run(face_model: Model) -> None:
    black = face_model.run(np.zeros((1, 128, 128, 3), np.float32))["regressors"]
    kept = black.copy()
    face_model.run(np.ones((1, 128, 128, 3), np.float32))
    np.testing.assert_array_equal(black, kept)


def test_held_memory_gives_what_memory_of_the_moment_gives(
    face_path: Path, face_model: Model
) -> None:
    model = open_model(face_path, "cpu", steady=True)
    random = np.random.default_rng(0)
    values = [random.random((1, 128, 128, 3), np.float32) for _ in range(4)]
    values.insert(2, random.random((2, 128, 128, 3), np.float32))  # another shape
    values.append(values[0][:, :, ::-1])  # a view
    given = [value.copy() for value in values]
    found = [model.run(value) for value in values]
    for value, before, one in zip(values, given, found, strict=True):
        np.testing.assert_array_equal(value, before)  # the caller's own is not touched
        for output, expected in face_model.run(value).items():
            np.testing.assert_array_equal(one[output], expected)


def test_where_memory_cannot_be_held_the_answer_is_the_same(
    face_path: Path, face_model: Model
) -> None:
    model = open_model(face_path, "cpu", steady=True)
    value = np.random.default_rng(0).random((1, 128, 128, 3), np.float32)
    model.run(value)
    assert model._held is not None
    model._held._binding.clear_binding_inputs()
    for _ in range(2):
        for output, expected in face_model.run(value).items():
            np.testing.assert_array_equal(model.run(value)[output], expected)
    assert model.remark.startswith("memory could not be held (")


def test_that_memory_could_not_be_held_is_said_beside_what_was_said(
    face_path: Path,
) -> None:
    model = open_model(face_path, "cpu", steady=True)
    model.remark = "no GPU runtime is installed; ran on the CPU"
    value = np.random.default_rng(0).random((1, 128, 128, 3), np.float32)
    model.run(value)
    assert model._held is not None
    model._held._binding.clear_binding_inputs()
    model.run(value)
    assert "ran on the CPU; memory could not be held (" in model.remark


def test_a_view_is_run_as_it_reads(face_model: Model) -> None:
    value = np.random.default_rng(0).random((1, 128, 128, 3), np.float32)
    flipped = value[:, :, ::-1]
    np.testing.assert_array_equal(
        face_model.run(flipped)["regressors"],
        face_model.run(flipped.copy())["regressors"],
    )


def test_speech_activity_keeps_its_state(model_store: ModelStore) -> None:
    model = open_model(model_store.path("silero_vad"), "cpu")
    came = model.run(
        input=np.zeros((1, 576), np.float32),
        state=np.zeros((2, 1, 128), np.float32),
        sr=np.array(16000, np.int64),
    )
    assert came["output"].shape == (1, 1)
    assert came["output"].item() < 0.1  # silence is not speech
    assert came["stateN"].shape == (2, 1, 128)


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), ((1, 2), {}), ((), {"picture": 1}), ((1,), {"input": 1})],
)
def test_other_inputs_are_refused(
    face_model: Model, values: tuple[int, ...], named: dict[str, int]
) -> None:
    arrays = [np.zeros(1, np.float32) for _ in values]
    with pytest.raises(ModelError, match="expected the inputs input for") as error:
        face_model.run(*arrays, **dict.fromkeys(named, np.zeros(1, np.float32)))
    one_line(error)


@pytest.mark.parametrize(
    ("shape", "dtype", "complaint"),
    [
        ((1, 128, 128, 3), np.float64, r"Actual: \(tensor\(double\)\)"),
        ((1, 64, 128, 3), np.float32, "Got: 64 Expected: 128$"),
        ((128, 128, 3), np.float32, "Invalid rank for input"),
        ((1, 128, 128, 3), np.complex64, "failed on cpu: "),
    ],
)
def test_wrong_arrays_are_refused(
    face_model: Model, shape: tuple[int, ...], dtype: type, complaint: str
) -> None:
    with pytest.raises(ModelError, match=complaint) as error:
        face_model.run(np.zeros(shape, dtype))
    assert one_line(error).startswith("model face_detection_short_range failed on cpu")


@pytest.mark.parametrize("content", [b"", b"hello", None], ids=["empty", "text", "cut"])
@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_a_damaged_file(
    content: bytes | None, device: str, face_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(face_path.read_bytes()[:9999] if content is None else content)
    with pytest.raises(ModelError, match="model broken cannot be opened: ") as error:
        open_model(path, device)
    assert one_line(error).endswith("run `s3ns models pull`")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="model none is not in"):
        open_model(tmp_path / "none.onnx")


def test_an_unknown_device(face_path: Path) -> None:
    with pytest.raises(CapabilityError) as error:
        open_model(face_path, "gpu")
    assert one_line(error).startswith(
        f"unknown device 'gpu'; allowed are {', '.join(DEVICES)}."
    )


@without_gpu_runtime
@pytest.mark.parametrize("device", ["cuda", "tensorrt"])
def test_a_device_that_is_not_there(device: str, face_path: Path) -> None:
    with pytest.raises(CapabilityError, match=r"pip install 's3ns\[gpu\]'") as error:
        open_model(face_path, device)
    assert one_line(error).startswith(f"device {device} was asked for, but")


@pytest.mark.skipif(not GPU_RUNTIME, reason="no onnxruntime-gpu is installed")
@pytest.mark.parametrize("steady", [False, True], ids=["plain", "graph"])
@pytest.mark.parametrize("device", ["cuda", "tensorrt"])
def test_a_gpu_gives_what_the_cpu_gives(
    device: str, steady: bool, face_path: Path, face_model: Model
) -> None:
    try:
        model = open_model(face_path, device, steady=steady)
    except CapabilityError as error:
        pytest.skip(str(error))
    assert model.device == device
    assert model.remark == ""
    random = np.random.default_rng(0)
    for _ in range(3):  # the second run is recorded, the third repeats it
        value = random.random((2, 128, 128, 3), np.float32)
        expected = face_model.run(value)
        for output, result in model.run(value).items():
            np.testing.assert_allclose(result, expected[output], atol=0.1)


@without_gpu_runtime
def test_auto_falls_back_to_the_cpu_and_says_so(face_path: Path) -> None:
    model = open_model(face_path)
    assert model.device == "cpu"
    assert model.remark == "no GPU runtime is installed; ran on the CPU"


def test_no_runtime_is_installed(
    face_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what an import of a package that is not there comes to
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(CapabilityError) as error:
        open_model(face_path)
    assert one_line(error) == (
        "no ONNX runtime is installed; run `pip install 's3ns[cpu]'` or "
        "`pip install 's3ns[gpu]'`"
    )


def test_heavy_packages_are_imported_late() -> None:
    code = (
        "import sys, s3ns.neural.runtime, s3ns.neural.models; "
        "print(sorted({'onnxruntime', 'onnx', 'tflite'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
