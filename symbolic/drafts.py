"""Rules as read, before they are checked, and folders laid over each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import clingo
import msgspec
from clingo.ast import ASTType, SymbolicTerm

from s3ns.symbolic.check_records import Place, Problems, unknown
from s3ns.symbolic.labels import Label, LabelReader, Reweighting
from s3ns.symbolic.sources import TEMPLATES, Source
from s3ns.symbolic.syntax import parse, signature
from s3ns.symbolic.syntax_tree import Tree
from s3ns.symbolic.templates import compiled

WEIGHTED = ("supports", "lateral_sign")
"""Conclusions whose third place is a weight."""


class Draft(msgspec.Struct, frozen=True):
    """A rule that may still be wrong.

    Attributes
    ----------
    label
        ``None`` where something is wrong with it.
    source
        The file.
    syntax
        The rule itself, alternatives in arguments (``p(a;b)``) written out.
    """

    label: Label | None
    source: Source
    syntax: Tree

    @property
    def id(self) -> str:
        """The id, for messages."""
        return self.label.id if self.label else "this rule"

    def place(self, node: Tree | None = None) -> Place:
        """Return the place of a piece of the rule, by default its beginning."""
        return self.source.place(self.syntax if node is None else node)

    def label_place(self, field: str) -> Place:
        """Return the place of a field of the label."""
        return self.label.places[field] if self.label else self.place()


class Layer(msgspec.Struct, frozen=True):
    """The rules of one folder, and what it does to the rules below it.

    Attributes
    ----------
    sources, drafts
        Its files and rules.
    disabled
        Ids of rules below that it leaves out.
    reweighted
        Other weights for evidence below.
    """

    sources: tuple[Source, ...]
    drafts: tuple[Draft, ...]
    disabled: Mapping[str, Place]
    reweighted: Mapping[str, Reweighting] = {}

    @property
    def ids(self) -> set[str]:
        """The ids of its rules."""
        return {draft.label.id for draft in self.drafts if draft.label}


def read_layer(
    texts: Mapping[str, bytes], below: Sequence[Layer], problems: Problems
) -> Layer:
    """Read the files of one folder, given by name, that is laid over others."""
    sources: list[Source] = []
    drafts: list[Draft] = []
    disabled: dict[str, Place] = {}
    reweighted: dict[str, Reweighting] = {}
    # Templates last: they may name what the other rules conclude.
    for name in sorted(texts, key=lambda name: (name.endswith(TEMPLATES), name)):
        raw = texts[name]
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            problems.add(Place(name, 1, 1), "R001", reason=error)
            continue
        if name.endswith(TEMPLATES):
            known = _concluded([*(d for layer in below for d in layer.drafts), *drafts])
            source = compiled(name, text, known, problems)
        else:
            source = Source(name, text)
        sources.append(source)
        drafts += _rules(source, problems, disabled, reweighted)
    return Layer(tuple(sources), tuple(drafts), disabled, reweighted)


def laid_over(layers: Sequence[Layer], problems: Problems) -> tuple[Draft, ...]:
    """Return the rules that are left when each folder is laid over those before it.

    A rule takes the place of all rules below that have its id.
    """
    drafts: list[Draft] = []
    for layer in layers:
        below = {draft.label.id for draft in drafts if draft.label}
        for name, place in layer.disabled.items():
            if name not in below:
                said = unknown("rule", name, sorted(below))
                problems.add(place, "R033", id=name, unknown=said)
        gone = layer.ids | set(layer.disabled)
        drafts = [d for d in drafts if d.label is None or d.label.id not in gone]
        drafts = _reweighted(drafts, layer.reweighted, problems)
        drafts += layer.drafts
    return tuple(drafts)


def _reweighted(
    drafts: list[Draft], weights: Mapping[str, Reweighting], problems: Problems
) -> list[Draft]:
    """Return the rules with the weights of a layer laid over them."""
    known = {draft.label.id for draft in drafts if draft.label}
    done: set[str] = set()
    found = []
    for draft in drafts:
        new = weights.get(draft.id)
        if new is not None and draft.label and weight_of(draft.syntax) is not None:
            done.add(draft.id)
            head = draft.syntax.head.atom.symbol
            number = Tree(
                SymbolicTerm(head.arguments[2].location, clingo.Number(new.points))
            )
            source = f"{draft.label.source}; weight {new.points}: {new.why}"
            found.append(
                msgspec.structs.replace(
                    draft,
                    label=msgspec.structs.replace(draft.label, source=source),
                    syntax=_with_weight(draft.syntax, number),
                )
            )
        else:
            found.append(draft)
    for name, new in weights.items():
        if name not in known:
            said = unknown("rule", name, sorted(known))
            problems.add(new.place, "R035", id=name, reason=said)
        elif name not in done:
            said = "it concludes no evidence with a number for its weight"
            problems.add(new.place, "R035", id=name, reason=said)
    return found


def weight_of(rule: Tree) -> int | None:
    """Return the weight of the evidence that a rule concludes, if it is a number."""
    name, count = signature(rule.head.atom)
    if count != 3 or name not in WEIGHTED:
        return None
    last = rule.head.atom.symbol.arguments[2]
    if last.ast_type is not ASTType.SymbolicTerm:
        return None
    symbol: clingo.Symbol = last.symbol
    return symbol.number if symbol.type is clingo.SymbolType.Number else None


def _with_weight(rule: Tree, number: Tree) -> Tree:
    symbol = rule.head.atom.symbol
    arguments = [*symbol.arguments[:2], number]
    atom = rule.head.atom.updated(symbol=symbol.updated(arguments=arguments))
    return rule.updated(head=rule.head.updated(atom=atom))


def _concluded(drafts: Iterable[Draft]) -> dict[str, int]:
    """Return the names of conclusions with their numbers of arguments."""
    return dict(signature(draft.syntax.head.atom) for draft in drafts)


def _rules(
    source: Source,
    problems: Problems,
    disabled: dict[str, Place],
    reweighted: dict[str, Reweighting],
) -> list[Draft]:
    found = Problems()
    statements = parse(source, found)
    # Positions of templates are not those of the text: labels there are always whole.
    broken = () if source.places else sorted({item.line for item in found.errors})
    problems.take(found)
    reader = LabelReader(source, problems, broken)
    drafts = []
    for statement in statements:
        if statement.ast_type is ASTType.Comment:
            reader.add(statement)
            continue
        label = reader.take(statement)
        drafts += [Draft(label, source, each) for each in statement.unpooled()]
    reader.finish()
    disabled.update(reader.disabled)
    reweighted.update(reader.reweighted)
    return drafts
