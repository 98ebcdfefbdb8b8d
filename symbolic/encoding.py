"""A Document as facts of the rule language.

======================================================  ==========================
``recording(T0,T1)``                                    the stretch that was analysed
``seen(Sign,Side,T0,T1,Confidence)``                    a finding; confidence 0..100
``measure(Sign,Side,T0,T1,Name,Value)``                 what was measured of it
``absent(Sign,T0,T1)``                                  looked for and not seen
``unassessable(Sign,Reason,T0,T1)``                     could not be judged
``sign(Sign)``, ``sided(Sign)``,                        the vocabulary
``modality(Sign,Video or Audio)``,
``sign_group(Sign,Group)``, ``minimum(Sign,Duration)``
======================================================  ==========================

Times are deciseconds, measures integers at the scale of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeVar

import clingo

from s3ns.facts import (
    Document,
    Finding,
    InputError,
    Interval,
    Recording,
    decisecond_interval,
    deciseconds,
    scaled,
    vocabulary,
)
from s3ns.symbolic.pooling import pooled
from s3ns.symbolic.wording import (
    capitalised,
    measured,
    side_words,
    span_words,
    uncapitalised,
)

MERGE_GAP = 5
"""Findings of one sign and side this many deciseconds apart are one finding.

Detectors break a movement up where a frame was missed; durations, counts and pauses
would follow the breaks and not the movement.
"""

INPUTS: dict[str, tuple[str, ...]] = {
    "recording": ("time", "time"),
    "source": ("source",),
    "seen": ("sign", "side", "time", "time", "percent"),
    "measure": ("sign", "side", "time", "time", "measure", "value"),
    "absent": ("sign", "time", "time"),
    "unassessable": ("sign", "reason", "time", "time"),
    "sign": ("sign",),
    "sided": ("sign",),
    "modality": ("sign", "modality"),
    "sign_group": ("sign", "group"),
    "minimum": ("sign", "duration"),
}
"""The predicates that a Document and the vocabulary give, and what each place holds."""

_LARGEST = 2**24  # far beyond any recording; products with 100 still fit 32 bits

LeafKind = Literal["finding", "absence", "unassessable", "measure", "given"]


class Leaf(NamedTuple):
    """What a proof says of a fact that came in.

    Of many facts nothing is ever said: the words are made when they are asked for.
    """

    kind: LeafKind
    words: Callable[[], str]

    @property
    def text(self) -> str:
        """The words."""
        return self.words()


def encode(document: Document) -> dict[clingo.Symbol, Leaf]:
    """Return the facts of a Document, each with its words for the proof.

    Neighbouring findings of one sign and side are merged: the interval is their union,
    and each measure that of the longest finding that carries it. The confidence is the
    mean by duration of what one source found; that of several sources is pooled, with
    those that looked all the while and did not see the sign, see
    :mod:`s3ns.symbolic.pooling`.

    Raises
    ------
    InputError
        If a time or measure is too large for the rules.
    """
    facts = dict(_vocabulary_facts())
    start, end = _analysed(document)
    said = f"The recording was analysed from {span_words(start, end)}"
    facts[_atom("recording", start, end)] = Leaf("given", partial(str, said))
    for source in sorted({finding.source for finding in document.findings}):
        said = f"Findings are of {source}"
        facts[source_atom(source)] = Leaf("given", partial(str, said))
    facts.update(_findings(document))
    for sign_name, start, end in _unions(document.absences):
        said = f"Looked for and not seen: {_title(sign_name)}, {span_words(start, end)}"
        atom = _atom("absent", sign_name, start, end)
        facts[atom] = Leaf("absence", partial(str, said))
    for reason, words in vocabulary().reasons.items():
        items = [item for item in document.unassessable if item.reason == reason]
        for sign_name, start, end in _unions(items):
            said = f"Not assessable: {_title(sign_name)}, {span_words(start, end)}"
            atom = _atom("unassessable", sign_name, reason, start, end)
            facts[atom] = Leaf("unassessable", partial(str, f"{said} ({words})"))
    return facts


def source_atom(source: str) -> clingo.Symbol:
    """Return the fact that some findings are of a source."""
    # A source names itself as it likes: no word of the language, but a text.
    return clingo.Function("source", [clingo.String(source)])


@cache
def _vocabulary_facts() -> Mapping[clingo.Symbol, Leaf]:
    facts: dict[clingo.Symbol, Leaf] = {}

    def add(name: str, *arguments: str | int, text: str) -> None:
        facts[_atom(name, *arguments)] = Leaf("given", partial(str, text))

    for sign in vocabulary().signs:
        name, title = sign.name, sign.title
        add("sign", name, text=f"{title} is a sign")
        add("modality", name, sign.modality, text=f"{title}: {sign.modality}")
        add("sign_group", name, sign.group, text=f"{title}: {sign.group}")
        if sign.is_sided:
            add("sided", name, text=f"{title} has a side")
        add(
            "minimum",
            name,
            deciseconds(sign.minimum_duration),
            text=f"{title}: counted from {sign.minimum_duration:.1f} s on",
        )
    return MappingProxyType(facts)


def _analysed(document: Document) -> tuple[int, int]:
    """Return the stretch that any stage looked at, else the whole recording."""
    recording: Recording = document.recording
    windows = [step.window for step in document.provenance if step.window is not None]
    if not windows:
        return decisecond_interval(0.0, recording.duration)
    return decisecond_interval(
        min(start for start, _ in windows), max(end for _, end in windows)
    )


def _findings(document: Document) -> dict[clingo.Symbol, Leaf]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    unseen = unseen_by(document)
    for finding in sorted(document.findings, key=_finding_key):
        groups.setdefault((finding.sign, str(finding.side)), []).append(finding)
    facts: dict[clingo.Symbol, Leaf] = {}
    for key, members in groups.items():
        for start, end, merged in _merged(members, MERGE_GAP):
            others = unseen(key[0], (start, end), merged)
            facts.update(_finding(key, (start, end), merged, others))
    return facts


def unseen_by(
    document: Document,
) -> Callable[[str, tuple[int, int], Iterable[Finding]], list[str]]:
    """Return what tells which sources looked for a sign and did not see it.

    It takes the sign, a stretch in deciseconds, and the findings there; the sources are
    those that looked all the while and have none of these.
    """
    looked: dict[str, list[tuple[str, int, int]]] = {}
    for source in sorted({item.source for item in document.absences}):
        own = (item for item in document.absences if item.source == source)
        for sign, start, end in _unions(own):
            looked.setdefault(sign, []).append((source, start, end))

    def unseen(
        sign: str, span: tuple[int, int], findings: Iterable[Finding]
    ) -> list[str]:
        saw = {finding.source for finding in findings}
        return [
            source
            for source, start, end in looked.get(sign, ())
            if source not in saw and start <= span[0] and span[1] <= end
        ]

    return unseen


def _finding(
    key: tuple[str, str],
    span: tuple[int, int],
    members: list[Finding],
    unseen: list[str],
) -> dict[clingo.Symbol, Leaf]:
    sign, side = key
    start, end = span
    by_source: dict[str, list[Finding]] = {}
    for member in members:
        by_source.setdefault(member.source, []).append(member)
    seen = {source: _mean(own) for source, own in sorted(by_source.items())}
    confidence = pooled(list(seen.values()), len(unseen))
    # The longest first; of equals the surest, then the earliest.
    by_length = sorted(members, key=lambda item: (-item.duration, -item.confidence))
    measures: dict[str, float] = {}
    for member in by_length:
        measures = {**member.measures, **measures}
    place = [_word(sign), _word(side), *map(_count, (start, end))]
    percent = scaled(confidence, 100)

    def where() -> str:
        return ("" if side == "none" else f"{side_words(side)}, ") + span_words(*span)

    def said() -> str:
        words = f"{vocabulary().by_name[sign].title}, {where()}, "
        words += f"confidence {percent / 100:.2f}"
        if len(seen) > 1 or unseen:
            said = [f"{source} {each:.2f}" for source, each in seen.items()]
            said += [f"not seen by {source}" for source in unseen]
            words += f", from {', '.join(said)}"
        evidence = "; ".join(dict.fromkeys(m.evidence for m in members if m.evidence))
        return f"{words} ({evidence})" if evidence else words

    def measure_said(name: str, number: int) -> str:
        title = capitalised(vocabulary().measures[name].title)
        return f"{title}: {measured(name, number)} ({_title(sign)}, {where()})"

    facts = {clingo.Function("seen", [*place, _count(percent)]): Leaf("finding", said)}
    for name, value in sorted(measures.items()):
        kind = vocabulary().measures[name]
        number = _number(value * kind.scale, scaled(value, kind.scale))
        atom = clingo.Function("measure", [*place, _word(name), _count(number)])
        facts[atom] = Leaf("measure", partial(measure_said, name, number))
    return facts


def _mean(findings: Sequence[Finding]) -> float:
    """Return the mean confidence of what one source found, by duration."""
    lengths = [max(finding.duration, 0.1) for finding in findings]
    weighted = (f.confidence * n for f, n in zip(findings, lengths, strict=True))
    return sum(weighted) / sum(lengths)


def _finding_key(finding: Finding) -> tuple[object, ...]:
    # Complete, so that the order in which findings were listed never shows.
    return (
        *finding.sort_key,
        finding.evidence,
        sorted(finding.measures.items()),
    )


IntervalT = TypeVar("IntervalT", bound=Interval)


def _merged(
    items: Iterable[IntervalT], gap: int
) -> Iterable[tuple[int, int, list[IntervalT]]]:
    """Join intervals, given in order of their start, that lie at most a gap apart."""
    start = end = 0
    members: list[IntervalT] = []
    for item in items:
        first, last = decisecond_interval(item.start, item.end)
        _number(item.end * 10, last)
        if members and first <= end + gap:
            end = max(end, last)
            members.append(item)
            continue
        if members:
            yield start, end, members
        start, end, members = first, last, [item]
    if members:
        yield start, end, members


def _unions(items: Iterable[Interval]) -> Iterable[tuple[str, int, int]]:
    by_sign: dict[str, list[Interval]] = {}
    for item in sorted(items, key=lambda item: item.sort_key):
        by_sign.setdefault(item.sign, []).append(item)
    for sign, members in by_sign.items():
        for start, end, _ in _merged(members, 0):
            yield sign, start, end


def _number(value: float, number: int) -> int:
    if abs(number) > _LARGEST:
        raise InputError(
            f"expected times and measures that scale to at most {_LARGEST}, "
            f"got {value:g}"
        )
    return number


def _atom(name: str, *arguments: str | int) -> clingo.Symbol:
    return clingo.Function(
        name,
        [
            _count(argument) if isinstance(argument, int) else _word(argument)
            for argument in arguments
        ],
    )


def _count(number: int) -> clingo.Symbol:
    return clingo.Number(_number(number, number))


# The words of the vocabulary are few and used again and again.
_word = cache(clingo.Function)


def _title(sign: str) -> str:
    return uncapitalised(vocabulary().by_name[sign].title)
