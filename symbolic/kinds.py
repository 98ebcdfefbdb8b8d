"""What each place of each predicate holds: a sign, a side, a time.

The rule language has no types: a misspelt sign is a premise that silently never holds,
and a time is a bare number. The places of the input predicates are known; the others
follow from the variables that the rules carry from one place to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from clingo import SymbolType
from clingo.ast import ASTType, BinaryOperator, ComparisonOperator

from s3ns.symbolic.encoding import INPUTS
from s3ns.symbolic.syntax import is_atom, signature
from s3ns.symbolic.syntax_tree import Tree

_MIXED = "mixed"
"""Of a place that holds different kinds of things in different rules."""

Slot = tuple[str, int, int]
"""Predicate name, number of arguments, position."""


class Kinds:
    """The kinds of all places of a program."""

    def __init__(self, rules: Sequence[Tree]) -> None:
        self._slots: dict[Slot, str] = {
            (name, len(places), position): kind
            for name, places in INPUTS.items()
            for position, kind in enumerate(places)
        }
        self._concluded: set[Slot] = set()
        # Syntax is slow to walk: once, not in every round.
        self._filled = {id(rule): list(_filled(rule)) for rule in rules}
        while sum(self._learn(rule) for rule in rules):
            pass

    def variables(self, rule: Tree) -> dict[str, str]:
        """Return the kind of each variable of a rule whose kind is known."""
        known: dict[str, str] = {}
        for slot, argument in self._filled[id(rule)]:
            if slot in self._slots and _is_variable(argument):
                known.setdefault(argument.name, self._slots[slot])
        for literal in rule.body:
            _assigned(literal, known)
        return {name: kind for name, kind in known.items() if kind != _MIXED}

    def filled(self, node: Tree) -> Iterator[tuple[str, Tree]]:
        """Yield what fills each place of known kind within a piece of syntax."""
        for slot, argument in _filled(node):
            kind = self._slots.get(slot, _MIXED)
            if kind != _MIXED:
                yield kind, argument

    def sided(self, node: Tree) -> Iterator[tuple[Tree, Tree]]:
        """Yield each sign within a piece of syntax that has a side behind it."""
        before: tuple[Slot, Tree] | None = None
        for slot, argument in _filled(node):
            if (
                before is not None
                and slot[2] == before[0][2] + 1
                and self._slots.get(before[0]) == "sign"
                and self._slots.get(slot) == "side"
            ):
                yield before[1], argument
            before = slot, argument

    def signs_named(self, rule: Tree) -> set[str]:
        """Return the signs that a rule names."""
        return {
            str(argument)
            for slot, argument in self._filled[id(rule)]
            if self._slots.get(slot) == "sign" and is_constant(argument)
        }

    def _learn(self, rule: Tree) -> bool:
        known = self.variables(rule)
        head = len(rule.head.atom.symbol.arguments)
        changed = False
        for number, (slot, argument) in enumerate(self._filled[id(rule)]):
            kind = kind_of(argument, known)
            have = self._slots.get(slot)
            if kind is None or have in {kind, _MIXED} or slot[0] in INPUTS:
                continue
            # What a rule concludes tells more than how another one uses it: a use may
            # be the mistake that is looked for.
            if number < head:
                self._concluded.add(slot)
            elif slot in self._concluded:
                continue
            self._slots[slot] = kind if have is None else _MIXED
            changed = True
        return changed


def kind_of(term: Tree, known: Mapping[str, str]) -> str | None:
    """Return the kind of a term, given those of its variables."""
    if term.ast_type is ASTType.Variable:
        return known.get(term.name)
    if term.ast_type is ASTType.BinaryOperation:
        left, right = kind_of(term.left, known), kind_of(term.right, known)
        if term.operator_type == BinaryOperator.Minus and left == right == "time":
            return "duration"
        if term.operator_type in {BinaryOperator.Minus, BinaryOperator.Plus}:
            return left or right
    return None


def is_constant(term: Tree) -> bool:
    """Whether a term is a lower-case word."""
    if term.ast_type is ASTType.SymbolicTerm:
        return term.symbol.type is SymbolType.Function
    return bool(
        term.ast_type is ASTType.Function and not term.arguments and not term.external
    )


def _filled(node: Tree) -> Iterator[tuple[Slot, Tree]]:
    """Yield each place of each atom within a piece of syntax, with what fills it."""
    for part in node.parts():
        if (
            part.ast_type is ASTType.SymbolicAtom
            and part.symbol.ast_type is ASTType.Function
        ):
            for position, argument in enumerate(part.symbol.arguments):
                yield (*signature(part), position), argument


def _is_variable(term: Tree) -> bool:
    return term.ast_type is ASTType.Variable and term.name != "_"


def _assigned(literal: Tree, known: dict[str, str]) -> None:
    """Add the kind of a variable that a premise assigns, ``X = End-Start``."""
    if is_atom(literal):
        return
    atom = literal.atom
    if atom.ast_type is ASTType.BodyAggregate:
        guard = atom.left_guard
        if guard and guard.term.ast_type is ASTType.Variable and atom.elements:
            terms = atom.elements[0].terms
            kind = kind_of(terms[0], known) if terms else None
            if kind and str(atom).find("#count") < 0:
                known.setdefault(guard.term.name, kind)
        return
    if (
        atom.ast_type is ASTType.Comparison
        and len(atom.guards) == 1
        and atom.guards[0].comparison == ComparisonOperator.Equal
    ):
        sides = (atom.term, atom.guards[0].term)
        for target, origin in (sides, sides[::-1]):
            kind = kind_of(origin, known)
            if target.ast_type is ASTType.Variable and kind:
                known.setdefault(target.name, kind)
