"""``s3ns bench questions``: the question list of Task 2, put together."""

from __future__ import annotations

import json
from pathlib import Path

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import as_json, examples, s3_data

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(
    epilog=examples(
        "s3ns bench questions --data S3/ middle_results/m_video_feature_scores.csv",
        "s3ns bench questions --data S3/ answers.csv",
    ),
)
@s3_data
@click.argument("tables", nargs=-1, required=True, type=_FILE, metavar="TABLE...")
@as_json
@guarded
def questions(
    console: Console, *, data: Path, tables: tuple[Path, ...], as_json: bool
) -> None:
    """Put the scores of the question list together: the mean over signs of means.

    TABLE has scores of videos, with a column for each sign or the columns feature and
    score; or a language model's answers to the questions of each sign, in the columns
    feature, label, expert_label, answers and expert_answers, with | between answers.

    Beside them stands what denying every sign scores.
    """
    from s3ns.benchmarks.s3.interpretation import (
        always_no,
        overall,
        read_scores,
        sign_scores,
    )
    from s3ns.benchmarks.s3.rigorous import TRIVIAL
    from s3ns.benchmarks.s3.tables import Damage, brief, open_checkout
    from s3ns.benchmarks.s3.truth import ANNOTATION
    from s3ns.report.tables import table

    damage = Damage()
    found = {path.stem: read_scores(path, damage) for path in tables}
    rows = open_checkout(data).truth(ANNOTATION)
    signs = list(dict.fromkeys(sign for of in found.values() for sign in of))
    labels = {sign: [row.get(sign, "") for row in rows] for sign in signs}
    found[f"{TRIVIAL}always no"] = {s: v for s, v in always_no(labels).items() if v}
    for line in brief(damage.lines()):
        console.say(f"note: {line}")
    means = {name: sign_scores(of) for name, of in found.items()}
    if as_json:
        body = {
            n: {"overall": overall(of), "signs": means[n]} for n, of in found.items()
        }
        console.print(json.dumps(body, indent=1))
        return
    shown = [
        [name, f"{overall(of):.2f}", *(_cell(means[name].get(sign)) for sign in signs)]
        for name, of in found.items()
    ]
    console.print(table(["system", "all", *signs], shown, width=console.table_width))


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
