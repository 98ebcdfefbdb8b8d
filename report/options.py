"""The options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

Command = TypeVar("Command", bound=Callable[..., Any])


def examples(*lines: str) -> str:
    """Return worked examples as the end of a help page."""
    return "\b\nExamples\n" + "\n".join(f"  {line}" for line in lines)


def _seconds(text: str) -> float:
    """Read ``75``, ``75.5``, ``1:15`` or ``1:15.5``."""
    minutes, _, seconds = str(text).rpartition(":")
    try:
        value = 60 * int(minutes or 0) + float(seconds)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise click.BadParameter(f"{text!r} is not a time such as 75.5 or 1:15.5")
    return value


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 1 <= value <= 240:
        raise click.BadParameter(f"{text!r} is not a number from 1 to 240")
    return value


def _region(text: str) -> tuple[int, int, int, int]:
    try:
        x, y, width, height = (int(part) for part in str(text).split(","))
    except ValueError:
        x = y = width = height = -1
    if min(x, y) < 0 or min(width, height) <= 0:
        raise click.BadParameter(f"{text!r} is not x,y,width,height in pixels")
    return x, y, width, height


def own_settings(
    settings: Iterable[tuple[str, str]], **short: str | None
) -> dict[str, str]:
    """Return the settings of an extractor, given by --set or by an option for one."""
    given = {name: value for name, value in short.items() if value is not None}
    return {**dict(settings), **given}


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = str(text).partition("=")
    if not (name and equals):
        raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    return name, value


_FILE = click.Path(path_type=Path)
_DOCUMENT = click.Path(path_type=Path, allow_dash=True)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_FOLDER_THERE = click.Path(path_type=Path, file_okay=False, exists=True)
_RULES = _FOLDER_THERE

videos_argument = click.argument(
    "videos", nargs=-1, required=True, type=_FILE, metavar="VIDEO..."
)
documents_argument = click.argument(
    "documents", nargs=-1, required=True, type=_DOCUMENT, metavar="DOCUMENT..."
)
document_argument = click.argument("document", type=_DOCUMENT, metavar="DOCUMENT")

fps = click.option(
    "--fps",
    type=_rate,
    metavar="NUMBER",
    default=15.0,
    show_default=True,
    envvar="S3NS_FPS",
    show_envvar=True,
    help="Pictures analysed per second. Below 14, the tremor of stiff arms is lost.",
)
device = click.option(
    "--device",
    metavar="auto|cpu|cuda|tensorrt",
    default="auto",
    show_default=True,
    envvar="S3NS_DEVICE",
    show_envvar=True,
    help="What the models run on.",
)
models_folder = click.option(
    "--models",
    type=_FOLDER,
    metavar="DIR",
    envvar="S3NS_MODELS",
    show_envvar=True,
    help="Folder of the models.  [default: in the user's cache]",
)
extractor = click.option(
    "--extractor",
    metavar="NAME",
    default="landmarks",
    show_default=True,
    envvar="S3NS_EXTRACTOR",
    show_envvar=True,
    help="Producer of the findings.",
)
model = click.option(
    "--model",
    metavar="NAME",
    help="Model of the extractor; short for --set model=NAME.",
)
save_enhanced = click.option(
    "--save-enhanced",
    metavar="DIR",
    help="Keep what a model was shown that is not as in the video; short for "
    "--set save_enhanced=DIR.",
)
settings = click.option(
    "--set",
    "settings",
    type=_setting,
    metavar="NAME=VALUE",
    multiple=True,
    help="Setting of the extractor; s3ns extractors lists them.",
)
rules = click.option(
    "--rules",
    type=_RULES,
    metavar="DIR",
    envvar="S3NS_RULES",
    show_envvar=True,
    help="Folder of rules to lay over those that s3ns ships.",
)
rules_argument = click.argument(
    "rules", type=_RULES, metavar="[DIR]", required=False, envvar="S3NS_RULES"
)
rules_only = click.option(
    "--rules-only",
    is_flag=True,
    envvar="S3NS_RULES_ONLY",
    show_envvar=True,
    help="Use the folder of rules alone, without those that s3ns ships.",
)
s3_data = click.option(
    "--data",
    type=_FOLDER_THERE,
    required=True,
    metavar="DIR",
    envvar="S3NS_S3_DATA",
    show_envvar=True,
    help="A checkout of the Seizure-Semiology-Suite.",
)
prevalence = click.option(
    "--prevalence",
    type=click.FloatRange(0.01, 0.99),
    metavar="SHARE",
    envvar="S3NS_PREVALENCE",
    show_envvar=True,
    help="Share of epileptic seizures among the events of your site, from which the "
    "odds start.  [default: even odds]",
)
output = click.option(
    "-o",
    "--output",
    type=_DOCUMENT,
    metavar="PATH",
    help="Keep the Document in this file, or Documents in this folder; - is the "
    "standard output.",
)


def output_folder(what: str) -> Callable[[Command], Command]:
    """Return the option for a folder that a command must be given to write to."""
    return click.option(
        "-o", "--output", type=_FOLDER, required=True, metavar="DIR", help=what
    )


def options_of(
    kind: type[msgspec.Struct], *, without: Iterable[str] = ()
) -> Callable[[Command], Command]:
    """Return the options that a struct describes, one for each field, in order.

    Name, kind, range, default and help come from the field, and the word for the value
    from ``metavar`` in its ``extra``.
    """
    from msgspec.inspect import StructType, type_info  # noqa: PLC0415  (only here)

    found = type_info(kind)
    assert isinstance(found, StructType)
    fields = [field for field in found.fields if field.name not in set(without)]

    def add(command: Command) -> Command:
        for field in reversed(fields):
            command = _option_of(field)(command)
        return command

    return add


def _option_of(field: Any) -> Callable[[Command], Command]:
    from msgspec import inspect  # noqa: PLC0415  (only here)

    form, said = field.type, {}
    if isinstance(form, inspect.Metadata):
        said = {**(form.extra_json_schema or {}), **(form.extra or {})}
        form = form.type
    if isinstance(form, inspect.UnionType):  # with None
        form = next(f for f in form.types if not isinstance(f, inspect.NoneType))
    name = f"--{field.name.replace('_', '-')}"
    if isinstance(form, inspect.BoolType):
        return click.option(name, is_flag=True, help=said["description"])
    kind: Any = click.STRING
    if isinstance(form, inspect.LiteralType):
        kind = click.Choice([str(value) for value in form.values])
    elif isinstance(form, inspect.IntType):
        kind = click.IntRange(form.ge, form.le)
    elif isinstance(form, inspect.FloatType):
        least = form.gt if form.ge is None else form.ge
        kind = click.FloatRange(least, form.le, min_open=form.gt is not None)
    elif isinstance(form, inspect.CustomType) and form.cls is Path:
        kind = click.Path(path_type=Path, exists=True)
    return click.option(
        name,
        type=kind,
        default=field.default,
        show_default=field.default is not None,
        metavar=said.get("metavar"),
        help=said["description"],
    )


documents_folder = click.option(
    "--documents",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Folder of the Documents.  [default: the folders of the videos]",
)
patients_table = click.option(
    "--patients",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Table with the columns clip and patient.  [default: one patient for each "
    "folder that holds videos]",
)
overwrite = click.option("--overwrite", is_flag=True, help="Replace what is there.")
resume = click.option(
    "--resume", is_flag=True, help="Keep the Documents that are in the folder already."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
exit_verdict = click.option(
    "--exit-verdict", is_flag=True, help="Tell the verdict by the exit code."
)

_start = click.option(
    "--start",
    type=_seconds,
    metavar="TIME",
    default=0.0,
    help="Begin at 75.5 or 1:15.5.",
)
_end = click.option("--end", type=_seconds, metavar="TIME", help="End there.")
_patient_roi = click.option(
    "--patient-roi",
    type=_region,
    metavar="X,Y,W,H",
    help="Where the patient is, in pixels of the upright picture.",
)
_mirrored = click.option(
    "--mirrored", is_flag=True, help="The recording is mirrored; exchange the sides."
)


def extraction(command: Command) -> Command:
    """Add what may be asked of any extractor."""
    for option in (
        extractor,
        model,
        save_enhanced,
        settings,
        models_folder,
        device,
        _mirrored,
        _patient_roi,
        _end,
        _start,
        fps,
    ):
        command = option(command)
    return command
