"""``s3ns bench pathmotion``: the tables of PathMotion."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from s3ns.facts import CapabilityError
from s3ns.report.console import Console, guarded
from s3ns.report.options import as_json, examples

if TYPE_CHECKING:
    from s3ns.benchmarks.pathmotion import SignScores

_COLUMNS = {
    "sign": "sign",
    "n": "n",
    "positive": "yes",
    "answered": "answered",
    "precision": "P",
    "recall": "R",
    "f1": "F1",
    "low": "low",
    "high": "high",
    "accuracy": "acc",
    "balanced_accuracy": "bal",
    "mcc": "MCC",
    "always_yes": "F1 all yes",
    "auc": "AUC",
}
"""Columns of the printed table, by the measure that they show."""


@click.command(
    epilog=examples(
        "s3ns bench pathmotion --data PathMotion/ answers.csv",
        "s3ns bench pathmotion --data PathMotion/ base.csv pose.csv --json",
        "s3ns bench pathmotion --data PathMotion/ audio.csv --paper-compat",
        "s3ns bench pathmotion --data PathMotion/ --networks vivit/ --tuned",
    )
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    required=True,
    help="A checkout of PathMotion.",
)
@click.argument(
    "answers",
    nargs=-1,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="[TABLE]...",
)
@click.option(
    "--networks",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="A folder with a table of probabilities for each sign, such as tonic.csv.",
)
@click.option(
    "--tuned",
    is_flag=True,
    help="Take thresholds from the other folds instead of 0.5.",
)
@click.option(
    "--paper-compat", is_flag=True, help="Score as published, with its omissions."
)
@as_json
@guarded
def pathmotion(
    console: Console,
    *,
    data: Path,
    answers: tuple[Path, ...],
    networks: Path | None,
    tuned: bool,
    paper_compat: bool,
    as_json: bool,
) -> None:
    """Score answers to the signs of PathMotion's videos.

    TABLE has a column file_name, of segments or whole videos, and one for each sign.
    Tables of networks have file_name, prob_1 and perhaps fold; a patient shows a sign
    where any segment does.

    Every annotated video counts, and a missing answer is wrong. With --paper-compat,
    failed and missing ones are left out, and events stand for patients.
    """
    try:
        from s3ns.benchmarks.pathmotion import read_annotation, read_answers, sign_table
        from s3ns.benchmarks.pathmotion_patients import patient_table
        from s3ns.benchmarks.s3.tables import Damage
    except ImportError as error:
        raise CapabilityError(
            f"the benchmarks need the package {error.name}; pip install 's3ns[bench]'"
        ) from error
    if not answers and networks is None:
        raise click.UsageError("name a TABLE of answers, or a folder with --networks")
    if tuned and networks is None:
        raise click.UsageError("--tuned needs --networks; answers have no threshold")
    damage = Damage()
    truth = read_annotation(data, damage)
    found: dict[str, list[SignScores]] = {}
    for path in answers:
        said = read_answers(path, damage)
        damage.note(
            path.name, "video that is not annotated", len(set(said) - set(truth))
        )
        found[path.stem] = sign_table(said, truth, paper=paper_compat)
    if networks is not None:
        found[networks.name] = list(
            patient_table(networks, truth, damage, tuned=tuned, paper=paper_compat)
        )
    for line in damage.lines():
        console.say(f"note: {line}")
    console.print(_json(found) if as_json else _tables(found, console.table_width))


def _json(found: dict[str, list[SignScores]]) -> str:
    import msgspec

    plain = {name: [asdict(s) for s in scores] for name, scores in found.items()}
    return msgspec.json.format(msgspec.json.encode(plain), indent=2).decode()


def _tables(found: dict[str, list[SignScores]], width: int) -> str:
    from s3ns.report.tables import table

    texts = []
    for name, scores in found.items():
        shown = [c for c in _COLUMNS if any(_is_there(s, c) for s in scores)]
        header = [_COLUMNS[column] for column in shown]
        rows = [[_cell(getattr(s, c)) for c in shown] for s in scores]
        texts.append(f"{name}\n{table(header, rows, width=width)}")
    return "\n".join(texts)


def _is_there(scores: SignScores, column: str) -> bool:
    """Whether there is such a measure; as published there are no intervals."""
    value = getattr(scores, column, math.nan)
    return isinstance(value, str) or not math.isnan(value)


def _cell(value: str | float) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
