"""A second engine, which must come to the same conclusions.

The rules are evaluated once more by pyDatalog. It does all joins, negations and
comparisons; what it is asked, in which order, and three things that it does not do
alike lie here: conclusions are built, recursion is repeated until nothing is new, and
``#count``, ``#sum``, ``#min`` and ``#max`` are worked out from the elements that it
finds. Nothing is shared with the first engine but the parsed rules and the facts, so
that a fault in the instrumented program, the grounding or the reading of an answer set
shows as a difference.

Rules that cannot be followed, such as those that divide, are listed, and what depends
on them is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import clingo
import msgspec
import networkx as nx

from s3ns.facts import Document
from s3ns.symbolic.check_records import Place
from s3ns.symbolic.datalog import (
    Atom,
    Comparison,
    Row,
    Tables,
    Value,
    Variable,
    WrongKinds,
)
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.solve import SYNTAX_LOCK, Replay
from s3ns.symbolic.syntax import atoms_of, signature
from s3ns.symbolic.translation import (
    Aggregate,
    Translation,
    Unsupported,
    aggregated,
    evaluated,
    translated,
    value_of,
)

Signature = tuple[str, int]

VERDICT = ("verdict", 1)


class Unfollowed(NamedTuple):
    """A rule that the second engine cannot follow.

    Attributes
    ----------
    rule
        Its id.
    place
        Where it stands.
    why
        What it does that the engine does not know, such as ``computes (T/2)``.
    """

    rule: str
    place: Place
    why: str

    def __str__(self) -> str:
        return f"{self.place.file}:{self.place.line}: {self.rule} {self.why}"


class CrossCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What two engines say of the same findings.

    Attributes
    ----------
    agrees
        Whether the verdict and all other conclusions compared are the same.
    verdict_first, verdict_second
        The verdict of clingo and of pyDatalog; empty where there is none, or where it
        depends on a rule that pyDatalog cannot follow.
    unsupported
        Rules that cannot be followed.
    differences
        Conclusions of one engine alone.
    """

    agrees: bool
    verdict_first: str
    verdict_second: str
    unsupported: tuple[Unfollowed, ...] = ()
    differences: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The outcome in a line."""
        left_out = (
            f"; {len(self.unsupported)} rules could not be followed"
            if self.unsupported
            else ""
        )
        if self.agrees:
            return f"two engines agree: {self.verdict_first}{left_out}"
        second = self.verdict_second or "no verdict"
        shown = "; ".join(self.differences[:3])
        return (
            f"two engines disagree: clingo {self.verdict_first or 'no verdict'}, "
            f"pyDatalog {second}{f' ({shown})' if shown else ''}{left_out}"
        )


def cross_check(base: RuleBase, document: Document) -> CrossCheck:
    """Judge the findings of a Document with both engines and compare.

    Raises
    ------
    InputError
        If a time or measure is too large for the rules.
    """
    return SecondEngine(base).check(document)


class SecondEngine:
    """A rule base translated for pyDatalog; make it once for many Documents."""

    def __init__(self, base: RuleBase) -> None:
        with SYNTAX_LOCK:
            self._translate(base)

    def _translate(self, base: RuleBase) -> None:
        self._base = base
        self._rules: dict[int, Translation] = {}
        self.unsupported: list[Unfollowed] = []
        graph: nx.DiGraph[Signature] = nx.DiGraph()
        missing: list[int] = []
        self._heads: list[Signature] = []
        of: dict[Signature, list[int]] = {}
        for number, rule in enumerate(base.rules):
            head = signature(rule.syntax.head.atom)
            self._heads.append(head)
            graph.add_node(head)
            for literal in rule.syntax.body:
                for atom, _ in atoms_of(literal):
                    graph.add_edge(signature(atom), head)
            try:
                self._rules[number] = translated(rule.syntax)
                of.setdefault(head, []).append(number)
            except Unsupported as reason:
                self.unsupported.append(self._named(number, str(reason)))
                missing.append(number)
        self._graph = graph
        self._not_compared = self._depending(missing)
        whole = nx.condensation(graph)
        self._strata = [
            (
                sorted(
                    number
                    for member in whole.nodes[node]["members"]
                    for number in of.get(member, ())
                ),
                any(
                    graph.has_edge(member, other)
                    for member in whole.nodes[node]["members"]
                    for other in whole.nodes[node]["members"]
                ),
            )
            for node in nx.topological_sort(whole)
        ]

    def check(self, document: Document) -> CrossCheck:
        """Judge the findings of a Document with both engines and compare."""
        facts = list(encode(document))
        first = self._first(facts)
        second, failed = self._second(facts)
        unsupported = [
            *self.unsupported,
            *(self._named(number, why) for number, why in failed.items()),
        ]
        not_compared = self._depending(failed) | self._not_compared
        differences = []
        for key in sorted(first.keys() | second.keys()):
            if key in not_compared:
                continue
            one, other = first.get(key, set()), second.get(key, set())
            differences += [f"clingo alone: {said}" for said in _said(key, one - other)]
            differences += [
                f"pyDatalog alone: {said}" for said in _said(key, other - one)
            ]
        verdicts = [
            ", ".join(str(row[0]) for row in sorted(found.get(VERDICT, ()), key=str))
            for found in (first, second)
        ]
        if VERDICT in not_compared:
            verdicts[1] = ""
        return CrossCheck(
            agrees=not differences and verdicts[0] == verdicts[1],
            verdict_first=verdicts[0],
            verdict_second=verdicts[1],
            unsupported=tuple(unsupported),
            differences=tuple(differences),
        )

    def conclusions(self, facts: Iterable[clingo.Symbol]) -> dict[Signature, set[Row]]:
        """Return all rows of all predicates, facts included, by pyDatalog."""
        return self._second(facts)[0]

    def _second(
        self, facts: Iterable[clingo.Symbol]
    ) -> tuple[dict[Signature, set[Row]], dict[int, str]]:
        """Return all rows, and the rules that failed on these facts, each with why."""
        run = _Run()
        failed: dict[int, str] = {}
        for symbol in facts:
            row = tuple(map(value_of, symbol.arguments))
            run.add((symbol.name, len(row)), [row])
        for numbers, is_recursive in self._strata:
            is_new = True
            while is_new:
                is_new = False
                for number in numbers:
                    try:
                        is_new |= run.apply(self._rules[number]) and is_recursive
                    except (Unsupported, WrongKinds) as reason:
                        failed[number] = str(reason)
        return run.found, failed

    def _depending(self, numbers: Iterable[int]) -> set[Signature]:
        """Return what rules conclude, and what depends on that."""
        heads = {self._heads[each] for each in numbers}
        return heads.union(*(nx.descendants(self._graph, head) for head in heads))

    def _named(self, number: int, why: str) -> Unfollowed:
        rule = self._base.rules[number]
        return Unfollowed(rule.label.id, rule.source.place(rule.syntax), why)

    def _first(self, facts: list[clingo.Symbol]) -> dict[Signature, set[Row]]:
        found: dict[Signature, set[Row]] = {}
        for atom in Replay(self._base, facts).atoms:
            row = tuple(map(value_of, atom.arguments))
            found.setdefault((atom.name, len(row)), set()).add(row)
        return found


class _Run:
    """The evaluation of translated rules over one set of facts."""

    def __init__(self) -> None:
        self.found: dict[Signature, set[Row]] = {}
        self._tables = Tables()
        self._made = 0

    def add(self, key: Signature, rows: Iterable[Row]) -> bool:
        new = set(rows)
        self.found.setdefault(key, set()).update(new)
        return self._tables.add(_table(*key), new)

    def apply(self, rule: Translation) -> bool:
        """Apply a rule to all it applies to; tell whether anything new followed."""
        bindings: list[dict[str, Value]] = [{}]
        for stage in rule.stages:
            if isinstance(stage, Aggregate):
                bindings = self._with_value(stage, bindings)
            else:
                bindings = self._answers(stage, bindings)
            if not bindings:
                return False
        name, terms = rule.head
        rows = {tuple(evaluated(term, values) for term in terms) for values in bindings}
        return self.add((name, len(terms)), rows)

    def _answers(
        self,
        conditions: Iterable[Atom | Comparison],
        bindings: list[dict[str, Value]],
    ) -> list[dict[str, Value]]:
        """Extend the values of variables by all that meet the conditions."""
        if not bindings:
            return []
        asked: list[Atom | Comparison] = []
        if names := list(bindings[0]):
            table = self._table_of(
                {tuple(values[name] for name in names) for values in bindings}
            )
            asked.append(Atom(table, tuple(map(Variable, names))))
        for condition in conditions:
            if isinstance(condition, Comparison):
                asked.append(condition)
                continue
            name = _table(condition.table, len(condition.terms))
            asked.append(condition._replace(table=name))
        found, rows = self._tables.ask(asked)
        return [dict(zip(found, row, strict=True)) for row in rows]

    def _table_of(self, rows: Iterable[Row]) -> str:
        self._made += 1
        # No predicate of a rule has such a name.
        name = f"made_{self._made}_"
        self._tables.add(name, rows)
        return name

    def _with_value(
        self, aggregate: Aggregate, bindings: list[dict[str, Value]]
    ) -> list[dict[str, Value]]:
        """Work an aggregate out for each binding; drop those out of its bounds."""
        own = aggregate.bound
        outer = {tuple(values[name] for name in own) for values in bindings}
        starts = [dict(zip(own, row, strict=True)) for row in outer]
        elements: dict[Row, set[Row]] = {row: set() for row in outer}
        for terms, conditions in aggregate.elements:
            for found in self._answers(conditions, starts):
                row = tuple(evaluated(term, found) for term in terms)
                elements[tuple(found[name] for name in own)].add(row)
        kept = []
        for values in bindings:
            members = elements[tuple(values[name] for name in own)]
            extended = aggregate.bounded(
                aggregated(aggregate.function, members), values
            )
            if extended is not None:
                kept.append(extended)
        return kept


def _table(name: str, arity: int) -> str:
    return f"{name}_{arity}"


def _said(key: Signature, rows: Iterable[Row]) -> list[str]:
    return sorted(
        f"{key[0]}({','.join(map(str, row))})" if row else key[0] for row in rows
    )
