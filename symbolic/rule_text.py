"""The text of a rule file before it is parsed: slips that clingo words badly, or not.

clingo reads ASCII alone outside comments and quoted texts, and ends the whole process
over anything else; it takes no decimals, and reports a missing dot where the next rule
stands. These are found here, told, and mended in what the parser gets, so that it can
go on to what else is wrong.
"""

from __future__ import annotations

import re
import unicodedata

from s3ns.facts import deciseconds
from s3ns.symbolic.check_records import Place, Problems
from s3ns.symbolic.sources import Source

_PIECES = re.compile(
    r"""(?P<quoted>"(?:\\.|[^"\\\n])*")
    | (?P<label>%!\ *(?:rule|given|disable|weight):[^\n]*)
    | (?P<comment>%\*.*?\*%|%[^\n]*)
    | (?P<include>\#include)
    | (?P<number>\d+\.\d+(?:\ *s\b)?|\d+\ *s\b)
    | (?P<interval>\.\.)
    | (?P<dot>\.)
    | (?P<odd>[^\x20-\x7e\t\r\n])
    | (?P<other>\w+|\S)""",
    re.DOTALL | re.VERBOSE | re.ASCII,
)

_MENDED = {
    **dict.fromkeys("“”„«»‟", ('"', 'write straight quotes, "')),
    **dict.fromkeys("‘’‚", ('"', 'write straight quotes, "')),
    **dict.fromkeys("‐‑‒–—−", ("-", "write '-'")),
    **dict.fromkeys("\u00a0\u2007\u2009\u202f", (" ", "write an ordinary space")),
    **dict.fromkeys("≥≤≠", (">", "write '>=', '<=' or '!='")),
}


def mended(source: Source, problems: Problems) -> str | None:
    """Report slips in a text and return it without them.

    What is returned has as many lines, and what follows a slip the same column, except
    behind a dot that was added at the end of a rule. ``None`` stands for a file that
    must not reach the parser, which would open another.
    """
    text = source.text
    parts: list[str] = []
    done, last = 0, 0  # what is copied already, and where the open rule ends so far
    is_open = False

    def put(start: int, end: int, instead: str) -> None:
        nonlocal done
        parts.extend((text[done:start], instead))
        done = end

    def close() -> None:
        problems.add(_place(source, last - 1), "R005")
        put(last, last, ".")

    for piece in _PIECES.finditer(text):
        start, end = piece.span()
        kind = piece.lastgroup
        if "\0" in piece[0]:
            # The parser would take it for the end of the file.
            where = start + piece[0].index("\0")
            problems.add(_place(source, where), "R003", came="NUL", instead="remove it")
            return None
        if kind == "include":
            what = {"what": "#include", "instead": "put the file into the folder"}
            problems.add(_place(source, start), "R010", **what)
            return None
        if kind == "label" and is_open:
            close()
            is_open = False
        if kind in {"label", "comment"}:
            continue
        if kind == "odd":
            char, instead = _ascii(piece[0])
            problems.add(
                _place(source, start), "R003", came=repr(piece[0]), instead=instead
            )
            put(start, end, char)
        elif kind == "number":
            number = piece[0].rstrip(" s")
            whole = str(deciseconds(float(number)))
            problems.add(
                _place(source, start), "R004", came=piece[0], time=number, whole=whole
            )
            put(start, end, whole.ljust(end - start))
        is_open, last = kind != "dot", end
    if is_open:
        close()
    return "".join([*parts, text[done:]])


def _place(source: Source, at: int) -> Place:
    line = source.text.count("\n", 0, at) + 1
    return source.at(line, at - source.text.rfind("\n", 0, at))


def _ascii(char: str) -> tuple[str, str]:
    """Return what to read in place of a character, and what to write."""
    if char in _MENDED:
        return _MENDED[char]
    plain = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    is_letter = plain.isalnum()
    return (
        plain[0] if is_letter else "x" if char.isalnum() else " ",
        "write names in the letters a to z" if char.isalnum() else "remove it",
    )
