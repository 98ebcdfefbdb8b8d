"""The borders between the rooms, and what a light start may load."""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("facts", "neural", "symbolic", "rules", "report")
PACKAGES = (*ROOMS, "benchmarks")
MAY_IMPORT = {
    "facts": {"facts"},
    "neural": {"facts", "neural"},
    "symbolic": {"facts", "symbolic"},
    "rules": set(),
    "report": {"facts", "report"},
}
HEAVY = (
    "torch",
    "transformers",
    "onnxruntime",
    "cv2",
    "av",
    "onnx",
    "clingo",
    "numpy",
    "sklearn",
    "pandas",
)


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    for path in modules(room):
        ours = {name for name in imported(path) if name.startswith("s3ns.")}
        rooms = {name.split(".")[1] for name in ours}
        assert rooms <= MAY_IMPORT[room], path


@pytest.mark.parametrize("room", ["facts", "symbolic", "report"])
def test_only_the_neural_stage_knows_pictures_and_models(room: str) -> None:
    banned = {"torch", "transformers", "onnxruntime", "cv2", "av", "onnx"}
    for path in modules(room):
        assert not {name.split(".")[0] for name in imported(path)} & banned, path


TORCH = {"torch", "torchvision", "transformers", "PIL", "huggingface_hub"}
WITH_TORCH = {
    "neural/encoders/architectures.py",
    "neural/encoders/checkpoint.py",
    "neural/encoders/experiment.py",
    "neural/encoders/export.py",
    "neural/encoders/parity.py",
    "neural/encoders/temporal.py",
    "neural/encoders/towers.py",
    "neural/encoders/training.py",
    "neural/heads/network.py",
    "neural/mllm/local.py",
    "neural/mllm/transcript.py",
    "neural/torch_device.py",
}


def test_the_main_job_needs_neither_torch_nor_transformers() -> None:
    for room in ROOMS:
        for path in modules(room):
            names = {name.split(".")[0] for name in imported(path)}
            with_torch = path.relative_to(ROOT).as_posix() in WITH_TORCH
            assert with_torch == bool(names & TORCH), path


def test_all_extractors_are_known_without_torch() -> None:
    listing = "from s3ns.neural.extractor import extractor_names; extractor_names()"
    assert not loaded_by(listing) & TORCH


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return {name.split(".")[0] for name in result.stdout.split()}


@pytest.mark.parametrize(
    "statement", ["import s3ns", "import s3ns.cli", "import s3ns.cli_pathmotion"]
)
def test_a_light_start_loads_nothing_heavy(statement: str) -> None:
    assert not loaded_by(statement) & set(HEAVY)


def test_every_package_folder_is_installed() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(setup["options"]["packages"].split())
    found = {
        ".".join(["s3ns", *path.parent.relative_to(ROOT).parts])
        for room in PACKAGES
        for path in (ROOT / room).rglob("__init__.py")
    }
    assert listed == found | {"s3ns"}


def test_data_files_are_installed() -> None:
    from importlib.resources import files

    for package, name in (
        ("s3ns", "py.typed"),
        ("s3ns.facts", "vocabulary.json"),
        ("s3ns.facts", "document.schema.json"),
        ("s3ns.neural.models", "manifest.json"),
        ("s3ns.rules", "verdict.lp"),
        ("s3ns.rules", "cases/verdicts.yaml"),
    ):
        assert files(package).joinpath(name).is_file(), (package, name)
