"""Repeated movement of the arms: clonic, out of step, or manual automatisms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from s3ns.facts import Finding, Observation, Side
from s3ns.neural.signals import (
    EDGE_LEVEL,
    Mask,
    Series,
    grown,
    hysteresis,
    rate_change,
    rolling_median,
    runs,
    trimmed,
    typical,
)
from s3ns.neural.signs.registry import (
    Span,
    certainty,
    describer,
    detector,
    in_words,
    make_finding,
    named,
    pair_sides,
    three_valued,
)
from s3ns.neural.signs.views import hands_view
from s3ns.neural.thresholds import (
    ASYNCHRONOUS_AMPLITUDE,
    ASYNCHRONOUS_CORRELATION,
    ASYNCHRONOUS_DURATION,
    AUTOMATISM_AMPLITUDE,
    AUTOMATISM_DURATION,
    AUTOMATISM_OVER_REST,
    AUTOMATISM_PAUSE,
    AUTOMATISM_RATE,
    AUTOMATISM_TYPICAL,
    CARRIED,
    CLONIC_AMPLITUDE,
    CLONIC_CYCLES,
    CLONIC_DURATION,
    CLONIC_FASTEST,
    CLONIC_OVERTONE,
    CLONIC_REGULAR,
    CLONIC_STRENGTH,
    EVEN,
    IN_STEP,
)
from s3ns.neural.tracks import SIDES, Tracks, kept

FIRST_JERK = 0.3
"""Seconds by which a movement may begin before its rhythm shows."""

CORRELATION_WINDOW = 3.0
"""Seconds over which the two sides are compared."""


@detector("clonic")
def clonic(tracks: Tracks) -> list[Observation]:
    """Find arms that jerk at a steady or slowly changing rate.

    Both sides jerking in step are one bilateral finding. Both sides shaking each at its
    own rate are not clonic but out of step; see :func:`asynchronous_movement`. Fast
    shaking that keeps time is a tremor: jerks that fast slow down within seconds.
    """
    spans = {side: list(clonic_spans(tracks, side)) for side in SIDES}
    found = []
    for side, span in pair_sides(spans):
        both = typical(_shared_shaking(tracks)[slice(*span)])
        if both >= ASYNCHRONOUS_AMPLITUDE and _agreement(tracks, span) < IN_STEP:
            continue
        course = _course(tracks, side, span)
        if course["rate"] >= EVEN[0] and not course["rate_variation"] > EVEN[1]:
            continue
        found.append(_clonic(tracks, side, span))
    return three_valued("clonic", tracks, found, hands_view(tracks))


@describer("clonic")
def _clonic(tracks: Tracks, side: Side, span: Span) -> Finding:
    course = _course(tracks, side, span)
    return make_finding(
        "clonic",
        tracks,
        span,
        side=side,
        confidence=min(
            certainty(course.pop("strength"), CLONIC_STRENGTH[1], 0.85),
            certainty(course["amplitude"], CLONIC_AMPLITUDE, 0.3),
        ),
        evidence=_rates_in_words(side, course),
        coherence=_agreement(tracks, span) if side is Side.BILATERAL else np.nan,
        **course,
    )


def _agreement(tracks: Tracks, span: Span) -> float:
    return typical(in_step(tracks)[slice(*span)])


def clonic_spans(tracks: Tracks, side: str) -> Iterator[Span]:
    """Yield the stretches in which one arm jerks rhythmically."""
    rhythm = tracks.arm_rhythm[side]
    slow, least_overtone = CLONIC_OVERTONE
    possible = (
        (rhythm.amplitude >= CLONIC_AMPLITUDE)
        & ~carried(tracks, side)
        & (rhythm.rate <= CLONIC_FASTEST)
        & tracks.hand_seen[side]
        & tracks.sides_sure
    )
    strength = np.where(possible, rhythm.strength, np.nan)
    jerking = hysteresis(strength, *CLONIC_STRENGTH)
    for span in runs(jerking, tracks.rate, bridge=0.6, shortest=CLONIC_DURATION / 2):
        size = tracks.arm_activity[side]
        first, beyond = trimmed(size, span)
        seconds = (beyond - first) / tracks.rate
        pace = rhythm.rate[first:beyond]
        cycles = typical(pace) * seconds
        overtone = typical(rhythm.overtone[first:beyond][pace < slow])
        if (
            seconds >= CLONIC_DURATION
            and cycles >= CLONIC_CYCLES
            and typical(rhythm.strength[first:beyond]) >= CLONIC_REGULAR
            and not overtone < least_overtone
        ):
            # The first jerks do not fill the window and have no rhythm yet.
            moving = size >= EDGE_LEVEL * typical(size[first:beyond])
            yield grown(moving, (first, beyond), round(FIRST_JERK * tracks.rate))


def _course(tracks: Tracks, side: Side, span: Span) -> dict[str, float]:
    """Measure a rhythm through a stretch: its rates, their change, the size."""
    rhythms, rate = [tracks.arm_rhythm[name] for name in named(side)], tracks.rate
    steps = slice(*span)
    both = np.array([[one.rate[steps], one.strength[steps]] for one in rhythms])
    measured = np.isfinite(both).all(axis=1).any(axis=0)
    rates, strength = np.nanmean(both[:, :, measured], axis=0)
    clear = strength >= CLONIC_STRENGTH[1]
    known = rates[clear] if clear.sum() >= 3 else rates
    second = max(1, round(rate))
    variation, slope = rate_change(known, np.arange(len(known)) / rate)
    return {
        "rate": typical(known),
        "rate_start": typical(known[:second]),
        "rate_end": typical(known[-second:]),
        "rate_variation": variation,
        "rate_slope": slope,
        "strength": typical(strength),
        "amplitude": min(typical(rhythm.amplitude[steps]) for rhythm in rhythms),
    }


def _rates_in_words(side: Side, course: dict[str, float]) -> str:
    wrists = "both wrists" if side is Side.BILATERAL else f"{side} wrist"
    begin, end = course["rate_start"], course["rate_end"]
    if not np.isfinite(begin + end):
        return f"{wrists} jerking"
    if abs(end - begin) < 0.15 * begin:
        return f"{wrists} {course['rate']:.1f} Hz"
    change = "slowing" if end < begin else "quickening"
    return f"{wrists} {begin:.1f} Hz {change} to {end:.1f} Hz"


@detector("asynchronous_movement")
def asynchronous_movement(tracks: Tracks) -> list[Observation]:
    """Find both arms shaking at the same time, each in its own rhythm."""
    found = [_asynchronous(tracks, Side.NONE, span) for span in _out_of_step(tracks)]
    return three_valued("asynchronous_movement", tracks, found, hands_view(tracks))


@describer("asynchronous_movement")
def _asynchronous(tracks: Tracks, side: Side, span: Span) -> Finding:
    steps = slice(*span)
    size, correlation = (
        typical(_shared_shaking(tracks)[steps]),
        _agreement(tracks, span),
    )
    rates = {name: typical(tracks.arm_rhythm[name].rate[steps]) for name in SIDES}
    return make_finding(
        "asynchronous_movement",
        tracks,
        span,
        side=side,
        confidence=min(
            certainty(-correlation, -ASYNCHRONOUS_CORRELATION, 0.0),
            certainty(size, ASYNCHRONOUS_AMPLITUDE, 2 * ASYNCHRONOUS_AMPLITUDE),
        ),
        evidence=in_words(
            ("left wrist {:.1f} Hz", rates["left"]),
            ("right wrist {:.1f} Hz", rates["right"]),
            ("correlation {:.1f}", correlation),
            otherwise="both arms out of step",
        ),
        coherence=max(correlation, 0.0),
        amplitude=size,
    )


def _out_of_step(tracks: Tracks) -> Iterator[Span]:
    """Yield the stretches in which both arms shake, each for itself."""
    shaking = _shared_shaking(tracks) >= ASYNCHRONOUS_AMPLITUDE
    shaking &= hands_view(tracks).judged
    agreement = rolling_median(in_step(tracks), tracks.rate, CORRELATION_WINDOW / 2)
    apart = shaking & (agreement < ASYNCHRONOUS_CORRELATION)
    reach = round(CORRELATION_WINDOW / 2 * tracks.rate)
    for span in runs(apart, tracks.rate, bridge=1.0, shortest=ASYNCHRONOUS_DURATION):
        # Near its ends, the window of the comparison reaches into the rest.
        yield grown(shaking, span, reach)


@kept
def _shared_shaking(tracks: Tracks) -> Series:
    """Size of the shaking of the arm that shakes less, ``(n,)``."""
    return np.asarray(np.minimum(*(_shaking(tracks, side) for side in SIDES)))


def _shaking(tracks: Tracks, side: str) -> Series:
    """Size of an arm's oscillation: its activity, where it comes back again."""
    rhythm = tracks.arm_rhythm[side]
    oscillates = rhythm.rate >= 1.0
    return np.where(oscillates, tracks.arm_activity[side], 0.0)


