"""A stage beside the next one: the same items, not too far ahead, and it ends."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3ns.facts import InputError
from s3ns.neural.prefetch import prefetched
from s3ns.neural.video import read
from tests.neural.media import write_video


def stages() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "s3ns-stage"]


def test_it_gives_the_same_items(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", count=10)
    plain = [(type(i), getattr(i, "time", None)) for i in read(path)]
    ahead = [(type(i), getattr(i, "time", None)) for i in prefetched(read(path), 3)]
    assert ahead == plain
    assert not stages()


def test_it_runs_at_most_so_far_ahead() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    ahead = prefetched(numbers(), 4)
    assert next(ahead) == 0
    threading.Event().wait(0.1)
    assert len(stages()) == 1
    assert 4 <= len(made) <= 7
    ahead.close()
    assert not stages()


def test_it_hands_over_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        list(prefetched(read(tmp_path / "none.mp4"), 2))
    assert not stages()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_it_ends_with_its_reader(error: type[BaseException]) -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            yield from itertools.count()
        finally:
            closed.set()

    def consume() -> None:
        ahead = prefetched(endless(), 2)
        try:
            for number in ahead:
                if number == 5:
                    raise error
        finally:
            ahead.close()

    with pytest.raises(error):
        consume()
    assert closed.is_set()
    assert not stages()


INTERRUPTED = """
import itertools, os, signal, threading, time
from queue import SimpleQueue
from s3ns.neural.prefetch import prefetched

turns = SimpleQueue()


def interrupt():
    for turn in iter(turns.get, None):
        time.sleep(turn % 50 * 2e-5)
        os.kill(os.getpid(), signal.SIGINT)


threading.Thread(target=interrupt, daemon=True).start()
caught = 0
for turn in range(1000):
    try:
        turns.put(turn)
        for _ in prefetched(itertools.count(), 2):
            pass
    except KeyboardInterrupt:
        caught += 1
print(caught)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_at_any_moment_ends_it() -> None:
    # A queue with locks of Python locked up within some 200 interrupts.
    program = [sys.executable, "-c", INTERRUPTED]
    ended = subprocess.run(
        program, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stderr == ""
    assert ended.stdout == "1000\n"
