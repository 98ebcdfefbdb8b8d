"""Cutting a video into windows, and putting what was read in them together."""

from __future__ import annotations

import gc
import itertools
import json
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3ns.facts import Absence, Finding, Side, Unassessable, vocabulary
from s3ns.neural.mllm.merge import merged
from s3ns.neural.mllm.questions import Reading, question, read_answer
from s3ns.neural.mllm.request import Reply
from s3ns.neural.mllm.windows import Look, Shot, Window, jpeg, windows
from s3ns.neural.stretches import joined, less
from s3ns.neural.video import SOUND_RATE, Frame, Media, Sound

GREY = np.full((64, 64, 3), 90, np.uint8)
USUAL = Look(30.0, 5.0, 2.0)
times = st.integers(0, 4000).map(lambda tenths: tenths / 10)


def media(
    length: float, rate: float = 2.0, *, sound: bool = False, jitter: float = 0.0
) -> Iterator[Media]:
    for k in range(int(length * rate)):
        if sound and k % int(rate) == 0:
            second = k / rate
            yield Sound(second, np.full(SOUND_RATE, second / 100, np.float32))
        yield Frame(k / rate + jitter * (-1) ** k, GREY)


# --- windows --------------------------------------------------------------------------


@given(
    length=st.floats(1, 60),
    share=st.floats(0, 0.9),
    start=times,
    duration=st.floats(0.1, 400),
)
def test_windows_cover_a_stretch(
    length: float, share: float, start: float, duration: float
) -> None:
    look, end = Look(length, share * length, 2.0), start + duration
    found = list(look.spans(start, end))
    assert found[0][0] == start
    assert found[-1][1] == end
    for (one, other), (two, _) in itertools.pairwise(found):
        assert one < two <= other + 1e-6
    assert all(0 < beyond - first <= length + 1e-6 for first, beyond in found)


def test_each_window_has_its_pictures_and_its_sound() -> None:
    found = list(
        windows(
            media(70, 10, sound=True),
            {USUAL: (0.0, 70.0)},
            rate=10,
            pixels=10_000,
        )
    )
    assert [(w.start, w.end) for w in found] == [(0, 30), (25, 55), (50, 70)]
    for window in found:
        shown = [shot.time for shot in window.shots]
        wanted = np.arange(window.start, window.end, 0.5)
        assert shown == pytest.approx(wanted, abs=0.11)
        assert window.voice is not None
        samples = np.frombuffer(window.voice.wav[44:], "<i2")
        assert len(samples) == (window.end - window.start) * SOUND_RATE
        assert samples[0] == pytest.approx(window.start / 100 * 32767, abs=2)


def test_pictures_a_little_off_the_grid_are_all_taken() -> None:
    look = Look(6.0, 1.0, 10.0)
    for jitter in (0.0, 0.02, 0.04):
        (window,) = windows(
            media(6, 10, jitter=jitter), {look: (0.0, 6.0)}, rate=10, pixels=10_000
        )
        assert len(window.shots) >= 59


def test_a_long_video_streams_through() -> None:
    def alive() -> int:
        return sum(type(item) is Shot for item in gc.get_objects())

    gc.collect()
    before, most = alive(), 0
    stream = windows(
        media(500, 2, sound=True), {USUAL: (0.0, 500.0)}, rate=2, pixels=10_000
    )
    for number, window in enumerate(stream):
        if number % 8 == 7:  # to count them takes a while
            most = max(most, alive() - before)
        del window
    assert 60 <= most <= 90


def test_large_pictures_are_made_smaller_and_small_ones_kept() -> None:
    import cv2

    for height, width in ((1080, 1920), (90, 120)):
        raw = jpeg(np.full((height, width, 3), 90, np.uint8), 100_000).jpeg
        image = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
        assert image.shape[0] * image.shape[1] <= 100_000
        assert image.shape[1] / image.shape[0] == pytest.approx(width / height, 0.02)
        assert height > 90 or image.shape[:2] == (height, width)


# --- putting readings together --------------------------------------------------------


@st.composite
def readings(draw: st.DrawFn) -> list[Reading]:
    result = []
    for start, end in USUAL.spans(0.0, draw(st.floats(2, 150))):
        value = draw(
            st.sampled_from(["seen", "not_seen", "could_not_tell", "answer_unusable"])
        )
        first = draw(st.floats(start, end))
        result.append(
            Reading(
                start,
                end,
                value,
                side=draw(st.sampled_from([Side.LEFT, Side.RIGHT, Side.UNKNOWN])),
                seen_start=first,
                seen_end=draw(st.floats(first, end)),
            )
        )
    return result


