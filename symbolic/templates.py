"""Rules written as sentences: YAML in, the rule language out, positions kept.

::

    - rule: OWN-01
      title: Stiffening, then jerks of one side
      says: "Stiffening at {tonic.start}, then jerks of the {clonic.side} side."
      source: where it comes from
      grade: C
      if:
        - tonic for at least 2 s
        - clonic starts at most 10 s after tonic ends
        - clonic on one side
      unless:
        - pelvic_thrusting overlaps clonic
      then: evidence for epileptic seizure with weight 90, group rhythm

:mod:`s3ns.symbolic.template_forms` lists the sentences under ``if`` and ``unless``.
What follows is one of

======================================================  ===============================
``evidence for epileptic seizure with weight 90,``      evidence; of each group only
``group rhythm``                                        the strongest counts
``points to the opposite hemisphere of clonic with``    a lateralising sign
``weight 90``, ``to the same``
``exception to ES-04``                                  that evidence does not count
``concept stiff_start``                                 a conclusion for other rules
``remark``                                              a note beside the verdict
======================================================  ===============================

Evidence stays listed where ``unless`` holds; it does not count then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from s3ns.facts import Label
from s3ns.symbolic.check_records import Place, Problems, unknown
from s3ns.symbolic.check_yaml import Block, blocks
from s3ns.symbolic.sources import Source
from s3ns.symbolic.template_forms import Sentences

FIELDS = ("rule", "title", "says", "source", "grade", "if", "unless", "then")

_ID = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_BRACES = re.compile(r"\{((\w*)\.?([^{}]*))\}")
_PLACEHOLDER = re.compile(r"\{(\w+)\.(side|start|end)\}")
_WAYS = {"side": "Side:side", "start": "Start:clock", "end": "End:clock"}
_VERDICTS = {
    label.words: label for label in (Label.EPILEPTIC_SEIZURE, Label.NON_EPILEPTIC_EVENT)
}
_EVIDENCE = re.compile(
    r"evidence for (?:an? )?(.+?) with weight (\d+), group ([a-z]\w*)"
)
_POINTS = re.compile(
    r"points to the (same|opposite) hemisphere of (\w+) with weight (\d+)"
)
_EXCEPTION = re.compile(rf"exception to ({_ID.pattern})")
_CONCEPT = re.compile(r"concept ([a-z]\w*)")
_THEN = (
    "evidence for VERDICT with weight NUMBER, group WORD",
    "points to the opposite hemisphere of SIGN with weight NUMBER",
    "exception to ID",
    "concept NAME",
    "remark",
)
_WHOLE = "; numbers are whole, names in small letters"
_AGAINST = "; a weight has no minus: what speaks against one verdict is for the other"


def is_id(name: str) -> bool:
    """Whether a template may have this id."""
    return _ID.fullmatch(name) is not None


def compiled(
    name: str, text: str, known: Mapping[str, int], problems: Problems
) -> Source:
    """Turn a file of templates into rules; report what cannot be read.

    Parameters
    ----------
    name, text
        The file.
    known
        Names of the conclusions of other rules, with their numbers of arguments.
    problems
        Takes what is wrong.
    """
    writer = _Writer()
    for block in blocks(name, text, problems):
        _Template(block, known, problems).write(writer)
    return Source(name, "\n".join(writer.lines) + "\n", writer.places)


class _Writer:
    """Collects lines of the rule language, each with the place it was made from."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.places: dict[int, tuple[int, int]] = {}
        self.evidence: dict[frozenset[str], tuple[str, str]] = {}

    def line(self, text: str, place: Place) -> None:
        self.lines.append(text)
        self.places[len(self.lines)] = place.line, place.column

    def rule(self, head: str, premises: list[tuple[str, Place]], place: Place) -> None:
        self.line(f"{head} :-" if premises else f"{head}.", place)
        for number, (premise, at) in enumerate(premises, start=1):
            self.line(f"    {premise}{'.' if number == len(premises) else ','}", at)


