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

A folder that is laid over others leaves out rules of theirs with a line of its own::

    %! disable: ES-07

or gives their evidence another weight, and says why::

    %! weight: ES-03 170; fitted to 350 events, 95 % interval 141-199
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from s3ns.symbolic.check_records import Place, Problems, unknown
from s3ns.symbolic.sources import Source
from s3ns.symbolic.syntax_tree import Tree
from s3ns.symbolic.wording import placeholders

GRADES = ("A", "B", "C", "design")
"""Several concordant studies; one sound study; weak or conflicting; our choice."""

_FIELDS = ("rule", "given", "title", "says", "denied", "source", "grade")
_NEEDED = ("title", "says", "source", "grade")
DISABLE, WEIGHT = "disable", "weight"
_WEIGHT = re.compile(r"(?P<id>\S+)\s+(?P<points>\d{1,4})\s*;\s*(?P<why>\S.*)")
_LINE = re.compile(r"%! (?P<field>[a-z]+):\s*(?P<text>.*)|%!\s+(?P<more>.*)")


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of itself, and where; see the module."""

    kind: Literal["rule", "given"]
    id: str
    title: str
    says: str
    denied: str
    source: str
    grade: str
    places: Mapping[str, Place]


class Reweighting(msgspec.Struct, frozen=True):
    """Another weight for a piece of evidence of the layers below.

    Attributes
    ----------
    points
        The weight.
    why
        Where it comes from; proofs show it beside the source of the rule.
    place
        Where it is said.
    """

    points: int
    why: str
    place: Place


class LabelReader:
    """Collects the lines of a label until the rule it belongs to comes.

    Attributes
    ----------
    disabled
        Ids of the rules of the layers below that are to be left out, each with where
        that is said.
    reweighted
        Other weights for evidence of the layers below, by the ids of the rules.
    """

    def __init__(
        self, source: Source, problems: Problems, broken: Sequence[int] = ()
    ) -> None:
        """Start at the top of a file.

        Parameters
        ----------
        source
            The file.
        problems
            Takes what is wrong with labels.
        broken
            Lines of rules that cannot be read: their labels are not to blame.
        """
        self.disabled: dict[str, Place] = {}
        self.reweighted: dict[str, Reweighting] = {}
        self._source, self._problems, self._broken = source, problems, broken
        self._fields: dict[str, str] = {}
        self._places: dict[str, Place] = {}
        self._line = 0

    def add(self, comment: Tree) -> None:
        """Take a comment in; comments that are no part of a label are passed over."""
        text = comment.value.rstrip()
        if not text.startswith("%!"):
            return
        place = self._source.place(comment)
        self._drop_broken(comment.location.begin.line)
        match = _LINE.fullmatch(text)
        if match is None:
            self._problems.add(place, "R021", field="field")
        elif match["field"] is None:
            word, _, _ = text.removeprefix("%! ").partition(" ")
            if word in _FIELDS:  # the colon is missing
                self._problems.add(place, "R021", field=word)
            else:
                self._continue(place, match["more"])
        elif match["field"] == DISABLE and not self._fields:
            for name in re.split(r"[\s,]+", match["text"].strip()):
                self.disabled[name] = place
        elif match["field"] == WEIGHT and not self._fields:
            self._reweight(place, match["text"].strip())
        elif match["field"] not in _FIELDS:
            said = unknown("field of a label", match["field"], _FIELDS)
            self._problems.add(place, "R023", unknown=said)
        else:
            self._begin(place, comment, match["field"], match["text"].strip())

    def take(self, rule: Tree) -> Label | None:
        """Return the label of this rule, or ``None`` where it is wrong."""
        self._drop_broken(rule.location.begin.line)
        fields, self._fields = self._fields, {}
        places, self._places = self._places, {}
        place = self._source.place(rule)
        kind: Literal["rule", "given"] = "rule" if rule.body else "given"
        problems = Problems()
        if not fields.get(kind):
            what = "rule" if rule.body else "fact"
            self._problems.add(place, "R025", kind=kind, what=what)
            return None
        for name in _NEEDED:
            if not fields.get(name):
                problems.add(place, "R026", id=fields[kind], part=name)
        if fields.get("grade") and fields["grade"] not in GRADES:
            said = unknown("grade", fields["grade"], GRADES)
            problems.add(places["grade"], "R027", unknown=said)
        for field in ("says", "denied"):
            try:
                placeholders(fields.get(field, ""))
            except ValueError as error:
                problems.add(places[field], "R028", id=fields[kind], reason=error)
        self._problems.take(problems)
        if problems.errors:
            return None
        return Label(
            kind=kind,
            id=fields[kind],
            title=fields["title"],
            says=fields["says"],
            denied=fields.get("denied", ""),
            source=fields["source"],
            grade=fields["grade"],
            places=places,
        )

    def finish(self) -> None:
        """Make sure that no label is left without a rule."""
        self._drop_broken(None)
        if self._fields:
            place = next(iter(self._places.values()))
            self._problems.add(place, "R029", id=self._name())

    def _reweight(self, place: Place, text: str) -> None:
        found = _WEIGHT.fullmatch(text)
        if found is None:
            self._problems.add(place, "R034")
            return
        points = int(found["points"])
        self.reweighted[found["id"]] = Reweighting(points, found["why"], place)

    def _continue(self, place: Place, text: str) -> None:
        if not self._fields:
            self._problems.add(place, "R022")
            return
        last = list(self._fields)[-1]
        self._fields[last] = f"{self._fields[last]} {text}".strip()

    def _begin(self, place: Place, comment: Tree, field: str, text: str) -> None:
        starts = field in {"rule", "given"}
        if field in self._fields or (self._fields and starts):
            self._problems.add(place, "R024", id=self._name(), field=field)
            if not starts:
                return
            self._fields, self._places = {}, {}
        if not self._fields:
            self._line = comment.location.begin.line
        self._fields[field] = text
        self._places[field] = place

    def _drop_broken(self, line: int | None) -> None:
        """Forget a label whose rule could not be read: that has been told."""
        if self._fields and any(
            self._line < broken and (line is None or broken < line)
            for broken in self._broken
        ):
            self._fields, self._places = {}, {}

    def _name(self) -> str:
        return self._fields.get("rule") or self._fields.get("given") or "without an id"
