"""What a patient can do: motions that change the degrees of freedom over time.

A motion is a function registered under its name. It moves the curves between the start
and the end of an event, with the irregularity of living bodies, and returns the signs
that it shows by its nature. Signs that are postures (a turned head, closed eyes, a bent
or straight arm) are not said here: ``truth.py`` measures them from the curves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from s3ns.benchmarks.synthetic.posture import SIDES, Curves

Array = npt.NDArray[Any]

LEFT_RIGHT = ("left", "right")
LIMBS = ("left", "right", "bilateral")
NO_SIDE = ("none",)


@dataclass(frozen=True)
class Shown:
    """A sign that a motion shows, with what can be measured of it."""

    sign: str
    side: str
    start: float
    end: float
    measures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Act:
    """One event of the timeline, and what it acts on.

    Attributes
    ----------
    curves
        The degrees of freedom to change.
    side, start, end, strength
        As the scenario says; seconds.
    rates
        Movements per second at the start and at the end; ``None`` for the motion's own.
    whole
        Whether legs and trunk take part.
    random
        Where irregularity comes from.
    """

    curves: Curves
    side: str
    start: float
    end: float
    strength: float
    rates: tuple[float, float] | None
    whole: bool
    random: np.random.Generator

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides that take part."""
        return SIDES if self.side in ("bilateral", "none") else (self.side,)

    @cached_property
    def course(self) -> Array:
        """How far the event has gone, 0 at its start and 1 at its end, ``(n,)``."""
        gone = (self.curves.times - self.start) / (self.end - self.start)
        return np.asarray(np.clip(gone, 0, 1))

    def share(self, rise: float = 0.4, fall: float | None = None) -> Array:
        """Return a smooth way from 0 to 1 after the start and back before the end."""
        fall = rise if fall is None else fall
        times = self.curves.times
        up = _smooth((times - self.start) / rise)
        return np.asarray(up * _smooth((self.end - times) / fall))

    def wander(self, size: float, pace: float = 0.7) -> Array:
        """Return slow irregular change: standard deviation, and seconds of its pace."""
        step = float(self.curves.times[1] - self.curves.times[0])
        raw = self.random.normal(size=len(self.curves.times))
        smooth = ndimage.gaussian_filter1d(raw, max(pace / step, 1e-3))
        return np.asarray(size * smooth / max(float(smooth.std()), 1e-9))

    def beats(self, rates: tuple[float, float], jitter: float = 0.04) -> Array:
        """Return the number of cycles done so far, at a rate that changes evenly.

        The rate also wanders by a share of itself: no body keeps time like a clock.
        """
        step = float(self.curves.times[1] - self.curves.times[0])
        pace = rates[0] + self.course * (rates[1] - rates[0])
        pace = pace * (1 + self.wander(jitter))
        done = np.cumsum(pace) * step
        begun = int(np.searchsorted(self.curves.times, self.start))
        return np.asarray(done - done[min(begun, len(done) - 1)])

    def size_by_cycle(self, beats: Array, spread: float) -> Array:
        """Return a size for each step that differs from cycle to cycle, around 1."""
        number = np.floor(beats).astype(int) - int(np.floor(beats.min()))
        sizes = 1 + spread * self.random.normal(size=number.max() + 1)
        return np.asarray(np.clip(sizes, 0.3, 1.7)[number])


Function = Callable[[Act], list[Shown]]


@dataclass(frozen=True)
class Motion:
    """A motion by its name.

    Attributes
    ----------
    make
        The function.
    sides
        Sides that it may take.
    summary
        What it is, in a line.
    """

    name: str
    make: Function
    sides: tuple[str, ...]
    summary: str


MOTIONS: dict[str, Motion] = {}


def motion(*sides: str) -> Callable[[Function], Function]:
    """Register a motion by the name of its function."""

    def register(function: Function) -> Function:
        name = function.__name__
        summary = (function.__doc__ or "").splitlines()[0].rstrip(".")
        MOTIONS[name] = Motion(name, function, sides, summary)
        return function

    return register


def _smooth(share: Array) -> Array:
    share = np.clip(share, 0, 1)
    return np.asarray(share * share * (3 - 2 * share))


