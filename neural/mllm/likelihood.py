"""How likely a model found its answer, from the probabilities of its words.

Wanted is one member of a JSON answer, such as ``"answer": "yes"``. At the token that
begins its value, the alternatives that begin another allowed value are weighed against
it; all others are left out. A server that constrains answers by a schema may state
probabilities from before it does, which this makes good.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

ALTERNATIVES = 8
"""Likeliest tokens to ask for at each place; values differ in their first letters."""

_AFTER_THINKING = "</think>"


def beginning_of(member: str, tokens: Sequence[str]) -> tuple[int, str] | None:
    """Return the token in which a value begins, and what of it comes before the value.

    Parameters
    ----------
    member
        Name of a member whose value is a string.
    tokens
        Texts of the tokens of an answer, in order.
    """
    text = "".join(tokens)
    thought = text.rfind(_AFTER_THINKING) + 1
    found = re.compile(rf'"{re.escape(member)}"\s*:\s*"').search(text, thought)
    if found is None:
        return None
    first = 0
    for number, token in enumerate(tokens):
        if found.end() < first + len(token):
            return number, token[: found.end() - first]
        first += len(token)
    return None


def chances(
    before: str, likely: Mapping[str, float], values: Iterable[str]
) -> dict[str, float] | None:
    """Return the probability of each value; ``None`` where nothing tells of any.

    Parameters
    ----------
    before
        What of the token comes before the value.
    likely
        Natural logarithms of the probabilities of tokens at that place, by their text.
    values
        The allowed values.
    """
    weights = dict.fromkeys(values, 0.0)
    for token, logarithm in likely.items():
        if token.startswith(before):
            begun, ended, _ = token.removeprefix(before).lower().partition('"')
            meant = [v for v in weights if v == begun]
            if begun and not meant and not ended:
                meant = [v for v in weights if v.startswith(begun)]
            if len(meant) == 1:
                weights[meant[0]] += math.exp(min(logarithm, 0.0))
    whole = sum(weights.values())
    return {v: w / whole for v, w in weights.items()} if whole > 0 else None
