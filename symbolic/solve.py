"""Solving a rule base, and choosing one support for each conclusion."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import clingo
from clingo.ast import ProgramBuilder

from s3ns.symbolic.instrument import GIVEN, member_name, step_name, value_name
from s3ns.symbolic.rulebase import RuleBase

SYNTAX_LOCK = threading.RLock()
"""To be held while syntax trees are read: clingo counts references to them in a way
that threads disturb."""


class Step(NamedTuple):
    """One application of a rule.

    Attributes
    ----------
    rule
        Number of the rule in its rule base.
    head
        What it concludes.
    values
        Values of its variables, in the order of its shape.
    premises
        One term for each premise; see :mod:`s3ns.symbolic.instrument`.
    """

    rule: int
    head: clingo.Symbol
    values: tuple[clingo.Symbol, ...]
    premises: tuple[clingo.Symbol, ...]


class Member(NamedTuple):
    """One atom that an aggregate counted, and the terms it counted it as."""

    terms: clingo.Symbol
    atom: clingo.Symbol


class Replay:
    """The answer set, with the support chosen for each conclusion.

    A rule base is stratified, so the grounder alone decides every atom: there is
    nothing left to search. Symbols are compared and ordered in Python, which is slow;
    this is done only for what is asked for.

    Attributes
    ----------
    support
        The application chosen for each conclusion: among those of least rank, which
        cannot be circular, the one whose rule stands first.
    """

    def __init__(self, base: RuleBase, facts: Iterable[clingo.Symbol]) -> None:
        given = list(facts)
        with SYNTAX_LOCK:
            self._shapes = base.shapes
            self._control = _loaded(base)
        _ground(self._control, given)
        self._arities: dict[str, list[int]] = defaultdict(list)
        for name, arity, _ in self._control.symbolic_atoms.signatures:
            self._arities[name].append(arity)
        self._values: dict[tuple[int, int], dict[Values, clingo.Symbol]] = {}
        self._members: dict[tuple[int, int], dict[Values, list[Member]]] = {}
        self._positive = [
            [
                (place, condition.kind)
                for place, condition in enumerate(shape.conditions)
                if condition.kind in {"holds", "aggregate"}
            ]
            for shape in self._shapes
        ]
        self._applied = [
            Step(number.number, head, (), ())
            for number, head in map(_arguments, self._symbols(GIVEN))
        ]
        for number, shape in enumerate(self._shapes):
            if shape.conditions:
                self._applied += self._read(number)
        self.support = self._least(given)

    @cached_property
    def atoms(self) -> list[clingo.Symbol]:
        """The answer set, facts included, in a fixed order."""
        return [
            atom
            for name in sorted(self._arities)
            if not name.startswith("_")
            for atom in self.rows(name)
        ]

    @cached_property
    def steps(self) -> list[Step]:
        """Every application of every rule, in the order of the rules."""
        return sorted(self._applied, key=_step_key)

    def rows(self, name: str) -> list[clingo.Symbol]:
        """Return the atoms of a predicate in a fixed order."""
        return sorted(self._symbols(name), key=symbol_key)

    def value(self, step: Step, place: int) -> clingo.Symbol:
        """Return the value of the aggregate at a place of a rule."""
        signs = self._shapes[step.rule].conditions[place].signs
        if "=" in signs:
            return step.premises[place].arguments[signs.index("=")]
        key = (step.rule, place)
        if key not in self._values:
            rows = map(_arguments, self._symbols(value_name(*key)))
            self._values[key] = {tuple(values): value for *values, value in rows}
        return self._values[key][step.values]

    def members(self, step: Step, place: int) -> list[Member]:
        """Return what the aggregate at a place of a rule counted, in a fixed order."""
        key = (step.rule, place)
        if key not in self._members:
            found: dict[Values, list[Member]] = defaultdict(list)
            for row in self._symbols(member_name(*key)):
                *values, terms, atom = row.arguments
                found[tuple(values)].append(Member(terms, atom))
            for members in found.values():
                members.sort(key=_member_key)
            self._members[key] = dict(found)
        return self._members[key].get(step.values, [])

    def needs(self, step: Step) -> list[clingo.Symbol]:
        """Return the atoms that an application rests on, in the order of its rule."""
        return list(dict.fromkeys(self._needs(step)))

    def _needs(self, step: Step) -> list[clingo.Symbol]:
        """Return the same, some perhaps twice: to compare symbols takes its time."""
        needed: list[clingo.Symbol] = []
        for place, kind in self._positive[step.rule]:
            if kind == "holds":
                needed.append(step.premises[place])
            else:
                needed += [member.atom for member in self.members(step, place)]
        return needed

    def _symbols(self, name: str) -> list[clingo.Symbol]:
        atoms = self._control.symbolic_atoms
        return [
            item.symbol
            for arity in self._arities.get(name, ())
            for item in atoms.by_signature(name, arity)
        ]

    def _read(self, number: int) -> Iterable[Step]:
        first = 1 + len(self._shapes[number].variables)
        for symbol in self._symbols(step_name(number)):
            row = symbol.arguments
            yield Step(number, row[0], tuple(row[1:first]), tuple(row[first:]))

    def _least(self, given: Sequence[clingo.Symbol]) -> dict[clingo.Symbol, Step]:
        """Work upwards from the facts, rank by rank."""
        waiting: dict[clingo.Symbol, list[int]] = defaultdict(list)
        missing: list[int] = []
        ready: list[Step] = []
        for number, step in enumerate(self._applied):
            needed = self._needs(step)
            missing.append(len(needed))
            if not needed:
                ready.append(step)
            for atom in needed:
                waiting[atom].append(number)
        support: dict[clingo.Symbol, Step] = {}
        reached: Iterable[clingo.Symbol] = given
        while True:
            for atom in reached:
                for number in waiting.get(atom, ()):
                    missing[number] -= 1
                    if missing[number] == 0:
                        ready.append(self._applied[number])
            if not ready:
                return support
            new: dict[clingo.Symbol, Step] = {}
            for step in ready:
                if step.head in support:
                    continue
                other = new.setdefault(step.head, step)
                if other is not step and _stands_before(step, other):
                    new[step.head] = step
            support.update(new)
            reached, ready = new, []


Values = tuple[clingo.Symbol, ...]


def symbol_key(symbol: clingo.Symbol) -> tuple[Any, ...]:
    """Return a key that orders symbols alike on every machine, numbers by value."""
    kind = symbol.type
    if kind is clingo.SymbolType.Number:
        return (0, symbol.number)
    if kind is clingo.SymbolType.String:
        return (1, symbol.string)
    if kind is clingo.SymbolType.Function:
        arguments = symbol.arguments
        return (2, symbol.name, len(arguments), *map(symbol_key, arguments))
    return (3, str(symbol))


def _step_key(step: Step) -> tuple[Any, ...]:
    return (step.rule, *map(symbol_key, step.values), symbol_key(step.head))


def _stands_before(one: Step, other: Step) -> bool:
    """Order two steps to the same conclusion as their keys would."""
    if one.rule != other.rule:
        return one.rule < other.rule
    for mine, its in zip(one.values, other.values, strict=True):
        if mine != its:
            return symbol_key(mine) < symbol_key(its)
    return False


def _member_key(member: Member) -> tuple[Any, ...]:
    return (symbol_key(member.terms), symbol_key(member.atom))


def _arguments(symbol: clingo.Symbol) -> list[clingo.Symbol]:
    return symbol.arguments


def _loaded(base: RuleBase) -> clingo.Control:
    control = clingo.Control(["--warn=none"])
    with ProgramBuilder(control) as builder:
        for statement in base.replay_program:
            builder.add(statement)
    return control


def _ground(control: clingo.Control, facts: Iterable[clingo.Symbol]) -> None:
    with control.backend() as backend:
        for symbol in facts:
            backend.add_rule([backend.add_atom(symbol)])
    control.ground([("base", [])])
