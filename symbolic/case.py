"""Several events of one patient: each judged, then their evidence put together.

Events of one patient resemble each other, so that the second says less than the first.
Their log likelihood ratios are therefore not added up: n events that correlate by rho
count as n / (1 + (n-1) rho) independent ones, the design effect of samples in clusters
(Kish 1965, Survey Sampling). The score of the case is the mean score of its events
times this effective number. The correlation is a choice of ours, see
:data:`CORRELATION`.

Two things are kept apart from that sum. A patient may have both epileptic seizures and
non-epileptic events: where single events were decided either way, they are not pooled,
and the case says so. And repetition proves nothing new: a case is only decided where at
least one of its events is, by itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import clingo
import msgspec

from s3ns.facts import Document, InputError, Label, RuleError, Verdict
from s3ns.facts.verdict import Strength
from s3ns.symbolic.pooling import effective_number
from s3ns.symbolic.reasoner import Reasoner
from s3ns.symbolic.rulebase import RuleBase

CORRELATION = 0.5
"""How far events of one patient say the same; grade: design, no source gives it.

At one half, however many events count at most as two independent ones.
"""

CaseLabel = Literal[
    "epileptic_seizure", "non_epileptic_event", "both", "no_event", "indeterminate"
]

_KINDS = (Label.EPILEPTIC_SEIZURE, Label.NON_EPILEPTIC_EVENT)


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a case.

    Attributes
    ----------
    recording
        Pseudonym of its recording.
    label, strength, score_epileptic, score_non_epileptic
        Of its own verdict.
    counts
        Whether it has any evidence to put in.
    """

    recording: str
    label: Label
    strength: Strength
    score_epileptic: int
    score_non_epileptic: int
    counts: bool


class CaseVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the events of one patient say together.

    Attributes
    ----------
    label
        ``both`` where single events were decided either way.
    strength
        Of the lead; ``none`` where undecided.
    text
        The verdict in words.
    events
        The events, in the order given.
    correlation
        Between events, as assumed.
    effective_events
        Number of independent events that those with evidence are worth.
    score_epileptic, score_non_epileptic
        Mean scores of the events with evidence, times their effective number; ``None``
        where events of both kinds are not put together.
    """

    label: CaseLabel
    strength: Strength
    text: str
    events: tuple[CaseEvent, ...]
    correlation: float
    effective_events: float
    score_epileptic: int | None
    score_non_epileptic: int | None


def judge_case(
    reasoner: Reasoner,
    documents: Sequence[Document],
    *,
    correlation: float = CORRELATION,
) -> CaseVerdict:
    """Judge events of one patient, each by itself and then together.

    Parameters
    ----------
    reasoner
        Judges each event; its rules give the margins for the case as well.
    documents
        One for each event.
    correlation
        From 0, events say nothing of each other, to 1, they say the same.

    Raises
    ------
    InputError
        If a recording is given twice, or a Document cannot be judged.
    RuleError
        If the rules lack a margin, or leave out a part of a verdict.
    """
    _check_distinct(documents)
    margins = _margins(reasoner.base)
    events = []
    for document in documents:
        verdict = reasoner.reason(document).verdict
        if verdict is None:
            raise AssertionError("reasoning gives a verdict")
        events.append(_event(document, verdict))
    counted = [event for event in events if event.counts]
    effective = effective_number(len(counted), correlation)
    epileptic = _pooled([event.score_epileptic for event in counted], effective)
    other = _pooled([event.score_non_epileptic for event in counted], effective)
    lead = epileptic - other + _prior(reasoner.base)
    label = _label(events, lead, margins["margin"])
    return CaseVerdict(
        label=label,
        strength=_strength(label, abs(lead), margins),
        text=_text(label, events, epileptic, other, effective),
        events=tuple(events),
        correlation=correlation,
        effective_events=round(effective, 2),
        score_epileptic=None if label == "both" else epileptic,
        score_non_epileptic=None if label == "both" else other,
    )


def _check_distinct(documents: Sequence[Document]) -> None:
    names = [document.recording.id for document in documents]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"expected one Document for each event, got {twice[0]} more than once: "
            "the same recording is no second event"
        )


def _given(base: RuleBase, predicate: str) -> dict[str, int]:
    """Return the numbers that facts of the rules, such as limit/2, give to names."""
    found: dict[str, int] = {}
    for rule in base.rules:
        head = rule.syntax.head.atom
        if rule.syntax.body or head.symbol.name != predicate:
            continue
        name, value = (clingo.parse_term(str(part)) for part in head.symbol.arguments)
        if value.type is clingo.SymbolType.Number:
            found[str(name)] = value.number
    return found


def _prior(base: RuleBase) -> int:
    """Return what the base rate of the site adds; once, however many events."""
    return _given(base, "prior").get("epileptic_seizure", 0)


def _margins(base: RuleBase) -> dict[str, int]:
    """Return the leads that a verdict and its strengths need, as the rules say."""
    found = _given(base, "limit")
    missing = {"margin", "moderate", "strong"} - found.keys()
    if missing:
        raise RuleError(
            f"a case needs limit({min(missing)},Points) among the rules, found none"
        )
    return found


def _event(document: Document, verdict: Verdict) -> CaseEvent:
    return CaseEvent(
        recording=document.recording.id,
        label=verdict.label,
        strength=verdict.strength,
        score_epileptic=verdict.score_epileptic,
        score_non_epileptic=verdict.score_non_epileptic,
        counts=any(support.counted for support in verdict.supports),
    )


def _pooled(scores: list[int], effective: float) -> int:
    if not scores:
        return 0
    return math.floor(sum(scores) / len(scores) * effective + 0.5)


def _label(events: Sequence[CaseEvent], lead: int, margin: int) -> CaseLabel:
    labels = {event.label for event in events}
    if labels.issuperset(_KINDS):
        return "both"
    if Label.EPILEPTIC_SEIZURE in labels and lead >= margin:
        return "epileptic_seizure"
    if Label.NON_EPILEPTIC_EVENT in labels and -lead >= margin:
        return "non_epileptic_event"
    return "no_event" if labels == {Label.NO_EVENT} else "indeterminate"


def _strength(label: CaseLabel, lead: int, margins: dict[str, int]) -> Strength:
    if label not in {"epileptic_seizure", "non_epileptic_event"}:
        return "none"
    if lead >= margins["strong"]:
        return "strong"
    return "moderate" if lead >= margins["moderate"] else "weak"


def _text(
    label: CaseLabel,
    events: Sequence[CaseEvent],
    epileptic: int,
    other: int,
    effective: float,
) -> str:
    seizures, others = (sum(event.label is kind for event in events) for kind in _KINDS)
    if label == "both":
        return (
            f"Both kinds of event were seen: {seizures} consistent with an epileptic "
            f"seizure, {others} with a non-epileptic event. Patients may have both; "
            "the events are not put together."
        )
    if label == "no_event":
        return "No event was seen in any recording."
    counted = sum(event.counts for event in events)
    points = (
        f"{epileptic} points for an epileptic seizure, {other} for a non-epileptic "
        f"event; {counted} events with evidence, worth {effective:.2f} independent ones"
    )
    if label == "epileptic_seizure":
        return f"Semiology of the events consistent with epileptic seizures ({points})."
    if label == "non_epileptic_event":
        return (
            f"Semiology of the events consistent with non-epileptic events ({points})."
        )
    why = (
        "the other events outweigh the one that was decided"
        if seizures + others == 1
        else "the other events outweigh those that were decided"
        if seizures + others
        else "no event was decided by itself"
    )
    return f"Indeterminate: {why} ({points})."
