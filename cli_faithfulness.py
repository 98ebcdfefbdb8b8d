"""``s3ns faithfulness``: a model's words against measurement, and experts' ratings."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import as_json, documents_argument, examples

if TYPE_CHECKING:
    from s3ns.faithfulness import Faithfulness


@click.group()
def faithfulness() -> None:
    """Tell whether what a language model says it saw was there."""


@faithfulness.command(
    epilog=examples(
        "s3ns faithfulness check measured.json told.json",
        "s3ns faithfulness check checked.json --json",
    )
)
@documents_argument
@as_json
@guarded
def check(console: Console, *, documents: tuple[Path, ...], as_json: bool) -> None:
    """Hold what a model said against what was measured.

    DOCUMENT is one that has both, or several of one recording. Each finding of the
    model gets the share of its claims (the sign, its time, its side, and the side and
    rate that its words name) that measurement supports; what it contradicts is listed.
    """
    import msgspec

    from s3ns.faithfulness import explain, summed_up

    found = explain(console.read(path) for path in documents)
    total = summed_up(item.score for item in found)
    if as_json:
        whole = {"summary": total, "explanations": found}
        compact = msgspec.json.encode(whole)
        console.print(msgspec.json.format(compact, indent=2).decode())
        return
    for item in found:
        score = "not assessable" if item.score is None else f"{100 * item.score:.0f} %"
        told = item.finding
        where = f"{told.sign} {told.side} {told.start:.1f}-{told.end:.1f} s"
        console.print(f"{score:>14}  {where}")
        for text in item.contradictions:
            console.print(textwrap.indent(text, " " * 16))
    console.print(_sentence(total))


@faithfulness.command(epilog=examples("s3ns faithfulness ratings ratings.csv"))
@click.argument("ratings", type=click.Path(path_type=Path), metavar="CSV")
@as_json
@guarded
def ratings(console: Console, *, ratings: Path, as_json: bool) -> None:
    """Sum up what experts think of explanations.

    CSV has the columns explanation, rater and rating, the last in percent. Counted is
    the share of explanations with a mean rating of at least 60 %.
    """
    import msgspec

    from s3ns.faithfulness import mean_ratings, read_ratings, summed_up

    total = summed_up(mean_ratings(read_ratings(ratings)))
    if as_json:
        compact = msgspec.json.encode(total)
        console.print(msgspec.json.format(compact, indent=2).decode())
    else:
        console.print(_sentence(total))


def _sentence(total: Faithfulness) -> str:
    from s3ns.faithfulness import ENOUGH

    left = f"; {total.unscored} not assessable" if total.unscored else ""
    if total.share is None or total.mean is None:
        return f"no explanation could be judged{left}"
    return (
        f"{100 * total.share:.0f} % of {total.count} explanations reach "
        f"{100 * ENOUGH:.0f} % (95 % interval {100 * total.low:.0f} to "
        f"{100 * total.high:.0f} %); mean {100 * total.mean:.0f} %{left}"
    )
