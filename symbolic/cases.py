"""Cases: what was observed, and what the rules should make of it.

Cases lie in YAML files in a folder ``cases`` beside the rules they are about::

    - name: chee1993 mouth pulled points to the other hemisphere
      given:
        - face_pulling right 6-9
        - tonic bilateral 10-20
        - clonic bilateral 20-40 rate_start=4 rate_end=2
      expect:
        verdict: epileptic_seizure
        fires: [ES-04, LAT-04]
        silent: [NES-02]
        hemisphere: left

``given`` holds an observation a line: ``clonic left 10-15 rate=3`` for a finding,
``no tonic 0-20`` for what was looked for and not seen, and
``'? tonic limb_covered 0-20'``, in quotes because of what YAML takes the mark for, for
what could not be judged. ``@0.4`` gives a confidence.
``nothing else 0-60`` says that all signs not named were looked for and not seen; it
leaves answers out, because nobody spoke to the patient unless that is said.
``seen_by: landmarks`` has the findings measured by that extractor; without, a reader
made them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import get_args

import clingo
import msgspec

from s3ns.facts import (
    Absence,
    Document,
    Finding,
    Label,
    Observation,
    Proof,
    Recording,
    RuleError,
    Side,
    Step,
    Unassessable,
    sign_named,
    vocabulary,
)
from s3ns.facts.annotations import SOURCE
from s3ns.facts.verdict import Hemisphere, Strength
from s3ns.symbolic.check_records import Place, Problem, Problems, unknown
from s3ns.symbolic.check_yaml import Block, blocks
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.proof import ProofBuilder
from s3ns.symbolic.reasoner import Reasoner
from s3ns.symbolic.rulebase import RuleBase, rule_layers
from s3ns.symbolic.solve import Replay
from s3ns.symbolic.sources import case_files

_UNHEARD = "verbal_responsiveness"
_INTERVAL = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")

WORDS: Mapping[str, tuple[str, ...]] = {
    "verdict": tuple(str(label) for label in Label),
    "strength": get_args(Strength),
    "hemisphere": get_args(Hemisphere),
}
"""Expectations that are one word out of a closed list."""

CLASSES = ("ilae2025", "ilae2017")
RULES = ("fires", "silent", "counts", "not_counted")
"""Expectations that list rules: of evidence, ``counts`` also needs that it counted."""

CONCLUSIONS = ("concludes", "not_concluded")
"""Expectations that list conclusions, ``version(left,_,_)`` or ``version``."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What was observed and what is expected.

    Attributes
    ----------
    name
        After the clause of the source that it proves.
    place
        Where it stands.
    given
        The observations, a line each.
    document
        The same as a Document.
    expect
        What is expected, by kind.
    """

    name: str
    place: Place
    given: tuple[str, ...]
    document: Document
    expect: Mapping[str, tuple[str, ...]]

    def names(self, rule: str) -> bool:
        """Whether the case is about a rule."""
        return any(rule in self.expect.get(kind, ()) for kind in RULES)


class Outcome(msgspec.Struct, frozen=True):
    """One expectation and what came instead.

    Attributes
    ----------
    what
        Kind of expectation.
    expected
        What was expected.
    got
        What came; equal if all is well.
    node
        Node of the proof that shows where it came from, or empty.
    """

    what: str
    expected: str
    got: str
    node: str = ""

    @property
    def ok(self) -> bool:
        """Whether it came as expected."""
        return self.expected == self.got


class Result(msgspec.Struct, frozen=True):
    """What became of a case."""

    case: Case
    outcomes: tuple[Outcome, ...]
    proof: Proof

    @property
    def ok(self) -> bool:
        """Whether all came as expected."""
        return all(outcome.ok for outcome in self.outcomes)


def scene(
    lines: Iterable[str], seconds: float = 60.0, *, seen_by: str = SOURCE
) -> Document:
    """Make a Document of observations, written a line each.

    Parameters
    ----------
    lines
        The observations; see the module.
    seconds
        Length of the recording.
    seen_by
        Source of the observations.

    Raises
    ------
    ValueError
        If a line cannot be read; the message does not name it.
    """
    written = [line.split() for line in lines]
    others = [words[2:] for words in written if words[:2] == ["nothing", "else"]]
    observations = [
        observation(" ".join(words))
        for words in written
        if words[:2] != ["nothing", "else"]
    ]
    named = {item.sign for item in observations} | {_UNHEARD}
    for words in others:
        start, end = _interval(" ".join(words))
        observations += [
            Absence(sign=name, start=start, end=end, source=SOURCE)
            for name in vocabulary().by_name
            if name not in named
        ]
    empty = Document(recording=Recording(id="scene", duration=seconds))
    step = Step(stage="extract", tool="scene", version="1")
    told = [msgspec.structs.replace(item, source=seen_by) for item in observations]
    return empty.with_observations(told, step)


def observation(line: str) -> Observation:
    """Read one observation; see the module.

    Raises
    ------
    ValueError
        If it cannot be read.
    """
    first, *rest = line.split()
    if first == "no" and len(rest) > 2:
        raise ValueError(
            f"what was not seen has a sign and a time, no side: write "
            f"'no {rest[0]} 0-20'"
        )
    sign = rest[0] if first in {"no", "?"} and rest else first
    if sign not in vocabulary().by_name:
        if first == "not":
            raise ValueError(f"write 'no {' '.join(rest)}'")
        raise ValueError(unknown("sign", sign, vocabulary().by_name))
    if first == "no" and len(rest) == 2:
        start, end = _interval(rest[1])
        return Absence(sign=rest[0], start=start, end=end, source=SOURCE)
    if first == "?" and len(rest) == 3:
        start, end = _interval(rest[2])
        return Unassessable(
            sign=rest[0], reason=rest[1], start=start, end=end, source=SOURCE
        )
    side = Side.UNKNOWN if sign_named(first).is_sided else Side.NONE
    confidence = 0.9
    measures: dict[str, float] = {}
    interval: tuple[float, float] | None = None
    for word in rest:
        if word in list(Side):
            side = Side(word)
        elif word.startswith("@"):
            confidence = _number(word[1:], word)
        elif "=" in word:
            name, _, value = word.partition("=")
            measures[name] = _number(value, word)
        else:
            interval = _interval(word)
    if interval is None:
        raise ValueError("expected an interval in seconds, such as 10-20.5")
    return Finding(
        sign=first,
        side=side,
        start=interval[0],
        end=interval[1],
        confidence=confidence,
        measures=measures,
        evidence=f"{first} as scripted",
        source=SOURCE,
    )


def load_cases(folder: Path | None, base: RuleBase) -> tuple[Case, ...]:
    """Load the cases of a folder of rules, by default those of s3ns.

    Raises
    ------
    RuleError
        If one cannot be read; the message tells the first error and their number.
    """
    problems = Problems()
    found = read_cases(case_files(folder), base, problems)
    problems.raise_first()
    return found


def case_problems(folder: Path | None, *, alone: bool = False) -> tuple[Problem, ...]:
    """Return what is wrong with the cases of a folder of rules that are right.

    Raises
    ------
    RuleError
        If a file cannot be read.
    """
    problems = Problems()
    texts = case_files(folder)
    if texts:
        read_cases(texts, RuleBase(*rule_layers(folder, alone=alone)), problems)
    return problems.found


def read_cases(
    texts: Mapping[str, bytes], base: RuleBase, problems: Problems
) -> tuple[Case, ...]:
    """Read files of cases, given by name; report what cannot be read."""
    found = []
    for name, raw in sorted(texts.items()):
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            problems.add(Place(name, 1, 1), "R001", reason=error)
            continue
        for block in blocks(name, text, problems):
            found.append(_case(block, base, problems))
    return tuple(found)


def run_case(case: Case, reasoner: Reasoner) -> Result:
    """Judge a case, and compare with what it expects."""
    facts = encode(case.document)
    replay = Replay(reasoner.base, facts)
    judged = _Judged(reasoner, case.document, replay)
    builder = ProofBuilder(reasoner.base, facts, replay)
    outcomes = []
    for what, expected in case.expect.items():
        for item in expected:
            got, atom = judged.outcome(what, item)
            node = builder.node(atom).id if atom is not None and got != item else ""
            outcomes.append(Outcome(what, item, got, node))
    root = builder.node(replay.rows("verdict")[0])
    return Result(case, tuple(outcomes), builder.proof(root))


class _Judged:
    """Looks up what the rules made of a case."""

    def __init__(self, reasoner: Reasoner, document: Document, replay: Replay) -> None:
        self._replay, self._rules = replay, reasoner.base.rules
        verdict = reasoner.reason(document).verdict
        if verdict is None:
            raise RuleError("the rules give no verdict")
        self._counted = {item.rule for item in verdict.supports if item.counted}
        self._words = {
            "verdict": str(verdict.label),
            "strength": verdict.strength,
            "hemisphere": verdict.lateralisation.hemisphere,
        }
        self._applied: dict[str, clingo.Symbol] = {}
        for step in replay.steps:
            self._applied.setdefault(self._rules[step.rule].label.id, step.head)

    def outcome(self, what: str, expected: str) -> tuple[str, clingo.Symbol | None]:
        """Return what came, and the conclusion that shows why, if there is one."""
        if what in WORDS:
            return self._words[what], next(iter(self._replay.rows(what)), None)
        if what in CLASSES:
            rows = self._replay.rows(what)
            words = [str(row.arguments[0]) for row in rows]
            return (words[0], rows[0]) if rows else ("none", None)
        if what in RULES:
            return self._rule(what, expected)
        pattern = _pattern(expected)
        found = [atom for atom in self._replay.atoms if pattern.fullmatch(str(atom))]
        said = expected if bool(found) == (what == "concludes") else "nothing like it"
        if what == "not_concluded" and found:
            said = str(found[0])
        return said, found[0] if found else None

    def _rule(self, what: str, rule: str) -> tuple[str, clingo.Symbol | None]:
        atom = self._applied.get(rule)
        counted = rule in self._counted
        if what == "fires":
            return (rule, atom) if atom is not None else ("silent", None)
        if what == "silent":
            return (rule, None) if atom is None else ("fires", atom)
        if atom is None:
            return "silent", None
        if what == "counts":
            return (rule, atom) if counted else ("fires, but does not count", atom)
        return ("counts", atom) if counted else (rule, atom)


def _case(block: Block, base: RuleBase, problems: Problems) -> Case:
    fields = ("name", "source", "seconds", "seen_by", "given", "expect")
    block.known("field of a case", fields)
    given = block.texts("given")
    lines: list[str] = []
    for line, place in given:
        try:
            scene([line])
        except (ValueError, IndexError) as error:
            problems.add(place, "R072", reason=error)
        else:
            lines.append(line)
    expect = block.block("expect")
    kinds = (*WORDS, *CLASSES, *RULES, *CONCLUSIONS)
    expect.known("expectation", kinds)
    if not any(kind in expect for kind in kinds):
        problems.add(expect.place, "R070", expected="something under 'expect'")
    return Case(
        name=block.text("name"),
        place=block.place,
        given=tuple(lines),
        document=scene(
            lines,
            block.number("seconds", 60.0),
            seen_by=block.text("seen_by", default=SOURCE),
        ),
        expect={
            kind: _expected(kind, expect, base, problems)
            for kind in kinds
            if kind in expect
        },
    )


def _expected(
    kind: str, expect: Block, base: RuleBase, problems: Problems
) -> tuple[str, ...]:
    """Return what is expected; report words, rules and conclusions there are not."""
    allowed: Iterable[str] | None = WORDS.get(kind)
    what = kind
    if kind in RULES:
        allowed, what = base.titles, "rule"
    elif kind in CONCLUSIONS:
        allowed = {rule.syntax.head.atom.symbol.name for rule in base.rules}
        what = "conclusion"
    found = []
    for item, place in expect.texts(kind):
        name = item.partition("(")[0] if kind in CONCLUSIONS else item
        if allowed is not None and name not in allowed:
            said = unknown(what, name, sorted(allowed))
            problems.add(place, "R071", unknown=said)
        else:
            found.append(item)
    return tuple(found)


def _pattern(written: str) -> re.Pattern[str]:
    """Return an expression for a conclusion in which ``_`` stands for anything."""
    compact = written.replace(" ", "")
    if "(" not in compact:
        return re.compile(re.escape(compact) + r"(\(.*\))?")
    parts = re.split(r"(?<=[(,])_(?=[,)])", compact)
    return re.compile("[^,()]+".join(map(re.escape, parts)))


def _number(text: str, word: str) -> float:
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise ValueError(f"expected a number such as 0.4 or 15, no unit, in {word!r}")
    return float(text)


def _interval(text: str) -> tuple[float, float]:
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise ValueError(
            f"expected a side, @confidence, measure=value or an interval such as "
            f"10-20.5, got {text!r}"
        )
    return float(match[1]), float(match[2])
