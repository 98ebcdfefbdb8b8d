"""Real files of many kinds, written here, come back as the right pictures and sound."""

from __future__ import annotations

import hashlib
import itertools
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from s3ns.facts import InputError
from s3ns.neural.video import Frame, Media, Remark, Sound, probe, read
from tests.neural.media import (
    HEIGHT,
    WIDTH,
    ask_to_turn,
    is_upright,
    number_of,
    picture,
    write_sound,
    write_video,
)

DEMO = Path(__file__).parents[2] / "samples" / "demo.mp4"


def tone(seconds: float, hertz: float = 440.0) -> np.ndarray:
    time = np.arange(round(seconds * 16_000)) / 16_000
    return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def frames_of(media: Iterator[Media]) -> list[Frame]:
    return [item for item in media if isinstance(item, Frame)]


def test_probe_tells_what_the_file_holds() -> None:
    found = probe(DEMO)
    assert found.sha256 == hashlib.sha256(DEMO.read_bytes()).hexdigest()
    assert found.id == f"rec-{found.sha256[:10]}"
    assert (found.width, found.height, found.fps) == (1280, 720, 30.0)
    assert found.duration == pytest.approx(20.0)
    assert found.has_audio
    assert not found.variable_frame_rate
    assert found.rotation == 0


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("h264.mp4", {}),
        ("b_frames.mkv", {"options": {"bf": "3", "g": "12"}}),
        ("vp9.webm", {"codec": "libvpx-vp9"}),
        ("mpeg4.avi", {"codec": "mpeg4"}),
        ("stream.ts", {}),
        ("mjpeg.mov", {"codec": "mjpeg", "pixels": "yuvj420p"}),
    ],
)
def test_every_container_gives_the_pictures_of_the_grid(
    tmp_path: Path, name: str, settings: dict[str, object]
) -> None:
    path = write_video(tmp_path / name, count=60, **settings)  # type: ignore[arg-type]
    found = frames_of(read(path, fps=10.0))
    assert [number_of(frame.image) for frame in found] == list(range(0, 60, 3))
    times = [frame.time for frame in found]
    assert times == pytest.approx(np.arange(20) / 10, abs=0.002)
    assert all(is_upright(frame.image) for frame in found)
    assert found[0].image.shape == (HEIGHT, WIDTH, 3)
    assert found[0].image.dtype == np.uint8
    assert probe(path).duration == pytest.approx(2.0, abs=0.04)