@given(given_readings=readings())
def test_every_moment_is_accounted_for_and_nothing_is_invented(
    given_readings: list[Reading],
) -> None:
    stretch = (0.0, given_readings[-1].end)
    found = merged(
        vocabulary().by_name["head_turning"],
        given_readings,
        stretch,
        source="mllm",
        otherwise="too_short",
    )
    spans = [(item.start, item.end) for item in found]
    gaps = less([stretch], spans)
    assert sum(end - start for start, end in gaps) < 0.02
    seen = [r for r in given_readings if r.value == "seen"]
    findings = [item for item in found if isinstance(item, Finding)]
    for reading in seen:
        assert any(
            item.side is reading.side
            and item.start <= reading.seen_start + 0.01
            and item.end >= reading.seen_end - 0.01
            for item in findings
        )
    for item in findings:
        assert any(r.side is item.side for r in seen)
    for item in found:
        inside = [
            r
            for r in given_readings
            if r.start < item.end - 0.02 and item.start + 0.02 < r.end
        ]
        if isinstance(item, Absence):
            assert {r.value for r in inside} & {"not_seen", "seen"}
            assert not any(
                less([(item.start, item.end)], [(f.start, f.end)])
                != [(item.start, item.end)]
                for f in findings
            )
        if isinstance(item, Unassessable) and item.reason == "answer_unusable":
            assert all(r.value != "not_seen" for r in inside)


def test_one_turn_across_two_windows_is_one_finding() -> None:
    found = merged(
        vocabulary().by_name["head_turning"],
        [
            Reading(0, 30, "seen", Side.LEFT, 20, 30, "turns"),
            Reading(25, 55, "seen", Side.LEFT, 25, 40, "turned"),
        ],
        (0, 55),
        source="mllm",
        otherwise="too_short",
    )
    (finding,) = [item for item in found if isinstance(item, Finding)]
    assert (finding.start, finding.end) == (20, 40)
    assert finding.evidence == 'a language model saw "turns"; "turned"'


spans = st.lists(st.tuples(times, times).map(lambda pair: (min(pair), max(pair))))


@given(one=spans, two=spans)
def test_what_is_left_and_what_is_gone_make_up_the_whole(
    one: list[tuple[float, float]], two: list[tuple[float, float]]
) -> None:
    def tenths(some: list[tuple[float, float]]) -> set[int]:
        return {t for a, b in some for t in range(round(a * 10), round(b * 10))}

    whole = joined(one)
    assert tenths(whole) == tenths(one)
    assert tenths(less(whole, two)) == tenths(one) - tenths(two)


def test_slivers_are_left_out_but_a_short_stretch_is_none() -> None:
    assert less([(0, 10)], [(0.05, 4), (4.05, 9)], sliver=0.1) == [(9, 10)]
    assert less([(0, 10)], [(1, 9.95)], sliver=0.1) == [(0, 1)]
    assert less([(0, 0.05)], [], sliver=0.1) == [(0, 0.05)]


@given(text=st.text(max_size=200), sign=st.sampled_from(vocabulary().signs))
def test_no_text_is_read_as_no_unless_it_says_so(text: str, sign: object) -> None:
    shot = Shot(0.0, jpeg(GREY, 10_000))
    window = Window(USUAL, 0.0, 30.0, (shot,) * 3)
    reading = read_answer(sign, window, Reply(text))  # type: ignore[arg-type]
    assert reading.value == "answer_unusable"


def test_a_side_that_is_not_told_is_unknown() -> None:
    window = Window(USUAL, 0.0, 30.0, (Shot(0.0, jpeg(GREY, 10_000)),) * 3)
    said = '{"answer": "yes", "first_frame": 1, "last_frame": 2}'
    for sign in vocabulary().signs:
        reading = read_answer(sign, window, Reply(said))
        assert reading.value == "seen"
        assert reading.side is (Side.UNKNOWN if sign.is_sided else Side.NONE)


@given(said=st.text(max_size=50))
def test_what_was_said_cannot_end_its_quotation(said: str) -> None:
    window = Window(USUAL, 0.0, 30.0, (Shot(0.0, jpeg(GREY, 10_000)),))
    voice = vocabulary().by_name["verbal_responsiveness"]
    put = question(voice, window, sees=True, hears=False, said=said).parts[-1]
    assert isinstance(put, str)
    heard, end = json.JSONDecoder().raw_decode(put, put.index('"'))
    assert heard == said
    assert put[end:] == f". {question(voice, window, sees=True, hears=False).parts[-1]}"


@pytest.mark.parametrize("name", ["tonic", "ictal_vocalization"])
def test_an_answer_tells_of_no_time_without_pictures_or_sound(name: str) -> None:
    def given(second: float) -> bool:
        return not (10 <= second < 20 or second == 30 or second >= 50)

    some = [k / 2 for k in range(120) if given(k / 2)]
    every = [k / 2 for k in range(120)]
    shown, heard = (some, every) if name == "tonic" else (every, some)
    items: list[Media] = []
    for second in every:
        if second in heard:
            items.append(Sound(second, np.zeros(SOUND_RATE // 2, np.float32)))
        if second in shown:
            items.append(Frame(second, GREY))
    (window,) = windows(
        items, {Look(60.0, 0.0, 2.0): (0.0, 60.0)}, rate=2, pixels=10_000
    )
    sign = vocabulary().by_name[name]
    reading = read_answer(sign, window, Reply('{"answer": "no"}'))
    found = merged(sign, [reading], (0.0, 60.0), source="mllm", otherwise="no_audio")
    spans = {
        kind: [(i.start, i.end) for i in found if type(i) is kind]
        for kind in (Absence, Unassessable)
    }
    assert spans == {
        Absence: [(0, 10), (20, 50)],  # half a second less is no hole
        Unassessable: [(10, 20), (50, 60)],
    }
