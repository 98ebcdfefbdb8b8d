"""A reasoner for all tests of rules."""

from __future__ import annotations

import pytest

from s3ns.symbolic import Reasoner


@pytest.fixture(scope="session")
def reasoner() -> Reasoner:
    return Reasoner()
