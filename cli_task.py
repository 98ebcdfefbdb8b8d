"""``s3ns task``: the seven tasks of the S3 benchmark."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import (
    device,
    examples,
    model,
    output_folder,
    overwrite,
    own_settings,
    settings,
    videos_argument,
)


@click.command(
    epilog=examples(
        "s3ns task recognition clips/ --model NAME \\",
        "    --set server=http://127.0.0.1:8000/v1 -o result/",
        "s3ns task diagnosis clips/ --model NAME --reports reports.csv -o result/",
    )
)
@click.argument("task")
@videos_argument
@model
@settings
@click.option(
    "--reports",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="CSV",
    help="Expert reports (file_name, report) for the diagnosis with a report; the "
    "model is told them.",
)
@device
@output_folder("Folder for the tables.")
@overwrite
@guarded
def task(
    console: Console,
    *,
    task: str,
    videos: tuple[Path, ...],
    model: str | None,
    settings: tuple[tuple[str, str], ...],
    reports: Path | None,
    device: str,
    output: Path,
    overwrite: bool,
) -> None:
    """Put a task of the S3 benchmark to a language model.

    TASK is recognition, justification, side, onset, sequence, report or diagnosis. The
    tables have the names and columns that the benchmark reads; their rows bear the
    names of the video files. A run that was interrupted goes on where it was, for
    answers are kept.
    """
    from s3ns.batch import find_videos
    from s3ns.facts import S3nsError
    from s3ns.facts.document import write_text
    from s3ns.neural.extractor import ExtractOptions, read_settings
    from s3ns.neural.mllm.settings import MllmSettings
    from s3ns.neural.mllm.tasks import Tables, columns, run_task, table_name

    how = read_settings("mllm", MllmSettings, own_settings(settings, model=model))
    options = ExtractOptions(device=device)
    known = {} if reports is None else _reports(reports)
    tables: Tables = {}
    targets: dict[str, Path] = {}
    failed = 0
    for video in find_videos(videos):
        try:
            found = run_task(task, video, how, options, known.get(video.name))
        except S3nsError as error:
            if error.exit_code != 3:  # the model, not this video
                raise
            failed += 1
            console.say(f"{video.name}: {error}")
            continue
        for name, rows in found.items():
            targets[name] = target = output / table_name(name, how.model)
            # Told after one video, not after all of them.
            if target.exists() and not overwrite:
                raise click.UsageError(
                    f"{target} is there; add --overwrite to replace it"
                )
            tables.setdefault(name, []).extend(rows)
        console.say(f"{video.name}: done")
    output.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, columns(name, rows), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(targets[name], text.getvalue())
        console.print(str(targets[name]))
    if failed:
        click.get_current_context().exit(3)


def _reports(path: Path) -> dict[str, str]:
    from s3ns.facts.tables import rows

    table = rows(path, ("file_name", "report"))
    return {row["file_name"]: row["report"] for row in table if row["report"]}
