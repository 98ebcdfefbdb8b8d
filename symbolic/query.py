"""Questions about Documents: ``seen(clonic, S, A, B, C) & (C >= 50)``.

A question is conditions joined by ``&``: facts of a Document or conclusions of the
rules, with ``~`` before those that must not hold, and comparisons. Variables begin with
a capital letter, ``_`` stands for anything; times are deciseconds and confidences
percent, as in the rules.

The text may come from anyone. It is read here, word by word, into objects; nothing of
it is ever run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, cast

import msgspec

from s3ns.facts import Document, InputError, Side, bad_value, vocabulary
from s3ns.symbolic.datalog import (
    Atom,
    Comparison,
    Condition,
    Operation,
    Tables,
    Term,
    Value,
    Variable,
    WrongKinds,
)
from s3ns.symbolic.encoding import INPUTS, encode
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.solve import Replay
from s3ns.symbolic.translation import names_in, order, value_of

LONGEST = 1000
"""Characters of a question."""

MOST_CONDITIONS = 12

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      |(?P<number>[0-9]{1,9})(?![\w.])
      |(?P<variable>[A-Z][A-Za-z0-9_]{0,30})(?!\w)
      |(?P<any>_)(?!\w)
      |(?P<word>[a-z][a-z0-9_]{0,60})(?!\w)
      |(?P<string>"[A-Za-z0-9 _-]{0,60}")
      |(?P<sign><=|>=|==|!=|<|>|=)
      |(?P<mark>[&~(),+*-])""",
    re.VERBOSE | re.ASCII,
)
_SIGNS: dict[str, Literal["==", "!=", "<", "<=", ">", ">="]] = {
    "=": "==",
    "==": "==",
    "!=": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}


class Query(NamedTuple):
    """A question that has been read.

    Attributes
    ----------
    conditions
        What must hold, tables first.
    variables
        Those to tell, in the order of the question.
    kinds
        What a variable holds, where that is known: ``time``, ``sign``.
    """

    conditions: tuple[Condition, ...]
    variables: tuple[str, ...]
    kinds: dict[str, str]


class Answer(msgspec.Struct, frozen=True):
    """One way to meet a question in one recording."""

    recording: str
    values: dict[str, Value]


def known_predicates(base: RuleBase) -> dict[str, set[int]]:
    """Return the predicates that may be asked for, with their numbers of places."""
    known = {name: {len(places)} for name, places in INPUTS.items()}
    for rule in base.rules:
        head = rule.syntax.head.atom.symbol
        known.setdefault(head.name, set()).add(len(head.arguments))
    return known


def parse_query(text: str, known: Mapping[str, set[int]]) -> Query:
    """Read a question.

    Parameters
    ----------
    text
        The question.
    known
        The predicates that may be asked for, with their numbers of places.

    Raises
    ------
    InputError
        If it is not a question; the message tells where and what was expected.
    """
    return _Reader(text, known).query()


def answer_query(
    query: Query, documents: Iterable[Document], base: RuleBase
) -> list[Answer]:
    """Return all answers, recording by recording, in a fixed order.

    Raises
    ------
    InputError
        If the question compares numbers with words.
    """
    asked = {one.table for one in query.conditions if isinstance(one, Atom)}
    found = []
    for document in documents:
        facts = encode(document)
        needs_rules = not asked <= set(INPUTS)
        symbols = Replay(base, facts).atoms if needs_rules else list(facts)
        tables = Tables()
        for symbol in symbols:
            if symbol.name in asked:
                row = tuple(map(value_of, symbol.arguments))
                tables.add(f"{symbol.name}_{len(row)}", [row])
        conditions = [
            one._replace(table=f"{one.table}_{len(one.terms)}")
            if isinstance(one, Atom)
            else one
            for one in query.conditions
        ]
        try:
            names, rows = tables.ask(conditions)
        except WrongKinds as error:
            raise InputError(f"the question {error}") from error
        places = [names.index(name) for name in query.variables] if rows else []
        kept = {tuple(row[place] for place in places) for row in rows}
        found += [
            Answer(document.recording.id, dict(zip(query.variables, row, strict=True)))
            for row in sorted(kept, key=lambda row: [order(each) for each in row])
        ]
    return found


