"""Reading tables, parted by tabs or commas, by the names in their heads."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import shorten

from s3ns.facts.errors import InputError

Row = Mapping[str, str]


def rows(path: Path, needed: Iterable[str]) -> list[Row]:
    """Read a table; columns that are not needed may be there as well.

    Raises
    ------
    InputError
        If it cannot be read or lacks a column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    # Cells in quotes may have several lines.
    lines = io.StringIO(text, newline="")
    table = csv.DictReader(lines, delimiter=delimiter, restval="")
    try:
        missing = [name for name in needed if name not in (table.fieldnames or ())]
        if missing:
            raise InputError(
                f"{path} lacks the column {missing[0]!r}; came "
                f"{shorten(', '.join(table.fieldnames or ['none']), 200)}"
            )
        return [{k: v for k, v in row.items() if isinstance(v, str)} for row in table]
    except csv.Error as error:
        raise InputError(f"{path}, line {table.line_num}: {error}") from error


def seconds(path: Path, text: str) -> float:
    """Read a time in seconds.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise InputError(f"{path}: expected a time in seconds, got {text!r}")
    return value
