"""Loading folders of rule files, and the checked set of rules they make up."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import clingo
import msgspec
from clingo.ast import AST

from s3ns.facts import FileHash, RuleReference
from s3ns.symbolic.check import check, warn
from s3ns.symbolic.check_records import Problem, Problems
from s3ns.symbolic.check_trial import check_trial
from s3ns.symbolic.drafts import Draft, Layer, laid_over, read_layer
from s3ns.symbolic.encoding import INPUTS
from s3ns.symbolic.instrument import instrumented, solver_text
from s3ns.symbolic.kinds import Kinds
from s3ns.symbolic.labels import Label
from s3ns.symbolic.prevalence import prevalence_layer
from s3ns.symbolic.relevance import Relevance
from s3ns.symbolic.shapes import Shape, shape_of
from s3ns.symbolic.sources import Source, built_in, read_folder
from s3ns.symbolic.syntax_tree import Tree


class Rule(msgspec.Struct, frozen=True, dict=True):
    """One rule with its label and place.

    Attributes
    ----------
    label
        What its author says of it.
    source
        The file it stands in.
    syntax
        The rule itself, alternatives in arguments (``p(a;b)``) written out.
    """

    label: Label
    source: Source
    syntax: Tree

    @property
    def file(self) -> str:
        """Name of the file within its folder."""
        return self.source.name

    @property
    def line(self) -> int:
        """Line at which the rule begins, after its label."""
        return self.source.place(self.syntax).line

    @property
    def text(self) -> str:
        """The rule in the rule language, as it stands in its file."""
        place = self.syntax.location
        lines = self.source.text.splitlines()[place.begin.line - 1 : place.end.line]
        return "\n".join(lines)

    @cached_property
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


class Program(msgspec.Struct, frozen=True):
    """What was read, right or wrong.

    Attributes
    ----------
    files
        Name and hash of each file.
    sources
        The texts of those that could be read.
    drafts
        The rules that are left when the folders are laid over each other.
    kinds
        What each place of each predicate holds.
    problems
        What is wrong.
    """

    files: tuple[FileHash, ...]
    sources: tuple[Source, ...]
    drafts: tuple[Draft, ...]
    kinds: Kinds
    problems: Problems


def rule_layers(
    folder: Path | None, *, alone: bool = False
) -> tuple[Mapping[str, bytes], ...]:
    """Return the files of the rules of s3ns and of a folder that is laid over them.

    Raises
    ------
    RuleError
        If the folder cannot be read or holds no rules.
    """
    if folder is None:
        return (built_in(),)
    own = read_folder(folder)
    return (own,) if alone else (built_in(), own)


def read(*layers: Mapping[str, bytes], warnings: bool = True) -> Program:
    """Read and check rule files, given by name; report all that is wrong.

    Whoever only wants to apply the rules need not wait for the warnings.
    """
    problems = Problems()
    folders: list[Layer] = []
    for texts in layers:
        folders.append(read_layer(texts, folders, problems))
    drafts = laid_over(folders, problems)
    kinds = Kinds([draft.syntax for draft in drafts])
    check(drafts, kinds, problems)
    if warnings and not problems.errors:
        warn(drafts, kinds, problems)
    return Program(
        files=tuple(
            FileHash(name, hashlib.sha256(raw).hexdigest())
            for texts in layers
            for name, raw in sorted(texts.items())
        ),
        sources=tuple(source for layer in folders for source in layer.sources),
        drafts=drafts,
        kinds=kinds,
        problems=problems,
    )


def problems_of(
    folder: Path | None = None, *, alone: bool = False
) -> tuple[Problem, ...]:
    """Return all that is wrong with a folder of rules; see :meth:`RuleBase.load`.

    Raises
    ------
    RuleError
        If the folder cannot be read or holds no rules.
    """
    layers = rule_layers(folder, alone=alone)
    problems = read(*layers).problems
    if folder is not None and not problems.errors:
        check_trial(layers, problems)
    return problems.found


class RuleBase:
    """A checked set of rules: exactly one answer set for any findings.

    Attributes
    ----------
    rules
        In the order of file names and lines.
    files
        Name and hash of each file, for provenance.
    sources
        The texts of the files.
    shapes
        The rules in the form in which proofs use them.
    solver_texts
        The rules as the solver is quickest with them, in the order of the rules.
    replay_program
        The program that lists every application of every rule but the facts.
    """

    def __init__(self, *layers: Mapping[str, bytes]) -> None:
        """Read rule files by name and content, each folder laid over those before it.

        Use :meth:`load` for a folder.

        Raises
        ------
        RuleError
            If a file cannot be used; the message tells the first error, with file,
            line and column, and how many more there are.
        """
        program = read(*layers, warnings=False)
        program.problems.raise_first()
        self.files = program.files
        self.sources = program.sources
        drafts = [draft for draft in program.drafts if draft.label is not None]
        trees = [draft.syntax for draft in drafts]
        known = list(map(program.kinds.variables, trees))
        self.shapes: tuple[Shape, ...] = tuple(map(shape_of, trees, known))
        self.solver_texts: tuple[str, ...] = tuple(map(solver_text, trees, known))
        self.replay_program: tuple[AST, ...] = instrumented(trees, known)
        self._signs = list(map(program.kinds.signs_named, trees))
        # What was read of the trees is not needed any more, and it is much.
        self.rules: tuple[Rule, ...] = tuple(
            Rule(draft.label, draft.source, Tree(draft.syntax.origin))
            for draft in drafts
            if draft.label is not None
        )

    @classmethod
    def load(
        cls,
        folder: Path | None = None,
        *,
        alone: bool = False,
        prevalence: float | None = None,
    ) -> RuleBase:
        """Load the rules of s3ns, and those of a folder over them.

        A rule of the folder takes the place of one with the same id; ``%! disable: ID``
        leaves one out.

        Parameters
        ----------
        folder
            Holds rule files (``*.lp``) and templates (``*.yaml``). They are tried in a
            process of their own before they are used.
        alone
            Leave the rules of s3ns out.
        prevalence
            Share of epileptic seizures among the events of the site, from which the
            odds start; by default they start even.

        Raises
        ------
        RuleError
            If the folder holds no rules, or some that cannot be used.
        InputError
            If the prevalence is out of range.
        """
        layers = rule_layers(folder, alone=alone)
        if prevalence is not None:
            layers = (*layers, prevalence_layer(prevalence))
        base = cls(*layers)
        if folder is not None:
            problems = Problems()
            check_trial(layers, problems)
            problems.raise_first()
        return base

    @cached_property
    def given(self) -> tuple[tuple[int, clingo.Symbol], ...]:
        """The facts among the rules, each after the number of its rule."""
        facts = (
            f"given({number},{rule.syntax.head.atom})."
            for number, rule in enumerate(self.rules)
            if not rule.syntax.body
        )
        control = clingo.Control(["--warn=none"])
        control.add("base", [], "\n".join(facts))
        control.ground([("base", [])])
        rows = (atom.symbol.arguments for atom in control.symbolic_atoms)
        return tuple((number.number, fact) for number, fact in rows)

    @cached_property
    def arities(self) -> dict[str, tuple[int, ...]]:
        """Numbers of arguments of each predicate that is given or concluded."""
        found: dict[str, dict[int, None]] = {
            name: {len(places): None} for name, places in INPUTS.items()
        }
        for shape in self.shapes:
            head = shape.head
            found.setdefault(head.name, {})[len(head.arguments)] = None
        return {name: tuple(found[name]) for name in sorted(found)}

    @cached_property
    def relevance(self) -> Relevance:
        """Which signs decide whether something is concluded."""
        return Relevance(self.shapes, self._signs)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles of the rules by their ids."""
        return {rule.label.id: rule.label.title for rule in self.rules}
