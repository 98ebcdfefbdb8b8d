"""``s3ns query``: questions about Documents."""

from __future__ import annotations

from pathlib import Path

import click

from s3ns.facts import clock
from s3ns.report.console import Console, guarded
from s3ns.report.options import (
    as_json,
    documents_argument,
    examples,
    rules,
    rules_only,
)


@click.command(
    epilog=examples(
        "s3ns query 'seen(clonic, Side, A, B, C) & (C >= 50)' clip.json",
        "s3ns query 'seen(tonic,_,A,B,_) & ~absent(close_eyes,A,B)' *.json",
        "s3ns query 'verdict(V) & supports(V, Rule, Points)' *.json --json",
    )
)
@click.argument("question")
@documents_argument
@rules
@rules_only
@as_json
@guarded
def query(
    console: Console,
    *,
    question: str,
    documents: tuple[Path, ...],
    rules: Path | None,
    rules_only: bool,
    as_json: bool,
) -> None:
    """Ask what was seen or concluded, in one or many Documents.

    QUESTION is facts and conclusions of the rules joined by &, with ~ before what must
    not hold, and comparisons. Variables begin with a capital letter, _ is anything.
    Facts are recording(T0,T1), seen(Sign,Side,T0,T1,Percent),
    measure(Sign,Side,T0,T1,Name,Value), absent(Sign,T0,T1) and
    unassessable(Sign,Reason,T0,T1). Times in questions and in JSON are deciseconds: 25
    is 2.5 s.
    """
    import msgspec

    from s3ns.report.tables import table
    from s3ns.symbolic import RuleBase
    from s3ns.symbolic.query import answer_query, known_predicates, parse_query

    base = RuleBase.load(rules, alone=rules_only)
    parsed = parse_query(question, known_predicates(base))
    given = [console.read(path) for path in documents]
    found = answer_query(parsed, given, base)
    if as_json:
        compact = msgspec.json.encode(found)
        console.print(msgspec.json.format(compact, indent=2).decode())
        return
    rows = [
        (
            answer.recording,
            *(
                clock(value / 10)
                if parsed.kinds.get(name) == "time" and isinstance(value, int)
                else str(value)
                for name, value in answer.values.items()
            ),
        )
        for answer in found
    ]
    header = ("recording", *parsed.variables)
    if rows:
        console.print(table(header, rows, width=console.table_width))
    many = "" if len(found) == 1 else "s"
    more = "" if len(given) == 1 else "s"
    console.say(f"{len(found)} answer{many} in {len(given)} recording{more}")
