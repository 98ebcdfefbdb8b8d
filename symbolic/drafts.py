"""Rules as read, before they are checked, and folders laid over each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from clingo.ast import AST, ASTType

from s3ns.symbolic.check_records import Place, Problems, unknown
from s3ns.symbolic.labels import Label, LabelReader
from s3ns.symbolic.sources import TEMPLATES, Source
from s3ns.symbolic.syntax import parse, signature
from s3ns.symbolic.templates import compiled


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
    syntax: AST

    @property
    def id(self) -> str:
        """The id, for messages."""
        return self.label.id if self.label else "this rule"

    def place(self, node: AST | None = None) -> Place:
        """Return the place of a piece of the rule, by default its beginning."""
        return self.source.place(self.syntax if node is None else node)

    def label_place(self, field: str) -> Place:
        """Return the place of a field of the label."""
        return self.label.places[field] if self.label else self.place()


class Layer(msgspec.Struct, frozen=True):
    """The rules of one folder, and the ids of rules below that it leaves out."""

    sources: tuple[Source, ...]
    drafts: tuple[Draft, ...]
    disabled: Mapping[str, Place]

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
    # Templates last: they may name what the other rules conclude.
    for name in sorted(texts, key=lambda name: (name.endswith(TEMPLATES), name)):
        raw = texts[name]
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            problems.add(Place(name, 1, 1), "R001", reason=error)
            continue
        if name.endswith(TEMPLATES):
            known = _concluded([*(d for layer in below for d in layer.drafts), *drafts])
            source = compiled(name, text, known, problems)
        else:
            source = Source(name, text)
        sources.append(source)
        drafts += _rules(source, problems, disabled)
    return Layer(tuple(sources), tuple(drafts), disabled)


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
        drafts += layer.drafts
    return tuple(drafts)


def _concluded(drafts: Iterable[Draft]) -> dict[str, int]:
    """Return the names of conclusions with their numbers of arguments."""
    return dict(signature(draft.syntax.head.atom) for draft in drafts)


def _rules(
    source: Source, problems: Problems, disabled: dict[str, Place]
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
        drafts += [Draft(label, source, each) for each in statement.unpool()]
    reader.finish()
    disabled.update(reader.disabled)
    return drafts
