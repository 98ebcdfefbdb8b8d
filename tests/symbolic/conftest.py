"""A reasoner for all tests, and reasoning about scenes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from s3ns.facts import Document
from s3ns.facts.annotations import SOURCE
from s3ns.symbolic import Reasoner
from tests.symbolic.scenes import document


@pytest.fixture(scope="session")
def reasoner() -> Reasoner:
    return Reasoner()


@pytest.fixture(scope="session")
def judge(reasoner: Reasoner) -> Callable[..., Document]:
    """Reason about a scene."""

    def judged(text: str, duration: float = 60.0, *, seen_by: str = SOURCE) -> Document:
        return reasoner.reason(document(text, duration, seen_by=seen_by))

    return judged
