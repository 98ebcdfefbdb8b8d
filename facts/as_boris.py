"""BORIS: aggregated and tabular events, as it exports them (TSV or CSV).

The sets of columns differ between versions; they are read by name, and others are
tolerated. A side is told by a modifier, or by ``sign@side`` as the behaviour.
"""

from __future__ import annotations

from pathlib import Path

from s3ns.facts.annotations import SOURCE, Marked, count_unknown, sign_and_side
from s3ns.facts.errors import InputError
from s3ns.facts.finding import Finding, Observation
from s3ns.facts.tables import Row, rows, seconds

AGGREGATED = ("Behavior", "Start (s)", "Stop (s)")
TABULAR = ("Behavior", "Behavior type", "Time")
_MODIFIERS = ("Modifiers", "Modifier #1", "Modifier #2")


def read(path: Path) -> Marked:
    """Read a table of events.

    Raises
    ------
    InputError
        If it cannot be read, or a behaviour stops that did not start.
    """
    table = rows(path, ["Behavior"])
    aggregated = bool(table) and AGGREGATED[1] in table[0]
    table = rows(path, AGGREGATED if aggregated else TABULAR)
    spans = _aggregated(path, table) if aggregated else _tabular(path, table)
    found: list[Observation] = []
    left_out: dict[str, int] = {}
    for row, start, end in spans:
        known = sign_and_side(row["Behavior"], _side(row))
        if known is None:
            count_unknown(left_out, row["Behavior"])
        elif end < start:
            raise InputError(f"{path}: {row['Behavior']} stops before it starts")
        else:
            sign, side = known
            found.append(
                Finding(sign=sign, start=start, end=end, side=side, source=SOURCE)
            )
    return Marked(tuple(found), left_out)


Span = tuple[Row, float, float]


def _aggregated(path: Path, table: list[Row]) -> list[Span]:
    return [
        (row, seconds(path, row["Start (s)"]), seconds(path, row["Stop (s)"]))
        for row in table
    ]


def _tabular(path: Path, table: list[Row]) -> list[Span]:
    spans: list[Span] = []
    open_since: dict[tuple[str, str], tuple[Row, float]] = {}
    for row in table:
        key, time = (row["Behavior"], _side(row)), seconds(path, row["Time"])
        kind = row["Behavior type"].upper()
        if kind == "START":
            open_since[key] = row, time
        elif kind == "POINT":
            spans.append((row, time, time))
        elif kind == "STOP" and key in open_since:
            spans.append((*open_since.pop(key), time))
        else:
            raise InputError(
                f"{path}: {row['Behavior']} has {row['Behavior type']!r} at {time:g} "
                "s; expected START, then STOP, or POINT"
            )
    if open_since:
        (name, _), *_others = open_since
        raise InputError(f"{path}: {name} starts and does not stop")
    return spans


def _side(row: Row) -> str:
    for column in _MODIFIERS:
        for word in row.get(column, "").replace("|", ",").split(","):
            if word.strip().lower() in {"left", "right", "bilateral"}:
                return word.strip().lower()
    return ""
