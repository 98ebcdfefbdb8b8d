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
"""Called with what is done and what there is in all, as a rule seconds of video."""


@contextmanager
def shown(stage: str, *, quiet: bool, unit: str = "") -> Iterator[Report]:
    """Show the progress of a stage while the block runs.

    Parameters
    ----------
    stage
        What is being done, such as ``looking at clip.mp4``.
    unit
        What is counted, where it is not seconds of video.
    quiet
        Whether nothing is to be said.
    """
    if quiet:
        yield lambda _done, _total: None
    elif sys.stderr.isatty():
        with _bar(stage, unit) as report:
            yield report
    else:
        yield _Lines(stage, unit)


@contextmanager
def _bar(stage: str, unit: str) -> Iterator[Report]:
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
            reached = _reached(done, total, unit)
            bar.update(task, completed=done, total=total, reached=reached)

        yield report


class _Lines:
    def __init__(self, stage: str, unit: str) -> None:
        self._stage, self._unit = stage, unit
        self._last = time.monotonic()

    def __call__(self, done: float, total: float) -> None:
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            text = f"{self._stage}: {_reached(done, total, self._unit)}"
            click.echo(text, err=True)


def _reached(done: float, total: float, unit: str) -> str:
    if unit:
        return f"{done:.1f} of {total:g} {unit}"
    return f"{clock(done)} of {clock(total)}"
