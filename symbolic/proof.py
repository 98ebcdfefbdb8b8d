"""The proof: from the applications of rules to sentences, shared parts once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import clingo

from s3ns.facts import Node, Premise, Proof, RuleReference
from s3ns.symbolic.denials import Denials
from s3ns.symbolic.encoding import Leaf
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.solve import SYNTAX_LOCK, Replay, Step
from s3ns.symbolic.wording import worded


class _Basis(NamedTuple):
    """An application of a rule, with the atoms that each of its premises shows."""

    step: Step
    shown: list[list[clingo.Symbol]]


class ProofBuilder:
    """Builds nodes for conclusions and everything that they rest on."""

    def __init__(
        self, base: RuleBase, facts: Mapping[clingo.Symbol, Leaf], replay: Replay
    ) -> None:
        self._base = base
        with SYNTAX_LOCK:
            self._relevance = base.relevance
        self._facts = facts
        self._replay = replay
        self._nodes: dict[clingo.Symbol, Node] = {}
        self._cited: dict[str, RuleReference] = {}
        self._denials = Denials(base)
        self._judged = [
            (fact.arguments[0].name, fact)
            for fact in (*replay.rows("absent"), *replay.rows("unassessable"))
        ]

    def node(self, atom: clingo.Symbol) -> Node:
        """Return the node of an atom of the answer set, made with all it rests on."""
        # A stack in place of recursion: chains of conclusions have no longest length.
        stack: list[tuple[clingo.Symbol, _Basis | None]] = [(atom, None)]
        while stack:
            current, basis = stack.pop()
            if current in self._nodes:
                continue
            if basis is None and (step := self._replay.support.get(current)):
                basis = self._basis(step)
                if below := self._below(basis):
                    stack.append((current, basis))
                    stack += [(needed, None) for needed in reversed(below)]
                    continue
            self._nodes[current] = self._made(current, basis)
        return self._nodes[atom]

    def proof(self, root: Node) -> Proof:
        """Return the proof that holds all nodes made so far."""
        nodes = tuple(self._nodes.values())
        return Proof(root.id, nodes, tuple(self._cited[i] for i in sorted(self._cited)))

    def rule(self, node: Node) -> RuleReference | None:
        """Return the rule that a node made here rests on."""
        return self._cited.get(node.rule)

    def _basis(self, step: Step) -> _Basis:
        shown: list[list[clingo.Symbol]] = []
        conditions = self._base.shapes[step.rule].conditions
        for place, (condition, came) in enumerate(
            zip(conditions, step.premises, strict=True)
        ):
            if condition.kind == "holds":
                shown.append([came])
            elif condition.kind == "not":
                shown.append(self._looked_for(came))
            elif condition.kind == "aggregate":
                members = self._replay.members(step, place)
                shown.append([member.atom for member in members])
            else:
                shown.append([])
        return _Basis(step, shown)

    def _below(self, basis: _Basis) -> list[clingo.Symbol]:
        """Return the atoms that come before: what holds, then what was looked for."""
        conditions = self._base.shapes[basis.step.rule].conditions
        last: list[clingo.Symbol] = []
        first: list[clingo.Symbol] = []
        for condition, atoms in zip(conditions, basis.shown, strict=True):
            (last if condition.kind == "not" else first).extend(atoms)
        return [atom for atom in first + last if atom not in self._nodes]

    def _made(self, atom: clingo.Symbol, basis: _Basis | None) -> Node:
        name = f"n{len(self._nodes) + 1}"
        if basis is None:
            leaf = self._facts[atom]
            return Node(id=name, kind=leaf.kind, text=leaf.text, atom=str(atom))
        step = basis.step
        rule, shape = self._base.rules[step.rule], self._base.shapes[step.rule]
        kind: Literal["conclusion", "given"] = (
            "conclusion" if shape.conditions else "given"
        )
        values = zip(shape.variables, step.values, strict=True)
        self._cited.setdefault(rule.label.id, rule.reference)
        return Node(
            id=name,
            kind=kind,
            text=self._worded(rule.label.says, dict(values)),
            atom=str(atom),
            rule=rule.label.id,
            premises=tuple(
                self._premise(step, place, atoms)
                for place, atoms in enumerate(basis.shown)
            ),
        )

    def _premise(self, step: Step, place: int, shown: list[clingo.Symbol]) -> Premise:
        condition = self._base.shapes[step.rule].conditions[place]
        came = step.premises[place]
        if condition.kind == "holds":
            node = self._nodes[came]
            return Premise(kind="holds", text=node.text, nodes=(node.id,))
        if condition.kind == "not":
            return Premise(kind="not", text=self._denial(came), nodes=self._ids(shown))
        if condition.kind == "comparison":
            return Premise(kind="comparison", text=condition.comparison(came))
        return Premise(
            kind="aggregate",
            text=condition.aggregate(self._replay.value(step, place), came),
            # The heaviest first: what decided the sum is what a reader looks for.
            nodes=self._ids(shown[::-1]),
        )

    def _worded(self, sentence: str, values: Mapping[str, clingo.Symbol]) -> str:
        return worded(sentence, values, self._base.titles)

    def _ids(self, atoms: list[clingo.Symbol]) -> tuple[str, ...]:
        return tuple(self._nodes[atom].id for atom in dict.fromkeys(atoms))

    def _denial(self, atom: clingo.Symbol) -> str:
        # No rule could conclude it of these arguments: there is nothing it would say.
        said = self._denials.said(atom.name, atom.arguments)
        return said or f"{atom} was not concluded"

    def _looked_for(self, atom: clingo.Symbol) -> list[clingo.Symbol]:
        """Return what was looked for and not seen, or not assessable, behind a denial.

        A conclusion may be missing because its signs were not there, or because nobody
        could tell; a reader must see which.
        """
        signs = self._relevance.signs(atom)
        return [fact for sign, fact in self._judged if sign in signs]
