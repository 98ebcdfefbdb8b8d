"""``s3ns bench synthetic``: measure s3ns on rendered patients."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import as_json, examples


@click.command(
    epilog=examples(
        "s3ns synth suite --seed 1 --count 60 --split validation -o suite/",
        "s3ns extract suite/ -o found/",
        "s3ns bench synthetic suite/ found/",
        "s3ns bench synthetic suite/ found/ --json > scores.json",
    )
)
@click.argument("suite", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument(
    "documents", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@as_json
@guarded
def synthetic(console: Console, suite: Path, documents: Path, as_json: bool) -> None:
    """Score what was found in films of rendered patients.

    SUITE is a folder of films with their truth, DOCUMENTS one of what was extracted
    from them.
    """
    from s3ns import pipeline
    from s3ns.benchmarks.synthetic.score import load, score
    from s3ns.facts import Document, Label
    from s3ns.symbolic import Reasoner

    judge = Reasoner()

    def verdict(document: Document) -> Label:
        judged = pipeline.reason(document, reasoner=judge).verdict
        return Label.INDETERMINATE if judged is None else judged.label

    found = score(load(suite, documents), verdict)
    if as_json:
        console.print(json.dumps(found, indent=2))
    else:
        console.print(_text(found, width=console.table_width))


def _text(found: dict[str, Any], *, width: int) -> str:
    from s3ns.report.tables import table

    signs = [
        (
            name,
            str(one["clips"]["right"] + one["clips"]["missed"]),
            *(_number(one["clips"][key]) for key in ("precision", "recall", "f1")),
            _number(one["always_f1"]),
            _number(one["events"]["f1"]),
            _number(one["side_accuracy"]),
            *(_number(one[key]) for key in ("onset_error", "offset_error")),
            f"{one['hidden_right']}/{one['hidden']}",
        )
        for name, one in found["signs"].items()
    ]
    header = ("sign", "clips", "prec", "rec", "F1", "always", "event F1", "side",
              "onset s", "offset s", "hidden said")  # fmt: skip
    parts = [
        (what, value, str(one["clips"]), *(_number(one[key]) for key in _SHARES))
        for what, values in found["by"].items()
        for value, one in values.items()
    ]
    verdict = found["verdict"]
    figures = [
        *((name.replace("_", " "), _number(v)) for name, v in found["summary"].items()),
        *(
            (f"verdict {name.replace('_', ' ')}", _number(verdict[name]))
            for name in ("macro_f1_decided", "coverage", "same_answer_macro_f1")
        ),
        *(
            (
                f"calibration error, {name}",
                f"{_number(one['error'])} ({one['findings']})",
            )
            for name, one in found["calibration"].items()
        ),
    ]
    verdicts = [
        (true, ", ".join(f"{told} {count}" for told, count in sorted(row.items())))
        for true, row in verdict["table"].items()
    ]
    return "\n".join(
        [
            f"{found['clips']} films, {found['minutes']:.1f} minutes\n",
            table(header, signs, width=width),
            table(("by", "", "clips", *_SHARES), parts, width=width),
            table(("truth", "verdicts"), verdicts, width=width),
            table(("figure", "value"), figures, width=width),
        ]
    )


_SHARES = ("precision", "recall", "f1", "side_accuracy", "hidden_said_so")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
