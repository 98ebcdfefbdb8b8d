"""The label before a rule: what a neurologist reads, writes and cites.

A label is a block of comment lines that begin with ``%!``, directly before the rule it
belongs to::

    %! rule: LAT-02
    %! title: Figure-4 posture
    %! says: The first figure-4 posture had the {Side:side arm} straight,
    %!       {Start:clock}-{End:clock}, which points to the {Hemisphere} hemisphere.
    %! source: Kotagal 2000, 10.1111/j.1528-1157.2000.tb00189.x
    %! grade: B
    lateral_sign("LAT-02", Hemisphere, 199) :- ...

``says`` names variables of the rule in braces; :mod:`s3ns.symbolic.wording` lists the
ways to word them. A rule whose conclusion is negated somewhere also says, under
``denied``, how its absence reads. Facts, such as thresholds, are labelled with
``given`` in place of ``rule``.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from clingo.ast import AST

from s3ns.facts import bad_value
from s3ns.symbolic.syntax import Place
from s3ns.symbolic.wording import placeholders

GRADES = ("A", "B", "C", "design")
"""Several concordant studies; one sound study; weak or conflicting; our choice."""

_FIELDS = ("rule", "given", "title", "says", "denied", "source", "grade")
_NEEDED = ("title", "says", "source", "grade")
_LINE = re.compile(r"%! (?P<field>[a-z]+):\s*(?P<text>.*)|%!\s+(?P<more>.*)")


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of itself; see the module."""

    kind: Literal["rule", "given"]
    id: str
    title: str
    says: str
    denied: str
    source: str
    grade: str


class LabelReader:
    """Collects the lines of a label until the rule it belongs to comes."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._fields: dict[str, str] = {}
        self._place = Place(file, 1, 1)

    def add(self, comment: AST) -> None:
        """Take a comment in; comments that are no part of a label are passed over."""
        text = comment.value.rstrip()
        if not text.startswith("%!"):
            return
        place = Place.of(self._file, comment)
        match = _LINE.fullmatch(text)
        if match is None:
            raise place.fault("expected '%! field: text'")
        if match["field"] is None:
            if not self._fields:
                raise place.fault("expected '%! rule: ID' to begin the label")
            last = list(self._fields)[-1]
            self._fields[last] = f"{self._fields[last]} {match['more']}".strip()
            return
        field = match["field"]
        if field not in _FIELDS:
            raise place.fault(bad_value("field of a label", field, _FIELDS))
        if field in self._fields or (self._fields and field in {"rule", "given"}):
            raise place.fault(
                f"the label {self._name()} has a second '{field}' or no rule after it"
            )
        if not self._fields:
            self._place = place
        self._fields[field] = match["text"].strip()

    def take(self, rule: AST) -> Label:
        """Return the label of this rule.

        Raises
        ------
        RuleError
            If there is none, or it is incomplete.
        """
        fields, self._fields = self._fields, {}
        place = Place.of(self._file, rule)
        kind: Literal["rule", "given"] = "rule" if rule.body else "given"
        if kind not in fields:
            raise place.fault(
                f"expected '%! {kind}: ID' and its title, source and grade before "
                f"{'this rule' if rule.body else 'this fact'}"
            )
        for name in _NEEDED:
            if not fields.get(name):
                raise place.fault(f"{fields[kind]} has no {name}")
        if fields["grade"] not in GRADES:
            raise place.fault(bad_value("grade", fields["grade"], GRADES))
        for sentence in (fields["says"], fields.get("denied", "")):
            try:
                placeholders(sentence)
            except ValueError as error:
                raise place.fault(f"{fields[kind]}: {error}") from error
        return Label(
            kind=kind,
            id=fields[kind],
            title=fields["title"],
            says=fields["says"],
            denied=fields.get("denied", ""),
            source=fields["source"],
            grade=fields["grade"],
        )

    def finish(self) -> None:
        """Make sure that no label is left without a rule."""
        if self._fields:
            raise self._place.fault(f"no rule follows the label {self._name()}")

    def _name(self) -> str:
        return self._fields.get("rule") or self._fields.get("given") or "without an id"
