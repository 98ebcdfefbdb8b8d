"""The answers to questions about a verdict, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from s3ns.facts import (
    Ask,
    Candidate,
    Inquiry,
    Label,
    Robustness,
    Side,
    WhatIf,
    WhyNot,
    sign_named,
)
from s3ns.facts.inquiry import Place
from s3ns.report.words import NOTICE, span

_MOST_EVIDENCE = 6
_CUT = "there was no time to weigh every stretch."


def inquiry_text(inquiry: Inquiry, *, width: int = 100) -> str:
    """Return the answers, each under a heading.

    Parameters
    ----------
    inquiry
        The answers.
    width
        Columns.
    """
    blocks: list[list[str]] = []
    if inquiry.why_not is not None:
        blocks += _why_not(inquiry.why_not, width)
    if inquiry.what_if is not None:
        blocks.append(_what_if(inquiry.what_if, width))
    if inquiry.robustness is not None:
        blocks.append(_robustness(inquiry.robustness, width))
    if inquiry.asks is not None:
        blocks.append(_asks(inquiry, inquiry.asks, width))
    blocks.append(textwrap.wrap(NOTICE, width))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def firmness(inquiry: Inquiry) -> list[str]:
    """Say in a sentence each how often a verdict holds and what would change it."""
    sentences = []
    if inquiry.robustness is not None:
        sentences.append(_holds(inquiry.robustness))
    if inquiry.what_if is not None:
        sentences.append(inquiry.what_if.text)
    return sentences


def place_words(place: Place) -> str:
    """Name a sign with its side and time within a sentence."""
    title = sign_named(place.sign).title
    side = {
        Side.NONE: "",
        Side.BILATERAL: "both sides, ",
        Side.UNKNOWN: "side not known, ",
    }.get(place.side, f"{place.side}, ")
    return f"{title[:1].lower()}{title[1:]} ({side}{span(place.start, place.end)})"


def _holds(found: Robustness) -> str:
    text = f"Holds in {_percent(found.share)} of {found.worlds} resampled observations"
    if found.depends_on:
        text += f"; depends on: {'; '.join(map(place_words, found.depends_on))}"
    return f"{text}."


def _why_not(answer: WhyNot, width: int) -> Iterator[list[str]]:
    yield ["Why not?", *_item(answer.text, width)]
    for candidate in answer.candidates:
        yield list(_candidate(candidate, width))
    if answer.evidence:
        yield ["Evidence toward it that was not there, the nearest first"]
        for candidate in answer.evidence[:_MOST_EVIDENCE]:
            yield list(_candidate(candidate, width))
        if len(answer.evidence) > _MOST_EVIDENCE:
            rest = [item.rule.id for item in answer.evidence[_MOST_EVIDENCE:]]
            yield list(_item(f"Farther off: {', '.join(rest)}", width))


def _candidate(candidate: Candidate, width: int) -> Iterator[str]:
    rule = candidate.rule
    yield from textwrap.wrap(
        f"{rule.id}  {rule.title} ({rule.file}:{rule.line})", width
    )
    for text in candidate.met:
        yield from _item(text, width, mark="held     ")
    for missing in candidate.missing:
        by = "" if missing.rule == rule.id else f" [{missing.rule}]"
        yield from _item(f"{missing.text}{by}", width, mark="missing  ")


def _what_if(answer: WhatIf, width: int) -> list[str]:
    lines = ["What would change it?", *_item(answer.text, width)]
    for change in answer.changes:
        words = {
            "withdraw": "withdraw (confidence {0.confidence:.2f})",
            "rescore": "take as seen (confidence {0.confidence:.2f})",
            "suppose": "suppose (not assessable)",
        }[change.kind].format(change)
        lines += _item(f"{words}: {place_words(change)}", width)
    return lines


def _robustness(found: Robustness, width: int) -> list[str]:
    lines = ["How robust is it?", *_item(_holds(found), width)]
    for label, share in sorted(found.shares.items(), key=lambda item: -item[1]):
        lines += _item(f"{_percent(share):>5}  {Label(label).words}", width)
    for part in found.depends_on:
        becomes = part.becomes.words
        lines += _item(f"without {place_words(part)}: {becomes}", width)
    lines += _item(
        "Findings were dropped by their confidence, those of one source together more "
        f"often (correlation {found.correlation:g}). This is no probability of a "
        "disease.",
        width,
    )
    return lines


def _asks(inquiry: Inquiry, asks: tuple[Ask, ...], width: int) -> list[str]:
    cut = _CUT if inquiry.asks_complete is False else ""
    if not asks:
        said = "Nowhere: it would not matter."
        if cut:
            said = f"Nowhere that was found to matter; {cut}"
        return ["Where to look again?", *_item(said, width)]
    lines = ["Where to look again? (the most telling first)"]
    if cut:
        lines += _item(f"These are the best found: {cut}", width)
    for number, ask in enumerate(asks, start=1):
        lines += _item(ask.text, width, mark=f"{number}. ")
    return lines


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"


def _item(text: str, width: int, *, mark: str = "") -> Iterable[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=f"  {mark}",
        subsequent_indent=" " * (2 + max(2, len(mark))),
        break_on_hyphens=False,
    )
