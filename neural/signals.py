"""Time series: gaps, smoothing, runs, and the rhythm of a movement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import ndimage

Series = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]

RHYTHM_WINDOW = 2.4
"""Seconds of a spectral window: six cycles at 2.5 Hz, yet inside a short phase."""

SLOWEST = 0.4
"""Hz: what is slower is posture and drift, not rhythm."""

BLOCK = 2000
"""Steps worked on at a time: more gains no speed."""

ON_A_SAMPLE = 0.02
"""Seconds within which a sample at the rim of a gap still stands for a step."""

EDGE_LEVEL = 0.4
"""Share of its typical size from which a movement has begun."""

HALF_RATE_SHARE = 0.6
"""A peak at half the rate must hold this share of the peak's power to be the true rate.

A jerk has overtones, and at 10 frames per second the overtone of a 4 Hz jerk folds back
to 2 Hz with a third of the power; a movement whose cycle has two strokes shows up with
more.
"""


@dataclass(frozen=True)
class Rhythm:
    """How rhythmic a movement is, at each time step.

    Attributes
    ----------
    rate
        ``(n,)`` Hz; NaN where there is none or it cannot be judged.
    strength
        ``(n,)`` share of the movement's power at the rate and its overtones, 0 to 1.
    amplitude
        ``(n,)`` peak-to-peak size in the unit of the series.
    overtone
        ``(n,)`` power at twice the rate over the power at the rate: brief jerks with
        pauses have overtones, a smooth swing has none; NaN where the sampling cannot
        show them.
    """

    rate: Series
    strength: Series
    amplitude: Series
    overtone: Series


def resampled(
    times: Series, values: Series, grid: Series, longest_gap: float
) -> Series:
    """Bring samples to a regular grid by linear interpolation.

    Parameters
    ----------
    times
        ``(m,)`` seconds, rising.
    values
        ``(m, ...)``; a sample with any NaN is missing as a whole.
    grid
        ``(n,)`` seconds.
    longest_gap
        Samples farther apart than this are not bridged.

    Returns
    -------
    ``(n, ...)`` values of the samples' precision, NaN within gaps.
    """
    shape = (len(grid), *values.shape[1:])
    if not len(values):
        return np.full(shape, np.nan)
    flat = values.reshape(len(values), -1)
    valid = np.isfinite(flat).all(axis=1)
    if not valid.any():
        return np.full(shape, np.nan)
    numbers = np.flatnonzero(valid)
    known = times[numbers]
    after = np.searchsorted(known, grid)
    last = len(known) - 1
    before, after = np.clip(after - 1, 0, last), np.clip(after, 0, last)
    span = known[after] - known[before]
    share = (grid - known[before]) / np.where(span > 0, span, 1)
    share = np.clip(share, 0, 1)[:, None]
    nearest = np.minimum(np.abs(grid - known[before]), np.abs(grid - known[after]))
    bridged = (nearest <= longest_gap / 2) & (span <= longest_gap)
    bridged |= nearest <= ON_A_SAMPLE
    result = np.full((len(grid), flat.shape[1]), np.nan, values.dtype)
    for steps in _blocks(np.flatnonzero(bridged)):
        part = share[steps].astype(values.dtype)
        early, late = flat[numbers[before[steps]]], flat[numbers[after[steps]]]
        result[steps] = early * (1 - part) + late * part
    return result.reshape(shape)


def _blocks(steps: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Cut steps into blocks, so that long recordings need no large intermediates."""
    return np.array_split(steps, len(steps) // BLOCK + 1)


def rolling_median(series: Series, rate: float, seconds: float) -> Series:
    """Median over a centred window along the first axis; gaps stay gaps."""
    size = max(1, round(seconds * rate)) | 1
    if size == 1 or not len(series):
        return series
    flat = series.reshape(len(series), -1)
    missing = ~np.isfinite(flat)
    filled = np.column_stack([_filled(column) for column in flat.T])
    smooth = ndimage.median_filter(filled, size=(size, 1), mode="nearest")
    smooth[missing] = np.nan
    return np.asarray(smooth, np.float64).reshape(series.shape)


def rolling_percentile(
    series: Series, rate: float, seconds: float, share: float
) -> Series:
    """Percentile of what is known in a centred window of a 1-D series.

    Gaps count as filled in between their neighbours, and stay gaps.
    """
    size = max(1, round(seconds * rate)) | 1
    known = np.isfinite(series)
    if size >= 2 * len(series):
        value = float(np.percentile(series[known], share)) if known.any() else np.nan
        return np.where(known, value, np.nan)
    smooth = ndimage.percentile_filter(_filled(series), share, size, mode="reflect")
    return np.where(known, smooth, np.nan)


def rolling_mean(series: Series, rate: float, seconds: float) -> Series:
    """Mean over a centred window of a 1-D series, ignoring gaps."""
    size = max(1, round(seconds * rate)) | 1
    known = np.isfinite(series)
    total = ndimage.uniform_filter1d(np.where(known, series, 0.0), size, mode="nearest")
    weight = ndimage.uniform_filter1d(known.astype(float), size, mode="nearest")
    return np.where(weight > 1e-6, total / np.maximum(weight, 1e-6), np.nan)


def speed(series: Series, rate: float) -> Series:
    """Length of the change per second, ``(n,)``, of an ``(n, d)`` series."""
    if len(series) < 2:
        return np.full(len(series), np.nan)
    return np.asarray(np.linalg.norm(np.gradient(series, axis=0), axis=1) * rate)


def activity(series: Series, rate: float, seconds: float = 0.5) -> Series:
    """Peak-to-peak size of the movement within a short centred window, ``(n,)``."""
    size = max(3, round(seconds * rate) | 1)
    filled = np.column_stack([_filled(column) for column in series.T])
    high = ndimage.maximum_filter1d(filled, size, axis=0, mode="nearest")
    low = ndimage.minimum_filter1d(filled, size, axis=0, mode="nearest")
    size_now = np.linalg.norm(high - low, axis=1)
    return np.where(np.isfinite(series).all(axis=1), size_now, np.nan)


def rhythm(
    series: Series,
    rate: float,
    band: tuple[float, float],
    window: float = RHYTHM_WINDOW,
    *,
    to_the_ends: bool = False,
) -> Rhythm:
    """Find the rhythm of an ``(n, d)`` series in sliding windows.

    Parameters
    ----------
    series
        Places of a body part; NaN where not seen.
    rate
        Samples per second.
    band
        Lowest and highest rate looked for, in Hz; the latter is cut to what the
        sampling can resolve.
    window
        Seconds of a window. A longer one tells slow rhythms better from noise, and
        follows changes less quickly.
    to_the_ends
        Whether the first and last window speak for the half window before and after
        their middle as well: for movements so large that rest can be told from them.
    """
    count = len(series)
    result = Rhythm(*(np.full(count, np.nan) for _ in range(4)))
    width = round(window * rate)
    top = min(band[1], 0.47 * rate)
    if count < width or top <= band[0]:
        return result
    windows = sliding_window_view(series, width, axis=0)
    for steps in _blocks(np.arange(len(windows))):
        part = _rhythm_of_windows(windows[steps], rate, (band[0], top))
        middle = steps + width // 2
        for name in ("rate", "strength", "amplitude", "overtone"):
            getattr(result, name)[middle] = getattr(part, name)
    if to_the_ends:
        _reach_the_ends(result, np.asarray(np.isfinite(series).all(axis=1)), width // 2)
    return result


def _reach_the_ends(result: Rhythm, known: Mask, reach: int) -> None:
    """Give steps near a gap or an end, which no window is centred on, the next one's.

    That window looked at them too; else a clip that ends with a jerk would lose the
    last second of it.
    """
    measured = np.flatnonzero(np.isfinite(result.amplitude))
    missing = np.flatnonzero(known & np.isnan(result.amplitude))
    if not len(measured) or not len(missing):
        return
    after = np.clip(np.searchsorted(measured, missing), 0, len(measured) - 1)
    before = np.clip(after - 1, 0, None)
    earlier = missing - measured[before] <= np.abs(measured[after] - missing)
    nearest = measured[np.where(earlier & (measured[before] < missing), before, after)]
    near = np.abs(nearest - missing) <= reach
    for values in (result.rate, result.strength, result.amplitude, result.overtone):
        values[missing[near]] = values[nearest[near]]


def _rhythm_of_windows(
    windows: Series, rate: float, band: tuple[float, float]
) -> Rhythm:
    """Return the rhythm of ``(m, d, width)`` windows."""
    width = windows.shape[-1]
    residual = _without_trend(windows.astype(np.float64))
    padded = 8 * width
    spectrum = np.fft.rfft(residual * np.hanning(width), n=padded, axis=-1)
    power = (np.abs(spectrum) ** 2).sum(axis=1)
    rates = np.fft.rfftfreq(padded, 1 / rate)
    found, share = _peak(power, rates, band, 1.1 * rate / width)
    size = np.linalg.norm(2 * np.sqrt(2) * residual.std(axis=-1), axis=1)
    return Rhythm(found, share, np.asarray(size), _overtone(power, rates, found))


def _overtone(power: Series, rates: Series, found: Series) -> Series:
    """Return the power at twice the rate over the power at the rate, per row."""
    rows = np.arange(len(power))
    first = np.round(np.nan_to_num(found) / rates[1]).astype(int)
    shown = np.isfinite(found) & (2 * first < len(rates))
    second = power[rows, np.where(shown, 2 * first, 0)]
    return np.where(shown, second / np.maximum(power[rows, first], 1e-12), np.nan)


def _without_trend(windows: Series) -> Series:
    width = windows.shape[-1]
    ramp = np.linspace(-1, 1, width)
    centred = windows - windows.mean(axis=-1, keepdims=True)
    slope = (centred * ramp).sum(axis=-1, keepdims=True) / (ramp**2).sum()
    return np.asarray(centred - slope * ramp)


def _peak(
    power: Series, rates: Series, band: tuple[float, float], lobe: float
) -> tuple[Series, Series]:
    """Return the rate of the strongest peak and the share of power at it, per row."""
    inside = (rates >= band[0]) & (rates <= band[1])
    masked = np.where(inside, power, -1.0)
    best = masked.argmax(axis=1)
    rows = np.arange(len(power))
    half = np.round(best / 2).astype(int)
    two_strokes = (rates[half] >= band[0]) & (
        power[rows, half] > HALF_RATE_SHARE * power[rows, best]
    )
    best = np.where(
        two_strokes & (power[rows, half] > power[rows, half - 1]), half, best
    )
    # Power that falls from the lowest rate on is drift or one large step, no rhythm.
    lowest = int(np.flatnonzero(inside)[0])
    drift = (best <= lowest) | (power[rows, best] < power[rows, best - 1])
    found = rates[best]
    distance = np.abs(rates[None] - found[:, None])
    nyquist = rates[-1]
    folded = nyquist - np.abs(nyquist - 2 * found)
    overtone = np.abs(rates[None] - folded[:, None])
    moving = rates >= SLOWEST
    total = power[:, moving].sum(axis=1)
    near = ((distance <= lobe) | (overtone <= lobe)) & moving[None]
    at_peak = np.where(near, power, 0).sum(axis=1)
    bad = ~np.isfinite(total) | (total <= 0)
    share = np.where(drift, 0, at_peak / np.where(bad, 1, total))
    rate = np.where(bad | drift, np.nan, found)
    return rate, np.where(bad, np.nan, share)


def runs(
    mask: Mask, rate: float, *, bridge: float = 0.0, shortest: float = 0.0
) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a mask as ``(first, beyond)`` indices.

    Parameters
    ----------
    mask
        ``(n,)``.
    rate
        Samples per second.
    bridge
        Gaps up to this many seconds are bridged.
    shortest
        Stretches shorter than this many seconds are left out.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    stretches: list[list[int]] = []
    for first, beyond in edges.reshape(-1, 2):
        if stretches and first - stretches[-1][1] <= bridge * rate:
            stretches[-1][1] = int(beyond)
        else:
            stretches.append([int(first), int(beyond)])
    for first, beyond in stretches:
        if beyond - first >= shortest * rate - 1e-9:
            yield first, beyond


def trimmed(activity: Series, span: tuple[int, int]) -> tuple[int, int]:
    """Cut from the ends of a stretch what a spectral window smeared over rest.

    Parameters
    ----------
    activity
        ``(n,)`` size of the movement within a short window.
    span
        Steps ``(first, beyond)``.
    """
    first, beyond = span
    level = EDGE_LEVEL * typical(activity[first:beyond])
    active = np.flatnonzero(np.nan_to_num(activity[first:beyond]) >= level)
    if not len(active):
        return span
    return first + int(active[0]), first + int(active[-1]) + 1


def grown(mask: Mask, span: tuple[int, int], reach: int) -> tuple[int, int]:
    """Extend a stretch by up to ``reach`` steps at each end, as far as a mask holds.

    Parameters
    ----------
    mask
        ``(n,)``.
    span
        Steps ``(first, beyond)``.
    reach
        Steps.
    """
    first, beyond = span
    lowest, highest = max(0, first - reach), min(len(mask), beyond + reach)
    while first > lowest and mask[first - 1]:
        first -= 1
    while beyond < highest and mask[beyond]:
        beyond += 1
    return first, beyond


def typical(series: Series) -> float:
    """Median of what is known of a series; NaN where nothing is."""
    known = series[np.isfinite(series)]
    return float(np.median(known)) if len(known) else float("nan")


def rate_change(rates: Series, seconds: Series) -> tuple[float, float]:
    """Measure how the rate of a movement changed.

    Parameters
    ----------
    rates
        ``(m,)`` Hz, all known.
    seconds
        ``(m,)`` when.

    Returns
    -------
    The coefficient of variation in percent (Vinton 2004), and the slope in Hz per
    second; NaN for fewer than three rates, and for a slope over less than a second.
    """
    if len(rates) < 3:
        return float("nan"), float("nan")
    variation = float(100 * np.std(rates) / max(float(np.mean(rates)), 1e-6))
    if seconds[-1] - seconds[0] < 0.9:
        return variation, float("nan")
    return variation, float(np.polyfit(seconds, rates, 1)[0])


def hysteresis(series: Series, enter: float, leave: float) -> Mask:
    """Return where a series is above ``leave`` in a stretch that reaches ``enter``."""
    above = np.nan_to_num(series, nan=-np.inf) >= leave
    labels, _ = ndimage.label(above)
    kept = np.unique(labels[np.nan_to_num(series, nan=-np.inf) >= enter])
    return np.asarray(np.isin(labels, kept[kept > 0]))


def _filled(column: Series) -> Series:
    """Fill gaps of a 1-D series by linear interpolation, for filters that need it."""
    known = np.isfinite(column)
    if not known.any():
        return np.zeros_like(column)
    steps = np.arange(len(column))
    return np.asarray(np.interp(steps, steps[known], column[known]))
