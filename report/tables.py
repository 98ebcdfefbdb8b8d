"""Plain tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, width: int) -> str:
    """Align columns; the last one is cut where the line would be too long.

    Parameters
    ----------
    header
        Names of the columns.
    rows
        As many cells each.
    width
        Columns of the terminal.
    """
    lines = [list(header), *[list(row) for row in rows]]
    sizes = [max(len(line[k]) for line in lines) for k in range(len(header))]
    texts = []
    for line in lines:
        cells = [cell.ljust(size) for cell, size in zip(line, sizes, strict=True)]
        text = "  ".join(cells).rstrip()
        texts.append(text if len(text) <= width else f"{text[: width - 3]}...")
    return "\n".join(texts) + "\n"
