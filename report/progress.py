"""Telling how far the analysis is: a bar on a terminal, a line now and then elsewhere.

All of it goes to the standard error, so that results can be piped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from s3ns.facts import clock

SECONDS_BETWEEN_LINES = 10.0

Report = Callable[[float, float], None]
"""Called with the seconds analysed and the seconds in all."""


@contextmanager
def shown(stage: str, *, quiet: bool) -> Iterator[Report]:
    """Show the progress of a stage while the block runs.

    Parameters
    ----------
    stage
        What is being done, such as ``looking at clip.mp4``.
    quiet
        Whether nothing is to be said.
    """
    if quiet:
        yield lambda _done, _total: None
    elif sys.stderr.isatty():
        with _bar(stage) as report:
            yield report
    else:
        yield _Lines(stage)


@contextmanager
def _bar(stage: str) -> Iterator[Report]:
    from rich.console import Console  # noqa: PLC0415  (slow to load)
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[reached]}", markup=False),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(stage, total=None, reached="")

        def report(done: float, total: float) -> None:
            reached = f"{clock(done)} of {clock(total)}"
            bar.update(task, completed=done, total=total, reached=reached)

        yield report


class _Lines:
    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._last = time.monotonic()

    def __call__(self, done: float, total: float) -> None:
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            text = f"{self._stage}: {clock(done)} of {clock(total)}"
            click.echo(text, err=True)
