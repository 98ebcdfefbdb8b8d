"""``s3ns synth``: films of rendered patients, with exact truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from s3ns.facts import InputError
from s3ns.report.console import Console, guarded
from s3ns.report.options import examples, output_folder, overwrite

if TYPE_CHECKING:
    from s3ns.benchmarks.synthetic.scenario import Scenario


@click.group(
    name="synth",
    epilog=examples(
        "s3ns synth render scenario.yaml -o clip.mp4",
        "s3ns synth suite --seed 1 --count 30 -o suite/",
        "s3ns synth motions",
    ),
)
def synth() -> None:
    """Film rendered patients whose every movement is known.

    They show nobody, and can be shared. Needs pip install 's3ns[synthetic]'.
    """


@synth.command(epilog=examples("s3ns synth render scenario.yaml -o clip.mp4"))
@click.argument("scenario", type=click.Path(path_type=Path), metavar="SCENARIO")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The film, an .mp4 file.",
)
@overwrite
@guarded
def render(console: Console, scenario: Path, output: Path, overwrite: bool) -> None:
    """Film a scenario.

    SCENARIO is a YAML file. Beside the film, clip.mp4, go its truth as a Document,
    clip.truth.json, and what each joint did, clip.curves.npz.
    """
    from s3ns.benchmarks.synthetic.scenario import read_scenario

    console.check_target(output, overwrite=overwrite, source=scenario)
    if output.suffix.lower() != ".mp4":
        raise click.UsageError(f"{output} is no .mp4 file")
    _film(console, read_scenario(scenario), output)
    console.print(str(output))


@synth.command(
    epilog=examples(
        "s3ns synth suite --seed 1 --count 30 -o suite/",
        "s3ns synth suite --seed 1 --count 120 --split test -o test/ --resume",
    )
)
@click.option(
    "--seed", type=click.IntRange(0), required=True, help="Number of the suite."
)
@click.option("--count", type=click.IntRange(1), required=True, help="Number of films.")
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    default="train",
    show_default=True,
    help="What it is for; the suites of one never show what those of another do.",
)
@output_folder("Folder for the films.")
@click.option("--resume", is_flag=True, help="Keep the films that are there already.")
@click.option(
    "--rehearse",
    is_flag=True,
    help="Write no films, but their truth and curves: enough to train on markers.",
)
@guarded
def suite(
    console: Console,
    *,
    seed: int,
    count: int,
    split: str,
    output: Path,
    resume: bool,
    rehearse: bool,
) -> None:
    """Film a balanced random suite: epileptic and functional seizures, and neither.

    Each film has its scenario, its truth and its curves beside it. The same seed gives
    the same suite.
    """
    from s3ns.benchmarks.synthetic.film import TRUTH
    from s3ns.benchmarks.synthetic.suite import write_scenarios

    made = TRUTH if rehearse else ".mp4"
    if not resume and output.is_dir() and any(output.glob(f"*{made}")):
        raise click.UsageError(f"{output} has films; add --resume or name another")
    try:
        scenarios = write_scenarios(output, split, seed, count)
    except OSError as error:
        raise InputError(f"cannot write {output}: {error.strerror}") from error
    kept = 0
    for number, (path, scenario) in enumerate(scenarios, start=1):
        film = path.with_suffix(".mp4")
        if path.with_suffix(made).exists():
            kept += 1
            continue
        place = f"{number} of {count}: "
        if rehearse:
            _rehearse(console, scenario, film, place)
        else:
            _film(console, scenario, film, place)
    console.print(f"{count} films in {output}, {kept} of them there before")


@synth.command(name="motions")
@guarded
def list_motions(console: Console) -> None:
    """List what a patient can do, for the timeline of a scenario."""
    from s3ns.benchmarks.synthetic.motions import MOTIONS
    from s3ns.report.tables import table

    rows = [(m.name, ", ".join(m.sides), m.summary) for m in MOTIONS.values()]
    console.print(table(("motion", "sides", "what"), rows, width=console.table_width))


def _film(console: Console, scenario: Scenario, film: Path, place: str = "") -> None:
    from s3ns.benchmarks.synthetic.film import render as render_film

    with console.progress(f"{place}filming {film.name}") as progress:
        render_film(scenario, film, progress)


def _rehearse(console: Console, scenario: Scenario, film: Path, place: str) -> None:
    from s3ns.benchmarks.synthetic.film import rehearse as play

    with console.progress(f"{place}rehearsing {film.stem}"):
        play(scenario, film)
