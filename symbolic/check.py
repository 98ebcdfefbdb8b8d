"""Checks of rules as a whole: one answer for any findings, and nothing without effect.

All of it works on syntax. Nothing is grounded, so that files from anywhere can be
checked; what they do when they are applied is tried by
:mod:`s3ns.symbolic.check_trial`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import clingo
import networkx as nx
from clingo.ast import ASTType, ProgramBuilder

from s3ns.facts import vocabulary
from s3ns.symbolic.check_records import Place, Problems, unknown
from s3ns.symbolic.check_words import OUTPUTS, check_arguments, check_words, walk_body
from s3ns.symbolic.drafts import Draft
from s3ns.symbolic.encoding import INPUTS
from s3ns.symbolic.kinds import Kinds
from s3ns.symbolic.shapes import Pattern, Shape, shape_of
from s3ns.symbolic.syntax import (
    atoms_of,
    is_atom,
    is_negated,
    report_logged,
    signature,
)
from s3ns.symbolic.syntax_tree import Tree

Signature = tuple[str, int]

_OBSERVED = ("seen", "measure", "absent", "unassessable", "recording")
_MAKES_TERMS = {
    ASTType.BinaryOperation,
    ASTType.UnaryOperation,
    ASTType.Interval,
}
_UNREAD = ("R001", "R002", "R01", "R020", "R06")
"""Codes of faults for which a rule is missing from those that are checked."""


def check(drafts: Sequence[Draft], kinds: Kinds, problems: Problems) -> None:
    """Look for errors in the rules that are left of all folders.

    Where some could not be read, what only all of them together can tell is not asked:
    a conclusion that seems to be missing may stand in what was not read.
    """
    whole = not problems.has(*_UNREAD)
    _check_ids(drafts, problems)
    for draft in drafts:
        check_words(draft, kinds, problems)
        _check_head(draft, problems)
        _check_silence(draft, problems)
    if whole:
        _check_known(drafts, problems)
        _check_denials(drafts, problems)
    _check_loops(drafts, problems)
    _check_safety(drafts, problems)


def _check_ids(drafts: Sequence[Draft], problems: Problems) -> None:
    places: dict[str, Place] = {}
    for draft in drafts:
        if draft.label is None:
            continue
        place = draft.place()
        before = places.setdefault(draft.label.id, place)
        if before != place:
            said = f"{before.file}:{before.line}"
            problems.add(place, "R031", id=draft.id, first=said)


def _check_head(draft: Draft, problems: Problems) -> None:
    head = draft.syntax.head.atom
    if head.symbol.name in INPUTS:
        problems.add(draft.place(head.symbol), "R046", name=head.symbol.name)


def _check_silence(draft: Draft, problems: Problems) -> None:
    for literal in draft.syntax.body:
        if is_atom(literal) and is_negated(literal):
            name = literal.atom.symbol.name
            if name in _OBSERVED:
                problems.add(draft.place(literal.atom.symbol), "R053", name=name)


def _check_known(drafts: Sequence[Draft], problems: Problems) -> None:
    known: dict[str, dict[int, tuple[str, ...]]] = {
        name: {len(places): places} for name, places in INPUTS.items()
    }
    for draft in drafts:
        name, count = signature(draft.syntax.head.atom)
        if name not in INPUTS:
            known.setdefault(name, {})[count] = OUTPUTS.get(name, ("",) * count)
    for draft in drafts:
        check_arguments(draft, known, problems)


def _check_denials(drafts: Sequence[Draft], problems: Problems) -> None:
    """Every conclusion that is negated somewhere must say how that reads."""
    denied = {
        signature(draft.syntax.head.atom)
        for draft in drafts
        if draft.label is None or draft.label.denied
    }
    for draft in drafts:
        for literal in draft.syntax.body:
            if is_atom(literal) and is_negated(literal):
                name, count = signature(literal.atom)
                if (name, count) not in denied and name not in _OBSERVED:
                    place = draft.place(literal)
                    problems.add(place, "R054", name=name, count=count)


def _check_loops(drafts: Sequence[Draft], problems: Problems) -> None:
    """Refuse what could give no, several or endless answers."""
    graph: nx.DiGraph[Signature] = nx.DiGraph()
    uses: list[tuple[Draft, Tree, Signature, Signature, bool]] = []
    for draft in drafts:
        head = signature(draft.syntax.head.atom)
        for literal in draft.syntax.body:
            for atom, monotone in atoms_of(literal):
                graph.add_edge(head, signature(atom))
                uses.append((draft, atom, head, signature(atom), monotone))
    component = {
        member: number
        for number, members in enumerate(nx.strongly_connected_components(graph))
        for member in members
    }
    for draft, atom, head, used, monotone in uses:
        if component[head] != component[used]:
            continue
        place = draft.place(atom.symbol)
        if not monotone:
            problems.add(place, "R050", name=head[0])
        elif _makes_terms(draft.syntax):
            problems.add(place, "R051", name=head[0])


def _makes_terms(rule: Tree) -> bool:
    """Whether a rule may conclude a value that none of its premises holds.

    It may compute one in its conclusion, wrap one there (``p(f(X)) :- p(X).``) or
    assign one in a premise (``p(Y) :- p(X), Y = X+1.``).
    """
    parts = list(rule.head.atom.symbol.parts())[1:]
    parts += [
        part
        for literal in rule.body
        if not is_atom(literal)
        for part in literal.parts()
    ]
    return any(
        part.ast_type in _MAKES_TERMS
        or (part.ast_type is ASTType.Function and bool(part.arguments))
        for part in parts
        if part.ast_type is not ASTType.SymbolicAtom
    )


def _check_safety(drafts: Sequence[Draft], problems: Problems) -> None:
    """Let the solver refuse variables that no premise binds; nothing is grounded."""
    for source in {draft.source.name: draft.source for draft in drafts}.values():
        messages: list[str] = []
        control = clingo.Control(logger=_collector(messages))
        try:
            with ProgramBuilder(control) as builder:
                for draft in drafts:
                    if draft.source is source:
                        builder.add(draft.syntax.origin)
            control.ground([("no_such_part", [])])
        except RuntimeError as error:
            report_logged(source, messages or [str(error)], problems)


def _collector(messages: list[str]) -> Callable[[clingo.MessageCode, str], None]:
    return lambda _, message: messages.append(message)


def warn(drafts: Sequence[Draft], kinds: Kinds, problems: Problems) -> None:
    """Tell what has no effect in rules without errors."""
    rules = [
        (draft, shape_of(draft.syntax, kinds.variables(draft.syntax)))
        for draft in drafts
    ]
    _warn_never(rules, problems)
    used = {signature(atom) for draft in drafts for atom in walk_body(draft.syntax)}
    for draft in drafts:
        name, count = signature(draft.syntax.head.atom)
        if name not in OUTPUTS and (name, count) not in used:
            place = draft.place()
            problems.add(place, "R103", name=name, count=count, id=draft.id)
    _warn_kindless(rules, problems)
    _warn_targets(rules, problems)
    named = {sign for draft in drafts for sign in kinds.signs_named(draft.syntax)}
    unused = [sign for sign in vocabulary().by_name if sign not in named]
    if unused and drafts:
        place = Place(drafts[-1].source.name, 1, 1)
        problems.add(place, "R102", signs=", ".join(unused))


def _warn_never(rules: Sequence[tuple[Draft, Shape]], problems: Problems) -> None:
    """Warn of rules with a premise that is neither given nor concluded.

    Many others may rest on such a rule; they are counted, not listed.
    """
    shapes = [shape for _, shape in rules]
    possible = len(_possible(shapes))
    for draft, shape in rules:
        missing = _missing(shape, _by_name(shapes))
        if missing is None:
            continue
        lost = len(_possible(shapes, granted=shape)) - possible - 1
        also = f"; {lost} rules that rest on it cannot either" if lost else ""
        place, said = draft.place(), _written(missing)
        problems.add(place, "R101", id=draft.id, premise=said, also=also)


def _possible(shapes: list[Shape], granted: Shape | None = None) -> list[Shape]:
    """Return the rules that may apply, one of them whatever it needs."""
    while True:
        heads = _by_name(shapes)
        kept = [s for s in shapes if s is granted or _missing(s, heads) is None]
        if len(kept) == len(shapes):
            return kept
        shapes = kept


def _by_name(shapes: Iterable[Shape]) -> dict[Signature, list[Pattern]]:
    heads: dict[Signature, list[Pattern]] = {}
    for shape in shapes:
        key = shape.head.name, len(shape.head.arguments)
        heads.setdefault(key, []).append(shape.head)
    return heads


def _missing(shape: Shape, heads: dict[Signature, list[Pattern]]) -> Pattern | None:
    """Return a premise that no conclusion is like."""
    for condition in shape.conditions:
        if condition.kind != "holds":
            continue
        (atom,) = condition.atoms
        fixed = tuple(
            item if isinstance(item, clingo.Symbol) else None for item in atom.arguments
        )
        alike = heads.get((atom.name, len(fixed)), [])
        if atom.name not in INPUTS and not any(
            head.matched(fixed) is not None for head in alike
        ):
            return atom
    return None


def _written(pattern: Pattern) -> str:
    if not pattern.arguments:
        return pattern.name
    arguments = ["_" if item is None else str(item) for item in pattern.arguments]
    return f"{pattern.name}({','.join(arguments)})"


def _warn_kindless(rules: Sequence[tuple[Draft, Shape]], problems: Problems) -> None:
    """Warn of evidence without a kind: the sums leave it out."""
    groups = [s.head.arguments for _, s in rules if s.head.name == "group"]
    if any(not isinstance(rule, clingo.Symbol) for rule, _ in groups):
        return  # kinds are computed: they cannot be told from here
    kinds = {rule for rule, _ in groups}
    for draft, shape in rules:
        if shape.head.name == "supports":
            rule = shape.head.arguments[1]
            if isinstance(rule, clingo.Symbol) and rule not in kinds:
                problems.add(draft.place(), "R104", id=draft.id, quoted=rule)


def _warn_targets(rules: Sequence[tuple[Draft, Shape]], problems: Problems) -> None:
    """Warn of exceptions to what is no rule."""
    ids = sorted({draft.id for draft, _ in rules})
    for draft, shape in rules:
        if shape.head.name == "excepted" and isinstance(
            shape.head.arguments[0], clingo.Symbol
        ):
            target = shape.head.arguments[0].string
            if target not in ids:
                said = unknown("rule", target, ids)
                problems.add(draft.place(), "R105", id=draft.id, unknown=said)
