"""A language model in this process, through transformers.

Only safetensors weights are read and no code that comes with a model is run. Nothing is
downloaded unless asked.
"""

from __future__ import annotations

import hashlib
import io
import threading
import wave
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from s3ns.facts import CapabilityError, ModelError
from s3ns.neural.mllm.likelihood import ALTERNATIVES, beginning_of, chances
from s3ns.neural.mllm.request import Part, Picture, Reply, Request
from s3ns.neural.mllm.settings import MllmSettings
from s3ns.neural.torch_device import torch_device

_FILES = ("*.json", "*.jinja", "*.txt", "*.safetensors")
"""All that makes a model; pickled weights and Python files stay out."""

_CLASSES = {
    # The whole model would speak its answer; the part that thinks is enough.
    "qwen2_5_omni": "Qwen2_5OmniThinkerForConditionalGeneration",
    "qwen3_omni_moe": "Qwen3OmniMoeThinkerForConditionalGeneration",
    "audioflamingo3": "AudioFlamingo3ForConditionalGeneration",
    "whisper": "WhisperForConditionalGeneration",
}
"""Classes of models that transformers does not find by their kind of use."""


class LocalModel:
    """Asks a model in this process; the same question gives the same answer.

    Parameters
    ----------
    settings
        The folder or the name of the model, and whether it may be downloaded.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    CapabilityError
        If PyTorch or transformers is not installed, or the device is not there.
    ModelError
        If the model is not there or cannot be loaded.
    """

    concurrency = 1
    address = ""

    def __init__(self, settings: MllmSettings, device: str) -> None:
        folder = folder_of(settings.model, download=settings.download)
        self._loaded = load(folder, device)
        self._closed = threading.Event()
        self.sees, self.hears = self._loaded.sees, self._loaded.hears
        self.identity = f"sha256:{self._loaded.sha256}"
        self.remarks: tuple[str, ...] = ()

    def ask(self, request: Request) -> Reply:
        """Return the likeliest answer, word by word; the schema is not enforced.

        Raises
        ------
        CapabilityError
            If the memory of the device does not hold question and answer.
        """
        import torch

        loaded = self._loaded
        recorder = _Recorder()
        messages = [
            {"role": "system", "content": [{"type": "text", "text": request.system}]},
            {"role": "user", "content": [_content(p) for p in request.parts]},
        ]
        try:
            with loaded.lock, torch.inference_mode():
                given = loaded.processor.apply_chat_template(
                    messages,
                    tokenize=True,
                    add_generation_prompt=True,
                    return_dict=True,
                    return_tensors="pt",
                ).to(loaded.model.device, loaded.model.dtype)
                made = loaded.model.generate(
                    **given,
                    do_sample=False,
                    max_new_tokens=request.tokens,
                    stopping_criteria=[self._must_stop],
                    logits_processor=[recorder] if request.weighed else [],
                )
        except torch.OutOfMemoryError as error:
            raise CapabilityError(
                "the memory of the device does not hold a question; show less with "
                "--set pixels=N, --set window=SECONDS or --set fps=N"
            ) from error
        if self._closed.is_set():
            raise CapabilityError("stopped")
        said = made[:, given["input_ids"].shape[1] :]
        (text,) = loaded.processor.batch_decode(said, skip_special_tokens=True)
        return Reply(str(text), self._chances(request, said[0].tolist(), recorder))

    def _chances(
        self, request: Request, said: list[int], recorder: _Recorder
    ) -> dict[str, float] | None:
        if not request.weighed:
            return None
        decode = self._loaded.processor.tokenizer.decode
        found = beginning_of(request.weighed, [decode([token]) for token in said])
        if found is None:
            return None
        place, before = found
        likely = {decode([token]): w for token, w in recorder.likely[place].items()}
        return chances(before, likely, request.values)

    def close(self) -> None:
        """Let an answer that is being written end at its next word."""
        self._closed.set()

    def _must_stop(self, tokens: Any, *_: Any, **__: Any) -> Any:
        import torch

        stop = self._closed.is_set()
        return torch.full((len(tokens),), stop, dtype=torch.bool, device=tokens.device)


