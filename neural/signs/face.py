"""Eyes and mouth: closed eyes, blinking, pulling, twitching, chewing."""

from __future__ import annotations

import numpy as np

from s3ns.facts import Finding, Observation, Side
from s3ns.neural.signals import (
    Mask,
    Rhythm,
    Series,
    activity,
    hysteresis,
    rhythm,
    rolling_median,
    rolling_percentile,
    runs,
    trimmed,
    typical,
)
from s3ns.neural.signs.registry import (
    Span,
    View,
    certainty,
    describer,
    detector,
    in_words,
    make_finding,
    named,
    pair_sides,
    three_valued,
)
from s3ns.neural.signs.rhythmic import clonic_spans, span_mask
from s3ns.neural.signs.views import face_view, fine_face_view, with_rest
from s3ns.neural.thresholds import (
    BASELINE_WINDOW,
    BLINK_DEPTH,
    BLINK_FAST,
    BLINK_HEAD,
    BLINK_LEAST,
    BLINK_LONGEST,
    BLINK_RATIO,
    CHEW_AMPLITUDE,
    CHEW_BAND,
    CHEW_DURATION,
    CHEW_PIXELS,
    CHEW_STRENGTH,
    CHEW_WINDOW,
    EATING_REACH,
    EYES_CLOSED,
    EYES_CLOSED_DURATION,
    EYES_OPEN_LEAST,
    EYES_SHUT,
    FACE_PULL,
    FACE_PULL_DURATION,
    FACE_PULL_PIXELS,
    FACE_PULL_WIDENS,
    FACE_TURNED,
    LID_BLUR,
    LIDS_DIFFER,
    SPEECH_SHARE,
    TWITCH_AMPLITUDE,
    TWITCH_BAND,
    TWITCH_DURATION,
    TWITCH_EVEN,
    TWITCH_HEAD,
    TWITCH_MOUTH,
    TWITCH_PIXELS,
    TWITCH_SHARE,
    TWITCH_STRENGTH,
)
from s3ns.neural.tracks import SIDES, Tracks, kept

BLINK_BASELINE = 3.0
"""Seconds around a blink whose wider openings are those of the open eye."""

BLINK_SHORT = 0.2
"""Seconds that the last blink of a row is taken to last."""

BLINK_RATE_LEAST = 8.0
"""Analysed frames per second below which blinks fall between the frames."""


def lid_opening(tracks: Tracks) -> Series:
    """Return the lid opening of both eyes, or of the nearer one in a turned head.

    The farther eye is foreshortened and partly hidden, and the mesh holds it open.
    """
    left = np.clip(0.5 - tracks.face.yaw / (2 * FACE_TURNED), 0, 1)
    opening = tracks.face.eye_opening
    return np.asarray(left * opening[:, 0] + (1 - left) * opening[:, 1])


@kept
def eye_closure(tracks: Tracks) -> Series:
    """Return the opening of the eyes over their usual opening, ``(n,)``.

    1 is open as usual, 0 is shut; NaN where the eyes cannot be judged. Shut lids read
    as about a pixel apart, which counts as 0. An eye is called shut by its own measure
    only if it was ever seen open; else by the size that no open eye has.
    """
    judged = np.where(face_view(tracks).judged, lid_opening(tracks), np.nan)
    smooth = rolling_median(judged, tracks.rate, 1.0)
    known = smooth[np.isfinite(smooth)]
    usual = float(np.percentile(known, 90)) if len(known) else np.nan
    blur = LID_BLUR / np.maximum(tracks.face.size, 1.0)
    if not usual >= max(
        EYES_OPEN_LEAST, typical(blur[np.isfinite(smooth)]) + LIDS_DIFFER
    ):
        usual = EYES_SHUT / EYES_CLOSED[0]
    # Who winks has an eye open, though the mean of both is small.
    each = rolling_median(tracks.face.eye_opening, tracks.rate, 1.0)
    facing = np.abs(tracks.face.yaw) < FACE_TURNED / 2
    winks = facing & (np.ptp(each, axis=1) > usual / 2)
    lids = np.where(winks & np.isfinite(smooth), each.max(axis=1), smooth)
    return np.asarray((lids - blur) / np.maximum(usual - blur, LIDS_DIFFER))


@kept
def eyes_shut(tracks: Tracks) -> Mask:
    """Where both eyes are shut, ``(n,)``."""
    share = eye_closure(tracks)
    return hysteresis(-share, -EYES_CLOSED[0], -EYES_CLOSED[1])


@detector("close_eyes")
def close_eyes(tracks: Tracks) -> list[Observation]:
    """Find times with both eyes shut, much longer than a blink."""
    share = eye_closure(tracks)
    found = [
        _closed(tracks, Side.NONE, span)
        for span in runs(
            eyes_shut(tracks), tracks.rate, bridge=0.4, shortest=EYES_CLOSED_DURATION
        )
        if typical(share[slice(*span)]) <= EYES_CLOSED[0]
    ]
    return three_valued("close_eyes", tracks, found, face_view(tracks))


