"""Time series: gaps, runs, rhythm."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3ns.neural.kinematics import jitter
from s3ns.neural.signals import (
    activity,
    hysteresis,
    resampled,
    rhythm,
    rolling_median,
    runs,
)

masks = st.lists(st.booleans(), max_size=60).map(lambda flags: np.array(flags, bool))


def swing(rate: float, seconds: float, fps: float) -> np.ndarray:
    time = np.arange(0, seconds, 1 / fps)
    return np.sin(2 * np.pi * rate * time)[:, None]


@given(masks)
def test_runs_cover_the_mask_and_nothing_else(mask: np.ndarray) -> None:
    covered = np.zeros_like(mask)
    for first, beyond in runs(mask, rate=10):
        assert not covered[first:beyond].any()
        covered[first:beyond] = True
    assert (covered == mask).all()


@given(masks, st.integers(0, 5), st.integers(1, 5))
def test_runs_keep_apart_what_is_farther_than_the_bridge(
    mask: np.ndarray, bridge: int, shortest: int
) -> None:
    spans = list(runs(mask, rate=1, bridge=bridge, shortest=shortest))
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert start - end > bridge
    assert all(beyond - first >= shortest for first, beyond in spans)


@given(st.lists(st.floats(-2, 2), max_size=40))
def test_hysteresis_lies_between_its_two_thresholds(values: list[float]) -> None:
    series = np.array(values)
    mask = hysteresis(series, 1.0, 0.5)
    assert (mask | ~(series >= 1.0)).all()
    assert (~mask | (series >= 0.5)).all()


def test_resampling_bridges_short_gaps_and_marks_long_ones() -> None:
    times = np.array([0, 0.1, 0.2, 0.4, 2.0, 2.1])
    values = np.array([[0.0], [1.0], [2.0], [4.0], [20.0], [21.0]])
    grid = np.arange(0, 2.2, 0.1)
    result = resampled(times, values, grid, longest_gap=0.35)[:, 0]
    assert result[3] == pytest.approx(3.0)
    assert np.isnan(result[6:19]).all()
    assert result[20] == pytest.approx(20.0)


def test_resampling_keeps_uneven_time_stamps_in_place() -> None:
    times = np.array([0.0, 0.07, 0.21, 0.3])
    result = resampled(times, times[:, None] * 10, np.array([0.1, 0.2]), 0.35)
    assert result[:, 0] == pytest.approx([1.0, 2.0])


@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0])
@settings(max_examples=20, deadline=None)
@given(rate=st.floats(1.2, 4.4))
def test_rhythm_finds_the_rate_of_a_swing(fps: float, rate: float) -> None:
    found = rhythm(swing(rate, 8, fps), fps, (0.8, 6))
    middle = slice(round(2 * fps), round(6 * fps))
    assert found.rate[middle] == pytest.approx(rate, abs=0.15)
    assert found.strength[middle].min() > 0.8
    assert found.amplitude[middle] == pytest.approx(2.0, abs=0.4)


def test_the_overtone_that_folds_back_is_not_taken_for_the_rate() -> None:
    time = np.arange(0, 8, 0.1)
    jerk = np.maximum(0, np.sin(2 * np.pi * 4 * time))[:, None] ** 2
    found = rhythm(jerk, 10, (0.8, 6))
    assert found.rate[20:60] == pytest.approx(4.0, abs=0.15)


def test_a_step_and_a_drift_have_no_rhythm() -> None:
    step = (np.arange(100) > 50).astype(float)[:, None]
    drift = np.linspace(0, 5, 100)[:, None] ** 2
    for series in (step, drift):
        assert np.nanmax(rhythm(series, 10, (0.8, 6)).strength) < 0.45


def test_rhythm_of_a_short_or_empty_series_is_unknown() -> None:
    assert np.isnan(rhythm(np.zeros((5, 2)), 10, (0.8, 6)).rate).all()
    assert np.isnan(rhythm(np.full((60, 2), np.nan), 10, (0.8, 6)).rate).all()


def test_gaps_stay_gaps() -> None:
    series = swing(2, 6, 10)
    series[20:30] = np.nan
    assert np.isnan(rolling_median(series, 10, 0.5)[20:30]).all()
    assert np.isnan(activity(series, 10)[20:30]).all()
    assert np.isnan(rhythm(series, 10, (0.8, 6)).rate[20:30]).all()


def test_what_keeps_still_after_a_leap_does_not_jitter() -> None:
    places = np.zeros((100, 2))
    places[20], places[23], places[30] = 1234.567, 77.1, 0.1
    found = jitter(places, 15)
    assert found[20] > 100
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[60:], 0, atol=1e-5)
