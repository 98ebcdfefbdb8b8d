"""How terms of the rule language are worded for people.

A sentence in a rule label names variables of the rule in braces, with an optional way
to word the value:

========================  ====================================================
``{X}``                   a number or text as it is; a sign or side in words
``{X:clock}``             deciseconds as ``mm:ss.s``
``{X:seconds}``           deciseconds as ``12.3 s``
``{X:side}``              ``left``, ``right``, ``both sides``
``{X:side arm}``          ``left arm``, ``both arms``, ``arm (side not known)``
``{X:where}``             ``, left``, ``, both sides``; nothing where there is none
``{X:label}``             a verdict, with its article
``{X:rule}``              title of the rule with this id, in lower case
``{X:rate}``, ...         the name of any measure: its value with its unit
========================  ====================================================
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from functools import cache

import clingo

from s3ns.facts import Label, Side, bad_value, clock, vocabulary

_WAYS = ("clock", "seconds", "side", "where", "label", "rule")

_VERDICTS = {
    Label.EPILEPTIC_SEIZURE: "an epileptic seizure",
    Label.NON_EPILEPTIC_EVENT: "a non-epileptic event",
    Label.NO_EVENT: "no event",
    Label.INDETERMINATE: "an indeterminate event",
}


def placeholders(sentence: str) -> list[tuple[str, str]]:
    """Return the variables that a sentence names, each with its way of wording.

    Raises
    ------
    ValueError
        If the braces do not match or a way of wording does not exist.
    """
    found = []
    for _, name, way, conversion in string.Formatter().parse(sentence):
        if name is None:
            continue
        if not name.isidentifier() or conversion:
            raise ValueError(f"{{{name}}} does not name a variable")
        _formatter(way or "")
        found.append((name, way or ""))
    return found


def worded(
    sentence: str, values: Mapping[str, clingo.Symbol], titles: Mapping[str, str]
) -> str:
    """Fill the placeholders of a sentence and make its first letter a capital.

    Parameters
    ----------
    sentence
        With placeholders in braces.
    values
        Of the variables that it names.
    titles
        Of the rules, by id.
    """
    parts = []
    for text, name, way in _parsed(sentence):
        parts.append(text)
        if name is not None and way == "rule":
            rule = _text(values[name])
            parts.append(uncapitalised(titles.get(rule, rule)))
        elif name is not None:
            parts.append(_formatter(way)(values[name]))
    return capitalised("".join(parts))


def capitalised(text: str) -> str:
    """Return the text with a capital first letter and the rest as it is."""
    return text[:1].upper() + text[1:]


def uncapitalised(title: str) -> str:
    """Return a title as it reads within a sentence."""
    return title[:1].lower() + title[1:]


def side_words(side: str, noun: str = "") -> str:
    """Word a side, with the body part it belongs to where one is given."""
    if noun:
        plain = {Side.BILATERAL: f"both {noun}s", Side.NONE: noun}
        return plain.get(
            Side(side),
            f"{noun} (side not known)" if side == Side.UNKNOWN else f"{side} {noun}",
        )
    words = {Side.BILATERAL: "both sides", Side.UNKNOWN: "side not known"}
    return words.get(Side(side), side)


def measured(name: str, value: int) -> str:
    """Word the value of a measure, given as the integer that rules see."""
    kind = vocabulary().measures[name]
    digits = len(str(kind.scale)) - 1
    unit = "" if kind.unit in {"count", "share"} else f" {kind.unit}"
    return f"{value / kind.scale:.{digits}f}{unit}"


def span_words(start: int, end: int) -> str:
    """Word an interval in deciseconds."""
    return f"{clock(start / 10)}-{clock(end / 10)}"


def spoken(value: clingo.Symbol, unit: str) -> str:
    """Word a value on its own; ``unit`` as in :func:`quantity`.

    Unlike there, it does not stand beside the term that it came of.
    """
    if value.type is clingo.SymbolType.Number:
        return quantity(value, unit)
    return _plain(value).replace("_", " ")


def quantity(value: clingo.Symbol, unit: str) -> str:
    """Word a value of a comparison; ``unit`` is ``time``, ``duration`` or another."""
    if value.type is clingo.SymbolType.Number:
        if unit == "time":
            return clock(value.number / 10)
        if unit == "duration":
            return f"{value.number / 10:.1f} s"
    return _text(value)


@cache
def _parsed(sentence: str) -> list[tuple[str, str | None, str]]:
    """Split a sentence into texts, each with the variable after it and its way."""
    parsed = string.Formatter().parse(sentence)
    return [(text, name, way or "") for text, name, way, _ in parsed]


@cache
def _formatter(way: str) -> Callable[[clingo.Symbol], str]:
    head, _, noun = way.partition(" ")
    if head == "side":
        return lambda symbol: side_words(_text(symbol), noun)
    if noun or (way and way not in _WAYS and way not in vocabulary().measures):
        raise ValueError(
            bad_value("way to word a value", way, [*_WAYS, *vocabulary().measures])
        )
    if way in vocabulary().measures:
        return lambda symbol: measured(way, symbol.number)
    return {
        "": _plain,
        "rule": _plain,
        "clock": lambda symbol: clock(symbol.number / 10),
        "seconds": lambda symbol: f"{symbol.number / 10:.1f} s",
        "where": _where,
        "label": lambda symbol: _VERDICTS[Label(_text(symbol))],
    }[way]


def _plain(symbol: clingo.Symbol) -> str:
    text = _text(symbol)
    if text in vocabulary().by_name:
        return uncapitalised(vocabulary().by_name[text].title)
    if text in vocabulary().reasons:
        return vocabulary().reasons[text]
    if symbol.type is clingo.SymbolType.Function and text in list(Side):
        return side_words(text)
    return text


def _where(symbol: clingo.Symbol) -> str:
    side = _text(symbol)
    return "" if side == Side.NONE else f", {side_words(side)}"


def _text(symbol: clingo.Symbol) -> str:
    return symbol.string if symbol.type is clingo.SymbolType.String else str(symbol)
