"""The BERTScore-like F1 of S3: texts compared by the states of a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt

from s3ns.benchmarks.s3.texts import Pair
from s3ns.facts import CapabilityError, ModelError

LAYER = 9
"""Hidden layer whose states are compared. S3 takes them from deberta-xlarge-mnli."""

MOST_TOKENS = 512

_BATCH = 16

States = npt.NDArray[np.float32]


class HiddenStates:
    """Compares texts by the hidden states of a model in a local folder.

    Each token of a text goes with the most similar one of the other by the cosine of
    their states. Precision is the mean over the tokens of what was said, recall that
    over the expert's. Special tokens count, rare words weigh as all others, and nothing
    is rescaled.
    """

    def __init__(self, folder: Path, *, device: str = "cpu") -> None:
        """Load a model.

        Parameters
        ----------
        folder
            With the configuration, tokenizer and ``model.safetensors`` of a model.
            Nothing is fetched, no code in the folder is run and nothing unpickled.
        device
            For torch.

        Raises
        ------
        CapabilityError
            If torch or transformers are not installed.
        ModelError
            If the folder holds no such model, or one with too few layers.
        """
        try:
            import torch
            from transformers import AutoModel, AutoTokenizer
            from transformers.utils import logging
        except ImportError as error:
            raise CapabilityError(
                f"BERTScore needs the package {error.name}; pip install 's3ns[mllm]'"
            ) from error
        logging.disable_progress_bar()
        safely: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(str(folder), **safely)
            model = AutoModel.from_pretrained(
                str(folder), use_safetensors=True, **safely
            )
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{folder} holds no language model: expected config.json, a tokenizer "
                "and model.safetensors"
            ) from error
        layers = model.config.num_hidden_layers
        if layers < LAYER:
            raise ModelError(
                f"the model in {folder} has {layers} layers; BERTScore reads number "
                f"{LAYER}"
            )
        self._torch = torch
        self._device = device
        self._model = model.to(device).eval()

    def f1(self, pairs: Sequence[Pair]) -> float:
        """Return the mean F1 of pairs, 0 to 1; that of an empty text is 0."""
        texts = list(dict.fromkeys(text for pair in pairs for text in pair if text))
        states = dict(zip(texts, self._states(texts), strict=True))
        return fmean(
            greedy_f1(states[said], states[expert]) if said and expert else 0.0
            for said, expert in pairs
        )

    def _states(self, texts: Sequence[str]) -> Iterator[States]:
        """Yield the states of each text: tokens x dimensions, of length 1 each."""
        for begin in range(0, len(texts), _BATCH):
            batch = self._tokenizer(
                list(texts[begin : begin + _BATCH]),
                truncation=True,
                max_length=MOST_TOKENS,
                padding=True,
                return_tensors="pt",
            ).to(self._device)
            with self._torch.inference_mode():
                output = self._model(**batch, output_hidden_states=True)
            layer = output.hidden_states[LAYER].float().cpu().numpy()
            masks = batch["attention_mask"].cpu().numpy().astype(bool)
            for states, mask in zip(layer, masks, strict=True):
                kept = states[mask]
                yield kept / np.linalg.norm(kept, axis=1, keepdims=True)


def greedy_f1(said: States, expert: States) -> float:
    """Return the F1 of two texts.

    Parameters
    ----------
    said, expert
        States of the tokens, tokens x dimensions, of length 1 each.
    """
    cosines = said @ expert.T
    precision = float(cosines.max(axis=1).mean())
    recall = float(cosines.max(axis=0).mean())
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0
