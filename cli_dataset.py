"""The commands ``s3ns dataset sft`` and ``s3ns dataset grpo``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import (
    documents_folder,
    examples,
    output_folder,
    overwrite,
    patients_table,
    videos_argument,
)

if TYPE_CHECKING:
    from s3ns.neural.dataset.records import Kind


@click.group(
    epilog=examples(
        's3ns dataset sft clips/ -o data/ --licence "CC-BY-4.0"',
        's3ns dataset grpo clips/ -o data/ --licence "not to be shared"',
    )
)
def dataset() -> None:
    """Make training data for language models from videos and Documents."""


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        videos_argument,
        output_folder("Folder for the data."),
        click.option(
            "--licence", required=True, help="Of the videos and their annotation."
        ),
        documents_folder,
        patients_table,
        click.option(
            "--validation",
            type=click.FloatRange(0, 0.9),
            default=0.1,
            show_default=True,
            help="Share of the patients that are kept for validation.",
        ),
        click.option("--seed", type=int, default=0, show_default=True),
        overwrite,
    ):
        command = option(command)
    return command


@dataset.command()
@_options
@click.option(
    "--reasoning",
    is_flag=True,
    help="Let the answers begin with the reasoning, from what is seen to the verdict.",
)
@guarded
def sft(console: Console, *, reasoning: bool, **settings: Any) -> None:
    """Write questions with answers, for supervised training.

    The seven tasks of S3: recognition, justification, side, onset, sequence, report and
    diagnosis, the last from Documents with a verdict. Yes and no are made equally many
    for each sign.
    """
    _write(console, "sft", thinking=reasoning, **settings)


@dataset.command()
@_options
@guarded
def grpo(console: Console, **settings: Any) -> None:
    """Write questions with solutions, for reinforcement learning.

    Rewards are in s3ns.neural.dataset.rewards. The card tells what constant answers
    would earn.
    """
    _write(console, "grpo", thinking=True, **settings)


def _write(
    console: Console,
    kind: Kind,
    *,
    thinking: bool,
    videos: tuple[Path, ...],
    output: Path,
    licence: str,
    documents: Path | None,
    patients: Path | None,
    validation: float,
    seed: int,
    overwrite: bool,
) -> None:
    from s3ns.batch import find_videos
    from s3ns.neural.dataset.records import Described, make_records, part_by_patient
    from s3ns.neural.dataset.write import VIDEOS, link_video, write_dataset
    from s3ns.neural.encoders.corpus import find_clips, folders_of

    other = "grpo" if kind == "sft" else "sft"
    if any(output.glob(f"{other}-*")):
        raise click.UsageError(f"{output} holds {other} data; name another folder")
    if any(output.glob(f"{kind}-*")) and not overwrite:
        raise click.UsageError(f"{output} holds {kind} data; add --overwrite")
    found = find_videos(videos)
    own = (output / VIDEOS).resolve()  # what is there is replaced and removed
    if any(video.resolve().is_relative_to(own) for video in found):
        raise click.UsageError(f"videos lie in {output / VIDEOS}; name another folder")
    clips = find_clips(
        found,
        documents=[documents] if documents else folders_of(videos),
        patients=patients,
        remark=lambda text: console.say(f"note: {text}"),
    )
    output.mkdir(parents=True, exist_ok=True)
    recordings = [
        Described(
            document=clip.document,
            patient=clip.patient,
            video=link_video(clip.video, clip.recording.id, output),
        )
        for clip in clips
    ]
    records = make_records(
        recordings, kind=kind, licence=licence, thinking=thinking, seed=seed
    )
    parts = part_by_patient(records, validation, seed)
    files = write_dataset(output, kind, *parts)
    for path in files:
        console.print(str(path))
    if not any(path.suffix == ".parquet" for path in files):
        console.say("note: no Parquet without pyarrow; `pip install 's3ns[train]'`")
    console.say(f"{len(parts[0])} records to train, {len(parts[1])} to validate")
