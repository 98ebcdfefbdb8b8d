"""Convolutions over time and space, rewritten for runtimes that are quick at pictures.

onnxruntime has blocked kernels for two-dimensional convolutions on the CPU and none for
three. Pictures thus stay in one row, ``(batch * frames, channels, height, width)``, and
time is dealt with around two-dimensional convolutions:

* A kernel of three moments that does not skip frames takes minimal filtering (Winograd
  1980; Lavin 2016, CVPR): six products give four frames, where twelve would. Both
  changes of frames are one small matrix each.
* Any other kernel sees the frames that it joins as more channels of one picture.

Both are exact but for rounding. Batch normalisation is part of the weights.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Matrix = npt.NDArray[np.float64]

TAPS = 3
"""Moments of a kernel for which minimal filtering is used."""

POINTS = {4: (0.0, 1.0, -1.0, 2.0, -2.0), 2: (0.0, 1.0, -1.0)}
"""By the frames that one step gives, where its polynomials are evaluated, beside
infinity; the usual ones (Lavin 2016)."""

FEWEST_CHANNELS = 32
"""Below this, as in the first layer, blocked kernels for groups are not used."""


def by_picture(network: nn.Module, example: Tensor) -> nn.Module:
    """Return a copy of a video network of torchvision that convolves pictures.

    Parameters
    ----------
    network
        In evaluation mode; takes ``(batch, 3, frames, height, width)``.
    example
        An input; frames and size stay as they are in it.

    Returns
    -------
    A network that takes ``(batch, frames, 3, height, width)``.
    """
    body = copy.deepcopy(network).eval()
    _fold(body)
    frames = _frames_seen(body, example)
    _replace(body, frames)
    return _InRow(body)


def profits(network: nn.Module) -> bool:
    """Tell whether a network has kernels over time and space at once.

    Where the two are apart, as in R(2+1)D, onnxruntime is quick as it is.
    """
    return any(
        isinstance(part, nn.Conv3d) and _is_cube(part) for part in network.modules()
    )


def minimal_filtering(outputs: int) -> tuple[Matrix, Matrix, Matrix]:
    """Return the matrices of minimal filtering with three taps.

    Parameters
    ----------
    outputs
        Values that one step gives; a key of :data:`POINTS`.

    Returns
    -------
    ``after (outputs, n)``, ``kernel (n, 3)`` and ``before (n, n)``, where ``n`` is
    ``outputs + 2``. The values are ``after @ ((kernel @ taps) * (before @ given))``.
    They are the transpose of multiplying two polynomials by their values at ``n``
    points (Toom 1963).
    """
    count = outputs + TAPS - 1

    def values(terms: int) -> Matrix:
        at_points = np.vander(np.array(POINTS[outputs]), terms, increasing=True)
        return np.vstack([at_points, np.eye(terms)[-1]])

    before: Matrix = np.linalg.inv(values(count)).T.astype(np.float64)
    return values(outputs).T, values(TAPS), before


class _InRow(nn.Module):
    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.body(pictures.flatten(0, 1))
        return result


class _Filtered(nn.Module):
    """Minimal filtering over time; the products are convolutions of pictures."""

    def __init__(self, original: nn.Conv3d, frames: int) -> None:
        super().__init__()
        given = 4 if frames % 4 == 0 else 2
        after, kernel, before = minimal_filtering(given)
        count, steps = len(kernel), frames // given
        self._frames, self._count, self._steps = frames, count, steps
        out, channels = original.weight.shape[:2]
        weight = original.weight.detach().double()
        products = torch.einsum("nt,octhw->nochw", torch.from_numpy(kernel), weight)
        self.convolution = nn.Conv2d(
            count * channels,
            count * out,
            original.kernel_size[1:],
            original.stride[1:],
            original.padding[1:],
            groups=count,
        )
        # Added to the products such that each frame gets it once.
        share, *_ = np.linalg.lstsq(after, np.ones(given))
        bias = torch.zeros(out) if original.bias is None else original.bias.detach()
        _put(
            self.convolution,
            products.flatten(0, 1),
            torch.outer(torch.from_numpy(share), bias.double()).flatten(),
        )
        gather, spread = (
            np.zeros((steps * count, frames)),
            np.kron(np.eye(steps), after),
        )
        for step in range(steps):
            for place in range(count):
                frame = given * step + place - 1
                if 0 <= frame < frames:  # beyond are frames of zeros
                    gather[count * step : count * (step + 1), frame] += before[:, place]
        self.register_buffer("gather", torch.from_numpy(gather).float())
        self.register_buffer("spread", torch.from_numpy(spread).float())

    def forward(self, pictures: Tensor) -> Tensor:
        size = pictures.shape[1:]
        moved = self.get_buffer("gather") @ pictures.reshape(
            -1, self._frames, size.numel()
        )
        made: Tensor = self.convolution(
            moved.reshape(-1, self._count * size[0], *size[1:])
        )
        shape = (made.shape[1] // self._count, *made.shape[2:])
        rows = made.reshape(-1, self._steps * self._count, int(np.prod(shape)))
        return (self.get_buffer("spread") @ rows).reshape(-1, *shape)


class _Joined(nn.Module):
    """A convolution that sees the frames that a kernel joins as channels."""

    def __init__(self, original: nn.Conv3d, frames: int) -> None:
        super().__init__()
        self._frames = frames
        self._taps, self._stride, self._padding = (
            original.kernel_size[0],
            original.stride[0],
            int(original.padding[0]),
        )
        out, channels = original.weight.shape[:2]
        self.convolution = nn.Conv2d(
            self._taps * channels,
            out,
            original.kernel_size[1:],
            original.stride[1:],
            original.padding[1:],
            bias=original.bias is not None,
        )
        weight = original.weight.detach().transpose(1, 2).flatten(1, 2)
        _put(self.convolution, weight, original.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        if self._taps > 1 or self._stride > 1:
            pictures = self._joined(pictures)
        result: Tensor = self.convolution(pictures)
        return result

    def _joined(self, pictures: Tensor) -> Tensor:
        apart = pictures.reshape(-1, self._frames, *pictures.shape[1:])
        padding = (0, 0, 0, 0, 0, 0, self._padding, self._padding)
        padded = nn.functional.pad(apart, padding)
        count = (padded.shape[1] - self._taps) // self._stride + 1
        reach = (count - 1) * self._stride + 1
        taps = [padded[:, k : k + reach : self._stride] for k in range(self._taps)]
        return torch.cat(taps, dim=2).flatten(0, 1)


class _Mean(nn.Module):
    """The mean over frames and places, ``(batch, channels)``."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self._frames = frames

    def forward(self, pictures: Tensor) -> Tensor:
        apart = pictures.reshape(-1, self._frames, *pictures.shape[1:])
        return apart.mean(dim=(1, 3, 4))


