"""Checks of single rules: words of the vocabulary, kinds of arguments, sentences.

The rule language has no types: a misspelt sign, or a sign where a side belongs, is a
premise that silently never holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

import clingo
from clingo.ast import ASTType

from s3ns.facts import Label, Side, vocabulary
from s3ns.facts.verdict import Hemisphere, Strength
from s3ns.symbolic.check_records import Problems, unknown
from s3ns.symbolic.drafts import Draft
from s3ns.symbolic.kinds import Kinds, is_constant
from s3ns.symbolic.syntax import global_variables, is_atom, signature
from s3ns.symbolic.syntax_tree import Tree
from s3ns.symbolic.wording import placeholders

OUTPUTS: Mapping[str, tuple[str, ...]] = {
    "verdict": ("verdict",),
    "strength": ("strength",),
    "score": ("verdict", "points"),
    "supports": ("verdict", "rule", "points"),
    "group": ("rule", "kind of evidence"),
    "excepted": ("rule", "topic"),
    "outweighed": ("rule", "rule"),
    "hemisphere": ("hemisphere",),
    "lateral_sign": ("rule", "side", "points"),
    "ilae2025": ("class",),
    "ilae2017": ("class",),
    "certainty": ("topic",),
    "remark": ("topic",),
}
"""The predicates that a verdict is read off, and what each place holds."""

_CODES = {"sign": "R040", "side": "R041", "measure": "R042", "reason": "R043"}
_WORDS = {*_CODES, "modality", "group"}
_NUMBERS = {"time", "duration", "percent", "value"}


def check_words(draft: Draft, kinds: Kinds, problems: Problems) -> None:
    """Check one rule on its own."""
    # The conclusion of a rule is free: hemisphere(conflict) beside hemisphere(Side).
    for part in draft.syntax.body or [draft.syntax.head]:
        for kind, argument in kinds.filled(part):
            _check_kind(draft, kind, argument, problems)
        for sign, side in kinds.sided(part):
            _check_side(draft, sign, side, problems)
    _check_variables(draft, kinds, problems)
    _check_comparisons(draft, kinds, problems)
    _check_output(draft, problems)
    _check_sentences(draft, problems)


def _check_kind(draft: Draft, kind: str, argument: Tree, problems: Problems) -> None:
    place = draft.place(argument)
    if kind in _CODES and is_constant(argument):
        if str(argument) not in _words()[kind]:
            said = unknown(kind, str(argument), _words()[kind])
            problems.add(place, _CODES[kind], unknown=said)
    elif kind in _WORDS and _is_literal(argument):
        hint = f"; write {argument.symbol.string}" if _is_text(argument) else ""
        problems.add(place, "R047", kind=kind, came=argument, hint=hint)
    elif kind == "source" and (is_constant(argument) or _is_number(argument)):
        hint = f'; write "{argument}"'
        problems.add(place, "R047", kind=kind, came=argument, hint=hint)
    elif kind in _NUMBERS and (is_constant(argument) or _is_text(argument)):
        hint = "; variables begin with a capital letter"
        problems.add(place, "R047", kind=kind, came=argument, hint=hint)


def _check_side(draft: Draft, sign: Tree, side: Tree, problems: Problems) -> None:
    named = vocabulary().by_name.get(str(sign)) if is_constant(sign) else None
    if named is None or not is_constant(side) or str(side) not in list(Side):
        return
    if not named.allows(Side(str(side))):
        sides = f"its sides are {', '.join(map(str, named.sides))}"
        place = draft.place(side)
        problems.add(place, "R049", sign=sign, side=side, sides=sides)


def _check_variables(draft: Draft, kinds: Kinds, problems: Problems) -> None:
    """Refuse a variable that stands for two kinds of things."""
    first: dict[str, str] = {}
    for part in draft.syntax.body:
        for kind, argument in kinds.filled(part):
            if argument.ast_type is not ASTType.Variable or argument.name == "_":
                continue
            family = "number" if kind in _NUMBERS else kind
            have = first.setdefault(argument.name, family)
            if have != family:
                place, name = draft.place(argument), argument.name
                problems.add(place, "R048", name=name, first=have, second=family)


def _check_comparisons(draft: Draft, kinds: Kinds, problems: Problems) -> None:
    """Refuse to compare a time or measure with a word."""
    known = kinds.variables(draft.syntax)
    for literal in draft.syntax.body:
        if literal.atom.ast_type is not ASTType.Comparison:
            continue
        terms = [literal.atom.term, *(guard.term for guard in literal.atom.guards)]
        found = {known.get(str(term)) for term in terms} & _NUMBERS
        for term in terms:
            if found and (is_constant(term) or _is_text(term)):
                hint = "; variables begin with a capital letter"
                kind = sorted(filter(None, found))[0]
                place = draft.place(term)
                problems.add(place, "R047", kind=kind, came=term, hint=hint)


def _check_output(draft: Draft, problems: Problems) -> None:
    """Check what is read off the answer: the verdict and what belongs to it."""
    atom = draft.syntax.head.atom
    name, count = signature(atom)
    places = OUTPUTS.get(name)
    if places is None:
        return
    if len(places) != count:
        expected = _arguments(places)
        place = draft.place(atom.symbol)
        problems.add(place, "R045", name=name, expected=expected, count=count)
        return
    for kind, argument in zip(places, atom.symbol.arguments, strict=True):
        place = draft.place(argument)
        allowed = _words().get(kind)
        if allowed and is_constant(argument) and str(argument) not in allowed:
            said = unknown(kind, str(argument), allowed)
            problems.add(place, "R044", unknown=said)
        elif kind == "rule" and (
            is_constant(argument)
            or _is_number(argument)
            or argument.ast_type is ASTType.BinaryOperation  # an id without quotes
        ):
            hint = f'; write "{argument}"'
            problems.add(place, "R047", kind="rule id", came=argument, hint=hint)
        elif kind == "points" and (is_constant(argument) or _is_text(argument)):
            hint = ": weights are 100 times the logarithm of a likelihood ratio"
            problems.add(place, "R047", kind="number", came=argument, hint=hint)
        elif (
            name in {"supports", "lateral_sign"}
            and _is_text(argument)
            and draft.label
            and argument.symbol.string != draft.label.id
        ):
            named = argument.symbol.string
            problems.add(place, "R032", id=draft.id, named=named)


def _check_sentences(draft: Draft, problems: Problems) -> None:
    """Refuse a sentence that names what the rule does not.

    The sentence of a denial is worded from the conclusion alone; no application of the
    rule backs it.
    """
    if draft.label is None:
        return
    names = global_variables(draft.syntax.head, draft.syntax.body)
    for name, _ in placeholders(draft.label.says):
        if name not in names:
            said = unknown("variable", name, names)
            place = draft.label_place("says")
            problems.add(place, "R030", id=draft.id, name=name, unknown=said)
    given = [str(item) for item in draft.syntax.head.atom.symbol.arguments]
    for name, _ in placeholders(draft.label.denied):
        if name not in given:
            said = unknown("variable of the conclusion", name, given)
            place = draft.label_place("denied")
            problems.add(place, "R030", id=draft.id, name=name, unknown=said)


def check_arguments(
    draft: Draft, known: Mapping[str, Mapping[int, tuple[str, ...]]], problems: Problems
) -> None:
    """Refuse premises that nothing gives or concludes.

    Parameters
    ----------
    draft
        The rule.
    known
        The numbers of arguments of each predicate, with the kind of each place where
        it is known.
    problems
        Takes what is wrong.
    """
    for part in walk_body(draft.syntax):
        name, count = signature(part)
        if count in known.get(name, {}):
            continue
        place = draft.place(part.symbol)
        if name in known:
            expected = " or ".join(_arguments(at) for at in known[name].values())
            problems.add(place, "R045", name=name, expected=expected, count=count)
        else:
            words = sorted(f"{name}/{count}" for name in known for count in known[name])
            said = unknown("predicate", f"{name}/{count}", words)
            problems.add(place, "R040", unknown=said)


def walk_body(rule: Tree) -> Iterable[Tree]:
    """Yield the atoms in the premises of a rule, those within aggregates included."""
    for literal in rule.body:
        for part in literal.parts():
            if part.ast_type is ASTType.Literal and is_atom(part):
                yield part.atom


def _arguments(places: tuple[str, ...]) -> str:
    if not places:
        return "no arguments"
    count = "1 argument" if len(places) == 1 else f"{len(places)} arguments"
    return f"{count} ({', '.join(places)})" if any(places) else count


def _words() -> Mapping[str, list[str]]:
    """Return the closed lists of words by the kind of place they fill."""
    return {
        "sign": list(vocabulary().by_name),
        "side": [str(side) for side in Side],
        "measure": list(vocabulary().measures),
        "reason": list(vocabulary().reasons),
        "verdict": [str(label) for label in Label],
        "strength": list(get_args(Strength)),
        "hemisphere": list(get_args(Hemisphere)),
    }


def _is_literal(term: Tree) -> bool:
    return _is_text(term) or _is_number(term)


def _is_text(term: Tree) -> bool:
    return _is_symbol(term, clingo.SymbolType.String)


def _is_number(term: Tree) -> bool:
    return _is_symbol(term, clingo.SymbolType.Number)


def _is_symbol(term: Tree, kind: clingo.SymbolType) -> bool:
    return bool(term.ast_type is ASTType.SymbolicTerm and term.symbol.type is kind)
