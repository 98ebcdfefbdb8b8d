"""Rules in the form in which proofs use them.

Syntax trees are slow to walk; everything that a proof says again and again of a rule is
read off once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import clingo
import msgspec
from clingo.ast import AST, AggregateFunction, ASTType, ComparisonOperator

from s3ns.symbolic.instrument import ANY, step_variables
from s3ns.symbolic.kinds import kind_of
from s3ns.symbolic.syntax import is_atom, is_negated
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


class Condition(msgspec.Struct, frozen=True):
    """A premise of a rule.

    Attributes
    ----------
    kind
        As in :class:`s3ns.facts.Premise`.
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
        words = [f"{self.function} {quantity(value, self.unit)}"]
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


class Shape(msgspec.Struct, frozen=True):
    """A rule without its syntax tree.

    Attributes
    ----------
    name
        Predicate of the conclusion.
    arguments
        Of the conclusion: names of variables, fixed symbols, ``None`` for the rest.
    variables
        Names of the values in a step of the replay program.
    conditions
        The premises, in the order of the rule.
    """

    name: str
    arguments: tuple[str | clingo.Symbol | None, ...]
    variables: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def matched(self, atom: clingo.Symbol) -> dict[str, clingo.Symbol] | None:
        """Return the variables of a conclusion that would be this atom.

        ``None`` if the rule cannot conclude it.
        """
        given = atom.arguments
        if (self.name, len(self.arguments)) != (atom.name, len(given)):
            return None
        values: dict[str, clingo.Symbol] = {}
        for own, came in zip(self.arguments, given, strict=True):
            if isinstance(own, str):
                if values.setdefault(own, came) != came:
                    return None
            elif own is not None and came not in {own, ANY}:
                return None
        return values


def shape_of(rule: AST, kinds: Mapping[str, str]) -> Shape:
    """Read off a rule what proofs need; ``kinds`` are those of its variables."""
    head = rule.head.atom.symbol
    return Shape(
        name=head.name,
        arguments=tuple(map(_argument, head.arguments)),
        variables=tuple(step_variables(rule)),
        conditions=tuple(_condition(literal, kinds) for literal in rule.body),
    )


def _argument(term: AST) -> str | clingo.Symbol | None:
    if term.ast_type is ASTType.Variable:
        return str(term.name)
    if term.ast_type is ASTType.SymbolicTerm:
        symbol: clingo.Symbol = term.symbol
        return symbol
    return None


def _condition(literal: AST, kinds: Mapping[str, str]) -> Condition:
    atom = literal.atom
    if is_atom(literal):
        return Condition("not" if is_negated(literal) else "holds")
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
        "aggregate", signs=tuple(signs), unit=unit, function=_FUNCTIONS[function]
    )


def _sign(guard: AST) -> str:
    return _SIGNS[ComparisonOperator(guard.comparison)]


def _bare(term: AST) -> str:
    text = str(term)
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text
