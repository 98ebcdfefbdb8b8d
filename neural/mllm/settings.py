"""What a user may ask of the language-model extractor."""

from __future__ import annotations

from typing import Annotated

from s3ns.facts import CapabilityError, Sign, bad_value, vocabulary
from s3ns.neural.extractor import Settings, about
from s3ns.neural.mllm.confidence import RELIABILITY
from s3ns.neural.mllm.questions import WORDINGS


class MllmSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the extractor ``mllm``; their descriptions are shown to users."""

    model: Annotated[
        str,
        about(
            "Name of the model on the server; without a server, the folder of a model"
            " or its name in the local cache of models."
        ),
    ] = ""
    download: Annotated[
        bool, about("Whether a model that is not there may be fetched.")
    ] = False
    server: Annotated[
        str,
        about(
            "Address of an OpenAI-compatible server on this machine, such as "
            "http://127.0.0.1:8000/v1."
        ),
    ] = ""
    send_video_to: Annotated[
        str,
        about(
            "Name of another machine that may receive the pictures and sound of the "
            "patient; without it only this machine does."
        ),
    ] = ""
    signs: Annotated[str, about("Signs to ask about, joined by commas; else all.")] = ""
    sees: Annotated[bool, about("Whether the model on the server takes pictures.")] = (
        True
    )
    hears: Annotated[bool, about("Whether the model on the server takes sound.")] = (
        False
    )
    fps: Annotated[
        float,
        about("Pictures per second shown for most signs.", gt=0, le=60),
    ] = 2.0
    window: Annotated[
        float, about("Seconds shown at once for most signs.", ge=1, le=600)
    ] = 30.0
    overlap: Annotated[float, about("Seconds that two windows share.", ge=0)] = 5.0
    enhance: Annotated[
        str,
        about(
            "What is shown for which group of signs, such as "
            "face:crop,limbs:skeleton,voice:denoise; all shows each group in its way."
        ),
    ] = ""
    save_enhanced: Annotated[
        str, about("Folder that receives what was shown in such a way.")
    ] = ""
    transcript: Annotated[
        str,
        about(
            "Folder of a Whisper model that writes down what is said, for questions "
            "about the voice."
        ),
    ] = ""
    wording: Annotated[
        str,
        about("File with other words for questions, as s3ns optimise writes it."),
    ] = ""
    wordings: Annotated[
        int,
        about(
            "In how many wordings each question is put; what more than half of them "
            "say counts.",
            ge=1,
            le=len(WORDINGS),
        ),
    ] = 1
    reliability: Annotated[
        float,
        about(
            "How often the model is right about a sign, as measured at your site; no "
            "finding is surer than that.",
            ge=0.5,
            le=1,
        ),
    ] = RELIABILITY
    fast_windows: Annotated[
        int,
        about(
            "Windows of 6 s, of the 6 in each half minute, that are shown at --fps "
            "for jerks and blinking: where the limbs, lids or face move most.",
            ge=0,
            le=6,
        ),
    ] = 2
    pixels: Annotated[int, about("Largest number of pixels of a picture.", ge=4096)] = (
        602_112
    )
    concurrency: Annotated[
        int, about("Questions put to the server at once.", ge=1, le=256)
    ] = 4
    timeout: Annotated[
        float, about("Seconds to wait for an answer.", gt=0, le=86_400)
    ] = 120.0
    retries: Annotated[
        int, about("How often a failed request is repeated.", ge=0, le=20)
    ] = 4
    backoff: Annotated[
        float,
        about(
            "Seconds before the first repetition; each further wait is twice as long.",
            ge=0,
            le=3600,
        ),
    ] = 1.0
    cache: Annotated[
        str,
        about(
            "Folder that keeps answers, so that an interrupted run goes on; off keeps"
            " none; else in the user's cache. Answers are told apart by the hash of "
            "the weights; where a server states none, by what it says of them and its"
            " address: name another folder if it then gets other weights."
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
