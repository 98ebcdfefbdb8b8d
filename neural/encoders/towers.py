"""The vision towers of language models, rewritten so that they can be exported.

The towers of Qwen2.5-VL and Qwen3-VL take the patches of pictures of any size and part
them into windows by lengths that are known only when they run. For one given grid of
patches all of that is constant: the order of the patches, what is added for their
place, the rotations, and who may attend to whom. One run of the original tower records
it; attention within windows becomes attention under a mask. Every export is compared
with the original tower.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from s3ns.facts import InputError, ModelError, bad_value
from s3ns.neural.encoders.checkpoint import load_tensors
from s3ns.neural.encoders.export import Exportable

Grid = tuple[int, int, int]


def tower_in(folder: Path, grid: Grid) -> Exportable:
    """Return the vision tower of a language model in the layout of transformers.

    Parameters
    ----------
    folder
        Holds ``config.json`` and safetensors files. Only the weights of the tower are
        read.
    grid
        Patches in time, height and width. InternVL takes pictures of its own size, one
        for each step of time.

    Raises
    ------
    InputError
        If there is no such model, its tower cannot be exported, or the grid does not
        fit it.
    ModelError
        If the weights are missing or damaged.
    """
    import transformers

    try:
        config = transformers.AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # transformers raises many kinds
        raise InputError(
            f"{folder} holds neither an encoder of `s3ns train` nor a model of "
            f"transformers: {' '.join(str(error).split())[:150]}"
        ) from error
    if config.model_type not in _TOWERS:
        raise InputError(bad_value("model with a tower", config.model_type, _TOWERS))
    wanted = _TOWERS[config.model_type](folder, config, grid)
    wanted.network.eval().requires_grad_(requires_grad=False)
    return wanted


def _qwen(class_name: str) -> Callable[[Path, Any, Grid], Exportable]:
    def make(folder: Path, config: Any, grid: Grid) -> Exportable:
        vision = config.vision_config
        merge = vision.spatial_merge_size
        if min(grid) < 1 or grid[1] % merge or grid[2] % merge:
            raise InputError(
                f"expected a grid T,H,W with H and W in multiples of {merge}, got "
                f"{','.join(map(str, grid))}"
            )
        tower = _tower_class(class_name)._from_config(vision).float().eval()
        _load(tower, folder, {"visual.": ""})
        values = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
        random = np.random.default_rng(0)
        samples = tuple(
            (random.standard_normal((int(np.prod(grid)), values)).astype(np.float32),)
            for _ in range(2)
        )
        fixed = FixedGridTower(tower, grid)
        return Exportable(
            network=fixed,
            reference=_Original(tower, grid),
            inputs=("patches",),
            outputs=fixed.outputs,
            samples=samples,
            batched=False,
            metadata=_stated(config, grid),
        )

    return make


def _internvl(folder: Path, config: Any, grid: Grid) -> Exportable:
    from transformers.models.internvl.modeling_internvl import InternVLModel

    vision = config.vision_config
    own = tuple(
        size // patch
        for size, patch in zip(vision.image_size, vision.patch_size, strict=True)
    )
    if grid[0] < 1 or grid[1:] != own:
        raise InputError(
            f"expected the grid T,{own[0]},{own[1]} of this InternVL, got "
            f"{','.join(map(str, grid))}"
        )
    with torch.device("meta"):  # the language model takes no memory
        model = InternVLModel._from_config(config)
    model.language_model = nn.Identity()
    model.to_empty(device="cpu")
    names = {name: name for name in ("vision_tower.", "multi_modal_projector.")}
    _load(model, folder, names)
    network = _InternVLTower(model.float().eval())
    shape = (grid[0], 3, *vision.image_size)
    random = np.random.default_rng(0)
    return Exportable(
        network=network,
        reference=network,
        inputs=("pixels",),
        outputs=("features",),
        samples=tuple(
            (random.standard_normal(shape).astype(np.float32),) for _ in range(2)
        ),
        batched=True,
        metadata=_stated(config, grid),
    )


_TOWERS: Mapping[str, Callable[[Path, Any, Grid], Exportable]] = {
    "qwen2_5_vl": _qwen("Qwen2_5_VisionTransformerPretrainedModel"),
    "qwen3_vl": _qwen("Qwen3VLVisionModel"),
    "internvl": _internvl,
}


class FixedGridTower(nn.Module):
    """A tower of Qwen2.5-VL or Qwen3-VL for one grid of patches.

    It takes patches ``(T * H * W, values)`` in the order of the model's processor and
    gives the features of the merged patches, and for Qwen3-VL the features of earlier
    layers as well.

    Attributes
    ----------
    outputs
        Names of what it gives.
    """

    def __init__(self, tower: nn.Module, grid: Grid) -> None:
        super().__init__()
        known = _recorded(tower, grid)
        body: Any = copy.deepcopy(tower)
        self.patch_embed: nn.Module = body.patch_embed
        self.blocks: nn.ModuleList = body.blocks
        self.merger: nn.Module = body.merger
        for block in body.blocks:
            block.attn = _MaskedAttention(block.attn)
        self._levels = list(getattr(body, "deepstack_visual_indexes", []))
        self.level_mergers: nn.ModuleList = getattr(
            body, "deepstack_merger_list", nn.ModuleList()
        )
        self.outputs = (
            "features",
            *(f"features_{place}" for place, _ in enumerate(self._levels)),
        )
        unit = body.spatial_merge_size**2
        units = known.order[::unit] // unit
        for name, value in (
            ("order", known.order),
            ("offset", known.offset),
            ("cosine", known.rotations[0]),
            ("sine", known.rotations[1]),
            ("back", torch.argsort(units)),
            *((f"mask_{k}", mask) for k, mask in enumerate(known.masks)),
        ):
            self.register_buffer(name, value, persistent=False)
        self._mask_of = known.mask_of

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        """Return the features of the patches."""
        order, back = self.get_buffer("order"), self.get_buffer("back")
        hidden = self.patch_embed(patches)[order] + self.get_buffer("offset")
        rotations = self.get_buffer("cosine"), self.get_buffer("sine")
        levels = []
        for place, block in enumerate(self.blocks):
            hidden = block(
                hidden,
                cu_seqlens=None,
                position_embeddings=rotations,
                mask=self.get_buffer(f"mask_{self._mask_of[place]}"),
            )
            if place in self._levels:
                merge = self.level_mergers[self._levels.index(place)]
                levels.append(merge(hidden))
        return self.merger(hidden)[back], *levels


class _MaskedAttention(nn.Module):
    """The attention of such a tower, under a mask in place of parts of given length."""

    def __init__(self, original: Any) -> None:
        super().__init__()
        self.qkv: nn.Module = original.qkv
        self.proj: nn.Module = original.proj
        self._heads = int(original.num_heads)
        self._scale = float(original.scaling)

    def forward(
        self,
        hidden_states: Tensor,
        *,
        position_embeddings: tuple[Tensor, Tensor],
        mask: Tensor,
        **_others: object,
    ) -> Tensor:
        count = hidden_states.shape[0]
        parts = self.qkv(hidden_states).reshape(count, 3, self._heads, -1)
        query, key, value = parts.permute(1, 2, 0, 3).unbind(0)
        cosine, sine = position_embeddings
        mixed = nn.functional.scaled_dot_product_attention(
            _rotated(query, cosine, sine)[None],
            _rotated(key, cosine, sine)[None],
            value[None],
            attn_mask=mask,
            scale=self._scale,
        )
        result: Tensor = self.proj(mixed[0].transpose(0, 1).reshape(count, -1))
        return result


class _Original(nn.Module):
    """The tower as it was, to compare with."""

    def __init__(self, tower: nn.Module, grid: Grid) -> None:
        super().__init__()
        self.tower: nn.Module = tower
        self.register_buffer("grid", torch.tensor([grid]), persistent=False)

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        found = self.tower(patches, self.get_buffer("grid"))
        if isinstance(found, Tensor):  # transformers before 5
            return (found,)
        if isinstance(found, tuple):
            return found[0], *found[1]
        return found.pooler_output, *(getattr(found, "deepstack_features", None) or ())


class _InternVLTower(nn.Module):
    """The tower and the projector of InternVL; all of its sizes are constant."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        found = self.model.get_image_features(
            pixel_values=pixels,
            vision_feature_layer=-1,
            vision_feature_select_strategy="default",
        )
        features: Tensor = getattr(found, "pooler_output", found)
        return features


