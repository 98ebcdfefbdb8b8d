"""Running commands, and videos to run them on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from s3ns.cli import main
from s3ns.facts import Document
from s3ns.neural.models import ModelStore
from tests.neural.media import write_video

ROOT = Path(__file__).parents[2]

Run = Callable[..., Result]


@pytest.fixture(scope="session", autouse=True)
def models_pulled() -> None:
    ModelStore().pull()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command as a user without settings would."""
    for name in ("FPS", "DEVICE", "EXTRACTOR", "RULES"):
        monkeypatch.delenv(f"S3NS_{name}", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)

    def invoke(*words: object, **settings: object) -> Result:
        arguments = [str(word) for word in words]
        return CliRunner().invoke(main, arguments, **settings)  # type: ignore[arg-type]

    return invoke


@pytest.fixture(scope="session")
def demo() -> Path:
    return ROOT / "samples" / "demo.mp4"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a video of half a second that shows nobody."""
    return write_video(tmp_path_factory.mktemp("tiny") / "Doe_Jane.mp4", count=15)


@pytest.fixture(scope="session")
def judged(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Document of the demo clip."""
    path = tmp_path_factory.mktemp("judged") / "demo.json"
    result = CliRunner().invoke(main, ["classify", str(demo), "-o", str(path)])
    assert result.exit_code == 0, result.output
    assert Document.read(path).verdict is not None
    return path


@pytest.fixture
def folder(tmp_path: Path, tiny: Path) -> Path:
    """Return a folder with two videos, one of them in a folder of its own."""
    clips = tmp_path / "clips"
    (clips / "more").mkdir(parents=True)
    shutil.copy(tiny, clips / "Doe_Jane.mp4")
    write_video(clips / "more" / "second.mkv", count=20)
    (clips / "notes.txt").write_text("not looked at")
    (clips / ".hidden.mp4").write_text("not looked at")
    return clips
