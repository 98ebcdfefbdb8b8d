"""Why something was not concluded: for each rule, what held and what was missing."""

from __future__ import annotations

import difflib
import time
from collections.abc import Mapping
from typing import Literal, NamedTuple

import clingo
import msgspec

from s3ns.facts import (
    Candidate,
    Document,
    InputError,
    Label,
    Missing,
    Node,
    WhyNot,
    vocabulary,
)
from s3ns.symbolic.denials import Denials
from s3ns.symbolic.encoding import INPUTS, Leaf, encode
from s3ns.symbolic.nearest import NOT_FOUND, UNMET, AnswerSet, Nearest, nearest
from s3ns.symbolic.proof import ProofBuilder
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.shapes import Pattern
from s3ns.symbolic.shortfall import Shortfall
from s3ns.symbolic.solve import Replay
from s3ns.symbolic.wording import capitalised, spoken, uncapitalised

SECONDS = 2.0
"""After these no further rule is looked at."""

_DEPTH = 8  # longer chains of conclusions are cut off


_NOTHING = {
    "supports": "no evidence of the kind that the rule asks for was there",
    "seen": "no sign was seen as the rule asks",
    "measure": "nothing that the rule asks for was measured",
    "absent": "no sign was looked for and not seen as the rule asks",
    "unassessable": "no sign was called not assessable as the rule asks",
}
"""Of what is not found where a rule leaves the sign open."""

_Kind = Literal["not_found", "unmet", "blocked"]


class _Tried(NamedTuple):
    """A rule that was tried, with what came of it."""

    cost: int
    number: int
    met: tuple[str, ...]
    missing: tuple[Missing, ...]


def why_not(
    base: RuleBase, document: Document, question: str, *, seconds: float = SECONDS
) -> WhyNot:
    """Tell why something was not concluded of a Document.

    Parameters
    ----------
    base
        The rules.
    document
        Its findings.
    question
        A verdict, the id of a rule, or a concept of the rules such as ``version``.
    seconds
        After these no further rule is looked at.

    Raises
    ------
    InputError
        If the question is none of these, or a time is too large for the rules.
    """
    return _Inquirer(base, document, seconds).answer(question)