@kept
def in_step(tracks: Tracks) -> Series:
    """Correlation of the two hands' movement, along the main direction of each.

    The absolute value counts, so hands that swing against each other are in step, and
    the best of three lags of one step, so a small delay does not matter.
    """
    width = round(CORRELATION_WINDOW * tracks.rate)
    result = np.full(len(tracks.times), np.nan)
    if len(result) < width + 2:
        return result
    left, right = (_main_direction(tracks.hand[side], width) for side in SIDES)
    best = np.zeros(len(left))
    for lag in (-1, 0, 1):
        one = left[:, max(0, lag) : width + min(0, lag)]
        two = right[:, max(0, -lag) : width + min(0, -lag)]
        best = np.fmax(best, np.abs(_correlation(one, two)))
    result[width // 2 : width // 2 + len(best)] = best
    return result


def _main_direction(series: Series, width: int) -> Series:
    """Project each window of an ``(n, 2)`` series on its main direction."""
    windows = sliding_window_view(series, width, axis=0)
    centred = windows - windows.mean(axis=-1, keepdims=True)
    x, y = centred[:, 0], centred[:, 1]
    angle = 0.5 * np.arctan2(
        2 * (x * y).mean(axis=1), (x**2).mean(axis=1) - (y**2).mean(axis=1)
    )
    return np.asarray(x * np.cos(angle)[:, None] + y * np.sin(angle)[:, None])


def _correlation(one: Series, two: Series) -> Series:
    one = one - one.mean(axis=1, keepdims=True)
    two = two - two.mean(axis=1, keepdims=True)
    size = np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
    return np.asarray((one * two).sum(axis=1) / np.maximum(size, 1e-9))


@detector("limb_automatisms")
def limb_automatisms(tracks: Tracks) -> list[Observation]:
    """Find hands that keep up small irregular movements."""
    spans = {side: list(_fumbling(tracks, side)) for side in SIDES}
    found = [_automatism(tracks, side, span) for side, span in pair_sides(spans)]
    return three_valued("limb_automatisms", tracks, found, hands_view(tracks))


@describer("limb_automatisms")
def _automatism(tracks: Tracks, side: Side, span: Span) -> Finding:
    steps = slice(*span)
    size = min(typical(tracks.arm_activity[name][steps]) for name in named(side))
    hands = "both hands" if side is Side.BILATERAL else f"{side} hand"
    return make_finding(
        "limb_automatisms",
        tracks,
        span,
        side=side,
        confidence=certainty(size, AUTOMATISM_AMPLITUDE[0], 0.2),
        evidence=f"{hands} in small repeated movement",
        amplitude=size,
        rate=typical(tracks.arm_rhythm[named(side)[0]].rate[steps]),
    )


def _fumbling(tracks: Tracks, side: str) -> Iterator[Span]:
    low, high = AUTOMATISM_AMPLITUDE
    size = np.where(tracks.hand_seen[side], tracks.arm_activity[side], np.nan)
    known = size[np.isfinite(size)]
    rest = float(np.percentile(known, 10)) if len(known) else 0.0
    low = max(low, AUTOMATISM_OVER_REST * rest)
    small = (size >= low) & (size <= high) & tracks.sides_sure & ~carried(tracks, side)
    small &= ~span_mask(tracks, [*clonic_spans(tracks, side), *_out_of_step(tracks)])
    for first, beyond in runs(
        small, tracks.rate, bridge=AUTOMATISM_PAUSE, shortest=AUTOMATISM_DURATION
    ):
        within = size[first:beyond]
        moving = np.nanmean(within >= low) >= 0.6
        repeated = (
            typical(tracks.arm_rhythm[side].rate[first:beyond]) >= AUTOMATISM_RATE
        )
        no_gesture = np.nanmax(within) <= 1.5 * high
        if moving and repeated and no_gesture and typical(within) >= AUTOMATISM_TYPICAL:
            yield first, beyond


@kept
def carried(tracks: Tracks, side: str) -> Mask:
    """Where a thrusting trunk moves a hand along, ``(n,)``."""
    size = tracks.arm_rhythm[side].amplitude
    return np.asarray(tracks.trunk_amplitude >= CARRIED * size)


def span_mask(tracks: Tracks, spans: Iterable[Span]) -> Mask:
    """Return the steps that lie in any of the stretches, ``(n,)``."""
    mask = np.zeros(len(tracks.times), bool)
    for first, beyond in spans:
        mask[first:beyond] = True
    return mask
