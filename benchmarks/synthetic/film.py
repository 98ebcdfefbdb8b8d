"""Film a scenario: pictures, sound, and the truth about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from s3ns.benchmarks.synthetic.body import make_body
from s3ns.benchmarks.synthetic.look import dressed
from s3ns.benchmarks.synthetic.markers import Markers
from s3ns.benchmarks.synthetic.motions import MOTIONS, Act, Shown, idle
from s3ns.benchmarks.synthetic.posture import SIDES, Curves
from s3ns.benchmarks.synthetic.renderer import Camera, Mesh, Renderer
from s3ns.benchmarks.synthetic.room import (
    BLANKETS,
    CAMERAS,
    LIGHTS,
    NOISE,
    RAISED,
    bed,
    blanket,
    room,
)
from s3ns.benchmarks.synthetic.scenario import Scenario
from s3ns.benchmarks.synthetic.scene import Nurse, Patient
from s3ns.benchmarks.synthetic.sight import Glimpse, Sight
from s3ns.benchmarks.synthetic.sound import SAMPLE_RATE, sound_track
from s3ns.benchmarks.synthetic.truth import shown_by_curves, truth_document
from s3ns.facts import Document, InputError
from s3ns.neural.video import probe

Array = npt.NDArray[Any]
Progress = Callable[[float, float], None]

TRUTH, CURVES = ".truth.json", ".curves.npz"
"""What is written beside a film, in place of its suffix."""

LOOKS_PER_SECOND = 5.0
"""How often it is checked what of the patient can be seen."""
GRAINS = 8
"""Different pictures of sensor noise; each is moved about at random."""
SOUND_BLOCK = 1024
COARSER = 2
"""How much smaller the pictures of a rehearsal are: nobody watches them."""


@dataclass(frozen=True)
class Acted:
    """What the patient does: curves, the values at rest, and the signs shown."""

    curves: Curves
    rest: dict[str, float]
    shown: list[Shown]


def act(scenario: Scenario) -> Acted:
    """Play the timeline of a scenario."""
    random = np.random.default_rng([scenario.seed, 1])
    times = np.arange(round(scenario.duration * scenario.fps)) / scenario.fps
    rest: dict[str, float] = {}
    for side in SIDES:
        rest |= {
            f"{side}_shoulder_abduction": random.uniform(14, 22),
            f"{side}_shoulder_flexion": random.uniform(0, 8),
            f"{side}_shoulder_rotation": random.uniform(25, 45),
            f"{side}_elbow": random.uniform(48, 58),
            f"{side}_fist": random.uniform(0.1, 0.3),
            f"{side}_hip": random.uniform(0, 6),
            f"{side}_hip_abduction": random.uniform(-7, 0),
            f"{side}_knee": random.uniform(2, 12),
            f"{side}_ankle": random.uniform(5, 20),
        }
    curves = Curves(times, rest)
    if not any(event.motion == "sleeping" for event in scenario.timeline):
        idle(curves, random)
    shown: list[Shown] = []
    for number, event in enumerate(scenario.timeline):
        shown += MOTIONS[event.motion].make(
            Act(
                curves,
                event.side,
                event.start,
                event.end,
                event.strength,
                event.rates,
                event.whole,
                np.random.default_rng([scenario.seed, 2, number]),
            )
        )
    return Acted(curves, rest, [*shown, *shown_by_curves(curves, rest, scenario.fps)])


def heard(scenario: Scenario) -> list[Shown]:
    """Return the signs that the sound track holds."""
    if not scenario.has_sound:
        return []
    calls = [cue for cue in scenario.sound if cue.cue in {"groan", "cry"}]
    answers = [cue for cue in scenario.sound if cue.cue == "answer"]
    return [
        *(Shown("ictal_vocalization", "none", cue.start, cue.end) for cue in calls),
        *(
            Shown("verbal_responsiveness", "none", cue.start, cue.end)
            for cue in answers
        ),
    ]


def render(scenario: Scenario, target: Path, progress: Progress) -> Document:
    """Film a scenario; write the film, its truth and its curves, whole or not at all.

    Parameters
    ----------
    scenario
        What to film.
    target
        An ``.mp4`` file; truth and curves go beside it.
    progress
        Called with the seconds done and the seconds in all.

    Returns
    -------
    The truth.

    Raises
    ------
    CapabilityError
        If nothing can be rendered on this machine.
    InputError
        If the file cannot be written.
    """
    if not target.parent.is_dir():
        raise InputError(f"cannot write {target}: there is no folder {target.parent}")
    acted = act(scenario)
    stage = _Stage(scenario, acted.curves)
    unfinished = target.with_name(f".{target.stem}.unfinished{target.suffix}")
    try:
        _write_film(scenario, unfinished, stage.pictures(), progress)
        truth = truth_document(
            scenario,
            [*acted.shown, *heard(scenario)],
            stage.glimpses,
            name=target.stem,
            recording=probe(unfinished),
        )
        _write_curves(target, acted.curves, stage)
        truth.write(target.with_suffix(TRUTH))
        unfinished.replace(target)
    finally:
        stage.close()
        unfinished.unlink(missing_ok=True)
    return truth


def rehearse(scenario: Scenario, target: Path) -> Document:
    """Play a scenario without filming it; write its truth and its curves.

    For what needs markers only: a sixth of the time of a film at 1280 x 720.

    Parameters
    ----------
    scenario
        What to play.
    target
        The film that is not made; truth and curves go where they would lie beside it.

    Returns
    -------
    The truth; that of the film, but for what is judged at the moments of a look.

    Raises
    ------
    CapabilityError
        If nothing can be rendered on this machine.
    """
    acted = act(scenario)
    stage = _Stage(scenario, acted.curves, COARSER)
    try:
        stage.rehearse()
        truth = truth_document(
            scenario,
            [*acted.shown, *heard(scenario)],
            stage.glimpses,
            name=target.stem,
        )
        _write_curves(target, acted.curves, stage)
        truth.write(target.with_suffix(TRUTH))
    finally:
        stage.close()
    return truth


def _write_curves(target: Path, curves: Curves, stage: _Stage) -> None:
    with target.with_suffix(CURVES).open("wb") as stream:
        np.savez_compressed(stream, **_curves(curves, stage))


def _curves(curves: Curves, stage: _Stage) -> dict[str, Any]:
    """Return what moved, and what could be seen, as arrays by name."""
    moved = {
        name: np.round(values, 4).astype(np.float32)
        for name, values in curves.values.items()
        if np.ptp(values) > 0
    }
    glimpses = [glimpse for _, glimpse in stage.glimpses]
    sight = {
        "times": [time for time, _ in stage.glimpses],
        "face_turned": [one.turned for one in glimpses],
        "eye_pixels": [one.eyes for one in glimpses],
        **{part: [one.shares[part] for one in glimpses] for part in glimpses[0].shares},
    }
    return {
        "times": curves.times.astype(np.float32),
        **moved,
        "markers": np.round(np.stack(stage.places), 4).astype(np.float32),
        **{
            f"sight_{name}": np.array(values, np.float32)
            for name, values in sight.items()
        },
    }


@dataclass(frozen=True)
class _Moment:
    time: float
    surface: Mesh
    joints: dict[str, Array]


class _Stage:
    """Draws the pictures of a scenario and notes what can be seen."""

    def __init__(self, scenario: Scenario, curves: Curves, coarser: int = 1) -> None:
        self._coarser = coarser
        self.glimpses: list[tuple[float, Glimpse]] = []
        self.places: list[Array] = []
        self._scenario, self._curves = scenario, curves
        person, view = scenario.person, scenario.view
        raised = RAISED[view] if scenario.raised is None else scenario.raised
        camera = hung(CAMERAS[view], scenario.seed)
        body = make_body(person.shape)
        self._look = dressed(
            body,
            skin=person.skin,
            hair=person.hair,
            clothes=person.clothes,
            long_sleeves=person.long_sleeves,
        )
        self._patient = Patient(body, self._look, raised)
        self._nurse = Nurse() if scenario.nurse else None
        self._size = (scenario.width // coarser, scenario.height // coarser)
        self._renderer = Renderer(
            self._size,
            camera,
            LIGHTS[scenario.light],
            self._look.eyes,
            still=room(),
            furniture=bed(raised),
        )
        self._sight = Sight(body, camera, self._size)
        self._markers = Markers(body)
        self._raised = raised

    def close(self) -> None:
        """Release what the driver holds for this film."""
        self._renderer.release()

    def pictures(self) -> Iterator[Array]:
        """Yield the pictures, RGB ``(height, width, 3)``."""
        scenario = self._scenario
        random = np.random.default_rng([scenario.seed, 3])
        shape = (GRAINS, scenario.height, scenario.width)
        grains = (NOISE[scenario.light] * random.normal(size=shape)).astype(np.float32)
        for step in range(len(self._curves.times)):
            moment = self._moment(step)
            picture = self._renderer.draw(self._meshes(moment))
            if self._is_look(step):
                self._look_at(moment)
            grain = grains[random.integers(GRAINS)]
            shift = random.integers(0, grain.shape)
            noisy = picture + np.roll(grain, tuple(shift), (0, 1))[:, :, None]
            yield np.clip(noisy, 0, 255).astype(np.uint8)

    def rehearse(self) -> None:
        """Note what can be seen, drawing only where it is looked."""
        for step in range(len(self._curves.times)):
            moment = self._moment(step)
            if self._is_look(step):
                self._renderer.draw(self._meshes(moment))
                self._look_at(moment)

    def _moment(self, step: int) -> _Moment:
        surface, joints = self._patient.at(self._curves.at(step))
        self.places.append(self._markers.places(surface.vertices, joints))
        return _Moment(float(self._curves.times[step]), surface, joints)

    def _meshes(self, moment: _Moment) -> dict[str, Mesh]:
        meshes = {"patient": moment.surface}
        reach = BLANKETS[self._scenario.blanket]
        if reach is not None:
            meshes["blanket"] = blanket(reach, self._raised, moment.surface.vertices)
        if self._nurse is not None:
            meshes["nurse"] = self._nurse.at_time(moment.time)
        return meshes

    def _is_look(self, step: int) -> bool:
        return step % max(1, round(self._scenario.fps / LOOKS_PER_SECOND)) == 0

    def _look_at(self, moment: _Moment) -> None:
        """Look at what was drawn last."""
        depths = self._renderer.depths()
        seen = self._sight.look(moment.surface.vertices, moment.joints, depths)
        glimpse = replace(seen, eyes=self._coarser * seen.eyes)
        self.glimpses.append((moment.time, glimpse))


def hung(camera: Camera, seed: int) -> Camera:
    """Return a camera as somebody hangs it up: not quite where it was meant to be."""
    random = np.random.default_rng([seed, 5])
    x, y, z = np.array(camera.eye) + random.uniform(-0.15, 0.15, 3)
    return replace(
        camera,
        eye=(float(x), float(y), float(z)),
        angle=camera.angle * float(random.uniform(0.96, 1.06)),
    )


def _write_film(
    scenario: Scenario, path: Path, pictures: Iterator[Array], progress: Progress
) -> None:
    import av

    try:
        container = av.open(str(path), "w", format="mp4")
    except (OSError, av.FFmpegError) as error:
        raise InputError(f"cannot write {path.parent}: {error}") from error
    with container:
        video = container.add_stream("libx264", rate=Fraction(scenario.fps))
        video.width, video.height = scenario.width, scenario.height
        video.pix_fmt = "yuv420p"
        # One thread, so that the same scenario gives the same bytes.
        video.options = {"preset": "superfast", "threads": "1"}
        pixels = video.width * video.height * scenario.fps
        video.bit_rate = round(scenario.bits_per_pixel * pixels)
        voice = None
        if scenario.has_sound:
            voice = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        for number, picture in enumerate(pictures, start=1):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(video.encode(frame))
            progress(number / scenario.fps, scenario.duration)
        container.mux(video.encode(None))
        if voice is not None:
            random = np.random.default_rng([scenario.seed, 4])
            track = sound_track(scenario.duration, scenario.sound, random)
            for first in range(0, len(track), SOUND_BLOCK):
                block = track[None, first : first + SOUND_BLOCK]
                piece = av.AudioFrame.from_ndarray(block, "fltp", "mono")
                piece.sample_rate, piece.pts = SAMPLE_RATE, first
                container.mux(voice.encode(piece))
            container.mux(voice.encode(None))