class _Recorded:
    """What is constant for a grid, as the first layers of the original received it.

    Attributes
    ----------
    order
        Which patch is at each place, ``(patches,)``.
    offset
        What is added to each place, ``(patches, width)``.
    rotations
        Cosines and sines, ``(patches, head width)`` each.
    masks, mask_of
        The different masks ``(patches, patches)``, true where attention is allowed, and
        which of them each layer uses.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.inputs: list[Tensor] = []
        self.lengths: list[Tensor] = []
        self.rotations: tuple[Tensor, Tensor] = (torch.empty(0), torch.empty(0))
        self.order = self.offset = torch.empty(0)
        self.masks: list[Tensor] = []
        self.mask_of: list[int] = []

    def note(self, place: int, given: Mapping[str, Any], hidden: Tensor) -> None:
        if place == 0:
            self.inputs.append(hidden.clone())
            self.lengths.clear()
            cosine, sine = given["position_embeddings"]
            self.rotations = cosine.clone().float(), sine.clone().float()
        self.lengths.append(given["cu_seqlens"].clone())

    def settle(self) -> None:
        # The first run was given nothing, the second the number of each patch.
        nothing, numbers = self.inputs
        self.offset = nothing
        self.order = (numbers - nothing)[:, 0].round().long()
        for bounds in self.lengths:
            part = torch.bucketize(torch.arange(self.count), bounds[1:], right=True)
            mask = part[:, None] == part[None, :]
            same = [k for k, known in enumerate(self.masks) if torch.equal(known, mask)]
            self.mask_of.append(same[0] if same else len(self.masks))
            if not same:
                self.masks.append(mask)


def _recorded(tower: Any, grid: Grid) -> _Recorded:
    count = int(np.prod(grid))
    known = _Recorded(count)
    shown: list[Tensor] = []

    def embedded(_module: nn.Module, _given: Any, found: Tensor) -> Tensor:
        return shown[-1][:, None].expand(found.shape).to(found.dtype)

    hooks = [tower.patch_embed.register_forward_hook(embedded)]
    for place, block in enumerate(tower.blocks):

        def note(
            _module: nn.Module,
            given: tuple[Tensor, ...],
            named: Mapping[str, Any],
            place: int = place,
        ) -> None:
            known.note(place, named, given[0])

        hooks.append(block.register_forward_pre_hook(note, with_kwargs=True))
    values = tower.patch_embed.proj.weight[0].numel()
    try:
        with torch.no_grad():
            for numbers in (torch.zeros(count), torch.arange(count)):
                shown.append(numbers)
                tower(torch.zeros(count, values), torch.tensor([grid]))
    finally:
        for hook in hooks:
            hook.remove()
    known.settle()
    return known


def _rotated(values: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn each pair of values by its angle (Su 2021, arXiv:2104.09864)."""
    half = values.shape[-1] // 2
    turned = torch.cat([-values[..., half:], values[..., :half]], dim=-1)
    return values * cosine + turned * sine