def _jerk(beats: Array, rates: Array) -> Array:
    """Return jerks of about 0.2 s (Conradsen), one per beat, 0 to 1."""
    width = np.clip(0.22 * rates, 0.15, 0.8)
    phase = np.mod(beats, 1.0)
    return np.where(phase < width, np.sin(np.pi * phase / width) ** 2, 0.0)


def _sign(side: str) -> float:
    return 1.0 if side == "left" else -1.0


# --- face and eyes ------------------------------------------------------------------


@motion(*NO_SIDE)
def stare(act: Act) -> list[Shown]:
    """Stop and look ahead with open eyes."""
    curves, share = act.curves, act.share(0.3)
    begun = int(np.searchsorted(curves.times, act.start))
    for name in ("head_yaw", "head_pitch", "head_roll", "gaze_yaw", "gaze_pitch"):
        curves.toward(name, float(curves.values[name][begun]), share)
    for side in SIDES:
        curves.toward(f"{side}_lid", 0.0, share)
        for joint in ("shoulder_flexion", "elbow", "wrist"):
            name = f"{side}_{joint}"
            curves.toward(name, float(curves.values[name][begun]), share)
    return [Shown("blank_stare", "none", act.start, act.end)]


@motion(*NO_SIDE)
def blinking(act: Act) -> list[Shown]:
    """Blink again and again."""
    rates = act.rates or (2.2, 2.2)
    beats = act.beats(rates, 0.1)
    closed = _jerk(beats, np.full(len(beats), rates[0])) * (act.share(0.05) > 0)
    for side in SIDES:
        act.curves.at_least(f"{side}_lid", closed)
    return [Shown("eye_blinking", "none", act.start, act.end)]


@motion(*NO_SIDE)
def eye_closure(act: Act) -> list[Shown]:
    """Keep the eyes shut."""
    for side in SIDES:
        act.curves.at_least(f"{side}_lid", act.share(0.3))
    return []


@motion(*LEFT_RIGHT)
def mouth_pull(act: Act) -> list[Shown]:
    """Draw the mouth to one side."""
    act.curves.toward(f"{act.side}_mouth_pull", act.strength, act.share(0.3))
    return [Shown("face_pulling", act.side, act.start, act.end)]


@motion(*LIMBS)
def facial_twitch(act: Act) -> list[Shown]:
    """Twitch in the face."""
    rates = act.rates or (2.6, 2.2)
    beats = act.beats(rates)
    pace = rates[0] + act.course * (rates[1] - rates[0])
    size = act.strength * act.size_by_cycle(beats, 0.12) * act.share(0.3)
    jerk = size * _jerk(beats, pace)
    for side in act.sides:
        act.curves.add(f"{side}_cheek", 0.9 * jerk)
        act.curves.add(f"{side}_brow", 0.6 * jerk)
        act.curves.add(f"{side}_mouth_pull", 0.35 * jerk)
        act.curves.at_least(f"{side}_lid", 0.3 * jerk)
    mean = {"rate": float(np.mean(rates))}
    return [Shown("face_twitching", act.side, act.start, act.end, mean)]


@motion(*NO_SIDE)
def chewing(act: Act) -> list[Shown]:
    """Chew without food."""
    _chew(act, act.rates or (1.5, 1.5))
    return [Shown("oral_automatisms", "none", act.start, act.end)]


def _chew(act: Act, rates: tuple[float, float]) -> None:
    beats = act.beats(rates, 0.06)
    size = 0.5 * act.strength * act.size_by_cycle(beats, 0.15) * act.share(0.3)
    act.curves.add("jaw", size * (0.5 - 0.5 * np.cos(2 * np.pi * beats)))
    act.curves.add("pucker", 0.15 * size * np.sin(np.pi * beats) ** 2)


@motion(*NO_SIDE)
def talking(act: Act) -> list[Shown]:
    """Talk; the sound track must say so as well."""
    beats = act.beats((3.8, 3.8), 0.25)
    pauses = act.wander(1.0, 0.5) > -0.5
    words = ndimage.gaussian_filter1d(pauses.astype(float), 1.0) * act.share(0.2)
    size = 0.35 * act.size_by_cycle(beats, 0.45)
    act.curves.add("jaw", words * size * (0.5 - 0.5 * np.cos(2 * np.pi * beats)))
    act.curves.add("pucker", 0.2 * words * np.clip(act.wander(1.0, 0.15), 0, 1))
    act.curves.add("head_pitch", act.share() * act.wander(2.0, 0.4))
    return []