class _Template:
    """One rule of a file of templates."""

    def __init__(
        self, block: Block, known: Mapping[str, int], problems: Problems
    ) -> None:
        self._block, self._known, self._problems = block, known, problems
        self._id = block.text("rule")
        if self._id and not is_id(self._id):
            expected = "an id of letters, digits and '-', such as OWN-01"
            problems.add(block.where("rule"), "R060", expected=expected)
        self._then = block.text("then")

    def write(self, writer: _Writer) -> None:
        """Write the rule and what it needs."""
        block = self._block
        block.known("field of a template", FIELDS)
        found = Problems()
        sentences = self._sentences(block.texts("if"), found)
        exceptions = [
            (text, place, self._sentences([(text, place)], found).premises)
            for text, place in block.texts("unless")
        ]
        premises = sentences.premises
        if not premises and not found.errors:
            found.add(block.where("if"), "R060", expected="a sentence under 'if'")
        # Where a sentence cannot be read, which signs a rule names is not known.
        says = "" if found.errors else self._says(sentences, found)
        head = "" if found.errors else self._head(sentences, found)
        self._problems.take(found)
        if found.errors or self._problems_of_label() or not head:
            return
        is_evidence = head.startswith("supports(")
        for number, (text, place, below) in enumerate(exceptions, start=1):
            name = f"{self._id}-UNLESS-{number}"
            self._label(
                writer, "rule", name, f"Not counted: {text}", place, denied=text
            )
            if is_evidence:
                writer.rule(f'excepted("{self._id}", unless)', below, place)
            else:
                atom = "x_" + name.lower().replace("-", "_")
                writer.rule(atom, below, place)
                premises.append((f"not {atom}", place))
        self._label(writer, "rule", self._id, says, block.place)
        writer.rule(head, premises, block.place)
        match = _EVIDENCE.fullmatch(self._then)
        if match:
            self._contradiction(writer, match[1], premises)
            said = f"Evidence of the kind {match[3]}."
            self._label(writer, "given", f"{self._id}-KIND", said, block.where("then"))
            writer.rule(f'group("{self._id}", {match[3]})', [], block.where("then"))

    def _contradiction(
        self, writer: _Writer, verdict: str, premises: list[tuple[str, Place]]
    ) -> None:
        """Warn where another rule draws the opposite from the same."""
        same = frozenset(premise for premise, _ in premises)
        other, toward = writer.evidence.setdefault(same, (self._id, verdict))
        if toward != verdict:
            place = self._block.where("then")
            self._problems.add(place, "R109", id=self._id, other=other)

    def _sentences(
        self, texts: list[tuple[str, Place]], problems: Problems
    ) -> Sentences:
        sentences = Sentences(self._known, problems)
        for text, place in texts:
            sentences.add(text, place)
        return sentences

    def _says(self, sentences: Sentences, problems: Problems) -> str:
        """Return the sentence, ``{tonic.start}`` as the variable it stands for."""
        says = self._block.text("says")
        place = self._block.where("says")
        for name, sign, part in _BRACES.findall(says):
            if sign not in sentences.signs:
                said = unknown("sign of this rule", sign or name, sentences.signs)
                problems.add(place, "R063", unknown=said)
            elif part not in _WAYS:
                said = unknown("part of a finding", part, _WAYS)
                problems.add(place, "R063", unknown=said)
        return _PLACEHOLDER.sub(
            lambda match: f"{{{sentences.signs.get(match[1], '')}{_WAYS[match[2]]}}}",
            says,
        )

    def _head(self, sentences: Sentences, problems: Problems) -> str:
        place = self._block.where("then")
        if match := _EVIDENCE.fullmatch(self._then):
            if match[1] not in _VERDICTS:
                said = unknown("verdict", match[1], _VERDICTS)
                problems.add(place, "R063", unknown=said)
            verdict = _VERDICTS.get(match[1], "")
            return f'supports({verdict}, "{self._id}", {match[2]})'
        if match := _POINTS.fullmatch(self._then):
            if match[2] not in sentences.signs:
                said = unknown("sign of this rule", match[2], sentences.signs)
                problems.add(place, "R063", unknown=said)
            begin = sentences.signs.get(match[2], "")
            same = match[1] == "same"
            # Which hemisphere is asked only where a seizure is possible at all.
            sentences.premises[:0] = [("lateralisable", place)]
            opposite = f"opposite({begin}Side, {'_' if same else 'Hemisphere'})"
            sentences.premises.append((opposite, place))
            toward = f"{begin}Side" if same else "Hemisphere"
            return f'lateral_sign("{self._id}", {toward}, {match[3]})'
        if match := _EXCEPTION.fullmatch(self._then):
            return f'excepted("{match[1]}", {self._atom()})'
        if match := _CONCEPT.fullmatch(self._then):
            first = next(iter(sentences.signs.values()), "")
            places = f"({first}Side, {first}Start, {first}End)" if first else ""
            return f"{match[1]}{places}"
        if self._then == "remark":
            return f"remark({self._atom()})"
        if self._then:
            alike = [form for form in _THEN if form.split()[0] in self._then.split()]
            forms = " or ".join(f"'{form}'" for form in alike or _THEN)
            hint = _AGAINST if re.search(r"weight -\d", self._then) else _WHOLE
            problems.add(place, "R060", expected=forms + hint)
        return ""

    def _atom(self) -> str:
        return "x_" + self._id.lower().replace("-", "_")

    def _problems_of_label(self) -> bool:
        """Report missing parts of the label; the reader of labels knows no template."""
        missing = [
            part for part in ("title", "source", "grade") if not self._block.text(part)
        ]
        return bool(missing) or not self._id

    def _label(
        self,
        writer: _Writer,
        kind: str,
        name: str,
        says: str,
        place: Place,
        *,
        denied: str = "",
    ) -> None:
        block = self._block
        own = name == self._id
        writer.line(f"%! {kind}: {name}", block.where("rule") if own else place)
        writer.line(f"%! title: {block.text('title')}", block.where("title"))
        writer.line(f"%! says: {says}", block.where("says") if own else place)
        if denied:
            writer.line(f"%! denied: it was not seen that {denied}", place)
        writer.line(f"%! source: {block.text('source')}", block.where("source"))
        writer.line(f"%! grade: {block.text('grade')}", block.where("grade"))
