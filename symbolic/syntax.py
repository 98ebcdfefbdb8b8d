"""Reading rules: parsing, and what of the rule language s3ns accepts.

Accepted are facts and normal rules over positive and negated atoms, comparisons and
``#count``, ``#sum``, ``#min``, ``#max``. Everything else breaks the promise of exactly
one answer set (choices, disjunctions, constraints), runs or reads foreign code
(``#script``, ``#include``), or cannot be followed by the proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from clingo import ast
from clingo.ast import AST, ASTType

from s3ns.symbolic.check_records import Problems
from s3ns.symbolic.rule_text import mended
from s3ns.symbolic.sources import Source
from s3ns.symbolic.syntax_tree import Tree

_LOGGED = re.compile(r":(\d+):(\d+)(?:-[\d:]+)?: error: (.*)", re.DOTALL)
_UNSAFE = re.compile(r":(\d+):(\d+)(?:-[\d:]+)?: note: '(\w+)' is unsafe")

_REFUSED = {
    ASTType.Script: ("#script", "rules hold no code"),
    ASTType.External: ("#external", "facts come from the Document alone"),
    ASTType.TheoryDefinition: ("#theory", "rules speak of atoms and numbers"),
    ASTType.Definition: (
        "#const",
        "write a labelled fact such as limit(name,value)",
    ),
    ASTType.Program: ("#program", "all rules of a file belong together"),
    ASTType.Minimize: (
        "a statement among weak constraints and #minimize",
        "rules have one outcome, not a best one",
    ),
}

_HEADS = {
    ASTType.Disjunction: "a choice between alternatives",
    ASTType.Aggregate: "a choice",
    ASTType.HeadAggregate: "a choice",
    ASTType.TheoryAtom: "&, as in theory atoms,",
}

_PIECES = {
    "<IDENTIFIER>": "this word",
    "<VARIABLE>": "this variable",
    "<NUMBER>": "this number",
    "<STRING>": "this text",
    "<NOT>": "this 'not'",
    "(": "this '('",
    "EOF": "the end of the file",
    "<EOF>": "the end of the file",
}
"""What clingo calls the pieces of a text."""

_PREMISES = {
    ASTType.TheoryAtom: "theory atoms are not allowed",
    ASTType.Aggregate: "write #count { ... } in full",
}


def parse(source: Source, problems: Problems) -> list[Tree]:
    """Parse a rule file into rules and comments, in order.

    What is not accepted is reported and left out; reading goes on behind it.
    """
    text = mended(source, problems)
    if text is None:
        return []
    statements: list[AST] = []
    messages: list[str] = []
    try:
        ast.parse_string(
            text,
            statements.append,
            logger=lambda _, message: messages.append(message),
        )
    except RuntimeError as error:
        report_logged(source, messages or [str(error)], problems)
    return [
        statement
        # First comes `#program base` of the parser.
        for statement in map(Tree, statements[1:])
        if _accepted(source, statement, problems)
    ]


def report_logged(source: Source, messages: list[str], problems: Problems) -> None:
    """Report the errors that clingo logged."""
    reported = False
    for message in messages:
        for line, column, name in _UNSAFE.findall(message):
            place = source.parsed(int(line), int(column))
            problems.add(place, "R052", name=name)
            reported = True
        match = _LOGGED.search(message)
        if match and not _UNSAFE.search(message):
            place = source.parsed(int(match[1]), int(match[2]))
            problems.add(place, "R002", reason=_reason(" ".join(match[3].split())))
            reported = True
    if not reported:
        reason = " ".join(" ".join(messages).split()) or "cannot be read"
        problems.add(source.at(1, 1), "R002", reason=reason)


def _reason(said: str) -> str:
    """Word a syntax error without the names that clingo has for pieces of text."""
    found = re.fullmatch(
        r"(?:syntax|lexer) error, unexpected (.*?)(, expecting .*)?", said
    )
    if found is None:
        return said
    came = _PIECES.get(found[1], f"'{found[1]}'")
    expected = found[2] or ""
    if '","' in expected and found[1] in _PIECES:
        return f"syntax error: {came}; a comma or a dot is missing before it"
    if ")" in expected:
        return f"syntax error: {came}; a ')' is missing before it"
    return f"syntax error: {came} is not expected here"


def is_atom(literal: Tree) -> bool:
    """Whether a body literal is an atom, negated or not."""
    return literal.atom.ast_type is ASTType.SymbolicAtom


def is_negated(literal: Tree) -> bool:
    """Whether a body literal is negated."""
    return bool(literal.sign == ast.Sign.Negation)


def signature(atom: Tree) -> tuple[str, int]:
    """Return name and number of arguments of an atom."""
    return atom.symbol.name, len(atom.symbol.arguments)


def atoms_of(literal: Tree) -> Iterator[tuple[Tree, bool]]:
    """Yield the atoms of a body literal, each with whether it is used monotonically.

    Negated atoms and atoms within aggregates are not.
    """
    if is_atom(literal):
        yield literal.atom, not is_negated(literal)
    elif literal.atom.ast_type is ASTType.BodyAggregate:
        for element in literal.atom.elements:
            for condition in element.condition:
                if is_atom(condition):
                    yield condition.atom, False


def variables(node: Tree) -> list[str]:
    """Return the named variables within a piece of syntax, in order, each once."""
    names = (part.name for part in node.parts() if part.ast_type is ASTType.Variable)
    return list(dict.fromkeys(name for name in names if name != "_"))


def global_variables(head: Tree, body: Iterable[Tree]) -> list[str]:
    """Return the variables of a rule that are not local to an aggregate."""
    names = variables(head)
    for literal in body:
        if literal.atom.ast_type is ASTType.BodyAggregate:
            for guard in (literal.atom.left_guard, literal.atom.right_guard):
                names += variables(guard) if guard else []
        else:
            names += variables(literal)
    return list(dict.fromkeys(names))


def _accepted(source: Source, statement: Tree, problems: Problems) -> bool:
    if statement.ast_type is ASTType.Comment:
        return True
    found = Problems()
    if statement.ast_type is ASTType.Rule:
        _check_rule(source, statement, found)
    elif statement.ast_type in _REFUSED:
        what, instead = _REFUSED[statement.ast_type]
        found.add(source.place(statement), "R010", what=what, instead=instead)
    else:
        text = " ".join(str(statement).split())
        found.add(source.place(statement), "R011", statement=text)
    problems.take(found)
    return not found.errors


def _check_rule(source: Source, rule: Tree, problems: Problems) -> None:
    head = rule.head
    if head.ast_type is not ASTType.Literal:
        what = _HEADS.get(head.ast_type, "this")
        problems.add(source.place(head), "R012", what=what)
    elif head.atom.ast_type is not ASTType.SymbolicAtom or head.sign != ast.Sign.NoSign:
        problems.add(source.place(head), "R013")
    else:
        _check_atom(source, head.atom, problems)
    for literal in rule.body:
        if literal.ast_type is not ASTType.Literal:
            problems.add(source.place(literal), "R014")
        else:
            _check_literal(source, literal, problems)
    for part in rule.parts():
        if part.ast_type is ASTType.Variable and part.name[:1] == "_" != part.name:
            problems.add(source.place(part), "R015")


def _check_literal(source: Source, literal: Tree, problems: Problems) -> None:
    atom = literal.atom
    if is_atom(literal) and literal.sign != ast.Sign.DoubleNegation:
        _check_atom(source, atom, problems)
    elif literal.sign != ast.Sign.NoSign:
        problems.add(source.place(literal), "R016")
    elif atom.ast_type is ASTType.BodyAggregate:
        for element in atom.elements:
            for condition in element.condition:
                if condition.atom.ast_type is ASTType.BodyAggregate:
                    problems.add(source.place(condition), "R017")
                else:
                    _check_literal(source, condition, problems)
    elif atom.ast_type is not ASTType.Comparison:
        other = f"this premise is not allowed: {literal}"
        what = _PREMISES.get(atom.ast_type, other)
        problems.add(source.place(literal), "R018", what=what)
    for part in literal.parts():
        if part.ast_type is ASTType.Interval:
            problems.add(source.place(part), "R019")


def _check_atom(source: Source, atom: Tree, problems: Problems) -> None:
    if atom.symbol.ast_type is ASTType.Pool:
        return  # a pool of argument lists: each is checked once it is written out
    if atom.symbol.ast_type is not ASTType.Function:
        problems.add(source.place(atom.symbol), "R020")
    elif atom.symbol.name.startswith("_"):
        problems.add(source.place(atom.symbol), "R015")
