"""The command line: parse, call, print.

The standard output carries the result and nothing else. Everything heavy is imported
when a command runs, so that ``s3ns --help`` answers at once.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from s3ns import __version__
from s3ns.cli_bench import bench
from s3ns.cli_check import check
from s3ns.cli_convert import convert
from s3ns.cli_dataset import dataset
from s3ns.cli_export import export
from s3ns.cli_extractors import extractors
from s3ns.cli_faithfulness import faithfulness
from s3ns.cli_fuse import fuse
from s3ns.cli_learn import learn
from s3ns.cli_optimise import optimise
from s3ns.cli_query import query
from s3ns.cli_rules import rules_group
from s3ns.cli_synth import synth
from s3ns.cli_task import task
from s3ns.cli_train import train
from s3ns.facts import Document, InputError, Label
from s3ns.report.console import Console, guarded
from s3ns.report.options import (
    as_json,
    device,
    document_argument,
    documents_argument,
    examples,
    exit_verdict,
    extraction,
    extractor,
    fps,
    models_folder,
    output,
    overwrite,
    own_settings,
    prevalence,
    resume,
    rules,
    rules_only,
    videos_argument,
)

if TYPE_CHECKING:
    from s3ns.batch import Outcome
    from s3ns.neural.extractor import ExtractOptions

EXIT_VERDICTS = {
    Label.EPILEPTIC_SEIZURE: 10,
    Label.NON_EPILEPTIC_EVENT: 11,
    Label.NO_EVENT: 12,
    Label.INDETERMINATE: 13,
}


@click.group(
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "S3NS",
    },
    epilog=examples(
        "s3ns models pull                      fetch the models, once",
        "s3ns classify clip.mp4                verdict, deciding signs, reasons",
        "s3ns classify clip.mp4 -o clip.json   and keep the result",
        "s3ns explain clip.json                the whole proof",
        "s3ns classify clips/ -o results/      a folder of videos",
        "s3ns extract clip.mp4 -o - | s3ns reason -",
    ),
)
@click.version_option(__version__, prog_name="s3ns")
def main() -> None:
    """From seizure videos to measured findings, a verdict and its proof.

    Research use only: not a medical device, and no diagnosis.

    Exit codes: 0 ran, whatever the verdict; 1 failed; 2 wrong usage; 3 input cannot be
    read; 4 rules are wrong; 5 models are missing; 130 stopped by Ctrl-C.

    An option beats its environment variable, that beats s3ns.cfg in this folder, that
    beats s3ns.cfg in the user's settings folder; s3ns doctor tells where each value
    comes from.
    """
    from s3ns.report.settings import read_settings

    context = click.get_current_context()
    try:
        found = read_settings(_setting_names())
    except InputError as error:
        click.echo(f"Error: {error}", err=True)
        context.exit(error.exit_code)
    context.obj = found
    context.default_map = _defaults(main, {k: v.value for k, v in found.items()})


def _setting_names() -> list[str]:
    """Return the names of the options that settings files may set."""
    return [
        str(option.name)
        for option in doctor.params
        if isinstance(option, click.Option) and option.envvar
    ]


def _defaults(group: click.Group, values: dict[str, str]) -> dict[str, Any]:
    """Return the values for each command of a group that has such an option."""
    defaults: dict[str, Any] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            defaults[name] = _defaults(command, values)
        else:
            names = {option.name for option in command.params}
            defaults[name] = {k: v for k, v in values.items() if k in names}
    return defaults


@main.command(
    epilog=examples(
        "s3ns classify clip.mp4",
        "s3ns classify clip.mp4 --start 0:30 --end 2:10 -o clip.json",
        "s3ns classify ward.mp4 --patient-roi 420,160,600,480",
        "s3ns classify clip.mp4 --json | jq .verdict.label",
        "s3ns classify clips/ -o results/ --resume",
    )
)
@videos_argument
@extraction
@rules
@rules_only
@prevalence
@output
@overwrite
@resume
@as_json
@exit_verdict
@guarded
def classify(
    console: Console,
    *,
    videos: tuple[Path, ...],
    rules: Path | None,
    rules_only: bool,
    prevalence: float | None,
    exit_verdict: bool,
    **settings: Any,
) -> None:
    """Judge videos: findings, verdict and proof.

    VIDEO is a file, or a folder that is searched for videos. One file gives a summary
    on the standard output; with -o FILE its Document is kept as well. Several files or
    a folder need -o DIR, which receives one Document each, named by a pseudonym, and a
    summary.tsv.

    With --exit-verdict the exit code is 10 for an epileptic seizure, 11 for a
    non-epileptic event, 12 for no event and 13 for indeterminate.
    """
    from s3ns import pipeline
    from s3ns.symbolic import Reasoner

    judge = Reasoner(rules, alone=rules_only, prevalence=prevalence)
    job = partial(pipeline.classify, reasoner=judge)
    document = _run(console, videos, job, stage="verdict", **settings)
    if exit_verdict:
        if document is None or document.verdict is None:
            raise click.UsageError("--exit-verdict needs a single video")
        click.get_current_context().exit(EXIT_VERDICTS[document.verdict.label])


@main.command(
    epilog=examples(
        "s3ns extract clip.mp4",
        "s3ns extract clip.mp4 -o clip.json",
        "s3ns extract clips/ -o findings/",
    )
)
@videos_argument
@extraction
@output
@overwrite
@resume
@as_json
@guarded
def extract(console: Console, videos: tuple[Path, ...], **settings: Any) -> None:
    """Look at videos and list what was seen, without a verdict."""
    from s3ns import pipeline

    _run(console, videos, pipeline.extract, stage="findings", **settings)


@main.command(
    epilog=examples(
        "s3ns reason clip.json",
        "s3ns reason clip.json -o clip.json --overwrite",
        "s3ns reason clip.json --rules my-rules/",
        "s3ns reason --case first.json second.json",
    )
)
@documents_argument
@rules
@rules_only
@prevalence
@output
@overwrite
@as_json
@click.option("--case", is_flag=True, help="The Documents are events of one patient.")
@click.option(
    "--cross-check",
    is_flag=True,
    help="Let a second engine judge as well; exit code 1 if it differs.",
)
@guarded
def reason(
    console: Console,
    *,
    documents: tuple[Path, ...],
    rules: Path | None,
    rules_only: bool,
    prevalence: float | None,
    output: Path | None,
    overwrite: bool,
    as_json: bool,
    case: bool,
    cross_check: bool,
) -> None:
    """Judge the findings of a Document.

    DOCUMENT is a file, or - for the standard input. Use it after correcting findings
    by hand, or with rules of your own.

    With --case, each Document is one event of the same patient. Each is judged by
    itself; then their evidence is put together as that of fewer independent events, for
    events of one patient resemble each other.
    """
    from s3ns import pipeline
    from s3ns.cli_case import check_twice, report_case
    from s3ns.symbolic import Reasoner

    if len(documents) > 1 and not case:
        raise click.UsageError("several Documents need --case: events of one patient")
    if case and output is not None:
        raise click.UsageError("--case gives no Document to keep with -o; see --json")
    console.check_target(output, overwrite=overwrite)
    given = [console.read(path) for path in documents]
    judge = Reasoner(rules, alone=rules_only, prevalence=prevalence)
    if cross_check:
        check_twice(console, judge, given)
    if case:
        report_case(console, judge, documents, given, as_json=as_json)
        return
    found = pipeline.reason(given[0], reasoner=judge)
    console.deliver(found, output, as_json=as_json, name="")


@main.command(
    epilog=examples(
        "s3ns explain clip.json",
        "s3ns explain clip.json | less",
        "s3ns explain clip.json --json",
        "s3ns explain clip.json --why-not non_epileptic_event",
        "s3ns explain clip.json --why-not ES-02",
        "s3ns explain clip.json --what-if --robustness --ask",
        "s3ns explain clip.json --graph dot | dot -Tsvg -o proof.svg",
        "s3ns explain clip.json --narrative",
    )
)
@document_argument
@click.option(
    "--why-not",
    metavar="NAME",
    help="Tell why a verdict, a rule or a concept of the rules was not concluded.",
)
@click.option(
    "--what-if",
    is_flag=True,
    help="Tell the smallest change that gives another verdict.",
)
@click.option(
    "--robustness",
    is_flag=True,
    help="Tell how often the verdict holds if findings are dropped by confidence.",
)
@click.option("--ask", is_flag=True, help="Tell where another look would matter most.")
@click.option(
    "--graph",
    type=click.Choice(["dot", "mermaid"]),
    help="Print the proof as a graph, for Graphviz or Mermaid.",
)
@click.option(
    "--narrative",
    "as_narrative",
    is_flag=True,
    help="Tell what happened as a short text; needs no verdict.",
)
@rules
@prevalence
@as_json
@guarded
def explain(
    console: Console,
    *,
    document: Path,
    rules: Path | None,
    prevalence: float | None,
    graph: Literal["dot", "mermaid"] | None,
    as_narrative: bool,
    as_json: bool,
    **questions: Any,
) -> None:
    """Print the whole proof of a verdict, or answer questions about it.

    DOCUMENT is a file, or - for the standard input. Without a question the whole proof
    is printed; questions can be combined, and are put to the rules that gave the
    verdict.
    """
    import msgspec

    from s3ns.report.proof_tree import ASCII, UNICODE, verdict_text

    found = console.read(document)
    is_asked = any(value not in {None, False} for value in questions.values())
    if as_narrative:
        from s3ns.report.narrative import narrative_text

        if graph or as_json or is_asked:
            raise click.UsageError("--narrative goes with no other output or question")
        console.print(narrative_text(found, width=console.width))
        return
    if found.verdict is None or found.proof is None:
        raise InputError(
            f"{document} has no verdict to explain; run s3ns reason {document} first"
        )
    if graph:
        from s3ns.report.proof_graph import graph_text

        if as_json or is_asked:
            raise click.UsageError("--graph goes with no question and not with --json")
        console.print(graph_text(found.proof, graph))
        return
    if is_asked:
        from s3ns.report.inquiry import inquiry_text
        from s3ns.symbolic import RuleBase, inquire

        answers = inquire(
            RuleBase.load(rules, prevalence=prevalence), found, **questions
        )
        if as_json:
            compact = msgspec.json.encode(answers)
            console.print(msgspec.json.format(compact, indent=2).decode())
        else:
            console.print(inquiry_text(answers, width=console.width))
        return
    if as_json:
        compact = msgspec.json.encode(found.proof)
        console.print(msgspec.json.format(compact, indent=2).decode())
        return
    lines = UNICODE if console.is_unicode else ASCII
    width = console.width
    console.print(verdict_text(found.verdict, found.proof, lines=lines, width=width))


main.add_command(rules_group)
main.add_command(query)
main.add_command(bench)
main.add_command(learn)
main.add_command(synth)
main.add_command(train)
main.add_command(export)
main.add_command(dataset)
main.add_command(convert)
main.add_command(extractors)
main.add_command(check)
main.add_command(task)
main.add_command(faithfulness)
main.add_command(fuse)
main.add_command(optimise)


@main.group()
def models() -> None:
    """See, fetch and check the models."""


@models.command(name="list")
@models_folder
@as_json
@guarded
def list_models(console: Console, models: Path | None, as_json: bool) -> None:
    """List the models and whether they are there."""
    from s3ns.neural.models import ModelStore
    from s3ns.report.tables import table

    store = ModelStore(models)
    header = ("name", "state", "size", "licence", "purpose")
    rows = [
        (s.name, s.state, f"{s.size / 1e6:.1f} MB", s.licence, s.purpose)
        for s in store.status()
    ]
    if as_json:
        found = [dict(zip(header, row, strict=True)) for row in rows]
        console.print(json.dumps(found, indent=2))
    else:
        console.print(table(header, rows, width=console.table_width))


@models.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@models_folder
@guarded
def pull(console: Console, names: tuple[str, ...], models: Path | None) -> None:
    """Fetch the models that are missing or damaged, all of them or those named."""
    from s3ns.neural.models import ModelStore

    store = ModelStore(models)
    new = store.pull(list(names) or None, progress=console.say)
    console.print(f"{len(new)} fetched, {len(store.names)} known; see s3ns models list")


@models.command()
@models_folder
@guarded
def verify(console: Console, models: Path | None) -> None:
    """Check every model by its hash; exit code 5 if one is missing or damaged."""
    from s3ns.neural.models import ModelStore

    store = ModelStore(models)
    store.verify()
    console.print(f"all {len(store.names)} models are there and whole")


@main.command()
@models_folder
@device
@extractor
@fps
@rules
@rules_only
@as_json
@guarded
def doctor(console: Console, as_json: bool, **settings: Any) -> None:
    """Show versions, models, rules and settings.

    For each setting it tells where it comes from. The exit code is 0 if s3ns classify
    can run, and 5 if models are missing.
    """
    from s3ns.doctor import examine, examine_settings, exit_code
    from s3ns.report.tables import table

    entries = [
        *examine(
            models=settings["models"],
            device=settings["device"],
            rules=settings["rules"],
            rules_only=settings["rules_only"],
        ),
        *examine_settings(settings, console.source),
    ]
    if as_json:
        import msgspec

        console.print(json.dumps(msgspec.to_builtins(entries), indent=2))
    else:
        rows = [(e.topic, e.name, e.state, e.value) for e in entries]
        header = ("topic", "name", "state", "found")
        console.print(table(header, rows, width=console.table_width))
    click.get_current_context().exit(exit_code(entries))


def _run(
    console: Console,
    videos: tuple[Path, ...],
    job: Callable[..., Document],
    *,
    stage: str,
    output: Path | None,
    overwrite: bool,
    resume: bool,
    as_json: bool,
    **settings: Any,
) -> Document | None:
    """Run a job over one video or many; return the Document where it was one."""
    how: dict[str, Any] = {
        "extractor": settings.pop("extractor"),
        "options": _extract_options(**settings),
    }

    def look(video: Path, place: str = "") -> Document:
        with console.progress(f"{place}looking at {video.name}") as progress:
            return job(video, progress=progress, **how)

    to_folder = resume or (output is not None and output.is_dir())
    if len(videos) == 1 and not videos[0].is_dir() and not to_folder:
        console.check_target(output, overwrite=overwrite, source=videos[0])
        started = time.monotonic()
        document = look(videos[0])
        console.detail(f"took {time.monotonic() - started:.1f} s")
        console.deliver(document, output, as_json=as_json, name=videos[0].name)
        return document
    if output is None or console.is_dash(output):
        raise click.UsageError("several videos, a folder and --resume need -o DIR")
    with _batch(console, output, overwrite, resume, as_json=as_json) as outcomes:
        _run_batch(
            console,
            videos,
            look,
            folder=output,
            outcomes=outcomes,
            resume=resume,
            stage=stage,
        )
    return None


def _extract_options(**settings: Any) -> ExtractOptions:
    from s3ns.neural.extractor import ExtractOptions

    start, end = settings["start"], settings["end"]
    if end is not None and end <= start:
        raise click.UsageError(
            f"--end {end:g} s does not lie after --start {start:g} s"
        )
    short = {name: settings.pop(name) for name in ("model", "save_enhanced")}
    own = own_settings(settings.pop("settings"), **short)
    return ExtractOptions(**settings, settings=own)


def _run_batch(
    console: Console,
    paths: tuple[Path, ...],
    look: Callable[[Path, str], Document],
    *,
    folder: Path,
    outcomes: list[Outcome],
    resume: bool,
    stage: str,
) -> None:
    from s3ns.batch import find_videos, run_all

    videos = find_videos(paths)
    places = {v: f"[{k}/{len(videos)}] " for k, v in enumerate(videos, start=1)}
    for outcome in run_all(
        videos,
        lambda video: look(video, places[video]),
        folder,
        resume=resume,
        is_complete=lambda found: stage == "findings" or found.verdict is not None,
        debug=console.debug,
    ):
        outcomes.append(outcome)
        said = outcome.error or outcome.state
        console.say(f"{places[outcome.video]}{outcome.video.name}: {said}")
        console.detail(f"took {outcome.seconds:.1f} s")


@contextmanager
def _batch(
    console: Console, folder: Path, overwrite: bool, resume: bool, *, as_json: bool
) -> Iterator[list[Outcome]]:
    """Give a list to fill; write and print the summary of it, also if stopped."""
    from s3ns.batch import SUMMARY, holds_results, write_summary
    from s3ns.report.tables import table

    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{folder} is a file; -o names a folder here")
    if folder.is_dir() and holds_results(folder) and not (overwrite or resume):
        raise click.UsageError(
            f"{folder} holds results; add --resume to go on or --overwrite to replace"
        )
    outcomes: list[Outcome] = []
    try:
        yield outcomes
    finally:
        if outcomes:
            write_summary(folder, outcomes, keep_earlier=resume)
    rows = [{"file": outcome.video.name, **outcome.row} for outcome in outcomes]
    if as_json:
        console.print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            if row["verdict"] in list(Label):
                row["verdict"] = Label(row["verdict"]).words
        header = ("file", "recording", "status", "verdict", "strength", "findings")
        cells = [[row[column] for column in header] for row in rows]
        console.print(table(header, cells, width=console.table_width))
    counts = Counter(outcome.state for outcome in outcomes)
    said = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    console.say(f"{len(outcomes)} videos: {said}; summary in {folder / SUMMARY}")
    if counts["failed"]:
        click.get_current_context().exit(1)
