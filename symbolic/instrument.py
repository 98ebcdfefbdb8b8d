"""The replay program: which rule applied to what, told by the solver itself.

Given an answer set as facts, each rule ::

    version(Side,A,B) :- turn(Side,A,B), B-A >= D, limit(version,D), not early(A).

becomes ::

    _step(7, version(Side,A,B), (Side,A,B,D), (turn(Side,A,B),(B-A,D),limit(version,D),
          early(A))) :- turn(Side,A,B), B-A >= D, limit(version,D), not early(A).

so that its atoms list every application: rule number, conclusion, value of each
variable, and each premise with its variables filled in, comparisons as the tuple of
their evaluated sides. For an aggregate the tuple holds its evaluated bounds; its value
and members have atoms of their own. No premise is lost: those that are negated,
compared or summed are what the argument often hangs on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import clingo
from clingo import ast
from clingo.ast import AST, ASTType, Transformer

from s3ns.symbolic.syntax import global_variables, is_atom, is_negated

STEP, VALUE, MEMBER = "_step", "_value", "_member"
"""Predicates of the replay program, of 4, 4 and 5 arguments."""

ANY = clingo.Function("any")
"""What stands for ``_`` in a negated premise."""


def instrumented(rules: Sequence[AST]) -> tuple[AST, ...]:
    """Return the replay program of these rules, numbered in the order given."""
    lines: list[str] = []
    for number, rule in enumerate(rules):
        lines += _replayed(number, rule)
    program: list[AST] = []
    ast.parse_string("\n".join(lines), program.append)
    return tuple(program[1:])  # without the `#program base` of the parser


def step_variables(rule: AST) -> list[str]:
    """Return the names of the variables in the third argument of a step."""
    named = rule.update(body=_Namer().name_positive(rule.body))
    return global_variables(named)


def _replayed(number: int, rule: AST) -> list[str]:
    body = _Namer().name_positive(rule.body)
    named = rule.update(body=body)
    values = _tuple(global_variables(named))
    head = f"{STEP}({number},{rule.head.atom},{values},{_tuple(map(_premise, body))})"
    premises = "; ".join(map(str, body))
    lines = [f"{head} :- {premises}." if body else f"{head}."]
    for position, literal in enumerate(body):
        if literal.atom.ast_type is not ASTType.BodyAggregate:
            continue
        applied = f"{STEP}({number},_,{values},_)"
        place = f"{number},{values},{position}"
        bare = literal.atom.update(left_guard=None, right_guard=None)
        # The name cannot occur in a rule: variables of rules begin with a letter.
        lines.append(f"{VALUE}({place},_V) :- {applied}, _V = {bare}.")
        for element in literal.atom.elements:
            conditions = _Namer().name_positive(element.condition)
            member = ", ".join([applied, *map(str, conditions)])
            terms = _tuple(map(str, element.terms))
            lines += [
                f"{MEMBER}({place},{terms},{condition.atom}) :- {member}."
                for condition in conditions
                if is_atom(condition) and not is_negated(condition)
            ]
    return lines


def _premise(literal: AST) -> str:
    atom = literal.atom
    if atom.ast_type is ASTType.SymbolicAtom:
        return str(_Any()(atom) if is_negated(literal) else atom)
    if atom.ast_type is ASTType.Comparison:
        return _tuple(map(str, [atom.term, *(guard.term for guard in atom.guards)]))
    guards = (atom.left_guard, atom.right_guard)
    return _tuple(str(guard.term) for guard in guards if guard)


def _tuple(terms: Iterable[str]) -> str:
    return "(" + "".join(f"{term}," for term in terms) + ")"


class _Namer(Transformer):
    """Gives each ``_`` of a positive premise a name, so that a step tells its value."""

    def __init__(self) -> None:
        self._count = 0

    def name_positive(self, body: Sequence[AST]) -> list[AST]:
        return [
            self.visit(literal)
            if is_atom(literal) and not is_negated(literal)
            else literal
            for literal in body
        ]

    def visit_Variable(self, variable: AST) -> AST:
        if variable.name != "_":
            return variable
        self._count += 1
        return variable.update(name=f"_U{self._count}")


class _Any(Transformer):
    def visit_Variable(self, variable: AST) -> AST:
        if variable.name != "_":
            return variable
        return ast.SymbolicTerm(variable.location, ANY)