class _Recorder:
    """Notes the likeliest tokens at each place while an answer is written."""

    def __init__(self) -> None:
        self.likely: list[dict[int, float]] = []

    def __call__(self, _said: Any, scores: Any) -> Any:
        top = scores[0].float().log_softmax(dim=-1).topk(ALTERNATIVES)
        tokens, logarithms = top.indices.tolist(), top.values.tolist()
        self.likely.append(dict(zip(tokens, logarithms, strict=True)))
        return scores


@dataclass(frozen=True)
class Loaded:
    """A model ready to run."""

    model: Any
    processor: Any
    sha256: str
    sees: bool
    hears: bool
    lock: threading.Lock


def folder_of(model: str, *, download: bool) -> Path:
    """Return the folder of a model that is named by it, or by its name on the hub.

    Raises
    ------
    CapabilityError
        If none is named, or a package is missing that would look for it.
    ModelError
        If it is not there, or not as safetensors.
    """
    if not model:
        raise CapabilityError(
            "expected a model; add --model FOLDER, or --model NAME and --set server=URL"
        )
    folder = Path(model)
    if not folder.is_dir():
        _needed()
        from huggingface_hub import snapshot_download

        try:
            folder = Path(
                snapshot_download(
                    model, local_files_only=not download, allow_patterns=list(_FILES)
                )
            )
        except Exception as error:
            raise ModelError(
                f"the model {model!r} is neither a folder nor in the local cache; name "
                "its folder, or add --set download=true to fetch it"
            ) from error
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        raise ModelError(
            f"expected config.json and *.safetensors in {folder}, as transformers "
            "writes them; pickled weights are not read"
        )
    return folder


def _needed() -> Any:
    try:
        import torch  # noqa: F401
        import transformers
        from PIL import Image  # noqa: F401
    except ImportError as error:
        raise CapabilityError(
            f"running a language model in this process needs {error.name}; install "
            'it with pip install "s3ns[mllm]", or name a server with --set server=URL'
        ) from error
    return transformers


@lru_cache(maxsize=2)  # many videos are asked about with one model and one recogniser
def load(folder: Path, device: str) -> Loaded:
    """Load a model to ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    CapabilityError
        If PyTorch or transformers is not installed, there is no such device, or its
        memory is too small.
    ModelError
        If it cannot be loaded, or weights of it are missing.
    """
    transformers = _needed()
    device = torch_device(device)
    local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        config = transformers.AutoConfig.from_pretrained(folder, **local)
        name = _CLASSES.get(config.model_type, "AutoModelForImageTextToText")
        processor = transformers.AutoProcessor.from_pretrained(folder, **local)
        model, report = getattr(transformers, name).from_pretrained(
            folder,
            use_safetensors=True,
            dtype="auto",
            output_loading_info=True,
            **local,
        )
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise ModelError(
            f"transformers {transformers.__version__} cannot load the model in "
            f"{folder}: {said}"
        ) from error
    if missing := sorted(report["missing_keys"]):
        # They would be filled with noise, and the answers be noise.
        raise ModelError(
            f"{len(missing)} weights of the model are not in {folder}, such as "
            f"{missing[0]}; fetch it again"
        )
    import torch

    try:
        placed = model.to(device).eval()
    except torch.OutOfMemoryError as error:
        raise CapabilityError(
            f"the memory of {device} does not hold the model; use a smaller one, or a "
            "server that spreads it over several GPUs with --set server=URL"
        ) from error
    return Loaded(
        model=placed,
        processor=processor,
        sha256=_hash_of(folder),
        sees=getattr(processor, "image_processor", None) is not None,
        hears=getattr(processor, "feature_extractor", None) is not None,
        lock=threading.Lock(),
    )


def _hash_of(folder: Path) -> str:
    """Return one hash of all files that make a model."""
    whole = hashlib.sha256()
    for path in sorted({path for form in _FILES for path in folder.glob(form)}):
        part = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                part.update(block)
        whole.update(f"{path.name} {part.hexdigest()}\n".encode())
    return whole.hexdigest()


def _content(part: Part) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if isinstance(part, Picture):
        from PIL import Image

        image = Image.open(io.BytesIO(part.jpeg)).convert("RGB")
        return {"type": "image", "image": image}
    with wave.open(io.BytesIO(part.wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return {"type": "audio", "audio": samples.astype(np.float32) / 32768}
