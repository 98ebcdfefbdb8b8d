"""Where to look again: what could settle the verdict."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import clingo

from s3ns.facts import Ask, Document, Finding, Label, vocabulary
from s3ns.symbolic.changes import (
    Possible,
    Seen,
    atom_of,
    finding_of,
    finding_words,
    judged_absent,
    least_confidence,
    placed,
    possible_of,
    reach_of,
    seen_of,
    with_confidence,
)
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.robustness import WORLDS, sampled, split
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.solve import Replay
from s3ns.symbolic.worlds import Worlds

CHANCE = 0.5
"""Of a sign being there that could not be judged: nothing is known of it."""

MOST = 5
"""A reader works through a short list."""

SECONDS = 2.0
"""After these no further stretch is weighed."""

_AT_ONCE = 16  # questions: the time is looked at between them

_LEAST_GAIN = 0.005  # half a percent is within the noise of sampling

_NOTHING_TO_SEE = {"no_audio", "no_quiet_lead_in", "too_short"}
"""Reasons that no second look at the same recording can mend."""


class Asks(NamedTuple):
    """The stretches that are worth another look, the most telling first.

    ``is_complete`` says whether there was time to weigh all that there are.
    """

    asks: tuple[Ask, ...]
    is_complete: bool


class _Outcome(NamedTuple):
    """The facts that come and go once a question is settled."""

    come: frozenset[clingo.Symbol]
    gone: frozenset[clingo.Symbol]


class _Question(NamedTuple):
    """Whether a sign was there."""

    finding: Finding
    state: Literal["not_assessable", "unsure"]
    chance: float
    why: str
    seen: _Outcome
    not_seen: _Outcome


def asks_of(
    base: RuleBase,
    document: Document,
    *,
    most: int = MOST,
    seed: int = 0,
    seconds: float = SECONDS,
) -> Asks:
    """Return the stretches that are worth another look, the most telling first.

    Asked are findings of limited confidence, and signs that could not be judged within
    the event. Each is worth the change of the share of resampled observations with the
    present verdict that is to be expected once it is settled.

    Parameters
    ----------
    base
        The rules.
    document
        Its findings.
    most
        Length of the list.
    seed
        Of the random numbers.
    seconds
        After these no further stretch is weighed; the most telling few always are.

    Raises
    ------
    InputError
        If a time or measure is too large for the rules.
    RuleError
        If the rules conclude no verdict, or several.
    """
    deadline = time.monotonic() + seconds
    facts = encode(document)
    atoms = Replay(base, facts).atoms
    enough = least_confidence(atoms)
    seen = seen_of(document, facts)
    questions = [_unsure(item, enough) for item in seen if item.percent < 100]
    possibles = [
        possible
        for possible in possible_of(document, reach_of(atoms))
        if not _NOTHING_TO_SEE.issuperset(possible.reasons)
    ]
    questions += [_unjudged(document, possible, enough) for possible in possibles]
    fixed, optional = split(facts, seen)
    for possible in possibles:
        optional[atom_of(possible, enough)] = possible.others
    for item in seen:
        optional[with_confidence(item, enough)] = item.others
    for question in questions:
        for atom in frozenset().union(*question.seen, *question.not_seen):
            optional.setdefault(atom, ())
    given = [atom for atom in fixed if atom in optional]
    worlds = Worlds(base, [atom for atom in fixed if atom not in given], optional)
    as_it_is = dict.fromkeys([*given, *(item.atom for item in seen)], 1)
    (verdict,) = worlds.labels(as_it_is, 1)
    # What turns the verdict by itself comes first, in case time runs out, and stands
    # for the other sides and parts of its stretch.
    outcomes = [outcome for item in questions for outcome in (item.seen, item.not_seen)]
    turned = _holding(worlds, verdict, as_it_is, 1, outcomes)
    order = sorted(
        range(len(questions)), key=lambda place: all(turned[2 * place : 2 * place + 2])
    )
    questions = [questions[place] for place in order]
    first = {(item.state, item.not_seen): item for item in reversed(questions)}
    questions = [q for q in questions if first[q.state, q.not_seen] is q]
    samples = dict.fromkeys(given, (1 << WORLDS) - 1)
    samples |= sampled(seen, worlds=WORLDS, seed=seed)
    present = _share(_holding(worlds, verdict, samples, WORLDS, [_AS_IT_IS])[0])
    asks: list[Ask] = []
    is_complete = True
    for start in range(0, len(questions), _AT_ONCE):
        if start and time.monotonic() > deadline:
            is_complete = False
            break
        some = questions[start : start + _AT_ONCE]
        outcomes = [outcome for item in some for outcome in (item.seen, item.not_seen)]
        shares = map(_share, _holding(worlds, verdict, samples, WORLDS, outcomes))
        asks += (_ask(item, present, next(shares), next(shares)) for item in some)
    worth = [ask for ask in asks if ask.gain >= _LEAST_GAIN]
    worth.sort(key=lambda ask: (-ask.gain, ask.start, ask.end, ask.sign, ask.side))
    return Asks(tuple(worth[:most]), is_complete)


def _holding(
    worlds: Worlds,
    verdict: Label,
    samples: Mapping[clingo.Symbol, int],
    count: int,
    outcomes: Sequence[_Outcome],
) -> list[int]:
    """Return, for each outcome, in which of the samples the verdict holds with it."""
    every = (1 << count) - 1
    opened: dict[clingo.Symbol, int] = dict.fromkeys(samples, 0)
    for place, outcome in enumerate(outcomes):
        for atom in {*samples, *outcome.come}:
            there = samples.get(atom, 0)
            if atom in outcome.gone:
                there = 0
            if atom in outcome.come:
                there = every
            opened[atom] = opened.get(atom, 0) | there << place * count
    holds = worlds.labels(opened, count * len(outcomes)).get(verdict, 0)
    return [holds >> place * count & every for place in range(len(outcomes))]


def _share(worlds: int) -> float:
    return worlds.bit_count() / WORLDS


_AS_IT_IS = _Outcome(frozenset(), frozenset())


def _unsure(item: Seen, enough: int) -> _Question:
    sure = with_confidence(item, max(enough, item.percent))
    gone = frozenset({item.atom})
    return _Question(
        finding=item.finding,
        state="unsure",
        chance=item.percent / 100,
        why=f"confidence {item.percent / 100:.2f}",
        seen=_Outcome(frozenset({sure}), gone),
        not_seen=_Outcome(frozenset(), gone),
    )


def _unjudged(document: Document, possible: Possible, enough: int) -> _Question:
    whole, parts = judged_absent(document, possible)
    reasons = (vocabulary().reasons[reason] for reason in possible.reasons)
    return _Question(
        finding=finding_of(possible, enough),
        state="not_assessable",
        chance=CHANCE,
        why="; ".join(reasons),
        seen=_Outcome(frozenset({atom_of(possible, enough)}), frozenset()),
        not_seen=_Outcome(frozenset({whole}), frozenset(parts)),
    )


def _ask(question: _Question, present: float, seen: float, not_seen: float) -> Ask:
    finding, chance = question.finding, question.chance
    gain = chance * abs(seen - present) + (1 - chance) * abs(not_seen - present)
    verb = "Check" if question.state == "unsure" else "Look for"
    return placed(
        Ask,
        finding,
        state=question.state,
        chance=chance,
        if_seen=seen,
        if_not_seen=not_seen,
        gain=round(gain, 6),
        text=f"{verb} {finding_words(finding)}: {question.why}. "
        f"The verdict holds in {_percent(present)} of resampled observations; in "
        f"{_percent(seen)} if it was there, in {_percent(not_seen)} if not.",
    )


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"