class _Inquirer:
    def __init__(self, base: RuleBase, document: Document, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._base = base
        self._facts: Mapping[clingo.Symbol, Leaf] = encode(document)
        self._replay = Replay(base, self._facts)
        self._builder = ProofBuilder(base, self._facts, self._replay)
        self._denials = Denials(base)
        self._holds = AnswerSet(self._replay.atoms)
        concluded = {s.head.name for s in base.shapes if s.conditions}
        self._given = ({s.head.name for s in base.shapes} - concluded) | {
            "minimum",
            "recording",
        }
        self._best: dict[Pattern, _Tried | None] = {}
        self._is_complete = True

    def answer(self, question: str) -> WhyNot:
        if question in list(Label):
            return self._verdict(Label(question))
        numbers = [
            number
            for number, rule in enumerate(self._base.rules)
            if rule.label.id == question and rule.label.kind == "rule"
        ]
        if numbers:
            return self._rules(question, numbers)
        numbers = [
            number
            for number, shape in enumerate(self._base.shapes)
            if shape.head.name == question and shape.conditions
        ]
        if not numbers:
            raise self._unknown(question)
        return self._rules(question, numbers)

    def _verdict(self, label: Label) -> WhyNot:
        goal = Pattern("verdict", (clingo.Function(str(label)),))
        numbers = self._concluding(goal)
        answer = self._rules(str(label), numbers, goal)
        if answer.holds:
            return answer
        toward = Pattern("supports", (clingo.Function(str(label)), None, None))
        there = {step.rule for step in self._replay.steps}
        evidence = [
            tried
            for number in self._concluding(toward)
            if number not in there and (tried := self._tried(number, toward, 0))
        ]
        return msgspec.structs.replace(
            answer,
            evidence=self._candidates(evidence),
            is_complete=self._is_complete,
        )

    def _rules(
        self, question: str, numbers: list[int], goal: Pattern | None = None
    ) -> WhyNot:
        applied = [step for step in self._replay.steps if step.rule in numbers]
        is_verdict = question in list(Label)
        words = Label(question).words if is_verdict else question
        words = capitalised(words.replace("_", " "))
        if applied:
            nodes: dict[str, Node] = {}
            for step in applied:
                # The proof keeps one way to a conclusion; others are as good.
                support = self._replay.support.get(step.head)
                if support is not None and support.rule in numbers:
                    node = self._builder.node(step.head)
                    nodes.setdefault(node.id, node)
            said = " ".join(_sentence(node.text) for node in nodes.values())
            return WhyNot(
                question=question,
                holds=True,
                is_complete=True,
                text=f"{words} holds. {said} {self._discounts(question)}".strip(),
                candidates=tuple(
                    Candidate(
                        rule=rule,
                        met=tuple(premise.text for premise in node.premises),
                        missing=(),
                    )
                    for node in nodes.values()
                    if (rule := self._builder.rule(node))
                ),
            )
        tried = [found for n in numbers if (found := self._tried(n, goal, 0))]
        candidates = self._candidates(tried)
        text = f"{words} was not concluded."
        if candidates:
            nearest_one = candidates[0]
            missing = "; ".join(item.text for item in nearest_one.missing)
            text = f"{text} Nearest came {nearest_one.rule.id}: {missing}."
        if not self._is_complete:
            text += " There was no time to look at every rule."
        return WhyNot(
            question=question,
            holds=False,
            is_complete=self._is_complete,
            text=text,
            candidates=candidates,
        )

    def _candidates(self, tried: list[_Tried]) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                rule=self._base.rules[item.number].reference,
                met=item.met,
                missing=item.missing,
            )
            for item in sorted(tried, key=lambda item: (item.cost, item.number))
        )

    def _concluding(self, goal: Pattern) -> list[int]:
        return [
            number
            for number, shape in enumerate(self._base.shapes)
            if shape.conditions and _bound(shape.head, goal) is not None
        ]

    def _tried(self, number: int, goal: Pattern | None, depth: int) -> _Tried | None:
        """Tell how near a rule came; ``None`` if there was no time."""
        shape, rule = self._base.shapes[number], self._base.rules[number]
        left = self._deadline - time.monotonic()
        bound = (_bound(shape.head, goal) if goal else None) or {}
        found = left > 0 and nearest(rule.syntax, bound, self._holds, seconds=left)
        if not found:
            self._is_complete = False
            return None
        met: list[str] = []
        missing: list[Missing] = []
        cost = 0
        shortfall = Shortfall(
            rule,
            shape,
            found,
            words=self._words,
            title=self._title,
            given=self._given,
        )
        for place, condition in enumerate(shape.conditions):
            if place in found.not_found:
                pattern = condition.atoms[0].filled(found.values)
                deeper = self._nearest(pattern, depth + 1)
                if deeper is not None and deeper.missing:
                    missing += deeper.missing
                    cost += deeper.cost
                    continue
                text = self._not_found(pattern)
                missing.append(self._missing("not_found", number, text))
                cost += NOT_FOUND
            elif place in found.unmet:
                text = shortfall.text(place)
                missing.append(self._missing("unmet", number, text))
                cost += UNMET
            elif place in found.blocked:
                text = f"against it stands: {self._words(found.blocked[place])}"
                missing.append(self._missing("blocked", number, text))
                cost += UNMET
            else:
                met += self._met(number, place, found)
        return _Tried(cost, number, tuple(met), tuple(dict.fromkeys(missing)))

    def _nearest(self, pattern: Pattern, depth: int) -> _Tried | None:
        """Return the rule that came nearest to a conclusion."""
        if pattern.name in {*INPUTS, "supports"} or depth > _DEPTH:
            return None
        if pattern not in self._best:
            tried = [
                found
                for number in self._concluding(pattern)
                if (found := self._tried(number, pattern, depth))
            ]
            self._best[pattern] = min(
                tried, key=lambda item: (item.cost, item.number), default=None
            )
        return self._best[pattern]

    def _met(self, number: int, place: int, found: Nearest) -> list[str]:
        condition = self._base.shapes[number].conditions[place]
        if condition.kind == "holds":
            atom = found.picks[place]
            return [] if atom.name in self._given else [self._words(atom)]
        if condition.kind == "not":
            missing = condition.atoms[0].filled(found.values)
            said = self._denials.said(missing.name, _values(missing))
            return [said] if said else []
        return []  # a comparison that is met goes with the finding that meets it

    def _missing(self, kind: _Kind, number: int, text: str) -> Missing:
        return Missing(
            kind=kind,
            rule=self._base.rules[number].label.id,
            text=text,
        )

    def _words(self, atom: clingo.Symbol) -> str:
        return self._builder.node(atom).text.rstrip(".")

    def _title(self, atom: clingo.Symbol) -> str:
        sign = str(atom.arguments[0]) if atom.arguments else ""
        if sign in vocabulary().by_name:
            title = _sign_title(sign)
            watched = f"the stretch without {title}"
            return watched if atom.name == "absent" else title
        rule = self._builder.rule(self._builder.node(atom))
        return uncapitalised(rule.title) if rule else f"the {atom.name}"

    def _not_found(self, pattern: Pattern) -> str:
        """Word that nothing came near a premise, three-valued where it is a sign."""
        first = str(pattern.arguments[0]) if pattern.arguments else ""
        sign = vocabulary().by_name.get(first)
        if sign is not None and pattern.name == "measure":
            measure = vocabulary().measures.get(str(pattern.arguments[4]))
            what = measure.title if measure else "what the rule asks for"
            return f"{uncapitalised(sign.title)}: {what} was not measured"
        if sign is not None and pattern.name in INPUTS:
            return f"{uncapitalised(sign.title)}{self._unseen(first, pattern)}"
        if pattern.name in _NOTHING:
            return _NOTHING[pattern.name]
        titles = [
            rule.label.title
            for rule, shape in zip(self._base.rules, self._base.shapes, strict=True)
            if _bound(shape.head, pattern) is not None
            or (shape.head.name == pattern.name and not shape.conditions)
        ]
        named = " or ".join(map(uncapitalised, [*dict.fromkeys(titles)][:3]))
        if pattern.name in self._given and named:
            known = [spoken(item, "") for item in _values(pattern) if item is not None]
            what = ", ".join(known) or "nothing"
            return f"{what} is not among: {named}"
        return f"there was no {named or pattern.name.replace('_', ' ')}"

    def _unseen(self, sign: str, pattern: Pattern) -> str:
        """Word how a sign was judged that was not found as a rule asks for it."""
        said = {
            name: [
                uncapitalised(leaf.text).replace(f": {_sign_title(sign)},", ",", 1)
                for atom, leaf in self._facts.items()
                if atom.name == name and atom.arguments[0].name == sign
            ]
            for name in ("absent", "unassessable", "seen")
        }
        seen = [text.partition(", confidence ")[0] for text in said["seen"]]
        side = pattern.arguments[1] if pattern.name == "seen" else None
        where = f" ({spoken(side, '')})" if isinstance(side, clingo.Symbol) else ""
        what = {
            "absent": "was not looked for as the rule asks",
            "unassessable": "was nowhere called not assessable",
        }.get(pattern.name, "was not seen as the rule asks" if seen else "was not seen")
        found = [f"seen were {' and '.join(seen)}"] if seen else []
        judged = "; ".join(found + said["absent"] + said["unassessable"])
        return f"{where} {what}: {judged or 'nobody looked for it'}"

    def _discounts(self, question: str) -> str:
        rows = [
            atom
            for name in ("excepted", "outweighed")
            for atom in self._replay.rows(name)
            if atom.arguments[0] == clingo.String(question)
        ]
        return " ".join(_sentence(self._words(atom)) for atom in rows)

    def _unknown(self, question: str) -> InputError:
        known = [
            *map(str, Label),
            *(rule.label.id for rule in self._base.rules if rule.label.kind == "rule"),
            *(shape.head.name for shape in self._base.shapes if shape.conditions),
        ]
        near = difflib.get_close_matches(question, dict.fromkeys(known), n=3)
        verdicts = f"verdicts are {', '.join(Label)}; s3ns rules list shows the rules"
        hint = f"; did you mean {', '.join(near)}?" if near else f"; {verdicts}"
        return InputError(
            f"{question!r} is no verdict, no rule and no concept of the rules{hint}"
        )


def _bound(head: Pattern, goal: Pattern) -> dict[str, clingo.Symbol] | None:
    if head.name != goal.name or len(head.arguments) != len(goal.arguments):
        return None
    return head.matched(_values(goal))


def _values(pattern: Pattern) -> tuple[clingo.Symbol | None, ...]:
    return tuple(
        item if isinstance(item, clingo.Symbol) else None for item in pattern.arguments
    )


def _sign_title(sign: str) -> str:
    return uncapitalised(vocabulary().by_name[sign].title)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
