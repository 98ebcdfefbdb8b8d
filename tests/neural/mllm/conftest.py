"""Videos to ask about, and asking about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from s3ns.facts import Document
from s3ns.neural.extractor import ExtractOptions, make_extractor
from tests.neural.media import write_video

LENGTH = 40.0
Extract = Callable[..., Document]


@pytest.fixture(scope="session")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a video of 40 s with sound whose name tells who the patient is."""
    folder = tmp_path_factory.mktemp("Mercy_Hospital")
    sound = np.sin(np.arange(int(LENGTH * 16_000)) * 0.1).astype(np.float32) * 0.2
    count = int(LENGTH * 10)
    return write_video(folder / "Doe_Jane.mp4", count=count, rate=10, sound=sound)


@pytest.fixture
def extract(ward: Path, tmp_path: Path) -> Extract:
    """Return a function that asks a server about the video, with answers kept.

    Unless a folder of models is named, there are no landmarks.
    """

    def run(
        url: str,
        *,
        video: Path = ward,
        mirrored: bool = False,
        models: Path | None = tmp_path / "no-models",
        end: float | None = None,
        rate: float = 15.0,
        **settings: object,
    ):
        given = {
            "server": url,
            "model": "some-model",
            "cache": str(tmp_path / "answers"),
            "backoff": 0.01,
            "retries": 2,
        } | settings
        texts = {name: str(value) for name, value in given.items()}
        options = ExtractOptions(
            settings=texts, mirrored=mirrored, models=models, end=end, fps=rate
        )
        return make_extractor("mllm", texts).extract(video, options, lambda *_: None)

    return run
