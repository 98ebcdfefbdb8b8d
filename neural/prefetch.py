"""Running one stage of the extractor beside the next."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")

LONGEST_END = 10.0
"""Seconds to wait for a stage that is told to end, such as for a stalled disk."""


def prefetched(items: Iterable[Item], depth: int) -> Generator[Item, None, None]:
    """Run an iterable in a thread of its own, at most ``depth`` items ahead.

    Decoding then runs beside the models, and one model beside another. The thread ends
    when the items end, when iteration is given up, and when either side raises; an
    error of the iterable is raised here.

    A queue of the standard library that blocks when it is full takes locks in Python
    code. Where Ctrl-C comes inside it, such a lock stays taken, and both sides wait for
    each other for ever. The queues used here are of C and take none.
    """
    ready: SimpleQueue[tuple[Item] | _Failure | None] = SimpleQueue()
    room: SimpleQueue[None] = SimpleQueue()
    for _ in range(depth):
        room.put(None)
    is_given_up = False

    def run() -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                room.get()
                if is_given_up:
                    break
                ready.put((item,))
            ready.put(None)
        except BaseException as error:  # handed to the thread that waits
            ready.put(_Failure(error))
        finally:
            if isinstance(iterator, Generator):
                iterator.close()

    # A daemon: what cannot be broken off does not keep the program alive.
    worker = threading.Thread(target=run, name="s3ns-stage", daemon=True)
    try:
        worker.start()
        while (got := ready.get()) is not None:
            if isinstance(got, _Failure):
                raise got.error
            room.put(None)
            yield got[0]
    finally:
        is_given_up = True
        room.put(None)
        if worker.is_alive():
            worker.join(LONGEST_END)


@dataclass(frozen=True)
class _Failure:
    error: BaseException
