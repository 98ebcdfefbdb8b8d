"""``s3ns check``: another look where it could settle the verdict."""

from __future__ import annotations

from pathlib import Path

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import (
    as_json,
    device,
    document_argument,
    examples,
    fps,
    model,
    models_folder,
    output,
    overwrite,
    own_settings,
    rules,
    rules_only,
    save_enhanced,
    settings,
)


@click.command(
    epilog=examples(
        "s3ns check clip.json clip.mp4 --model NAME \\",
        "    --set server=http://127.0.0.1:8000/v1 -o checked.json",
    )
)
@document_argument
@click.argument("video", type=click.Path(path_type=Path), metavar="VIDEO")
@click.option(
    "--extractor",
    metavar="NAME",
    default="mllm",
    show_default=True,
    help="What looks again; it must answer questions.",
)
@model
@settings
@save_enhanced
@click.option(
    "--rounds",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    help="How often the rules may ask.",
)
@models_folder
@device
@fps
@rules
@rules_only
@output
@overwrite
@as_json
@guarded
def check(
    console: Console,
    *,
    document: Path,
    video: Path,
    extractor: str,
    model: str | None,
    settings: tuple[tuple[str, str], ...],
    save_enhanced: str | None,
    rounds: int,
    models: Path | None,
    device: str,
    fps: float,
    rules: Path | None,
    rules_only: bool,
    output: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Let a language model look again where it could settle the verdict.

    The rules tell which signs in which stretches of VIDEO matter most; the model is
    asked about these alone; its answers join the findings of DOCUMENT, and the verdict
    is derived anew.
    """
    from s3ns.neural.extractor import ExtractOptions
    from s3ns.second_look import check as look_again
    from s3ns.symbolic import Reasoner, with_first_answers

    console.check_target(output, overwrite=overwrite, source=video)
    own = own_settings(settings, model=model, save_enhanced=save_enhanced)
    options = ExtractOptions(fps=fps, device=device, models=models, settings=own)
    judge = Reasoner(rules, alone=rules_only)
    given = console.read(document)
    found = look_again(
        given, video, options, extractor=extractor, reasoner=judge, rounds=rounds
    )
    asked = [step for step in found.provenance if step.stage == "check"]
    console.say(f"the rules asked {len(asked)} times")
    found = with_first_answers(judge.base, found)
    console.deliver(found, output, as_json=as_json, name=video.name)
