"""Films: the same bytes again, the truth beside them, and the clips we ship."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from s3ns.benchmarks.synthetic.exact import exact_tracks, has_places
from s3ns.benchmarks.synthetic.film import act, heard, rehearse, render
from s3ns.benchmarks.synthetic.markers import MARKED
from s3ns.benchmarks.synthetic.routes import by_markers, has_markers
from s3ns.benchmarks.synthetic.scenario import (
    Event,
    Scenario,
    read_scenario,
    scenario_text,
)
from s3ns.cli import main
from s3ns.facts import CapabilityError, Document, InputError, Side
from s3ns.facts.document import write_text
from s3ns.neural.extractor import ExtractOptions, make_extractor
from s3ns.neural.models import ModelStore
from s3ns.neural.pose import Joint
from s3ns.neural.video import probe

SAMPLES = Path(__file__).parents[2] / "samples" / "synthetic"
CLIPS = sorted(path.stem for path in SAMPLES.glob("*.yaml"))
SMALL = Scenario(
    verdict="no_event",
    duration=2,
    fps=5,
    width=160,
    height=96,
    seed=9,
    blanket="legs",
    nurse=True,
    timeline=(Event(motion="waving", side="left", start=0.2, end=1.8),),
)


def filmed(scenario: Scenario, path: Path) -> Document:
    try:
        return render(scenario, path, lambda *_: None)
    except CapabilityError as error:
        pytest.skip(str(error))


def test_the_same_scenario_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.mp4", tmp_path / "two.mp4"
    filmed(SMALL, one)
    filmed(SMALL, two)
    assert one.read_bytes() == two.read_bytes()
    assert (
        one.with_suffix(".truth.json").read_text()
        == two.with_suffix(".truth.json").read_text()
    )


def test_a_rehearsal_tells_what_the_film_would(tmp_path: Path) -> None:
    film, played = tmp_path / "film.mp4", tmp_path / "played.mp4"
    truth = filmed(SMALL, film)
    told = rehearse(SMALL, played)
    assert told.findings == truth.findings
    assert not played.exists()
    for path in (film, played):
        write_text(path.with_suffix(".yaml"), scenario_text(SMALL))
    one, two = exact_tracks(film, 5), exact_tracks(played, 5)
    np.testing.assert_array_equal(one.points, two.points)
    # Pictures of half the size show nearly as much of a hand.
    assert np.mean(one.visibility == two.visibility) > 0.9
    np.testing.assert_allclose(one.face.size, two.face.size, rtol=1e-3)


def test_a_suite_can_be_rehearsed_and_resumed(tmp_path: Path) -> None:
    words = ["synth", "suite", "--seed", "0", "--rehearse", "-o", str(tmp_path)]
    first = CliRunner().invoke(main, [*words, "--count", "1"])
    if "install" in first.output:
        pytest.skip(first.output)
    assert first.exit_code == 0, first.output
    (truth,) = tmp_path.glob("*.truth.json")
    assert has_places(tmp_path / "train-0-000.mp4")
    written = truth.stat().st_mtime_ns
    again = CliRunner().invoke(main, [*words, "--count", "1"])
    assert again.exit_code == 2
    assert "add --resume" in again.output
    more = CliRunner().invoke(main, [*words, "--count", "1", "--resume"])
    assert "1 of them there before" in more.output
    assert truth.stat().st_mtime_ns == written


def test_a_film_is_what_its_scenario_says(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    truth = filmed(SMALL, path)
    recording = probe(path)
    assert truth.recording == recording
    assert (recording.width, recording.height, recording.has_audio) == (160, 96, True)
    assert recording.duration == pytest.approx(2, abs=0.2)
    with np.load(path.with_suffix(".curves.npz")) as curves:
        assert len(curves["times"]) == len(curves["left_elbow"]) == 10
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []


def test_what_the_blanket_covers_cannot_be_judged(tmp_path: Path) -> None:
    import msgspec

    covered = msgspec.structs.replace(SMALL, blanket="chest", nurse=False)
    bare = msgspec.structs.replace(covered, blanket="none")
    for scenario, name in ((covered, "covered"), (bare, "bare")):
        truth = filmed(scenario, tmp_path / f"{name}.mp4")
        hidden = {
            item.sign for item in truth.unassessable if item.reason == "limb_covered"
        }
        assert ("full_body_shaking" in hidden) is (name == "covered")


@pytest.mark.parametrize("clip", CLIPS)
def test_shipped_clips_have_the_truth_of_their_scenarios(clip: str) -> None:
    scenario = read_scenario(SAMPLES / f"{clip}.yaml")
    truth = Document.read(SAMPLES / f"{clip}.truth.json")
    raw = (SAMPLES / f"{clip}.mp4").read_bytes()
    assert truth.recording.sha256 == hashlib.sha256(raw).hexdigest()
    assert truth.verdict is not None
    assert str(truth.verdict.label) == scenario.verdict
    shown = {(s.sign, s.side) for s in (*act(scenario).shown, *heard(scenario))}
    assert {(f.sign, str(f.side)) for f in truth.findings} == shown


def test_shipped_clips_are_small() -> None:
    assert len(CLIPS) >= 4
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < 3_000_000


def test_the_extractor_sees_what_was_rendered(model_store: ModelStore) -> None:
    found = make_extractor("landmarks").extract(
        SAMPLES / "focal_to_bilateral.mp4",
        ExtractOptions(device="cpu"),
        lambda *_: None,
    )
    truth = Document.read(SAMPLES / "focal_to_bilateral.truth.json")
    for sign in ("head_turning", "figure4", "clonic", "full_body_shaking"):
        (true,) = (item for item in truth.findings if item.sign == sign)
        (seen,) = (item for item in found.findings if item.sign == sign)
        assert seen.side is true.side
        assert seen.start == pytest.approx(true.start, abs=1.0)
    (head,) = (item for item in found.findings if item.sign == "head_turning")
    assert head.side is Side.LEFT


def test_a_machine_that_cannot_render_is_told_what_to_install(tmp_path: Path) -> None:
    pytest.importorskip("moderngl", reason="moderngl is not installed")
    path = tmp_path / "scenario.yaml"
    path.write_text("verdict: no_event\nduration: 2\n")
    code = "from s3ns.cli import main; main()"
    words = ["synth", "render", str(path), "-o", str(tmp_path / "film.mp4")]
    result = subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "__EGL_VENDOR_LIBRARY_FILENAMES": "/nowhere.json"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "apt install libegl1" in result.stderr
    assert not (tmp_path / "film.mp4").exists()


def test_the_markers_tell_what_the_body_does(tmp_path: Path) -> None:
    """The second route sees a figure of four without any model."""
    scenario = Scenario(
        verdict="epileptic_seizure",
        duration=10,
        fps=15,
        width=320,
        height=192,
        seed=4,
        view="ceiling",
        has_sound=False,
        timeline=(
            Event(motion="figure4", side="left", start=3, end=8),
            Event(motion="turning", side="right", start=3, end=7),
        ),
    )
    path = tmp_path / "film.mp4"
    write_text(path.with_suffix(".yaml"), scenario_text(scenario))
    truth = filmed(scenario, path)
    found = by_markers(15.0)(path, truth)
    (posture,) = (item for item in found.findings if item.sign == "figure4")
    assert posture.side is Side.LEFT
    assert posture.start == pytest.approx(3.5, abs=0.7)
    (turn,) = (item for item in found.findings if item.sign == "head_turning")
    assert turn.side is Side.RIGHT
    assert "tonic" in {item.sign for item in found.findings}
    tracks = exact_tracks(path, 15.0)
    marked = list(MARKED)
    hips = tracks.points[:, [Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(axis=1)
    seen = (tracks.points[:, marked] - hips[:, None]).reshape(-1, 2)
    for axis in (0, 1):  # metres run as the pixels do, right and down
        metres = tracks.world[:, marked, axis].ravel()
        assert np.corrcoef(seen[:, axis], metres)[0, 1] > 0.9
    assert has_markers(tmp_path)
    np.savez(path.with_suffix(".curves.npz"), times=tracks.times)
    assert not has_markers(tmp_path)
    with pytest.raises(InputError, match="film the scenario again"):
        by_markers(15.0)(path, truth)
