"""Random suites of scenarios: epileptic seizures, functional ones, ordinary behaviour.

Kinds, views and recipes take turns, so that any suite is balanced; all else is drawn at
random. Training, validation and test scenarios are drawn from seeds that never meet.
"""

from __future__ import annotations

from collections.abc import Callable
from math import lcm
from pathlib import Path
from typing import Any

import numpy as np

from s3ns.benchmarks.synthetic.body import body_names
from s3ns.benchmarks.synthetic.look import CLOTHES, HAIRS, SKINS
from s3ns.benchmarks.synthetic.room import CAMERAS
from s3ns.benchmarks.synthetic.scenario import (
    Cue,
    Event,
    Person,
    Scenario,
    scenario_text,
)
from s3ns.facts import Label
from s3ns.facts.document import write_text

SPLITS = ("train", "validation", "test")

LIGHT_SHARES = {"day": 0.6, "dim": 0.2, "infrared": 0.2}
SIZE_SHARES = {(1280, 720): 0.75, (848, 480): 0.25}
"""Width and height of the pictures: monitoring cameras, new and old."""
FPS = 15
"""Pictures per second: what recorders keep at the least, and tonic tremor asks for."""
BLANKET_SHARES = {"none": 0.6, "legs": 0.2, "waist": 0.12, "chest": 0.08}
NURSE_SHARE = 0.1
SILENT_SHARE = 0.1
SLEEP_SHARE = 0.06
"""Share of the seizures that begin out of a minute of sleep."""
SLEEP = 62.0
"""Seconds."""


class Script:
    """A timeline in the making.

    Attributes
    ----------
    random
        Where choices come from.
    now
        The second that has been reached.
    """

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        self.now = round(float(random.uniform(1.0, 2.5)), 2)
        self.events: list[Event] = []
        self.cues: list[Cue] = []

    def between(self, low: float, high: float) -> float:
        """Draw a number, to the hundredth."""
        return round(float(self.random.uniform(low, high)), 2)

    def chance(self, share: float) -> bool:
        """Draw whether something happens."""
        return bool(self.random.uniform() < share)

    def side(self) -> str:
        """Draw a side."""
        return "left" if self.chance(0.5) else "right"

    def play(self, motion: str, seconds: float, lag: float = 0.0, **how: Any) -> None:
        """Add a motion that begins ``lag`` seconds from now; time does not pass."""
        start = round(self.now + lag, 2)
        how.setdefault("strength", self.between(0.85, 1.2))
        self.events.append(
            Event(motion=motion, start=start, end=round(start + seconds, 2), **how)
        )

    def hear(self, cue: str, seconds: float, lag: float = 0.0) -> None:
        """Add a sound that begins ``lag`` seconds from now; time does not pass."""
        start = round(self.now + lag, 2)
        self.cues.append(Cue(cue=cue, start=start, end=round(start + seconds, 2)))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now = round(self.now + seconds, 2)

    def ordinary(self) -> None:
        """Add something ordinary, and let it pass."""
        _ORDINARY[int(self.random.integers(len(_ORDINARY)))](self)
        self.wait(self.between(0.8, 1.6))


Recipe = Callable[[Script], None]


# --- ordinary behaviour -------------------------------------------------------------


def _talks(script: Script) -> None:
    seconds = script.between(2.5, 4.5)
    script.play("talking", seconds)
    script.hear("talk", seconds)
    script.wait(seconds)


def _answers(script: Script) -> None:
    script.hear("prompt", 1.4)
    script.hear("answer", 1.1, 2.0)
    script.play("talking", 1.1, 2.0)
    script.wait(3.3)


def _moves(motion: str, low: float, high: float, *, sided: bool = True) -> Recipe:
    def recipe(script: Script) -> None:
        seconds = script.between(low, high)
        script.play(motion, seconds, side=script.side() if sided else "none")
        script.wait(seconds)

    return recipe


_ORDINARY: tuple[Recipe, ...] = (
    _talks,
    _answers,
    _moves("reaching", 2.0, 3.0),
    _moves("waving", 2.2, 3.2),
    _moves("scratching", 2.2, 3.2),
    _moves("turning", 2.5, 4.0),
    _moves("stretching", 3.0, 4.5, sided=False),
    _moves("lying_still", 3.0, 5.0, sided=False),
)


def _ordinary_time(script: Script) -> None:
    choice = script.random.uniform()
    if choice < 0.12:
        script.play("sleeping", script.between(9, 13))
        script.wait(script.events[-1].end - script.now)
        return
    if choice < 0.3:
        _moves("eating", 7.5, 12.5)(script)
    elif choice < 0.42:
        _moves("rolling_over", 6.0, 9.0)(script)
    for _ in range(3):
        script.ordinary()