# --- head ---------------------------------------------------------------------------


@motion(*LEFT_RIGHT)
def version(act: Act) -> list[Shown]:
    """Draw head and eyes to one side, slowly and far."""
    share = act.share(min(1.8, 0.4 * (act.end - act.start)), 0.8)
    act.curves.toward("head_yaw", _sign(act.side) * (68 * act.strength), share)
    act.curves.toward("head_roll", _sign(act.side) * -6.0, share)
    act.curves.toward("gaze_yaw", _sign(act.side) * 22.0, share)
    return []


@motion(*LEFT_RIGHT)
def turning(act: Act) -> list[Shown]:
    """Turn the head to look at something."""
    share = act.share(0.5)
    act.curves.toward("head_yaw", _sign(act.side) * 46 * act.strength, share)
    act.curves.toward("gaze_yaw", _sign(act.side) * 10.0, share)
    return []


@motion(*NO_SIDE)
def side_to_side(act: Act) -> list[Shown]:
    """Throw the head from side to side."""
    rates = act.rates or (0.9, 0.9)
    beats = act.beats(rates, 0.1)
    size = 34 * act.strength * act.size_by_cycle(beats, 0.15) * act.share(0.4)
    act.curves.add("head_yaw", size * np.sin(2 * np.pi * beats))
    return [Shown("head_turning", "unknown", act.start, act.end)]


# --- arms ---------------------------------------------------------------------------


@motion(*LIMBS)
def arm_flexion(act: Act) -> list[Shown]:
    """Bend an arm across the chest and hold it."""
    share = act.share(0.6)
    for side in act.sides:
        _bend(act, side, share)
    return []


@motion(*LIMBS)
def arm_extension(act: Act) -> list[Shown]:
    """Stretch an arm out and hold it."""
    share = act.share(0.6)
    for side in act.sides:
        _straighten(act, side, share)
    return []


@motion(*LEFT_RIGHT)
def figure4(act: Act) -> list[Shown]:
    """Stretch the arm of that side and bend the other across the chest, both stiff."""
    share = act.share(0.7)
    _straighten(act, act.side, share)
    _bend(act, "right" if act.side == "left" else "left", share)
    for side in SIDES:
        act.curves.toward(f"{side}_fist", 1.0, share)
    _tremble(act, SIDES, share, 1.0)
    # The posture is that of asymmetric tonic contraction (Kotagal 2000).
    return [Shown("tonic", "bilateral", act.start, act.end)]


def _bend(act: Act, side: str, share: Array) -> None:
    targets = {
        "elbow": 112 + act.random.uniform(-6, 10),
        "shoulder_rotation": 68.0,
        "shoulder_flexion": 22 + act.random.uniform(-5, 8),
        "shoulder_abduction": 28.0,
    }
    for joint, target in targets.items():
        act.curves.toward(f"{side}_{joint}", target, share)


def _straighten(act: Act, side: str, share: Array) -> None:
    targets = {
        "elbow": 6.0,
        "shoulder_rotation": 20.0,
        "shoulder_flexion": 38 + act.random.uniform(-12, 12),
        "shoulder_abduction": 30 + act.random.uniform(-8, 12),
    }
    for joint, target in targets.items():
        act.curves.toward(f"{side}_{joint}", target, share)


def _tremble(act: Act, sides: tuple[str, ...], share: Array, size: float) -> None:
    """Vibrate as stiff muscles do, at 8 to 9 Hz."""
    beats = act.beats((8.5, 8.5), 0.03)
    for side in sides:
        shake = size * share * np.sin(2 * np.pi * (beats + act.random.uniform()))
        act.curves.add(f"{side}_elbow", 1.8 * shake)
        act.curves.add(f"{side}_shoulder_flexion", 1.2 * shake)


