"""``s3ns fuse``: several extractors as one, by their reliability."""

from __future__ import annotations

from pathlib import Path

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import as_json, documents_argument, examples, output, overwrite


def _table(text: str) -> tuple[str, Path]:
    source, equals, file = str(text).partition("=")
    if not (equals and Path(file).is_file()):
        raise click.BadParameter(f"{text!r} is not SOURCE=FILE with a table there")
    return source, Path(file)


@click.command(
    epilog=examples(
        "s3ns fuse landmarks.json mllm.json -o fused.json \\",
        "    --reliability landmarks=a/reliability.csv "
        "--reliability mllm=b/reliability.csv",
        "s3ns reason fused.json",
    )
)
@documents_argument
@click.option(
    "--reliability",
    "tables",
    type=_table,
    multiple=True,
    required=True,
    metavar="SOURCE=FILE",
    help="How a source of findings reports each sign, as s3ns learn reliability "
    "measured it; may be given several times.",
)
@output
@overwrite
@as_json
@guarded
def fuse(
    console: Console,
    *,
    documents: tuple[Path, ...],
    tables: tuple[tuple[str, Path], ...],
    output: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Let several extractors speak as one on a recording.

    DOCUMENT holds findings of one recording by one source or several. The confidence of
    a finding becomes the probability that its sign was there, by what each source says
    of it and how reliable that source is; who sees a sign no better than chance cannot
    deny it.
    """
    from s3ns.symbolic.fusion import fused
    from s3ns.symbolic.learned import read_table

    console.check_target(output, overwrite=overwrite)
    known = {source: read_table(path) for source, path in tables}
    found = fused([console.read(path) for path in documents], known)
    console.deliver(found, output, as_json=as_json, name=found.recording.id)
