"""A Document as a short clinical narrative.

Onset, evolution, end and what outlasted it, in the past tense, with the patient's own
sides and in seconds. Nothing is said that the findings do not hold.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from s3ns.facts import (
    Document,
    Finding,
    Label,
    Side,
    Sign,
    deciseconds,
    sign_named,
    vocabulary,
)
from s3ns.report.words import NOTICE, SIDES

MOST_WORDS = 100
"""Words that the account of the event should not exceed; details go first."""

TOGETHER = 1.0
"""Signs that begin within this many seconds of the first belong to the onset.
Grade: design."""

EDGE = 0.5
"""Seconds that count as nothing: at the edges of what was analysed, where a beginning
or an end is then cut off, and between stretches that were looked at. Grade: design."""

UNSURE = 0.5
"""Signs below this confidence are called possible: they are less likely there than
not."""

OUTLASTING = ("blank_stare", "close_eyes", "verbal_responsiveness")
"""Signs that tell of the state after an event where they go on or begin then."""


@dataclass(frozen=True)
class Narrative:
    """The sentences of a narrative; those with nothing to say are empty.

    Attributes
    ----------
    onset
        The first signs, and apparent sleep before them.
    evolution
        The signs that came later.
    ending
        When the event ended.
    aftermath
        What outlasted it: the post-ictal phase, where it was a seizure.
    not_seen
        Signs that were looked for throughout the event and not seen.
    not_judged
        The other signs without a finding.
    conclusion
        The verdict, where there is one.
    """

    onset: str
    evolution: str = ""
    ending: str = ""
    aftermath: str = ""
    not_seen: str = ""
    not_judged: str = ""
    conclusion: str = ""

    @property
    def account(self) -> str:
        """What happened, without what was not seen and without the verdict."""
        return _joined([self.onset, self.evolution, self.ending, self.aftermath])

    @property
    def text(self) -> str:
        """The whole narrative."""
        return _joined([self.account, self.not_seen, self.not_judged, self.conclusion])


def narrative(document: Document) -> Narrative:
    """Tell what happened in a Document, with or without a verdict.

    Signs come in the order of their onset, and every finding's sign and side is named.
    Where the account would exceed :data:`MOST_WORDS`, rates are left out, then ends,
    then all times but those of the event.
    """
    telling = _Telling(document)
    account = next(
        (a for a in map(telling.account, _Detail) if words(a.account) <= MOST_WORDS),
        telling.account(_Detail.NAMES),
    )
    unseen = telling.not_seen()
    found = {finding.sign for finding in document.findings}
    others = [
        sign.worded()
        for sign in vocabulary().signs
        if sign.name not in found and sign not in unseen
    ]
    return replace(
        account,
        not_seen=denial(unseen),
        not_judged=f"Not judged, or only in part: {_listed(others)}." if others else "",
        conclusion=document.verdict.text if document.verdict else "",
    )


def not_seen(document: Document) -> list[Sign]:
    """Return the signs without a finding that were looked for throughout the event."""
    return _Telling(document).not_seen()


def narrative_text(document: Document, *, width: int = 100) -> str:
    """Return the narrative of a Document for a terminal."""
    told = narrative(document)
    account = told.account
    if any(finding.side in _SIDES for finding in document.findings):
        account += f" ({SIDES[:1].upper()}{SIDES[1:]}.)"
    blocks = [
        account,
        _joined([told.not_seen, told.not_judged]),
        told.conclusion,
        NOTICE,
    ]
    return "\n\n".join(textwrap.fill(b, width) for b in blocks if b) + "\n"


def words(text: str) -> int:
    """Return the number of words."""
    return len(text.split())


class _Detail(IntEnum):
    """How much is said of each sign, the most first."""

    RATES = 0
    SPANS = 1
    STARTS = 2
    NAMES = 3


@dataclass(frozen=True)
class _Course:
    """The findings of a sign on a side, in the order of time."""

    sign: Sign
    side: Side
    findings: tuple[Finding, ...]

    @property
    def start(self) -> float:
        return self.findings[0].start

    @property
    def end(self) -> float:
        return max(finding.end for finding in self.findings)

    @property
    def name(self) -> str:
        sure = any(finding.confidence >= UNSURE for finding in self.findings)
        return f"{'' if sure else 'possible '}{self.sign.worded(self.side)}"

    def told(self, detail: _Detail) -> str:
        if detail is _Detail.STARTS:
            return f"{self.name} ({_at(self.start)})"
        count = len(self.findings)
        times = f"{_seconds(self.start)}-{_at(self.end)}"
        if count > 1:
            times = f"{'twice' if count == 2 else f'{count} times'}, {times}"
        elif detail is _Detail.RATES:
            times += self._rates()
        return f"{self.name} ({times})"

    def _rates(self) -> str:
        measures = self.findings[0].measures
        if {"rate_start", "rate_end"} <= set(measures):
            first, last = measures["rate_start"], measures["rate_end"]
            return f", {first:.1f} to {last:.1f} per second"
        return f", {measures['rate']:.1f} per second" if "rate" in measures else ""


class _Telling:
    """Tells a Document in more or less detail."""

    def __init__(self, document: Document) -> None:
        windows = [step.window for step in document.provenance if step.window]
        whole = (0.0, document.recording.duration)
        self._document = document
        self._label = document.verdict.label if document.verdict else None
        self._window = windows[-1] if windows else whole
        found = [f for f in document.findings if f.sign != vocabulary().lead_in]
        self._preceded = len(found) < len(document.findings)
        self._courses = _courses(found)
        self._start = min((c.start for c in self._courses), default=self._window[0])
        event = [c for c in self._courses if c.sign.name not in OUTLASTING]
        ends = [c.end for c in event or self._courses]
        self._end = max(ends, default=self._window[1])
        self._is_cut = self._start <= self._window[0] + EDGE
        self._after = [c for c in self._courses if event and self._outlasts(c)]

    def account(self, detail: _Detail) -> Narrative:
        if not self._courses:
            return Narrative(onset=self._nothing())
        during = [c for c in self._courses if not self._comes_after(c)]
        first = [c for c in during if c.start <= self._start + TOGETHER]
        later = during[len(first) :]
        return Narrative(
            onset=self._onset(_told(first, detail)),
            evolution=f"Then came {_told(later, detail)}." if later else "",
            ending=self._ending(),
            aftermath=self._aftermath(),
        )

    def not_seen(self) -> list[Sign]:
        found = {finding.sign for finding in self._document.findings}
        return [
            sign
            for sign in vocabulary().signs
            if sign.name not in found and self._longest_gap(sign.name) <= EDGE
        ]

    def _longest_gap(self, sign: str) -> float:
        """Return the longest part of the event in which a sign was not looked for."""
        looked = [a for a in self._document.absences if a.sign == sign]
        reached, gap = self._start, 0.0
        for absence in sorted(looked, key=lambda a: a.start):
            gap = max(gap, min(absence.start, self._end) - reached)
            reached = max(reached, absence.end)
        return max(gap, self._end - reached) if looked else float("inf")

    def _outlasts(self, course: _Course) -> bool:
        if course.sign.name not in OUTLASTING:
            return False
        beyond = course.end - max(course.start, self._end)
        return beyond >= min(course.sign.minimum_duration, course.end - course.start)

    def _comes_after(self, course: _Course) -> bool:
        return course in self._after and course.start >= self._end

    def _nothing(self) -> str:
        if self._preceded:
            return "Apparent sleep was seen, and no other sign."
        looked = self._document.absences
        return "No sign was seen." if looked else "Nothing could be judged."

    def _onset(self, signs: str) -> str:
        what = "What was seen" if self._label is Label.NO_EVENT else "The event"
        sleep = "out of apparent sleep" if self._preceded else ""
        start = _at(self._start)
        if not self._is_cut:
            return f"{what} began {sleep}{' ' if sleep else ''}at {start} with {signs}."
        came = f" It came {sleep}." if sleep else ""
        return (
            f"{what} was under way when the analysed stretch began ({start}), with "
            f"{signs}.{came}"
        )

    def _ending(self) -> str:
        if self._end >= self._window[1] - EDGE:
            return f"It went on to the end of the analysed stretch ({_at(self._end)})."
        lasted = "" if self._is_cut else f", after {_at(self._end - self._start)}"
        return f"It ended at {_at(self._end)}{lasted}."

    def _aftermath(self) -> str:
        if not self._after:
            return ""
        is_ictal = self._label is Label.EPILEPTIC_SEIZURE
        parts = [
            f"{c.name} came at {_at(c.start)}"
            if self._comes_after(c)
            else f"{c.name} went on until {_at(c.end)}"
            for c in self._after
        ]
        return f"{'Post-ictally' if is_ictal else 'Afterwards'}, {_listed(parts)}."


def _courses(findings: Sequence[Finding]) -> list[_Course]:
    by_place: dict[tuple[str, Side], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: f.start):
        by_place.setdefault((finding.sign, finding.side), []).append(finding)
    order = {name: place for place, name in enumerate(vocabulary().by_name)}
    courses = [
        _Course(sign_named(sign), side, tuple(members))
        for (sign, side), members in by_place.items()
    ]
    return sorted(courses, key=lambda c: (c.start, order[c.sign.name], c.end))


def _told(courses: Sequence[_Course], detail: _Detail) -> str:
    if detail is not _Detail.NAMES:
        return _listed(course.told(detail) for course in courses)
    by_sign: dict[str, list[_Course]] = {}
    for course in courses:
        by_sign.setdefault(course.sign.name, []).append(course)
    return _listed(_named(members) for members in by_sign.values())


def _named(courses: Sequence[_Course]) -> str:
    """Name a sign once with all its sides."""
    first, *others = courses
    also = [_SIDES[c.side] for c in others if c.side in _SIDES]
    return f"{first.name} (also {', '.join(also)})" if also else first.name


_SIDES = {Side.LEFT: "left", Side.RIGHT: "right", Side.BILATERAL: "both sides"}


def denial(signs: Iterable[Sign]) -> str:
    """Say that signs were not seen, or not heard."""
    by_sense: dict[str, list[str]] = {}
    for sign in signs:
        sense = "heard" if sign.modality == "audio" else "seen"
        by_sense.setdefault(sense, []).append(sign.worded())
    return _joined(
        f"No {_listed(named, 'or')} {sense}." for sense, named in by_sense.items()
    )


def _listed(items: Iterable[str], last: str = "and") -> str:
    *before, final = items
    return f"{', '.join(before)} {last} {final}" if before else final


def _seconds(time: float) -> str:
    return f"{deciseconds(time) / 10:.1f}"


def _at(time: float) -> str:
    return f"{_seconds(time)} s"


def _joined(sentences: Iterable[str]) -> str:
    return " ".join(filter(None, sentences))
