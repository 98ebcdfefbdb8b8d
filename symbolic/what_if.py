"""The smallest change to the findings that gives another verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb
from typing import NamedTuple

import clingo

from s3ns.facts import Change, Document, Finding, Label, WhatIf
from s3ns.symbolic.changes import (
    Edit,
    Kind,
    Seen,
    atom_of,
    edited,
    finding_of,
    finding_words,
    least_confidence,
    placed,
    possible_of,
    reach_of,
    rescored,
    seen_of,
    supposed,
    with_confidence,
    withdrawn,
)
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.optimum import Optimum, least
from s3ns.symbolic.robustness import split
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.solve import Replay
from s3ns.symbolic.worlds import Worlds, parts_of

SECONDS = 2.0
"""Until the best change found so far is given."""

MOST = 60
"""Changes that are combined with each other; grounding grows with their number."""


SETS = 300
"""So many sets of changes are tried one by one; more are left to the solver."""

_AT_ONCE = 64  # sets of changes: the time is looked at between them


class Option(NamedTuple):
    """A change that may be made.

    Attributes
    ----------
    edit
        What it does to the Document.
    change
        The same for the report.
    before, after
        The fact that goes and the one that comes.
    others
        What follows the one that comes.
    only_one
        Of the options with the same, one at most: a finding is changed in one way, and
        a sign is supposed once.
    """

    edit: Edit
    change: Change
    before: clingo.Symbol | None
    after: clingo.Symbol | None
    others: tuple[clingo.Symbol, ...]
    only_one: object


Flip = Callable[[Sequence[Sequence[Option]]], Sequence[bool]]
"""Tells of sets of changes whether they give another verdict."""


def what_if(base: RuleBase, document: Document, *, seconds: float = SECONDS) -> WhatIf:
    """Return the smallest change that gives another verdict.

    A finding can be withdrawn at the cost of its confidence, one too unsure to count
    can be given the least confidence that counts, and a sign can be supposed where it
    could not be judged, at the cost of the confidence gained. Of equal costs the fewest
    changes are the smallest, then withdrawals, then the earliest.

    Parameters
    ----------
    base
        The rules.
    document
        Its findings.
    seconds
        Until the best change found so far is given.

    Raises
    ------
    InputError
        If a time or measure is too large for the rules.
    RuleError
        If the rules conclude no verdict, or several.
    """
    return searched(base, document, seconds=seconds)[0]


def searched(
    base: RuleBase, document: Document, *, seconds: float = SECONDS
) -> tuple[WhatIf, Document]:
    """Return the smallest change, and the Document with it, without a verdict."""
    deadline = time.monotonic() + seconds
    options = options_of(base, document)
    facts = encode(document)
    seen = seen_of(document, facts)
    fixed, optional = split(facts, seen)
    present = set(optional)
    for option in options:
        if option.after is not None:
            optional[option.after] = option.others
    worlds = Worlds(base, fixed, optional)
    verdict = worlds.verdict(present)
    picked, is_smallest = _smallest(
        options,
        lambda sets: [
            label is not verdict
            for label in worlds.verdicts(_after(present, changes) for changes in sets)
        ],
        lambda some, below: least(
            _program(base, fixed, seen, some, verdict, below=below),
            seconds=deadline - time.monotonic(),
        ),
        deadline,
    )
    changed = edited(document, [option.edit for option in picked])
    becomes = verdict
    if picked:
        becomes = _verdict_of(base, changed)
    changes = tuple(option.change for option in picked)
    result = WhatIf(
        verdict=verdict,
        becomes=becomes,
        changes=changes,
        is_smallest=is_smallest,
        text=_sentence(changes, becomes, is_smallest=is_smallest),
    )
    return result, changed


def _smallest(
    options: Sequence[Option],
    flip: Flip,
    search: Callable[[Sequence[Option], int | None], Optimum],
    deadline: float,
) -> tuple[list[Option], bool]:
    """Try single changes, then pairs, and so on, the cheapest first.

    Most verdicts turn on one change or two. What is left to search after that are sets
    of more changes than can be tried one by one, and only those that are cheaper.
    """
    ones = [(option,) for option in sorted(options, key=lambda one: one.change.cost)]
    best, is_over = _first(ones, flip, deadline)
    if is_over:
        return [], False
    below = best[0].change.cost if best else None
    cheaper = [o for o in options if below is None or o.change.cost < below]
    some = cheaper[:MOST]
    costs = sorted(option.change.cost for option in some)
    sets = 0
    for size in range(2, len(some) + 1):
        if below is not None and sum(costs[:size]) >= below:
            break
        sets += comb(len(some), size)
        if sets > SETS or is_over:
            found = search(some, below)
            if found.answer is not None:
                best = [some[atom.arguments[0].number] for atom in found.answer]
            return best, found.is_proven and len(some) == len(cheaper)
        better, is_over = _first(_together(some, size, below), flip, deadline)
        if better:
            best, below = better, sum(option.change.cost for option in better)
    return best, not is_over and len(some) == len(cheaper)


def _first(
    sets: Sequence[Sequence[Option]], flip: Flip, deadline: float
) -> tuple[list[Option], bool]:
    """Return the first changes that give another verdict, and whether time ran out."""
    for start in range(0, len(sets), _AT_ONCE):
        if time.monotonic() > deadline:
            return [], True
        tried = sets[start : start + _AT_ONCE]
        for changes, does in zip(tried, flip(tried), strict=True):
            if does:
                return list(changes), False
    return [], False


def _together(
    options: Sequence[Option], size: int, below: int | None
) -> list[tuple[Option, ...]]:
    """Return the changes that can be made together, the cheapest and earliest first."""
    found = []
    for numbers in combinations(range(len(options)), size):
        changes = tuple(options[number] for number in numbers)
        cost = sum(option.change.cost for option in changes)
        if below is not None and cost >= below:
            continue
        if len({option.only_one for option in changes}) == size:
            found.append(((cost, sum(numbers), numbers), changes))
    return [changes for _, changes in sorted(found, key=lambda item: item[0])]


def _after(
    present: set[clingo.Symbol], changes: Sequence[Option]
) -> set[clingo.Symbol]:
    gone = {option.before for option in changes}
    return (present - gone) | {o.after for o in changes if o.after is not None}


def options_of(base: RuleBase, document: Document) -> list[Option]:
    """Return the changes that may be made, withdrawals first, each kind by time."""
    facts = encode(document)
    atoms = Replay(base, facts).atoms
    enough = least_confidence(atoms)
    seen = seen_of(document, facts)
    options = [_option(item, withdrawn(item), item.percent, None) for item in seen]
    for item in seen:
        if item.percent < enough:
            after = with_confidence(item, enough)
            options.append(
                _option(item, rescored(item, enough), enough - item.percent, after)
            )
    for possible in possible_of(document, reach_of(atoms)):
        finding = finding_of(possible, enough)
        options.append(
            Option(
                edit=supposed(possible, enough),
                change=_change("suppose", finding, 0.0, enough, finding_words(finding)),
                before=None,
                after=atom_of(possible, enough),
                others=possible.others,
                only_one=possible.sign,
            )
        )
    return options


def _option(item: Seen, edit: Edit, cost: int, after: clingo.Symbol | None) -> Option:
    text = finding_words(item.finding)
    return Option(
        edit=edit,
        change=_change(edit.kind, item.finding, item.percent / 100, cost, text),
        before=item.atom,
        after=after,
        others=item.others if after else (),
        only_one=item.atom,
    )


def _program(
    base: RuleBase,
    fixed: Sequence[clingo.Symbol],
    seen: Sequence[Seen],
    options: Sequence[Option],
    verdict: Label,
    *,
    below: int | None,
) -> str:
    parts = parts_of(base)
    program = [parts.below, parts.above, *(f"{atom}." for atom in fixed)]
    groups: dict[object, list[int]] = {}
    gone: dict[clingo.Symbol, list[int]] = {}
    for number, option in enumerate(options):
        groups.setdefault(option.only_one, []).append(number)
        if option.before is not None:
            gone.setdefault(option.before, []).append(number)
        if option.after is not None:
            program.append(f"{option.after} :- _change({number}).")
            program += [f"{other} :- {option.after}." for other in option.others]
        program += [
            f":~ _change({number}). [{option.change.cost}@3,{number}]",
            f":~ _change({number}). [1@2,{number}]",
            f":~ _change({number}). [{number}@1,{number}]",
        ]
    program += [
        "{ " + "; ".join(f"_change({number})" for number in group) + " } 1."
        for group in groups.values()
    ]
    for item in seen:
        kept = ", ".join(f"not _change({number})" for number in gone.get(item.atom, ()))
        program.append(f"{item.atom} :- {kept}." if kept else f"{item.atom}.")
        program += [f"{other} :- {item.atom}." for other in item.others]
    if below is not None:
        costs = "; ".join(
            f"{option.change.cost},{number} : _change({number})"
            for number, option in enumerate(options)
        )
        program.append(f":- #sum {{ {costs} }} >= {below}.")
    program += [f":- verdict({verdict}).", "#show _change/1."]
    return "\n".join(program)


def _verdict_of(base: RuleBase, document: Document) -> Label:
    facts = encode(document)
    return Worlds(base, facts, {}).verdict(())


def _change(
    kind: Kind, finding: Finding, confidence: float, cost: int, text: str
) -> Change:
    return placed(
        Change,
        finding,
        kind=kind,
        confidence=confidence,
        cost=cost,
        text=text,
    )


def _sentence(changes: Sequence[Change], becomes: Label, *, is_smallest: bool) -> str:
    if not changes:
        if is_smallest:
            return "No change of the findings that could be made gives another verdict."
        return "No change that gives another verdict was found in the time given."
    parts = []
    for kind, words in (
        ("withdraw", "without {}"),
        ("rescore", "with {} sure enough to count"),
        ("suppose", "with {} where it could not be judged"),
    ):
        texts = [change.text for change in changes if change.kind == kind]
        if texts:
            parts.append(words.format(_listed(texts)))
    sentence = f"{', '.join(parts)} the verdict would be {becomes.words}."
    sentence = sentence[:1].upper() + sentence[1:]
    if not is_smallest:
        sentence += " This is the best found; a smaller change may exist."
    return sentence


def _listed(items: Sequence[str]) -> str:
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} and {items[-1]}"
