"""What the rules conclude of many Documents, where nobody asks how.

A :class:`~s3ns.symbolic.solve.Replay` lists every application of every rule, which is
what a proof needs. Learning and scoring ask for a few predicates of thousands of
events: the rules that these depend on are ground as they are, several times as quickly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import clingo
from clingo.ast import ProgramBuilder

from s3ns.facts import Document
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.solve import SYNTAX_LOCK, symbol_key
from s3ns.symbolic.worlds import Signature, premises_of, reached, signature_of

Conclusions = Mapping[str, tuple[clingo.Symbol, ...]]
"""Atoms by the name of their predicate, in a fixed order."""


class Conclusive:
    """Draws the conclusions of some predicates from Documents.

    Documents of the same findings are solved once.
    """

    def __init__(self, base: RuleBase, *wanted: Signature) -> None:
        """Take of a rule base what the predicates depend on."""
        below: dict[Signature, set[Signature]] = {}
        for shape in base.shapes:
            below.setdefault(signature_of(shape.head), set()).update(premises_of(shape))
        needed = {found for start in wanted for found in reached(start, below)}
        self._wanted = wanted
        self._program = [
            rule.syntax.origin
            for rule, shape in zip(base.rules, base.shapes, strict=True)
            if signature_of(shape.head) in needed
        ]
        self._known: dict[frozenset[clingo.Symbol], Conclusions] = {}

    def conclusions(self, document: Document) -> Conclusions:
        """Return what the rules conclude of a Document.

        Raises
        ------
        InputError
            If a time or measure is too large for the rules.
        """
        facts = frozenset(encode(document))
        if facts not in self._known:
            self._known[facts] = self._solved(facts)
        return self._known[facts]

    def _solved(self, facts: Iterable[clingo.Symbol]) -> Conclusions:
        control = clingo.Control(["--warn=none"])
        with SYNTAX_LOCK, ProgramBuilder(control) as builder:
            for statement in self._program:
                builder.add(statement)
        with control.backend() as backend:
            for symbol in facts:
                backend.add_rule([backend.add_atom(symbol)])
        # The program is stratified: the grounder alone decides every atom.
        control.ground([("base", [])])
        atoms = control.symbolic_atoms
        return {
            name: tuple(
                sorted(
                    (atom.symbol for atom in atoms.by_signature(name, arity)),
                    key=symbol_key,
                )
            )
            for name, arity in self._wanted
        }