# --- epileptic seizures -------------------------------------------------------------


def _focal_to_bilateral(script: Script) -> None:
    side = script.side()
    if script.chance(0.5):
        face = "facial_twitch" if script.chance(0.5) else "mouth_pull"
        seconds = script.between(4.0, 5.5)
        script.play(face, seconds, side=side)
        script.wait(seconds + script.between(-0.5, 0.5))
    turned = script.between(4.5, 6.0)
    script.play("version", turned, side=side)
    script.wait(script.between(1.5, 2.2))
    stiff = script.between(4.0, 5.0)
    if script.chance(0.6):
        script.play("figure4", stiff, side=side)
    else:
        script.play("tonic", stiff, side="bilateral", whole=True)
    if script.chance(0.5):
        script.hear("cry", script.between(1.0, 2.0), 0.2)
    script.wait(stiff + 0.2)
    jerks = script.between(6.0, 8.0)
    rates = (script.between(3.4, 4.3), script.between(1.7, 2.3))
    script.play("clonic", jerks, side="bilateral", rate=rates, whole=True)
    script.wait(jerks + 1.5)


def _with_automatisms(script: Script) -> None:
    side = script.side()
    _moves("reaching", 2.0, 2.5)(script)
    script.wait(0.8)
    arrest = script.between(5.0, 6.0)
    script.play("stare", arrest)
    script.wait(arrest + 0.3)
    seconds = script.between(5.0, 7.0)
    script.play("chewing", seconds)
    script.play("fumbling", seconds, 0.5, side=side)
    if script.chance(0.5):
        other = "right" if side == "left" else "left"
        script.play("arm_flexion", seconds - 1, 1.0, side=other)
    if script.chance(0.6):
        script.hear("prompt", 1.4, 1.0)
    script.wait(seconds + 1.5)


def _focal_motor(script: Script) -> None:
    side = script.side()
    faces = ["facial_twitch", "mouth_pull"]
    script.random.shuffle(faces)
    for motion in faces:
        seconds = script.between(4.0, 5.5)
        script.play(motion, seconds, side=side)
        script.wait(seconds + script.between(0.3, 0.8))
    jerks = script.between(6.0, 8.0)
    rates = (script.between(2.6, 3.8), script.between(1.8, 2.6))
    script.wait(-script.between(0.0, 2.5))
    script.play("clonic", jerks, side=side, rate=rates)
    script.wait(jerks + 1.2)


def _absence(script: Script) -> None:
    _talks(script)
    script.wait(0.4)
    seconds = script.between(6.0, 9.0)
    script.play("stare", seconds)
    script.wait(seconds)
    blinks = script.between(4.5, 6.0)
    script.play("blinking", blinks, rate=script.between(1.8, 2.6))
    script.wait(blinks)
    script.wait(1.0)
    _moves("reaching", 2.0, 2.5)(script)
    script.wait(1.0)


def _tonic_seizure(script: Script) -> None:
    seconds = script.between(6.0, 9.0)
    script.play("tonic", seconds, side="bilateral", whole=True)
    if script.chance(0.5):
        script.hear("groan", script.between(1.2, 2.2), 0.3)
    if script.chance(0.4):
        script.play("turning", seconds - 1.5, 0.6, side=script.side())
    script.wait(seconds + 1.5)


def _tonic_arm(script: Script) -> None:
    side = script.side()
    seconds = script.between(5.0, 7.0)
    script.play("figure4" if script.chance(0.4) else "tonic", seconds, side=side)
    if script.chance(0.5):
        script.play("mouth_pull", seconds - 1, 1.2, side=side)
    else:
        script.play("version", seconds, 0.8, side=side)
    script.wait(seconds + script.between(0.8, 1.6))
    if script.chance(0.5):
        jerks = script.between(5.0, 7.0)
        script.play("clonic", jerks, side=side, rate=(script.between(3.0, 3.8), 2.2))
        script.wait(jerks)
    script.wait(1.2)


# --- functional seizures ------------------------------------------------------------


def _shakes_out_of_step(script: Script) -> None:
    seconds = script.between(8.0, 11.0)
    script.play("eye_closure", seconds + 1.5)
    script.wait(0.8)
    whole = script.chance(0.6)
    script.play("asynchronous_shaking", seconds - 1, whole=whole)
    if script.chance(0.5):
        script.play("side_to_side", seconds - 3, 1.0)
    if script.chance(0.4):
        script.hear("groan", script.between(1.2, 2.4), 2.0)
    script.wait(seconds + 1.5)


