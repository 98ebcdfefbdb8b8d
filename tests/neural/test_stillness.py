"""What was found holds while the picture shows the same, and not a moment longer."""

from __future__ import annotations

import numpy as np
import pytest

from s3ns.neural.geometry import Region
from s3ns.neural.picture import Picture
from s3ns.neural.pose import POINTS, Pose
from s3ns.neural.stillness import LONGEST, Stillness

WHOLE = Region(64, 64, 128)


def body(x: float) -> Pose:
    """Return a body all of whose points lie in one place."""
    return Pose(
        score=1.0,
        points=np.full((POINTS, 2), x, np.float32),
        visibility=np.ones(POINTS, np.float32),
        world=np.zeros((POINTS, 3), np.float32),
        region=WHOLE,
    )


def scene(hand: int = 40, noise: float = 0.0, seed: int = 0) -> Picture:
    """Draw a bright hand, 8 pixels wide, on a dark trunk, with noise."""
    image = np.full((128, 128, 3), 150.0)
    image[:, 30:90] = 60
    image[60:68, hand : hand + 8] = 180
    image += np.random.default_rng(seed).normal(0, noise, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_what_was_found_holds_while_nothing_moves(noise: float) -> None:
    still = Stillness()
    assert still.recall(0.0, scene()) is None
    found = still.keep(0.0, scene(noise=noise), body(1))
    for step in range(1, 6):
        later = scene(noise=noise, seed=step)
        assert still.recall(step / 20, later) is found
    assert still.recall(LONGEST, scene(noise=noise, seed=7)) is None


@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_a_movement_of_a_sixtieth_of_the_region_ends_it(noise: float) -> None:
    still = Stillness()
    still.keep(0.0, scene(noise=noise), body(1))
    assert still.recall(0.05, scene(hand=42, noise=noise, seed=1)) is None
    # It is over for good, also where the hand comes back.
    assert still.recall(0.1, scene(noise=noise, seed=2)) is None


def test_a_picture_that_changes_as_a_whole_is_not_noise() -> None:
    for other in (np.zeros_like(scene()), scene()[:, ::-1], scene()[::-1] // 2):
        still = Stillness()
        still.keep(0.0, scene(), body(1))
        assert still.recall(0.05, np.ascontiguousarray(other)) is None


def test_a_slow_movement_adds_up() -> None:
    still = Stillness()
    places = [still.keep(0.0, scene(), body(0)).points[0, 0]]
    for step in range(1, 20):  # one pixel at a time, which alone is too little to see
        time = step * LONGEST
        found = still.recall(time, scene(40 + step))
        assert found is None
        places.append(still.keep(time, scene(40 + step), body(step)).points[0, 0])
    assert np.abs(places - np.arange(20)).max() <= 2


def test_looks_at_what_does_not_move_are_averaged() -> None:
    still = Stillness()
    looks = [still.keep(k * LONGEST, scene(), body(x)) for k, x in enumerate((1, 5, 3))]
    assert [look.points[0, 0] for look in looks] == [1, 3, 3]
    still.forget()
    assert still.keep(1.0, scene(), body(9)).points[0, 0] == 9
