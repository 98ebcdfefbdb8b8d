"""What is heard in generated sounds and in the demo clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from s3ns.facts import Absence, Finding, Observation, Unassessable
from s3ns.neural.models import ModelStore
from s3ns.neural.runtime import Model, open_model
from s3ns.neural.signs.voice import (
    Turn,
    exchanges,
    responsiveness,
    turns,
    vocalisation,
)
from s3ns.neural.sound import HOP_SECONDS, SoundTrack, VoiceMeter
from s3ns.neural.video import Sound, read

pytestmark = pytest.mark.models

DEMO = Path(__file__).parents[2] / "samples" / "demo.mp4"
RATE = 16_000
LENGTH = 10.0

Samples = npt.NDArray[np.float64]
TIME = np.arange(round(LENGTH * RATE)) / RATE


@pytest.fixture(scope="module")
def speech_model(model_store: ModelStore) -> Model:
    return open_model(model_store.path("silero_vad"), "cpu")


@pytest.fixture(scope="module")
def listen(speech_model: Model) -> Callable[[Samples], SoundTrack]:
    def measure(samples: Samples) -> SoundTrack:
        meter = VoiceMeter(speech_model)
        for first in range(0, len(samples), 8000):
            piece = samples[first : first + 8000].astype(np.float32)
            meter.feed(Sound(first / RATE, piece))
        return meter.result()

    return measure


@pytest.fixture(scope="module")
def demo(speech_model: Model) -> SoundTrack:
    meter = VoiceMeter(speech_model)
    for item in read(DEMO, fps=1.0):
        if isinstance(item, Sound):
            meter.feed(item)
    return meter.result()


def during(start: float, end: float) -> Samples:
    return ((start <= TIME) & (end > TIME)).astype(np.float64)


def room() -> Samples:
    return 0.003 * np.random.default_rng(1).normal(size=TIME.size)


def pink() -> Samples:
    spectrum = np.fft.rfft(np.random.default_rng(2).normal(size=TIME.size))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise = np.fft.irfft(spectrum, TIME.size)
    return noise / noise.std()


def groan(hertz: float) -> Samples:
    """Make a voiced sound whose pitch trembles and drifts, as a throat's does."""
    tremble = np.random.default_rng(3).normal(size=round(LENGTH * 50))
    drift = 0.1 * np.sin(2 * np.pi * 0.3 * TIME)
    steps = np.interp(TIME, np.arange(len(tremble)) / 50, tremble)
    phase = 2 * np.pi * np.cumsum(hertz * (1 + drift + 0.01 * steps)) / RATE
    return sum((np.sin(k * phase) / k for k in range(1, 12)), np.zeros(TIME.size))


def claps() -> Samples:
    sound = room()
    decay = np.exp(-np.arange(800) / 150)
    for second in np.arange(0.3, 9.5, 0.45):
        first = round(second * RATE)
        sound[first : first + 800] += 0.5 * decay * (-1.0) ** np.arange(800)
    return sound


def findings(observations: list[Observation]) -> list[Finding]:
    return [item for item in observations if isinstance(item, Finding)]


# --- measuring ------------------------------------------------------------------------


@pytest.mark.parametrize("hertz", [80.0, 120.0, 250.0, 440.0, 800.0])
def test_pitch_of_a_voice(
    listen: Callable[[Samples], SoundTrack], hertz: float
) -> None:
    phase = 2 * np.pi * hertz * TIME
    buzz = sum((np.sin(k * phase) / k for k in range(1, 6)), np.zeros(TIME.size))
    track = listen(room() + 0.1 * buzz)
    assert np.median(track.pitch) == pytest.approx(hertz, rel=0.01)
    assert np.median(track.voicing) > 0.95


def test_level_is_in_decibels_of_full_scale(
    listen: Callable[[Samples], SoundTrack],
) -> None:
    track = listen(0.1 * np.sin(2 * np.pi * 1000 * TIME))
    assert np.median(track.level) == pytest.approx(-23.0, abs=0.2)


