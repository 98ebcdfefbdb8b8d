"""``s3ns extractors``: the producers of findings and what each understands."""

from __future__ import annotations

import json

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import as_json, examples


@click.command(
    epilog=examples(
        "s3ns extractors",
        "s3ns extract clip.mp4 --extractor mllm --model NAME \\",
        "    --set server=http://127.0.0.1:8000/v1",
    )
)
@as_json
@guarded
def extractors(console: Console, *, as_json: bool) -> None:
    """List the extractors and the settings of each, for --set NAME=VALUE."""
    from msgspec.inspect import Metadata, StructType, type_info

    from s3ns.neural.extractor import extractor_names, settings_type
    from s3ns.report.tables import table

    rows: list[tuple[str, str, str, str]] = []
    for name in extractor_names():
        kind = type_info(settings_type(name))
        assert isinstance(kind, StructType)
        rows += [
            (
                name,
                field.name,
                json.dumps(field.default),
                str((field.type.extra_json_schema or {}).get("description", ""))
                if isinstance(field.type, Metadata)
                else "",
            )
            for field in kind.fields
        ] or [(name, "", "", "no settings of its own")]
    header = ("extractor", "setting", "default", "meaning")
    if as_json:
        found = [dict(zip(header, row, strict=True)) for row in rows]
        console.print(json.dumps(found, indent=2))
    else:
        console.print(table(header, rows, width=console.table_width))
