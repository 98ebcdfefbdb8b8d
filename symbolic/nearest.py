"""How near a rule came to applying: its premises, as many as can hold together.

For each positive premise the solver picks a fact or conclusion, or leaves it out; what
the picks share must agree. Left out costs most, a condition that the picks do not meet
costs less, and of equal costs the least shortfall wins, then the earliest picks. One
call of the solver for each rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import clingo
from clingo.ast import ASTType, ComparisonOperator

from s3ns.symbolic.optimum import least
from s3ns.symbolic.syntax import (
    atoms_of,
    global_variables,
    is_atom,
    is_negated,
    signature,
    variables,
)
from s3ns.symbolic.syntax_tree import Tree

NOT_FOUND, UNMET = 10, 3
"""Costs: three conditions unmet by what is there are nearer than nothing there."""

_ORDERED = {
    ComparisonOperator.LessThan,
    ComparisonOperator.LessEqual,
    ComparisonOperator.GreaterThan,
    ComparisonOperator.GreaterEqual,
}


class Nearest(NamedTuple):
    """The nearest that a rule came to applying.

    Attributes
    ----------
    values
        Of its variables, as far as premises were found.
    picks
        What stands for each positive premise that was found, by place.
    not_found
        Places of positive premises that were not.
    unmet
        Evaluated sides of the comparisons, or the value of the aggregate, that were not
        met, by place.
    blocked
        What holds and must not, by place.
    """

    values: dict[str, clingo.Symbol]
    picks: dict[int, clingo.Symbol]
    not_found: tuple[int, ...]
    unmet: dict[int, clingo.Symbol]
    blocked: dict[int, clingo.Symbol]

    @property
    def is_met(self) -> bool:
        """Whether the rule applied."""
        return not (self.not_found or self.unmet or self.blocked)


class AnswerSet:
    """The atoms that hold, by predicate."""

    def __init__(self, atoms: Sequence[clingo.Symbol]) -> None:
        self._rows: dict[tuple[str, int], list[tuple[int, clingo.Symbol]]]
        self._rows = defaultdict(list)
        for number, atom in enumerate(atoms):
            self._rows[atom.name, len(atom.arguments)].append((number, atom))
        self.atoms = atoms

    def rows(self, name: str, arity: int) -> list[tuple[int, clingo.Symbol]]:
        """Return the atoms of a predicate, each with its number."""
        return self._rows.get((name, arity), [])


def nearest(
    rule: Tree, bound: Mapping[str, clingo.Symbol], holds: AnswerSet, *, seconds: float
) -> Nearest | None:
    """Return how near a rule came, or ``None`` if there was no time to tell.

    Parameters
    ----------
    rule
        The rule.
    bound
        Values that its variables must have.
    holds
        The answer set.
    seconds
        Until the search is given up.
    """
    found = least("\n".join(_program(rule, bound, holds)), seconds=seconds)
    if found.answer is None or not found.is_proven:
        return None
    result = Nearest(dict(bound), {}, (), {}, {})
    missing: list[int] = []
    for atom in found.answer:
        place, *rest = atom.arguments
        if atom.name == "_value":
            result.values[place.string] = rest[0]
        elif atom.name == "_pick":
            result.picks[place.number] = holds.atoms[rest[0].number]
        elif atom.name == "_lack":
            missing.append(place.number)
        elif atom.name == "_unmet":
            result.unmet[place.number] = rest[0]
        else:
            result.blocked.setdefault(place.number, holds.atoms[rest[0].number])
    return result._replace(not_found=tuple(missing))


def _program(
    rule: Tree, bound: Mapping[str, clingo.Symbol], holds: AnswerSet
) -> Iterable[str]:
    used = {signature(atom) for literal in rule.body for atom, _ in atoms_of(literal)}
    for name, arity in sorted(used):
        for number, atom in holds.rows(name, arity):
            yield f"{atom}. _atom({number},{atom})."
    for name, value in bound.items():
        yield f'_value("{name}",{value}).'
    yield ":- _value(N,A), _value(N,B), A < B."
    ground = set(bound)
    places = list(enumerate(rule.body))
    for place, literal in places:
        if is_atom(literal) and not is_negated(literal):
            names = variables(literal.atom)
            ground.update(names)
            yield from _positive(place, literal.atom, names, bound)
    waiting = [
        (place, literal)
        for place, literal in places
        if not is_atom(literal) or is_negated(literal)
    ]
    shared = set(global_variables(rule.head, rule.body))
    for place, literal in waiting:
        names = [name for name in variables(literal) if name in shared]
        target = _assigned(literal, ground)
        known = [f'_value("{name}",{name})' for name in names if name != target]
        if target is not None:
            ground.add(target)
            yield f'_value("{target}",{target}) :- {_body(*known, str(literal))}.'
        elif is_atom(literal):
            held = _body(*known, f"_atom(K,{literal.atom})")
            yield f"_blocked({place},K) :- {held}."
            yield f":~ _blocked({place},_). [{UNMET}@3,{place}]"
        else:
            yield from _condition(place, literal, known)
    yield ":~ _short(P,S). [S@2,P]"
    yield ":~ _pick(P,K). [K@1,P]"
    for name, arity in (("value", 2), ("pick", 2), ("lack", 1), ("unmet", 2)):
        yield f"#show _{name}/{arity}."
    yield "#show _blocked/2."


def _positive(
    place: int, atom: Tree, names: Sequence[str], bound: Mapping[str, clingo.Symbol]
) -> Iterable[str]:
    fixed = [f"{name}={bound[name]}" for name in names if name in bound]
    yield f"_can({place},K) :- {_body(f'_atom(K,{atom})', *fixed)}."
    yield f"{{ _pick({place},K) : _can({place},K) }} 1."
    yield f"_found({place}) :- _pick({place},_)."
    yield f"_lack({place}) :- not _found({place})."
    yield f":~ _lack({place}). [{NOT_FOUND}@3,{place}]"
    for name in names:
        yield f'_value("{name}",{name}) :- _pick({place},K), _atom(K,{atom}).'


def _condition(place: int, literal: Tree, known: Sequence[str]) -> Iterable[str]:
    atom = literal.atom
    yield f"_met({place}) :- {_body(*known, str(literal))}."
    if atom.ast_type is ASTType.Comparison:
        sides = [str(atom.term), *(str(guard.term) for guard in atom.guards)]
        came = f"_T = ({','.join(sides)},)"
    else:
        came = f"_T = {atom.updated(left_guard=None, right_guard=None)}"
    yield f"_unmet({place},_T) :- {_body(*known, f'not _met({place})', came)}."
    yield f":~ _unmet({place},_). [{UNMET}@3,{place}]"
    if (
        atom.ast_type is ASTType.Comparison
        and len(atom.guards) == 1
        and atom.guards[0].comparison in _ORDERED
    ):
        yield f"_short({place},|L-R|) :- _unmet({place},(L,R))."


def _assigned(literal: Tree, ground: set[str]) -> str | None:
    """Return the variable that a premise gives its value, if it does."""
    atom = literal.atom
    sides: list[Tree] = []
    if atom.ast_type is ASTType.BodyAggregate:
        guards = [guard for guard in (atom.left_guard, atom.right_guard) if guard]
        sides = [g.term for g in guards if g.comparison == ComparisonOperator.Equal]
    elif (
        atom.ast_type is ASTType.Comparison
        and len(atom.guards) == 1
        and atom.guards[0].comparison == ComparisonOperator.Equal
    ):
        sides = [atom.term, atom.guards[0].term]
    for side in sides:
        if side.ast_type is ASTType.Variable and side.name not in ground:
            return str(side.name)
    return None


def _body(*premises: str) -> str:
    return "; ".join(premises)
