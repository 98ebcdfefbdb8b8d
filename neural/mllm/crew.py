"""Threads that put requests to a model, and that an interrupt cannot lock up.

An executor of the standard library takes locks in Python code. Where Ctrl-C comes while
it hands out work, such a lock stays taken: its threads and the end of the program wait
for each other for ever. The queues used here are of C and take none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import NamedTuple

from s3ns.neural.mllm.request import Reply, Request

LONGEST_END = 10.0
"""Seconds to wait for a thread whose request was broken off."""


class _Result(NamedTuple):
    place: int
    reply: Reply | None
    error: BaseException | None


class _Job(NamedTuple):
    place: int
    request: Request
    results: SimpleQueue[_Result]


class Crew:
    """Answers requests, several at once.

    Parameters
    ----------
    ask
        Answers one; called from several threads.
    most
        How many at once.
    """

    def __init__(self, ask: Callable[[Request], Reply], most: int) -> None:
        self._ask = ask
        self._most = most
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._is_over = False

    def answered(self, requests: Iterable[Request]) -> list[Reply]:
        """Return the answers in the order of the requests; an error ends it."""
        results: SimpleQueue[_Result] = SimpleQueue()
        jobs = [_Job(k, request, results) for k, request in enumerate(requests)]
        while len(self._threads) < min(self._most, len(jobs)):
            # Daemons: what cannot be broken off does not keep the program alive.
            thread = threading.Thread(
                target=self._work, name="s3ns-question", daemon=True
            )
            thread.start()
            self._threads.append(thread)
        for job in jobs:
            self._jobs.put(job)
        replies: dict[int, Reply] = {}
        for _ in jobs:
            place, reply, error = results.get()
            if error is not None or reply is None:
                raise error or AssertionError
            replies[place] = reply
        return [replies[place] for place in range(len(jobs))]

    def end(self) -> None:
        """Drop what has not begun, and wait for the rest."""
        self._is_over = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(LONGEST_END)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None and not self._is_over:
            try:
                result = _Result(job.place, self._ask(job.request), None)
            except BaseException as error:  # handed to the thread that waits
                result = _Result(job.place, None, error)
            job.results.put(result)
