"""The symbolic stage: a Document in, the same with verdict and proof out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import clingo

from s3ns import __version__
from s3ns.facts import (
    Document,
    Label,
    Lateralisation,
    LateralSign,
    Node,
    Note,
    RuleError,
    Step,
    Support,
    Verdict,
)
from s3ns.facts.verdict import Hemisphere, Strength
from s3ns.symbolic.encoding import MERGE_GAP, encode
from s3ns.symbolic.proof import ProofBuilder
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.solve import Replay


class Reasoner:
    """Applies a rule base to Documents.

    What is concluded lies in the rules alone; this class copies the conclusions that
    make up a :class:`~s3ns.facts.Verdict` out of the answer set:

    ========================================  ===================================
    ``verdict(Label)``                        one
    ``strength(Word)``                        one: strong, moderate, weak, none
    ``score(Label,Points)``                   one for each side
    ``supports(Label,Rule,Weight)``           the evidence
    ``group(Rule,Group)``                     evidence of one group is correlated
    ``excepted(Rule,Reason)``,                evidence that does not count
    ``outweighed(Rule,Rule)``
    ``hemisphere(Word)``                      one: left, right, conflict, none
    ``lateral_sign(Rule,Hemisphere,Weight)``  the lateralising signs
    ``ilae2025(Class)``, ``ilae2017(Class)``  at most one of each
    ``certainty(Topic)``, ``remark(Topic)``   notes
    ========================================  ===================================
    """

    def __init__(
        self,
        rules: Path | None = None,
        *,
        alone: bool = False,
        prevalence: float | None = None,
    ) -> None:
        """Load the rule base.

        Parameters
        ----------
        rules
            Folder of rule files to lay over those that s3ns ships.
        alone
            Leave those that s3ns ships out.
        prevalence
            Share of epileptic seizures among the events of the site.

        Raises
        ------
        RuleError
            If a rule file cannot be used.
        InputError
            If the prevalence is out of range.
        """
        self.base = RuleBase.load(rules, alone=alone, prevalence=prevalence)

    @classmethod
    def of(cls, base: RuleBase) -> Reasoner:
        """Make a reasoner for rules that are loaded already."""
        made = cls.__new__(cls)
        made.base = base
        return made

    def reason(self, document: Document) -> Document:
        """Return the Document with verdict, proof and a provenance step.

        Raises
        ------
        InputError
            If a time or measure is too large for the rules.
        RuleError
            If the rules leave out a part of the verdict or give two.
        """
        facts = encode(document)
        replay = Replay(self.base, facts)
        builder = ProofBuilder(self.base, facts, replay)
        verdict = _Reading(replay, builder).verdict()
        proof = builder.proof(builder.node(_atom("verdict", str(verdict.label))))
        step = Step(
            stage="reason",
            tool="s3ns",
            version=__version__,
            parameters={"merge_gap_s": MERGE_GAP / 10},
            rules=self.base.files,
        )
        return document.with_verdict(verdict, proof, step)


class _Reading:
    """Reads the parts of a verdict off an answer set."""

    def __init__(self, replay: Replay, builder: ProofBuilder) -> None:
        self._builder = builder
        self._rows = replay.rows

    def verdict(self) -> Verdict:
        label = Label(self._word("verdict", [str(label) for label in Label]))
        node = self._builder.node(self._rows("verdict")[0])
        scores = {
            row.arguments[0].name: row.arguments[1].number
            for row in self._rows("score")
        }
        return Verdict(
            label=label,
            strength=self._word("strength", get_args(Strength)),
            score_epileptic=scores.get(Label.EPILEPTIC_SEIZURE, 0),
            score_non_epileptic=scores.get(Label.NON_EPILEPTIC_EVENT, 0),
            text=node.text,
            node=node.id,
            supports=self._supports(),
            lateralisation=Lateralisation(
                hemisphere=self._word("hemisphere", get_args(Hemisphere)),
                signs=self._lateral_signs(),
            ),
            ilae2025=next(iter(self._notes("ilae2025")), None),
            ilae2017=next(iter(self._notes("ilae2017")), None),
            certainty=self._notes("certainty"),
            remarks=self._notes("remark"),
        )

    def _supports(self) -> tuple[Support, ...]:
        groups = {
            row.arguments[0].string: row.arguments[1].name
            for row in self._rows("group")
        }
        discounts: dict[str, list[str]] = {}
        for row in (*self._rows("excepted"), *self._rows("outweighed")):
            words = discounts.setdefault(row.arguments[0].string, [])
            words.append(self._builder.node(row).text)
        found = []
        for row in self._rows("supports"):
            toward, rule, weight = row.arguments
            node = self._builder.node(row)
            found.append(
                Support(
                    rule=rule.string,
                    title=self._title(node),
                    toward=Label(toward.name),
                    weight=weight.number,
                    group=groups.get(rule.string, rule.string),
                    counted=rule.string not in discounts,
                    text=node.text,
                    node=node.id,
                    why_not=" ".join(discounts.get(rule.string, [])),
                )
            )
        return tuple(sorted(found, key=lambda item: (not item.counted, -item.weight)))

    def _lateral_signs(self) -> tuple[LateralSign, ...]:
        found = []
        for row in self._rows("lateral_sign"):
            rule, hemisphere, weight = row.arguments
            node = self._builder.node(row)
            found.append(
                LateralSign(
                    rule=rule.string,
                    title=self._title(node),
                    hemisphere="left" if hemisphere.name == "left" else "right",
                    weight=weight.number,
                    text=node.text,
                    node=node.id,
                )
            )
        return tuple(sorted(found, key=lambda item: (-item.weight, item.rule)))

    def _notes(self, name: str) -> tuple[Note, ...]:
        nodes = [self._builder.node(row) for row in self._rows(name)]
        notes = [Note(rule=node.rule, text=node.text, node=node.id) for node in nodes]
        return tuple(sorted(notes, key=lambda note: note.rule))

    def _title(self, node: Node) -> str:
        rule = self._builder.rule(node)
        return rule.title if rule else ""

    def _word(self, name: str, allowed: Iterable[str]) -> Any:
        """Return the one word that the rules conclude for a part of the verdict."""
        rows = [row.arguments[0].name for row in self._rows(name)]
        if len(rows) != 1 or rows[0] not in allowed:
            raise RuleError(
                f"the rules must conclude one {name} out of {', '.join(allowed)}, "
                f"got {', '.join(rows) or 'none'}"
            )
        return rows[0]


def _atom(name: str, word: str) -> clingo.Symbol:
    return clingo.Function(name, [clingo.Function(word)])