def _tower_class(name: str) -> Any:
    from transformers.models.qwen2_5_vl import modeling_qwen2_5_vl as second
    from transformers.models.qwen3_vl import modeling_qwen3_vl as third

    return getattr(second, name, None) or getattr(third, name)


def _load(module: nn.Module, folder: Path, names: Mapping[str, str]) -> None:
    """Load the weights whose names hold one of the parts, renamed from there on."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelError(f"{folder} holds no weights; expected *.safetensors files")

    def renamed(name: str) -> str:
        for part, new in names.items():
            before, hit, after = name.partition(part)
            if hit and before in {"", "model."}:
                return new + after
        return ""

    found: dict[str, Tensor] = {}
    for file in files:
        # The language model, many times as large, stays on disk.
        tensors, _ = load_tensors(file, lambda name: renamed(name) != "")
        found |= {renamed(name): value.float() for name, value in tensors.items()}
    try:
        module.load_state_dict(found)
    except RuntimeError as error:
        raise ModelError(
            f"the weights in {folder} are not those of its vision tower: "
            f"{' '.join(str(error).split())[:200]}"
        ) from error


def _stated(config: Any, grid: Grid) -> dict[str, str]:
    return {
        "s3ns.tower": str(config.model_type),
        "s3ns.grid": ",".join(map(str, grid)),
    }
