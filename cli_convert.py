"""The command ``s3ns convert``: annotations of other programs, in and out."""

from __future__ import annotations

from pathlib import Path

import click

from s3ns import __version__
from s3ns.facts import InputError, bad_value, vocabulary
from s3ns.report.console import Console, guarded
from s3ns.report.options import examples, overwrite

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    epilog=examples(
        "s3ns convert clip.json -o clip_events.tsv --to bids",
        "s3ns convert clip.json -o clip.eaf --to elan",
        "s3ns convert clip.json -o clip.vtt --to webvtt",
        "s3ns convert clip.eaf -o clip.json --from elan --video clip.mp4",
        "s3ns convert events.tsv -o clip.json --from boris --video clip.mp4 \\",
        "    --looked-for tonic,clonic",
    )
)
@click.argument("source", type=_FILE, metavar="FILE")
@click.option("-o", "--output", type=_FILE, required=True, help="What to write.")
@click.option("--to", "target", metavar="FORMAT", help="bids, elan or webvtt.")
@click.option("--from", "origin", metavar="FORMAT", help="bids, boris or elan.")
@click.option("--video", type=_FILE, help="The recording that was annotated.")
@click.option(
    "--looked-for",
    metavar="SIGNS",
    default="",
    help="Signs, joined by commas, or all: absent wherever nothing was marked of them.",
)
@overwrite
@guarded
def convert(
    console: Console,
    *,
    source: Path,
    output: Path,
    target: str | None,
    origin: str | None,
    video: Path | None,
    looked_for: str,
    overwrite: bool,
) -> None:
    """Turn a Document into annotations of another program, or those into a Document.

    What annotators did not mark proves nothing unless they looked for it: name those
    signs with --looked-for. Training needs both what was seen and what was not.
    """
    from s3ns.facts.annotations import companions, document_of, reader, writer
    from s3ns.neural.container import probe

    if (target is None) == (origin is None):
        raise click.UsageError("name either --to FORMAT or --from FORMAT")
    beside = [] if target is None else companions(target, output)
    for path in (output, *beside):
        console.check_target(path, overwrite=overwrite, source=source)
    if target is not None:
        writer(target)(console.read(source), output)
        return
    if video is None:
        raise click.UsageError("--from needs --video: the recording that was annotated")
    assert origin is not None
    signs = list(vocabulary().by_name) if looked_for == "all" else _names(looked_for)
    document = document_of(
        reader(origin)(source),
        probe(video),
        looked_for=signs,
        stage=origin,
        version=__version__,
    )
    document.write(output)
    for remark in document.provenance[0].remarks:
        console.say(f"note: {remark}")
    console.say(f"{len(document.findings)} findings in {output}")


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in vocabulary().by_name:
            raise InputError(bad_value("sign", name, vocabulary().by_name))
    return names
