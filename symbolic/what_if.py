"""The smallest change to the findings that gives another verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
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
from s3ns.symbolic.worlds import VERDICT_WORDS, Worlds, parts_of

SECONDS = 2.0
"""Until the best change found so far is given."""

MOST = 60
"""Changes that are combined with each other; grounding grows with their number."""


_AT_ONCE = 64  # single changes: the time is looked at between them


class Option(NamedTuple):
    """A change that may be made.

    Attributes
    ----------
    edit
        What it does to the Document.
    change
        The same for the report.
    before, after
        The fact that goes and the one that comes; measures follow them.
    only_one
        Of the options with the same, one at most: a finding is changed in one way, and
        a sign is supposed once.
    """

    edit: Edit
    change: Change
    before: clingo.Symbol | None
    after: clingo.Symbol | None
    only_one: object


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
            optional[option.after] = optional[option.before] if option.before else ()
    worlds = Worlds(base, fixed, optional)
    verdict = worlds.verdict(present)
    picked, is_smallest = _smallest(
        options,
        lambda some: [
            label is not verdict
            for label in worlds.verdicts(_after(present, option) for option in some)
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
    flip: Callable[[Sequence[Option]], Sequence[bool]],
    search: Callable[[Sequence[Option], int | None], Optimum],
    deadline: float,
) -> tuple[list[Option], bool]:
    """Try single changes, the cheapest first; search only what could be cheaper still.

    Most verdicts turn on one change, and two others seldom cost less together.
    """
    single: Option | None = None
    by_cost = sorted(options, key=lambda option: option.change.cost)
    for start in range(0, len(by_cost), _AT_ONCE):
        if time.monotonic() > deadline:
            return [], False
        some = by_cost[start : start + _AT_ONCE]
        flipping = [o for o, does in zip(some, flip(some), strict=True) if does]
        if flipping:
            single = flipping[0]
            break
    below = None if single is None else single.change.cost
    cheaper = [o for o in options if below is None or o.change.cost < below]
    least_two = sorted(option.change.cost for option in cheaper)[:2]
    best = [] if single is None else [single]
    if len(least_two) < 2 or (below is not None and sum(least_two) >= below):
        return best, True
    some = cheaper[:MOST]
    found = search(some, below)
    if found.answer is not None:
        best = [some[atom.arguments[0].number] for atom in found.answer]
    return best, found.is_proven and len(some) == len(cheaper)


def _after(present: set[clingo.Symbol], option: Option) -> set[clingo.Symbol]:
    come = set() if option.after is None else {option.after}
    return (present - {option.before}) | come


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
        forms = [
            item.atom,
            *(
                option.after
                for option in options
                if option.before == item.atom and option.after is not None
            ),
        ]
        program += [f"{m} :- {form}." for m in item.measures for form in forms]
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
    sentence = f"{', '.join(parts)} the verdict would be {VERDICT_WORDS[becomes]}."
    sentence = sentence[:1].upper() + sentence[1:]
    if not is_smallest:
        sentence += " This is the best found; a smaller change may exist."
    return sentence


def _listed(items: Sequence[str]) -> str:
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} and {items[-1]}"
