"""Where to look again: what could settle the verdict."""

from __future__ import annotations

import time
from collections import Counter
from typing import Literal, NamedTuple

import clingo

from s3ns.facts import Ask, Document, Finding, vocabulary
from s3ns.symbolic.changes import (
    Possible,
    Seen,
    atom_of,
    finding_of,
    finding_words,
    judged_absent,
    least_confidence,
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

_LEAST_GAIN = 0.005  # half a percent is within the noise of sampling

_NOTHING_TO_SEE = {"no_audio", "no_quiet_lead_in", "too_short"}
"""Reasons that no second look at the same recording can mend."""


class _Outcome(NamedTuple):
    """The facts that come and go once a question is settled."""

    come: frozenset[clingo.Symbol]
    gone: frozenset[clingo.Symbol]

    def applied(self, facts: frozenset[clingo.Symbol]) -> frozenset[clingo.Symbol]:
        return (facts - self.gone) | self.come


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
) -> tuple[Ask, ...]:
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
        After these no further stretch is weighed.

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
    questions += [
        _unjudged(document, possible, enough)
        for possible in possible_of(document, reach_of(atoms))
        if not _NOTHING_TO_SEE.issuperset(possible.reasons)
    ]
    fixed, optional = split(facts, seen)
    for item in seen:
        optional[with_confidence(item, enough)] = item.measures
    for question in questions:
        for atom in frozenset().union(*question.seen, *question.not_seen):
            optional.setdefault(atom, ())
    given = frozenset(atom for atom in fixed if atom in optional)
    worlds = Worlds(base, [atom for atom in fixed if atom not in given], optional)
    everything = given | {item.atom for item in seen}
    verdict = worlds.verdict(everything)
    # What turns the verdict by itself comes first, in case time runs out, and stands
    # for the other sides and parts of its stretch.
    questions.sort(
        key=lambda question: all(
            worlds.verdict(outcome.applied(everything)) is verdict
            for outcome in (question.seen, question.not_seen)
        )
    )
    first = {(item.state, item.not_seen): item for item in reversed(questions)}
    samples = Counter(
        world | given for world in sampled(seen, worlds=WORLDS, seed=seed)
    )

    def share(outcome: _Outcome = _AS_IT_IS) -> float:
        holding = (
            count
            for world, count in samples.items()
            if worlds.verdict(outcome.applied(world)) is verdict
        )
        return sum(holding) / WORLDS

    present = share()
    asks = []
    for question in questions:
        if time.monotonic() > deadline:
            break
        if first[question.state, question.not_seen] is question:
            seen_share, not_seen_share = share(question.seen), share(question.not_seen)
            asks.append(_ask(question, present, seen_share, not_seen_share))
    worth = [ask for ask in asks if ask.gain >= _LEAST_GAIN]
    worth.sort(key=lambda ask: (-ask.gain, ask.start, ask.end, ask.sign, ask.side))
    return tuple(worth[:most])


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
    return Ask(
        sign=finding.sign,
        side=finding.side,
        start=finding.start,
        end=finding.end,
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
