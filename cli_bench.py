"""``s3ns bench``: how good systems are, measured alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from s3ns.cli_bench_synthetic import synthetic
from s3ns.cli_leaks import leaks
from s3ns.cli_pathmotion import pathmotion
from s3ns.cli_questions import questions
from s3ns.facts import InputError, bad_value
from s3ns.report.console import Console, guarded
from s3ns.report.options import (
    as_json,
    examples,
    output_folder,
    overwrite,
    rules,
    s3_data,
)

if TYPE_CHECKING:
    from s3ns.benchmarks.s3.scoring import Table
    from s3ns.benchmarks.s3.texts import Similarity

_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(
    epilog=examples(
        "s3ns bench s3 --data SeizureSemiologySuite/ --split lopo",
        "s3ns bench s3 --data SeizureSemiologySuite/ --paper-compat",
        's3ns bench compare run.json "random forest on experts\' findings" '
        '"learned evidence on experts\' findings"',
    )
)
def bench() -> None:
    """Score systems on public benchmarks, as published and as they should be."""


bench.add_command(leaks)
bench.add_command(pathmotion)
bench.add_command(questions)
bench.add_command(synthetic)


@bench.command(
    name="s3",
    epilog=examples(
        "s3ns bench s3 --data S3/ --task 7 --split lopo",
        "s3ns bench s3 --data S3/ --documents ours=results/ --html run.html",
        "s3ns bench s3 --data S3/ --paper-compat --expected expected.json",
    ),
)
@s3_data
@click.option(
    "--task",
    type=click.Choice(["all", *"1234567"]),
    default="all",
    show_default=True,
    help="1 signs, 2 reasons, 3 sides, 4 onsets, 5 order, 6 report, 7 diagnosis.",
)
@click.option(
    "--split",
    type=click.Choice(["full", "fold0", "cv5", "lopo"]),
    default="full",
    show_default=True,
    help="full fits nothing; fold0 scores the published test fold; cv5 and lopo score "
    "all events, what is fitted being fitted to other patients.",
)
@click.option(
    "--documents",
    multiple=True,
    metavar="NAME=DIR",
    help="A folder of Documents to enter as a system; may be given several times.",
)
@click.option(
    "--paper-compat",
    is_flag=True,
    help="Score as published, flaws included; with --split fold0 as the test tables.",
)
@click.option(
    "--expected",
    type=_FILE,
    metavar="FILE",
    help="Compare with expected scores; exit code 1 if a cell differs.",
)
@click.option(
    "--bertscore",
    type=_FOLDER,
    metavar="DIR",
    help="Score texts by the states of the language model in this folder as well.",
)
@rules
@click.option("--csv", "csv", type=_FOLDER, metavar="DIR", help="Write tables as CSV.")
@click.option("--html", "html", type=_FILE, metavar="FILE", help="Write a page.")
@click.option("-o", "--output", type=_FILE, metavar="FILE", help="Keep the run.")
@overwrite
@as_json
@guarded
def s3(
    console: Console,
    *,
    data: Path,
    task: str,
    split: str,
    documents: tuple[str, ...],
    paper_compat: bool,
    expected: Path | None,
    bertscore: Path | None,
    rules: Path | None,
    csv: Path | None,
    html: Path | None,
    output: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Score all systems in the seven tasks of the Seizure-Semiology-Suite.

    Systems are the models of the checkout, folders of Documents, rules and classifiers
    on what experts and models saw, and answers that need no system at all.
    """
    tasks = tuple("1234567") if task == "all" else (task,)
    for target in (html, output):
        console.check_target(target, overwrite=overwrite)
    similarity = None if bertscore is None else _similarity(bertscore)
    if paper_compat:
        if documents or html or csv:
            raise click.UsageError("--paper-compat scores the published models alone")
        _published(
            console,
            data,
            tasks,
            split=split,
            similarity=similarity,
            expected=expected,
            output=output,
            as_json=as_json,
        )
        return
    if expected is not None:
        raise click.UsageError("--expected goes with --paper-compat")
    from s3ns.benchmarks.s3.page import page
    from s3ns.benchmarks.s3.run import run, write_tables
    from s3ns.facts.document import write_text
    from s3ns.symbolic import Reasoner

    entrants = dict(map(_entrant, documents))
    judge = Reasoner(rules) if rules else None
    found = run(data, tasks, split, entrants, judge, similarity=similarity)
    if csv is not None:
        write_tables(csv, found.tables)
    if html is not None:
        write_text(html, page(found))
    if output is not None:
        write_text(output, found.to_json())
    _say_damage(console, found.damage)
    if as_json:
        console.print(found.to_json())
    else:
        console.print(_shown(found.tables, console.table_width))


