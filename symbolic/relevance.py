"""Which signs decide whether something is concluded."""

from __future__ import annotations

from collections.abc import Sequence

import clingo

from s3ns.symbolic.encoding import INPUTS
from s3ns.symbolic.shapes import Pattern, Shape

_BEYOND_SIGNS = {"supports", "verdict"}
"""What weighs more, or what follows from the verdict, is not a matter of any sign."""


_FIRST = -(2**30)  # numbers that no time or measure reaches


class Relevance:
    """Finds the signs behind a conclusion, for what a denial should show."""

    def __init__(self, shapes: Sequence[Shape], signs: Sequence[set[str]]) -> None:
        """Take the rules, and the signs that each of them names."""
        self._rules = list(zip(shapes, signs, strict=True))
        self._known: dict[Pattern, frozenset[str]] = {}
        self._named = {
            item
            for shape in shapes
            for pattern in (
                shape.head,
                *(atom for one in shape.conditions for atom in one.atoms),
            )
            for item in pattern.arguments
            if isinstance(item, clingo.Symbol)
        }

    def signs(self, atom: clingo.Symbol) -> frozenset[str]:
        """Return the signs that could have led to an atom."""
        start = self._alike(atom)
        if start not in self._known:
            self._known[start] = frozenset(self._behind(start))
        return self._known[start]

    def _alike(self, atom: clingo.Symbol) -> Pattern:
        """Return an atom with its times counted through.

        Rules tell numbers apart that they name, and whether two are equal: which they
        are is the same for any Document.
        """
        numbers: dict[clingo.Symbol, clingo.Symbol] = {}
        arguments = []
        for item in atom.arguments:
            if item.type is clingo.SymbolType.Number and item not in self._named:
                stand_in = clingo.Number(_FIRST - len(numbers))
                arguments.append(numbers.setdefault(item, stand_in))
            else:
                arguments.append(item)
        return Pattern(atom.name, tuple(arguments))

    def _behind(self, start: Pattern) -> set[str]:
        found: set[str] = set()
        seen, waiting = {start}, [start]
        while waiting:
            pattern = waiting.pop()
            for shape, signs in self._rules:
                below = self._premises(shape, pattern)
                if below is None:
                    continue
                found |= signs
                new = [item for item in below if item not in seen]
                seen.update(new)
                waiting += new
        return found

    def _premises(self, shape: Shape, pattern: Pattern) -> list[Pattern] | None:
        """Return what a rule needs for a conclusion, or ``None`` if it never applies.

        A rule about other arguments never applies, and neither does one that needs what
        no rule concludes: an exception for pelvic thrusting says nothing of jerking.
        """
        head = shape.head
        if head.name != pattern.name or len(head.arguments) != len(pattern.arguments):
            return None
        values = head.matched(pattern.arguments)
        if values is None:
            return None
        below = []
        for condition in shape.conditions:
            for atom in condition.atoms:
                if atom.name in INPUTS or atom.name in _BEYOND_SIGNS:
                    continue
                filled = atom.filled(values)
                if condition.kind == "holds" and not self._possible(filled):
                    return None
                below.append(filled)
        return below

    def _possible(self, pattern: Pattern) -> bool:
        return any(
            shape.head.name == pattern.name
            and len(shape.head.arguments) == len(pattern.arguments)
            and shape.head.matched(pattern.arguments) is not None
            for shape, _ in self._rules
        )
