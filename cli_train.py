"""The command ``s3ns train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from s3ns.facts import bad_value
from s3ns.report.console import Console, guarded
from s3ns.report.options import (
    as_json,
    device,
    documents_folder,
    examples,
    output_folder,
    patients_table,
    videos_argument,
)

if TYPE_CHECKING:
    from s3ns.neural.encoders.experiment import Plan, Report
    from s3ns.neural.encoders.training import TrainOptions

_COUNT = click.IntRange(min=1)


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
@click.option(
    "--architecture",
    metavar="NAME",
    default="r3d_18",
    show_default=True,
    help="r3d_18, mc3_18, r2plus1d_18, videomae or vivit.",
)
@click.option(
    "--size",
    type=click.Choice(["tiny", "small", "base"]),
    default="base",
    show_default=True,
    help="base is the published network.",
)
@click.option(
    "--start-from",
    type=click.Path(path_type=Path, exists=True),
    metavar="WEIGHTS",
    help="Published weights to begin with (safetensors).",
)
@click.option(
    "--frames", type=_COUNT, default=16, show_default=True, help="Pictures in a window."
)
@click.option(
    "--window-fps",
    type=click.FloatRange(min=0.1, max=240),
    default=8.0,
    show_default=True,
    help="Pictures per second in a window.",
)
@click.option(
    "--picture",
    type=_COUNT,
    default=112,
    show_default=True,
    help="Width and height of the pictures.",
)
@click.option(
    "--stride",
    type=_COUNT,
    help="Pictures from one window to the next.  [default: half a window]",
)
@click.option(
    "--aggregation",
    type=click.Choice(["max", "mean", "noisy-or"]),
    default="max",
    show_default=True,
    help="How the windows of a video are put together.",
)
@click.option(
    "--folds",
    type=_COUNT,
    default=5,
    show_default=True,
    help="Folds of patients: one tests, one stops and sets thresholds, the rest teach.",
)
@click.option(
    "--fold",
    default="0",
    show_default=True,
    metavar="NUMBER|all",
    help="The fold that tests, or each in turn.",
)
@click.option("--epochs", type=_COUNT, default=30, show_default=True)
@click.option(
    "--patience",
    type=_COUNT,
    default=5,
    show_default=True,
    help="Stop after so many epochs without a lower validation loss.",
)
@click.option("--batch", type=_COUNT, default=8, show_default=True)
@click.option(
    "--accumulate",
    type=_COUNT,
    default=1,
    show_default=True,
    help="Batches per step of the optimizer.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=1e-4,
    show_default=True,
    help="Learning rate.",
)
@click.option(
    "--precision",
    type=click.Choice(["fp32", "bf16", "fp16"]),
    default="fp32",
    show_default=True,
    help="bf16 and fp16 are mixed precision.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--no-flip", is_flag=True, help="Never show a window mirrored.")
@click.option("--tensorboard", is_flag=True, help="Write logs for TensorBoard as well.")
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
    plan, options = _plan(**settings), _options(**settings)
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
            plan,
            options,
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


def _plan(**settings: Any) -> Plan:
    from s3ns.neural.encoders.architectures import architecture_names
    from s3ns.neural.encoders.card import View
    from s3ns.neural.encoders.experiment import Plan

    names = architecture_names()
    if settings["architecture"] not in names:
        word = bad_value("architecture", settings["architecture"], names)
        raise click.UsageError(word)
    fold, folds = settings["fold"], settings["folds"]
    choices = [*map(str, range(folds)), "all"]
    if fold not in choices:
        raise click.UsageError(bad_value("fold", fold, choices))
    try:
        view = View(
            frames=settings["frames"],
            fps=settings["window_fps"],
            picture=settings["picture"],
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return Plan(
        architecture=settings["architecture"],
        size=settings["size"],
        view=view,
        stride=settings["stride"] or max(1, view.frames // 2),
        aggregation=settings["aggregation"],
        folds=folds,
        fold=None if fold == "all" else int(fold),
        start_from=settings["start_from"],
        tensorboard=settings["tensorboard"],
    )


def _options(**settings: Any) -> TrainOptions:
    from s3ns.neural.encoders.training import TrainOptions

    names = ("epochs", "batch", "accumulate", "rate", "patience", "precision", "seed")
    return TrainOptions(
        **{name: settings[name] for name in names},
        device=settings["device"],
        flip=not settings["no_flip"],
    )


def _table(report: Report, width: int) -> str:
    from s3ns.report.tables import table

    def cell(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    header = ("sign", "videos", "seen", "F1", "always yes", "balanced", "MCC", "AUC")
    rows = [
        (
            one.sign,
            str(one.videos),
            str(one.seen),
            cell(one.f1),
            cell(one.constant_f1),
            cell(one.balanced_accuracy),
            cell(one.mcc),
            cell(one.auc),
        )
        for one in report.scores
    ]
    return table(header, rows, width=width)
