"""What is probably wrong with a sentence of a template that cannot be read."""

from __future__ import annotations

import re

from s3ns.facts import vocabulary

_EXAMPLES = {
    "while": "no close_eyes seen while clonic",
    "of:": "at least 2 of: tonic, clonic, figure4",
    "measure": "measure rate_variation of clonic below 32 %",
    "overlaps": "tonic overlaps clonic for at least 3 s",
    "during": "close_eyes during clonic",
    "and": "tonic and face_pulling on the same side",
    "side": "tonic on one side for at least 2 s",
    "starts": "clonic starts at most 10 s after tonic ends",
    "after": "clonic after tonic",
    "before": "tonic before clonic",
    "for": "tonic for at least 2 s",
    "concept": "concept version",
}

EXAMPLES = tuple(_EXAMPLES.values())
"""A sentence of each form."""

_SLIPS = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (
            r"\S( - )\S",
            "these are several sentences in one; begin each with '- ' on a line of its "
            "own, all indented alike",
        ),
        (r"(\d+,\d+)", "write decimals with a point, such as 2.5"),
        (
            r"(?:for|starts) at (?:least|most) (\d+(?:\.\d+)?(?! s\b).*)",
            "write durations in seconds, such as '5 s'",
        ),
        (
            r"\bon ((?!the (?:left|right|same)|one side|both sides|opposite sides).*)",
            "write 'on the left', 'on the right', 'on one side' or 'on both sides'; of "
            "two signs 'on the same side' or 'on opposite sides'",
        ),
        (
            r"(more than|less than|longer than|shorter than|[<>≥≤]=?)",
            "write 'at least' or 'at most'; of a measure also 'above' or 'below'",
        ),
        (
            r"\b(not|no|without|absent)\b(?!.* seen while )",
            "write 'no SIGN seen while SIGN': what was not looked for proves nothing",
        ),
        (
            r"(on the (?:left|right) side)",
            "write 'on the left' or 'on the right', the patient's own",
        ),
        (
            r"^((?:left|right|bilateral) )",
            "write the side after the sign, as in 'tonic on the left for at least 2 s'",
        ),
    )
)


def slip(text: str) -> tuple[str, str]:
    """Return the words of a sentence that are wrong, and what to write.

    Both are empty where nothing is known of it; what to write begins with ``; ``, ready
    to follow what is said already.
    """
    for sign in vocabulary().by_name:
        apart = sign.replace("_", " ")
        if apart != sign and apart in text:
            return apart, f"; write the sign as '{sign}'"
    for named in vocabulary().signs:
        title = re.search(re.escape(named.title), text, re.IGNORECASE)
        if title:
            return title[0], f"; write the sign as '{named.name}'"
    for pattern, hint in _SLIPS:
        found = pattern.search(text)
        if found:
            return found[1].strip(), f"; {hint}"
    words = text.split()
    near = next((form for word, form in _EXAMPLES.items() if word in words), "")
    return "", f"; write it as '{near}'" if near else ""
