"""The extractor that asks a multimodal language model about each sign.

An answer that cannot be used is not assessable, never "no". A model that cannot be
reached ends the run with an error; the answers so far are kept, and the same command
goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from s3ns import __version__
from s3ns.facts import Ask, Document, Observation, Recording, Step, sign_named
from s3ns.neural.extractor import (
    ExtractOptions,
    Progress,
    analysed_stretch,
    register_extractor,
)
from s3ns.neural.landmark_extractor import LANDMARK_MODELS
from s3ns.neural.mllm.enhance import Artist
from s3ns.neural.mllm.interview import Aids, Interviewer, open_backend
from s3ns.neural.mllm.plan import closer, whole
from s3ns.neural.mllm.settings import MllmSettings
from s3ns.neural.mllm.transcript import Transcriber
from s3ns.neural.mllm.wording import read_wording
from s3ns.neural.models.store import ModelStore
from s3ns.neural.video import probe

SOURCE = "mllm"
"""Source of the findings."""

CHECK_SOURCE = "mllm check"
"""Source of what was found when a stretch was looked at again."""


@register_extractor("mllm", MllmSettings)
class MllmExtractor:
    """Asks a language model about each sign of the vocabulary.

    Raises
    ------
    CapabilityError
        If a setting names no sign.
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
        ModelError
            If the model is not there.
        CapabilityError
            If the model cannot be reached or run.
        """
        settings = self._settings
        backend = open_backend(settings, options.device)
        recording = probe(video)
        start, end = stretch = analysed_stretch(recording, options)
        plan = whole(
            self._signs,
            recording,
            stretch,
            settings=settings,
            backend=backend,
            fps=options.fps,
        )
        aids = aids_of(settings, options, recording)
        with Interviewer(backend) as interviewer:
            observations = interviewer.observe(
                video,
                plan,
                aids,
                source=SOURCE,
                reliability=settings.reliability,
                progress=lambda reached: progress(reached - start, end - start),
            )
        step = self._step("extract", interviewer, options, aids)
        document = Document(recording=recording).with_observations(
            observations, msgspec.structs.replace(step, window=stretch)
        )
        return document.mirrored() if options.mirrored else document

    def look_again(
        self, video: Path, asks: Iterable[Ask], options: ExtractOptions
    ) -> tuple[list[Observation], Step]:
        """Look at some stretches again, each for one sign.

        Returns
        -------
        What the model saw there, with the sides as they are in the picture, and what
        was done. A stretch that the model cannot judge gives nothing.

        Raises
        ------
        InputError
            If the video cannot be read.
        ModelError
            If the model is not there.
        CapabilityError
            If the model cannot be reached or run.
        """
        settings = self._settings
        backend = open_backend(settings, options.device)
        recording = probe(video)
        observations: list[Observation] = []
        aids = aids_of(settings, options, recording)
        with Interviewer(backend) as interviewer:
            for ask in asks:
                sign, stretch = sign_named(ask.sign), (ask.start, ask.end)
                plan = closer(
                    sign,
                    recording,
                    stretch,
                    settings=settings,
                    backend=backend,
                    fps=options.fps,
                )
                if plan is not None:
                    observations += interviewer.observe(
                        video,
                        plan,
                        aids,
                        source=CHECK_SOURCE,
                        reliability=settings.reliability,
                        progress=lambda _: None,
                    )
        return observations, self._step("check", interviewer, options, aids)

    def _step(
        self, stage: str, interviewer: Interviewer, options: ExtractOptions, aids: Aids
    ) -> Step:
        settings, backend = self._settings, interviewer.backend
        remarks = [*interviewer.remarks]
        if interviewer.lost:
            share = f"{interviewer.lost} of {interviewer.asked}"
            remarks.append(f"{share} answers could not be used")
        return Step(
            stage=stage,
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
                "wording": None if aids.texts is None else aids.texts.hash,
                "wordings": settings.wordings,
                "reliability": settings.reliability,
                "agreement": interviewer.agreement.share,
                "enhance": settings.enhance or None,
                "transcript": aids.transcribe.identity if aids.transcribe else None,
                "signs": settings.signs or None,
                "patient_roi": options.stated_roi,
                "mirrored": options.mirrored,
            },
            models=(
                ModelStore(options.models).hashes(LANDMARK_MODELS)
                if interviewer.followed
                else ()
            ),
            remarks=tuple(dict.fromkeys(remarks)),
        )


def aids_of(
    settings: MllmSettings, options: ExtractOptions, recording: Recording
) -> Aids:
    """Return what helps to show a recording, as the settings ask for it.

    Raises
    ------
    CapabilityError
        If a transcript is wanted and a package for it is missing.
    InputError
        If the file with the wording cannot be read.
    ModelError
        If the recogniser is not there.
    """
    listener = settings.transcript
    folder = settings.save_enhanced
    return Aids(
        pixels=settings.pixels,
        part=options.patient_roi,
        follower=partial(Artist.of_models, options),
        transcribe=Transcriber(listener, options.device) if listener else None,
        wordings=settings.wordings,
        texts=read_wording(Path(settings.wording)) if settings.wording else None,
        folder=Path(folder) / recording.id if folder else None,
    )