@motion(*LIMBS)
def tonic(act: Act) -> list[Shown]:
    """Stiffen: arms raised and held, fists, a fine tremor; with the trunk if whole."""
    share = act.share(0.8, 0.5)
    bent = act.random.uniform() < 0.5
    for side in act.sides:
        targets = {
            "elbow": (104.0 if bent else 8.0) + act.random.uniform(-4, 6),
            "shoulder_flexion": 45 + act.random.uniform(-8, 10),
            "shoulder_abduction": 38 + act.random.uniform(-6, 10),
            "shoulder_rotation": 35.0,
            "fist": 1.0,
        }
        for joint, target in targets.items():
            act.curves.toward(f"{side}_{joint}", target, share)
        if act.whole:
            act.curves.toward(f"{side}_hip", 4.0, share)
            act.curves.toward(f"{side}_knee", 0.0, share)
            act.curves.toward(f"{side}_ankle", 25.0, share)
            act.curves.at_least(f"{side}_cheek", 0.35 * share)
    if act.whole:
        act.curves.toward("head_pitch", -12.0, share)
    _tremble(act, act.sides, share, act.strength)
    return [Shown("tonic", act.side, act.start, act.end)]


@motion(*LIMBS)
def clonic(act: Act) -> list[Shown]:
    """Jerk at a rate that changes; legs, trunk and face too if whole."""
    curves, rates = act.curves, act.rates or (3.6, 2.0)
    share, beats = act.share(0.4, 0.3), act.beats(rates)
    pace = rates[0] + act.course * (rates[1] - rates[0])
    jerk = _jerk(beats, pace) * act.size_by_cycle(beats, 0.1) * share
    for side in act.sides:
        curves.toward(f"{side}_elbow", 66.0, share)
        curves.toward(f"{side}_shoulder_flexion", 26.0, share)
        curves.toward(f"{side}_fist", 0.9, share)
        # The sides are nearly, never exactly, alike.
        size = act.strength * act.random.uniform(0.9, 1.1)
        curves.add(f"{side}_elbow", 30 * size * jerk)
        curves.add(f"{side}_shoulder_flexion", 10 * size * jerk)
        if act.whole:
            curves.add(f"{side}_hip", 11 * size * jerk)
            curves.add(f"{side}_knee", 16 * size * jerk)
            curves.at_least(f"{side}_cheek", 0.5 * jerk)
    measures = {
        "rate": float(np.mean(rates)),
        "rate_start": rates[0],
        "rate_end": rates[1],
    }
    shown = [Shown("clonic", act.side, act.start, act.end, measures)]
    if act.whole:
        curves.add("shift_along", 0.02 * act.strength * jerk)
        curves.add("pelvis_lift", 0.015 * act.strength * jerk)
        curves.add("head_pitch", 9 * jerk)
        shown.append(Shown("full_body_shaking", "none", act.start, act.end))
        shown.append(Shown("face_twitching", act.side, act.start, act.end, measures))
    return shown


@motion(*NO_SIDE)
def asynchronous_shaking(act: Act) -> list[Shown]:
    """Shake the limbs, each in its own rhythm; legs and trunk too if whole."""
    curves, share = act.curves, act.share(0.5)
    middle = (act.rates or (3.0, 3.0))[0]
    for side in SIDES:
        pace = middle * act.random.uniform(0.75, 1.3)
        beats = act.beats((pace, pace), 0.22) + act.random.uniform()
        size = act.strength * act.size_by_cycle(beats, 0.35)
        size = size * np.clip(1 + act.wander(0.35, 0.8), 0.1, 2) * share
        swing = size * np.sin(2 * np.pi * beats)
        curves.toward(f"{side}_elbow", 60.0, share)
        curves.toward(f"{side}_shoulder_flexion", 26.0, share)
        curves.add(f"{side}_elbow", 20 * swing)
        curves.add(f"{side}_shoulder_flexion", 11 * swing)
        curves.add(f"{side}_shoulder_rotation", 12 * np.roll(swing, 2))
        if act.whole:
            kick = act.beats((0.8 * pace, 0.8 * pace), 0.22) + act.random.uniform()
            bend = act.strength * share * (1 + np.sin(2 * np.pi * kick))
            curves.add(f"{side}_hip", 11 * bend)
            curves.add(f"{side}_knee", 18 * bend)
    shown = [Shown("asynchronous_movement", "none", act.start, act.end)]
    if act.whole:
        beats = act.beats((middle, middle), 0.2)
        sway = act.strength * share * np.sin(2 * np.pi * beats)
        curves.add("shift_across", 0.022 * sway)
        curves.add("trunk_twist", 7 * sway)
        shown.append(Shown("full_body_shaking", "none", act.start, act.end))
    return shown


