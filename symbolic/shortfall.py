"""How a condition that was not met is worded: what came, and what the rule asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import clingo
from clingo import SymbolType
from clingo.ast import ASTType, BinaryOperator, UnaryOperator

from s3ns.facts import vocabulary
from s3ns.symbolic.encoding import INPUTS
from s3ns.symbolic.nearest import Nearest
from s3ns.symbolic.rulebase import Rule
from s3ns.symbolic.shapes import Condition, Shape
from s3ns.symbolic.syntax import variables
from s3ns.symbolic.syntax_tree import Tree
from s3ns.symbolic.wording import measured, spoken, uncapitalised

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ASKS = {
    "<": "less than {}",
    "<=": "at most {}",
    ">": "more than {}",
    ">=": "at least {}",
    "=": "{}",
    "!=": "other than {}",
}


class Shortfall:
    """Words the unmet conditions of one rule."""

    def __init__(
        self,
        rule: Rule,
        shape: Shape,
        found: Nearest,
        *,
        words: Callable[[clingo.Symbol], str],
        title: Callable[[clingo.Symbol], str],
        given: set[str],
    ) -> None:
        """Take how near a rule came.

        Parameters
        ----------
        rule, shape
            The rule.
        found
            How near it came.
        words, title
            The sentence of an atom that holds, and its name for within a sentence.
        given
            Predicates that hold thresholds and the like, not what was found.
        """
        self._name = uncapitalised(rule.label.title)
        self._rule = rule.syntax
        self._shape = shape
        self._found = found
        self._words = words
        self._title = title
        self._given = given

    def text(self, place: int) -> str:
        """Return the nearest value and what the rule asks for."""
        condition = self._shape.conditions[place]
        came = self._found.unmet[place]
        if condition.kind == "aggregate":
            bounds = self._bounds(place)
            words = uncapitalised(condition.aggregate(came, clingo.Tuple_(bounds)))
            exact = [
                f"; {_asked('=', spoken(bound, condition.unit))}"
                for sign, bound in zip(condition.signs, bounds, strict=True)
                if sign == "="
            ]
            return f"{self._name}: {words}{''.join(exact)}"
        if len(condition.signs) == 1:
            worded = self._times(place, condition) or self._value(place, condition)
            if worded:
                return worded
            return self._plainly(
                self._rule.body[place].atom.term,
                came.arguments,
                condition.signs[0],
                condition.unit,
            )
        values = (spoken(value, condition.unit) for value in came.arguments)
        return f"{self._name}: {', '.join(values)} are not in the order asked for"

    def _times(self, place: int, condition: Condition) -> str:
        """Word a condition on how long one time lies after another."""
        atom = self._rule.body[place].atom
        sides = (_linear(atom.term), _linear(atom.guards[0].term))
        if condition.unit not in {"time", "duration"} or None in sides:
            return ""
        left, right = sides
        assert left is not None
        assert right is not None
        factors = {
            name: left.get(name, 0) - right.get(name, 0) for name in {**left, **right}
        }
        times = {
            name: factor
            for name, factor in factors.items()
            if factor and self._origin(name) is not None
        }
        sign = condition.signs[0]
        if sorted(times.values()) != [-1, 1] or sign not in _MIRRORED:
            return ""
        later = next(name for name, factor in times.items() if factor == 1)
        earlier = next(name for name in times if name != later)
        lag = self._number(later) - self._number(earlier)
        one, two = self._found.unmet[place].arguments
        limit = lag - (one.number - two.number)
        if self._origin(later) == self._origin(earlier):
            subject = self._subject(later)
            if lag < 0:
                lag, limit, sign = -lag, -limit, _MIRRORED[sign]
            asked = _asked(sign, _seconds(limit))
            return f"{subject} lasted {_seconds(lag)}; {asked}"
        first = f"{self._subject(later)} {self._role(later)}"
        second = f"{self._subject(earlier)} {self._role(earlier)}"
        return f"{first} {_placed(lag)} {second}; the rule asks {_limit(sign, limit)}"

    def _value(self, place: int, condition: Condition) -> str:
        """Word a condition of a found value on a given one."""
        atom = self._rule.body[place].atom
        terms = (atom.term, atom.guards[0].term)
        came = self._found.unmet[place].arguments
        sign = condition.signs[0]
        owners = [
            [name for name in variables(term) if not self._is_given(name)]
            for term in terms
        ]
        if owners[1] and not owners[0]:
            terms, came, owners = terms[::-1], came[::-1], owners[::-1]
            sign = _MIRRORED.get(sign, sign)
        if not owners[0] or owners[1]:
            return ""
        name = owners[0][0]
        if len(owners[0]) > 1:
            if not self._are_alike(owners[0]):
                return ""
            measure = self._seat(name)[0].arguments[4].name
            one, two = (measured(measure, value.number) for value in came)
            return f"{self._name}: {one}; {_asked(sign, two)}"
        if self._origin(name) is None:  # computed by the rule itself
            return self._plainly(terms[0], came, sign, condition.unit)
        atom_there, position = self._seat(name)
        subject = self._words(atom_there).partition(", confidence ")[0]
        is_bare = terms[0].ast_type is ASTType.Variable
        if is_bare and _kind(atom_there, position) == "percent":
            one, two = (f"{value.number / 100:.2f}" for value in came)
            return f"{uncapitalised(subject)}: confidence {one}; {two} is needed"
        one, two = (spoken(value, condition.unit) for value in came)
        if is_bare and atom_there.name == "measure":
            measure = atom_there.arguments[4].name
            one, two = (measured(measure, value.number) for value in came)
            title = vocabulary().measures[measure].title
            sign_name = vocabulary().by_name[atom_there.arguments[0].name].title
            subject = f"{title} of {uncapitalised(sign_name)}"
        return f"{uncapitalised(subject)}: {one}; {_asked(sign, two)}"

    def _plainly(
        self, term: Tree, came: Sequence[clingo.Symbol], sign: str, unit: str
    ) -> str:
        """Word a condition by its evaluated sides, without the terms of the rule."""
        times, name = _times_variable(term)
        if {value.type for value in came} == {SymbolType.Number} and not any(
            value.number % times for value in came
        ):
            came = [clingo.Number(value.number // times) for value in came]
        elif times > 1:
            name = ""
        one, two = (spoken(value, unit) for value in came)
        return f"{self._name}: {_noun(name)}{one}; {_asked(sign, two)}"

    def _origin(self, name: str) -> int | None:
        """Return the place of the finding or conclusion that a variable comes from."""
        for place, condition in enumerate(self._shape.conditions):
            if (
                condition.kind == "holds"
                and condition.atoms[0].name not in self._given
                and name in condition.atoms[0].arguments
                and place in self._found.picks
            ):
                return place
        return None

    def _is_given(self, name: str) -> bool:
        """Whether a variable holds a threshold."""
        atoms = [
            condition.atoms[0]
            for condition in self._shape.conditions
            if condition.kind == "holds" and name in condition.atoms[0].arguments
        ]
        return bool(atoms) and all(atom.name in self._given for atom in atoms)

    def _are_alike(self, names: list[str]) -> bool:
        """Whether these are values of measures of one unit, added or subtracted."""
        atoms = [self._seat(n)[0] for n in names if self._origin(n) is not None]
        if len(atoms) < len(names) or {atom.name for atom in atoms} != {"measure"}:
            return False
        kinds = [vocabulary().measures[atom.arguments[4].name] for atom in atoms]
        return len({(kind.unit, kind.scale) for kind in kinds}) == 1

    def _seat(self, name: str) -> tuple[clingo.Symbol, int]:
        place = self._origin(name)
        assert place is not None
        pattern = self._shape.conditions[place].atoms[0]
        return self._found.picks[place], pattern.arguments.index(name)

    def _number(self, name: str) -> int:
        atom, position = self._seat(name)
        return atom.arguments[position].number

    def _subject(self, name: str) -> str:
        return self._title(self._seat(name)[0])

    def _role(self, name: str) -> str:
        atom, position = self._seat(name)
        numbers = [
            place
            for place, argument in enumerate(atom.arguments)
            if argument.type is SymbolType.Number and _kind(atom, place) != "percent"
        ]
        return "ended" if position == numbers[-1] and len(numbers) > 1 else "began"

    def _bounds(self, place: int) -> list[clingo.Symbol]:
        atom = self._rule.body[place].atom
        guards = [guard for guard in (atom.left_guard, atom.right_guard) if guard]
        bounds = []
        for guard in guards:
            term = guard.term
            if term.ast_type is ASTType.Variable:
                bounds.append(self._found.values[term.name])
            else:
                bounds.append(clingo.parse_term(str(term)))
        return bounds


def _kind(atom: clingo.Symbol, position: int) -> str:
    kinds = INPUTS.get(atom.name, ())
    return kinds[position] if position < len(kinds) else ""


def _linear(term: Tree) -> dict[str, int] | None:
    """Return the factor of each variable of a sum; ``None`` for other terms."""
    if term.ast_type is ASTType.Variable:
        return {term.name: 1}
    if term.ast_type is ASTType.SymbolicTerm:
        return {}
    if (
        term.ast_type is ASTType.UnaryOperation
        and term.operator_type == UnaryOperator.Minus
    ):
        inner = _linear(term.argument)
        return None if inner is None else {name: -f for name, f in inner.items()}
    if term.ast_type is ASTType.BinaryOperation and term.operator_type in {
        BinaryOperator.Plus,
        BinaryOperator.Minus,
    }:
        left, right = _linear(term.left), _linear(term.right)
        if left is None or right is None:
            return None
        factor = 1 if term.operator_type == BinaryOperator.Plus else -1
        return {
            name: left.get(name, 0) + factor * right.get(name, 0)
            for name in {**left, **right}
        }
    return None


def _times_variable(term: Tree) -> tuple[int, str]:
    """Return number and variable of ``2*Time`` or ``Time``, else no variable."""
    if term.ast_type is ASTType.Variable:
        return 1, str(term.name)
    if (
        term.ast_type is ASTType.BinaryOperation
        and term.operator_type == BinaryOperator.Multiplication
        and term.left.ast_type is ASTType.SymbolicTerm
        and term.left.symbol.type is SymbolType.Number
        and term.left.symbol.number > 0
        and term.right.ast_type is ASTType.Variable
    ):
        return term.left.symbol.number, str(term.right.name)
    return 1, ""


def _noun(variable: str) -> str:
    """Return what a variable is called, where its author gave it a word for a name."""
    words = re.findall("[A-Z][a-z]{2,}", variable)
    is_word = words and "".join(words) == variable
    return f"{' '.join(words).lower()} " if is_word else ""


def _asked(sign: str, bound: str) -> str:
    return f"the rule asks {_ASKS[sign].format(bound)}"


def _seconds(value: int) -> str:
    return f"{value / 10:.1f} s"


def _placed(lag: int) -> str:
    if lag == 0:
        return "as"
    return f"{_seconds(abs(lag))} {'after' if lag > 0 else 'before'}"


def _limit(sign: str, limit: int) -> str:
    """Word what a lag must be: ``at most 10.0 s after``."""
    if limit == 0:
        return {
            "<": "that it comes before",
            "<=": "that it comes no later",
            ">": "that it comes after",
            ">=": "that it comes no earlier",
        }[sign]
    if limit < 0:
        return f"{_ASKS[_MIRRORED[sign]].format(_seconds(-limit))} before"
    return f"{_ASKS[sign].format(_seconds(limit))}"
