"""The default extractor: it measures movement, face and voice, and judges all signs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from s3ns import __version__
from s3ns.facts import Document, FileHash, Recording, Step
from s3ns.neural.expression import read_expression
from s3ns.neural.extractor import (
    ExtractOptions,
    Progress,
    Settings,
    analysed_stretch,
    register_extractor,
)
from s3ns.neural.heads.judge import card, judge
from s3ns.neural.landmarks import Landmarks, Models, PatientTracker
from s3ns.neural.models.store import ModelStore
from s3ns.neural.pose import Pose
from s3ns.neural.prefetch import prefetched
from s3ns.neural.runtime import Model, open_model
from s3ns.neural.signs.registry import detect_all
from s3ns.neural.sound import VoiceMeter
from s3ns.neural.tracks import Recorder, Tracks
from s3ns.neural.video import Frame, Media, Remark, Sound, probe, read

LANDMARK_MODELS = (
    "pose_detection",
    "pose_landmark_full",
    "face_detection_short_range",
    "face_landmark_with_attention",
)
SPEECH_MODEL = "silero_vad"
HEADS = "temporal_heads"

READ_AHEAD = 4
"""Pictures decoded ahead: enough to keep a second core busy, 25 MB at 1080p."""

BODIES_AHEAD = 2
"""Pictures whose body was found and whose face was not yet looked for."""


@register_extractor("landmarks")
class LandmarkExtractor:
    """Follows body and face of the patient, listens, and runs the sign detectors."""

    name = "landmarks"

    def __init__(self, _settings: Settings) -> None:
        """Make the extractor; it has no settings of its own."""

    def extract(
        self, video: Path, options: ExtractOptions, progress: Progress
    ) -> Document:
        """Look at a video and return a Document with what was found.

        Raises
        ------
        InputError
            If the video cannot be read, or holds nothing in the stretch.
        ModelError
            If a model is missing or damaged.
        CapabilityError
            If there is no ONNX runtime or the device is not there.
        """
        recording = probe(video)
        tracks, step = self.track(video, recording, options, progress)
        document = Document(recording=recording).with_observations(
            judge(tracks, detect_all(tracks)), step
        )
        return document.mirrored() if options.mirrored else document

    def track(
        self,
        video: Path,
        recording: Recording,
        options: ExtractOptions,
        progress: Progress,
    ) -> tuple[Tracks, Step]:
        """Follow the patient through a video, without looking for signs.

        Raises
        ------
        As :meth:`extract`.
        """
        start, end = analysed_stretch(recording, options)
        store = ModelStore(options.models)
        names = [*LANDMARK_MODELS, *([SPEECH_MODEL] if recording.has_audio else [])]
        models = {
            # Speech is measured in steps of 32 ms: a GPU would spend them on transfers.
            name: open_model(
                store.path(name), "cpu" if name == SPEECH_MODEL else options.device
            )
            for name in names
        }
        observer = Observer(models, options)
        media = read(
            video,
            fps=options.fps,
            start=start,
            end=end,
            sound=recording.has_audio,
        )
        for item in prefetched(observer.bodies(media), BODIES_AHEAD):
            observer.take(item)
            if isinstance(item, Followed):
                progress(min(item.frame.time, end) - start, end - start)
        remarks = [*observer.remarks, *_device_remarks(models)]
        step = Step(
            stage="extract",
            tool=f"s3ns {self.name}",
            version=__version__,
            parameters=_parameters(options, models),
            models=(*store.hashes(names), FileHash(HEADS, card().sha256)),
            window=(start, end),
            remarks=tuple(remarks),
        )
        return observer.tracks(start, end), step


@dataclass(frozen=True)
class Followed:
    """A picture, and the patient's body in it where it was found."""

    frame: Frame
    pose: Pose | None


class Observer:
    """Hands pictures to the tracker and sound to the voice meter.

    Decoding, bodies, and faces with sound are three stages that run side by side.
    """

    def __init__(self, models: dict[str, Model], options: ExtractOptions) -> None:
        self._tracker = PatientTracker(Models.of(models), options.patient_roi)
        self._recorder = Recorder(options.fps)
        speech = models.get(SPEECH_MODEL)
        self._meter = None if speech is None else VoiceMeter(speech)
        self._remarks: list[str] = []

    def bodies(self, media: Iterator[Media]) -> Iterator[Followed | Sound | Remark]:
        """Decode in a thread of its own and look for bodies in this one."""
        with closing(prefetched(media, READ_AHEAD)) as decoded:
            for item in decoded:
                if isinstance(item, Frame):
                    pose = self._tracker.follow_body(item.time, item.picture)
                    yield Followed(item, pose)
                else:
                    yield item

    def take(self, item: Followed | Sound | Remark) -> None:
        """Look for the face of a followed body, or listen."""
        if isinstance(item, Followed):
            frame, pose = item.frame, item.pose
            face = self._tracker.follow_face(frame.time, frame.picture, pose)
            found = Landmarks(frame.time, pose, face)
            self._recorder.add(found, None if face is None else read_expression(face))
        elif isinstance(item, Sound):
            if self._meter is not None:
                self._meter.feed(item)
        elif isinstance(item, Remark):
            self._remarks.append(item.text)

    @property
    def remarks(self) -> list[str]:
        """What a reader should know about how it went."""
        people = self._tracker.most_people
        if people < 2:
            return self._remarks
        crowd = f"up to {people} people were in view; name the patient's place with "
        return [*self._remarks, f"{crowd}--patient-roi if the wrong one was followed"]

    def tracks(self, start: float, end: float) -> Tracks:
        """Return what the patient did and what was heard."""
        sound = None if self._meter is None else self._meter.result()
        return self._recorder.tracks(start, end, sound)


def _device_remarks(models: dict[str, Model]) -> list[str]:
    return list(dict.fromkeys(m.remark for m in models.values() if m.remark))


def _parameters(
    options: ExtractOptions, models: dict[str, Model]
) -> dict[str, str | int | float | bool | None]:
    return {
        "fps": options.fps,
        "device": models[LANDMARK_MODELS[0]].device,
        "patient_roi": options.stated_roi,
        "mirrored": options.mirrored,
    }
