"""The command ``s3ns train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from s3ns.facts import InputError
from s3ns.neural.encoders.settings import TrainSettings
from s3ns.report.console import Console, guarded
from s3ns.report.options import (
    as_json,
    device,
    documents_folder,
    examples,
    options_of,
    output_folder,
    patients_table,
    videos_argument,
)

if TYPE_CHECKING:
    from s3ns.neural.encoders.experiment import Report


@click.command(
    epilog=examples(
        "s3ns train clips/ -o model/",
        "s3ns train clips/ -o model/ --documents truth/ --patients patients.tsv",
        "s3ns train clips/ -o model/ --architecture videomae --picture 224 --fold all",
        "s3ns train clips/ -o model/ --resume",
    )
)
@videos_argument
@output_folder("Folder for the encoders.")
@documents_folder
@patients_table
@options_of(TrainSettings, without=["device"])
@click.option("--resume", is_flag=True, help="Go on where an earlier run was stopped.")
@device
@as_json
@guarded
def train(
    console: Console,
    *,
    videos: tuple[Path, ...],
    output: Path,
    documents: Path | None,
    patients: Path | None,
    resume: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Train encoders on clips and what is known of them.

    VIDEO is a file or a folder of clips. What was seen in them, looked for and not
    seen, and not assessable is read from Documents: beside the clips with the same
    name, or anywhere in --documents. What is not assessable teaches nothing.

    The folder receives an encoder for each fold and report.json with its scores on
    patients that it has not seen.
    """
    import msgspec

    from s3ns.batch import find_videos
    from s3ns.neural.encoders.corpus import find_clips, folders_of
    from s3ns.neural.encoders.experiment import run_experiment
    from s3ns.neural.encoders.packages import require

    require("torch")
    wanted = _checked(settings)
    if output.is_dir() and any(output.iterdir()) and not resume:
        raise click.UsageError(
            f"{output} is not empty; add --resume to go on, or name another folder"
        )
    found = find_videos(videos)
    clips = find_clips(
        found,
        documents=[documents] if documents else folders_of(videos),
        patients=patients,
        remark=lambda text: console.say(f"note: {text}"),
    )
    output.mkdir(parents=True, exist_ok=True)
    with console.progress("training", unit="epochs") as progress:
        report = run_experiment(
            clips,
            wanted,
            output,
            resume=resume,
            say=console.detail,
            progress=progress,
        )
    if as_json:
        compact = msgspec.json.encode(report)
        console.print(msgspec.json.format(compact, indent=2).decode())
    else:
        console.print(_table(report, console.table_width))
        console.say(f"encoders and report.json in {output}")


def _checked(settings: dict[str, Any]) -> TrainSettings:
    from s3ns.neural.encoders.architectures import known

    try:
        wanted = TrainSettings(**settings)
        known(wanted.architecture, wanted.size, wanted.view)
    except (ValueError, InputError) as error:
        raise click.UsageError(str(error)) from error
    return wanted


def _table(report: Report, width: int) -> str:
    from s3ns.report.tables import table

    def cell(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    header = ("sign", "videos", "seen", "answered", "F1", "always yes", "balanced")
    rows = [
        (
            one.sign,
            str(one.videos),
            str(one.seen),
            str(one.answered),
            cell(one.f1),
            cell(one.constant_f1),
            cell(one.balanced_accuracy),
            cell(one.mcc),
            cell(one.auc),
        )
        for one in report.scores
    ]
    return table((*header, "MCC", "AUC"), rows, width=width)