def test_gif(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gif"
    write_video(path, count=25, rate=12.5, codec="gif", pixels="rgb8")
    found = frames_of(read(path, fps=12.5, start=1.0))
    assert [number_of(frame.image) for frame in found] == list(range(13, 25))
    assert probe(path).fps == pytest.approx(12.5, rel=0.02)
    assert not probe(path).variable_frame_rate


def test_there_are_never_more_pictures_than_the_file_has(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", count=30)
    found = frames_of(read(path, fps=100.0))
    assert [number_of(frame.image) for frame in found] == list(range(30))


def test_pictures_left_undecoded_change_no_other(tmp_path: Path) -> None:
    settings = {"bf": "3", "b-pyramid": "none", "g": "20"}
    path = write_video(tmp_path / "a.mp4", count=90, options=settings)
    every = {round(f.time, 3): f.image for f in frames_of(read(path, fps=30.0))}
    some = frames_of(read(path, fps=10.0))
    assert len(every) == 90
    assert len(some) == 30
    for frame in some:
        assert np.array_equal(frame.image, every[round(frame.time, 3)])


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_recording_comes_upright(tmp_path: Path, degrees: int) -> None:
    # What the phone stored is the upright picture turned the other way.
    stored = [np.rot90(picture(k), degrees // 90).copy() for k in range(6)]
    path = ask_to_turn(write_video(tmp_path / "a.mp4", images=stored), degrees)
    found = frames_of(read(path, fps=30.0))
    assert [number_of(frame.image) for frame in found] == list(range(6))
    assert all(is_upright(frame.image) for frame in found)
    assert found[0].image.flags.c_contiguous
    recording = probe(path)
    assert (recording.width, recording.height) == (WIDTH, HEIGHT)
    assert recording.rotation == (360 - degrees) % 360


def test_a_turn_that_makes_no_sense_is_left_out(tmp_path: Path) -> None:
    path = ask_to_turn(write_video(tmp_path / "a.mp4"), 90)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"tkhd") + 44
    raw[at : at + 20] = bytes(20)
    path.write_bytes(raw)
    assert probe(path).rotation == 0
    assert all(is_upright(frame.image) for frame in frames_of(read(path)))


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    options = {"x264-params": "sar=3/2"}
    path = write_video(tmp_path / "a.mkv", options=options)
    assert probe(path).width == WIDTH * 3 // 2
    frame = frames_of(read(path))[0]
    assert frame.image.shape == (HEIGHT, WIDTH * 3 // 2, 3)
    assert is_upright(frame.image)


def test_times_of_a_variable_frame_rate_are_those_of_the_file(tmp_path: Path) -> None:
    gaps = [0.02, 0.05, 0.03, 0.1, 0.04, 0.3, 0.03, 0.03] * 4
    times = [0.0, *itertools.accumulate(gaps)]
    images = [picture(k) for k in range(len(times))]
    path = write_video(tmp_path / "a.mkv", images=images, times=times)
    found = frames_of(read(path, fps=100.0))
    assert [f.time for f in found] == pytest.approx(
        [times[number_of(f.image)] for f in found], abs=0.002
    )
    coarse = frames_of(read(path, fps=10.0))
    assert np.diff([f.time for f in coarse]).min() > 0.05
    recording = probe(path)
    assert recording.variable_frame_rate
    assert recording.fps == pytest.approx(len(times) / times[-1], rel=0.05)


def test_a_stretch_gives_what_the_whole_gives(tmp_path: Path) -> None:
    options = {"g": "15", "bf": "2"}
    path = write_video(tmp_path / "a.mp4", count=90, sound=tone(3.0), options=options)
    whole = [f for f in frames_of(read(path)) if 1.25 <= f.time < 2.0]
    parts = list(read(path, start=1.25, end=2.0))
    part = [item for item in parts if isinstance(item, Frame)]
    assert [f.time for f in part] == [f.time for f in whole]
    assert all(
        np.array_equal(a.image, b.image) for a, b in zip(part, whole, strict=True)
    )
    heard = [item for item in parts if isinstance(item, Sound)]
    assert heard[0].time == pytest.approx(1.25, abs=1e-3)
    assert sum(len(s.samples) for s in heard) == pytest.approx(0.75 * 16_000, abs=2)
    assert not [item for item in parts if isinstance(item, Remark)]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.ts"])
def test_sound_lies_at_its_time(tmp_path: Path, name: str) -> None:
    sound = np.zeros(48_000, np.float32)
    sound[24_000:] = tone(1.5)
    codec = "libvpx-vp9" if name.endswith("webm") else "libx264"
    path = write_video(tmp_path / name, count=90, sound=sound, codec=codec)
    heard = [item for item in read(path) if isinstance(item, Sound)]
    samples = np.concatenate([item.samples for item in heard])
    assert samples.dtype == np.float32
    onset = heard[0].time + np.argmax(np.abs(samples) > 0.15) / 16_000
    assert onset == pytest.approx(1.5, abs=0.03)
    for one, two in itertools.pairwise(heard):
        assert two.time == pytest.approx(one.time + len(one.samples) / 16_000)


def test_sound_that_starts_late_keeps_its_time(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", count=90, sound=tone(1.0), sound_start=1.5)
    heard = [item for item in read(path) if isinstance(item, Sound)]
    assert heard[0].time == pytest.approx(1.5, abs=0.1)


def test_sound_is_left_out_on_demand(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", sound=tone(1.0))
    assert all(isinstance(item, Frame) for item in read(path, sound=False))
    assert probe(path).has_audio


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", count=250, sound=tone(8.0))
    tracemalloc.start()
    for _ in read(path, fps=30.0):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * WIDTH * HEIGHT * 3


# --- what cannot be read --------------------------------------------------------------


def refusal(path: Path) -> str:
    """Return the error of probing, once it is known to be that of reading too."""
    with pytest.raises(InputError) as probed:
        probe(path)
    message = str(probed.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_no_such_file(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path / "none.mp4")


def test_a_folder(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert "empty" in refusal(tmp_path / "a.mp4")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.mp4", "This is not a video.\n" * 50),
        ("a.txt", "This is not a video.\n" * 50),
        ("a.m3u8", "#EXTM3U\n#EXTINF:10,\nother.ts\n#EXT-X-ENDLIST\n"),
        ("a.ffconcat", "ffconcat version 1.0\nfile other.mp4\n"),
    ],
)
def test_text_and_playlists(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert "not a video that can be read" in refusal(tmp_path / name)


def test_a_file_whose_index_is_missing(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", count=90)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "index is damaged" in refusal(path)
    with pytest.raises(InputError, match="index is damaged"):
        next(read(path))


def test_only_sound(tmp_path: Path) -> None:
    assert "only sound" in refusal(write_sound(tmp_path / "a.m4a", tone(1.0)))


def test_a_still_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.png", count=1, codec="png", pixels="rgb24")
    assert "not a video that can be read" in refusal(path)


def test_a_single_picture_in_a_video(tmp_path: Path) -> None:
    assert "single picture" in refusal(write_video(tmp_path / "a.mp4", count=1))


def test_a_tiny_picture(tmp_path: Path) -> None:
    images = [np.zeros((2, 2, 3), np.uint8)] * 5
    path = tmp_path / "a.mkv"
    write_video(path, images=images, codec="ffv1", pixels="bgr0")
    assert "2 x 2 pixels" in refusal(path)


def test_a_start_after_the_end(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", count=30)
    with pytest.raises(InputError, match=r"ends at 1\.0 s, before the start at 5 s"):
        list(read(path, start=5.0))


# --- what can be read in part ---------------------------------------------------------


def noisy_video(path: Path, **settings: object) -> Path:
    rng = np.random.default_rng(0)
    images = []
    for number in range(90):
        image = picture(number)
        image[32:48] = rng.integers(0, 255, (16, WIDTH, 3), np.uint8)
        images.append(image)
    return write_video(path, images=images, **settings)  # type: ignore[arg-type]


def test_a_file_that_breaks_off_gives_what_comes_before(tmp_path: Path) -> None:
    path = noisy_video(tmp_path / "a.mp4", container_options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    items = list(read(path))
    found = [item for item in items if isinstance(item, Frame)]
    assert 12 <= len(found) <= 24
    numbers = [number_of(frame.image) for frame in found]
    assert numbers[:12] == list(range(0, 36, 3))
    assert isinstance(items[-1], Remark)
    assert "breaks off" in items[-1].text
    assert "of 3.0 s" in items[-1].text


def test_damage_in_the_middle_is_left_out_and_counted(tmp_path: Path) -> None:
    path = noisy_video(tmp_path / "a.mp4", codec="mjpeg", pixels="yuvj420p")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"mdat") + len(raw) // 3
    raw[at : at + len(raw) // 6] = bytes(len(raw) // 6)
    path.write_bytes(raw)
    items = list(read(path))
    found = [item for item in items if isinstance(item, Frame)]
    assert 15 <= len(found) < 30
    assert number_of(found[-1].image) == 87
    assert any(isinstance(i, Remark) and "damaged" in i.text for i in items)
