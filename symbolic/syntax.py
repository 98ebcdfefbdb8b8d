"""Reading rules: parsing, and what of the rule language s3ns accepts.

Accepted are facts and normal rules over positive and negated atoms, comparisons and
``#count``, ``#sum``, ``#min``, ``#max``. Everything else breaks the promise of exactly
one answer set (choices, disjunctions, constraints), runs or reads foreign code
(``#script``, ``#include``), or cannot be followed by the proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from clingo import ast
from clingo.ast import AST, ASTType

from s3ns.facts import RuleError

_NOT_CODE = re.compile(
    r'"(?:\\.|[^"\\\n])*"|%\*.*?\*%|%[^\n]*|(?P<include>#include)', re.DOTALL
)
_LOGGED = re.compile(r":(\d+):(\d+)(?:-[\d:]+)?: error: (.*)", re.DOTALL)

_REFUSED = {
    ASTType.Script: "#script is not allowed: rules hold no code",
    ASTType.External: "#external is not allowed: facts come from the Document alone",
    ASTType.TheoryDefinition: "#theory is not allowed",
    ASTType.Definition: "#const is not allowed: write a labelled fact such as "
    "threshold(name,value)",
    ASTType.Program: "#program is not allowed",
    ASTType.Minimize: "weak constraints and #minimize are not allowed",
}

_HEADS = {
    ASTType.Disjunction: "a head with alternatives is not allowed: "
    "write one conclusion for each rule",
    ASTType.Aggregate: "a choice in the head is not allowed",
    ASTType.HeadAggregate: "a choice in the head is not allowed",
    ASTType.TheoryAtom: "theory atoms are not allowed",
}


class Place:
    """Where in a rule file something stands, for messages."""

    def __init__(self, file: str, line: int, column: int) -> None:
        self.file, self.line, self.column = file, line, column

    @classmethod
    def of(cls, file: str, node: AST) -> Place:
        """Return the place at which a piece of syntax begins."""
        begin = node.location.begin
        return cls(file, begin.line, begin.column)

    def fault(self, text: str) -> RuleError:
        """Return the error for a fault at this place."""
        return RuleError(f"{self.file}:{self.line}:{self.column}: {text}")


def parse(text: str, file: str) -> list[AST]:
    """Parse a rule file into rules and comments, in order.

    Raises
    ------
    RuleError
        If there is a syntax error or a statement that is not accepted.
    """
    for match in _NOT_CODE.finditer(text):
        if match["include"]:  # must not reach the parser, which would open the file
            line = text.count("\n", 0, match.start()) + 1
            column = match.start() - text.rfind("\n", 0, match.start())
            raise Place(file, line, column).fault(
                "#include is not allowed: put the file into the folder of rules"
            )
    statements: list[AST] = []
    messages: list[str] = []
    try:
        ast.parse_string(
            text, statements.append, logger=lambda _, message: messages.append(message)
        )
    except RuntimeError as error:
        raise logged_fault(file, messages) from error
    accepted = []
    for statement in statements[1:]:  # the first is the `#program base` of the parser
        if statement.ast_type is ASTType.Rule:
            _check_rule(file, statement)
        elif statement.ast_type is not ASTType.Comment:
            raise Place.of(file, statement).fault(
                _REFUSED.get(
                    statement.ast_type,
                    f"only rules and facts are allowed, got: {statement}",
                )
            )
        accepted.append(statement)
    return accepted


def logged_fault(file: str, messages: list[str]) -> RuleError:
    """Word the first error that clingo logged as a fault of this file."""
    for message in messages:
        match = _LOGGED.search(message)
        if match:
            text = " ".join(match[3].split())
            unsafe = re.findall(r"note: '(\w+)' is unsafe", message)
            if unsafe:
                text = (
                    f"{' and '.join(sorted(set(unsafe)))} must also stand in a premise "
                    "that is neither negated nor a comparison"
                )
            return Place(file, int(match[1]), int(match[2])).fault(text)
    return Place(file, 1, 1).fault(" ".join(messages) or "cannot be read")


def walk(node: AST) -> Iterator[AST]:
    """Yield a piece of syntax and everything within it."""
    yield node
    for key in node.child_keys:
        child = getattr(node, key)
        for part in [child] if isinstance(child, AST) else child or ():
            yield from walk(part)


def is_atom(literal: AST) -> bool:
    """Whether a body literal is an atom, negated or not."""
    return literal.atom.ast_type is ASTType.SymbolicAtom


def is_negated(literal: AST) -> bool:
    """Whether a body literal is negated."""
    return bool(literal.sign == ast.Sign.Negation)


def signature(atom: AST) -> tuple[str, int]:
    """Return name and number of arguments of an atom."""
    return atom.symbol.name, len(atom.symbol.arguments)


def atoms_of(literal: AST) -> Iterator[tuple[AST, bool]]:
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


def variables(node: AST) -> list[str]:
    """Return the named variables within a piece of syntax, in order, each once."""
    names = (part.name for part in walk(node) if part.ast_type is ASTType.Variable)
    return list(dict.fromkeys(name for name in names if name != "_"))


def global_variables(rule: AST) -> list[str]:
    """Return the variables of a rule that are not local to an aggregate."""
    names = variables(rule.head)
    for literal in rule.body:
        if literal.atom.ast_type is ASTType.BodyAggregate:
            for guard in (literal.atom.left_guard, literal.atom.right_guard):
                names += variables(guard) if guard else []
        else:
            names += variables(literal)
    return list(dict.fromkeys(names))


def _check_rule(file: str, rule: AST) -> None:
    head = rule.head
    if head.ast_type is not ASTType.Literal:
        raise Place.of(file, head).fault(
            _HEADS.get(head.ast_type, "this head is not allowed")
        )
    if head.atom.ast_type is not ASTType.SymbolicAtom or head.sign != ast.Sign.NoSign:
        raise Place.of(file, head).fault(
            "a rule must have one conclusion; constraints are not allowed"
        )
    _check_atom(file, head.atom)
    for literal in rule.body:
        if literal.ast_type is not ASTType.Literal:
            raise Place.of(file, literal).fault(
                "conditions after ':' are not allowed here: use #count or a rule of "
                "its own"
            )
        _check_literal(file, literal)
    for part in walk(rule):
        if part.ast_type is ASTType.Variable and part.name[:1] == "_" != part.name:
            raise Place.of(file, part).fault("names must not begin with '_'")


def _check_literal(file: str, literal: AST) -> None:
    atom = literal.atom
    if is_atom(literal) and literal.sign != ast.Sign.DoubleNegation:
        _check_atom(file, atom)
    elif literal.sign != ast.Sign.NoSign:
        raise Place.of(file, literal).fault("'not' may stand once, before an atom")
    elif atom.ast_type is ASTType.BodyAggregate:
        for element in atom.elements:
            for condition in element.condition:
                if condition.atom.ast_type is ASTType.BodyAggregate:
                    raise Place.of(file, condition).fault("aggregates cannot be nested")
                _check_literal(file, condition)
    elif atom.ast_type is not ASTType.Comparison:
        what = {
            ASTType.TheoryAtom: "theory atoms are not allowed",
            ASTType.Aggregate: "write #count { ... } in full",
        }
        raise Place.of(file, literal).fault(
            what.get(atom.ast_type, f"this premise is not allowed: {literal}")
        )
    for part in walk(literal):
        if part.ast_type is ASTType.Interval:
            raise Place.of(file, part).fault(
                "a..b is not allowed in a premise: compare with both ends"
            )


def _check_atom(file: str, atom: AST) -> None:
    if atom.symbol.ast_type is ASTType.Pool:
        return  # a pool of argument lists: each is checked once it is written out
    if atom.symbol.ast_type is not ASTType.Function:
        raise Place.of(file, atom.symbol).fault(
            "'-' before an atom is not allowed: use absent/3 for what was looked for "
            "and not seen"
        )
    if atom.symbol.name.startswith("_"):
        raise Place.of(file, atom.symbol).fault("names must not begin with '_'")
