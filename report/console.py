"""Where the command line speaks: results on one stream, all else on the other."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from s3ns.facts import Document, S3nsError
from s3ns.facts.document import check_writable
from s3ns.report import progress

INTERRUPTED = 130
"""Exit code after Ctrl-C, 128 and the number of the signal."""


@dataclass(frozen=True)
class Console:
    """How much is said, and where.

    Attributes
    ----------
    quiet
        Whether only results and errors are said.
    verbose
        Whether details are said as well.
    debug
        Whether errors come with their traceback.
    """

    quiet: bool
    verbose: bool
    debug: bool

    @property
    def width(self) -> int:
        """Columns to fill, as people like to read them."""
        return min(100, max(60, shutil.get_terminal_size((100, 24)).columns))

    @property
    def table_width(self) -> int:
        """Columns at which tables are cut; piped ones are not cut."""
        if sys.stdout.isatty():
            return shutil.get_terminal_size().columns
        return sys.maxsize

    @property
    def is_unicode(self) -> bool:
        """Whether the standard output takes any character."""
        return "utf" in _encoding().lower()

    def print(self, text: str) -> None:
        """Write a result to the standard output."""
        encoding = _encoding()
        shown = text.encode(encoding, "replace").decode(encoding)
        click.echo(shown, nl=not shown.endswith("\n"))

    def say(self, text: str) -> None:
        """Say what is going on, unless quiet."""
        if not self.quiet:
            click.echo(text, err=True)

    def detail(self, text: str) -> None:
        """Say a detail, if asked for."""
        if self.verbose:
            click.echo(text, err=True)

    def progress(
        self, stage: str, *, unit: str = ""
    ) -> AbstractContextManager[progress.Report]:
        """Show how far a stage is, in seconds of video or another unit."""
        return progress.shown(stage, quiet=self.quiet, unit=unit)

    def read(self, path: Path) -> Document:
        """Read a Document from a file or the standard input."""
        if self.is_dash(path):
            raw = sys.stdin.buffer.read()
            return Document.from_json(raw, name="the standard input")
        return Document.read(path)

    def check_target(
        self, target: Path | None, *, overwrite: bool, source: Path | None = None
    ) -> None:
        """Refuse early what could not be written later, or would replace the source."""
        if target is None or self.is_dash(target):
            return
        if source and source.exists() and target.exists() and target.samefile(source):
            raise click.UsageError(
                f"{target} is what is read; name another file to write"
            )
        if target.is_dir():
            raise click.UsageError(f"{target} is a folder; name a file")
        if target.exists() and not overwrite:
            raise click.UsageError(f"{target} is there; add --overwrite to replace it")
        if not target.parent.is_dir():
            raise click.UsageError(f"there is no folder {target.parent}")
        check_writable(target.parent)

    def deliver(
        self, document: Document, target: Path | None, *, as_json: bool, name: str
    ) -> None:
        """Write a Document to its file, and show it."""
        from s3ns.report.terminal import screen  # noqa: PLC0415  (only needed here)

        to_file = target is not None and not self.is_dash(target)
        if to_file and target is not None:
            document.write(target)
        for remark in (r for step in document.provenance for r in step.remarks):
            self.say(f"note: {remark}")
        if as_json or (target is not None and not to_file):
            self.print(document.to_json())
            return
        saved = str(target) if to_file else None
        self.print(screen(document, name=name, saved=saved, width=self.width))

    def source(self, name: str) -> str:
        """Tell where the value of a parameter comes from."""
        context = click.get_current_context()
        found = context.get_parameter_source(name)
        if found is ParameterSource.ENVIRONMENT:
            parameter = next(p for p in context.command.params if p.name == name)
            return f"from {parameter.envvar}"
        if found is ParameterSource.DEFAULT_MAP:
            return f"from {context.obj[name].file}"
        return "from the option" if found is ParameterSource.COMMANDLINE else "default"

    @staticmethod
    def is_dash(path: Path) -> bool:
        """Tell whether a path stands for a standard stream."""
        return str(path) == "-"


def guarded(body: Callable[..., None]) -> Callable[..., None]:
    """Give a command its console and the options of it, and word its errors."""

    @click.option("-q", "--quiet", is_flag=True, help="Say only results and errors.")
    @click.option("-v", "--verbose", is_flag=True, help="Say details as well.")
    @click.option("--debug", is_flag=True, help="Show tracebacks of errors.")
    @click.option(
        "--no-color", is_flag=True, help="Print no colours; so does NO_COLOR."
    )
    @wraps(body)
    def command(
        *, quiet: bool, verbose: bool, debug: bool, no_color: bool, **given: Any
    ) -> None:
        context = click.get_current_context()
        if no_color or os.environ.get("NO_COLOR"):
            context.color = False
        try:
            body(Console(quiet, verbose, debug), **given)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            context.exit(INTERRUPTED)
        except Exception as error:
            if debug:
                traceback.print_exc()
            click.echo(f"Error: {_worded(error)}", err=True)
            context.exit(getattr(error, "exit_code", S3nsError.exit_code))

    return command


def _worded(error: Exception) -> str:
    if isinstance(error, S3nsError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        place = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{place}"
    return (
        f"internal error, {type(error).__name__}: {error}; please report it with what "
        "--debug shows"
    )


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"
