"""A scenario: who lies where, seen and lit how, and what happens; a small YAML file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from s3ns.benchmarks.synthetic.body import body_names
from s3ns.benchmarks.synthetic.look import CLOTHES, HAIRS, SKINS
from s3ns.benchmarks.synthetic.motions import MOTIONS
from s3ns.benchmarks.synthetic.room import BLANKETS, CAMERAS, LIGHTS
from s3ns.benchmarks.synthetic.sound import CUES
from s3ns.facts import InputError, Label, bad_value

LARGEST_FILE = 100_000
"""Bytes; a scenario is a page."""


def _allowed(what: str, came: str, allowed: Iterable[str]) -> None:
    choices = list(allowed)
    if came not in choices:
        raise ValueError(bad_value(what, came, choices))


def _interval(start: float, end: float) -> None:
    if not 0 <= start < end:
        raise ValueError(f"expected 0 <= start < end, got {start} and {end}")


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The patient.

    Attributes
    ----------
    shape
        Share of each baked body.
    skin, hair, clothes
        Names of colours.
    long_sleeves
        Whether the arms are covered.
    """

    shape: dict[str, float] = msgspec.field(default_factory=lambda: {"woman": 1.0})
    skin: str = "fair"
    hair: str = "brown"
    clothes: str = "pyjamas"
    long_sleeves: bool = False

    def __post_init__(self) -> None:
        for name in self.shape:
            _allowed("shape", name, body_names())
        if (
            not self.shape
            or min(self.shape.values()) < 0
            or not sum(self.shape.values())
        ):
            raise ValueError("expected shares above 0 as shape")
        _allowed("skin", self.skin, SKINS)
        _allowed("hair", self.hair, HAIRS)
        _allowed("clothes", self.clothes, CLOTHES)


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A motion on the timeline.

    Attributes
    ----------
    motion
        Name of a motion.
    start, end
        Seconds.
    side
        The patient's own side, where the motion has one.
    strength
        1 is usual; from 0.3 to 1.6.
    rate
        Movements per second: a number, or two for a rate that changes.
    whole
        Whether legs and trunk take part.
    """

    motion: str
    start: float
    end: float
    side: str = "none"
    strength: float = 1.0
    rate: float | tuple[float, float] | None = None
    whole: bool = False

    def __post_init__(self) -> None:
        _allowed("motion", self.motion, MOTIONS)
        _allowed(f"side of {self.motion}", self.side, MOTIONS[self.motion].sides)
        _interval(self.start, self.end)
        if not 0.3 <= self.strength <= 1.6:
            raise ValueError(f"expected a strength in 0.3..1.6, got {self.strength}")
        if not all(0.1 <= rate <= 12 for rate in self.rates or ()):
            raise ValueError(f"expected a rate in 0.1..12 per second, got {self.rate}")

    @property
    def rates(self) -> tuple[float, float] | None:
        """The rates at the start and at the end."""
        if self.rate is None or isinstance(self.rate, tuple):
            return self.rate
        return (self.rate, self.rate)


class Cue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to be heard: who or what, and when in seconds."""

    cue: str
    start: float
    end: float

    def __post_init__(self) -> None:
        _allowed("cue", self.cue, CUES)
        _interval(self.start, self.end)


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that makes a film.

    Attributes
    ----------
    verdict
        What it shows: the label of a verdict.
    duration
        Seconds.
    timeline
        What the patient does.
    seed
        Of all that is irregular.
    fps, width, height, bits_per_pixel
        Of the film. 0.12 bits a pixel is what recorders keep: 1.7 megabits a second of
        1280 by 720 at 15 pictures a second. A steady rate, for at a steady quality the
        noise of a dim picture takes most of it.
    person, view, light, blanket, nurse
        Who, seen from where, in what light, covered up to where, with somebody beside.
    raised
        Degrees by which the back of the bed is raised; by default as suits the view.
    has_sound
        Whether there is a sound track.
    sound
        What is heard.
    """

    verdict: str
    duration: float
    timeline: tuple[Event, ...] = ()
    seed: int = 0
    fps: int = 20
    width: int = 848
    height: int = 480
    bits_per_pixel: float = 0.12
    person: Person = msgspec.field(default_factory=Person)
    view: str = "front"
    light: str = "day"
    blanket: str = "none"
    nurse: bool = False
    raised: float | None = None
    has_sound: bool = True
    sound: tuple[Cue, ...] = ()

    def __post_init__(self) -> None:
        _allowed("verdict", self.verdict, [str(label) for label in Label])
        _allowed("view", self.view, CAMERAS)
        _allowed("light", self.light, LIGHTS)
        _allowed("blanket", self.blanket, BLANKETS)
        for name, value, low, high in (
            ("duration", self.duration, 1, 600),
            ("fps", self.fps, 5, 60),
            ("width", self.width, 64, 1920),
            ("height", self.height, 64, 1080),
            ("bits_per_pixel", self.bits_per_pixel, 0.01, 1),
            ("raised", self.raised or 0, 0, 70),
            ("seed", self.seed, 0, 2**32 - 1),
        ):
            if not low <= value <= high:
                raise ValueError(f"expected {name} in {low}..{high}, got {value}")
        if self.width % 2 or self.height % 2:
            raise ValueError("expected an even width and height, as video needs")
        ends = [*(item.end for item in self.timeline), *(cue.end for cue in self.sound)]
        if max(ends, default=0) > self.duration + 1e-6:
            raise ValueError(
                f"expected all within {self.duration} s, got an end at {max(ends)}"
            )


def read_scenario(path: Path) -> Scenario:
    """Read a scenario.

    Raises
    ------
    InputError
        If it cannot be read, or is not one; the message names file, key and what is
        allowed.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if len(raw) > LARGEST_FILE:
        raise InputError(f"{path} has {len(raw)} bytes; a scenario is a page of YAML")
    try:
        content = YAML(typ="safe", pure=True).load(raw.decode())
    except (YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} is not YAML: {reason}") from error
    return scenario_of(content, name=str(path))


def scenario_of(content: Any, *, name: str) -> Scenario:
    """Make a scenario of what a YAML file holds; ``name`` is for errors."""
    try:
        _keys(content, Scenario, "")
        if isinstance(content, Mapping):
            _keys(content.get("person", {}), Person, "person.")
            for part, kind in (("timeline", Event), ("sound", Cue)):
                for number, item in enumerate(content.get(part) or ()):
                    _keys(item, kind, f"{part}[{number}].")
        return msgspec.convert(content, Scenario)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        text = str(error).replace(" - at `$.", " (at ").replace("`", "")
        closing = ")" if " (at " in text else ""
        raise InputError(f"{name}: {text}{closing}") from error


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as YAML; what is as usual is left out."""
    from io import StringIO

    from ruamel.yaml import YAML

    stream = StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = None
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.dump(_plain(scenario), stream)
    return stream.getvalue()


def _plain(value: Any) -> Any:
    """Return structs as mappings without the fields at their defaults."""
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        return {
            item.name: _plain(getattr(value, item.name))
            for item in fields
            if item.required or getattr(value, item.name) != item.default
        }
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _keys(content: Any, kind: type[msgspec.Struct], place: str) -> None:
    allowed = [item.name for item in msgspec.structs.fields(kind)]
    if not isinstance(content, Mapping):
        raise ValueError(f"expected keys {', '.join(allowed)} as {place or 'the file'}")
    for key in content:
        if key not in allowed:
            raise ValueError(bad_value("key", f"{place}{key}", allowed))
