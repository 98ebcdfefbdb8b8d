"""Many answers out of one grounding: the verdict for any choice of the findings.

The rules are split in two where evidence begins. What leads up to ``supports/3`` is
ground once, with every fact that may or may not hold as a choice, and solved for each
world under assumptions. What follows from the evidence sums it; ground once for all
worlds it would list every sum that any of them can have, so it is ground for each set
of evidence, of which there are few. The answer is that of the whole program, because
no rule of the first part uses what the second concludes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import clingo

from s3ns.facts import Label, RuleError
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.shapes import Pattern, Shape

Signature = tuple[str, int]

EVIDENCE: Signature = ("supports", 3)
VERDICT: Signature = ("verdict", 1)

VERDICT_WORDS = {
    Label.EPILEPTIC_SEIZURE: "epileptic seizure",
    Label.NON_EPILEPTIC_EVENT: "non-epileptic event",
    Label.NO_EVENT: "no event",
    Label.INDETERMINATE: "indeterminate",
}
"""The verdicts within a sentence."""


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
    for rule, shape in zip(base.rules, base.shapes, strict=True):
        head = signature_of(shape.head)
        if head in needed:
            texts[head in upper].append(str(rule.syntax))
        if head in upper:
            border |= premises_of(shape) - upper
    return Parts(
        "\n".join(texts[0]), "\n".join(texts[1]), tuple(sorted(border or {VERDICT}))
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
        # As text: a choice that the backend makes before the rules are ground is lost
        # on rules with assigned aggregates.
        program = [self._parts.below, *(f"{atom}." for atom in fixed)]
        for atom, others in optional.items():
            program.append(f"{{{atom}}}.")
            program += [f"{other} :- {atom}." for other in others]
        program.append("#show.")
        program += [f"#show {name}/{arity}." for name, arity in self._parts.border]
        self._control = clingo.Control(["--warn=none"])
        self._control.add("base", [], "\n".join(program))
        self._control.ground([("base", [])])
        atoms = self._control.symbolic_atoms
        self._literals = {atom: _literal(atoms[atom]) for atom in optional}
        self._worlds: dict[frozenset[clingo.Symbol], Label] = {}
        self._verdicts: dict[frozenset[clingo.Symbol], Label] = {}

    def verdict(self, present: Collection[clingo.Symbol]) -> Label:
        """Return the verdict where of the optional facts these hold."""
        key = frozenset(present)
        if key not in self._worlds:
            self._worlds[key] = self._found(key)
        return self._worlds[key]

    def _found(self, present: frozenset[clingo.Symbol]) -> Label:
        assumed = [
            literal if atom in present else -literal
            for atom, literal in self._literals.items()
        ]
        with self._control.solve(assumptions=assumed, yield_=True) as handle:
            model = handle.model()
            if model is None:  # the checks of the rule base rule this out
                raise AssertionError("a stratified program has an answer set")
            shown = frozenset(model.symbols(shown=True))
        if shown not in self._verdicts:
            self._verdicts[shown] = self._decided(shown)
        return self._verdicts[shown]

    def _decided(self, evidence: frozenset[clingo.Symbol]) -> Label:
        verdicts = list(evidence)
        if self._parts.above:
            control = clingo.Control(["--warn=none"])
            control.add("base", [], self._parts.above)
            with control.backend() as backend:
                for atom in evidence:
                    backend.add_rule([backend.add_atom(atom)])
            control.ground([("base", [])])
            atoms = control.symbolic_atoms.by_signature(*VERDICT)
            verdicts = [atom.symbol for atom in atoms if atom.is_fact]
        return the_verdict(verdicts)


def _literal(atom: clingo.SymbolicAtom | None) -> int:
    if atom is None:
        raise AssertionError("every optional fact was added to the program")
    return atom.literal


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