def test_rumble_does_not_count_as_level(
    listen: Callable[[Samples], SoundTrack],
) -> None:
    track = listen(0.5 * np.sin(2 * np.pi * 20 * TIME) + 0.3)
    assert np.median(track.level) < -55


def test_noise_is_not_voiced(listen: Callable[[Samples], SoundTrack]) -> None:
    assert np.percentile(listen(0.05 * pink()).voicing, 99) < 0.55


def test_pieces_of_any_length_give_the_same(speech_model: Model) -> None:
    sound = (0.1 * groan(150)).astype(np.float32)
    whole, pieces = VoiceMeter(speech_model), VoiceMeter(speech_model)
    whole.feed(Sound(0.0, sound))
    first = 0
    for length in np.random.default_rng(0).integers(1, 4000, 200):
        if first < len(sound):
            pieces.feed(Sound(first / RATE, sound[first : first + length]))
        first += int(length)
    one, two = whole.result(), pieces.result()
    assert len(one.time) == len(sound) // 512
    for name in ("time", "speech", "level", "pitch", "voicing"):
        assert getattr(two, name) == pytest.approx(getattr(one, name), abs=1e-4)


def test_times_jump_over_a_gap(speech_model: Model) -> None:
    meter = VoiceMeter(speech_model)
    second = np.zeros(RATE, np.float32)
    meter.feed(Sound(0.0, second))
    meter.feed(Sound(5.0, second))
    time = meter.result().time
    assert len(time) == 62
    assert time[31] == pytest.approx(5.0)
    assert np.diff(time).max() == pytest.approx(5.0 - time[30])


def test_nothing_heard_gives_empty_arrays(speech_model: Model) -> None:
    track = VoiceMeter(speech_model).result()
    assert track.time.shape == track.speech.shape == (0,)


# --- vocalisation ---------------------------------------------------------------------


@pytest.mark.parametrize("hertz", [90.0, 200.0, 700.0])
def test_a_groan_is_found(
    listen: Callable[[Samples], SoundTrack], hertz: float
) -> None:
    track = listen(room() + 0.05 * groan(hertz) * during(3, 5))
    observed = vocalisation(track, (0.0, LENGTH))
    (finding,) = findings(observed)
    assert finding.start == pytest.approx(3.0, abs=0.07)
    assert finding.end == pytest.approx(5.0, abs=0.07)
    assert finding.measures["pitch"] == pytest.approx(hertz, rel=0.15)
    assert finding.measures["loudness"] > 15
    assert finding.confidence > 0.7
    assert finding.source == "s3ns-voice"
    absences = [item for item in observed if isinstance(item, Absence)]
    assert [(a.start, a.end) for a in absences] == [
        (0.0, finding.start),
        (finding.end, LENGTH),
    ]


NOT_A_VOICE = {
    "room": room(),
    "pink noise": 0.02 * pink(),
    "burst of noise": room() + 0.1 * pink() * during(3, 5),
    "mains hum": room() + 0.03 * np.sin(2 * np.pi * 100 * TIME),
    "hum that starts": room()
    + 0.05 * np.sign(np.sin(2 * np.pi * 100 * TIME)) * during(3, 7),
    "monitor": room() + 0.1 * np.sin(2 * np.pi * 880 * TIME) * (TIME % 1 < 0.6),
    "alarm": room() + 0.1 * np.sin(2 * np.pi * 440 * TIME) * during(3, 5),
    "claps": claps(),
    "short grunt": room() + 0.05 * groan(120) * during(3, 3.3),
    "distant groan": room() + 0.0005 * groan(120) * during(3, 5),
}


@pytest.mark.parametrize("name", NOT_A_VOICE)
def test_other_sounds_are_no_vocalisation(
    listen: Callable[[Samples], SoundTrack], name: str
) -> None:
    (observed,) = vocalisation(listen(NOT_A_VOICE[name]), (0.0, LENGTH))
    assert isinstance(observed, Absence)
    assert (observed.start, observed.end) == (0.0, LENGTH)


