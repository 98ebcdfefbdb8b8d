"""The proof: from the applications of rules to sentences, shared parts once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import clingo
from clingo.ast import AST, AggregateFunction, ASTType, ComparisonOperator

from s3ns.facts import Node, Premise, Proof, clock
from s3ns.symbolic.encoding import Leaf
from s3ns.symbolic.instrument import ANY, step_variables
from s3ns.symbolic.kinds import kind_of
from s3ns.symbolic.rulebase import Rule, RuleBase
from s3ns.symbolic.solve import Replay, Step
from s3ns.symbolic.syntax import is_atom, is_negated, signature
from s3ns.symbolic.wording import capitalised, worded

_SIGNS = {
    ComparisonOperator.Equal: "=",
    ComparisonOperator.NotEqual: "!=",
    ComparisonOperator.LessThan: "<",
    ComparisonOperator.LessEqual: "<=",
    ComparisonOperator.GreaterThan: ">",
    ComparisonOperator.GreaterEqual: ">=",
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_WORDS = {
    "=": "",
    "!=": "other than",
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
}
_FUNCTIONS = {
    AggregateFunction.Count: "number",
    AggregateFunction.Sum: "total",
    AggregateFunction.SumPlus: "total",
    AggregateFunction.Min: "least",
    AggregateFunction.Max: "greatest",
}


class ProofBuilder:
    """Builds nodes for conclusions and everything that they rest on."""

    def __init__(
        self, base: RuleBase, facts: Mapping[clingo.Symbol, Leaf], replay: Replay
    ) -> None:
        self._base = base
        self._facts = facts
        self._replay = replay
        self._nodes: dict[clingo.Symbol, Node] = {}
        self._names = [step_variables(rule.syntax) for rule in base.rules]

    def node(self, atom: clingo.Symbol) -> Node:
        """Return the node of an atom of the answer set, made with all it rests on."""
        # A stack in place of recursion: chains of conclusions have no longest length.
        stack = [atom]
        while stack:
            current = stack[-1]
            if current in self._nodes:
                stack.pop()
                continue
            missing = [
                below for below in self._below(current) if below not in self._nodes
            ]
            if missing:
                stack += reversed(missing)
                continue
            self._nodes[current] = self._made(current)
            stack.pop()
        return self._nodes[atom]

    def proof(self, root: Node) -> Proof:
        """Return the proof that holds all nodes made so far."""
        return Proof(root.id, tuple(self._nodes.values()))

    def _below(self, atom: clingo.Symbol) -> list[clingo.Symbol]:
        step = self._replay.support.get(atom)
        if step is None:
            return []
        below = self._replay.needs(step)
        for place, literal in enumerate(self._rule(step).syntax.body):
            if is_atom(literal) and is_negated(literal):
                below += self._looked_for(step.premises[place])
        return below

    def _made(self, atom: clingo.Symbol) -> Node:
        name = f"n{len(self._nodes) + 1}"
        step = self._replay.support.get(atom)
        if step is None:
            leaf = self._facts[atom]
            return Node(id=name, kind=leaf.kind, text=leaf.text, atom=str(atom))
        rule = self._rule(step)
        kind: Literal["conclusion", "given"] = (
            "conclusion" if rule.syntax.body else "given"
        )
        return Node(
            id=name,
            kind=kind,
            text=worded(rule.label.says, self._values(step)),
            atom=str(atom),
            rule=rule.reference,
            premises=tuple(
                self._premise(step, place, literal)
                for place, literal in enumerate(rule.syntax.body)
            ),
        )

    def _rule(self, step: Step) -> Rule:
        return self._base.rules[step.rule]

    def _values(self, step: Step) -> dict[str, clingo.Symbol]:
        names = self._names[step.rule]
        return dict(zip(names, step.values.arguments, strict=True))

    def _premise(self, step: Step, place: int, literal: AST) -> Premise:
        came = step.premises[place]
        if is_atom(literal) and not is_negated(literal):
            node = self._nodes[came]
            return Premise(kind="holds", text=node.text, nodes=(node.id,))
        if is_atom(literal):
            nodes = (self._nodes[atom].id for atom in self._looked_for(came))
            return Premise(kind="not", text=self._denial(came), nodes=tuple(nodes))
        if literal.atom.ast_type is ASTType.Comparison:
            return Premise(kind="comparison", text=self._comparison(step, place))
        members = (member.atom for member in self._replay.members(step, place))
        return Premise(
            kind="aggregate",
            text=self._aggregate(step, place, literal.atom),
            nodes=tuple(self._nodes[atom].id for atom in dict.fromkeys(members)),
        )

    def _denial(self, atom: clingo.Symbol) -> str:
        """Word that something was not concluded, as the rules for it say."""
        sentences = []
        for rule in self._base.rules:
            values = _matched(rule, atom)
            if rule.label.denied and values is not None:
                sentences.append(worded(rule.label.denied, values))
        if not sentences:  # no rule could conclude it of these arguments
            sentences = [f"{atom} was not concluded"]
        return "; ".join(dict.fromkeys(sentences))

    def _looked_for(self, atom: clingo.Symbol) -> list[clingo.Symbol]:
        """Return what was looked for and not seen, or not assessable, behind a denial.

        A conclusion may be missing because its signs were not there, or because nobody
        could tell; a reader must see which.
        """
        signs = self._base.signs_behind((atom.name, len(atom.arguments)))
        return [
            fact
            for fact in self._replay.atoms
            if fact.name in {"absent", "unassessable"}
            and fact.arguments[0].name in signs
        ]

    def _comparison(self, step: Step, place: int) -> str:
        comparison = self._rule(step).syntax.body[place].atom
        kinds = self._base.variable_kinds[step.rule]
        terms = [comparison.term, *(guard.term for guard in comparison.guards)]
        known = [kind_of(term, kinds) for term in terms]
        unit = next((kind for kind in known if kind in {"time", "duration"}), None)
        written, came = [_bare(terms[0])], [_shown(step.premises[place], 0, unit)]
        for position, guard in enumerate(comparison.guards, start=1):
            sign = _SIGNS[ComparisonOperator(guard.comparison)]
            written += [sign, _bare(guard.term)]
            came += [sign, _shown(step.premises[place], position, unit)]
        return f"{' '.join(written)}: {' '.join(came)}"

    def _aggregate(self, step: Step, place: int, aggregate: AST) -> str:
        kinds = self._base.variable_kinds[step.rule]
        first = aggregate.elements[0].terms if aggregate.elements else ()
        unit = kind_of(first[0], kinds) if first else None
        function = AggregateFunction(aggregate.function)
        if function is AggregateFunction.Count:
            unit = None
        value = _quantity(self._replay.value(step, place), unit)
        words = [f"{_FUNCTIONS[function]} {value}"]
        bounds = list(step.premises[place].arguments)
        for side, guard in enumerate((aggregate.left_guard, aggregate.right_guard)):
            if guard is None:
                continue
            sign = _SIGNS[ComparisonOperator(guard.comparison)]
            if side == 0:
                sign = _MIRRORED.get(sign, sign)
            bound = _quantity(bounds.pop(0), unit)
            if sign != "=":
                words.append(f"{_WORDS[sign]} {bound}")
        return capitalised(", ".join(words))


def _matched(rule: Rule, atom: clingo.Symbol) -> dict[str, clingo.Symbol] | None:
    """Return the variables of a conclusion that would be this atom, if it could be."""
    head = rule.syntax.head.atom
    if signature(head) != (atom.name, len(atom.arguments)):
        return None
    values: dict[str, clingo.Symbol] = {}
    for term, came in zip(head.symbol.arguments, atom.arguments, strict=True):
        if term.ast_type is ASTType.Variable:
            if values.setdefault(term.name, came) != came:
                return None
        elif term.ast_type is ASTType.SymbolicTerm and came not in {term.symbol, ANY}:
            return None
    return values


def _bare(term: AST) -> str:
    text = str(term)
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def _shown(values: clingo.Symbol, position: int, unit: str | None) -> str:
    return _quantity(values.arguments[position], unit)


def _quantity(value: clingo.Symbol, unit: str | None) -> str:
    if value.type is clingo.SymbolType.Number:
        if unit == "time":
            return clock(value.number / 10)
        if unit == "duration":
            return f"{value.number / 10:.1f} s"
    return str(value)
