"""Comparing an exported network with the one in torch: what it gives, how fast."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

ROUNDS = 5


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
        One minus the cosine of all values together.
    scale
        Largest absolute value that torch gave, to compare with.
    """

    output: str
    largest: float
    cosine: float
    scale: float


@dataclass(frozen=True)
class Speed:
    """Seconds for one run, the median of some, on the same number of threads."""

    torch: float
    onnxruntime: float
    threads: int

    @property
    def gain(self) -> float:
        """How many times as fast onnxruntime is."""
        return self.torch / self.onnxruntime


def compare(
    network: nn.Module, path: Path, samples: Sequence[Sequence[np.ndarray]]
) -> list[OutputParity]:
    """Run both on all samples.

    Parameters
    ----------
    network
        The network in torch; one output or a tuple of them.
    path
        The ONNX file.
    samples
        Inputs, in order.
    """
    session = _session(path, threads=1)
    names = [port.name for port in session.get_outputs()]
    pairs: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {n: [] for n in names}
    for sample in samples:
        expected = _in_torch(network, sample)
        given = session.run(None, _feed(session, sample))
        for name, ours, theirs in zip(names, given, expected, strict=True):
            pairs[name].append((np.float64(ours).ravel(), np.float64(theirs).ravel()))
    return [_parity(name, found) for name, found in pairs.items()]


def measure(
    network: nn.Module, path: Path, sample: Sequence[np.ndarray], *, threads: int
) -> Speed:
    """Time both in turn on one sample, on the CPU."""
    session = _session(path, threads)
    feed = _feed(session, sample)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        runs: tuple[Callable[[], Any], ...] = (
            lambda: _in_torch(network, sample),
            lambda: session.run(None, feed),
        )
        spent: tuple[list[float], list[float]] = ([], [])
        for turn in range(ROUNDS + 1):
            for run, seconds in zip(runs, spent, strict=True):
                begun = time.perf_counter()
                run()
                if turn:  # the first run warms up
                    seconds.append(time.perf_counter() - begun)
    finally:
        torch.set_num_threads(before)
    eager, exported = map(statistics.median, spent)
    return Speed(eager, exported, threads)


def _in_torch(network: nn.Module, sample: Sequence[np.ndarray]) -> list[np.ndarray]:
    with torch.inference_mode():
        found = network(*(torch.from_numpy(value) for value in sample))
    several = found if isinstance(found, (tuple, list)) else (found,)
    return [value.float().numpy() for value in several]


def _parity(name: str, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> OutputParity:
    ours = np.concatenate([one for one, _ in pairs])
    theirs = np.concatenate([other for _, other in pairs])
    lengths = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    cosine = 1 - float(ours @ theirs) / lengths if lengths else 0.0
    return OutputParity(
        output=name,
        largest=float(np.abs(ours - theirs).max()),
        cosine=max(0.0, cosine),
        scale=float(np.abs(theirs).max()),
    )


def _feed(session: Any, sample: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    names = [port.name for port in session.get_inputs()]
    return dict(zip(names, sample, strict=True))


def _session(path: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