def test_the_demo_clip_has_one_moan_and_speech(demo: SoundTrack) -> None:
    (moan,) = findings(vocalisation(demo, (0.0, 20.0)))
    assert moan.start == pytest.approx(10.0, abs=0.1)
    assert moan.end == pytest.approx(13.0, abs=0.1)
    assert moan.measures["pitch"] == pytest.approx(120, abs=5)
    spoken = [turn for turn in turns(demo) if turn.end - turn.start > 1]
    assert [(round(t.start), round(t.end)) for t in spoken] == [(5, 7)]
    (observed,) = responsiveness(demo, (0.0, 20.0))
    assert isinstance(observed, Unassessable)
    assert observed.reason == "not_addressed"


@pytest.mark.parametrize("judge", [vocalisation, responsiveness])
def test_without_sound_nothing_is_concluded(
    listen: Callable[[Samples], SoundTrack],
    judge: Callable[..., list[Observation]],
) -> None:
    muted = listen(np.zeros(TIME.size))
    for track in (None, muted):
        (observed,) = judge(track, (2.0, 8.0))
        assert isinstance(observed, Unassessable)
        assert (observed.start, observed.end) == (2.0, 8.0)
        assert observed.reason == "no_audio"


def test_a_gap_in_the_sound_is_not_judged(speech_model: Model) -> None:
    meter = VoiceMeter(speech_model)
    second = room()[:RATE].astype(np.float32)
    meter.feed(Sound(0.0, second))
    meter.feed(Sound(5.0, second))
    observed = vocalisation(meter.result(), (0.0, 6.0))
    (gap,) = [item for item in observed if isinstance(item, Unassessable)]
    assert gap.start == pytest.approx(1.0, abs=HOP_SECONDS)
    assert gap.end == pytest.approx(5.0, abs=HOP_SECONDS)
    assert sum(item.duration for item in observed) == pytest.approx(6.0, abs=0.01)


# --- answers --------------------------------------------------------------------------


def test_a_second_voice_after_the_first_is_an_answer() -> None:
    prompt, answer = Turn(1.0, 2.0, 120.0), Turn(2.8, 3.4, 210.0)
    assert list(exchanges([prompt, answer])) == [(prompt, answer)]


@pytest.mark.parametrize(
    "second",
    [
        Turn(2.8, 3.4, 140.0),  # may be the same voice
        Turn(2.05, 3.4, 210.0),  # runs into the first
        Turn(5.5, 6.4, 210.0),  # too late
        Turn(2.8, 3.4, 0.0),  # whispered
    ],
)
def test_what_is_not_surely_an_answer_is_not_counted(second: Turn) -> None:
    assert not list(exchanges([Turn(1.0, 2.0, 120.0), second]))


def test_two_voices_in_turn_are_found_in_a_track() -> None:
    count = round(LENGTH / HOP_SECONDS)
    time = np.arange(count) * HOP_SECONDS
    first, second = (time > 1) & (time < 2.5), (time > 3.2) & (time < 4.0)
    track = SoundTrack(
        time=time,
        speech=np.where(first | second, 0.9, 0.02).astype(np.float32),
        level=np.where(first | second, -20, -50).astype(np.float32),
        pitch=np.where(second, 220, 110).astype(np.float32),
        # syllables: voiced for less than half a second at a time
        voicing=np.where(time % 0.4 < 0.25, 0.9, 0.2).astype(np.float32),
    )
    observed = responsiveness(track, (0.0, LENGTH))
    (finding,) = findings(observed)
    assert finding.start == pytest.approx(3.2, abs=0.05)
    assert finding.end == pytest.approx(4.0, abs=0.05)
    assert finding.measures["answers"] == 1
    rest = [item for item in observed if isinstance(item, Unassessable)]
    assert {item.reason for item in rest} == {"not_addressed"}
    assert sum(item.duration for item in observed) == pytest.approx(LENGTH)
    assert not findings(vocalisation(track, (0.0, LENGTH)))
