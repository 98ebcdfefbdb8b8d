"""Which sign is asked about in which windows of a video."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from s3ns.facts import Recording, Sign
from s3ns.neural.mllm.enhance import Artist, enhancements, view_of
from s3ns.neural.mllm.peaks import FAST_RATE, FAST_SIGNS, GROUP, liveliest
from s3ns.neural.mllm.request import Backend
from s3ns.neural.mllm.settings import MllmSettings
from s3ns.neural.mllm.windows import Look, Window, windows
from s3ns.neural.prefetch import prefetched
from s3ns.neural.stretches import Stretch
from s3ns.neural.video import read

FAST_LENGTH, FAST_OVERLAP = 6.0, 1.0
"""Seconds of a window for these, so that it has 60 pictures at 10 per second, as many
as an ordinary one."""

FAST_IN_GROUP = round(GROUP / (FAST_LENGTH - FAST_OVERLAP))
"""Such windows in each stretch from which the liveliest are chosen."""

SLEEP_LOOK = Look(length=120.0, overlap=0.0, fps=0.5)
"""Sleep before the event is looked for in the first two minutes."""

SPOKEN = "verbal_responsiveness"
"""What a model that does not hear can judge from a transcript."""

CONTEXT = 2.0
"""Seconds shown before and after a stretch that is looked at again."""

_MOST_PICTURES = 60  # of a window that is looked at again
_READ_AHEAD = 4  # pictures
_OFF_RATE = 0.5  # pictures per second that a recorder may miss its rate by


@dataclass(frozen=True)
class Plan:
    """What is asked of one stretch of a video.

    Attributes
    ----------
    stretch
        Start and end in seconds.
    looks
        The signs that can be asked about, each with how the stretch is cut for it.
    otherwise
        For each sign, the reason of the vocabulary for what no window shows.
    fast_windows
        How many of the windows for fast signs are chosen from each half minute, for
        each of these.
    """

    stretch: Stretch
    looks: dict[Sign, Look]
    otherwise: dict[Sign, str]
    fast_windows: int

    @property
    def draws(self) -> bool:
        """Whether any sign is shown otherwise than as it is."""
        return any(look.view != "whole" for look in self.looks.values())

    @property
    def chooses(self) -> bool:
        """Whether it is chosen by movement what is shown for a sign."""
        is_fast = any(sign.name in FAST_SIGNS for sign in self.looks)
        return is_fast and self.fast_windows < FAST_IN_GROUP

    def windows(
        self,
        video: Path,
        *,
        pixels: int,
        sound: bool,
        artist: Artist | None,
        part: tuple[int, int, int, int] | None = None,
        remarks: list[str] | None = None,
    ) -> Iterator[tuple[Window, list[Sign]]]:
        """Yield what is shown, with the signs to ask about.

        Parameters
        ----------
        video
            The video.
        pixels
            Larger pictures are made smaller.
        sound
            Whether sound is wanted.
        artist
            Follows the patient; needed if it :attr:`draws`.
        part
            Where the patient is, ``(x, y, width, height)`` in pixels.
        remarks
            A list to which what could not be read is added.
        """
        start, end = self.stretch
        spans = dict.fromkeys(self.looks.values(), self.stretch)
        if not spans:
            return
        for sign, look in self.looks.items():
            if sign.is_lead_in:
                spans[look] = (start, min(start + look.length, end))
        rate = max(look.fps for look in spans)
        media = prefetched(
            read(video, fps=rate, start=start, end=end, sound=sound), _READ_AHEAD
        )
        cut = windows(
            media,
            spans,
            rate=rate,
            pixels=pixels,
            part=part,
            draw=artist if self.draws else None,
            watch=artist.moved if artist and self.chooses else None,
            remarks=remarks,
        )
        signs_of: dict[Look, list[Sign]] = {}
        for sign, look in self.looks.items():
            signs_of.setdefault(look, []).append(sign)
        for window, signs in liveliest(cut, signs_of, self.fast_windows):
            yield (
                window,
                [s for s in signs if s.modality != "audio" or window.voice],
            )


def whole(
    signs: Iterable[Sign],
    recording: Recording,
    stretch: Stretch,
    *,
    settings: MllmSettings,
    backend: Backend,
    fps: float,
) -> Plan:
    """Plan to ask about signs wherever they may be.

    Parameters
    ----------
    signs
        The signs.
    recording
        The recording.
    stretch
        Start and end in seconds.
    settings
        How windows are cut.
    backend
        The model, for whether it sees and hears.
    fps
        Pictures per second for fast signs.
    """
    usual = Look(settings.window, settings.overlap, settings.fps)
    fast = Look(FAST_LENGTH, FAST_OVERLAP, max(fps, settings.fps))
    enhanced = _enhancer(settings)
    looks: dict[Sign, Look] = {}
    otherwise: dict[Sign, str] = {}
    for sign in signs:
        why = _obstacle(sign, recording, backend, settings, fast.fps)
        otherwise[sign] = why or "frame_rate_too_low"
        if why is not None:
            continue
        if sign.is_lead_in:
            otherwise[sign] = "no_quiet_lead_in"
            if stretch[1] - stretch[0] >= sign.minimum_duration:
                looks[sign] = enhanced(SLEEP_LOOK, sign)
        elif sign.name not in FAST_SIGNS:
            looks[sign] = enhanced(usual, sign)
            if sign.modality == "audio":
                otherwise[sign] = "no_audio"
        elif settings.fast_windows:
            looks[sign] = enhanced(fast, sign)
    return Plan(stretch, looks, otherwise, settings.fast_windows)


def closer(
    sign: Sign,
    recording: Recording,
    stretch: Stretch,
    *,
    settings: MllmSettings,
    backend: Backend,
    fps: float,
) -> Plan | None:
    """Plan to ask about one sign in one stretch, with more pictures than before.

    Returns
    -------
    The plan, or ``None`` if the model cannot judge the sign.
    """
    rate = max(fps, settings.fps)
    obstacle = _obstacle(sign, recording, backend, settings, rate)
    if sign.is_lead_in or obstacle is not None:
        return None
    start = max(0.0, stretch[0] - CONTEXT)
    end = min(recording.duration, stretch[1] + CONTEXT)
    if sign.name in FAST_SIGNS:
        look = Look(FAST_LENGTH, FAST_OVERLAP, rate)
    else:
        length = min(settings.window, end - start)
        overlap = min(settings.overlap, length / 2)
        look = Look(
            length, overlap, min(rate, max(settings.fps, _MOST_PICTURES / length))
        )
    look = _enhancer(settings)(look, sign)
    return Plan((start, end), {sign: look}, {sign: "frame_rate_too_low"}, FAST_IN_GROUP)


def _enhancer(settings: MllmSettings) -> Callable[[Look, Sign], Look]:
    chosen = enhancements(settings.enhance)

    def enhanced(look: Look, sign: Sign) -> Look:
        denoised = chosen.get(sign.group) == "denoise"
        return replace(look, view=view_of(sign, chosen), denoised=denoised)

    return enhanced


def _obstacle(
    sign: Sign,
    recording: Recording,
    backend: Backend,
    settings: MllmSettings,
    fast_rate: float,
) -> str | None:
    if sign.modality != "audio":
        shown = min(fast_rate, recording.fps or fast_rate)
        if sign.name in FAST_SIGNS and shown < FAST_RATE - _OFF_RATE:
            return "frame_rate_too_low"  # jerks between two pictures are not seen
        return None if backend.sees else "no_extractor"
    if not recording.has_audio:
        return "no_audio"
    can_hear = backend.hears or (sign.name == SPOKEN and settings.transcript)
    return None if can_hear else "no_extractor"
