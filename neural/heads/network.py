"""The network of the temporal heads, its training and its export; needs PyTorch."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from s3ns.neural.signals import Series

# The network and its training are of the usual kind; all numbers here are design.
WIDTH = 64
DILATIONS = (1, 2, 4, 8, 16, 32)
"""Steps between the three moments that a block looks at: 126 to each side in all, eight
seconds at 15 steps per second."""
DROPOUT = 0.15

LENGTH, BATCH = 320, 16
"""Steps of an excerpt, and excerpts in a batch."""
LEARNING_RATE, DECAY, LONGEST_GRADIENT = 2e-3, 1e-2, 1.0
HEAVIEST = 6.0
"""Weight of a step that shows a sign over one that does not, at the most; the root of
how rare the sign is."""
TEMPO, WAVER, OFFSET, GAIN = 0.1, 0.15, 0.1, 0.1
"""Augmentation: change of tempo, and deviation of noise per step, of a shift of each
channel, and of the logarithm of its gain."""
LOST, LOST_STEPS, LOST_CHANNELS = 0.3, 45, 40
"""Share of excerpts in which channels next to each other, which are of one part of the
body, are lost for a while, as by a nurse's arm; most steps and channels."""
SWAPPED, SWAPPED_STEPS = 0.1, 15
"""Share of excerpts in which the sides are mistaken for a moment; most steps."""


@dataclass(frozen=True)
class Example:
    """A film for training.

    Attributes
    ----------
    channels
        ``(2, n, channels)``; see :func:`~s3ns.neural.heads.channels.channels`.
    truth
        ``(2, n, 2 * signs)``: 1 where the own side shows a sign, then 1 where the sign
        can be judged.
    counts
        As ``truth``: 1 where it counts.
    """

    channels: Series
    truth: Series
    counts: Series


class Network(nn.Module):
    """A temporal convolution (Bai 2018, arXiv 1803.01271) with residual blocks.

    It takes ``(batch, n, channels)`` and returns the chances ``(batch, n, outputs)``.
    """

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(channels, WIDTH, 1)
        self.blocks = nn.ModuleList(_Block(dilation) for dilation in DILATIONS)
        self.last = nn.Conv1d(WIDTH, outputs, 1)

    def logits(self, values: Tensor) -> Tensor:
        """Return the chances as log-odds."""
        shown = functional.dropout1d(_turned(values), DROPOUT / 2, self.training)
        hidden = self.first(shown)
        for block in self.blocks:
            hidden = block(hidden)
        return _turned(self.last(hidden))

    def forward(self, values: Tensor) -> Tensor:
        """Return the chances."""
        return torch.sigmoid(self.logits(values))


class _Block(nn.Module):
    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.over_time = nn.Conv1d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation)
        self.across = nn.Conv1d(WIDTH, WIDTH, 1)

    def forward(self, values: Tensor) -> Tensor:
        hidden = functional.gelu(self.over_time(_turned(self.norm(_turned(values)))))
        hidden = functional.dropout1d(hidden, DROPOUT, self.training)
        return values + cast(Tensor, self.across(hidden))


def _turned(values: Tensor) -> Tensor:
    """Return a batch with time and channels exchanged."""
    return values.transpose(1, 2)


class _Together(nn.Module):
    """Several networks that speak as one."""

    def __init__(self, networks: Sequence[Network]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, values: Tensor) -> Tensor:
        return torch.stack([network(values) for network in self.networks]).mean(0)


def train(examples: Sequence[Example], *, steps: int, seed: int) -> Network:
    """Train a network on excerpts of the examples, drawn at random and roughened."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    first = examples[0]
    network = Network(first.channels.shape[-1], first.truth.shape[-1])
    shown = sum((e.truth * e.counts).sum((0, 1)) for e in examples)
    all_steps = sum(e.counts.sum((0, 1)) for e in examples)
    rarity = np.sqrt((all_steps - shown) / np.maximum(shown, 1))
    weight = torch.tensor(np.clip(rarity, 1, HEAVIEST), dtype=torch.float32)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=LEARNING_RATE, weight_decay=DECAY
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, total_steps=steps, pct_start=0.1
    )
    network.train()
    for _ in range(steps):
        drawn = [_excerpt(random, examples) for _ in range(BATCH)]
        values, truth, counts = (
            torch.from_numpy(np.stack(part)) for part in zip(*drawn, strict=True)
        )
        losses = functional.binary_cross_entropy_with_logits(
            network.logits(values), truth, pos_weight=weight, reduction="none"
        )
        loss = (losses * counts).sum() / counts.sum().clamp(min=1)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), LONGEST_GRADIENT)
        optimiser.step()
        schedule.step()
    network.eval()
    return network


Excerpt = tuple[npt.NDArray[np.float32], ...]


def _excerpt(random: np.random.Generator, examples: Sequence[Example]) -> Excerpt:
    example = examples[int(random.integers(len(examples)))]
    side = random.integers(2)
    count = example.channels.shape[1]
    tempo = random.uniform(1 - TEMPO, 1 + TEMPO)
    steps = np.minimum((np.arange(int(count / tempo)) * tempo).round(), count - 1)
    start = random.integers(max(1, len(steps) - LENGTH + 1))
    steps = steps[start : start + LENGTH].astype(int)
    values = example.channels[side, steps]
    if random.random() < SWAPPED:
        mistaken = _stretch(random, len(steps), SWAPPED_STEPS)
        values[mistaken] = example.channels[1 - side, steps[mistaken]]
    if random.random() < LOST:
        part = _stretch(random, values.shape[1], LOST_CHANNELS)
        values[_stretch(random, len(steps), LOST_STEPS), part] = 0
    if random.random() < 0.5:
        values = values + random.normal(0, random.uniform(0, WAVER), values.shape)
    if random.random() < 0.5:
        values = values + random.normal(0, OFFSET, values.shape[1])
    values = values * np.exp(random.normal(0, GAIN, values.shape[1]))
    rest = ((0, LENGTH - len(steps)), (0, 0))
    return tuple(
        np.pad(part, rest).astype(np.float32)
        for part in (values, example.truth[side, steps], example.counts[side, steps])
    )


def _stretch(random: np.random.Generator, count: int, longest: int) -> slice:
    start = int(random.integers(count))
    return slice(start, start + int(random.integers(1, longest + 1)))


def as_onnx(networks: Sequence[Network]) -> bytes:
    """Return networks as one ONNX model that averages what they say."""
    together = _Together(networks).eval()
    example = torch.zeros(2, LENGTH, networks[0].first.in_channels)
    stream = io.BytesIO()
    torch.onnx.export(
        together,
        (example,),
        stream,
        input_names=["channels"],
        output_names=["chances"],
        dynamic_axes={"channels": {1: "steps"}, "chances": {1: "steps"}},
        dynamo=False,
    )
    return stream.getvalue()
