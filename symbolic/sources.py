"""Rule files as read: what was written, and where each piece of it stands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import msgspec

from s3ns.facts import RuleError
from s3ns.symbolic.check_records import Place
from s3ns.symbolic.syntax_tree import Tree

BUILT_IN = "rules"
"""Name of the folder of the rules that s3ns ships."""

CASES = "cases"
"""Folder of the cases, within a folder of rules."""

TEMPLATES = (".yaml", ".yml")
"""How the names of files of templates, and of cases, end."""

_ENDINGS = (".lp", *TEMPLATES)


class Source(msgspec.Struct, frozen=True, dict=True):
    """One file of rules.

    Attributes
    ----------
    name
        Within its folder, folder included.
    text
        In the rule language; made from the sentences in a file of templates.
    places
        For a file of templates, the line and column of the template that each line of
        the text was made from.
    """

    name: str
    text: str
    places: Mapping[int, tuple[int, int]] = {}

    @property
    def heading(self) -> str:
        """The first sentence of the file, if it begins with a comment."""
        first = self.text.partition("\n")[0]
        if not first.startswith("% "):
            return ""
        return first[2:].strip().rstrip(".")

    def at(self, line: int, column: int) -> Place:
        """Return the place that the author wrote, for a place in the text."""
        return Place(self.name, *self.places.get(line, (line, column)))

    def place(self, node: Tree) -> Place:
        """Return the place at which a piece of syntax begins."""
        begin = node.location.begin
        return self.parsed(begin.line, begin.column)

    def parsed(self, line: int, column: int) -> Place:
        """Return the place that the author wrote, for one that clingo gave.

        clingo counts bytes; a caret, and an editor, counts characters.
        """
        ahead = self._lines[line - 1 : line]
        if ahead and not ahead[0].isascii():
            raw = ahead[0].encode()[: column - 1]
            column = len(raw.decode(errors="ignore")) + 1
        return self.at(line, column)

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")


def built_in() -> dict[str, bytes]:
    """Return the rule files that s3ns ships, by name."""
    return {
        f"{BUILT_IN}/{entry.name}": entry.read_bytes()
        for entry in files("s3ns.rules").iterdir()
        if entry.name.endswith(_ENDINGS)
    }


def rule_files(folder: Path) -> dict[str, Path]:
    """Return the rule files of a folder by the names that Documents give them.

    Raises
    ------
    RuleError
        If the folder cannot be read or holds none.
    """
    name = _named(folder)
    try:
        found = {
            f"{name}/{entry.name}": entry
            for entry in sorted(folder.iterdir())
            if entry.name.endswith(_ENDINGS) and entry.is_file()
        }
    except OSError as error:
        raise RuleError(f"cannot read rules from {folder}: {error.strerror}") from error
    _check_names(folder)
    if not found:
        raise RuleError(f"expected rule files (*.lp, *.yaml) in {folder}, found none")
    return found


def case_files(folder: Path | None = None) -> dict[str, bytes]:
    """Return the files of cases of a folder, by default of s3ns, by name.

    Raises
    ------
    RuleError
        If one cannot be read.
    """
    root = files("s3ns.rules") if folder is None else folder
    name = BUILT_IN if folder is None else _named(folder)
    cases = root.joinpath(CASES)
    if not cases.is_dir():
        return {}
    if folder is not None:
        _check_names(folder / CASES)
    try:
        return {
            f"{name}/{CASES}/{entry.name}": entry.read_bytes()
            for entry in cases.iterdir()
            if entry.name.endswith(TEMPLATES)
        }
    except OSError as error:
        raise RuleError(f"cannot read {error.filename}: {error.strerror}") from error


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the contents of the rule files of a folder, by name.

    Raises
    ------
    RuleError
        If one cannot be read, or there is none.
    """
    try:
        return {name: path.read_bytes() for name, path in rule_files(folder).items()}
    except OSError as error:
        raise RuleError(f"cannot read {error.filename}: {error.strerror}") from error


def _check_names(folder: Path) -> None:
    """Refuse files that some editors name otherwise than their authors believe."""
    for entry in sorted(folder.iterdir()):
        if entry.name.endswith(tuple(f"{ending}.txt" for ending in _ENDINGS)):
            right = entry.name.removesuffix(".txt")
            raise RuleError(f"{entry} would not be read; name it {right}")


def _named(folder: Path) -> str:
    """Return the name of a folder, not to be taken for that of s3ns."""
    name = folder.resolve().name
    return f"own-{name}" if name == BUILT_IN else name
