"""The command ``s3ns train``, as a user types it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.neural.encoders.conftest import clips  # noqa: F401  (a fixture)

TINY = ["--architecture", "videomae", "--size", "tiny", "--frames", 8, "--picture", 32]
QUICK = [*TINY, "--folds", 3, "--epochs", 1, "--device", "cpu"]


def test_train_writes_an_encoder_and_prints_scores(
    run: Run,
    clips: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    model = tmp_path / "model"
    result = run("train", clips, "-o", model, *QUICK)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith("sign")
    assert "always yes" in result.stdout
    assert (model / "fold-0" / "encoder.json").is_file()
    again = run("train", clips, "-o", model, *QUICK)
    assert again.exit_code == 2
    assert "add --resume" in again.output
    resumed = run("train", clips, "-o", model, *QUICK, "--resume", "--json", "-q")
    assert json.loads(resumed.stdout) == json.loads((model / "report.json").read_text())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--architecture", "r3d18"], "Did you mean 'r3d_18'?"),
        (["--fold", "7"], "unknown fold '7'"),
        (["--picture", "4"], "at least 16 pixels"),
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