def _is_cube(layer: nn.Conv3d) -> bool:
    return bool(layer.kernel_size[0] == TAPS and min(layer.kernel_size) > 1)


def _can_be_filtered(layer: nn.Conv3d, frames: int) -> bool:
    return bool(
        _is_cube(layer)
        and layer.stride[0] == 1
        and layer.padding[0] == 1
        and layer.in_channels >= FEWEST_CHANNELS
        and frames % 2 == 0
    )


def _put(layer: nn.Conv2d, weight: Tensor, bias: Tensor | None) -> None:
    with torch.no_grad():
        layer.weight.copy_(weight)
        if layer.bias is not None and bias is not None:
            layer.bias.copy_(bias)


def _fold(module: nn.Module) -> None:
    """Make each batch normalisation part of the convolution before it, in place."""
    children = list(module.named_children())
    for (before, _), (name, norm) in itertools.pairwise(children):
        if isinstance(norm, nn.BatchNorm3d):
            holder, key = _last(module, before)
            setattr(holder, key, fuse_conv_bn_eval(getattr(holder, key), norm))
            setattr(module, name, nn.Identity())
    for _, child in children:
        _fold(child)


def _last(holder: nn.Module, name: str) -> tuple[nn.Module, str]:
    """Return where the last layer of a child is kept."""
    child = getattr(holder, name)
    if not isinstance(child, nn.Sequential):
        return holder, name
    return _last(child, list(child.named_children())[-1][0])


def _frames_seen(body: nn.Module, example: Tensor) -> Mapping[nn.Module, int]:
    """Return how many frames each layer over time receives."""
    seen: dict[nn.Module, int] = {}

    def note(layer: nn.Module, given: tuple[Any, ...]) -> None:
        seen[layer] = given[0].shape[2]

    hooks = [
        layer.register_forward_pre_hook(note)
        for layer in body.modules()
        if isinstance(layer, nn.Conv3d | nn.AdaptiveAvgPool3d)
    ]
    with torch.no_grad():
        body(example)
    for hook in hooks:
        hook.remove()
    return seen


def _replace(module: nn.Module, frames: Mapping[nn.Module, int]) -> None:
    for name, child in module.named_children():
        if child not in frames:
            _replace(child, frames)
        elif not isinstance(child, nn.Conv3d):
            setattr(module, name, _Mean(frames[child]))
        elif _can_be_filtered(child, frames[child]):
            setattr(module, name, _Filtered(child, frames[child]))
        else:
            setattr(module, name, _Joined(child, frames[child]))
