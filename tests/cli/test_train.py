"""The commands ``s3ns train`` and ``s3ns export``, as a user types them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from s3ns.cli import main
from s3ns.facts import Document
from s3ns.symbolic import Reasoner
from tests.cli.conftest import Run

TINY = ["--architecture", "videomae", "--size", "tiny", "--frames", 8, "--picture", 32]
QUICK = [*TINY, "--folds", 3, "--epochs", 1, "--device", "cpu"]


@pytest.fixture(scope="module")
def trained(
    clips: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Result]:
    model = tmp_path_factory.mktemp("trained") / "model"
    words = ["train", clips, "-o", model, *QUICK]
    return model, CliRunner().invoke(main, [str(word) for word in words])


def test_train_writes_an_encoder_and_prints_scores(
    run: Run, clips: Path, trained: tuple[Path, Result]
) -> None:
    model, result = trained
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith("sign")
    assert "always yes" in result.stdout
    assert (model / "fold-0" / "encoder.json").is_file()
    again = run("train", clips, "-o", model, *QUICK)
    assert again.exit_code == 2
    assert "add --resume" in again.output
    resumed = run("train", clips, "-o", model, *QUICK, "--resume", "--json", "-q")
    assert json.loads(resumed.stdout) == json.loads((model / "report.json").read_text())


def test_from_clips_to_a_verdict(
    run: Run,
    clips: Path,
    tmp_path: Path,
    trained: tuple[Path, Result],
    reasoner: Reasoner,
) -> None:
    model, _ = trained
    file, found = tmp_path / "x.onnx", tmp_path / "x.json"
    exported = run("export", model / "fold-0", "-o", file, "--check")
    assert exported.exit_code == 0, exported.output
    assert "largest difference" in exported.stdout
    assert "times as fast" in exported.stdout
    video = clips / "patient-0" / "clip-0.mp4"
    how = ["--extractor", "encoder", "--model", file, "--device", "cpu"]
    looked = run("extract", video, *how, "-o", found)
    assert looked.exit_code == 0, looked.output
    document = Document.read(found)
    assert reasoner.reason(document).verdict is not None
    assert document.absences or document.findings
    assert run("export", model / "fold-0", "-o", file).exit_code == 2
    half = ("-o", tmp_path / "half.onnx", "--precision", "fp16")
    assert (
        "differs from torch by up to" in run("export", model / "fold-0", *half).stderr
    )


def test_int8_needs_videos_to_calibrate_on(run: Run, tmp_path: Path) -> None:
    result = run("export", tmp_path, "-o", tmp_path / "x.onnx", "--precision", "int8")
    assert result.exit_code == 2
    assert "needs --calibrate" in result.output


def test_a_folder_without_an_encoder_is_bad_input(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript", reason="export needs the train extra")
    result = run("export", tmp_path, "-o", tmp_path / "x.onnx")
    assert result.exit_code == 3
    assert not (tmp_path / "x.onnx").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--architecture", "r3d18"], "Did you mean 'r3d_18'?"),
        (["--fold", "7"], "unknown fold '7'"),
        (["--picture", "4"], "x>=16"),
        (["--architecture", "vivit", "--picture", "100"], "multiples of 16 pixels"),
    ],
)
def test_a_wrong_option_is_wrong_usage(
    run: Run, tmp_path: Path, options: list[str], said: str
) -> None:
    pytest.importorskip("torch", reason="training needs the train extra")
    result = run("train", tmp_path, "-o", tmp_path / "model", *options)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_without_the_extra_the_error_names_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    result = run("train", tmp_path, "-o", tmp_path / "model")
    assert result.exit_code == 1
    assert "pip install 's3ns[train]'" in result.output
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("device", ["cuda", "tensorrt"])
def test_a_gpu_to_check_on_must_be_there(run: Run, tmp_path: Path, device: str) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript", reason="export needs the train extra")
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("the installed onnxruntime has GPU providers")
    words = ("export", tmp_path, "-o", tmp_path / "x.onnx", "--check")
    result = run(*words, "--device", device)
    assert result.exit_code == 1
    assert f"device {device} was asked for" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "x.onnx").exists()
