"""What ``s3ns reason`` says beside a verdict: of several events, of a second engine."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from s3ns.facts import Document, S3nsError
from s3ns.report.console import Console

if TYPE_CHECKING:
    from s3ns.symbolic import Reasoner


def report_case(
    console: Console,
    reasoner: Reasoner,
    paths: Sequence[Path],
    documents: Sequence[Document],
    *,
    as_json: bool,
) -> None:
    """Judge events of one patient together, and print each and the whole."""
    import msgspec

    from s3ns.report.tables import table
    from s3ns.report.words import NOTICE
    from s3ns.symbolic.case import judge_case

    found = judge_case(reasoner, documents)
    if as_json:
        compact = msgspec.json.encode(found)
        console.print(msgspec.json.format(compact, indent=2).decode())
        return
    header = ("file", "recording", "verdict", "strength", "epileptic", "non-epileptic")
    rows = [
        (
            path.name,
            event.recording,
            event.label.words,
            event.strength,
            str(event.score_epileptic),
            str(event.score_non_epileptic),
        )
        for path, event in zip(paths, found.events, strict=True)
    ]
    console.print(table(header, rows, width=console.table_width))
    console.print(textwrap.fill(f"Case: {found.text}", console.width))
    if found.strength != "none":
        console.print(f"Strength: {found.strength}")
    console.print(
        f"Events of one patient are taken to correlate by {found.correlation:g} "
        "(our choice)."
    )
    console.print(NOTICE)


def check_twice(
    console: Console, reasoner: Reasoner, documents: Sequence[Document]
) -> None:
    """Let a second engine judge the same findings.

    Raises
    ------
    S3nsError
        If it does not come to the same conclusions.
    """
    from s3ns.symbolic.second_engine import SecondEngine

    engine = SecondEngine(reasoner.base)
    for document in documents:
        found = engine.check(document)
        for rule in found.unsupported:
            console.detail(f"not followed: {rule}")
        said = f"{document.recording.id}: {found.sentence}"
        if not found.agrees:
            raise S3nsError(said)
        console.say(said)
