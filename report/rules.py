"""Rules and what is wrong with them, for the terminal and the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol


class Fault(Protocol):
    """What is shown of a fault in a rule file."""

    @property
    def severity(self) -> str:
        """``error`` or ``warning``."""

    @property
    def file(self) -> str:
        """Name of the file, as Documents give it."""

    @property
    def line(self) -> int:
        """Line, from one."""

    @property
    def column(self) -> int:
        """Column, from one."""

    @property
    def code(self) -> str:
        """Stable code."""

    @property
    def message(self) -> str:
        """One line."""


def fault_lines(fault: Fault, path: str, lines: Sequence[str]) -> str:
    """Return a fault as compilers word it, with the line and a caret under the place.

    Parameters
    ----------
    fault
        The fault.
    path
        The file as an editor finds it.
    lines
        Of the file.
    """
    head = (
        f"{path}:{fault.line}:{fault.column}: {fault.severity}[{fault.code}]: "
        f"{fault.message}"
    )
    if not 0 < fault.line <= len(lines):
        return head
    line = lines[fault.line - 1]
    # Tabs stay tabs, so that the caret stands where the place is.
    before = "".join("\t" if sign == "\t" else " " for sign in line[: fault.column - 1])
    return f"{head}\n    {line}\n    {before}^"


def faults_text(
    faults: Iterable[Fault],
    paths: Mapping[str, str],
    texts: Mapping[str, Sequence[str]],
) -> str:
    """Return all faults; ``paths`` and ``texts`` are those of the files by name."""
    return "\n".join(
        fault_lines(fault, paths.get(fault.file, fault.file), texts.get(fault.file, ()))
        for fault in faults
    )


def counted(count: int, noun: str) -> str:
    """Return ``no errors``, ``1 error`` or ``2 errors``."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
