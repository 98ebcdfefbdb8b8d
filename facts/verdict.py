"""What the symbolic stage adds to a Document: a verdict and its proof."""

from __future__ import annotations

from enum import Enum
from typing import Literal

import msgspec


class Label(str, Enum):
    """The four verdicts."""

    EPILEPTIC_SEIZURE = "epileptic_seizure"
    NON_EPILEPTIC_EVENT = "non_epileptic_event"
    NO_EVENT = "no_event"
    INDETERMINATE = "indeterminate"

    def __str__(self) -> str:
        return self.value

    @property
    def words(self) -> str:
        """The verdict in words.

        A non-epileptic event has many causes, of which functional / dissociative
        seizures are one; video alone does not tell them apart.
        """
        return self.value.replace("non_", "non-").replace("_", " ")


Strength = Literal["strong", "moderate", "weak", "none"]
Hemisphere = Literal["left", "right", "conflict", "none"]


class RuleReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rule that a conclusion rests on, as its author labelled it."""

    id: str
    title: str
    source: str
    grade: str
    file: str
    line: int


class Premise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One premise of a conclusion.

    Attributes
    ----------
    kind
        ``holds`` for what was concluded or found, ``not`` for what was not,
        ``comparison`` for an evaluated condition, ``aggregate`` for a sum or count.
    text
        The premise in words or, for comparisons, with its evaluated sides.
    nodes
        Proof nodes that back it: the premise itself, the members of the aggregate, or
        what shows that a negated premise was looked for and not seen.
    """

    kind: Literal["holds", "not", "comparison", "aggregate"]
    text: str
    nodes: tuple[str, ...] = ()


class Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A conclusion or an input, once however often it is used.

    Attributes
    ----------
    id
        Name of the node within its proof.
    kind
        ``conclusion``, one of the inputs ``finding``, ``absence``, ``unassessable``,
        ``measure``, or ``given`` for what holds beforehand: a threshold of the rule
        base, a word of the vocabulary, the stretch that was analysed.
    text
        The sentence for people.
    atom
        The same as a term of the rule language.
    rule
        Id of the rule applied, or empty; the proof lists the rules.
    premises
        In the order in which the rule names them; conclusions only.
    """

    id: str
    kind: Literal[
        "conclusion", "finding", "absence", "unassessable", "measure", "given"
    ]
    text: str
    atom: str
    rule: str = ""
    premises: tuple[Premise, ...] = ()


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A proof as an acyclic graph, shared parts once.

    Attributes
    ----------
    root
        Id of the node that states the verdict.
    nodes
        Each node after the nodes it rests on. Conclusions beside the verdict, and those
        drawn from it, such as the class of a seizure, have their nodes here as well.
    rules
        The rules that were applied, each once, by their ids.
    """

    root: str
    nodes: tuple[Node, ...]
    rules: tuple[RuleReference, ...] = ()

    def node(self, node_id: str) -> Node:
        """Look a node up by its id."""
        return {node.id: node for node in self.nodes}[node_id]


class Support(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One piece of evidence for or against an epileptic seizure.

    Attributes
    ----------
    rule, title
        The evidence rule.
    toward
        The verdict it speaks for.
    weight
        100 x natural logarithm of the likelihood ratio, positive.
    group
        Correlated evidence; only the strongest of a group counts.
    counted
        Whether it counted.
    why_not
        Why it did not count, in words; empty where it did.
    text
        The sentence.
    node
        The proof node that states it.
    """

    rule: str
    title: str
    toward: Label
    weight: int
    group: str
    counted: bool
    text: str
    node: str
    why_not: str = ""


class LateralSign(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """One sign that points to a hemisphere."""

    rule: str
    title: str
    hemisphere: Literal["left", "right"]
    weight: int
    text: str
    node: str


class Lateralisation(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The hemisphere that the signs point to; conflicts are shown, never averaged."""

    hemisphere: Hemisphere
    signs: tuple[LateralSign, ...] = ()


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A remark that a rule makes beside the verdict: class, certainty, information."""

    rule: str
    text: str
    node: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The outcome of the symbolic stage.

    Attributes
    ----------
    label
        The verdict.
    strength
        How far the evidence outweighs its opposite; ``none`` where undecided.
    score_epileptic, score_non_epileptic
        Sums of the counted weights on either side.
    text
        The verdict as a sentence.
    node
        The proof node that states it.
    supports
        All evidence, counted or not.
    lateralisation
        Hemisphere and the signs that point to one.
    ilae2025, ilae2017
        Class of the event in the two ILAE classifications; ``None`` where it is
        outside them.
    certainty
        What video alone may say about certainty, and what is missing for more.
    remarks
        Further information, such as a prolonged convulsion.
    """

    label: Label
    strength: Strength
    score_epileptic: int
    score_non_epileptic: int
    text: str
    node: str
    supports: tuple[Support, ...]
    lateralisation: Lateralisation
    ilae2025: Note | None = None
    ilae2017: Note | None = None
    certainty: tuple[Note, ...] = ()
    remarks: tuple[Note, ...] = ()