def _published(
    console: Console,
    data: Path,
    tasks: Sequence[str],
    *,
    split: str,
    similarity: Similarity | None,
    expected: Path | None,
    output: Path | None,
    as_json: bool,
) -> None:
    from s3ns.benchmarks.s3.published import TASKS, Published, differences
    from s3ns.benchmarks.s3.tables import open_checkout, patient_of
    from s3ns.facts.document import write_text
    from s3ns.report.tables import table

    if split not in {"full", "fold0"}:
        raise click.UsageError("--paper-compat knows the splits full and fold0")
    checkout = open_checkout(data)
    patients = None
    if split == "fold0":
        patients = {patient_of(v) for v, fold in checkout.folds.items() if fold == 0}
        if not patients:
            raise InputError("the checkout holds no event of fold 0; use --split full")
    scorer = Published(checkout, patients, similarity)
    found = {TASKS[task]: scorer.scores(task) for task in tasks}
    text = json.dumps(found, indent=1)
    if output is not None:
        write_text(output, text + "\n")
    _say_damage(console, checkout.damage.lines())
    if as_json:
        console.print(text)
    else:
        rows = [
            (task, model, key, " ".join(f"{k}={_cell(v)}" for k, v in values.items()))
            for task, models in found.items()
            for model, scores in models.items()
            for key, values in _flat(scores)
        ]
        header = ("task", "model", "of", "scores")
        console.print(table(header, rows, width=console.table_width))
    if expected is not None:
        compared, wrong = differences(found, expected)
        for line in wrong:
            console.say(line)
        console.say(f"{compared} cells compared, {len(wrong)} differ")
        if wrong:
            click.get_current_context().exit(1)


def _say_damage(console: Console, lines: Sequence[str]) -> None:
    from s3ns.benchmarks.s3.tables import brief

    for line in lines if console.verbose else brief(lines):
        console.say(f"note: {line}")


def _similarity(folder: Path) -> Similarity:
    from s3ns.benchmarks.s3.similarity import HiddenStates

    return HiddenStates(folder)


def _flat(scores: dict[str, object]) -> list[tuple[str, dict[str, object]]]:
    """Divide scores into those of the whole and those of each part."""
    whole = {k: v for k, v in scores.items() if not isinstance(v, dict)}
    parts = [(k, v) for k, v in scores.items() if isinstance(v, dict)]
    return [*([("all", whole)] if whole else []), *parts]


@bench.command(
    epilog=examples(
        's3ns bench compare run.json "trivial: always ES" Qwen2.5-VL-72B-Instruct',
    )
)
@click.argument("result", type=click.Path(path_type=Path, exists=True), metavar="RUN")
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option(
    "--with",
    "second",
    type=click.Path(path_type=Path, exists=True),
    metavar="RUN",
    help="Take B from another run on the same events.",
)
@as_json
@guarded
def compare(
    console: Console,
    *,
    result: Path,
    one: str,
    other: str,
    second: Path | None,
    as_json: bool,
) -> None:
    """Compare two systems in Task 7: B less A, with intervals over patients.

    RUN is kept by s3ns bench s3 -o RUN. Both systems are taken on the same resampled
    patients.
    """
    from s3ns.benchmarks.s3.compare import compared
    from s3ns.benchmarks.s3.run import Run

    first = Run.read(result)
    found = compared(first, one, first if second is None else Run.read(second), other)
    if as_json:
        console.print(json.dumps(vars(found), indent=1))
    else:
        console.print(_shown([found], console.table_width))


@bench.command(
    name="documents",
    epilog=examples(
        "s3ns bench documents --data S3/ -o experts/",
        "s3ns bench documents --data S3/ --model Lingshu-32B -o lingshu/",
    ),
)
@s3_data
@output_folder("Folder for the Documents.")
@click.option(
    "--model", metavar="NAME", help="Write what this model of the checkout said."
)
@overwrite
@guarded
def write_documents(
    console: Console, *, data: Path, output: Path, model: str | None, overwrite: bool
) -> None:
    """Write what the experts saw as Documents, with labels.csv to learn from.

    Recordings and patients bear pseudonyms.
    """
    from s3ns.benchmarks.s3.answers import model_answers
    from s3ns.benchmarks.s3.documents import expert_document
    from s3ns.benchmarks.s3.fitted import documents_of, labels_file
    from s3ns.benchmarks.s3.tables import open_checkout
    from s3ns.benchmarks.s3.truth import read_truth
    from s3ns.facts.document import write_text

    if output.is_dir() and any(output.iterdir()) and not overwrite:
        raise click.UsageError(f"{output} is not empty; add --overwrite to replace")
    checkout = open_checkout(data)
    if model is not None and model not in checkout.models:
        raise InputError(bad_value("model", model, checkout.models))
    truth = read_truth(checkout)
    documents = (
        map(expert_document, truth.events)
        if model is None
        else documents_of(model_answers(checkout, model, truth)[0], truth)
    )
    output.mkdir(parents=True, exist_ok=True)
    for document in documents:
        document.write(output / f"{document.recording.id}.json")
    write_text(output / "labels.csv", labels_file(truth))
    console.print(f"{len(truth.events)} Documents and labels.csv in {output}")


def _entrant(text: str) -> tuple[str, Path]:
    name, separator, folder = text.partition("=")
    if not separator or not Path(folder).is_dir():
        raise click.BadParameter(f"{text!r} is not NAME=DIR with a folder of Documents")
    return name, Path(folder)


def _shown(tables: Sequence[Table], width: int) -> str:
    from s3ns.report.tables import table

    return "\n".join(
        f"{found.title}\n{found.note}\n"
        + table(
            found.columns,
            [[_cell(row.get(c)) for c in found.columns] for row in found.rows],
            width=width,
        )
        for found in tables
        if found.rows
    )


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
