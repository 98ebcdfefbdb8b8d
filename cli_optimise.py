"""``s3ns optimise``: better wordings of questions, by reflection."""

from __future__ import annotations

from pathlib import Path

import click

from s3ns.report.console import Console, guarded
from s3ns.report.options import (
    device,
    examples,
    fps,
    model,
    output,
    overwrite,
    own_settings,
    settings,
)


@click.command(
    epilog=examples(
        "s3ns optimise development.csv --model NAME \\",
        "    --set server=http://127.0.0.1:8000/v1 --set signs=tonic -o wording.json",
        "s3ns extract clip.mp4 --extractor mllm --set wording=wording.json ...",
    )
)
@click.argument(
    "table",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="CSV",
)
@model
@settings
@click.option(
    "--calls",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    help="How many questions about signs may be tried.",
)
@device
@fps
@output
@overwrite
@guarded
def optimise(
    console: Console,
    *,
    table: Path,
    model: str | None,
    settings: tuple[tuple[str, str], ...],
    calls: int,
    device: str,
    fps: float,
    output: Path | None,
    overwrite: bool,
) -> None:
    """Let a language model reword its questions where it was wrong.

    CSV has the columns patient, video and document (what is known of the video), with
    paths from its own folder, of at least three patients. Wordings are thought up on
    the videos of some patients, chosen on those of others, and judged on those of the
    rest. Use a development set: what was used here is spent for testing.
    """
    import msgspec

    from s3ns.facts import Document, InputError
    from s3ns.facts.document import write_text
    from s3ns.facts.tables import rows
    from s3ns.neural.container import probe
    from s3ns.neural.extractor import ExtractOptions, read_settings
    from s3ns.neural.mllm.extractor import aids_of
    from s3ns.neural.mllm.interview import Interviewer, open_backend
    from s3ns.neural.mllm.optimise import examples_of
    from s3ns.neural.mllm.optimise import optimise as look_for_better
    from s3ns.neural.mllm.plan import whole
    from s3ns.neural.mllm.settings import MllmSettings
    from s3ns.neural.mllm.wording import Wording, read_wording

    console.check_target(output, overwrite=overwrite)
    how = read_settings("mllm", MllmSettings, own_settings(settings, model=model))
    options = ExtractOptions(fps=fps, device=device)
    backend = open_backend(how, device)
    known = []
    patients: dict[str, str] = {}
    with Interviewer(backend) as interviewer:
        for row in rows(table, ("patient", "video", "document")):
            video = table.parent / row["video"]
            recording = probe(video)
            patient = row["patient"].strip()
            if not patient or patients.setdefault(recording.sha256, patient) != patient:
                raise InputError(
                    f"{table} names {'another' if patient else 'no'} patient for "
                    f"{row['video']}; wordings would be judged on whom they are from"
                )
            aids = aids_of(how, options, recording)
            plan = whole(
                how.asked_signs(),
                recording,
                (0.0, recording.duration),
                settings=how,
                backend=backend,
                fps=fps,
            )
            truth = Document.read(table.parent / row["document"])
            if truth.recording.sha256 not in {"", recording.sha256}:
                raise InputError(
                    f"{row['document']} is of another recording than {row['video']}; "
                    f"name the one that belongs to it in {table}"
                )
            known += examples_of(patient, video, truth, plan, aids, sound=backend.hears)
        start = read_wording(Path(how.wording)) if how.wording else Wording()
        found = look_for_better(known, interviewer, calls=calls, start=start)
    console.say(
        f"right on patients never looked at: {100 * found.before:.0f} % before, "
        f"{100 * found.after:.0f} % after ({found.counts[2]} questions)"
    )
    text = msgspec.json.format(msgspec.json.encode(found.wording), indent=2).decode()
    if output is None or console.is_dash(output):
        console.print(text)
    else:
        write_text(output, f"{text}\n")
