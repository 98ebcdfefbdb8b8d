"""Vision towers, rewritten for one grid, against the originals with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="export needs the train extra")
transformers = pytest.importorskip(
    "transformers", reason="export needs the train extra"
)
pytest.importorskip("onnxscript", reason="export needs the train extra")

import onnx  # noqa: E402

from s3ns.facts import InputError, ModelError  # noqa: E402
from s3ns.neural.encoders.export import export  # noqa: E402
from s3ns.neural.encoders.towers import tower_in  # noqa: E402

TEXT = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3]},
}
VISION = {"depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2}


def qwen2_5_vl() -> Any:
    # windows of 4 x 4 patches in all layers but the last
    vision = {"out_hidden_size": 32, "fullatt_block_indexes": [1], "window_size": 56}
    config = transformers.Qwen2_5_VLConfig(
        text_config=TEXT, vision_config=VISION | vision
    )
    return transformers.Qwen2_5_VLForConditionalGeneration(config)


def qwen3_vl() -> Any:
    vision = {
        "out_hidden_size": 32,
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0, 1],
    }
    config = transformers.Qwen3VLConfig(text_config=TEXT, vision_config=VISION | vision)
    return transformers.Qwen3VLForConditionalGeneration(config)


def internvl() -> Any:
    text = {k: v for k, v in TEXT.items() if k != "rope_parameters"}
    config = transformers.InternVLConfig(
        text_config=text | {"model_type": "qwen2"},
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "image_size": [56, 56],
            "patch_size": [14, 14],
        },
        downsample_ratio=0.5,
    )
    return transformers.InternVLForConditionalGeneration(config)


MODELS = {"qwen2_5_vl": qwen2_5_vl, "qwen3_vl": qwen3_vl, "internvl": internvl}


def saved(kind: str, folder: Path) -> Path:
    torch.manual_seed(1)
    model = MODELS[kind]()
    with torch.no_grad():
        for parameter in model.parameters():
            # random weights are so small that attention would hardly matter
            parameter.add_(torch.randn_like(parameter) * 0.15)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=MODELS)
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, saved(request.param, folder)


def test_an_exported_tower_gives_what_the_original_gives(
    model: tuple[str, Path], tmp_path: Path
) -> None:
    kind, folder = model
    # two steps of time; windows that the grid does not fill
    grid = (2, 4, 4) if kind == "internvl" else (2, 6, 10)
    parities = export(tower_in(folder, grid), tmp_path / "tower.onnx")
    assert len(parities) == {"qwen2_5_vl": 1, "qwen3_vl": 3, "internvl": 1}[kind]
    for parity in parities:
        assert parity.largest <= 1e-4
        assert parity.cosine <= 1e-8
        assert parity.scale > 0.05
    stated = {p.key: p.value for p in onnx.load(tmp_path / "tower.onnx").metadata_props}
    assert stated["s3ns.tower"] == kind
    assert stated["s3ns.grid"] == ",".join(map(str, grid))


def test_the_tower_gives_what_the_whole_model_gives(model: tuple[str, Path]) -> None:
    kind, folder = model
    grid = (1, 4, 4) if kind == "internvl" else (1, 6, 10)
    wanted = tower_in(folder, grid)
    whole = transformers.AutoModelForImageTextToText.from_pretrained(folder).eval()
    sample = torch.from_numpy(wanted.samples[0][0])
    with torch.inference_mode():
        ours = wanted.network(sample)
        if kind == "internvl":
            found = whole.model.get_image_features(pixel_values=sample)
            theirs, ours = found.pooler_output, (ours,)
        else:
            theirs = whole.model.visual(sample, torch.tensor([grid])).pooler_output
    np.testing.assert_allclose(ours[0], theirs, atol=1e-5)


def test_windows_become_masks(tmp_path: Path) -> None:
    tower: Any = tower_in(saved("qwen2_5_vl", tmp_path), (1, 8, 8)).network
    masks = {name for name, _ in tower.named_buffers() if name.startswith("mask_")}
    assert len(masks) == 2
    assert tower.mask_0.float().mean() == 0.25
    assert tower.mask_1.all()


def test_a_grid_that_does_not_fit_is_refused(model: tuple[str, Path]) -> None:
    with pytest.raises(InputError, match="expected"):
        tower_in(model[1], (1, 3, 5))


def test_a_model_without_a_known_tower_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds neither an encoder"):
        tower_in(tmp_path, (1, 4, 4))
    transformers.BertConfig().save_pretrained(tmp_path)
    with pytest.raises(InputError, match="unknown model with a tower 'bert'"):
        tower_in(tmp_path, (1, 4, 4))


@pytest.mark.parametrize(
    "config",
    [
        "{",
        "[]",
        '{"model_type": ["a"]}',
        '{"model_type": "qwen3_vl", "vision_config": 3}',
    ],
)
def test_a_damaged_config_is_said(tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(InputError, match="holds neither an encoder"):
        tower_in(tmp_path, (1, 4, 4))


def test_weights_that_are_missing_or_damaged_are_said(
    model: tuple[str, Path], tmp_path: Path
) -> None:
    _, folder = model
    config = (folder / "config.json").read_text()
    (tmp_path / "config.json").write_text(config)
    grid = (1, 4, 4)
    with pytest.raises(ModelError, match="holds no weights"):
        tower_in(tmp_path, grid)
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises(ModelError, match="cannot read the weights"):
        tower_in(tmp_path, grid)
