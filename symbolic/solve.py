"""Solving a rule base, and choosing one support for each conclusion."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import clingo
from clingo.ast import ProgramBuilder

from s3ns.symbolic.instrument import member_name, step_name, value_name
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
            self._arities = base.arities
            known = base.given
            self._control = _loaded(base)
        _ground(self._control, [*given, *(fact for _, fact in known)])
        self._values: dict[tuple[int, int], dict[Values, clingo.Symbol]] = {}
        self._members: dict[tuple[int, int], dict[Values, list[Member]]] = {}
        self._applied = [Step(number, fact, (), ()) for number, fact in known]
        for number, shape in enumerate(self._shapes):
            if shape.conditions:
                self._applied += self._read(number)
        self.support = self._least(given)

    @cached_property
    def atoms(self) -> list[clingo.Symbol]:
        """The answer set, facts included, in a fixed order."""
        return [atom for name in self._arities for atom in self.rows(name)]

    @cached_property
    def steps(self) -> list[Step]:
        """Every application of every rule, in the order of the rules."""
        return sorted(self._applied, key=_step_key)

    def rows(self, name: str) -> list[clingo.Symbol]:
        """Return the atoms of a predicate in a fixed order."""
        arities = self._arities.get(name, ())
        return in_order(self._symbols(name, *arities), symbol_key)

    def value(self, step: Step, place: int) -> clingo.Symbol:
        """Return the value of the aggregate at a place of a rule."""
        signs = self._shapes[step.rule].conditions[place].signs
        if "=" in signs:
            return step.premises[place].arguments[signs.index("=")]
        key = (step.rule, place)
        if key not in self._values:
            name, arity = value_name(*key), len(step.values) + 1
            rows = map(_arguments, self._symbols(name, arity))
            self._values[key] = {tuple(values): value for *values, value in rows}
        return self._values[key][step.values]

    def members(self, step: Step, place: int) -> list[Member]:
        """Return what the aggregate at a place of a rule counted, in a fixed order."""
        return in_order(self._counted(step, place), _member_key)

    def _counted(self, step: Step, place: int) -> list[Member]:
        """Return what an aggregate counted, in any order."""
        key = (step.rule, place)
        if key not in self._members:
            found: dict[Values, list[Member]] = defaultdict(list)
            for row in self._symbols(member_name(*key), len(step.values) + 2):
                *values, terms, atom = row.arguments
                found[tuple(values)].append(Member(terms, atom))
            self._members[key] = found
        return self._members[key].get(step.values, [])

    def _symbols(self, name: str, *arities: int) -> list[clingo.Symbol]:
        atoms = self._control.symbolic_atoms
        return [
            item.symbol for arity in arities for item in atoms.by_signature(name, arity)
        ]

    def _read(self, number: int) -> list[Step]:
        shape = self._shapes[number]
        first = 1 + len(shape.variables)
        symbols = self._symbols(step_name(number), first + len(shape.conditions))
        rows = map(tuple, map(_arguments, symbols))
        return [Step(number, row[0], row[1:first], row[first:]) for row in rows]

    def _least(self, given: Sequence[clingo.Symbol]) -> dict[clingo.Symbol, Step]:
        """Work upwards from the facts, rank by rank.

        Atoms go by number: to compare symbols takes its time.
        """
        numbers = {atom: number for number, atom in enumerate(given)}
        reached: Iterable[int] = list(numbers.values())
        heads: list[int] = []
        waiting: dict[int, list[int]] = defaultdict(list)
        missing: list[int] = []
        for place, step in enumerate(self._applied):
            heads.append(numbers.setdefault(step.head, len(numbers)))
            needed = self._needs(step)
            missing.append(len(needed))
            for atom in needed:
                waiting[numbers.setdefault(atom, len(numbers))].append(place)
        ready = [place for place, count in enumerate(missing) if not count]
        chosen: dict[int, int] = {}
        while True:
            for number in reached:
                for place in waiting.get(number, ()):
                    missing[place] -= 1
                    if missing[place] == 0:
                        ready.append(place)
            if not ready:
                steps = (self._applied[place] for place in chosen.values())
                return {step.head: step for step in steps}
            new: dict[int, int] = {}
            for place in ready:
                if heads[place] in chosen:
                    continue
                other = new.setdefault(heads[place], place)
                if other != place and _stands_before(
                    self._applied[place], self._applied[other]
                ):
                    new[heads[place]] = place
            chosen.update(new)
            reached, ready = new, []

    def _needs(self, step: Step) -> list[clingo.Symbol]:
        """Return the atoms that an application rests on, some perhaps twice."""
        needed: list[clingo.Symbol] = []
        for place, kind in self._shapes[step.rule].positive:
            if kind == "holds":
                needed.append(step.premises[place])
            else:
                needed += [member.atom for member in self._counted(step, place)]
        return needed


Values = tuple[clingo.Symbol, ...]
T = TypeVar("T")


def in_order(items: list[T], key: Callable[[T], Any]) -> list[T]:
    """Sort items; most lists are of one, for which a key would be made in vain."""
    return sorted(items, key=key) if len(items) > 1 else items


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
