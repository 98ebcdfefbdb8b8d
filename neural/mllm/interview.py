"""Putting questions to a model, several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from s3ns.facts import CapabilityError, ModelError, Observation, Sign
from s3ns.neural.mllm.cache import Cached, default_folder
from s3ns.neural.mllm.crew import Crew
from s3ns.neural.mllm.enhance import Artist, save
from s3ns.neural.mllm.local import LocalModel
from s3ns.neural.mllm.merge import merged
from s3ns.neural.mllm.paraphrase import Agreement, voted
from s3ns.neural.mllm.plan import Plan
from s3ns.neural.mllm.questions import (
    LONGEST_PROSE,
    Reading,
    plain,
    question,
    read_answer,
)
from s3ns.neural.mllm.request import Backend, Reply, Request
from s3ns.neural.mllm.server import Server
from s3ns.neural.mllm.settings import MllmSettings
from s3ns.neural.mllm.transcript import Transcriber
from s3ns.neural.mllm.windows import Window
from s3ns.neural.mllm.wording import Wording


def open_backend(settings: MllmSettings, device: str) -> Backend:
    """Return the model that the settings name, with its kept answers.

    Raises
    ------
    CapabilityError
        If the settings do not tell which model, or name a machine not allowed; if a
        package or the device is not there.
    ModelError
        If a model to run in this process is not there.
    InputError
        If answers cannot be kept.
    """
    backend: Backend
    if settings.server:
        backend = server = Server(settings)
        server.introduce()
    else:
        backend = LocalModel(settings, device)
    if settings.cache == "off":
        return backend
    return Cached(backend, Path(settings.cache) if settings.cache else default_folder())


@dataclass(frozen=True)
class Aids:
    """What helps to show a video to a model.

    Attributes
    ----------
    pixels
        Largest number of pixels of a picture.
    follower
        Makes what follows the patient through a video, for one pass over it.
    part
        Where the patient is, ``(x, y, width, height)`` in pixels; only that is shown.
    transcribe
        Writes down what is said, for questions about the voice.
    wordings
        In how many wordings each question is put.
    texts
        What the model is told, where it is not the vocabulary's.
    folder
        Receives what was shown otherwise than as it is.
    """

    pixels: int
    follower: Callable[[], Artist]
    part: tuple[int, int, int, int] | None = None
    transcribe: Transcriber | None = None
    wordings: int = 1
    texts: Wording | None = None
    folder: Path | None = None

    def artist_for(self, plan: Plan) -> tuple[Artist | None, str]:
        """Return what follows the patient, if that is of use, or why it cannot be had.

        Raises
        ------
        ModelError
            If landmarks must be drawn, and a model for them is missing or damaged.
        CapabilityError
            If they must be drawn, and there is no ONNX runtime.
        """
        if not (plan.draws or plan.chooses):
            return None, ""
        try:
            return self.follower(), ""
        except (ModelError, CapabilityError) as error:
            if plan.draws:
                raise
            return None, f"movement was measured by the change of pictures: {error}"

    def said_in(self, window: Window, signs: Iterable[Sign]) -> str | None:
        """Return what is said in a window, if it is asked about the voice."""
        about_voice = any(sign.group == "voice" for sign in signs)
        if self.transcribe is None or window.voice is None or not about_voice:
            return None
        return plain(self.transcribe(window.voice), LONGEST_PROSE)

    def keep(self, window: Window, said: str | None) -> None:
        """Save what a window shows, if that was asked for and is not as it was."""
        changed = window.look.view != "whole" or window.look.denoised
        if self.folder is not None and (changed or said is not None):
            save(self.folder, window, said)


class Interviewer:
    """Puts questions to a model; use it in a ``with`` statement.

    Attributes
    ----------
    asked, lost
        How many questions about signs were put, and how many answers were unusable.
    agreement
        How far the wordings of a question agree.
    remarks
        What a reader should know about how it went.
    followed
        Whether landmarks of the patient had a part in it.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.asked = self.lost = 0
        self.agreement = Agreement()
        self.remarks = [*backend.remarks]
        self.followed = False
        self._crew = Crew(backend.ask, backend.concurrency)

    def __enter__(self) -> Interviewer:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for what is asked; if an error came up, break it off."""
        if kind is not None:
            self.backend.close()
        self._crew.end()

    def ask(self, requests: Iterable[Request]) -> list[Reply]:
        """Return what the model says to each request."""
        return self._crew.answered(requests)

    def observe(
        self,
        video: Path,
        plan: Plan,
        aids: Aids,
        *,
        source: str,
        reliability: float,
        progress: Callable[[float], None],
    ) -> list[Observation]:
        """Ask about all signs of a plan.

        Parameters
        ----------
        video
            The video.
        plan
            What to ask about where.
        aids
            How the video is shown.
        source
            Source of the observations.
        reliability
            How often the model is right about a sign.
        progress
            Called with the second of the video that is reached.

        Returns
        -------
        An account of each sign of the plan over its whole stretch.
        """
        readings: dict[Sign, list[Reading]] = {sign: [] for sign in plan.otherwise}
        sees, hears = self.backend.sees, self.backend.hears
        reached = plan.stretch[0]
        # A recogniser can listen for a model that does not.
        sound = hears or aids.transcribe is not None
        artist, remark = aids.artist_for(plan)
        self.followed |= artist is not None
        if remark:
            self.remarks.append(remark)
        for window, signs in plan.windows(
            video,
            pixels=aids.pixels,
            sound=sound,
            artist=artist,
            part=aids.part,
            remarks=self.remarks,
        ):
            said = aids.said_in(window, signs)
            aids.keep(window, said)
            replies = self.ask(
                question(
                    sign,
                    window,
                    sees=sees,
                    hears=hears,
                    said=said if sign.group == "voice" else None,
                    wording=wording,
                    texts=aids.texts,
                )
                for sign in signs
                for wording in range(aids.wordings)
            )
            answers = iter(replies)
            for sign in signs:
                told = list(islice(answers, aids.wordings))
                each = [read_answer(sign, window, reply) for reply in told]
                self._count(each)
                readings[sign].append(voted(each))
            reached = max(reached, window.end)
            progress(reached)
        return [
            item
            for sign, otherwise in plan.otherwise.items()
            for item in merged(
                sign,
                readings[sign],
                plan.stretch,
                source=source,
                otherwise=otherwise,
                reliability=reliability,
            )
        ]

    def _count(self, readings: Sequence[Reading]) -> None:
        self.asked += len(readings)
        self.lost += sum(reading.value == "answer_unusable" for reading in readings)
        self.agreement.count(readings)
