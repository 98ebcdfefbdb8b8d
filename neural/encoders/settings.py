"""What a user may ask of a training: each field is an option of ``s3ns train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from s3ns.facts import bad_value
from s3ns.neural.encoders.card import Aggregation, Size, View
from s3ns.neural.extractor import about

Precision = Literal["fp32", "bf16", "fp16"]

_USUAL = View()
# of the weights to begin with, the trainer keeps the hash in place of the path
_NOT_OF_THE_RESULT = ("device", "fold", "start_from", "tensorboard")


class TrainSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How encoders are trained; the descriptions are shown to users.

    ``device`` is ``auto``, ``cpu`` or ``cuda``.
    """

    architecture: Annotated[
        str,
        about(
            "r3d_18, mc3_18, r2plus1d_18, videomae or vivit.", extra={"metavar": "NAME"}
        ),
    ] = "r3d_18"
    size: Annotated[Size, about("base is the published network.")] = "base"
    start_from: Annotated[
        Path | None,
        about(
            "Published weights to begin with (safetensors).",
            extra={"metavar": "WEIGHTS"},
        ),
    ] = None
    frames: Annotated[int, about("Pictures in a window.", ge=2)] = _USUAL.frames
    window_fps: Annotated[
        float, about("Pictures per second in a window.", ge=0.1, le=240)
    ] = _USUAL.fps
    picture: Annotated[int, about("Width and height of the pictures.", ge=16)] = (
        _USUAL.picture
    )
    stride: Annotated[
        Annotated[int, msgspec.Meta(ge=1)] | None,
        about("Pictures from one window to the next. [default: half a window]"),
    ] = None
    aggregation: Annotated[
        Aggregation, about("How the windows of a video are put together.")
    ] = "max"
    folds: Annotated[
        int,
        about(
            "Folds of patients: one tests, one stops and sets thresholds, the rest "
            "teach.",
            ge=1,
        ),
    ] = 5
    fold: Annotated[
        str,
        about("The fold that tests, or each in turn.", extra={"metavar": "NUMBER|all"}),
    ] = "0"
    epochs: Annotated[int, about("Most passes over the training windows.", ge=1)] = 30
    patience: Annotated[
        int,
        about("Stop after so many epochs without a lower validation loss.", ge=1),
    ] = 5
    batch: Annotated[int, about("Windows per pass through the network.", ge=1)] = 8
    accumulate: Annotated[int, about("Batches per step of the optimizer.", ge=1)] = 1
    rate: Annotated[
        float,
        about(
            "Learning rate after the first tenth of the steps; it falls to zero by a "
            "half cosine.",
            gt=0,
        ),
    ] = 1e-4
    decay: Annotated[float, about("Weight decay of AdamW.", ge=0)] = 0.05
    precision: Annotated[Precision, about("bf16 and fp16 are mixed precision.")] = (
        "fp32"
    )
    seed: Annotated[int, about("Of all chance.", ge=0)] = 0
    no_flip: Annotated[bool, about("Never show a window mirrored.")] = False
    tensorboard: Annotated[bool, about("Write logs for TensorBoard as well.")] = False
    device: str = "auto"

    def __post_init__(self) -> None:
        choices = [*map(str, range(self.folds)), "all"]
        if self.fold not in choices:
            raise ValueError(bad_value("fold", self.fold, choices))

    @property
    def view(self) -> View:
        """What an encoder is shown at once."""
        return View(frames=self.frames, fps=self.window_fps, picture=self.picture)

    @property
    def step(self) -> int:
        """Pictures from one window to the next."""
        return self.stride or max(1, self.frames // 2)

    @property
    def chosen_folds(self) -> list[int]:
        """The folds that test, one after the other."""
        return list(range(self.folds)) if self.fold == "all" else [int(self.fold)]

    def of_the_result(self) -> dict[str, object]:
        """Return what must be the same for a training to be gone on with."""
        every = msgspec.structs.asdict(self)
        return {k: v for k, v in every.items() if k not in _NOT_OF_THE_RESULT}