class _Reader:
    def __init__(self, text: str, known: Mapping[str, set[int]]) -> None:
        if len(text) > LONGEST:
            raise InputError(
                f"expected a question of at most {LONGEST} characters, got {len(text)}"
            )
        self._known = known
        self._tokens = list(_tokens(text))
        self._at = 0
        self._unnamed = 0
        self._kinds: dict[str, str] = {}

    def query(self) -> Query:
        conditions = [self._condition()]
        while self._take("&"):
            conditions.append(self._condition())
        if self._now.kind != "end":
            raise self._fault("'&' or the end")
        if len(conditions) > MOST_CONDITIONS:
            raise InputError(f"expected at most {MOST_CONDITIONS} conditions")
        # Tables give variables their values: they come before what only tests them.
        tables = [c for c in conditions if isinstance(c, Atom) and not c.is_negated]
        given = {name for atom in tables for name in _names(atom)}
        for condition in conditions:
            free = [name for name in _names(condition) if name not in given]
            if free:
                raise InputError(
                    f"expected {free[0]} in a fact that must hold; a comparison, or "
                    "what follows ~, cannot give it a value"
                )
        rest = [condition for condition in conditions if condition not in tables]
        shown = dict.fromkeys(name for c in conditions for name in _names(c))
        return Query(
            (*tables, *rest),
            tuple(name for name in shown if name[0].isupper()),
            self._kinds,
        )

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, text: str) -> bool:
        """Move past a mark if it stands here."""
        if self._now.text != text or self._now.kind == "end":
            return False
        self._at += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._fault(f"'{text}'")

    def _condition(self) -> Condition:
        if self._take("~"):
            atom = self._atom()
            terms = tuple(None if _is_open(term) else term for term in atom.terms)
            return Atom(atom.table, terms, is_negated=True)
        if self._now.kind == "word" and self._tokens[self._at + 1].text == "(":
            return self._atom()
        if self._take("("):
            inner = self._comparison()
            self._expect(")")
            return inner
        return self._comparison()

    def _atom(self) -> Atom:
        name = self._now
        if name.kind != "word":
            raise self._fault("the name of a fact")
        if name.text not in self._known:
            raise _fault_at(
                name, bad_value("fact or conclusion", name.text, sorted(self._known))
            )
        self._at += 1
        terms: list[Term] = []
        if self._take("("):
            terms.append(self._place(name.text, 0))
            while self._take(","):
                terms.append(self._place(name.text, len(terms)))
            self._expect(")")
        if len(terms) not in self._known[name.text]:
            counts = " or ".join(map(str, sorted(self._known[name.text])))
            places = f": {', '.join(INPUTS[name.text])}" if name.text in INPUTS else ""
            raise _fault_at(
                name, f"{name.text} has {counts} places{places}; got {len(terms)}"
            )
        return Atom(name.text, tuple(terms))

    def _place(self, name: str, position: int) -> Term:
        """Read what stands in a place of a fact."""
        token = self._now
        kinds = INPUTS.get(name, ())
        kind = kinds[position] if position < len(kinds) else ""
        if token.kind == "any":
            self._at += 1
            self._unnamed += 1
            return Variable(f"any{self._unnamed}")
        term = self._simple()
        if isinstance(term, Variable) and kind:
            self._kinds.setdefault(term.name, kind)
        allowed = _words(kind)
        if allowed and isinstance(term, str) and term not in allowed:
            raise _fault_at(token, bad_value(kind, term, allowed))
        return term

    def _comparison(self) -> Comparison:
        left = self._sum()
        sign = self._now
        if sign.kind != "sign":
            raise self._fault("a comparison such as >=")
        self._at += 1
        return Comparison(left, _SIGNS[sign.text], self._sum())

    def _sum(self) -> Term:
        term = self._product()
        while (mark := self._now.text) in {"+", "-"}:
            self._at += 1
            sign = cast('Literal["+", "-"]', mark)
            term = Operation(sign, term, self._product())
        return term

    def _product(self) -> Term:
        term = self._simple()
        while self._take("*"):
            term = Operation("*", term, self._simple())
        return term

    def _simple(self) -> Term:
        is_negative = self._take("-")
        token = self._now
        if token.kind == "number":
            self._at += 1
            return -int(token.text) if is_negative else int(token.text)
        if is_negative or token.kind not in {"variable", "word", "string"}:
            raise self._fault("a variable, a number or a word")
        self._at += 1
        return Variable(token.text) if token.kind == "variable" else token.text

    def _fault(self, expected: str) -> InputError:
        shown = "the end" if self._now.kind == "end" else repr(self._now.text)
        return _fault_at(self._now, f"expected {expected}, got {shown}")


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def _tokens(text: str) -> Iterable[_Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _fault_at(
                _Token("", text[at], at), f"{text[at]!r} means nothing in a question"
            )
        if match.lastgroup != "space":
            yield _Token(str(match.lastgroup), match[0], at)
        at = match.end()
    yield _Token("end", "", at)


def _fault_at(token: _Token, text: str) -> InputError:
    return InputError(f"question, character {token.place + 1}: {text}")


def _words(kind: str) -> Sequence[str]:
    """Return the words that a place may hold; none where any may stand."""
    words = vocabulary()
    return {
        "sign": list(words.by_name),
        "side": [str(side) for side in Side],
        "measure": list(words.measures),
        "reason": list(words.reasons),
    }.get(kind, [])


def _is_open(term: Term | None) -> bool:
    return isinstance(term, Variable) and not term.name[0].isupper()


def _names(condition: Condition) -> list[str]:
    terms = (
        condition.terms
        if isinstance(condition, Atom)
        else (condition.left, condition.right)
    )
    return [name for term in terms for name in sorted(names_in(term))]
