"""Rules and what is wrong with them, for the terminal and the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

GRADES = {
    "A": "several concordant studies",
    "B": "one sound study",
    "C": "weak or conflicting",
    "design": "a choice of the authors",
}
"""What the grades of evidence mean."""


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


class Compared(Protocol):
    """What is shown of an expectation of a case."""

    @property
    def what(self) -> str:
        """Kind of expectation."""

    @property
    def expected(self) -> str:
        """What was expected."""

    @property
    def got(self) -> str:
        """What came."""

    @property
    def ok(self) -> bool:
        """Whether it came as expected."""


class Changed(Protocol):
    """What is shown of a rule that differs."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def change(self) -> str:
        """``added``, ``left out`` or ``changed``."""


class Reweighed(Protocol):
    """What is shown of evidence that counts differently."""

    @property
    def rule(self) -> str:
        """Id of the rule."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def before(self) -> int:
        """Points it counted for."""

    @property
    def after(self) -> int:
        """Points it counts for."""

    @property
    def text(self) -> str:
        """What it says."""


class Rejudged(Protocol):
    """What is shown of a Document that was judged by two sets of rules."""

    @property
    def name(self) -> str:
        """Name of the Document."""

    @property
    def parts(self) -> Sequence[tuple[str, str, str]]:
        """What differs in the verdict: the part, before, after."""

    @property
    def evidence(self) -> Sequence[Reweighed]:
        """What counts differently."""


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


@dataclass(frozen=True)
class RuleEntry:
    """A rule as it is shown.

    Attributes
    ----------
    id, title, says, source, grade
        What its author says of it.
    denied
        How its absence reads; empty where that is not said.
    kind
        ``rule``, or ``given`` for what holds beforehand.
    file, line
        Where it stands.
    text
        In the rule language.
    cases
        Names of the cases that are about it.
    """

    id: str
    title: str
    says: str
    denied: str
    source: str
    grade: str
    kind: str
    file: str
    line: int
    text: str
    cases: tuple[str, ...]


def entry_text(entry: RuleEntry) -> str:
    """Return all there is to say of a rule."""
    said = f"Sentence  {entry.says}\n"
    if entry.denied:
        said += f"Denial    {entry.denied}\n"
    cases = "\n".join(f"  {name}" for name in entry.cases) or "  none"
    return (
        f"{entry.id}  {entry.title}\n\n"
        f"{said}"
        f"Source    {entry.source}\n"
        f"Grade     {entry.grade} ({GRADES[entry.grade]})\n"
        f"Place     {entry.file}:{entry.line}\n\n"
        f"{entry.text}\n\n"
        f"Cases\n{cases}\n"
    )


def page(entries: Iterable[RuleEntry], headings: Mapping[str, str]) -> str:
    """Return the documentation page of rules, as Markdown.

    Parameters
    ----------
    entries
        The rules, those of a file together.
    headings
        What each file is about, by its name.
    """
    parts = [
        "# Rules\n\n"
        "Every rule that s3ns ships, made from the rule files by `s3ns rules docs`; "
        "edit those, not this page. [Writing rules](writing-rules.md) tells how.\n\n"
        "Grades: " + "; ".join(f"**{key}** {words}" for key, words in GRADES.items())
        + ".\n"
    ]  # fmt: skip
    file = ""
    for entry in entries:
        if entry.file != file:
            file = entry.file
            parts.append(f"## {headings.get(file) or file}\n\nIn `{file}`.\n")
        cases = "".join(f"\n- {name}" for name in entry.cases)
        parts.append(
            f"### {entry.id}: {entry.title}\n\n"
            f"{_sentence(entry.says)}\n\n"
            f"Source: {_escaped(entry.source)}. Grade {entry.grade}.\n\n"
            f"```prolog\n{entry.text}\n```\n"
            + (f"\nCases:\n{cases}\n" if cases else "")
        )
    return "\n".join(parts)


def result_text(name: str, given: Iterable[str], outcomes: Iterable[Compared]) -> str:
    """Return a case that did not come out: its facts, what was expected, what came."""
    lines = [f"FAILED  {name}", *(f"  given     {line}" for line in given)]
    for item in outcomes:
        if not item.ok:
            lines += [
                f"  expected  {item.what}: {item.expected}",
                f"  got       {item.got}",
            ]
    return "\n".join(lines)


def difference_text(rules: Iterable[Changed], verdicts: Iterable[Rejudged]) -> str:
    """Return the rules that differ, and what that makes of each Document."""
    signs = {"added": "+", "left out": "-", "changed": "~"}
    lines = [f"{signs[item.change]} {item.id}  {item.title}" for item in rules]
    for verdict in verdicts:
        parts = [f"{part} {old} -> {new}" for part, old, new in verdict.parts]
        lines += ["", f"{verdict.name}: {'; '.join(parts) or 'no difference'}"]
        for item in verdict.evidence:
            points = f"{item.before} -> {item.after} points"
            lines.append(f"  {item.rule}  {points}  {item.title}: {item.text}")
    return "\n".join(lines).strip() or "no rule differs"


def _sentence(says: str) -> str:
    """Return a sentence with its placeholders in italics."""
    following = re.sub(r"\{(\w+):where\}", r", *\1*", _escaped(says))
    return re.sub(r"\{(\w+)(:[^}]*)?\}", r"*\1*", following)


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")
