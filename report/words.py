"""Words and small formats that every report shares."""

from __future__ import annotations

from s3ns.facts import Document, clock, sign_named, vocabulary
from s3ns.facts.finding import Unassessable

NOTICE = "Research use only: not a medical device, and no diagnosis."

SIDES = "left is the patient's own left"

_MOST_NAMED = 2

_BREAK = 0.5  # seconds: stretches that lie nearer are one


def span(start: float, end: float) -> str:
    """Format a stretch of time for people."""
    return f"{clock(start)}-{clock(end)}"


def not_assessable(document: Document, *, shortest: float = 0.5) -> list[str]:
    """Say what could not be judged, one line per reason, the widest first.

    Parameters
    ----------
    document
        The Document.
    shortest
        Stretches shorter than this many seconds are left out.
    """
    by_reason: dict[str, list[Unassessable]] = {}
    for item in document.unassessable:
        if item.duration >= shortest:
            by_reason.setdefault(item.reason, []).append(item)
    groups = sorted(
        by_reason.items(),
        key=lambda group: (-sum(item.duration for item in group[1]), group[0]),
    )
    return [_reason_line(reason, items) for reason, items in groups]


def _reason_line(reason: str, items: list[Unassessable]) -> str:
    names = list(dict.fromkeys(item.sign for item in items))
    titles = [_uncapitalised(sign_named(name).title) for name in names]
    start, end = min(i.start for i in items), max(i.end for i in items)
    when = span(start, end)
    if not all(_is_one([i for i in items if i.sign == name]) for name in names):
        when = f"at times, {when}"
    named = ", ".join(titles[:_MOST_NAMED])
    if len(titles) > _MOST_NAMED:
        named += f" and {len(titles) - _MOST_NAMED} more"
    return f"{named}: {vocabulary().reasons[reason]} ({when})"


def _is_one(items: list[Unassessable]) -> bool:
    """Tell whether the stretches of a sign are one, without a break between."""
    first, *others = sorted(items, key=lambda item: item.start)
    reached = first.end
    for item in others:
        if item.start > reached + _BREAK:
            return False
        reached = max(reached, item.end)
    return True


def _uncapitalised(title: str) -> str:
    return title[:1].lower() + title[1:]
