"""The extractor that runs an exported encoder over a video, window by window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np

from s3ns import __version__
from s3ns.facts import (
    CapabilityError,
    Document,
    FileHash,
    InputError,
    ModelError,
    Step,
)
from s3ns.neural.encoders.card import EncoderCard
from s3ns.neural.encoders.findings import observations
from s3ns.neural.encoders.scores import sigmoid
from s3ns.neural.encoders.windows import windows
from s3ns.neural.extractor import (
    ExtractOptions,
    Progress,
    Settings,
    about,
    analysed_stretch,
    register_extractor,
)
from s3ns.neural.models.archives import sha256_of
from s3ns.neural.prefetch import prefetched
from s3ns.neural.runtime import Model, open_model
from s3ns.neural.video import probe

CARD_KEY = "s3ns.card"
"""Where an exported file keeps the card of its encoder."""

LEAST_OWN = 0.5
"""Share of the pictures of a window that a recording must have of its own (design)."""

_READ_AHEAD = 1  # windows


class EncoderSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the extractor ``encoder``; their descriptions are shown to users."""

    model: Annotated[str, about("File that s3ns export has written; needed.")] = ""


@register_extractor("encoder", EncoderSettings)
class EncoderExtractor:
    """Shows windows of a video to a trained encoder.

    Raises
    ------
    CapabilityError
        If no model is named.
    """

    name = "encoder"

    def __init__(self, settings: EncoderSettings) -> None:
        if not settings.model:
            raise CapabilityError(
                "the extractor encoder needs a model; name a file that `s3ns export` "
                "has written with --model"
            )
        self._path = Path(settings.model)

    def extract(
        self, video: Path, options: ExtractOptions, progress: Progress
    ) -> Document:
        """Look at a video and return a Document with what the encoder says.

        The windows are read one after the other; memory does not grow with the length
        of the video. Pictures per second are those that the encoder was trained on; a
        recording that has far fewer is not assessable.

        Raises
        ------
        InputError
            If the video cannot be read, or holds nothing in the stretch.
        ModelError
            If the model is missing, damaged or no exported encoder.
        CapabilityError
            If there is no ONNX runtime or the device is not there.
        """
        model = open_model(self._path, options.device, steady=True)
        card = read_card(model, self._path)
        recording = probe(video)
        start, end = analysed_stretch(recording, options)
        remarks: list[str] = []
        stride = max(1, card.view.frames // 2)
        shown = windows(
            video,
            card.view,
            start=start,
            end=end,
            stride=stride,
            roi=options.patient_roi,
            remarks=remarks,
        )
        begins, logits = [], []
        is_slow = recording.fps and recording.fps < LEAST_OWN * card.view.fps
        if is_slow:
            remarks.append(
                f"the recording has {recording.fps:g} pictures per second, and the "
                f"encoder looks at {card.view.fps:g}"
            )
        for window in () if is_slow else prefetched(shown, _READ_AHEAD):
            (answer,) = model.run(window.pictures[None]).values()
            if answer.shape != (1, len(card.signs)):
                raise ModelError(
                    f"{self._path} gives {answer.size} answers for {len(card.signs)} "
                    "signs; export the encoder again"
                )
            begins.append(window.start)
            logits.append(answer[0])
            progress(min(window.end, end) - start, end - start)
        if model.remark:
            remarks.append(model.remark)
        said = np.array(logits, np.float64).reshape(-1, len(card.signs))
        document = Document(recording=recording).with_observations(
            observations(
                card,
                begins,
                sigmoid(said),
                (start, end),
                "frame_rate_too_low" if is_slow else "too_short",
            ),
            Step(
                stage="extract",
                tool=f"s3ns {self.name}",
                version=__version__,
                parameters={
                    "architecture": card.architecture,
                    "size": card.size,
                    "fps": card.view.fps,
                    "frames": card.view.frames,
                    "stride": stride,
                    "device": model.device,
                    "patient_roi": options.stated_roi,
                    "mirrored": options.mirrored,
                },
                models=(FileHash("encoder", sha256_of(self._path.read_bytes())),),
                window=(start, end),
                remarks=tuple(remarks),
            ),
        )
        return document.mirrored() if options.mirrored else document


def read_card(model: Model, path: Path) -> EncoderCard:
    """Return the card of an open model.

    Raises
    ------
    ModelError
        If the file was not made by ``s3ns export`` from an encoder, or is damaged.
    """
    text = model.metadata.get(CARD_KEY)
    if text is None:
        raise ModelError(
            f"{path} is no encoder that `s3ns export` has written: it does not state "
            "what it was trained to see"
        )
    try:
        return EncoderCard.from_json(text, name=str(path))
    except InputError as error:
        raise ModelError(str(error)) from error
