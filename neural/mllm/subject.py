"""A video that a task is about, shown whole or in segments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s3ns.facts import CapabilityError, Recording, Sign
from s3ns.neural.mllm.interview import Interviewer
from s3ns.neural.mllm.questions import json_objects, question, shown
from s3ns.neural.mllm.request import Request
from s3ns.neural.mllm.settings import MllmSettings
from s3ns.neural.mllm.windows import Look, Window, windows
from s3ns.neural.mllm.wording import SYSTEM
from s3ns.neural.video import read

LONGEST_ANSWER = 1024  # tokens

_MOST_PICTURES = 60  # of a video that is shown as a whole, as in the published runs
_LONGEST_SOUND = 600.0  # seconds that models take at once
_NOT_FOR_TASKS = (
    "enhance",
    "save_enhanced",
    "transcript",
    "wording",
    "wordings",
    "reliability",
    "fast_windows",
)


@dataclass(frozen=True)
class Subject:
    """One video, and the model that is asked about it.

    Attributes
    ----------
    video
        The file. Its name goes into tables, and to no model.
    recording
        What kind of recording it is.
    settings
        How it is shown.
    report
        What an expert wrote about it, if that is there.
    interviewer
        Puts the questions.

    Raises
    ------
    CapabilityError
        If a setting asks for what no task does: they show a video as it is, and ask in
        the words of the benchmark.
    """

    video: Path
    recording: Recording
    settings: MllmSettings
    report: str | None
    interviewer: Interviewer

    def __post_init__(self) -> None:
        usual = MllmSettings()
        for name in _NOT_FOR_TASKS:
            if getattr(self.settings, name) != getattr(usual, name):
                raise CapabilityError(
                    f"the tasks of the benchmark know no --set {name}"
                )

    @property
    def file_name(self) -> str:
        """Name of the file."""
        return self.video.name

    def segment_name(self, number: int) -> str:
        """Return the name that a segment has in tables; they count from 0 on."""
        return f"{self.video.stem}_segment_{number}{self.video.suffix}"

    @property
    def signs(self) -> list[Sign]:
        """The signs that the model can see or hear here."""
        backend = self.interviewer.backend
        can = {
            "video": backend.sees,
            "audio": backend.hears and self.recording.has_audio,
        }
        return [sign for sign in self.settings.asked_signs() if can[sign.modality]]

    def signs_in(self, window: Window) -> list[Sign]:
        """Return the signs that can be asked about in a window, which may be silent."""
        return [s for s in self.signs if s.modality != "audio" or window.voice]

    def segments(self) -> Iterator[Window]:
        """Yield overlapping windows."""
        settings = self.settings
        return self._cut(Look(settings.window, settings.overlap, settings.fps))

    def whole(self) -> Window:
        """Return one window with pictures from all of the video."""
        end = self.recording.duration
        return next(
            self._cut(Look(end + 1, 0.0, min(self.settings.fps, _MOST_PICTURES / end)))
        )

    def _cut(self, look: Look) -> Iterator[Window]:
        hears = self.interviewer.backend.hears
        sound = hears and look.length <= _LONGEST_SOUND
        return windows(
            read(self.video, fps=look.fps, sound=sound),
            {look: (0.0, self.recording.duration)},
            rate=look.fps,
            pixels=self.settings.pixels,
        )

    def question(self, sign: Sign, window: Window) -> Request:
        """Return the question about a sign in a window."""
        backend = self.interviewer.backend
        return question(sign, window, sees=backend.sees, hears=backend.hears)

    def request(self, window: Window, words: str, **properties: Any) -> Request:
        """Return a question for an object with these properties, or for plain text."""
        backend = self.interviewer.backend
        parts = [*shown(window, sees=backend.sees, hears=backend.hears), words]
        schema = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
        wanted = schema if properties else None
        return Request(SYSTEM, tuple(parts), wanted, LONGEST_ANSWER)

    def ask(self, window: Window, words: str, **properties: Any) -> dict[str, Any]:
        """Return the members of the model's answer; none if it cannot be used."""
        (reply,) = self.interviewer.ask([self.request(window, words, **properties)])
        found = json_objects(reply.text)
        return next((o for o in found if properties.keys() <= o.keys()), {})
