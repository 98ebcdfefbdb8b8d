"""Solving and replaying a rule base, and choosing one support for each conclusion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import clingo
from clingo.ast import AST, ProgramBuilder

from s3ns.symbolic.instrument import MEMBER, STEP, VALUE
from s3ns.symbolic.rulebase import RuleBase


class Step(NamedTuple):
    """One application of a rule.

    Attributes
    ----------
    rule
        Number of the rule in its rule base.
    head
        What it concludes.
    values
        Values of its variables, in the order of the replay program.
    premises
        One term for each premise; see :mod:`s3ns.symbolic.instrument`.
    """

    rule: int
    head: clingo.Symbol
    values: clingo.Symbol
    premises: tuple[clingo.Symbol, ...]


class Member(NamedTuple):
    """One atom that an aggregate counted, and the terms it counted it as."""

    terms: clingo.Symbol
    atom: clingo.Symbol


class Replay:
    """An answer set with the support chosen for each conclusion.

    Attributes
    ----------
    atoms
        The answer set, facts included, in a fixed order.
    steps
        Every application of every rule, in the order of the rules.
    support
        The application chosen for each conclusion: among those of least rank, which
        cannot be circular, the one whose rule stands first.
    """

    def __init__(self, base: RuleBase, facts: Iterable[clingo.Symbol]) -> None:
        given = sorted(facts, key=symbol_key)
        self.atoms = _answer_set(base, given)
        control = clingo.Control(["--warn=none"])
        _add(control, base.replay_program, self.atoms)
        self._values: dict[tuple[int, clingo.Symbol, int], clingo.Symbol] = {}
        self._members: dict[tuple[int, clingo.Symbol, int], list[Member]] = defaultdict(
            list
        )
        for number, values, place, value in _rows(control, VALUE, 4):
            self._values[number.number, values, place.number] = value
        for number, values, place, terms, atom in _rows(control, MEMBER, 5):
            member = Member(terms, atom)
            self._members[number.number, values, place.number].append(member)
        for members in self._members.values():
            members.sort(
                key=lambda item: (symbol_key(item.terms), symbol_key(item.atom))
            )
        self.steps = sorted(
            (
                Step(number.number, head, values, tuple(premises.arguments))
                for number, head, values, premises in _rows(control, STEP, 4)
            ),
            key=lambda step: (
                step.rule,
                symbol_key(step.values),
                symbol_key(step.head),
            ),
        )
        self._shapes = base.shapes
        self.support = self._least(given)

    def value(self, step: Step, place: int) -> clingo.Symbol:
        """Return the value of the aggregate at a place of a rule."""
        return self._values[step.rule, step.values, place]

    def members(self, step: Step, place: int) -> list[Member]:
        """Return what the aggregate at a place of a rule counted."""
        return self._members.get((step.rule, step.values, place), [])

    def needs(self, step: Step) -> list[clingo.Symbol]:
        """Return the atoms that an application rests on, in the order of its rule."""
        needed: dict[clingo.Symbol, None] = {}
        for place, condition in enumerate(self._shapes[step.rule].conditions):
            if condition.kind == "holds":
                needed[step.premises[place]] = None
            elif condition.kind == "aggregate":
                for member in self.members(step, place):
                    needed[member.atom] = None
        return list(needed)

    def _least(self, given: list[clingo.Symbol]) -> dict[clingo.Symbol, Step]:
        """Work upwards from the facts, rank by rank."""
        steps = self.steps
        missing = [len(self.needs(step)) for step in steps]
        waiting: dict[clingo.Symbol, list[int]] = defaultdict(list)
        for number, step in enumerate(steps):
            for atom in self.needs(step):
                waiting[atom].append(number)
        support: dict[clingo.Symbol, Step] = {}
        known = set(given)
        ready = [number for number, count in enumerate(missing) if count == 0]
        reached = list(given)
        while ready or reached:
            for atom in reached:
                for number in waiting[atom]:
                    missing[number] -= 1
                    if missing[number] == 0:
                        ready.append(number)
            reached = []
            for number in sorted(ready):
                head = steps[number].head
                if head not in known:
                    known.add(head)
                    support[head] = steps[number]
                    reached.append(head)
            ready = []
        return support


def symbol_key(symbol: clingo.Symbol) -> tuple[Any, ...]:
    """Return a key that orders symbols alike on every machine, numbers by value."""
    if symbol.type is clingo.SymbolType.Number:
        return (0, symbol.number)
    if symbol.type is clingo.SymbolType.String:
        return (1, symbol.string)
    if symbol.type is clingo.SymbolType.Function:
        arguments = symbol.arguments
        return (2, symbol.name, len(arguments), *map(symbol_key, arguments))
    return (3, str(symbol))


def _answer_set(base: RuleBase, given: list[clingo.Symbol]) -> list[clingo.Symbol]:
    control = clingo.Control(["--warn=none"])
    _add(control, [rule.syntax for rule in base.rules], given)
    with control.solve(yield_=True) as handle:
        model = handle.model()
        if model is None:  # the checks of the rule base rule this out
            raise AssertionError("a stratified program has an answer set")
        return sorted(model.symbols(atoms=True), key=symbol_key)


def _add(
    control: clingo.Control, program: Iterable[AST], facts: Iterable[clingo.Symbol]
) -> None:
    with ProgramBuilder(control) as builder:
        for statement in program:
            builder.add(statement)
    with control.backend() as backend:
        for symbol in facts:
            backend.add_rule([backend.add_atom(symbol)])
    control.ground([("base", [])])


def _rows(
    control: clingo.Control, name: str, arity: int
) -> list[tuple[clingo.Symbol, ...]]:
    return [
        tuple(item.symbol.arguments)
        for item in control.symbolic_atoms.by_signature(name, arity)
    ]
