"""The whole way on tiny models of each architecture, in this process."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from s3ns.facts import (
    CapabilityError,
    Document,
    ModelError,
    S3nsError,
    Side,
    document_schema,
)
from s3ns.neural.extractor import ExtractOptions, make_extractor
from s3ns.symbolic import Reasoner
from tests.neural.media import write_video
from tests.neural.mllm.tiny_models import MAKERS, make_it_say

pytest.importorskip("transformers", reason="needs the extra mllm")
pytest.importorskip("torchvision", reason="needs the extra mllm")

HEARING = {"qwen2_5_omni", "qwen3_omni", "audio_flamingo_3"}
SEEING = set(MAKERS) - {"audio_flamingo_3"}

Make = Callable[..., Path]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return a function that makes a model once, saying nothing but noise or not."""
    made: dict[tuple[str, bool], Path] = {}

    def of(name: str, *, speaking: bool = True) -> Path:
        if (name, speaking) not in made:
            made[name, speaking] = folder = tmp_path_factory.mktemp("tiny") / name
            MAKERS[name](folder)
            if speaking:
                make_it_say(folder)
        return made[name, speaking]

    return of


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sound = np.sin(np.arange(5 * 16_000) * 0.1).astype(np.float32) * 0.2
    path = tmp_path_factory.mktemp("short") / "Doe_Jane.mp4"
    return write_video(path, count=25, rate=5, sound=sound)


def extract(video: Path, model: object, **settings: object) -> Document:
    given = {"model": model, "cache": "off", "signs": SIGNS} | settings
    texts = {name: str(value) for name, value in given.items()}
    options = ExtractOptions(settings=texts, device="cpu")
    return make_extractor("mllm", texts).extract(video, options, lambda *_: None)


SIGNS = "head_turning,ictal_vocalization"


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", MAKERS)
def test_a_video_becomes_findings_and_a_verdict(
    make: Make, short: Path, name: str, reasoner: Reasoner
) -> None:
    document = extract(short, make(name))
    jsonschema.validate(json.loads(document.to_json()), document_schema())
    found = {item.sign: item for item in document.findings}
    expected = {"head_turning"} if name in SEEING else set()
    expected |= {"ictal_vocalization"} if name in HEARING else set()
    assert set(found) == expected
    for item in found.values():
        assert item.start == pytest.approx(0.5, abs=0.11)
        assert item.end == pytest.approx(2.0, abs=0.11)
        # It nearly said no, and the probabilities of its words tell so.
        assert 0.5 < item.confidence < 0.6
        assert item.side is (Side.LEFT if item.sign == "head_turning" else Side.NONE)
    unheard = {i.sign for i in document.unassessable if i.reason == "no_extractor"}
    assert unheard == set(SIGNS.split(",")) - expected
    assert reasoner.reason(document).verdict is not None
    text = document.to_json()
    assert "Doe" not in text
    assert str(make(name).parent) not in text
    assert document.provenance[0].parameters["model"] != str(make(name))


def test_noise_is_not_assessable(make: Make, short: Path) -> None:
    model = make("internvl", speaking=False)
    document = extract(short, model, signs="tonic")
    assert document.findings == ()
    assert document.absences == ()
    assert {item.reason for item in document.unassessable} == {"answer_unusable"}


def test_answers_are_kept_by_the_weights(
    make: Make, short: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "answers"
    document = extract(short, make("internvl"), cache=cache, signs="tonic")
    (first,) = cache.iterdir()
    moved = tmp_path / "moved"
    shutil.copytree(make("internvl"), moved)
    assert extract(short, moved, cache=cache, signs="tonic") == document
    assert list(cache.iterdir()) == [first]
    noise = make("internvl", speaking=False)
    assert extract(short, noise, cache=cache, signs="tonic") != document
    assert len(list(cache.iterdir())) == 2


def broken(folder: Path, how: str) -> None:
    if how == "pickled":
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    elif how == "cut":
        raw = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(raw[: len(raw) // 2])
    elif how == "incomplete":
        from safetensors.torch import load_file, save_file

        weights = load_file(folder / "model.safetensors")
        name = next(name for name in weights if "o_proj" in name)
        del weights[name]
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    elif how == "no_config":
        (folder / "config.json").unlink()
    elif how == "foreign_code":
        mark = folder.parent / "ran"
        code = f"open({str(mark)!r}, 'w')\nclass C: pass\n"
        (folder / "foreign.py").write_text(code)
        config = json.loads((folder / "config.json").read_text())
        config["model_type"] = "foreign"
        config["auto_map"] = {"AutoConfig": "foreign.C", "AutoModel": "foreign.C"}
        (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "how", ["pickled", "cut", "incomplete", "no_config", "foreign_code"]
)
def test_models_that_are_not_loaded(
    make: Make, short: Path, tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(make("qwen2_5_vl"), folder)
    broken(folder, how)
    with pytest.raises(ModelError) as error:
        extract(short, folder)
    assert str(error.value).isprintable()
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("offline")
def test_nothing_is_downloaded_unasked(short: Path) -> None:
    with pytest.raises(ModelError, match="--set download=true"):
        extract(short, "nobody/no-such-model")


def test_without_a_model_and_without_a_server(short: Path) -> None:
    with pytest.raises(CapabilityError, match="--set server=URL"):
        extract(short, "")


@pytest.mark.parametrize("device", ["tensorrt", "cuda"])
def test_devices(make: Make, short: Path, device: str) -> None:
    import torch

    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    options = ExtractOptions(device=device)
    extractor = make_extractor("mllm", {"model": str(make("qwen2_5_vl"))})
    with pytest.raises(CapabilityError, match=f"(?i){device}"):
        extractor.extract(short, options, lambda *_: None)


def test_without_the_extra_the_error_names_it(
    make: Make, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make("qwen2_5_vl")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(S3nsError, match=r"s3ns\[mllm\]"):
        extract(short, model)
