"""What could be otherwise: findings that may be wrong, and signs that may be missed.

Findings are taken as the rules see them, neighbours merged. A sign can be supposed
where it could not be judged, within the event, and never where it was looked for and
not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, Literal, NamedTuple, TypeVar

import clingo
import msgspec

from s3ns.facts import (
    Document,
    Finding,
    Interval,
    Side,
    decisecond_interval,
    vocabulary,
)
from s3ns.facts.inquiry import Place
from s3ns.symbolic.encoding import MERGE_GAP, source_atom, unseen_by
from s3ns.symbolic.pooling import needed
from s3ns.symbolic.wording import side_words, span_words, uncapitalised

TYPICAL = 100
"""A sign that could not be judged for long may have been there for a part, 10 s."""

_NEVER = {"not_addressed"}  # nobody can have answered where nobody asked

Span = tuple[int, int]
"""Start and end in deciseconds."""


class Seen(NamedTuple):
    """A finding as the rules see it, with the findings of the Document behind it.

    Attributes
    ----------
    atom, measures
        What the rules see.
    members
        The findings behind it.
    unseen
        How many other sources looked all the while and did not see it.
    """

    atom: clingo.Symbol
    measures: tuple[clingo.Symbol, ...]
    members: tuple[Finding, ...]
    unseen: int

    @property
    def others(self) -> tuple[clingo.Symbol, ...]:
        """What comes and goes with it: its measures, and that its sources found it."""
        sources = {source_atom(item.source) for item in self.members}
        return (*self.measures, *sorted(sources))

    @property
    def percent(self) -> int:
        """The confidence."""
        return self.atom.arguments[4].number

    @property
    def source(self) -> str:
        """Who found the longest part of it."""
        return max(self.members, key=lambda item: item.duration).source

    @property
    def finding(self) -> Finding:
        """The same as one finding."""
        sign, side, start, end, _ = self.atom.arguments
        return Finding(
            sign=sign.name,
            side=Side(side.name),
            start=start.number / 10,
            end=end.number / 10,
            confidence=self.percent / 100,
            source=self.source,
        )


class Possible(NamedTuple):
    """A sign that may have been there, unseen; times in deciseconds.

    Whoever could not judge it for the longest is the source that would have found it:
    rules ask of some sources for more than of others.
    """

    sign: str
    side: Side
    span: Span
    stretch: Span
    reasons: tuple[str, ...]
    source: str

    @property
    def others(self) -> tuple[clingo.Symbol, ...]:
        """What would come with it."""
        return (source_atom(self.source),)


def seen_of(document: Document, facts: Collection[clingo.Symbol]) -> list[Seen]:
    """Return the findings of a Document as the rules see them, by time.

    Parameters
    ----------
    document
        The Document.
    facts
        The same, encoded.
    """
    measures: dict[tuple[clingo.Symbol, ...], list[clingo.Symbol]] = {}
    for atom in facts:
        if atom.name == "measure":
            measures.setdefault(tuple(atom.arguments[:4]), []).append(atom)
    unseen = unseen_by(document)
    found = []
    for atom in facts:
        if atom.name != "seen":
            continue
        sign, _, start, end, _ = atom.arguments
        members = tuple(_members(document, atom))
        others = unseen(sign.name, (start.number, end.number), members)
        own = tuple(sorted(measures.get(tuple(atom.arguments[:4]), ())))
        found.append(Seen(atom, own, members, len(others)))
    return sorted(found, key=lambda item: _by_time(item.atom))


def possible_of(document: Document, reach: Span) -> list[Possible]:
    """Return the findings that may be supposed.

    Parameters
    ----------
    document
        The Document.
    reach
        The event or, where there is none, what was analysed.
    """
    found = []
    for sign in vocabulary().signs:
        gaps = [
            gap
            for gap in document.unassessable
            if gap.sign == sign.name and gap.reason not in _NEVER
        ]
        judged = [_span(item) for item in document.absences if item.sign == sign.name]
        own = [item for item in document.findings if item.sign == sign.name]
        shortest = round(sign.minimum_duration * 10)
        for stretch in _less(_joined(_clipped(map(_span, gaps), reach)), judged):
            inside = [gap for gap in gaps if _overlap(_span(gap), stretch)]
            reasons = tuple(sorted({gap.reason for gap in inside}))
            source = _main_source(inside)
            for side in sign.sides:
                found += [
                    Possible(sign.name, side, span, stretch, reasons, source)
                    for span in _windows(stretch, shortest)
                    if not any(_in_the_way(item, side, span) for item in own)
                ]
    return found


def _main_source(items: Iterable[Interval]) -> str:
    lengths: Counter[str] = Counter()
    for item in items:
        start, end = _span(item)
        lengths[item.source] += end - start
    return min(lengths, key=lambda source: (-lengths[source], source))


def least_confidence(atoms: Iterable[clingo.Symbol]) -> int:
    """Return the confidence from which on findings count, in hundredths."""
    for atom in atoms:
        if atom.name == "limit" and str(atom.arguments[0]) == "confidence":
            return atom.arguments[1].number
    return 100  # rules that name no such limit may ask for any


def reach_of(atoms: Iterable[clingo.Symbol]) -> Span:
    """Return the event or, where there is none, what was analysed."""
    spans = {
        atom.name: (atom.arguments[0].number, atom.arguments[1].number)
        for atom in atoms
        if atom.name in {"event", "recording"} and len(atom.arguments) == 2
    }
    return spans.get("event") or spans["recording"]


Kind = Literal["withdraw", "rescore", "suppose"]


class Edit(NamedTuple):
    """One change of a Document: the findings that go, and what comes for them."""

    kind: Kind
    gone: tuple[Finding, ...] = ()
    come: tuple[Finding, ...] = ()


def withdrawn(seen: Seen) -> Edit:
    """Return the edit that takes a finding back."""
    return Edit("withdraw", gone=seen.members)


def rescored(seen: Seen, percent: int) -> Edit:
    """Return the edit that gives a finding another confidence, in hundredths."""
    sources = len({item.source for item in seen.members})
    each = needed(percent / 100, sources, seen.unseen)
    sure = (msgspec.structs.replace(item, confidence=each) for item in seen.members)
    return Edit("rescore", gone=seen.members, come=tuple(sure))


def supposed(possible: Possible, percent: int) -> Edit:
    """Return the edit that adds a finding of this confidence, in hundredths."""
    return Edit("suppose", come=(finding_of(possible, percent),))


def atom_of(possible: Possible, percent: int) -> clingo.Symbol:
    """Return what the rules would see of a supposed finding."""
    words = map(clingo.Function, (possible.sign, str(possible.side)))
    numbers = map(clingo.Number, (*possible.span, percent))
    return clingo.Function("seen", [*words, *numbers])


def with_confidence(seen: Seen, percent: int) -> clingo.Symbol:
    """Return what the rules would see of a finding of another confidence."""
    atom = seen.atom
    return clingo.Function(atom.name, [*atom.arguments[:4], clingo.Number(percent)])


def judged_absent(
    document: Document, possible: Possible
) -> tuple[clingo.Symbol, list[clingo.Symbol]]:
    """Return what the rules would see if a sign were looked for and not seen.

    Stretches in which it was looked for are one where they meet: the fact for all of
    them comes, those for its parts go.
    """
    spans = [_span(item) for item in document.absences if item.sign == possible.sign]
    earlier = _joined(sorted(spans), gap=0)
    wholes = _joined(sorted([*earlier, possible.stretch]), gap=0)
    whole = next(span for span in wholes if _overlap(span, possible.stretch))
    parts = [span for span in earlier if _overlap(span, whole)]
    return _absent(possible.sign, whole), [_absent(possible.sign, p) for p in parts]


def finding_of(possible: Possible, percent: int) -> Finding:
    """Return what would have been found."""
    return Finding(
        sign=possible.sign,
        side=possible.side,
        start=possible.span[0] / 10,
        end=possible.span[1] / 10,
        confidence=percent / 100,
        source=possible.source,
    )


P = TypeVar("P", bound=Place)


def placed(kind: type[P], finding: Finding, /, **rest: Any) -> P:
    """Make an answer that is about the sign, side and time of a finding."""
    return kind(
        sign=finding.sign,
        side=finding.side,
        start=finding.start,
        end=finding.end,
        **rest,
    )


def finding_words(finding: Finding) -> str:
    """Name a finding within a sentence."""
    title = uncapitalised(vocabulary().by_name[finding.sign].title)
    side = "" if finding.side is Side.NONE else f"{side_words(str(finding.side))}, "
    return f"{title} ({side}{span_words(*_span(finding))})"


def edited(document: Document, edits: Iterable[Edit]) -> Document:
    """Return a copy with these changes and without a verdict."""
    findings = list(document.findings)
    for edit in edits:
        for finding in edit.gone:
            findings.remove(finding)
        findings += edit.come
    return msgspec.structs.replace(
        document,
        findings=tuple(sorted(findings, key=lambda item: item.sort_key)),
        verdict=None,
        proof=None,
        inquiry=None,
    )


def _absent(sign: str, span: Span) -> clingo.Symbol:
    return clingo.Function("absent", [clingo.Function(sign), *map(clingo.Number, span)])


def _members(document: Document, atom: clingo.Symbol) -> Iterable[Finding]:
    sign, side, start, end, _ = atom.arguments
    for finding in document.findings:
        if finding.sign == sign.name and str(finding.side) == side.name:
            first, last = _span(finding)
            if start.number <= first and last <= end.number:
                yield finding


def _by_time(atom: clingo.Symbol) -> tuple[int, int, str, str]:
    sign, side, start, end, _ = atom.arguments
    return start.number, end.number, sign.name, side.name


def _span(item: Interval) -> Span:
    return decisecond_interval(item.start, item.end)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _clipped(spans: Iterable[Span], reach: Span) -> list[Span]:
    clipped = [(max(a, reach[0]), min(b, reach[1])) for a, b in spans]
    return sorted((a, b) for a, b in clipped if a < b)


def _joined(spans: Iterable[Span], gap: int = MERGE_GAP) -> list[Span]:
    """Join spans, sorted, that lie so near that findings in them would be merged."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1] + gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _less(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    left = list(spans)
    for hole in holes:
        left = [
            part
            for start, end in left
            for part in (
                [(start, hole[0]), (hole[1], end)]
                if _overlap((start, end), hole)
                else [(start, end)]
            )
            if part[0] < part[1]
        ]
    return left


def _windows(stretch: Span, shortest: int) -> list[Span]:
    """Return what of a stretch to try: all of it, and of a long one either end."""
    start, end = stretch
    length = max(TYPICAL, shortest)
    if end - start < shortest:
        return []
    if end - start <= 2 * length:
        return [stretch]
    return [stretch, (start, start + length), (end - length, end)]


def _in_the_way(finding: Finding, side: Side, span: Span) -> bool:
    """Whether a finding would be merged with a supposed one, or says the same.

    The left side may have moved unseen beside the right; both sides may not beside one.
    """
    start, end = _span(finding)
    apart = Side.LEFT, Side.RIGHT
    if finding.side is not side and finding.side in apart and side in apart:
        return False
    return start - MERGE_GAP <= span[1] and span[0] <= end + MERGE_GAP
