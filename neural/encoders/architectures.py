"""The networks that can be trained, by name.

Each takes windows of pictures ``(batch, frames, height, width, 3)`` with values from 0
to 255 and gives one logit for each sign, ``(batch, signs)``. Scaling the pictures is
part of the network, so that an exported file takes pictures as they are decoded.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from s3ns.facts import InputError, bad_value
from s3ns.neural.encoders.card import EncoderCard, Size, View
from s3ns.neural.encoders.temporal import by_picture, profits

Build = Callable[[EncoderCard, Mapping[str, Any]], nn.Module]


@dataclass(frozen=True)
class Architecture:
    """A network.

    Attributes
    ----------
    build
        Makes it, from the card and the settings of its size. It takes pictures
        ``(batch, frames, 3, height, width)``.
    sizes
        Settings of each size.
    mean, deviation
        Of the pictures that its published weights were trained on, from 0 to 1, for
        red, green and blue.
    head
        Where the names of the weights of its last layer begin.
    multiple
        Picture sizes and frames must be multiples of these: ``(pixels, frames)``.
    """

    build: Build
    sizes: Mapping[Size, Mapping[str, Any]]
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    head: str
    multiple: Callable[[Mapping[str, Any]], tuple[int, int]] = lambda _: (1, 1)


_REGISTRY: dict[str, Architecture] = {}

# Kinetics-400, as torchvision's video weights expect it; ImageNet, as VideoMAE's do.
_KINETICS = (0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)
_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_HALF = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)


class Encoder(nn.Module):
    """A network with the scaling of its pictures."""

    def __init__(self, network: nn.Module, kind: Architecture) -> None:
        super().__init__()
        self.network = network
        self.head = f"network.{kind.head}"
        shape = (1, 1, 3, 1, 1)
        mean, deviation = torch.tensor(kind.mean), torch.tensor(kind.deviation)
        self.register_buffer("factor", (1 / (255 * deviation)).reshape(shape), False)
        self.register_buffer("shift", (mean / deviation).reshape(shape), False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the logits ``(batch, signs)`` of windows of pictures."""
        factor, shift = self.get_buffer("factor"), self.get_buffer("shift")
        scaled = pictures.permute(0, 1, 4, 2, 3).to(factor.dtype) * factor - shift
        logits: Tensor = self.network(scaled)
        return logits


def architecture_names() -> list[str]:
    """Return the names of all networks."""
    return sorted(_REGISTRY)


def known(architecture: str, size: Size, view: View) -> Architecture:
    """Return a network, after it was seen to that pictures fit it.

    Raises
    ------
    InputError
        If there is no such network or size, or the pictures do not fit it.
    """
    if architecture not in _REGISTRY:
        raise InputError(bad_value("architecture", architecture, _REGISTRY))
    kind = _REGISTRY[architecture]
    if size not in kind.sizes:
        raise InputError(bad_value(f"size of {architecture}", size, kind.sizes))
    pixels, frames = kind.multiple(kind.sizes[size])
    if view.picture % pixels or view.frames % frames:
        raise InputError(
            f"{architecture} needs pictures in multiples of {pixels} pixels and "
            f"windows in multiples of {frames} frames; got {view.picture} pixels and "
            f"{view.frames} frames"
        )
    return kind


def build(card: EncoderCard) -> Encoder:
    """Make the network of a card, with random weights.

    Raises
    ------
    InputError
        If there is no such network or size, or the pictures do not fit it.
    """
    kind = known(card.architecture, card.size, card.view)
    return Encoder(kind.build(card, kind.sizes[card.size]), kind)


def by_pictures(encoder: Encoder, view: View) -> Encoder | None:
    """Return an encoder rewritten for runtimes that are quick at pictures.

    ``None`` if nothing is won by it.
    """
    if not isinstance(encoder.network, _ChannelsFirst):
        return None
    body = encoder.network.body
    if not profits(body):
        return None
    rewritten = copy.deepcopy(encoder)
    shape = (1, 3, view.frames, view.picture, view.picture)
    rewritten.network = by_picture(body, torch.zeros(shape))
    return rewritten


class _ChannelsFirst(nn.Module):
    """A torchvision network, which wants colours before frames."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.body(pictures.transpose(1, 2))
        return result


class _Logits(nn.Module):
    """A classifier of transformers, of whose answer only the logits are wanted."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.body(pixel_values=pictures).logits
        return result


def _resnet(convolutions: Sequence[str], stem: str) -> Build:
    def make(card: EncoderCard, settings: Mapping[str, Any]) -> nn.Module:
        from torchvision.models.video import resnet

        body = resnet.VideoResNet(
            block=resnet.BasicBlock,
            conv_makers=[getattr(resnet, name) for name in convolutions],
            layers=list(settings["layers"]),
            stem=getattr(resnet, stem),
            num_classes=len(card.signs),
        )
        return _ChannelsFirst(body)

    return make


def _transformer(config: str, classifier: str) -> Build:
    def make(card: EncoderCard, settings: Mapping[str, Any]) -> nn.Module:
        import transformers

        shape = {"image_size": card.view.picture, "num_frames": card.view.frames}
        made = getattr(transformers, config)(
            **shape, **settings, num_labels=len(card.signs)
        )
        return _Logits(getattr(transformers, classifier)(made))

    return make


# Eighteen layers are the published networks (Tran 2018, CVPR); ten are quick to try.
_RESNETS: Mapping[Size, Mapping[str, Any]] = {
    "tiny": {"layers": (1, 1, 1, 1)},
    "base": {"layers": (2, 2, 2, 2)},
}
for _name, _convolutions, _stem in (
    ("r3d_18", ("Conv3DSimple",) * 4, "BasicStem"),
    ("mc3_18", ("Conv3DSimple", *("Conv3DNoTemporal",) * 3), "BasicStem"),
    ("r2plus1d_18", ("Conv2Plus1D",) * 4, "R2Plus1dStem"),
):
    _REGISTRY[_name] = Architecture(
        _resnet(_convolutions, _stem), _RESNETS, *_KINETICS, head="body.fc."
    )


def _layers(width: int, depth: int, heads: int) -> dict[str, int]:
    return {
        "hidden_size": width,
        "num_hidden_layers": depth,
        "num_attention_heads": heads,
        "intermediate_size": 4 * width,
    }


# Narrow layers that begin with the small weights of wide ones learn nothing at first.
_TINY = {**_layers(32, 2, 2), "initializer_range": 0.1}

_REGISTRY["videomae"] = Architecture(
    _transformer("VideoMAEConfig", "VideoMAEForVideoClassification"),
    {
        "tiny": {**_TINY, "patch_size": 8},
        "small": {**_layers(384, 12, 6), "patch_size": 16},
        "base": {**_layers(768, 12, 12), "patch_size": 16},
    },
    *_IMAGENET,
    head="body.classifier.",
    multiple=lambda settings: (settings["patch_size"], 2),
)
_REGISTRY["vivit"] = Architecture(
    _transformer("VivitConfig", "VivitForVideoClassification"),
    {
        "tiny": {**_TINY, "tubelet_size": (2, 8, 8)},
        "base": {**_layers(768, 12, 12), "tubelet_size": (2, 16, 16)},
    },
    *_HALF,
    head="body.classifier.",
    multiple=lambda settings: (settings["tubelet_size"][1], 2),
)
