"""Training one encoder on the clips of one split, so that it can be stopped anywhere.

All chance of an epoch (order, flips, dropout) follows from the seed and its number, and
the state is kept at the end of each epoch. A training that was stopped and taken up
again thus gives the same weights as one that ran through, on the same machine with the
same number of threads. On a GPU this holds as far as its kernels are deterministic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from s3ns.facts import CapabilityError, InputError
from s3ns.neural.encoders.architectures import Encoder, build
from s3ns.neural.encoders.card import WEIGHTS_FILE, EncoderCard
from s3ns.neural.encoders.checkpoint import (
    load_tensors,
    optimizer_tensors,
    restore_optimizer,
    save_tensors,
    start_from,
    weights_hash,
)
from s3ns.neural.encoders.corpus import Corpus
from s3ns.neural.encoders.folds import Split
from s3ns.neural.encoders.scores import sigmoid
from s3ns.neural.encoders.settings import Precision, TrainSettings
from s3ns.neural.models.archives import sha256_of
from s3ns.neural.prefetch import prefetched
from s3ns.neural.torch_device import torch_device

CHECKPOINT_FILE = "checkpoint.safetensors"
LARGEST_WEIGHT = 20.0
"""A sign in one window of many would else drown all others (design)."""
BATCHES_AHEAD = 2

Progress = Callable[[float, float], None]
Log = Callable[[dict[str, float]], None]


@dataclass(frozen=True)
class Trained:
    """The best network, what became of each epoch, and which epoch it is from."""

    encoder: Encoder
    history: list[dict[str, float]]
    best_epoch: int


class Trainer:
    """One training; see :meth:`run`."""

    def __init__(
        self,
        card: EncoderCard,
        corpus: Corpus,
        split: Split,
        options: TrainSettings,
        folder: Path,
    ) -> None:
        self._options = options
        self._device = torch.device(torch_device(options.device))
        self._folder = folder
        self._pictures = corpus.pictures
        self._labels = corpus.labels
        self._train = _judged(corpus, split.train)
        self._validation = _judged(corpus, split.validation)
        for name, rows in (("train", self._train), ("validation", self._validation)):
            if not len(rows):
                raise InputError(
                    f"no window of the {name} patients has a sign that could be "
                    "judged; use more clips or fewer folds"
                )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            self._encoder = build(card)
        self._encoder.to(self._device)
        self._weights = class_weights(self._labels[self._train]).to(self._device)
        self._optimizer = torch.optim.AdamW(
            self._encoder.parameters(), lr=options.rate, weight_decay=options.decay
        )
        # A GradScaler that is off hands everything through.
        self._scaler = torch.amp.GradScaler(
            self._device.type, enabled=options.precision == "fp16"
        )
        used = np.concatenate([self._train, self._validation])
        self._settings = {
            "options": options.of_the_result(),
            "card": card.to_json(),
            "labels": sha256_of(used.tobytes() + self._labels[used].tobytes()),
            "start_from": "",
        }
        self._history: list[dict[str, float]] = []
        self._best_epoch = 0

    def start_from(self, weights: Path) -> None:
        """Take over published weights before the first epoch."""
        start_from(self._encoder, weights)
        self._settings["start_from"] = weights_hash(self._encoder)

    def run(self, *, resume: bool, progress: Progress, log: Log) -> Trained:
        """Train until the validation loss no longer falls, and return the best.

        Parameters
        ----------
        resume
            Whether to go on where an earlier run in the folder was stopped.
        progress
            Called with the epochs done, in parts, and the epochs in all.
        log
            Called with the numbers of each epoch.

        Raises
        ------
        InputError
            If the run to go on with had other settings, clips, labels or published
            weights.
        """
        if resume and (self._folder / CHECKPOINT_FILE).is_file():
            self._restore()
        with torch.random.fork_rng():
            while not self._is_done():
                epoch = len(self._history) + 1
                torch.manual_seed(_seed(self._options.seed, epoch))
                loss = self._learn(epoch, progress)
                row = {
                    "epoch": epoch,
                    "train_loss": loss,
                    "validation_loss": self._validation_loss(),
                }
                _check_finite(row)
                self._history.append(row)
                self._keep()
                log(row)
        tensors, _ = load_tensors(self._folder / WEIGHTS_FILE)
        self._encoder.load_state_dict(tensors)
        return Trained(self._encoder.eval(), self._history, self._best_epoch)

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Return what the network says of windows, ``(rows, signs)``."""
        return sigmoid(predict(self._encoder, self._pictures, rows, self._options))

    def _is_done(self) -> bool:
        epoch = len(self._history)
        waited = epoch - self._best_epoch
        return epoch >= self._options.epochs or waited >= self._options.patience

    def _learn(self, epoch: int, progress: Progress) -> float:
        self._encoder.train()
        options = self._options
        groups = math.ceil(len(self._train) / (options.batch * options.accumulate))
        total, judged = 0.0, 0
        for group, batches in enumerate(prefetched(self._groups(epoch), BATCHES_AHEAD)):
            step = (epoch - 1) * groups + group
            for part in self._optimizer.param_groups:
                part["lr"] = rate_at(step, groups * options.epochs, options.rate)
            count = sum(int((~labels.isnan()).sum()) for _, labels in batches)
            for pictures, labels in batches:
                loss = self._loss(pictures, labels)
                torch.autograd.backward(self._scaler.scale(loss / count))
                total += float(loss.detach())
            judged += count
            self._scaler.step(self._optimizer)
            self._scaler.update()
            self._optimizer.zero_grad(set_to_none=True)
            progress(epoch - 1 + (group + 1) / groups, options.epochs)
        return total / judged

    def _groups(self, epoch: int) -> Iterator[list[tuple[Tensor, Tensor]]]:
        """Yield the batches of each step of the optimizer."""
        random = np.random.default_rng((self._options.seed, epoch))
        rows = random.permutation(self._train)
        flips = random.random(len(rows)) < (0 if self._options.no_flip else 0.5)
        size = self._options.batch
        starts = range(0, len(rows), size)
        batches = []
        for number, first in enumerate(starts, start=1):
            part = slice(first, first + size)
            pictures = self._pictures[rows[part]]
            mirrored = flips[part]
            pictures[mirrored] = pictures[mirrored][:, :, :, ::-1]
            labels = torch.from_numpy(self._labels[rows[part]])
            batches.append((torch.from_numpy(pictures), labels))
            if number % self._options.accumulate == 0 or number == len(starts):
                yield batches
                batches = []

    def _loss(self, pictures: Tensor, labels: Tensor) -> Tensor:
        with _autocast(self._device, self._options.precision):
            logits = self._encoder(pictures.to(self._device))
        return masked_loss(logits.float(), labels.to(self._device), self._weights)

    def _validation_loss(self) -> float:
        logits = predict(self._encoder, self._pictures, self._validation, self._options)
        labels = torch.from_numpy(self._labels[self._validation])
        loss = masked_loss(torch.from_numpy(logits), labels, self._weights.cpu())
        return float(loss) / max(1, int((~labels.isnan()).sum()))

    def _keep(self) -> None:
        """Write the best weights, then the state, so that either fits the other."""
        losses = [row["validation_loss"] for row in self._history]
        state = self._encoder.state_dict()
        if losses[-1] == min(losses) and losses.index(losses[-1]) == len(losses) - 1:
            self._best_epoch = len(losses)
            save_tensors(self._folder / WEIGHTS_FILE, state)
        save_tensors(
            self._folder / CHECKPOINT_FILE,
            {
                **{f"model.{name}": value for name, value in state.items()},
                **optimizer_tensors(self._optimizer),
            },
            {
                "settings": self._settings,
                "history": self._history,
                "best_epoch": self._best_epoch,
                "scaler": self._scaler.state_dict(),
            },
        )

    def _restore(self) -> None:
        path = self._folder / CHECKPOINT_FILE
        tensors, state = load_tensors(path)
        if state["settings"] != self._settings:
            raise InputError(
                f"{path} is of a training with other clips or settings, or what is "
                "known of the clips has changed; use the same ones, or name another "
                "folder to begin anew"
            )
        prefix = "model."
        self._encoder.load_state_dict(
            {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
        )
        restore_optimizer(self._optimizer, tensors)
        self._scaler.load_state_dict(state["scaler"])
        self._history, self._best_epoch = state["history"], state["best_epoch"]


def _check_finite(row: Mapping[str, float]) -> None:
    for name in ("train_loss", "validation_loss"):
        if not math.isfinite(row[name]):
            raise CapabilityError(
                f"the {name.replace('_', ' ')} became {row[name]} in epoch "
                f"{row['epoch']:g}; use a lower --rate or --precision fp32"
            )


def class_weights(labels: np.ndarray) -> Tensor:
    """Return the weight of a seen window of each sign, ``(signs,)``.

    It makes seen and absent windows weigh the same in all, up to
    :data:`LARGEST_WEIGHT`.
    """
    seen, absent = (labels == 1).sum(axis=0), (labels == 0).sum(axis=0)
    ratio = absent / np.maximum(seen, 1)
    bounded = np.clip(ratio, 1 / LARGEST_WEIGHT, LARGEST_WEIGHT)
    return torch.from_numpy(bounded.astype(np.float32))


def masked_loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Return the sum of the cross-entropies where a label is known.

    Parameters
    ----------
    logits, labels
        ``(batch, signs)``; labels of 1, 0 and NaN.
    weights
        Weight of a seen window of each sign, ``(signs,)``.
    """
    known = ~labels.isnan()
    each = nn.functional.binary_cross_entropy_with_logits(
        logits, labels.nan_to_num(), pos_weight=weights, reduction="none"
    )
    return (each * known).sum()


def rate_at(step: int, steps: int, top: float) -> float:
    """Return the learning rate of a step, from 0.

    It rises over the first tenth and falls to zero by a half cosine (Loshchilov 2017,
    ICLR).
    """
    warm = max(1, steps // 10)
    if step < warm:
        return top * (step + 1) / warm
    share = (step - warm) / max(1, steps - warm)
    return top * 0.5 * (1 + math.cos(math.pi * share))


def predict(
    encoder: Encoder, pictures: np.ndarray, rows: np.ndarray, options: TrainSettings
) -> np.ndarray:
    """Return the logits of windows, ``(rows, signs)`` float32."""
    device = next(encoder.parameters()).device
    was_training = encoder.training
    encoder.eval()
    found = []
    with torch.inference_mode(), _autocast(device, options.precision):
        for first in range(0, len(rows), options.batch):
            batch = torch.from_numpy(pictures[rows[first : first + options.batch]])
            found.append(encoder(batch.to(device)).float().cpu().numpy())
    encoder.train(was_training)
    return np.concatenate(found) if found else np.zeros((0, 0), np.float32)


def _judged(corpus: Corpus, clips: Sequence[int]) -> np.ndarray:
    """Return the places of the windows of clips in which any sign could be judged."""
    rows = corpus.windows_of(clips)
    known = ~np.isnan(corpus.labels[rows])
    return np.asarray(rows[known.any(axis=1)])


def _autocast(device: torch.device, precision: Precision) -> Any:
    if precision == "fp32":
        return nullcontext()
    kind = torch.bfloat16 if precision == "bf16" else torch.float16
    return torch.autocast(device.type, dtype=kind)


def _seed(seed: int, epoch: int) -> int:
    """Return a seed for torch that differs for each epoch of each seed."""
    state = np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))