def _thrusts(script: Script) -> None:
    seconds = script.between(7.0, 10.0)
    if script.chance(0.7):
        script.play("eye_closure", seconds + 1.5)
        script.wait(0.8)
    script.play("pelvic_thrusting", seconds, rate=script.between(1.0, 1.6))
    if script.chance(0.4):
        script.hear("cry", script.between(1.2, 2.4), 2.0)
    script.wait(seconds + 1.5)


def _trembles(script: Script) -> None:
    seconds = script.between(8.0, 11.0)
    rate = script.between(4.2, 4.9)
    script.play("eye_closure", seconds + 1.0)
    script.wait(0.6)
    script.play("tremor", seconds - 1, side="bilateral", rate=rate, whole=True)
    if script.chance(0.6):
        script.hear("prompt", 1.4, 2.5)
        script.hear("answer", 1.0, 4.5)
    script.wait(seconds + 1.5)


def _turns_and_shakes(script: Script) -> None:
    seconds = script.between(5.0, 7.0)
    script.play("eye_closure", 2 * seconds + 2)
    script.wait(0.6)
    script.play("side_to_side", seconds, rate=script.between(0.7, 1.1))
    script.play("asynchronous_shaking", seconds)
    script.wait(seconds + script.between(0.6, 1.2))
    if script.chance(0.5):
        script.play("pelvic_thrusting", seconds)
    else:
        script.play("asynchronous_shaking", seconds, whole=True)
    script.wait(seconds + 1.5)


RECIPES: dict[Label, tuple[Recipe, ...]] = {
    Label.EPILEPTIC_SEIZURE: (
        _focal_to_bilateral,
        _with_automatisms,
        _focal_motor,
        _absence,
        _tonic_seizure,
        _tonic_arm,
    ),
    Label.NON_EPILEPTIC_EVENT: (
        _shakes_out_of_step,
        _thrusts,
        _trembles,
        _turns_and_shakes,
    ),
    Label.NO_EVENT: (_ordinary_time,),
}
"""What each kind is made of."""


def suite(split: str, seed: int, count: int) -> list[Scenario]:
    """Draw the scenarios of a suite.

    Parameters
    ----------
    split
        One of :data:`SPLITS`; no scenario of one is ever drawn for another.
    seed
        Number of the suite within the split.
    count
        How many.
    """
    return [_drawn(SPLITS.index(split), seed, number) for number in range(count)]


def _drawn(split: int, seed: int, number: int) -> Scenario:
    random = np.random.default_rng([split, seed, number])
    labels, views = list(RECIPES), list(CAMERAS)
    label, turn = labels[number % len(labels)], number // len(labels)
    script = Script(random)
    asleep = label is Label.EPILEPTIC_SEIZURE and script.chance(SLEEP_SHARE)
    if asleep:
        script.events.append(Event(motion="sleeping", start=0, end=SLEEP))
        script.now = SLEEP
    elif label is not Label.NO_EVENT and script.chance(0.4):
        script.ordinary()
    recipes = RECIPES[label]
    # Recipes take turns, and shift by one whenever all pairs with views would repeat.
    shift = turn // lcm(len(views), len(recipes))
    recipes[(turn + shift) % len(recipes)](script)

    def drawn(shares: dict[Any, float]) -> Any:
        choices = list(shares)
        return choices[random.choice(len(choices), p=list(shares.values()))]

    first, second = (
        str(name) for name in random.choice(body_names(), 2, replace=False)
    )
    share = script.between(0.5, 1.0)
    width, height = drawn(SIZE_SHARES)
    return Scenario(
        verdict=str(label),
        duration=round(script.now + script.between(0.5, 1.5), 1),
        timeline=tuple(script.events),
        seed=int(random.integers(2**31)),
        fps=FPS,
        width=width,
        height=height,
        person=Person(
            shape={first: share, second: round(1 - share, 2)},
            skin=str(random.choice(list(SKINS))),
            hair=str(random.choice(list(HAIRS))),
            clothes=str(random.choice([name for name in CLOTHES if name != "scrubs"])),
            long_sleeves=script.chance(0.4),
        ),
        view=views[turn % len(views)],
        light=drawn(LIGHT_SHARES),
        blanket=drawn(BLANKET_SHARES),
        nurse=script.chance(NURSE_SHARE),
        has_sound=not script.chance(SILENT_SHARE),
        sound=tuple(script.cues),
    )


def write_scenarios(
    folder: Path, split: str, seed: int, count: int
) -> list[tuple[Path, Scenario]]:
    """Write the scenarios of a suite as files into a folder, and return both."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number, scenario in enumerate(suite(split, seed, count)):
        path = folder / f"{split}-{seed}-{number:03d}.yaml"
        write_text(path, scenario_text(scenario))
        found.append((path, scenario))
    return found
