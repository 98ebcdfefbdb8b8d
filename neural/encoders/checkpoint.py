"""Weights and the state of a training on disk: safetensors and JSON, never pickle."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from s3ns.facts import ModelError
from s3ns.neural.encoders.architectures import Encoder, build
from s3ns.neural.encoders.card import WEIGHTS_FILE, EncoderCard
from s3ns.neural.models.archives import sha256_of
from s3ns.neural.models.store import put_file

STATE = "state"


def save_tensors(path: Path, tensors: dict[str, Tensor], state: Any = None) -> None:
    """Write tensors and a state that JSON can hold to one file, whole or not at all."""
    whole = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    data = save(whole, metadata={STATE: json.dumps(state, sort_keys=True)})
    put_file(path, data, path.parent)


def load_tensors(
    path: Path, wanted: Callable[[str], bool] = lambda _: True
) -> tuple[dict[str, Tensor], Any]:
    """Read tensors whose names are wanted, and the state; the rest is left on disk.

    Raises
    ------
    ModelError
        If the file is missing or damaged.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            names = filter(wanted, file.keys())
            tensors = {name: file.get_tensor(name) for name in names}
            state = json.loads((file.metadata() or {}).get(STATE, "null"))
    except (OSError, SafetensorError, ValueError, RecursionError) as error:
        raise ModelError(
            f"cannot read the weights {path} ({str(error).splitlines()[0]}); expected "
            "a whole file in the safetensors format"
        ) from error
    return tensors, state


def load_encoder(folder: Path) -> tuple[Encoder, EncoderCard]:
    """Read the encoder in a folder, ready to be used.

    Raises
    ------
    InputError
        If there is no encoder in it.
    ModelError
        If its weights are missing or damaged.
    """
    card = EncoderCard.read(folder)
    encoder = build(card)
    tensors, _ = load_tensors(folder / WEIGHTS_FILE)
    _put(encoder, tensors, folder / WEIGHTS_FILE)
    return encoder.eval(), card


def start_from(encoder: Encoder, path: Path) -> None:
    """Take over published weights, all but the last layer.

    Parameters
    ----------
    encoder
        The network, changed in place.
    path
        A safetensors file, or a folder with ``model.safetensors``, of the same
        architecture and size: as transformers writes it, a state of torchvision, or an
        encoder of ours.

    Raises
    ------
    ModelError
        If the file cannot be read or does not hold the weights of this network.
    """
    names = ("model.safetensors", WEIGHTS_FILE)
    found = [path / name for name in names if (path / name).is_file()]
    file = found[0] if path.is_dir() and found else path
    given, _ = load_tensors(file)
    own = encoder.state_dict()
    taken = {}
    for name, value in own.items():
        short = name.removeprefix("network.body.")
        source = given.get(name, given.get(short))
        if name.startswith(encoder.head):
            taken[name] = value
        elif source is None or source.shape != value.shape:
            came = "nothing" if source is None else f"the shape {tuple(source.shape)}"
            raise ModelError(
                f"{file} does not hold the weights of this network: expected the shape "
                f"{tuple(value.shape)} for {short}, came {came}; check --architecture, "
                "--size, --frames and --picture"
            )
        else:
            taken[name] = source
    encoder.load_state_dict(taken)


def weights_hash(network: nn.Module) -> str:
    """Return a hash of all weights of a network by their names."""
    digest = [
        f"{name}:{sha256_of(value.detach().cpu().contiguous().numpy().tobytes())}"
        for name, value in sorted(network.state_dict().items())
    ]
    return sha256_of("\n".join(digest).encode())


def optimizer_tensors(
    optimizer: torch.optim.Optimizer,
) -> dict[str, Tensor]:
    """Return the state of an optimizer as named tensors."""
    return {
        f"optimizer.{place}.{name}": torch.as_tensor(value)
        for place, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]
) -> None:
    """Put the state from :func:`optimizer_tensors` back."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        kind, _, rest = key.partition(".")
        if kind == "optimizer":
            place, name = rest.split(".")
            state.setdefault(int(place), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _put(model: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise ModelError(
            f"the weights {path} are not those of the encoder beside them: "
            f"{' '.join(str(error).split())[:200]}"
        ) from error
