"""What was said, by a speech recogniser in this process: Whisper through transformers.

A transcript is a hint for a model that answers questions, and is said to be one.
"""

from __future__ import annotations

import io
import wave

import numpy as np

from s3ns.facts import CapabilityError
from s3ns.neural.mllm.local import folder_of, load
from s3ns.neural.mllm.request import Voice
from s3ns.neural.video import SOUND_RATE

_PIECE = 30 * SOUND_RATE  # samples that Whisper takes at once
_TOKENS = 200  # for each piece


class Transcriber:
    """Writes down what is said.

    Attributes
    ----------
    identity
        What tells the recogniser from others.

    Parameters
    ----------
    model
        Folder of a Whisper model, or its name in the local cache.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    CapabilityError
        If PyTorch or transformers is not installed, or the device is not there.
    ModelError
        If the model is not there, is of another kind or cannot be loaded.
    """

    def __init__(self, model: str, device: str) -> None:
        folder = folder_of(model, download=False)
        self._loaded = load(folder, device)
        if not self._loaded.hears or self._loaded.model.config.model_type != "whisper":
            raise CapabilityError(
                "expected a Whisper model for --set transcript=FOLDER"
            )
        self.identity = f"sha256:{self._loaded.sha256}"

    def __call__(self, voice: Voice) -> str:
        """Return the words of a piece of sound, by the likeliest word at each place."""
        import torch

        with wave.open(io.BytesIO(voice.wav)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        loaded = self._loaded
        words = []
        for first in range(0, len(samples), _PIECE):
            piece = samples[first : first + _PIECE].astype(np.float32) / 32768
            with loaded.lock, torch.inference_mode():
                given = loaded.processor(
                    piece, sampling_rate=SOUND_RATE, return_tensors="pt"
                ).to(loaded.model.device, loaded.model.dtype)
                made = loaded.model.generate(
                    **given, do_sample=False, max_new_tokens=_TOKENS
                )
            words += loaded.processor.batch_decode(made, skip_special_tokens=True)
        return " ".join(" ".join(words).split())
