"""The extractor that asks a multimodal language model about each sign.

An answer that cannot be used is not assessable, never "no". A model that cannot be
reached ends the run with an error; the answers so far are kept, and the same command
goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from s3ns import __version__
from s3ns.facts import Document, Recording, Sign, Step
from s3ns.neural.extractor import (
    ExtractOptions,
    Progress,
    analysed_stretch,
    register_extractor,
)
from s3ns.neural.mllm.cache import Cached, default_folder
from s3ns.neural.mllm.local import LocalModel
from s3ns.neural.mllm.merge import Span, merged
from s3ns.neural.mllm.questions import Reading, question, read_answer
from s3ns.neural.mllm.request import Backend
from s3ns.neural.mllm.server import Server
from s3ns.neural.mllm.settings import MllmSettings
from s3ns.neural.mllm.windows import Look, Window, liveliest, windows
from s3ns.neural.prefetch import prefetched
from s3ns.neural.video import probe, read

SOURCE = "mllm"
"""Source of the findings."""

FAST_SIGNS = frozenset({"clonic", "eye_blinking", "face_twitching"})
"""Signs that two pictures per second do not show.

A blink lasts a third of a second, and jerks come up to five times in one.
"""

FAST_LENGTH, FAST_OVERLAP = 6.0, 1.0
"""Seconds of a window for these, so that it has 60 pictures at 10 per second, as many
as an ordinary one."""

FAST_GROUP = 30.0
"""Seconds from which the liveliest of those windows are chosen."""

SLEEP = "occur_during_sleep"
SLEEP_LOOK = Look(length=120.0, overlap=0.0, fps=0.5)
"""Sleep before the event is looked for in the first two minutes."""

_READ_AHEAD = 4  # pictures


@register_extractor("mllm", MllmSettings)
class MllmExtractor:
    """Asks a language model about each sign of the vocabulary.

    Raises
    ------
    CapabilityError
        If a setting names no sign, or the model cannot be had.
    """

    name = "mllm"

    def __init__(self, settings: MllmSettings) -> None:
        self._settings = settings
        self._signs = settings.asked_signs()

    def extract(
        self, video: Path, options: ExtractOptions, progress: Progress
    ) -> Document:
        """Look at a video and return a Document with what the model saw.

        Raises
        ------
        InputError
            If the video cannot be read, or holds nothing in the stretch.
        CapabilityError
            If the model cannot be reached or run.
        """
        backend = open_backend(self._settings, options.device)
        recording = probe(video)
        stretch = analysed_stretch(recording, options)
        looks = self._looks(backend, options, recording, stretch)
        readings: dict[str, list[Reading]] = {sign.name: [] for sign in self._signs}
        done = 0.0
        with Interviewer(backend) as interviewer:
            for window in self._windows(video, looks, stretch, sound=backend.hears):
                signs = [sign for sign, look in looks.items() if look == window.look]
                asked = interviewer.ask_all(signs, window)
                for sign, reading in asked.items():
                    readings[sign.name].append(reading)
                done = max(done, window.end - stretch[0])
                progress(done, stretch[1] - stretch[0])
        observations = [
            item
            for sign in self._signs
            for item in merged(
                sign,
                readings[sign.name],
                stretch,
                source=SOURCE,
                otherwise=_otherwise(sign, looks, recording, backend),
            )
        ]
        step = self._step(backend, options, stretch, readings.values())
        document = Document(recording=recording).with_observations(observations, step)
        return document.mirrored() if options.mirrored else document

    def _looks(
        self,
        backend: Backend,
        options: ExtractOptions,
        recording: Recording,
        stretch: Span,
    ) -> dict[Sign, Look]:
        """Return the signs that can be asked about, each with its look."""
        settings = self._settings
        usual = Look(settings.window, settings.overlap, settings.fps)
        fast = Look(FAST_LENGTH, FAST_OVERLAP, max(options.fps, settings.fps))
        looks: dict[Sign, Look] = {}
        for sign in self._signs:
            if sign.modality == "audio":
                if backend.hears and recording.has_audio:
                    looks[sign] = usual
            elif not backend.sees:
                continue
            elif sign.name == SLEEP:
                if stretch[1] - stretch[0] >= sign.minimum_duration:
                    looks[sign] = SLEEP_LOOK
            elif sign.name not in FAST_SIGNS:
                looks[sign] = usual
            elif settings.fast_windows:
                looks[sign] = fast
        return looks

    def _windows(
        self, video: Path, looks: dict[Sign, Look], stretch: Span, *, sound: bool
    ) -> Iterable[Window]:
        start, end = stretch
        spans = dict.fromkeys(looks.values(), stretch)
        if not spans:
            return []
        if SLEEP_LOOK in spans:
            spans[SLEEP_LOOK] = (start, min(start + SLEEP_LOOK.length, end))
        rate = max(look.fps for look in spans)
        fast = next((looks[s] for s in looks if s.name in FAST_SIGNS), None)
        media = read(video, fps=rate, start=start, end=end, sound=sound)
        cut = windows(
            prefetched(media, _READ_AHEAD),
            spans,
            rate=rate,
            pixels=self._settings.pixels,
        )
        if fast is None:
            return cut
        return liveliest(cut, fast, self._settings.fast_windows, FAST_GROUP)

    def _step(
        self,
        backend: Backend,
        options: ExtractOptions,
        stretch: Span,
        readings: Iterable[Sequence[Reading]],
    ) -> Step:
        settings = self._settings
        every = [reading for of_sign in readings for reading in of_sign]
        lost = sum(reading.value == "answer_unusable" for reading in every)
        remarks = []
        if lost:
            remarks.append(f"{lost} of {len(every)} answers could not be used")
        if settings.send_video_to:
            remarks.append("pictures were sent to another machine, as the user asked")
        return Step(
            stage="extract",
            tool=f"s3ns {self.name}",
            version=__version__,
            parameters={
                "model": backend.identity,
                "fps": settings.fps,
                "fast_fps": options.fps,
                "fast_windows": settings.fast_windows,
                "window": settings.window,
                "overlap": settings.overlap,
                "pixels": settings.pixels,
                "sees": backend.sees,
                "hears": backend.hears,
                "signs": settings.signs or None,
                "mirrored": options.mirrored,
            },
            window=stretch,
            remarks=tuple(remarks),
        )


def _otherwise(
    sign: Sign, looks: dict[Sign, Look], recording: Recording, backend: Backend
) -> str:
    """Return why a sign could not be judged where it was not asked about."""
    if sign.modality == "audio":
        is_mute = sign in looks or not recording.has_audio
        return "no_audio" if is_mute else "no_extractor"
    if not backend.sees:
        return "no_extractor"
    return "no_quiet_lead_in" if sign.name == SLEEP else "frame_rate_too_low"


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
    """Puts questions to a model, several at once; use it in a ``with`` statement."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._pool = ThreadPoolExecutor(backend.concurrency, "s3ns-question")

    def __enter__(self) -> Interviewer:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for what is asked; if an error came up, break it off."""
        if kind is not None:
            self._backend.close()
        self._pool.shutdown(cancel_futures=True)

    def ask_all(self, signs: Iterable[Sign], window: Window) -> dict[Sign, Reading]:
        """Ask about signs in one window; signs that need sound only if there is any."""
        askable = [sign for sign in signs if sign.modality != "audio" or window.voice]
        readings = self._pool.map(partial(self._ask, window), askable)
        return dict(zip(askable, readings, strict=True))

    def _ask(self, window: Window, sign: Sign) -> Reading:
        backend = self._backend
        asked = question(sign, window, sees=backend.sees, hears=backend.hears)
        return read_answer(sign, window, backend.ask(asked))
