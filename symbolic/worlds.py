"""Many answers out of one grounding: the verdict for any choice of the findings.

The rules are split in two where evidence begins. What leads up to ``supports/3`` is
ground once, with every fact that may or may not hold left open, and evaluated for all
worlds at once (:mod:`s3ns.symbolic.ground`). What follows from the evidence sums it;
ground once for all worlds it would list every sum that any of them can have, so it is
ground for each set of evidence, of which there are few. The answer is that of the whole
program, because no rule of the first part uses what the second concludes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import clingo

from s3ns.facts import Label, RuleError
from s3ns.symbolic.ground import Ground
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.shapes import Pattern, Shape

Signature = tuple[str, int]

EVIDENCE: Signature = ("supports", 3)
VERDICT: Signature = ("verdict", 1)


class Parts(NamedTuple):
    """The rules that decide the verdict, as two programs.

    Attributes
    ----------
    below
        What leads up to the evidence; all rules, where none weighs evidence.
    above
        What follows from it.
    border
        What the second uses of the first; the verdict, where there is no second.
    """

    below: str
    above: str
    border: tuple[Signature, ...]


@lru_cache(maxsize=4)
def parts_of(base: RuleBase) -> Parts:
    """Return the rules that decide the verdict, kept for the last rule bases used."""
    below: dict[Signature, set[Signature]] = {}
    above: dict[Signature, set[Signature]] = {}
    for shape in base.shapes:
        head = signature_of(shape.head)
        for premise in premises_of(shape):
            below.setdefault(head, set()).add(premise)
            above.setdefault(premise, set()).add(head)
    needed = reached(VERDICT, below)
    upper = (reached(EVIDENCE, above) - {EVIDENCE}) & needed
    if EVIDENCE not in needed or not upper.isdisjoint(reached(EVIDENCE, below)):
        upper = set()  # evidence that rests on what follows from it cannot be split off
    texts: tuple[list[str], list[str]] = ([], [])
    border: set[Signature] = set()
    for rule, shape, written in zip(
        base.rules, base.shapes, base.solver_texts, strict=True
    ):
        head = signature_of(shape.head)
        premises = premises_of(shape)
        if head not in needed:
            continue
        if head not in upper:
            texts[0].append(written)
        elif premises and premises.isdisjoint(upper | {EVIDENCE}):
            # It weighs no evidence: only what it concludes crosses the border, not the
            # findings it rests on, of which there are as many sets as worlds.
            first = str(rule.syntax.head)
            texts[0].append(f"_{first}{written.removeprefix(first)}")
            name, arity = head
            places = ",".join(f"V{place}" for place in range(arity))
            atom = f"{name}({places})" if places else name
            texts[1].append(f"{atom} :- _{atom}.")
            border.add((f"_{name}", arity))
        else:
            texts[1].append(written)
            border |= premises - upper
    return Parts(
        "\n".join(texts[0]),
        "\n".join(dict.fromkeys(texts[1])),
        tuple(sorted(border or {VERDICT})),
    )


class Worlds:
    """The verdict for each choice of the facts that may or may not hold."""

    def __init__(
        self,
        base: RuleBase,
        fixed: Iterable[clingo.Symbol],
        optional: Mapping[clingo.Symbol, Sequence[clingo.Symbol]],
    ) -> None:
        """Ground the rules.

        Parameters
        ----------
        base
            The rules.
        fixed
            Facts that hold in every world.
        optional
            Facts that may hold, each with those that come with it.
        """
        self._parts = parts_of(base)
        self._optional = tuple(optional)
        # As text: a choice that the backend makes before the rules are ground is lost
        # on rules with assigned aggregates.
        program = [self._parts.below, *(f"{atom}." for atom in fixed)]
        for atom, others in optional.items():
            program.append(f"{{{atom}}}.")
            program += [f"{other} :- {atom}." for other in others]
        self._ground = Ground("\n".join(program))
        self._fixed, self._border = (
            [
                atom
                for name in self._parts.border
                for atom in self._ground.atoms(*name, everywhere=everywhere)
            ]
            for everywhere in (True, False)
        )
        self._verdicts: dict[frozenset[clingo.Symbol], Label] = {}

    def verdict(self, present: Collection[clingo.Symbol]) -> Label:
        """Return the verdict where of the optional facts these hold."""
        return self.verdicts([present])[0]

    def verdicts(self, worlds: Iterable[Collection[clingo.Symbol]]) -> list[Label]:
        """Return the verdicts of worlds, each given by the optional facts that hold."""
        opened: dict[clingo.Symbol, int] = {}
        count = 0
        for present in worlds:
            for atom in present:
                opened[atom] = opened.get(atom, 0) | 1 << count
            count += 1
        labels = self.labels(opened, count).items()
        return [
            next(label for label, where in labels if where >> number & 1)
            for number in range(count)
        ]

    def labels(
        self, opened: Mapping[clingo.Symbol, int], count: int
    ) -> dict[Label, int]:
        """Return in which worlds each verdict is the one.

        Parameters
        ----------
        opened
            For optional facts, the worlds in which they hold, a bit for each; the
            others hold in none.
        count
            How many worlds there are.
        """
        everything = dict.fromkeys(self._optional, 0) | dict(opened)
        holds = self._ground.evaluated(everything, self._border, count)
        # Worlds with the same evidence, with the evidence they share.
        alike: list[tuple[int, list[clingo.Symbol]]] = [((1 << count) - 1, [])]
        for atom, where in holds.items():
            parted = []
            for group, evidence in alike:
                if inside := group & where:
                    parted.append((inside, [*evidence, atom]))
                if outside := group & ~where:
                    parted.append((outside, evidence))
            alike = parted
        found: dict[Label, int] = {}
        for group, evidence in alike:
            shown = frozenset(evidence)
            if shown not in self._verdicts:
                self._verdicts[shown] = self._decided(shown)
            label = self._verdicts[shown]
            found[label] = found.get(label, 0) | group
        return found

    def _decided(self, evidence: frozenset[clingo.Symbol]) -> Label:
        verdicts = [*self._fixed, *evidence]
        if self._parts.above:
            control = clingo.Control(["--warn=none"])
            control.add("base", [], self._parts.above)
            with control.backend() as backend:
                for atom in verdicts:
                    backend.add_rule([backend.add_atom(atom)])
            control.ground([("base", [])])
            atoms = control.symbolic_atoms.by_signature(*VERDICT)
            verdicts = [atom.symbol for atom in atoms if atom.is_fact]
        return the_verdict(verdicts)


def the_verdict(atoms: Iterable[clingo.Symbol]) -> Label:
    """Return the one verdict among conclusions.

    Raises
    ------
    RuleError
        If there is none or more than one, or it is an unknown word.
    """
    words = [str(atom.arguments[0]) for atom in atoms]
    if len(words) != 1 or words[0] not in list(Label):
        raise RuleError(
            f"the rules must conclude one verdict out of {', '.join(Label)}, "
            f"got {', '.join(sorted(words)) or 'none'}"
        )
    return Label(words[0])


def signature_of(pattern: Pattern) -> Signature:
    """Return name and number of arguments of a pattern."""
    return pattern.name, len(pattern.arguments)


def premises_of(shape: Shape) -> set[Signature]:
    """Return what the conclusion of a rule depends on."""
    return {signature_of(atom) for one in shape.conditions for atom in one.atoms}


def reached(
    start: Signature, graph: Mapping[Signature, Iterable[Signature]]
) -> set[Signature]:
    """Return all that a way leads to from a start, itself included."""
    found, waiting = {start}, [start]
    while waiting:
        new = set(graph.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found
