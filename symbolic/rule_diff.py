"""What two sets of rules make of the same findings."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from s3ns.facts import Document, RuleError, Support, Verdict
from s3ns.symbolic.reasoner import Reasoner
from s3ns.symbolic.rulebase import RuleBase


class RuleChange(msgspec.Struct, frozen=True):
    """A rule that differs.

    Attributes
    ----------
    id, title
        The rule.
    change
        ``added``, ``left out`` or ``changed``.
    """

    id: str
    title: str
    change: str


class EvidenceChange(msgspec.Struct, frozen=True):
    """Evidence that counts differently.

    Attributes
    ----------
    rule, title
        The evidence.
    before, after
        The points that it counts for; 0 where it does not count.
    text
        What it says, or why it does not count any more.
    """

    rule: str
    title: str
    before: int
    after: int
    text: str


class VerdictChange(msgspec.Struct, frozen=True):
    """What two sets of rules make of one Document.

    Attributes
    ----------
    name
        Of the Document.
    before, after
        The verdicts, without their proofs.
    evidence
        What counts differently.
    """

    name: str
    before: Verdict
    after: Verdict
    evidence: tuple[EvidenceChange, ...]

    @property
    def parts(self) -> tuple[tuple[str, str, str], ...]:
        """What differs in the verdict: the part, before, after."""
        pairs = {
            "verdict": (str(self.before.label), str(self.after.label)),
            "strength": (self.before.strength, self.after.strength),
            "hemisphere": (
                self.before.lateralisation.hemisphere,
                self.after.lateralisation.hemisphere,
            ),
            "class": (_class(self.before), _class(self.after)),
        }
        return tuple((k, *pair) for k, pair in pairs.items() if pair[0] != pair[1])


def changed_rules(before: RuleBase, after: RuleBase) -> tuple[RuleChange, ...]:
    """Return the rules that differ, by id."""
    old, new = _texts(before), _texts(after)
    found = []
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) == new.get(name):
            continue
        change = "changed"
        if name not in old or name not in new:
            change = "added" if name in new else "left out"
        title = (after if name in new else before).titles[name]
        found.append(RuleChange(name, title, change))
    return tuple(found)


def changed_verdicts(
    before: Reasoner, after: Reasoner, documents: Sequence[tuple[str, Document]]
) -> tuple[VerdictChange, ...]:
    """Judge Documents, given with their names, by both; return all, changed or not."""
    return tuple(
        _compared(name, _verdict(before, document), _verdict(after, document))
        for name, document in documents
    )


def _compared(name: str, before: Verdict, after: Verdict) -> VerdictChange:
    old = {item.rule: item for item in before.supports}
    new = {item.rule: item for item in after.supports}
    evidence = []
    for rule in sorted(old.keys() | new.keys()):
        was, now = old.get(rule), new.get(rule)
        points, counts = _points(was), _points(now)
        last = now or was
        if points == counts or last is None:
            continue
        said = last.text if now is None or now.counted else now.why_not
        evidence.append(EvidenceChange(rule, last.title, points, counts, said))
    return VerdictChange(name, before, after, tuple(evidence))


def _points(support: Support | None) -> int:
    return support.weight if support and support.counted else 0


def _verdict(reasoner: Reasoner, document: Document) -> Verdict:
    verdict = reasoner.reason(document).verdict
    if verdict is None:
        raise RuleError("the rules give no verdict")
    return verdict


def _class(verdict: Verdict) -> str:
    return verdict.ilae2025.text if verdict.ilae2025 else "none"


def _texts(base: RuleBase) -> dict[str, tuple[str, ...]]:
    """Return what each rule is made of, wherever it stands."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in base.rules:
        label = rule.label
        said = (label.title, label.says, label.denied, label.source, label.grade)
        found[label.id] = (*found.get(label.id, said), str(rule.syntax))
    return found
