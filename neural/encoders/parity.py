"""Comparing an exported network with the one in torch: what it gives, how fast."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from s3ns.facts import CapabilityError, bad_value
from s3ns.neural.runtime import DEVICES, check_device, knows_device, open_model
from s3ns.neural.torch_device import torch_device

ROUNDS = 5
WARM_UP = 3  # memory is held from the second run on, and a graph recorded in it


@dataclass(frozen=True)
class OutputParity:
    """How far one output is from that of torch, over all samples.

    Attributes
    ----------
    output
        Its name.
    largest
        Largest absolute difference of two values.
    cosine
        One minus the cosine of all values together; 1 if only one of them is nothing.
    scale
        Largest absolute value that torch gave, to compare with.
    """

    output: str
    largest: float
    cosine: float
    scale: float


@dataclass(frozen=True)
class Speed:
    """Seconds for one run, the median of some, on the same device and threads.

    On a GPU, inputs come from and outputs go to the memory of the computer in both.
    """

    torch: float
    onnxruntime: float
    threads: int
    device: str
    remark: str

    @property
    def gain(self) -> float:
        """How many times as fast onnxruntime is."""
        return self.torch / self.onnxruntime


def comparable_device(name: str) -> str:
    """Return the device on which both run, before anything is exported.

    Parameters
    ----------
    name
        ``cpu``, ``cuda`` or ``tensorrt``; ``auto`` is CUDA where both were built for
        it and a GPU is there, and the CPU elsewhere.

    Raises
    ------
    CapabilityError
        If there is no such device for one of them.
    """
    if name == "auto":
        both = knows_device("cuda") and torch.cuda.is_available()
        return "cuda" if both else "cpu"
    if name not in DEVICES:
        raise CapabilityError(bad_value("device", name, DEVICES))
    check_device(name)
    _beside(name)
    return name


def compare(
    network: nn.Module,
    path: Path,
    samples: Sequence[Sequence[np.ndarray]],
    *,
    device: str = "cpu",
) -> list[OutputParity]:
    """Run both on all samples.

    Parameters
    ----------
    network
        The network in torch; one output or a tuple of them. It runs on the CPU.
    path
        The ONNX file.
    samples
        Inputs, in order.
    device
        What the file runs on.
    """
    model = open_model(path, device)
    pairs: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for sample in samples:
        expected = _in_torch(network, sample, "cpu")
        given = model.run(*sample)
        for (name, ours), theirs in zip(given.items(), expected, strict=True):
            pair = np.float64(ours).ravel(), np.float64(theirs).ravel()
            pairs.setdefault(name, []).append(pair)
    return [_parity(name, found) for name, found in pairs.items()]


def measure(
    network: nn.Module,
    path: Path,
    sample: Sequence[np.ndarray],
    *,
    threads: int,
    device: str = "cpu",
) -> Speed:
    """Time both in turn on one sample.

    Raises
    ------
    CapabilityError
        If the device does not start.
    """
    model = open_model(path, device, steady=True, threads=threads)
    place = _beside(device)
    moved = network if place == "cpu" else copy.deepcopy(network).to(place)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        runs: tuple[Callable[[], Any], ...] = (
            lambda: _in_torch(moved, sample, place),
            lambda: model.run(*sample),
        )
        spent: tuple[list[float], list[float]] = ([], [])
        for turn in range(WARM_UP + ROUNDS):
            for run, seconds in zip(runs, spent, strict=True):
                begun = time.perf_counter()
                run()
                if turn >= WARM_UP:
                    seconds.append(time.perf_counter() - begun)
    finally:
        torch.set_num_threads(before)
    eager, exported = map(statistics.median, spent)
    return Speed(eager, exported, threads, device, model.remark)


def _beside(device: str) -> str:
    """Return where torch runs when onnxruntime runs on a device."""
    return torch_device("cpu" if device == "cpu" else "cuda")


def _in_torch(
    network: nn.Module, sample: Sequence[np.ndarray], place: str
) -> list[np.ndarray]:
    with torch.inference_mode():
        found = network(*(torch.from_numpy(value).to(place) for value in sample))
    several = found if isinstance(found, (tuple, list)) else (found,)
    return [value.float().cpu().numpy() for value in several]


def _parity(name: str, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> OutputParity:
    ours = np.concatenate([one for one, _ in pairs])
    theirs = np.concatenate([other for _, other in pairs])
    lengths = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    if lengths:
        cosine = 1 - float(ours @ theirs) / lengths
    else:
        cosine = float(ours.any() or theirs.any())
    return OutputParity(
        output=name,
        largest=float(np.abs(ours - theirs).max()),
        cosine=max(cosine, 0.0),  # in this order what is no number stays none
        scale=float(np.abs(theirs).max()),
    )
