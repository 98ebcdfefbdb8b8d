"""Joins, negation and comparisons over tables of facts, by pyDatalog.

Questions come as objects, never as text: pyDatalog reads text as Python, and text from
people or files must not become code.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

with warnings.catch_warnings():
    # Compiling it for the first time warns of escapes in its regular expressions.
    warnings.simplefilter("ignore")
    from pyDatalog import Logic, pyParser

Value = int | str
"""A number, or any other term as it is written in the rule language."""

Row = tuple[Value, ...]


class Variable(NamedTuple):
    """A variable; two of the same name are the same."""

    name: str


class Operation(NamedTuple):
    """Arithmetic on terms."""

    sign: Literal["+", "-", "*"]
    left: Term
    right: Term


Term = Value | Variable | Operation


class Atom(NamedTuple):
    """A row that a table must hold, or must not; ``None`` where anything may stand."""

    table: str
    terms: tuple[Term | None, ...]
    is_negated: bool = False


class Comparison(NamedTuple):
    """Two terms compared; ``==`` also gives a variable its value."""

    left: Term
    sign: Literal["==", "!=", "<", "<=", ">", ">="]
    right: Term


Condition = Atom | Comparison

_ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_COMPARED = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_PREFIX = "V_"
"""Before the names of variables, which must begin with a capital letter."""

_NOTHING = 0
"""Fills the place of a table without columns, which pyDatalog does not know."""


class WrongKinds(Exception):
    """Numbers were compared with words, which have no common order here."""


class Tables:
    """Tables of facts that can be asked.

    pyDatalog keeps its state by thread: making one ends the life of any other that was
    made in this thread before.
    """

    def __init__(self) -> None:
        # Without an argument: Logic(True) would keep the facts of whoever came before.
        Logic()
        self._rows: dict[str, set[Row]] = {}
        self._untold: dict[str, set[Row]] = {}

    def add(self, table: str, rows: Iterable[Row]) -> bool:
        """Add rows, and the table where it is new; tell whether any row is new."""
        held = self._rows.setdefault(table, set())
        new = set(rows) - held
        held |= new
        self._untold.setdefault(table, set()).update(new)
        return bool(new)

    def rows(self, table: str) -> set[Row]:
        """Return the rows of a table; none if there is no such table."""
        return self._rows.get(table, set())

    def ask(self, conditions: Sequence[Condition]) -> tuple[list[str], set[Row]]:
        """Return the variables of a question and all values that answer it.

        Variables of a negated atom or of an inequality must occur in a table or be
        given a value before.

        Raises
        ------
        WrongKinds
            If numbers are compared with words.
        """
        asked: list[Condition] = []
        for one in conditions:
            # pyDatalog knows no table that never held anything.
            if isinstance(one, Comparison):
                asked.append(one)
            elif self.rows(one.table):
                asked.append(self._told(one))
            elif not one.is_negated:
                return [], set()
        if not asked:
            return [], {()}
        body = pyParser.Body(*map(_condition, asked))
        given = list(body._variables())
        # pyDatalog may add variables of its own, for arithmetic.
        places = [k for k, name in enumerate(given) if name.startswith(_PREFIX)]
        names = [given[place].removeprefix(_PREFIX) for place in places]
        try:
            answer = body.ask()
        except TypeError as error:
            raise WrongKinds("compares numbers with words") from error
        if answer is True:
            return names, {()}
        rows = {tuple(row[place] for place in places) for row in answer or ()}
        return names, rows

    def _told(self, atom: Atom) -> Atom:
        """Let pyDatalog know a table, as late as this, for it takes its time.

        It cannot negate an atom with open places: these are left out of a table.
        """
        kept = [place for place, term in enumerate(atom.terms) if term is not None]
        table = atom.table
        if len(kept) < len(atom.terms):
            # Names of predicates end in the number of places, never so.
            table = f"{table}_at_{'_'.join(map(str, kept))}_"
            rows = self.rows(atom.table)
            self.add(table, {tuple(row[place] for place in kept) for row in rows})
        for row in self._untold.pop(table, ()):
            _ = +_atom(table, row)
        return Atom(table, tuple(atom.terms[place] for place in kept), atom.is_negated)


def _condition(one: Condition) -> Any:
    if isinstance(one, Comparison):
        left, right = _term(one.left), _term(one.right)
        if one.sign == "==" and isinstance(one.left, Operation):
            # pyDatalog gives variables their value; it cannot compare a computed one.
            between = pyParser.Term("Between")
            return (between == left) & (between == right)
        return _COMPARED[one.sign](left, right)
    atom = _atom(one.table, one.terms)
    return ~atom if one.is_negated else atom


def _atom(table: str, terms: Sequence[Term | None]) -> Any:
    return pyParser.Literal.make(f"t_{table}", [_term(t) for t in terms or (_NOTHING,)])


def _term(term: Term | None) -> Any:
    if isinstance(term, Variable):
        return pyParser.Term(f"{_PREFIX}{term.name}")
    if isinstance(term, Operation):
        return _ARITHMETIC[term.sign](_term(term.left), _term(term.right))
    return pyParser.Expression._pyD_for(term)
