"""What a user may ask of the language-model extractor."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from s3ns.facts import CapabilityError, Sign, bad_value, vocabulary
from s3ns.neural.extractor import Settings
from s3ns.neural.mllm.confidence import RELIABILITY
from s3ns.neural.mllm.questions import WORDINGS


class MllmSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the extractor ``mllm``; their descriptions are shown to users."""

    model: Annotated[
        str,
        Meta(
            description="Name of the model on the server; without a server, the folder "
            "of a model or its name in the local cache of models."
        ),
    ] = ""
    download: Annotated[
        bool, Meta(description="Whether a model that is not there may be fetched.")
    ] = False
    server: Annotated[
        str,
        Meta(
            description="Address of an OpenAI-compatible server on this machine, such "
            "as http://127.0.0.1:8000/v1."
        ),
    ] = ""
    send_video_to: Annotated[
        str,
        Meta(
            description="Name of another machine that may receive the pictures and "
            "sound of the patient; without it only this machine does."
        ),
    ] = ""
    signs: Annotated[
        str, Meta(description="Signs to ask about, joined by commas; else all.")
    ] = ""
    sees: Annotated[
        bool, Meta(description="Whether the model on the server takes pictures.")
    ] = True
    hears: Annotated[
        bool, Meta(description="Whether the model on the server takes sound.")
    ] = False
    fps: Annotated[
        float,
        Meta(gt=0, le=60, description="Pictures per second shown for most signs."),
    ] = 2.0
    window: Annotated[
        float, Meta(ge=1, le=600, description="Seconds shown at once for most signs.")
    ] = 30.0
    overlap: Annotated[
        float, Meta(ge=0, description="Seconds that two windows share.")
    ] = 5.0
    enhance: Annotated[
        str,
        Meta(
            description="What is shown for which group of signs, such as "
            "face:crop,limbs:skeleton,voice:denoise; all shows each group in its way."
        ),
    ] = ""
    save_enhanced: Annotated[
        str, Meta(description="Folder that receives what was shown in such a way.")
    ] = ""
    transcript: Annotated[
        str,
        Meta(
            description="Folder of a Whisper model that writes down what is said, for "
            "questions about the voice."
        ),
    ] = ""
    wording: Annotated[
        str,
        Meta(
            description="File with other words for questions, as s3ns optimise writes "
            "it."
        ),
    ] = ""
    wordings: Annotated[
        int,
        Meta(
            ge=1,
            le=len(WORDINGS),
            description="In how many wordings each question is put; what more than "
            "half of them say counts.",
        ),
    ] = 1
    reliability: Annotated[
        float,
        Meta(
            ge=0.5,
            le=1,
            description="How often the model is right about a sign, as measured at "
            "your site; no finding is surer than that.",
        ),
    ] = RELIABILITY
    fast_windows: Annotated[
        int,
        Meta(
            ge=0,
            le=6,
            description="Windows of 6 s, of the 6 in each half minute, that are shown "
            "at --fps for jerks and blinking: where the limbs, lids or face move most.",
        ),
    ] = 2
    pixels: Annotated[
        int, Meta(ge=4096, description="Largest number of pixels of a picture.")
    ] = 602_112
    concurrency: Annotated[
        int, Meta(ge=1, le=256, description="Questions put to the server at once.")
    ] = 4
    timeout: Annotated[
        float, Meta(gt=0, description="Seconds to wait for an answer.")
    ] = 120.0
    retries: Annotated[
        int, Meta(ge=0, le=20, description="How often a failed request is repeated.")
    ] = 4
    backoff: Annotated[
        float,
        Meta(
            ge=0,
            description="Seconds before the first repetition; each further wait is "
            "twice as long.",
        ),
    ] = 1.0
    cache: Annotated[
        str,
        Meta(
            description="Folder that keeps answers, so that an interrupted run goes "
            "on; off keeps none; else in the user's cache. Answers are told apart by "
            "the hash of the weights; where a server states none, by what it says of "
            "them and its address: name another folder if it then gets other weights."
        ),
    ] = ""

    def __post_init__(self) -> None:
        if self.overlap >= self.window:
            raise ValueError(
                f"windows of {self.window:g} s must share less than that, got an "
                f"overlap of {self.overlap:g} s; add --set overlap=SECONDS"
            )

    def asked_signs(self) -> tuple[Sign, ...]:
        """Return the signs to ask about, in the vocabulary's order.

        Raises
        ------
        CapabilityError
            If the vocabulary lacks one of them.
        """
        known = vocabulary().by_name
        names = {name.strip() for name in self.signs.split(",")} - {""}
        for name in sorted(names - known.keys()):
            raise CapabilityError(bad_value("sign", name, known))
        return tuple(s for s in known.values() if not names or s.name in names)