@motion(*LIMBS)
def tremor(act: Act) -> list[Shown]:
    """Tremble evenly at a rate that does not change; legs and trunk too if whole."""
    curves, share = act.curves, act.share(0.5)
    rates = act.rates or (4.6, 4.6)
    swing = share * act.strength * np.sin(2 * np.pi * act.beats(rates, 0.015))
    for side in act.sides:
        curves.toward(f"{side}_elbow", 58.0, share)
        curves.add(f"{side}_elbow", 11 * swing)
        curves.add(f"{side}_shoulder_flexion", 7 * swing)
        if act.whole:
            curves.add(f"{side}_hip", 6 * swing)
            curves.add(f"{side}_knee", 13 * swing)
    if not act.whole:
        return []
    curves.add("shift_across", 0.018 * swing)
    curves.add("shift_along", 0.012 * swing)
    return [Shown("full_body_shaking", "none", act.start, act.end)]


@motion(*LIMBS)
def fumbling(act: Act) -> list[Shown]:
    """Fumble and pick with a hand."""
    share = act.share(0.4)
    for side in act.sides:
        beats = act.beats(act.rates or (2.0, 2.0), 0.2) + act.random.uniform()
        size = act.strength * act.size_by_cycle(beats, 0.35) * share
        size = size * np.clip(1 + act.wander(0.3, 0.6), 0.2, 2)
        swing = size * np.sin(2 * np.pi * beats)
        act.curves.toward(f"{side}_elbow", 78.0, share)
        act.curves.toward(f"{side}_shoulder_rotation", 55.0, share)
        act.curves.add(f"{side}_elbow", 10 * swing)
        act.curves.add(f"{side}_shoulder_rotation", 9 * np.roll(swing, 3))
        act.curves.add(f"{side}_wrist", 22 * swing)
        act.curves.toward(f"{side}_fist", 0.5 + 0.5 * np.sin(2 * np.pi * beats), share)
    return [Shown("limb_automatisms", act.side, act.start, act.end)]


# --- trunk --------------------------------------------------------------------------


@motion(*NO_SIDE)
def pelvic_thrusting(act: Act) -> list[Shown]:
    """Thrust the pelvis forward again and again."""
    curves, share = act.curves, act.share(0.4)
    beats = act.beats(act.rates or (1.3, 1.3), 0.12)
    size = 0.13 * act.strength * act.size_by_cycle(beats, 0.18)
    curves.add("pelvis_lift", share * size * (0.5 - 0.5 * np.cos(2 * np.pi * beats)))
    wide = act.share(1.0)
    for side in SIDES:
        curves.toward(f"{side}_hip", 38.0, wide)
        curves.toward(f"{side}_knee", 72.0, wide)
    return [Shown("pelvic_thrusting", "none", act.start, act.end)]


# --- ordinary behaviour -------------------------------------------------------------


@motion(*LEFT_RIGHT)
def reaching(act: Act) -> list[Shown]:
    """Reach for something and come back."""
    long = 0.42 * (act.end - act.start)
    share = act.share(long)
    act.curves.toward(f"{act.side}_shoulder_flexion", 62.0, share)
    act.curves.toward(f"{act.side}_shoulder_abduction", 35.0, share)
    act.curves.toward(f"{act.side}_elbow", 32.0, share)
    act.curves.toward("head_yaw", 18 * _sign(act.side), share)
    return []


@motion(*LEFT_RIGHT)
def eating(act: Act) -> list[Shown]:
    """Eat: a hand goes to the mouth, then the mouth chews."""
    times, side = act.curves.times, act.side
    bites = np.zeros(len(times))
    for begin in np.arange(act.start, act.end - 2.0, 5.0):
        up = _smooth((times - begin) / 0.8) * _smooth((begin + 2.0 - times) / 0.8)
        bites = np.maximum(bites, up)
    for joint, target in (
        ("elbow", 138.0),
        ("shoulder_flexion", 48.0),
        ("shoulder_rotation", 55.0),
    ):
        act.curves.toward(f"{side}_{joint}", target, bites)
    act.curves.toward(f"{side}_fist", 0.8, act.share())
    _chew(act, (1.4, 1.4))
    return []


