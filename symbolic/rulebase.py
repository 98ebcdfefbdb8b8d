"""Loading and checking a folder of rule files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import clingo
import msgspec
import networkx as nx
from clingo.ast import AST, ASTType, ProgramBuilder

from s3ns.facts import FileHash, RuleError, RuleReference, bad_value
from s3ns.symbolic.encoding import INPUTS
from s3ns.symbolic.instrument import instrumented
from s3ns.symbolic.kinds import Kinds
from s3ns.symbolic.labels import Label, LabelReader
from s3ns.symbolic.relevance import Relevance
from s3ns.symbolic.shapes import Shape, shape_of
from s3ns.symbolic.syntax import (
    Place,
    atoms_of,
    global_variables,
    is_atom,
    is_negated,
    logged_fault,
    parse,
    signature,
    walk,
)
from s3ns.symbolic.wording import placeholders

Signature = tuple[str, int]

_OBSERVED = ("seen", "measure", "absent", "unassessable", "recording")
_MAKES_TERMS = {
    ASTType.BinaryOperation,
    ASTType.UnaryOperation,
    ASTType.Interval,
}


class Rule(msgspec.Struct, frozen=True):
    """One rule with its label and place.

    Attributes
    ----------
    label
        What its author says of it.
    file, line
        Where it stands; the file within its folder.
    syntax
        The rule itself, alternatives in arguments (``p(a;b)``) written out.
    """

    label: Label
    file: str
    line: int
    syntax: AST

    @property
    def reference(self) -> RuleReference:
        """The rule as a Document cites it."""
        return RuleReference(
            id=self.label.id,
            title=self.label.title,
            source=self.label.source,
            grade=self.label.grade,
            file=self.file,
            line=self.line,
        )


class RuleBase:
    """A checked set of rules: exactly one answer set for any findings.

    Attributes
    ----------
    rules
        In the order of file names and lines.
    files
        Name and hash of each file, for provenance.
    """

    def __init__(self, texts: dict[str, bytes]) -> None:
        """Read rule files given by name and content; use :meth:`load` for a folder.

        Raises
        ------
        RuleError
            If a file cannot be used; the message gives file, line and column.
        """
        self.files = tuple(
            FileHash(name, hashlib.sha256(raw).hexdigest())
            for name, raw in sorted(texts.items())
        )
        self.rules: tuple[Rule, ...] = tuple(
            rule for name, raw in sorted(texts.items()) for rule in _read(name, raw)
        )
        self._kinds = Kinds([rule.syntax for rule in self.rules])
        self._check()

    @classmethod
    def load(cls, folder: Path | None = None) -> RuleBase:
        """Load the rule files (``*.lp``) of a folder, by default those of s3ns.

        Raises
        ------
        RuleError
            If the folder holds none, or one that cannot be used.
        """
        shipped = files("s3ns.rules")
        try:
            entries = list(shipped.iterdir() if folder is None else folder.iterdir())
            name = "rules" if folder is None else folder.resolve().name
            texts = {
                f"{name}/{entry.name}": entry.read_bytes()
                for entry in entries
                if entry.name.endswith(".lp")
            }
        except OSError as error:
            raise RuleError(f"cannot read rules from {folder}: {error.strerror}") from (
                error
            )
        if not texts:
            raise RuleError(f"expected rule files (*.lp) in {folder}, found none")
        return cls(texts)

    @cached_property
    def replay_program(self) -> tuple[AST, ...]:
        """The program that lists every application of every rule."""
        return instrumented([rule.syntax for rule in self.rules])

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The rules in the form in which proofs use them."""
        return tuple(
            shape_of(rule.syntax, self._kinds.variables(rule.syntax))
            for rule in self.rules
        )

    @cached_property
    def relevance(self) -> Relevance:
        """Which signs decide whether something is concluded."""
        named = [self._kinds.signs_named(rule.syntax) for rule in self.rules]
        return Relevance(self.shapes, named)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles of the rules by their ids."""
        return {rule.label.id: rule.label.title for rule in self.rules}

    def _check(self) -> None:
        self._check_ids()
        self._check_predicates()
        self._check_placeholders()
        for rule in self.rules:
            self._kinds.check_words(rule.file, rule.syntax)
        self._check_denials()
        self._check_loops()
        self._check_safety()

    def _check_ids(self) -> None:
        places: dict[str, tuple[str, int]] = {}
        for rule in self.rules:
            place = (rule.file, rule.line)
            first = places.setdefault(rule.label.id, place)
            if first != place:
                raise _place(rule).fault(
                    f"{rule.label.id} already stands at {first[0]}:{first[1]}"
                )
            for argument in rule.syntax.head.atom.symbol.arguments:
                named = _id_named(rule.syntax.head.atom, argument)
                if named not in {None, rule.label.id}:
                    raise _place(rule, argument).fault(
                        f"{rule.label.id} concludes for {named}: the two must be alike"
                    )

    def _check_predicates(self) -> None:
        concluded = {signature(rule.syntax.head.atom) for rule in self.rules}
        known = concluded | {(name, len(places)) for name, places in INPUTS.items()}
        words = sorted({f"{name}/{count}" for name, count in known})
        for rule in self.rules:
            head = rule.syntax.head.atom
            if head.symbol.name in INPUTS:
                raise _place(rule, head.symbol).fault(
                    f"{head.symbol.name} is given by the Document and cannot be "
                    "concluded"
                )
            for literal in rule.syntax.body:
                for atom, monotone in atoms_of(literal):
                    name, count = signature(atom)
                    if (name, count) not in known:
                        raise _place(rule, atom.symbol).fault(
                            bad_value("predicate", f"{name}/{count}", words)
                        )
                    negated = is_atom(literal) and not monotone
                    if negated and name in _OBSERVED:
                        raise _place(rule, atom.symbol).fault(
                            f"'not {name}' would take silence for an answer: use "
                            "absent/3, what was looked for and not seen"
                        )

    def _check_placeholders(self) -> None:
        for rule in self.rules:
            names = global_variables(rule.syntax)
            for name, _ in placeholders(rule.label.says):
                if name not in names:
                    raise _place(rule).fault(
                        f"{rule.label.id} says {{{name}}}: "
                        + bad_value("variable", name, names)
                    )

    def _check_denials(self) -> None:
        """Every conclusion that is negated somewhere must say how that reads."""
        denied = {
            signature(rule.syntax.head.atom) for rule in self.rules if rule.label.denied
        }
        for rule in self.rules:
            for literal in rule.syntax.body:
                if is_atom(literal) and is_negated(literal):
                    name, count = signature(literal.atom)
                    if (name, count) not in denied:
                        raise _place(rule, literal).fault(
                            f"'not {name}' needs a rule for {name}/{count} whose label "
                            "says under 'denied' how that reads"
                        )

    def _check_loops(self) -> None:
        """Refuse what could give no, several or endless answers."""
        graph: nx.DiGraph[Signature] = nx.DiGraph()
        uses: list[tuple[Rule, AST, Signature, Signature, bool]] = []
        for rule in self.rules:
            head = signature(rule.syntax.head.atom)
            for literal in rule.syntax.body:
                for atom, monotone in atoms_of(literal):
                    graph.add_edge(head, signature(atom))
                    uses.append((rule, atom, head, signature(atom), monotone))
        component = {
            member: number
            for number, members in enumerate(nx.strongly_connected_components(graph))
            for member in members
        }
        for rule, atom, head, used, monotone in uses:
            if component[head] != component[used]:
                continue
            if not monotone:
                raise _place(rule, atom.symbol).fault(
                    f"{head[0]} depends on itself through 'not' or an aggregate"
                )
            if any(
                part.ast_type in _MAKES_TERMS for part in walk(rule.syntax.head.atom)
            ):
                raise _place(rule, atom.symbol).fault(
                    f"{head[0]} depends on itself and computes new values: this may "
                    "never end"
                )

    def _check_safety(self) -> None:
        """Let the solver refuse variables that no premise binds."""
        for name in dict.fromkeys(rule.file for rule in self.rules):
            messages: list[str] = []
            control = clingo.Control(logger=_collector(messages))
            try:
                with ProgramBuilder(control) as builder:
                    for rule in self.rules:
                        if rule.file == name:
                            builder.add(rule.syntax)
                control.ground([("base", [])])
            except RuntimeError as error:
                raise logged_fault(name, messages) from error


def _collector(
    messages: list[str],
) -> Callable[[clingo.MessageCode, str], None]:
    return lambda _, message: messages.append(message)


def _read(name: str, raw: bytes) -> list[Rule]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RuleError(f"{name}:1:1: expected UTF-8 text: {error}") from error
    reader = LabelReader(name)
    rules = []
    for statement in parse(text, name):
        if statement.ast_type is ASTType.Comment:
            reader.add(statement)
            continue
        label = reader.take(statement)
        line = statement.location.begin.line
        rules += [Rule(label, name, line, each) for each in statement.unpool()]
    reader.finish()
    return rules


def _id_named(head: AST, argument: AST) -> str | None:
    """Return the rule id that a piece of evidence carries in its conclusion."""
    if head.symbol.name not in {"supports", "lateral_sign"}:
        return None
    if argument.ast_type is not ASTType.SymbolicTerm:
        return None
    symbol = argument.symbol
    return symbol.string if symbol.type is clingo.SymbolType.String else None


def _place(rule: Rule, node: AST | None = None) -> Place:
    return Place.of(rule.file, rule.syntax if node is None else node)
