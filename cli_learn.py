"""``s3ns learn``: weights, reliability and rules from annotated Documents."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from s3ns.facts import InputError
from s3ns.report.console import Console, guarded
from s3ns.report.options import examples, output_folder, overwrite, rules

_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)

_documents = click.argument("documents", type=_FOLDER, metavar="DIR")
_labels = click.option(
    "--labels",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    required=True,
    metavar="FILE",
    help="CSV with the columns recording, label (ES or NES) and patient.",
)
_output = output_folder("Folder of rules to write, for --rules.")
_date = click.option(
    "--date",
    metavar="YYYY-MM-DD",
    default=lambda: datetime.date.today().isoformat(),
    help="Date to write into the provenance.  [default: today]",
)


@click.group(
    epilog=examples(
        "s3ns bench documents --data S3/ -o experts/",
        "s3ns learn weights experts/ --labels experts/labels.csv -o learned/",
        "s3ns reason clip.json --rules learned/",
    )
)
def learn() -> None:
    """Learn from Documents with labels.

    What is learned is written as a folder of rules, to be laid over those of s3ns with
    --rules; nothing is applied by itself.
    """


@learn.command(
    epilog=examples(
        "s3ns learn weights experts/ --labels experts/labels.csv -o learned/",
    )
)
@_documents
@_labels
@_output
@click.option(
    "--risk",
    type=click.FloatRange(0.001, 0.5),
    default=0.1,
    show_default=True,
    help="Share of a new patient's events that may be decided wrongly, on average.",
)
@_date
@rules
@overwrite
@guarded
def weights(
    console: Console,
    *,
    documents: Path,
    labels: Path,
    output: Path,
    risk: float,
    date: str,
    rules: Path | None,
    overwrite: bool,
) -> None:
    """Fit the weights of evidence, from where the literature left them.

    Each weight moves as far as the events speak against its source, a sign never
    changes sides, and events of one patient count for less. The margin of a verdict is
    set so that decisions keep the risk.
    """
    from s3ns.symbolic import RuleBase
    from s3ns.symbolic.evidence import evidence_of
    from s3ns.symbolic.learned import read_labelled, weights_layer

    target = _target(console, output, "learned.lp", overwrite=overwrite)
    given = read_labelled(documents, labels)
    evidence = evidence_of(RuleBase.load(rules), given.documents)
    text, fitted, margin = weights_layer(evidence, given, risk, date)
    _write(target, text)
    moved = sum(item.points != item.before for item in fitted)
    console.print(
        f"{moved} of {len(fitted)} weights moved by {len(given.labels)} events; a "
        f"verdict needs a lead of {100 * margin:.0f} points; wrote {target}"
    )


@learn.command(
    epilog=examples(
        "s3ns learn reliability mllm/ --truth experts/ --labels experts/labels.csv "
        "-o believed/",
    )
)
@_documents
@click.option(
    "--truth",
    type=_FOLDER,
    required=True,
    metavar="DIR",
    help="Documents of annotators, of the same recordings.",
)
@_labels
@_output
@_date
@rules
@overwrite
@guarded
def reliability(
    console: Console,
    *,
    documents: Path,
    truth: Path,
    labels: Path,
    output: Path,
    date: str,
    rules: Path | None,
    overwrite: bool,
) -> None:
    """Measure an extractor against annotations, and scale its evidence.

    DIR holds its Documents. Besides the rules, reliability.csv tells sensitivity and
    specificity of each sign with intervals.
    """
    from s3ns.symbolic import RuleBase
    from s3ns.symbolic.evidence import evidence_of
    from s3ns.symbolic.learned import read_all, read_labelled, reliability_layer

    target = _target(console, output, "reliability.lp", overwrite=overwrite)
    given = read_labelled(truth, labels)
    own = {document.recording.id: document for document in read_all(documents)}
    kept = [k for k, d in enumerate(given.documents) if d.recording.id in own]
    if not kept:
        raise InputError(f"no recording of {documents} is labelled in {truth}")
    base = RuleBase.load(rules)
    true = [given.documents[k] for k in kept]
    said = [own[document.recording.id] for document in true]
    text, table = reliability_layer(
        base,
        (said, evidence_of(base, said)),
        (true, evidence_of(base, true)),
        given.labels[kept],
        date,
    )
    _write(target, text)
    _write(target.with_suffix(".csv"), table)
    console.print(f"measured on {len(kept)} events; wrote {target} and its table")


@learn.command(
    name="rules",
    epilog=examples("s3ns learn rules experts/ --labels experts/labels.csv"),
)
@_documents
@_labels
@guarded
def suggest(console: Console, *, documents: Path, labels: Path) -> None:
    """Suggest rules, as sentences for a neurologist to edit.

    They are printed and never applied: what events of one centre suggest is no
    evidence until somebody knows why it should be so.
    """
    from s3ns.symbolic.learned import read_labelled
    from s3ns.symbolic.suggestions import suggestions

    given = read_labelled(documents, labels)
    found = suggestions(given.documents, given.labels, given.patients)
    events = len(given.labels)
    head = "# Suggestions: edit them, give a source of the literature, check them.\n"
    body = [item.as_template(k, events) for k, item in enumerate(found, start=1)]
    console.print("\n".join([head, *body]))


def _target(console: Console, folder: Path, name: str, *, overwrite: bool) -> Path:
    if folder.is_dir():
        console.check_target(folder / name, overwrite=overwrite)
    return folder / name


def _write(path: Path, text: str) -> None:
    from s3ns.facts.document import write_text

    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
