"""The least answer of a program, found by branch and bound until a deadline.

Equal answers are told apart by a fixed order, so that the same question has the same
answer to the byte.
"""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

import clingo

from s3ns.symbolic.solve import symbol_key

_TIES = 64
"""So many equal answers are compared; the cost leaves hardly ever more than two."""

Answer = tuple[clingo.Symbol, ...]


class Optimum(NamedTuple):
    """What a search came to.

    Attributes
    ----------
    answer
        The atoms shown, in a fixed order; ``None`` if there is no answer, or none was
        found in time.
    is_proven
        Whether the search ended by itself: there is none, or none is smaller.
    """

    answer: Answer | None
    is_proven: bool


def least(program: str, *, seconds: float) -> Optimum:
    """Return the least answer of a program with ``#minimize`` statements.

    Parameters
    ----------
    program
        With ``#show`` statements for the atoms that make up an answer.
    seconds
        Until the best answer so far is taken. Grounding cannot be stopped; the time it
        takes counts.
    """
    deadline = time.monotonic() + seconds
    control = clingo.Control(["--warn=none", "--opt-mode=optN", "--project=show"])
    control.add("base", [], program)
    control.ground([("base", [])])
    found: list[Answer] = []
    best: list[int] = []
    ties = 0

    def keep(model: clingo.Model) -> bool:
        nonlocal ties
        if model.cost != best:
            best[:] = model.cost
            found.clear()
        found.append(tuple(sorted(model.symbols(shown=True), key=symbol_key)))
        ties += model.optimality_proven
        return ties < _TIES

    is_over = threading.Event()
    with control.solve(on_model=keep, async_=True) as handle:
        if not handle.wait(max(0.0, deadline - time.monotonic())):
            is_over.set()
            handle.cancel()
        handle.get()
    answer = min(found, key=_order) if found else None
    return Optimum(answer, not is_over.is_set())


def _order(answer: Answer) -> list[tuple[object, ...]]:
    return [symbol_key(symbol) for symbol in answer]
