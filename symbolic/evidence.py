"""Which evidence applies to which event: what weights are fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import clingo
import numpy as np
import numpy.typing as npt

from s3ns.facts import Document, Label
from s3ns.symbolic.conclusions import Conclusive
from s3ns.symbolic.drafts import weight_of
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.worlds import EVIDENCE, VERDICT, Signature, the_verdict

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

EXCEPTED: Signature = ("excepted", 2)


@dataclass(frozen=True)
class Piece:
    """A rule that concludes evidence.

    Attributes
    ----------
    rule
        Its id.
    toward
        The verdict it speaks for.
    kind
        Correlated evidence is of one kind; of each, only the strongest counts.
    weight
        In points, 100 times the natural logarithm of the likelihood ratio.
    grade
        How well it is founded.
    """

    rule: str
    toward: Label
    kind: str
    weight: int
    grade: str

    @property
    def sign(self) -> int:
        """1 where it speaks for an epileptic seizure, else -1."""
        return 1 if self.toward is Label.EPILEPTIC_SEIZURE else -1


def pieces_of(base: RuleBase) -> tuple[Piece, ...]:
    """Return all evidence of a rule base with a number for its weight, by id."""
    kinds: dict[str, str] = {}
    found: dict[str, Piece] = {}
    for rule in base.rules:
        symbol = rule.syntax.head.atom.symbol
        if symbol.name == "group" and not rule.syntax.body:
            name, kind = (clingo.parse_term(str(part)) for part in symbol.arguments)
            kinds[name.string] = str(kind)
    for rule in base.rules:
        symbol = rule.syntax.head.atom.symbol
        weight = weight_of(rule.syntax)
        if symbol.name == "supports" and weight is not None:
            toward, name = (clingo.parse_term(str(a)) for a in symbol.arguments[:2])
            found[name.string] = Piece(
                rule=name.string,
                toward=Label(toward.name),
                kind=kinds.get(name.string, name.string),
                weight=weight,
                grade=rule.label.grade,
            )
    return tuple(found[name] for name in sorted(found))


@dataclass(frozen=True)
class Evidence:
    """The evidence that applies to a number of events.

    Attributes
    ----------
    pieces
        The columns.
    applies
        Of shape (events, pieces): whether a piece applies and no exception cancels it.
    """

    pieces: tuple[Piece, ...]
    applies: Flags

    @property
    def weights(self) -> Floats:
        """The weights of the rules in units of log likelihood ratio, unsigned."""
        return np.array([piece.weight / 100 for piece in self.pieces])

    @property
    def signs(self) -> Floats:
        """1 or -1 for each piece."""
        return np.array([float(piece.sign) for piece in self.pieces])

    def rows(self, chosen: npt.NDArray[np.int_]) -> Evidence:
        """Return the evidence of some of the events."""
        return Evidence(self.pieces, self.applies[chosen])

    def counted(self, weights: Floats) -> Flags:
        """Return which pieces count: of each kind and side the strongest, once.

        Of equals the first by id counts, as in the rules.
        """
        counted = np.zeros_like(self.applies)
        columns: dict[tuple[int, str], list[int]] = {}
        for place, piece in enumerate(self.pieces):
            columns.setdefault((piece.sign, piece.kind), []).append(place)
        for places in columns.values():
            # argmax takes the first of equals, and pieces stand in the order of ids.
            strength = np.where(self.applies[:, places], weights[places], -1.0)
            best = np.argmax(strength, axis=1)
            rows = np.flatnonzero(self.applies[:, places].any(axis=1))
            counted[rows, np.array(places)[best[rows]]] = True
        return counted

    def leads(self, weights: Floats) -> Floats:
        """Return the lead of the epileptic side for each event, in log odds."""
        return np.asarray(self.counted(weights) @ (weights * self.signs))


def evidence_of(base: RuleBase, documents: Sequence[Document]) -> Evidence:
    """Apply the rules to Documents and return the evidence.

    Raises
    ------
    InputError
        If a time or measure is too large for the rules.
    """
    pieces = pieces_of(base)
    places = {piece.rule: place for place, piece in enumerate(pieces)}
    applies = np.zeros((len(documents), len(pieces)), dtype=bool)
    rules = Conclusive(base, EVIDENCE, EXCEPTED)
    for row, document in enumerate(documents):
        found = rules.conclusions(document)
        excepted = {atom.arguments[0].string for atom in found[EXCEPTED[0]]}
        for atom in found[EVIDENCE[0]]:
            name = atom.arguments[1].string
            if name in places and name not in excepted:
                applies[row, places[name]] = True
    return Evidence(pieces, applies)


def verdicts_of(base: RuleBase, documents: Sequence[Document]) -> list[Label]:
    """Return the verdict of the rules on each Document, without its proof.

    Raises
    ------
    InputError
        If a time or measure is too large for the rules.
    RuleError
        If the rules leave the verdict out or give two.
    """
    rules = Conclusive(base, VERDICT)
    return [the_verdict(rules.conclusions(d)[VERDICT[0]]) for d in documents]
