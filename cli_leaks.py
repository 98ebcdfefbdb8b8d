"""``s3ns bench leaks``: what would make scores too good."""

from __future__ import annotations

from pathlib import Path

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import as_json, examples, s3_data

_ANY = click.Path(path_type=Path, exists=True)


@click.command(
    epilog=examples(
        "s3ns bench leaks --data S3/",
        "s3ns bench leaks --data S3/ --prompts transcripts/ --folds folds.csv",
    ),
)
@s3_data
@click.option(
    "--prompts",
    type=_ANY,
    multiple=True,
    metavar="PATH",
    help="A file, or a folder, of what a model is shown.",
)
@click.option(
    "--folds",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    metavar="FILE",
    help="A CSV file with the columns fold and patient or file_name, besides that of "
    "the checkout.",
)
@as_json
@guarded
def leaks(
    console: Console,
    *,
    data: Path,
    prompts: tuple[Path, ...],
    folds: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Look for prompts that tell the answer, and folds that share a patient.

    Names of videos hold label and patient. What is found is counted and never named;
    exit code 1 if there is any.
    """
    import msgspec

    from s3ns.benchmarks.s3 import leaks as search
    from s3ns.benchmarks.s3.tables import FOLDS, Damage, open_checkout
    from s3ns.benchmarks.s3.truth import read_truth

    videos = [event.video for event in read_truth(open_checkout(data)).events]
    found = [
        leak
        for table in (data / FOLDS, *folds)
        for leak in search.leaks_in_folds(table, Damage())
    ]
    for path in prompts:
        found += search.leaks_in_prompts(path, videos)
    if as_json:
        console.print(msgspec.json.encode(found).decode())
    else:
        for leak in found:
            console.print(f"{leak.file}: {leak.what} ({leak.times})")
        searched = f"{1 + len(folds)} tables of folds, {len(prompts)} places of prompts"
        console.print(f"{searched}: {len(found) or 'no'} leaks")
    if found:
        click.get_current_context().exit(1)
