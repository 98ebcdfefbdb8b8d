"""Requests are answered by several threads, and an interrupt ends them."""

from __future__ import annotations

import threading
import time

import pytest

from s3ns.facts import CapabilityError
from s3ns.neural.mllm.crew import Crew
from s3ns.neural.mllm.request import Reply, Request

REQUESTS = [Request("", (str(number),), None) for number in range(20)]


def test_answers_come_in_order_whoever_is_first() -> None:
    def ask(request: Request) -> Reply:
        (text,) = request.parts
        time.sleep(0.001 * (20 - int(str(text))))
        return Reply(str(text))

    crew = Crew(ask, 4)
    for _ in range(2):
        found = crew.answered(REQUESTS)
        assert [reply.text for reply in found] == [str(k) for k in range(20)]
    assert crew.answered([]) == []
    crew.end()


def test_an_error_ends_it_and_nothing_more_is_asked() -> None:
    asked: list[Request] = []
    gate = threading.Event()

    def ask(request: Request) -> Reply:
        asked.append(request)
        if len(asked) == 1:
            raise CapabilityError("the server died")
        gate.wait(10)
        return Reply("")

    crew = Crew(ask, 2)
    with pytest.raises(CapabilityError, match="the server died"):
        crew.answered(REQUESTS)
    crew._is_over = True  # as the first act of its end
    gate.set()
    crew.end()
    assert len(asked) <= 3
