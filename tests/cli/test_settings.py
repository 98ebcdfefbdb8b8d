"""Settings files: which value wins, and what a wrong file says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "user" / "s3ns").mkdir(parents=True)
    (tmp_path / "project").mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path / "project")


def fps(run: Run, *words: str) -> str:
    entries = json.loads(run("doctor", "--json", *words).stdout)
    (value,) = [entry["value"] for entry in entries if entry["name"] == "fps"]
    return str(value)


def test_option_beats_environment_beats_project_beats_user_beats_default(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert fps(run) == "15.0 (default)"
    user = tmp_path / "user" / "s3ns" / "s3ns.cfg"
    user.write_text("[s3ns]\nfps = 11\n")
    assert fps(run) == f"11.0 (from {user})"
    project = tmp_path / "project" / "s3ns.cfg"
    project.write_text("[s3ns]\nfps = 12\n")
    assert fps(run) == f"12.0 (from {project})"
    monkeypatch.setenv("S3NS_FPS", "13")
    assert fps(run) == "13.0 (from S3NS_FPS)"
    assert fps(run, "--fps", "14") == "14.0 (from the option)"


def test_a_relative_folder_lies_beside_the_settings_file(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "project" / "s3ns.cfg").write_text("[s3ns]\nmodels = here\n")
    assert str(tmp_path / "project" / "here") in run("doctor").stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[s3ns]\nfsp = 12\n", "Did you mean 'fps'?"),
        ("fps = 12\n", "cannot read the settings"),
        ("[other]\nfps = 12\n", "no section [s3ns]"),
    ],
)
def test_a_wrong_file_is_one_line(
    run: Run, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "project" / "s3ns.cfg").write_text(text)
    result = run("models", "list")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_help_needs_no_settings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "project" / "s3ns.cfg").write_text("broken")
    assert run("--help").exit_code == 0
