"""Many answers of a ground program at once: one bit for each world.

A stratified program has one answer for each choice of its open facts. Every atom is
held as an integer whose bit *i* says whether it is true in world *i*; a rule is then an
*and* of such integers, several rules for one atom an *or*, and ``not`` a complement.
One pass from the facts upwards gives the answers of all worlds, without any search.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import clingo
import networkx as nx


class _Rule(NamedTuple):
    """A ground rule; with weights, its body holds if they sum to the bound or more."""

    body: tuple[int, ...]
    weights: tuple[int, ...] = ()
    bound: int = 0


class _Listener(clingo.Observer):
    def __init__(self) -> None:
        self.rules: dict[int, list[_Rule]] = defaultdict(list)

    def rule(self, choice: bool, head: Sequence[int], body: Sequence[int]) -> None:
        if not choice:  # an open fact is what each world says of it
            (atom,) = head
            self.rules[atom].append(_Rule(tuple(body)))

    def weight_rule(
        self,
        choice: bool,
        head: Sequence[int],
        lower_bound: int,
        body: Sequence[tuple[int, int]],
    ) -> None:
        (atom,) = head
        literals, weights = zip(*body, strict=True) if body else ((), ())
        self.rules[atom].append(_Rule(tuple(literals), tuple(weights), lower_bound))


class Ground:
    """A stratified program, ground once, its open facts in braces: ``{fact}.``."""

    def __init__(self, program: str) -> None:
        """Ground a program."""
        listener = _Listener()
        self._control = clingo.Control(["--warn=none"])
        # Nothing is solved: the solver need not hear of the rules.
        self._control.register_observer(listener, replace=True)
        self._control.add("base", [], program)
        self._control.ground([("base", [])])
        self._rules = dict(listener.rules)
        self._order = self._bottom_up()

    def atoms(self, name: str, arity: int, *, everywhere: bool) -> list[clingo.Symbol]:
        """Return the atoms of a predicate that hold in every world, or in some."""
        atoms = self._control.symbolic_atoms.by_signature(name, arity)
        return [item.symbol for item in atoms if item.is_fact is everywhere]

    def evaluated(
        self,
        opened: Mapping[clingo.Symbol, int],
        wanted: Iterable[clingo.Symbol],
        count: int,
    ) -> dict[clingo.Symbol, int]:
        """Return in which worlds atoms are true.

        Parameters
        ----------
        opened
            For each open fact, the worlds in which it holds.
        wanted
            Atoms of the program that hold in some worlds.
        count
            How many worlds there are.
        """
        everywhere = (1 << count) - 1
        symbols = self._control.symbolic_atoms
        found: dict[int, int] = defaultdict(int)
        for fact, worlds in opened.items():
            found[_known(symbols[fact]).literal] = worlds
        for atoms in self._order:
            changed = True
            while changed:  # once, where no atom rests on itself
                changed = False
                for atom in atoms:
                    worlds = found[atom]
                    for rule in self._rules[atom]:
                        worlds |= _applying(rule, found, everywhere)
                    changed = changed or (len(atoms) > 1 and worlds != found[atom])
                    found[atom] = worlds
        return {atom: found[_known(symbols[atom]).literal] for atom in wanted}

    def _bottom_up(self) -> list[list[int]]:
        """Return the atoms that rules conclude, each after those that it rests on.

        Atoms that rest on each other are together.
        """
        graph: nx.DiGraph[int] = nx.DiGraph()
        for atom, rules in self._rules.items():
            graph.add_node(atom)
            graph.add_edges_from(
                (abs(literal), atom)
                for rule in rules
                for literal in rule.body
                if abs(literal) in self._rules
            )
        whole = nx.condensation(graph)
        return [
            list(whole.nodes[number]["members"])
            for number in nx.topological_sort(whole)
        ]


def _applying(rule: _Rule, found: Mapping[int, int], everywhere: int) -> int:
    """Return the worlds in which the body of a rule holds."""
    if not rule.weights:
        worlds = everywhere
        for literal in rule.body:
            worlds &= found[literal] if literal > 0 else ~found[-literal]
            if not worlds:
                break
        return worlds
    places: list[int] = []  # the sums in binary, a number for each place
    for literal, weight in zip(rule.body, rule.weights, strict=True):
        holds = found[literal] if literal > 0 else everywhere & ~found[-literal]
        for place in range(weight.bit_length()):
            if weight >> place & 1:
                _add(places, place, holds)
    return _at_least(places, rule.bound, everywhere)


def _add(places: list[int], place: int, carry: int) -> None:
    while carry:
        places.extend([0] * (place + 1 - len(places)))
        places[place], carry = places[place] ^ carry, places[place] & carry
        place += 1


def _at_least(places: Sequence[int], bound: int, everywhere: int) -> int:
    """Return the worlds whose sums reach a bound."""
    above, even = 0, everywhere
    for place in reversed(range(max(len(places), bound.bit_length()))):
        digit = places[place] if place < len(places) else 0
        if bound >> place & 1:
            even &= digit
        else:
            above |= even & digit
            even &= ~digit
    return above | even


def _known(atom: clingo.SymbolicAtom | None) -> clingo.SymbolicAtom:
    if atom is None:
        raise AssertionError("atoms asked for are those of the program")
    return atom
