"""``s3ns bench synthetic``: measure s3ns on rendered patients."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import as_json, device, examples, fps, models_folder


@click.command(
    epilog=examples(
        "s3ns synth suite --seed 1 --count 60 --split validation -o suite/",
        "s3ns bench synthetic suite/",
        "s3ns bench synthetic suite/ --keep tracks/ --json > scores.json",
        "s3ns bench synthetic suite/ --documents found/",
    )
)
@click.argument("suite", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--documents",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Score these Documents, of any extractor, instead of looking at the films.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the tracks of the landmarks here, and use those that are there already.",
)
@fps
@device
@models_folder
@as_json
@guarded
def synthetic(
    console: Console,
    *,
    suite: Path,
    documents: Path | None,
    keep: Path | None,
    fps: float,
    device: str,
    models: Path | None,
    as_json: bool,
) -> None:
    """Measure s3ns on films of rendered patients, whose every movement is known.

    SUITE is a folder of films with their truth. Beside the landmark models, the
    detectors are run on the true places of the joints, where the films have their
    curves: what they miss there as well is not the landmarks' fault.
    """
    from s3ns.benchmarks.synthetic import routes
    from s3ns.benchmarks.synthetic.score import by_rules, load, score
    from s3ns.neural.extractor import ExtractOptions

    if documents and keep:
        raise click.UsageError("--keep goes with films, not with --documents")
    judge = by_rules()
    if documents:
        clips = load(suite, routes.from_documents(documents, suite))
        has_markers = False
    else:
        has_markers = routes.has_markers(suite)
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
        options = ExtractOptions(fps=fps, device=device, models=models)
        with console.progress("looking at the films") as progress:
            clips = load(suite, routes.by_models(options, keep, progress))
    found = score(clips, judge)
    if has_markers:
        found["markers"] = score(load(suite, routes.by_markers(fps)), judge)
    if as_json:
        console.print(json.dumps(found, indent=2))
    else:
        console.print(_text(found, width=console.table_width))


def _text(found: dict[str, Any], *, width: int) -> str:
    from s3ns.facts import vocabulary
    from s3ns.report.tables import table

    markers = found.get("markers")

    def by_markers(name: str) -> tuple[str, ...]:
        if markers is None:
            return ()
        heard = vocabulary().by_name[name].modality == "audio"
        f1 = markers["signs"][name]["clips"]["f1"]
        return ("-" if heard else _number(f1),)

    signs = [
        (
            name,
            str(one["clips"]["right"] + one["clips"]["missed"]),
            *(_number(one["clips"][key]) for key in ("precision", "recall", "f1")),
            *by_markers(name),
            _number(one["always_f1"]),
            _number(one["events"]["f1"]),
            _number(one["side_accuracy"]),
            *(_number(one[key]) for key in ("onset_error", "offset_error")),
            f"{one['hidden_right']}/{one['hidden']}",
        )
        for name, one in found["signs"].items()
    ]
    exact = () if markers is None else ("F1 markers",)
    header = ("sign", "clips", "prec", "rec", "F1", *exact, "always", "event F1",
              "side", "onset s", "offset s", "hidden said")  # fmt: skip
    parts = [
        (what, value, str(one["clips"]), *(_number(one[key]) for key in _SHARES))
        for what, values in found["by"].items()
        for value, one in values.items()
    ]
    verdict = found["verdict"]
    figures = [
        *((name.replace("_", " "), _number(v)) for name, v in found["summary"].items()),
        *(
            (f"by markers, {name.replace('_', ' ')}", _number(value))
            for name, value in (markers["summary"] if markers else {}).items()
            if name in {"mean_clip_f1", "mean_event_f1", "side_accuracy"}
        ),
        *(
            (f"verdict {name.replace('_', ' ')}", _number(verdict[name]))
            for name in _VERDICTS
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


_VERDICTS = ("macro_f1_decided", "coverage", "coverage_in_view", "same_answer_macro_f1")
_SHARES = ("precision", "recall", "f1", "side_accuracy", "hidden_said_so")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
