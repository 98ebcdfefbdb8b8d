"""What can be wrong with rules: records with stable codes, and the words for each.

Faults of a rule file are data, so that one pass reports them all and tools can read
them. Codes below R100 are errors: the rules cannot be used. Codes from R100 on are
warnings: the rules can be used, but hardly do what their author meant. A code keeps its
meaning for good; new faults get new codes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from s3ns.facts import RuleError, bad_value

WORDINGS = {
    # Reading a file
    "R001": "expected UTF-8 text, got other bytes; save the file as UTF-8: {reason}",
    "R002": "{reason}",
    "R003": "{came} is not allowed here: {instead}",
    "R004": "'{came}' is not allowed: numbers are whole here, and times are tenths of "
    "a second ({time} s is {whole})",
    "R005": "a dot is missing at the end of this rule",
    # What the rule language leaves out
    "R010": "{what} is not allowed: {instead}",
    "R011": "only rules and facts are allowed, got: {statement}",
    "R012": "{what} in the head is not allowed: write one conclusion for each rule",
    "R013": "a rule must have one conclusion; constraints are not allowed",
    "R014": "conditions after ':' are not allowed here: use #count or a rule of "
    "its own",
    "R015": "names must not begin with '_'",
    "R016": "'not' may stand once, before an atom",
    "R017": "aggregates cannot be nested",
    "R018": "{what}",
    "R019": "a..b is not allowed in a premise: compare with both ends",
    "R020": "'-' before an atom is not allowed: use absent/3 for what was looked for "
    "and not seen",
    # Labels
    "R021": "expected '%! {field}: text'",
    "R022": "expected '%! rule: ID' to begin the label",
    "R023": "{unknown}",
    "R024": "the label {id} has a second '{field}' or no rule after it",
    "R025": "expected '%! {kind}: ID' and its title, source and grade before this "
    "{what}",
    "R026": "{id} has no {part}",
    "R027": "{unknown}",
    "R028": "{id}: {reason}",
    "R029": "no rule follows the label {id}",
    "R030": "{id} says {{{name}}}: {unknown}",
    # Identity
    "R031": "{id} already stands at {first}",
    "R032": "{id} concludes for {named}: the two must be alike",
    "R033": "cannot disable {id}: {unknown}",
    "R034": "expected '%! weight: ID POINTS; where the weight comes from'",
    "R035": "cannot give {id} a weight: {reason}",
    # Words
    "R040": "{unknown}",
    "R041": "{unknown}",
    "R042": "{unknown}",
    "R043": "{unknown}",
    "R044": "{unknown}",
    "R045": "{name} takes {expected}, got {count}",
    "R046": "{name} is given by the Document and cannot be concluded",
    "R047": "expected a {kind} here, got {came}{hint}",
    "R048": "{name} stands for a {first} and for a {second}",
    "R049": "{sign} has no side '{side}': {sides}",
    # Logic
    "R050": "{name} depends on itself through 'not' or an aggregate",
    "R051": "{name} depends on itself and computes new values: this may never end",
    "R052": "{name} must also stand in a premise that is neither negated nor a "
    "comparison",
    "R053": "'not {name}' would take silence for an answer: use absent/3, what was "
    "looked for and not seen",
    "R054": "'not {name}' needs a rule for {name}/{count} whose label says under "
    "'denied' how that reads",
    "R055": "these rules take more than {limit} when tried on findings of every sign",
    "R056": "these rules cannot be applied: {reason}",
    # Templates
    "R060": "expected {expected}",
    "R061": "{unknown}",
    "R062": "cannot read this sentence{hint}; s3ns rules new lists the forms",
    "R063": "{unknown}",
    # Cases
    "R070": "expected {expected}",
    "R071": "{unknown}",
    "R072": "{reason}",
    # Engines
    "R080": "{said}",
    # Warnings
    "R101": "{id} can never apply: nothing gives {premise}{also}",
    "R102": "no rule uses {signs}",
    "R103": "nothing uses {name}/{count}, which {id} concludes",
    "R104": "{id} never counts: it has no kind; add group({quoted},Kind).",
    "R105": "{id} has no effect: {unknown}",
    "R106": "{id} {why}, which the second engine cannot follow: what depends on it is "
    "not compared",
    "R107": "the verdict of this case was not compared: it depends on rules that the "
    "second engine cannot follow",
    "R108": "'{sentence}' {why}",
    "R109": "{id} speaks against {other} on the very same findings",
}
"""The words for each code; this is the one place where they lie."""

_LISTED = 25
_FIRST_WARNING = "R100"

Severity = Literal["error", "warning"]


class Place(NamedTuple):
    """Where something stands; lines and columns count from one."""

    file: str
    line: int
    column: int


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One fault.

    Attributes
    ----------
    code
        A key of :data:`WORDINGS`.
    severity
        ``error`` where the rules cannot be used.
    file, line, column
        Where; the file within its folder.
    message
        One line.
    """

    code: str
    severity: Severity
    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.severity}[{self.code}]: {self.message}"


class Problems:
    """Collects faults, so that one pass reports them all."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(self, place: Place, code: str, **values: object) -> None:
        """Take a fault in; one that is there already is not told twice."""
        problem = Problem(
            code=code,
            severity="warning" if code > _FIRST_WARNING else "error",
            file=place.file,
            line=place.line,
            column=place.column,
            message=WORDINGS[code].format(**values),
        )
        self._found.setdefault(problem)

    def take(self, others: Problems) -> None:
        """Take in the faults that others collected."""
        self._found.update(others._found)

    @property
    def found(self) -> tuple[Problem, ...]:
        """All faults by file, line and column."""
        return tuple(
            sorted(
                self._found,
                key=lambda item: (item.file, item.line, item.column, item.code),
            )
        )

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Those that are no mere warnings."""
        return tuple(item for item in self.found if item.severity == "error")

    def has(self, *codes: str) -> bool:
        """Whether there is a fault whose code begins so."""
        return any(problem.code.startswith(codes) for problem in self._found)

    def raise_first(self) -> None:
        """Stop at the first error, with the count of the others.

        Raises
        ------
        RuleError
            If there is an error.
        """
        if not self.errors:
            return
        first, *others = self.errors
        more = f" ({len(others)} more; s3ns rules check lists them)" if others else ""
        raise RuleError(f"{first}{more}")


def unknown(what: str, came: str, allowed: Iterable[str]) -> str:
    """Word an unknown word: the nearest one if there is one, else all there are."""
    choices = list(allowed)
    near = difflib.get_close_matches(came, choices, n=1)
    if near:
        return f"unknown {what} '{came}'; did you mean '{near[0]}'?"
    if not choices or len(choices) > _LISTED:
        return f"unknown {what} '{came}'"
    return bad_value(what, came, choices)
