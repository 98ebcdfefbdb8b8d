"""The command ``s3ns export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import device, examples, overwrite

if TYPE_CHECKING:
    from s3ns.neural.encoders.export import Calibration, Exportable
    from s3ns.neural.encoders.parity import OutputParity, Speed

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)

Grid = tuple[int, int, int]


def _grid(text: str) -> Grid:
    try:
        time, height, width = (int(part) for part in str(text).split(","))
    except ValueError:
        time = height = width = 0
    if min(time, height, width) < 1:
        raise click.BadParameter(f"{text!r} is not T,H,W in patches")
    return time, height, width


@click.command(
    epilog=examples(
        "s3ns export model/fold-0 -o encoder.onnx --check",
        "s3ns export model/fold-0 -o small.onnx --precision int8 --calibrate clips/",
        "s3ns export Qwen2.5-VL-7B/ -o tower.onnx --grid 1,24,42 --check",
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
    help="Videos on which the ranges for int8 are measured; some are held out to "
    "compare on.",
)
@click.option(
    "--check", is_flag=True, help="Print differences from torch, and both speeds."
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Threads of the CPU for either in --check.",
)
@click.option(
    "--grid",
    type=_grid,
    metavar="T,H,W",
    help="Patches in time, height and width, for the vision tower of a language model.",
)
@device
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
    grid: Grid | None,
    device: str,
    overwrite: bool,
) -> None:
    """Write a trained encoder, or a vision tower, as an ONNX file.

    MODEL is a folder that s3ns train has written, or that holds a Qwen2.5-VL, Qwen3-VL
    or InternVL in the layout of transformers; of these the vision tower is written, for
    one --grid. The file states where it comes from and is compared with torch before it
    is put into place: an fp32 file that differs by more than 1e-4 is not written, of
    others it is said how far they differ. --check tells how fast both are on --device
    as well; on a GPU, onnxruntime runs it as one CUDA graph.

    An exported encoder is what --extractor encoder runs.
    """
    from s3ns.neural.encoders.packages import require

    console.check_target(output, overwrite=overwrite)
    if (precision == "int8") != (calibrate is not None):
        raise click.UsageError(
            "--precision int8 needs --calibrate VIDEOS to measure ranges on, and no "
            "other precision does"
        )
    if precision == "int8" and grid is not None:
        raise click.UsageError("vision towers are written as fp32 or fp16")
    require("torch", "torchvision", "transformers", "onnxscript", "onnxruntime")
    from s3ns.neural.encoders.export import export as write
    from s3ns.neural.encoders.parity import comparable_device, compare, measure

    place = comparable_device(device) if check else "cpu"
    wanted = _source(model, grid)
    seen = None if calibrate is None else _calibration(calibrate, model)
    parity = write(wanted, output, precision=precision, calibration=seen)
    if check:
        original, samples = wanted.original, wanted.samples
        if place != "cpu":
            shown = samples if seen is None else seen.unseen
            parity = compare(original, output, shown, device=place)
        speed = measure(original, output, samples[0], threads=threads, device=place)
        console.print(_report(parity, speed, console.table_width))
        if speed.remark:
            console.say(f"note: {speed.remark}")
    else:
        for one in parity:
            console.say(
                f"{one.output} differs from torch by up to {one.largest:.1e}, where "
                f"the largest value is {one.scale:.3g}"
            )
    console.say(f"{output.stat().st_size / 1e6:.1f} MB in {output}")


def _source(model: Path, grid: Grid | None) -> Exportable:
    from s3ns.neural.encoders.card import CARD_FILE
    from s3ns.neural.encoders.sources import encoder_in
    from s3ns.neural.encoders.towers import tower_in

    if not (model / "config.json").is_file() or (model / CARD_FILE).is_file():
        if grid is not None:
            raise click.UsageError("--grid is for the vision tower of a language model")
        return encoder_in(model)
    if grid is None:
        raise click.UsageError(
            "the vision tower of a language model is exported for one grid of "
            "patches; name it with --grid T,H,W"
        )
    return tower_in(model, grid)


def _calibration(videos: Path, model: Path) -> Calibration:
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
        ("device", "threads", "torch eager", "onnxruntime", "times as fast"),
        [
            (
                speed.device,
                str(speed.threads),
                f"{speed.torch * 1000:.1f} ms",
                f"{speed.onnxruntime * 1000:.1f} ms",
                f"{speed.gain:.2f}",
            )
        ],
        width=width,
    )
    return f"{outputs}\n{seconds}"
