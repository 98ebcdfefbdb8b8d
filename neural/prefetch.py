"""Running one stage of the extractor beside the next."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


def prefetched(items: Iterable[Item], depth: int) -> Generator[Item, None, None]:
    """Run an iterable in a thread of its own, at most ``depth`` items ahead.

    Decoding then runs beside the models, and one model beside another. The thread ends
    when the items end, when iteration is given up, and when either side raises; an
    error of the iterable is raised here.
    """
    ready: queue.Queue[tuple[Item] | _Failure | None] = queue.Queue(maxsize=depth)
    given_up = threading.Event()

    def put(item: tuple[Item] | _Failure | None) -> None:
        while not given_up.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def run() -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                put((item,))
                if given_up.is_set():
                    break
            put(None)
        except BaseException as error:  # handed to the thread that waits
            put(_Failure(error))
        finally:
            if isinstance(iterator, Generator):
                iterator.close()

    worker = threading.Thread(target=run, name="s3ns-stage", daemon=True)
    worker.start()
    try:
        while (got := ready.get()) is not None:
            if isinstance(got, _Failure):
                raise got.error
            yield got[0]
    finally:
        given_up.set()
        worker.join()


@dataclass(frozen=True)
class _Failure:
    error: BaseException
