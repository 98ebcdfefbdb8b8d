"""The replay program: the rules, told by the solver itself as it applies them.

Each rule ::

    version(Side,A,B) :- turn(Side,A,B), B-A >= D, limit(version,D), not early(A).

is taken apart into the step and what follows from it ::

    _step7(version(Side,A,B), Side,A,B,D, turn(Side,A,B),(B-A,D),limit(version,D),
           early(A)) :- turn(Side,A,B), B-A >= D, limit(version,D), not early(A).
    version(Side,A,B) :- _step7(_, Side,A,B,D, _,_,_,_).

so that one grounding both draws the conclusions and lists every application of rule 7:
conclusion, value of each variable, and each premise with its variables filled in,
comparisons as the tuple of their evaluated sides. For an aggregate the tuple holds its
evaluated bounds; its value, where no bound equals it, and its members have atoms of
their own. No premise is lost: those that are negated, compared or summed are what the
argument often hangs on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import clingo
from clingo import ast
from clingo.ast import AST, AggregateFunction, ASTType, Transformer

from s3ns.symbolic.syntax import global_variables, is_atom, is_negated
from s3ns.symbolic.syntax_tree import Tree

_PAIR = 2
_EQUAL = ast.ComparisonOperator.Equal

ANY = clingo.Function("any")
"""What stands for ``_`` in a negated premise."""


def step_name(rule: int) -> str:
    """Return the predicate that lists the applications of a rule."""
    return f"_step{rule}"


def value_name(rule: int, place: int) -> str:
    """Return the predicate that tells the value of the aggregate at a place."""
    return f"_value{rule}_{place}"


def member_name(rule: int, place: int) -> str:
    """Return the predicate that lists what the aggregate at a place counted."""
    return f"_member{rule}_{place}"


def instrumented(
    rules: Sequence[Tree], kinds: Sequence[Mapping[str, str]]
) -> tuple[AST, ...]:
    """Return the replay program of these rules, numbered in the order given.

    Facts are no part of it: they are the same for any Document.

    Parameters
    ----------
    rules
        The rules.
    kinds
        For each, the kinds of its variables that are known.
    """
    lines: list[str] = []
    for number, (rule, known) in enumerate(zip(rules, kinds, strict=True)):
        if rule.body:
            lines += _replayed(number, rule, known)
    program: list[AST] = []
    ast.parse_string("\n".join(lines), program.append)
    return tuple(program[1:])  # without the `#program base` of the parser


def step_variables(rule: Tree) -> list[str]:
    """Return the names of the variables in a step, in order."""
    return global_variables(rule.head, _Namer().name_positive(rule.body))


def solver_text(rule: Tree, kinds: Mapping[str, str]) -> str:
    """Return a rule as the solver is quickest with it.

    The later of two times is an aggregate in the rules, which the solver keeps account
    of for every pair; it is computed here instead, which comes to the same.
    """
    if not rule.body:
        return str(rule)
    return f"{rule.head} :- {'; '.join(_quick(one, kinds) for one in rule.body)}."


def _quick(literal: Tree, kinds: Mapping[str, str]) -> str:
    atom = literal.atom
    if atom.ast_type is not ASTType.BodyAggregate or atom.right_guard:
        return str(literal)
    between = {AggregateFunction.Max: "+", AggregateFunction.Min: "-"}.get(
        AggregateFunction(atom.function)
    )
    plain = [
        str(element.terms[0])
        for element in atom.elements
        if len(element.terms) == 1
        and not element.condition
        and kinds.get(str(element.terms[0])) == "time"
    ]
    guard = atom.left_guard
    if (
        between is None
        or len(plain) != len(atom.elements)
        or len(plain) != _PAIR
        or not (guard and guard.comparison == _EQUAL)
    ):
        return str(literal)
    one, two = plain
    return f"{guard.term} = ({one}+{two}{between}|{one}-{two}|)/2"


def _replayed(number: int, rule: Tree, kinds: Mapping[str, str]) -> list[str]:
    body = _Namer().name_positive(rule.body)
    values = global_variables(rule.head, body)
    step = step_name(number)
    head = _atom(step, [str(rule.head.atom), *values, *map(_premise, body)])
    applied = _atom(step, ["_", *values, *("_" for _ in body)])
    premises = "; ".join(_quick(literal, kinds) for literal in body)
    lines = [
        f"{head} :- {premises}.",
        f"{rule.head} :- {applied}.",
    ]
    for place, literal in enumerate(body):
        if literal.atom.ast_type is not ASTType.BodyAggregate:
            continue
        if not _has_equal(literal.atom):
            bare = literal.atom.updated(left_guard=None, right_guard=None)
            # The name cannot occur in a rule: variables of rules begin with a letter.
            value = _atom(value_name(number, place), [*values, "_V"])
            lines.append(f"{value} :- {applied}, _V = {bare}.")
        for element in literal.atom.elements:
            # Names of their own: `_` here is not the `_` of another premise.
            conditions = _Namer("_E").name_positive(element.condition)
            terms = _tuple(map(str, element.terms))
            only = _attained(literal.atom, element)
            lines += [
                _atom(member_name(number, place), [*values, terms, str(condition.atom)])
                + f" :- {', '.join([applied, *map(str, conditions), *only])}."
                for condition in conditions
                if is_atom(condition) and not is_negated(condition)
            ]
    return lines


def _attained(aggregate: Tree, element: Tree) -> list[str]:
    """Return what keeps of a least or greatest value only those that attain it.

    That all others lie behind is what the extreme says; to list them would bury it.
    """
    guard = aggregate.left_guard
    extremes = {AggregateFunction.Max, AggregateFunction.Min}
    if AggregateFunction(aggregate.function) not in extremes or not element.terms:
        return []
    if not (guard and guard.comparison == _EQUAL):
        return []
    return [f"{element.terms[0]} = {guard.term}"]


def _has_equal(aggregate: Tree) -> bool:
    """Whether a bound is the value itself, so that the step tells it already."""
    guards = (aggregate.left_guard, aggregate.right_guard)
    return any(guard and guard.comparison == _EQUAL for guard in guards)


def _premise(literal: Tree) -> str:
    atom = literal.atom
    if atom.ast_type is ASTType.SymbolicAtom:
        is_open = is_negated(literal) and _has_any(literal)
        return str(_Any()(atom.origin) if is_open else atom)
    if atom.ast_type is ASTType.Comparison:
        return _tuple(map(str, [atom.term, *(guard.term for guard in atom.guards)]))
    guards = (atom.left_guard, atom.right_guard)
    return _tuple(str(guard.term) for guard in guards if guard)


def _atom(name: str, arguments: Iterable[str]) -> str:
    return f"{name}({','.join(arguments)})"


def _tuple(terms: Iterable[str]) -> str:
    return "(" + "".join(f"{term}," for term in terms) + ")"


def _has_any(node: Tree) -> bool:
    """Whether there is a ``_`` within a piece of syntax."""
    return any(
        part.ast_type is ASTType.Variable and part.name == "_" for part in node.parts()
    )


class _Namer(Transformer):
    """Gives each ``_`` of a positive premise a name, so that a step tells its value."""

    def __init__(self, begin: str = "_U") -> None:
        self._count, self._begin = 0, begin

    def name_positive(self, body: Iterable[Tree]) -> list[Tree]:
        return [
            Tree(self.visit(literal.origin))
            if is_atom(literal) and not is_negated(literal) and _has_any(literal)
            else literal
            for literal in body
        ]

    def visit_Variable(self, variable: AST) -> AST:
        if variable.name != "_":
            return variable
        self._count += 1
        return variable.update(name=f"{self._begin}{self._count}")


class _Any(Transformer):
    def visit_Variable(self, variable: AST) -> AST:
        if variable.name != "_":
            return variable
        return ast.SymbolicTerm(variable.location, ANY)
