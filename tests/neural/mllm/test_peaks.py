"""Jerks and blinks are looked for where our own landmarks move."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from s3ns.facts import vocabulary
from s3ns.neural.landmark_extractor import LANDMARK_MODELS
from s3ns.neural.landmarks import Landmarks
from s3ns.neural.mllm.peaks import FAST_SIGNS, Movement, Part, liveliest
from s3ns.neural.mllm.plan import FAST_IN_GROUP
from s3ns.neural.mllm.windows import PICTURE, Look, Window, windows
from s3ns.neural.models import ModelStore
from s3ns.neural.video import Frame
from tests.neural.mllm.conftest import Extract
from tests.neural.mllm.stub_server import NO, stub_server
from tests.neural.stick_figure import Figure, jerks
from tests.neural.test_extract import DEMO

FAST = Look(6.0, 1.0, 10.0)
USUAL = Look(30.0, 5.0, 2.0)
SIGNS = {name: vocabulary().by_name[name] for name in FAST_SIGNS}

MOVING = {
    "limbs": Figure(right_elbow=jerks(11, 15, 3, 60, rest=100)),
    "lids": Figure(left_eye=jerks(11, 15, 3, -0.2, rest=0.25)),
    "skin": Figure(left_cheek=jerks(11, 15, 3, 0.1)),
}


def starts(found: list[Window], part: Part, most: int = 1) -> list[float]:
    (name,) = [sign for sign, moves in FAST_SIGNS.items() if moves == part]
    chosen = liveliest(found, {FAST: [SIGNS[name]]}, most)
    return [window.start for window, _ in chosen]


def watched(figure: Figure | None) -> list[Window]:
    """Return the windows of a film that flickers at its end and may show a figure."""
    movement = Movement()
    seen = {} if figure is None else {t: m for t, *m in figure.moments(30)}

    def watch(frame: Frame) -> Mapping[str, float]:
        if frame.time not in seen:
            return {}
        pose, expression = seen[frame.time]
        return movement(Landmarks(frame.time, pose, None), expression)

    media = [
        Frame(k / 10, np.full((48, 64, 3), 90 + 50 * (k % 2) * (k > 250), np.uint8))
        for k in range(300)
    ]
    looks = {FAST: (0.0, 30.0)}
    return list(windows(media, looks, rate=10, pixels=4096, watch=watch))


@pytest.mark.parametrize("part", MOVING)
def test_landmarks_and_not_the_light_choose_where_to_look(part: Part) -> None:
    found = watched(MOVING[part])
    assert starts(found, part) == [10.0]
    assert starts(watched(None), part) == [25.0]


def test_walking_about_is_no_movement_of_the_limbs() -> None:
    still, swaying = (
        np.mean([window.motion["limbs"] for window in watched(figure)])
        for figure in (Figure(), Figure(sway=lambda time: 3 * np.sin(time)))
    )
    assert swaying < 1.2 * still


def test_each_sign_has_windows_of_its_own() -> None:
    motions = [{"limbs": 1.0, "lids": 9.0}, {"limbs": 5.0, "lids": 1.0}]
    found = [
        Window(FAST, 5.0 * k, 5.0 * k + 6, (), motion=motion)
        for k, motion in enumerate(motions)
    ]
    signs = {FAST: [SIGNS["clonic"], SIGNS["eye_blinking"]]}
    chosen = [
        (window.start, [sign.name for sign in some])
        for window, some in liveliest(found, signs, 1)
    ]
    assert chosen == [(0.0, ["eye_blinking"]), (5.0, ["clonic"])]


def test_the_liveliest_of_each_half_minute_come_in_order_of_time() -> None:
    moving = [
        Window(FAST, 5.0 * k, 5.0 * k + 6, (), motion={PICTURE: float(m)})
        for k, m in enumerate([1, 5, 2, 4, 0, 0, 0, 0, 9])
    ]
    usual = Window(USUAL, 0.0, 30.0, ())
    tonic = vocabulary().by_name["tonic"]
    signs = {FAST: [SIGNS["clonic"]], USUAL: [tonic]}
    chosen = list(liveliest([usual, *moving], signs, 2))
    assert chosen[0] == (usual, [tonic])
    assert [w.start for w, _ in chosen[1:]] == [5.0, 15.0, 30.0, 40.0]
    measured = Window(FAST, 25.0, 31.0, (), motion={"limbs": 0.0, PICTURE: 0.0})
    assert 25.0 in starts([*moving[:5], measured], "limbs")


@pytest.mark.models
def test_the_models_that_chose_are_told(
    extract: Extract, model_store: ModelStore
) -> None:
    how = {"signs": "clonic", "video": DEMO, "end": 1.0, "fast_windows": 1}
    with stub_server(lambda body: NO) as stub:
        (step,) = extract(stub.url, models=None, **how).provenance
        assert {file.name for file in step.models} == set(LANDMARK_MODELS)
        assert not any("movement" in remark for remark in step.remarks)
        assert len(stub.bodies) == 1
        (step,) = extract(stub.url, **how).provenance  # no models in this folder
        assert step.models == ()
        assert any("by the change of pictures" in remark for remark in step.remarks)
        everywhere = how | {"fast_windows": FAST_IN_GROUP}
        (step,) = extract(stub.url, models=None, **everywhere).provenance
        assert step.models == ()  # nothing was to be chosen