@describer("close_eyes")
def _closed(tracks: Tracks, side: Side, span: Span) -> Finding:
    steps = slice(*span)
    opening = 100 * typical(eye_closure(tracks)[steps])
    words = "eyes at {:.0f} % of their usual opening"
    return make_finding(
        "close_eyes",
        tracks,
        span,
        side=side,
        confidence=certainty(-opening, -100 * EYES_CLOSED[0], -30),
        evidence=in_words((words, opening), otherwise="eyes closed"),
        share=float(eyes_shut(tracks)[steps].mean()),
    )


@detector("eye_blinking")
def eye_blinking(tracks: Tracks) -> list[Observation]:
    """Find blinks in a row, well above the patient's own rate.

    Where one side of the face twitches, its lid does.
    """
    twitches = [item for item in _twitching(tracks) if item.side != Side.BILATERAL]
    found = [item for item in _blinking(tracks) if not _amid(item, twitches)]
    return three_valued("eye_blinking", tracks, found, _blinks_view(tracks))


def _blinks_view(tracks: Tracks) -> View:
    return face_view(tracks).narrowed(
        np.full(len(tracks.times), tracks.rate >= BLINK_RATE_LEAST),
        "frame_rate_too_low",
    )


def _blinking(tracks: Tracks) -> list[Finding]:
    """Find rows of blinks.

    Lids that twitch with jerking arms or a shaken head belong to those and are left
    out.
    """
    blinks, limit = _steady_blinks(tracks), _blink_limit(tracks)
    found = []
    # A blink that falls between two pictures does not end the row.
    for row in _in_rows(np.array(blinks, int), 2 * 60 / limit * tracks.rate):
        beyond = int(row[-1]) + max(1, round(BLINK_SHORT * tracks.rate))
        span = (int(row[0]), min(beyond, len(tracks.times)))
        if _blink_pace(tracks, len(row), span) >= limit:
            found.append(_row_of_blinks(tracks, Side.NONE, span))
    return found


@describer("eye_blinking")
def _row_of_blinks(tracks: Tracks, side: Side, span: Span) -> Finding:
    count = sum(span[0] <= step < span[1] for step in _steady_blinks(tracks))
    pace, limit = _blink_pace(tracks, count, span), _blink_limit(tracks)
    in_a_row = count > 1
    words = f"{count} blinks at {pace:.0f} per minute" if in_a_row else "blinking"
    return make_finding(
        "eye_blinking",
        tracks,
        span,
        side=side,
        confidence=certainty(pace, limit, 2 * limit),
        evidence=words,
        rate=pace / 60 if in_a_row else np.nan,
        excursions=count,
    )


def _blink_pace(tracks: Tracks, count: int, span: Span) -> float:
    """Return blinks per minute."""
    seconds = (span[1] - span[0]) / tracks.rate
    return 60 * (count - 1) / max(seconds, 1 / tracks.rate)


def _blink_limit(tracks: Tracks) -> float:
    """Return the blinks per minute that are well above the patient's own rate."""
    judged = float(_blinks_view(tracks).judged.sum())
    # The usual rate is not known from less than a minute.
    minutes = max(judged / tracks.rate / 60, 1.0)
    return max(BLINK_RATIO * len(_steady_blinks(tracks)) / minutes, BLINK_FAST)


@kept
def _steady_blinks(tracks: Tracks) -> list[int]:
    """Return the steps of blinks of a head and arms that keep still."""
    steady = activity(tracks.nose, tracks.rate) < BLINK_HEAD
    return _blinks(tracks, _blinks_view(tracks).judged & steady & ~_jerking(tracks))


def _blinks(tracks: Tracks, judged: Mask) -> list[int]:
    """Return the steps at which eyes that are open close for a moment."""
    opening = np.where(judged, lid_opening(tracks), np.nan)
    around = rolling_percentile(opening, tracks.rate, BLINK_BASELINE, 80)
    usual = rolling_percentile(opening, tracks.rate, BASELINE_WINDOW, 80)
    is_open = around >= np.maximum(EYES_OPEN_LEAST, EYES_CLOSED[1] * usual)
    closed = (opening < BLINK_DEPTH * around) & is_open
    return [
        first
        for first, beyond in runs(closed & judged, tracks.rate)
        if (beyond - first) / tracks.rate <= BLINK_LONGEST
    ]


def _jerking(tracks: Tracks) -> Mask:
    """Where an arm jerks; lids and jaw are often shaken along."""
    spans = (span for side in SIDES for span in clonic_spans(tracks, side))
    return span_mask(tracks, spans)