@motion(*LEFT_RIGHT)
def waving(act: Act) -> list[Shown]:
    """Wave."""
    share, side = act.share(0.5), act.side
    beats = act.beats(act.rates or (1.7, 1.7), 0.06)
    act.curves.toward(f"{side}_shoulder_flexion", 55.0, share)
    act.curves.toward(f"{side}_shoulder_abduction", 45.0, share)
    act.curves.toward(f"{side}_shoulder_rotation", 0.0, share)
    act.curves.toward(f"{side}_elbow", 70.0, share)
    act.curves.add(f"{side}_shoulder_rotation", 22 * share * np.sin(2 * np.pi * beats))
    return []


@motion(*LEFT_RIGHT)
def scratching(act: Act) -> list[Shown]:
    """Scratch the chest."""
    share, side = act.share(0.5), act.side
    beats = act.beats(act.rates or (3.0, 3.0), 0.1)
    for joint, target in (
        ("elbow", 118.0),
        ("shoulder_rotation", 66.0),
        ("shoulder_flexion", 18.0),
    ):
        act.curves.toward(f"{side}_{joint}", target, share)
    act.curves.add(f"{side}_wrist", 14 * share * np.sin(2 * np.pi * beats))
    act.curves.add(f"{side}_elbow", 4 * share * np.sin(2 * np.pi * beats))
    return []


@motion(*NO_SIDE)
def stretching(act: Act) -> list[Shown]:
    """Stretch both arms up, once."""
    share = act.share(min(1.0, 0.4 * (act.end - act.start)))
    for side in SIDES:
        act.curves.toward(f"{side}_shoulder_flexion", 150.0, share)
        act.curves.toward(f"{side}_shoulder_abduction", 20.0, share)
        act.curves.toward(f"{side}_elbow", 12.0, share)
    return []


@motion(*LEFT_RIGHT)
def rolling_over(act: Act) -> list[Shown]:
    """Roll over to one side and stay there."""
    share = act.share(1.6, 0.05 if act.end >= act.curves.times[-1] else 1.6)
    act.curves.toward("trunk_roll", 72 * _sign(act.side), share)
    for side, (hip, knee) in zip(SIDES, ((30.0, 45.0), (45.0, 60.0)), strict=True):
        act.curves.toward(f"{side}_hip", hip, share)
        act.curves.toward(f"{side}_knee", knee, share)
        act.curves.toward(f"{side}_elbow", 70.0, share)
        act.curves.toward(f"{side}_shoulder_flexion", 35.0, share)
    return []


@motion(*NO_SIDE)
def lying_still(act: Act) -> list[Shown]:
    """Lie still and look around now and then."""
    share = act.share(0.5)
    for name in ("head_yaw", "head_pitch", "head_roll"):
        act.curves.toward(name, 0.3 * act.curves.values[name], share)
    return []


@motion(*NO_SIDE)
def sleeping(act: Act) -> list[Shown]:
    """Sleep: shut eyes, nothing moves but the breath."""
    share = act.share(0.6)
    for name in ("head_yaw", "head_pitch", "head_roll", "gaze_yaw", "gaze_pitch"):
        act.curves.toward(name, 0.0, share)
    for side in SIDES:
        act.curves.at_least(f"{side}_lid", share)
    return []


def idle(curves: Curves, random: np.random.Generator) -> None:
    """Add what a body does all the time: blinks, sway, wandering gaze, breath."""
    times = curves.times
    act = Act(
        curves, "none", float(times[0]), float(times[-1]), 1.0, None, False, random
    )
    for name, size, pace in (
        ("head_yaw", 2.0, 1.2),
        ("head_pitch", 1.2, 1.2),
        ("head_roll", 1.0, 1.2),
        ("gaze_yaw", 5.0, 0.5),
        ("gaze_pitch", 2.5, 0.5),
        ("left_elbow", 0.7, 1.0),
        ("right_elbow", 0.7, 1.0),
        ("left_shoulder_rotation", 0.7, 1.0),
        ("right_shoulder_rotation", 0.7, 1.0),
    ):
        curves.add(name, act.wander(size, pace))
    curves.add("pelvis_lift", 0.0015 * np.sin(2 * np.pi * 0.25 * times))
    moment = random.exponential(2.0)
    while moment < times[-1]:
        lid = np.clip(1 - np.abs(times - moment) / 0.14, 0, 1)
        for side in SIDES:
            curves.at_least(f"{side}_lid", lid)
        moment += 1.2 + random.exponential(3.0)
