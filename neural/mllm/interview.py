"""Putting questions to a model, several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from s3ns.facts import Observation, Sign
from s3ns.neural.mllm.cache import Cached, default_folder
from s3ns.neural.mllm.local import LocalModel
from s3ns.neural.mllm.merge import merged
from s3ns.neural.mllm.plan import Plan
from s3ns.neural.mllm.questions import Reading, question, read_answer
from s3ns.neural.mllm.request import Backend, Request
from s3ns.neural.mllm.server import Server
from s3ns.neural.mllm.settings import MllmSettings


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
    backend = Server(settings) if settings.server else LocalModel(settings, device)
    if settings.cache == "off":
        return backend
    return Cached(backend, Path(settings.cache) if settings.cache else default_folder())


class Interviewer:
    """Puts questions to a model; use it in a ``with`` statement.

    Attributes
    ----------
    asked, lost
        How many questions about signs were put, and how many answers were unusable.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.asked = self.lost = 0
        self._pool = ThreadPoolExecutor(backend.concurrency, "s3ns-question")

    def __enter__(self) -> Interviewer:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for what is asked; if an error came up, break it off."""
        if kind is not None:
            self.backend.close()
        self._pool.shutdown(cancel_futures=True)

    def ask(self, requests: Iterable[Request]) -> list[str]:
        """Return what the model says to each request."""
        return list(self._pool.map(self.backend.ask, requests))

    def observe(
        self,
        video: Path,
        plan: Plan,
        *,
        pixels: int,
        source: str,
        progress: Callable[[float], None],
    ) -> list[Observation]:
        """Ask about all signs of a plan.

        Parameters
        ----------
        video
            The video.
        plan
            What to ask about where.
        pixels
            Largest number of pixels of a picture.
        source
            Source of the observations.
        progress
            Called with the second of the video that is reached.

        Returns
        -------
        An account of each sign of the plan over its whole stretch.
        """
        readings: dict[Sign, list[Reading]] = {sign: [] for sign in plan.otherwise}
        sees, hears = self.backend.sees, self.backend.hears
        reached = plan.stretch[0]
        for window, signs in plan.windows(video, pixels=pixels, sound=hears):
            texts = self.ask(question(s, window, sees=sees, hears=hears) for s in signs)
            for sign, text in zip(signs, texts, strict=True):
                readings[sign].append(read_answer(sign, window, text))
            reached = max(reached, window.end)
            progress(reached)
        self._count(readings.values())
        return [
            item
            for sign, otherwise in plan.otherwise.items()
            for item in merged(
                sign,
                readings[sign],
                plan.stretch,
                source=source,
                otherwise=otherwise,
            )
        ]

    def _count(self, readings: Iterable[Sequence[Reading]]) -> None:
        every = [reading for of_sign in readings for reading in of_sign]
        self.asked += len(every)
        self.lost += sum(reading.value == "answer_unusable" for reading in every)