def _in_rows(blinks: Series, longest_gap: float) -> list[Series]:
    rows = np.split(blinks, np.flatnonzero(np.diff(blinks) > longest_gap) + 1)
    return [row for row in rows if len(row) >= BLINK_LEAST]


@detector("face_pulling")
def face_pulling(tracks: Tracks) -> list[Observation]:
    """Find the mouth drawn to one side and held, against the patient's own rest.

    A mouth that is drawn grows wider; one that only seems to shift does not.
    """
    facing = np.abs(np.nan_to_num(tracks.face.yaw, nan=90)) < FACE_TURNED
    view = with_rest(
        fine_face_view(tracks).narrowed(facing, "head_turned_away"), tracks
    )
    pull = np.where(view.judged, tracks.face.mouth_pull, np.nan)
    shift = rolling_median(pull - _usual(tracks, pull), tracks.rate, 0.3)
    width = np.where(view.judged, tracks.face.mouth_width, np.nan)
    wider = width - _usual(tracks, width)
    found = []
    for side, toward in ((Side.LEFT, shift), (Side.RIGHT, -shift)):
        large = toward * tracks.face.size >= FACE_PULL_PIXELS
        drawn = hysteresis(toward, *FACE_PULL)
        found += [
            _pull(tracks, side, span)
            for span in runs(
                drawn, tracks.rate, bridge=0.3, shortest=FACE_PULL_DURATION
            )
            if large[slice(*span)].mean() >= 0.5
            and typical(wider[slice(*span)]) >= FACE_PULL_WIDENS
        ]
    return three_valued("face_pulling", tracks, found, view)


@describer("face_pulling")
def _pull(tracks: Tracks, side: Side, span: Span) -> Finding:
    outward = -1 if side is Side.RIGHT else 1
    size = outward * typical(_mouth_shift(tracks)[slice(*span)])
    words = f"mouth drawn to the {side}"
    return make_finding(
        "face_pulling",
        tracks,
        span,
        side=side,
        confidence=certainty(size, FACE_PULL[1], 2 * FACE_PULL[0]),
        evidence=in_words(
            (words + " by {:.0f} % of the distance of the eyes", 100 * size),
            otherwise=words,
        ),
    )


@kept
def _mouth_shift(tracks: Tracks) -> Series:
    pull = tracks.face.mouth_pull
    return np.asarray(pull - _usual(tracks, pull))


def _usual(tracks: Tracks, series: Series) -> Series:
    """Return what a series usually is around each step, ``(n,)``."""
    return rolling_percentile(series, tracks.rate, BASELINE_WINDOW, 50)


@detector("face_twitching")
def face_twitching(tracks: Tracks) -> list[Observation]:
    """Find repeated jerks of cheek, nostril and mouth corner, on either side.

    Where eyes blink in a row, both sides of the mesh seem to twitch along.
    """
    blinking = _blinking(tracks)
    found = [
        item
        for item in _twitching(tracks)
        if item.side != Side.BILATERAL or not _amid(item, blinking)
    ]
    return three_valued("face_twitching", tracks, found, fine_face_view(tracks))


def _amid(item: Finding, others: list[Finding]) -> bool:
    return any(item.overlaps(other) for other in others)


def _twitching(tracks: Tracks) -> list[Finding]:
    """Find twitches; those that come on both sides at different times are two."""
    view = fine_face_view(tracks)
    beats = face_beats(tracks)
    spans = {side: _twitches(tracks, side, beats, view) for side in SIDES}
    found: list[Finding] = []
    for paired, span in pair_sides(spans):
        sizes = [typical(beats[side].amplitude[slice(*span)]) for side in SIDES]
        even = min(sizes) >= TWITCH_EVEN * max(sizes)
        item = _twitch(tracks, Side.BILATERAL if even else paired, span)
        found += [item] if item else []
    return found


@describer("face_twitching")
def _twitch(tracks: Tracks, side: Side, span: Span) -> Finding | None:
    """Describe twitches; nothing if the face hardly moves: jerks shake the mesh too."""
    beat = face_beats(tracks)[named(side)[0]]
    pace, size = (typical(s[slice(*span)]) for s in (beat.rate, beat.amplitude))
    if not size >= TWITCH_AMPLITUDE:
        return None
    half = "both sides" if side is Side.BILATERAL else f"{side} side"
    return make_finding(
        "face_twitching",
        tracks,
        span,
        side=side,
        confidence=certainty(size, TWITCH_AMPLITUDE, 2 * TWITCH_AMPLITUDE),
        evidence=in_words(
            (half + " of the face {:.1f} Hz", pace), otherwise=f"{half} of the face"
        ),
        rate=pace,
    )


