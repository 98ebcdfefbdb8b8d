"""The command ``s3ns export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import examples, overwrite

if TYPE_CHECKING:
    from s3ns.neural.encoders.export import Exportable, Sample
    from s3ns.neural.encoders.parity import OutputParity, Speed

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command(
    epilog=examples(
        "s3ns export model/fold-0 -o encoder.onnx --check",
        "s3ns export model/fold-0 -o small.onnx --precision int8 --calibrate clips/",
        "s3ns extract clip.mp4 --extractor encoder --model encoder.onnx",
    )
)
@click.argument("model", type=_FOLDER)
@click.option("-o", "--output", type=_FILE, required=True, help="The ONNX file.")
@click.option(
    "--precision",
    type=click.Choice(["fp32", "fp16", "int8"]),
    default="fp32",
    show_default=True,
    help="int8 needs --calibrate.",
)
@click.option(
    "--calibrate",
    type=click.Path(path_type=Path, exists=True),
    metavar="VIDEOS",
    help="Videos on which the ranges for int8 are measured.",
)
@click.option(
    "--check", is_flag=True, help="Print differences from torch, and both speeds."
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Threads for either in --check.",
)
@overwrite
@guarded
def export(
    console: Console,
    *,
    model: Path,
    output: Path,
    precision: Literal["fp32", "fp16", "int8"],
    calibrate: Path | None,
    check: bool,
    threads: int,
    overwrite: bool,
) -> None:
    """Write a trained encoder as an ONNX file.

    MODEL is a folder that s3ns train has written. The file states what it was trained
    to see and on what, and is compared with torch before it is put into place: an fp32
    file that differs by more than 1e-4 is not written. It is what
    --extractor encoder runs.
    """
    from s3ns.neural.encoders.packages import require

    console.check_target(output, overwrite=overwrite)
    if precision == "int8" and calibrate is None:
        raise click.UsageError(
            "--precision int8 needs --calibrate VIDEOS to measure ranges on"
        )
    require("torch", "torchvision", "transformers", "onnxscript", "onnxruntime")
    from s3ns.neural.encoders.export import export as write
    from s3ns.neural.encoders.parity import measure

    wanted = _source(model)
    samples = [] if calibrate is None else _calibration(calibrate, model)
    parity = write(wanted, output, precision=precision, calibration=samples)
    if check:
        speed = measure(wanted.network, output, wanted.samples[0], threads=threads)
        console.print(_report(parity, speed, console.table_width))
    console.say(f"{output.stat().st_size / 1e6:.1f} MB in {output}")


def _source(model: Path) -> Exportable:
    from s3ns.neural.encoders.sources import encoder_in

    return encoder_in(model)


def _calibration(videos: Path, model: Path) -> list[Sample]:
    from s3ns.batch import find_videos
    from s3ns.neural.encoders.card import EncoderCard
    from s3ns.neural.encoders.sources import calibration_windows

    return calibration_windows(find_videos([videos]), EncoderCard.read(model).view)


def _report(parity: list[OutputParity], speed: Speed, width: int) -> str:
    from s3ns.report.tables import table

    outputs = table(
        ("output", "largest difference", "1 - cosine", "largest value"),
        [
            (one.output, f"{one.largest:.1e}", f"{one.cosine:.1e}", f"{one.scale:.3g}")
            for one in parity
        ],
        width=width,
    )
    seconds = table(
        ("threads", "torch eager", "onnxruntime", "times as fast"),
        [
            (
                str(speed.threads),
                f"{speed.torch * 1000:.1f} ms",
                f"{speed.onnxruntime * 1000:.1f} ms",
                f"{speed.gain:.2f}",
            )
        ],
        width=width,
    )
    return f"{outputs}\n{seconds}"
