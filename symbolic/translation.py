"""Rules as questions to a second engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

import clingo
from clingo.ast import (
    AggregateFunction,
    ASTType,
    BinaryOperator,
    ComparisonOperator,
    UnaryOperator,
)

from s3ns.symbolic.datalog import (
    Atom,
    Comparison,
    Operation,
    Row,
    Term,
    Value,
    Variable,
)
from s3ns.symbolic.syntax import global_variables, is_atom, is_negated, variables
from s3ns.symbolic.syntax_tree import Tree

_SIGNS: dict[int, Literal["==", "!=", "<", "<=", ">", ">="]] = {
    ComparisonOperator.Equal: "==",
    ComparisonOperator.NotEqual: "!=",
    ComparisonOperator.LessThan: "<",
    ComparisonOperator.LessEqual: "<=",
    ComparisonOperator.GreaterThan: ">",
    ComparisonOperator.GreaterEqual: ">=",
}
_ARITHMETIC: dict[int, Literal["+", "-", "*"]] = {
    BinaryOperator.Plus: "+",
    BinaryOperator.Minus: "-",
    BinaryOperator.Multiplication: "*",
}
_HOLDS: dict[str, Callable[[object, object], bool]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: order(one) < order(other),
    "<=": lambda one, other: order(one) <= order(other),
    ">": lambda one, other: order(one) > order(other),
    ">=": lambda one, other: order(one) >= order(other),
}
_LEAST, _GREATEST = "#inf", "#sup"

Condition = Atom | Comparison
Conditions = tuple[Condition, ...]


class Unsupported(Exception):
    """A rule that the second engine cannot follow; the message says why."""


class Compound(NamedTuple):
    """A term made of terms, which only conclusions may build."""

    name: str
    terms: tuple[Built, ...]


Built = Term | Compound


class Aggregate(NamedTuple):
    """An aggregate.

    Attributes
    ----------
    function
        What it computes.
    elements
        The terms of an element and the conditions on it.
    bound
        Variables of its elements that have their value from outside.
    guards
        What its value is compared with.
    """

    function: AggregateFunction
    elements: tuple[tuple[tuple[Term, ...], Conditions], ...]
    bound: tuple[str, ...]
    guards: tuple[tuple[str, Term], ...]

    def bounded(
        self, value: Value, values: Mapping[str, Value]
    ) -> dict[str, Value] | None:
        """Return the values of variables with those given here; ``None`` if not met."""
        extended = dict(values)
        for sign, term in self.guards:
            if (
                sign == "=="
                and isinstance(term, Variable)
                and term.name not in extended
            ):
                extended[term.name] = value
            elif not _HOLDS[sign](value, evaluated(term, extended)):
                return None
        return extended


class Translation(NamedTuple):
    """A rule: what it concludes, and what to ask for, one stage after the other."""

    head: tuple[str, tuple[Built, ...]]
    stages: tuple[Conditions | Aggregate, ...]


def translated(rule: Tree) -> Translation:
    """Return a rule as questions.

    Raises
    ------
    Unsupported
        If it uses what the second engine does not know.
    """
    return _Translator(rule).translation()


def evaluated(term: Built, values: Mapping[str, Value]) -> Value:
    """Return the value of a term."""
    if isinstance(term, Variable):
        return values[term.name]
    if isinstance(term, Operation):
        left, right = evaluated(term.left, values), evaluated(term.right, values)
        if not (isinstance(left, int) and isinstance(right, int)):
            raise Unsupported("counts with words")
        return {"+": left + right, "-": left - right, "*": left * right}[term.sign]
    if isinstance(term, Compound):
        inner = ",".join(str(evaluated(part, values)) for part in term.terms)
        # A pair needs no name, and a tuple of one a comma.
        comma = "," if not term.name and len(term.terms) == 1 else ""
        return f"{term.name}({inner}{comma})"
    return term


def value_of(symbol: clingo.Symbol) -> Value:
    """Return a term as this engine holds it."""
    if symbol.type is clingo.SymbolType.Number:
        return symbol.number
    return str(symbol)


def aggregated(function: AggregateFunction, members: Iterable[Row]) -> Value:
    """Return the value of an aggregate over its elements, each counted once."""
    rows = set(members)
    if function == AggregateFunction.Count:
        return len(rows)
    weights = [row[0] for row in rows]
    if function == AggregateFunction.Min:
        return min(weights, key=order, default=_GREATEST)
    if function == AggregateFunction.Max:
        return max(weights, key=order, default=_LEAST)
    numbers = [weight for weight in weights if isinstance(weight, int)]
    if function == AggregateFunction.SumPlus:
        numbers = [number for number in numbers if number > 0]
    return sum(numbers)


def order(value: object) -> tuple[int, object]:
    """Return a key that orders values as the rule language does."""
    if isinstance(value, int):
        return (1, value)
    text = str(value)
    if text in {_LEAST, _GREATEST}:
        return (0 if text == _LEAST else 5, "")
    if text.startswith('"'):
        return (3, text)
    if text.endswith(")"):
        return (4, text)
    return (2, text)


class _Translator:
    def __init__(self, rule: Tree) -> None:
        self._rule = rule
        self._unnamed = 0
        self._waiting: list[Condition] = []
        self._bound: set[str] = set()

    def translation(self) -> Translation:
        head = self._rule.head.atom.symbol
        aggregates = []
        for literal in self._rule.body:
            if literal.atom.ast_type is ASTType.BodyAggregate:
                aggregates.append(literal.atom)
            else:
                self._waiting += self._conditions(literal)
        names = [self._names(literal) for literal in aggregates]
        stages: list[Conditions | Aggregate] = [self._ready()]
        while aggregates:
            place = next(
                (k for k, outer in enumerate(names) if self._is_ready(*outer)), None
            )
            if place is None:
                raise Unsupported("has variables that only an aggregate gives")
            names.pop(place)
            stages.append(self._aggregate(aggregates.pop(place)))
            stages.append(self._ready())
        if self._waiting:
            raise Unsupported("gives a variable its value in a way that is not known")
        terms = tuple(map(self._built, head.arguments))
        return Translation(
            (head.name, terms), tuple(stage for stage in stages if stage)
        )

    def _ready(self) -> Conditions:
        """Take the conditions that can be asked now, tests as early as they can be."""
        taken: list[Condition] = []
        while (best := self._next()) is not None:
            self._waiting.remove(best)
            taken.append(best)
            self._bound |= _variables(best)
        return tuple(taken)

    def _next(self) -> Condition | None:
        for one in self._waiting:
            is_test = isinstance(one, Comparison) or one.is_negated
            if is_test and (_variables(one) <= self._bound or self._is_assignment(one)):
                return one
        tables = [
            one for one in self._waiting if isinstance(one, Atom) and not one.is_negated
        ]
        return min(
            tables, key=lambda one: len(_variables(one) - self._bound), default=None
        )

    def _is_assignment(self, one: Condition) -> bool:
        if not isinstance(one, Comparison) or one.sign != "==":
            return False
        for target, origin in ((one.left, one.right), (one.right, one.left)):
            if isinstance(target, Variable) and names_in(origin) <= self._bound:
                return True
        return False

    def _names(self, aggregate: Tree) -> tuple[set[str], set[str]]:
        """Return the outer variables of its elements, and those its guards need."""
        outside = set(global_variables(self._rule.head, self._rule.body))
        inner = {
            name
            for element in aggregate.elements
            for part in (*element.terms, *element.condition)
            for name in _named(part)
        }
        needed = set()
        for guard in (aggregate.left_guard, aggregate.right_guard):
            if guard is not None and not (
                guard.comparison == ComparisonOperator.Equal
                and guard.term.ast_type is ASTType.Variable
            ):
                needed |= _named(guard.term)
        return inner & outside, needed

    def _is_ready(self, outer: set[str], needed: set[str]) -> bool:
        return outer | needed <= self._bound

    def _aggregate(self, aggregate: Tree) -> Aggregate:
        outer, _ = self._names(aggregate)
        elements = []
        for element in aggregate.elements:
            inner = _Translator(self._rule)
            inner._unnamed = self._unnamed
            inner._bound = set(outer)
            for literal in element.condition:
                inner._waiting += inner._conditions(literal)
            conditions = inner._ready()
            if inner._waiting:
                raise Unsupported("has an element that no table gives")
            self._unnamed = inner._unnamed
            elements.append((tuple(map(self._term, element.terms)), conditions))
        guards = []
        if aggregate.left_guard is not None:
            # Written before the aggregate: the value stands on the right.
            sign = _SIGNS[aggregate.left_guard.comparison]
            mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)
            guards.append((mirrored, self._term(aggregate.left_guard.term)))
        if aggregate.right_guard is not None:
            sign = _SIGNS[aggregate.right_guard.comparison]
            guards.append((sign, self._term(aggregate.right_guard.term)))
        self._bound |= {
            term.name
            for sign, term in guards
            if sign == "==" and isinstance(term, Variable)
        }
        function = AggregateFunction(aggregate.function)
        return Aggregate(function, tuple(elements), tuple(sorted(outer)), tuple(guards))

    def _conditions(self, literal: Tree) -> list[Condition]:
        atom = literal.atom
        if is_atom(literal):
            if is_negated(literal):
                terms = tuple(
                    None if _is_open(term) else self._term(term)
                    for term in atom.symbol.arguments
                )
                return [Atom(atom.symbol.name, terms, True)]
            return self._positive(atom.symbol)
        found: list[Condition] = []
        left = self._term(atom.term)
        for guard in atom.guards:
            right = self._term(guard.term)
            found.append(Comparison(left, _SIGNS[guard.comparison], right))
            left = right
        return found

    def _positive(self, symbol: Tree) -> list[Condition]:
        terms: list[Term] = []
        more: list[Condition] = []
        for argument in symbol.arguments:
            term = self._term(argument)
            if isinstance(term, Operation):
                self._unnamed += 1
                place = Variable(f"any{self._unnamed}")
                more.append(Comparison(place, "==", term))
                term = place
            terms.append(term)
        return [Atom(symbol.name, tuple(terms)), *more]

    def _term(self, term: Tree) -> Term:
        built = self._built(term)
        if isinstance(built, Compound):
            if _named(term):
                raise Unsupported(f"looks into {term}")
            return evaluated(built, {})
        return built

    def _built(self, term: Tree) -> Built:
        if term.ast_type is ASTType.Variable:
            if term.name != "_":
                return Variable(term.name)
            self._unnamed += 1
            return Variable(f"any{self._unnamed}")
        if term.ast_type is ASTType.Function and not term.external:
            if term.name and not term.arguments:
                return str(term.name)
            return Compound(term.name, tuple(map(self._built, term.arguments)))
        if term.ast_type is ASTType.SymbolicTerm:
            return value_of(term.symbol)
        return self._computed(term)

    def _computed(self, term: Tree) -> Operation:
        sign: Literal["+", "-", "*"] | None = None
        if term.ast_type is ASTType.BinaryOperation:
            sign = _ARITHMETIC.get(term.operator_type)
        if sign is not None:
            return Operation(sign, self._term(term.left), self._term(term.right))
        if (
            term.ast_type is ASTType.UnaryOperation
            and term.operator_type == UnaryOperator.Minus
        ):
            return Operation("-", 0, self._term(term.argument))
        raise Unsupported(f"computes {term}")


def _is_open(term: Tree) -> bool:
    return term.ast_type is ASTType.Variable and term.name == "_"


def _named(node: Tree) -> set[str]:
    return set(variables(node))


def _variables(one: Condition) -> set[str]:
    terms = one.terms if isinstance(one, Atom) else (one.left, one.right)
    return set().union(*map(names_in, terms)) if terms else set()


def names_in(term: Term | None) -> set[str]:
    """Return the variables within a term."""
    if isinstance(term, Variable):
        return {term.name}
    if isinstance(term, Operation):
        return names_in(term.left) | names_in(term.right)
    return set()