@kept
def face_beats(tracks: Tracks) -> dict[str, Rhythm]:
    """Return the rhythm of each half of the face; sizes as in the expression."""
    return {
        side: rhythm(_half_face(tracks, side), tracks.rate, TWITCH_BAND)
        for side in SIDES
    }


def _half_face(tracks: Tracks, side: str) -> Series:
    """Mean place of a side's moving points, ``(n, 2)``."""
    points = [
        tracks.face.skin_point(f"{side}_{part}")
        for part in ("cheek", "nostril", "corner")
    ]
    return np.asarray(np.mean(points, axis=0))


def _twitches(
    tracks: Tracks, side: str, beats: dict[str, Rhythm], view: View
) -> list[tuple[int, int]]:
    beat, other = beats[side], beats["left" if side == "right" else "right"]
    large = (
        view.judged
        & (beat.amplitude >= _least(tracks, TWITCH_AMPLITUDE, TWITCH_PIXELS))
        & (beat.amplitude >= TWITCH_SHARE * other.amplitude)
    )
    mask = hysteresis(np.where(large, beat.strength, np.nan), *TWITCH_STRENGTH)
    mouth = rhythm(tracks.face.mouth_opening[:, None], tracks.rate, TWITCH_BAND)
    mask &= (mouth.amplitude < TWITCH_MOUTH) & (
        activity(tracks.nose, tracks.rate) < TWITCH_HEAD
    )
    return list(runs(mask, tracks.rate, bridge=0.4, shortest=TWITCH_DURATION))


@detector("oral_automatisms")
def oral_automatisms(tracks: Tracks) -> list[Observation]:
    """Find chewing and smacking: the mouth opening in rhythm, without speech.

    A mouth that moves with jerking arms belongs to the jerks and is left out.
    """
    view = face_view(tracks)
    found = []
    mask = _mouth_moves(tracks) & view.judged & ~_jerking(tracks)
    opening = activity(tracks.face.mouth_opening[:, None], tracks.rate)
    for smeared in runs(mask, tracks.rate, bridge=0.5, shortest=CHEW_DURATION):
        span = trimmed(opening, smeared)
        start, end = tracks.times[span[0]], tracks.times[span[1] - 1]
        spoken = _speech_share(tracks, start, end) >= SPEECH_SHARE
        if not spoken and not _eats(tracks, smeared):
            found.append(_chewing(tracks, Side.NONE, span))
    return three_valued("oral_automatisms", tracks, found, view)


@describer("oral_automatisms")
def _chewing(tracks: Tracks, side: Side, span: Span) -> Finding:
    beat = mouth_rhythm(tracks)
    pace, size = (typical(s[slice(*span)]) for s in (beat.rate, beat.amplitude))
    words = "mouth opening and closing"
    return make_finding(
        "oral_automatisms",
        tracks,
        span,
        side=side,
        confidence=certainty(size, CHEW_AMPLITUDE, 2 * CHEW_AMPLITUDE),
        evidence=in_words((words + " at {:.1f} Hz", pace), otherwise=words),
        rate=pace,
    )


def _eats(tracks: Tracks, span: tuple[int, int]) -> bool:
    """Tell whether a hand came to the mouth while it chewed, or just before."""
    steps = slice(max(0, span[0] - round(2 * tracks.rate)), span[1])
    mouth = tracks.head[steps]
    fed = np.zeros(len(mouth), bool)
    for side in SIDES:
        away = np.linalg.norm(tracks.hand[side][steps] - mouth, axis=1)
        # A hand at the mouth hides behind itself, or comes out from under a blanket.
        fed |= away <= EATING_REACH
    return bool(fed.sum() >= 0.4 * tracks.rate)


def _mouth_moves(tracks: Tracks) -> Mask:
    """Where the mouth opens and closes in the rhythm of chewing, ``(n,)``."""
    beat = mouth_rhythm(tracks)
    large = beat.amplitude >= _least(tracks, CHEW_AMPLITUDE, CHEW_PIXELS)
    return hysteresis(np.where(large, beat.strength, np.nan), *CHEW_STRENGTH)


@kept
def mouth_rhythm(tracks: Tracks) -> Rhythm:
    """Return the rhythm of the mouth's opening."""
    opening = tracks.face.mouth_opening[:, None]
    return rhythm(opening, tracks.rate, CHEW_BAND, CHEW_WINDOW)


def _least(tracks: Tracks, amplitude: float, pixels: float) -> Series:
    """Raise the least amplitude of a face point to so many pixels, against noise."""
    return np.asarray(np.maximum(amplitude, pixels / tracks.face.size))


def _speech_share(tracks: Tracks, start: float, end: float) -> float:
    if tracks.sound is None:
        return 0.0
    within = (tracks.sound.time >= start) & (tracks.sound.time < end)
    spoken = tracks.sound.speech[within] > 0.5
    return float(spoken.mean()) if len(spoken) else 0.0
