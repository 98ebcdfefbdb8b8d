"""Rules in the form in which proofs use them.

Syntax trees are slow to walk; everything that a proof says again and again of a rule is
read off once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

import clingo
import msgspec
from clingo.ast import AggregateFunction, ASTType, ComparisonOperator

from s3ns.symbolic.instrument import ANY, step_variables
from s3ns.symbolic.kinds import kind_of
from s3ns.symbolic.syntax import atoms_of, is_atom, is_negated
from s3ns.symbolic.syntax_tree import Tree
from s3ns.symbolic.wording import capitalised, quantity

_SIGNS = {
    ComparisonOperator.Equal: "=",
    ComparisonOperator.NotEqual: "!=",
    ComparisonOperator.LessThan: "<",
    ComparisonOperator.LessEqual: "<=",
    ComparisonOperator.GreaterThan: ">",
    ComparisonOperator.GreaterEqual: ">=",
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_BOUNDS = {
    "!=": "other than",
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
}
_FUNCTIONS = {
    AggregateFunction.Count: "number",
    AggregateFunction.Sum: "total",
    AggregateFunction.SumPlus: "total",
    AggregateFunction.Min: "least",
    AggregateFunction.Max: "greatest",
}
_OF_NAMES = {"least": "the first:", "greatest": "the last:"}
"""What the least and the greatest of names are, which have an order but no size."""


Arguments = tuple[str | clingo.Symbol | None, ...]
"""Of an atom: names of variables, fixed symbols, ``None`` for the rest."""


class Pattern(msgspec.Struct, frozen=True):
    """An atom of a rule.

    Attributes
    ----------
    name
        Predicate.
    arguments
        What stands in its places.
    """

    name: str
    arguments: Arguments

    def matched(self, given: Arguments) -> dict[str, clingo.Symbol] | None:
        """Return the variables for which this would be the atom given.

        The latter may have places left open. ``None`` if it can never be.
        """
        values: dict[str, clingo.Symbol] = {}
        for own, came in zip(self.arguments, given, strict=True):
            if not isinstance(came, clingo.Symbol) or came == ANY:
                continue
            if isinstance(own, str):
                if values.setdefault(own, came) != came:
                    return None
            elif own not in {None, came}:
                return None
        return values

    def filled(self, values: Mapping[str, clingo.Symbol]) -> Pattern:
        """Return this atom with variables replaced by values, where there are any."""
        return Pattern(
            self.name,
            tuple(
                values.get(place) if isinstance(place, str) else place
                for place in self.arguments
            ),
        )


class Condition(msgspec.Struct, frozen=True):
    """A premise of a rule.

    Attributes
    ----------
    kind
        As in :class:`s3ns.facts.Premise`.
    atoms
        The atom, or those within an aggregate.
    terms
        The sides of a comparison as written.
    signs
        What stands between them; for an aggregate, before each of its bounds.
    unit
        ``time`` or ``duration`` where the values are such, else empty.
    function
        What an aggregate computes, in words.
    """

    kind: Literal["holds", "not", "comparison", "aggregate"]
    atoms: tuple[Pattern, ...] = ()
    terms: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    unit: str = ""
    function: str = ""

    def comparison(self, values: clingo.Symbol) -> str:
        """Word a comparison with its evaluated sides."""
        came = [quantity(value, self.unit) for value in values.arguments]
        return f"{self._joined(self.terms)}: {self._joined(came)}"

    def aggregate(self, value: clingo.Symbol, bounds: clingo.Symbol) -> str:
        """Word an aggregate with its value and bounds."""
        is_name = value.type is clingo.SymbolType.String
        function = _OF_NAMES.get(self.function, "") if is_name else self.function
        words = [f"{function} {quantity(value, self.unit)}"]
        words += [
            f"{_BOUNDS[sign]} {quantity(bound, self.unit)}"
            for sign, bound in zip(self.signs, bounds.arguments, strict=True)
            if sign in _BOUNDS
        ]
        return capitalised(", ".join(words))

    def _joined(self, sides: list[str] | tuple[str, ...]) -> str:
        words = [sides[0]]
        for sign, side in zip(self.signs, sides[1:], strict=True):
            words += [sign, side]
        return " ".join(words)


class Shape(msgspec.Struct, frozen=True, dict=True):
    """A rule without its syntax tree.

    Attributes
    ----------
    head
        The conclusion.
    variables
        Names of the values in a step of the replay program.
    conditions
        The premises, in the order of the rule.
    """

    head: Pattern
    variables: tuple[str, ...]
    conditions: tuple[Condition, ...]

    @cached_property
    def positive(self) -> tuple[tuple[int, str], ...]:
        """The premises that a step rests on: place and kind of each."""
        return tuple(
            (place, condition.kind)
            for place, condition in enumerate(self.conditions)
            if condition.kind in {"holds", "aggregate"}
        )


def shape_of(rule: Tree, kinds: Mapping[str, str]) -> Shape:
    """Read off a rule what proofs need; ``kinds`` are those of its variables."""
    return Shape(
        head=_pattern(rule.head.atom),
        variables=tuple(step_variables(rule)),
        conditions=tuple(_condition(literal, kinds) for literal in rule.body),
    )


def _pattern(atom: Tree) -> Pattern:
    return Pattern(atom.symbol.name, tuple(map(_argument, atom.symbol.arguments)))


def _argument(term: Tree) -> str | clingo.Symbol | None:
    if term.ast_type is ASTType.Variable and term.name != "_":
        return str(term.name)
    if term.ast_type is ASTType.SymbolicTerm:
        symbol: clingo.Symbol = term.symbol
        return symbol
    return None


def _condition(literal: Tree, kinds: Mapping[str, str]) -> Condition:
    atom = literal.atom
    atoms = tuple(_pattern(used) for used, _ in atoms_of(literal))
    if is_atom(literal):
        return Condition("not" if is_negated(literal) else "holds", atoms=atoms)
    if atom.ast_type is ASTType.Comparison:
        terms = [atom.term, *(guard.term for guard in atom.guards)]
        units = [kind_of(term, kinds) for term in terms]
        return Condition(
            "comparison",
            terms=tuple(map(_bare, terms)),
            signs=tuple(_sign(guard) for guard in atom.guards),
            unit=next((unit for unit in units if unit in {"time", "duration"}), None)
            or "",
        )
    function = AggregateFunction(atom.function)
    unit = ""
    if function is not AggregateFunction.Count and atom.elements:
        unit = kind_of(atom.elements[0].terms[0], kinds) or ""
    signs = []
    if atom.left_guard:
        sign = _sign(atom.left_guard)
        signs.append(_MIRRORED.get(sign, sign))
    if atom.right_guard:
        signs.append(_sign(atom.right_guard))
    return Condition(
        "aggregate",
        atoms=atoms,
        signs=tuple(signs),
        unit=unit,
        function=_FUNCTIONS[function],
    )


def _sign(guard: Tree) -> str:
    return _SIGNS[ComparisonOperator(guard.comparison)]


def _bare(term: Tree) -> str:
    text = str(term)
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text
