"""The proof: from the applications of rules to sentences, shared parts once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import clingo

from s3ns.facts import Node, Premise, Proof, RuleReference
from s3ns.symbolic.denials import Denials
from s3ns.symbolic.encoding import Leaf
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.solve import SYNTAX_LOCK, Replay, Step
from s3ns.symbolic.wording import worded


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
            *replay.rows("absent"),
            *replay.rows("unassessable"),
        ]

    def node(self, atom: clingo.Symbol) -> Node:
        """Return the node of an atom of the answer set, made with all it rests on."""
        # A stack in place of recursion: chains of conclusions have no longest length.
        stack = [atom]
        while stack:
            current = stack[-1]
            if current in self._nodes:
                stack.pop()
                continue
            below = [atom for atom in self._below(current) if atom not in self._nodes]
            if below:
                stack += reversed(below)
                continue
            self._nodes[current] = self._made(current)
            stack.pop()
        return self._nodes[atom]

    def proof(self, root: Node) -> Proof:
        """Return the proof that holds all nodes made so far."""
        nodes = tuple(self._nodes.values())
        return Proof(root.id, nodes, tuple(self._cited[i] for i in sorted(self._cited)))

    def rule(self, node: Node) -> RuleReference | None:
        """Return the rule that a node made here rests on."""
        return self._cited.get(node.rule)

    def _below(self, atom: clingo.Symbol) -> list[clingo.Symbol]:
        step = self._replay.support.get(atom)
        if step is None:
            return []
        below = self._replay.needs(step)
        conditions = self._base.shapes[step.rule].conditions
        for condition, came in zip(conditions, step.premises, strict=True):
            if condition.kind == "not":
                below += self._looked_for(came)
        return below

    def _made(self, atom: clingo.Symbol) -> Node:
        name = f"n{len(self._nodes) + 1}"
        step = self._replay.support.get(atom)
        if step is None:
            leaf = self._facts[atom]
            return Node(id=name, kind=leaf.kind, text=leaf.text, atom=str(atom))
        rule, shape = self._base.rules[step.rule], self._base.shapes[step.rule]
        kind: Literal["conclusion", "given"] = (
            "conclusion" if shape.conditions else "given"
        )
        values = zip(shape.variables, step.values, strict=True)
        if rule.label.id not in self._cited:
            self._cited[rule.label.id] = rule.reference
        return Node(
            id=name,
            kind=kind,
            text=self._worded(rule.label.says, dict(values)),
            atom=str(atom),
            rule=rule.label.id,
            premises=tuple(
                self._premise(step, place) for place in range(len(shape.conditions))
            ),
        )

    def _premise(self, step: Step, place: int) -> Premise:
        condition = self._base.shapes[step.rule].conditions[place]
        came = step.premises[place]
        if condition.kind == "holds":
            node = self._nodes[came]
            return Premise(kind="holds", text=node.text, nodes=(node.id,))
        if condition.kind == "not":
            return Premise(
                kind="not",
                text=self._denial(came),
                nodes=self._ids(self._looked_for(came)),
            )
        if condition.kind == "comparison":
            return Premise(kind="comparison", text=condition.comparison(came))
        return Premise(
            kind="aggregate",
            text=condition.aggregate(self._replay.value(step, place), came),
            nodes=self._ids(
                # The heaviest first: what decided the sum is what a reader looks for.
                [member.atom for member in self._replay.members(step, place)[::-1]]
            ),
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
        return [fact for fact in self._judged if fact.arguments[0].name in signs]
