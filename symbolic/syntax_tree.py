"""Syntax trees that are quick to look at again.

clingo reads each piece of a tree anew whenever it is looked at, through several calls
of its library. Rules are looked at many times while they are loaded and checked, and
never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clingo.ast import AST, ASTSequence, ASTType, StrSequence


class Tree:
    """A piece of a syntax tree, with the attributes that clingo gives it.

    Attributes
    ----------
    origin
        The same as clingo has it.
    """

    origin: AST

    def __init__(self, origin: AST) -> None:
        self.origin = origin

    def __getattr__(self, name: str) -> Any:
        # Asked only for what is not there yet; from now on it is.
        value = _kept(getattr(self.origin, name))
        self.__dict__[name] = value
        return value

    def __str__(self) -> str:
        text: str | None = self.__dict__.get("_text")
        if text is None:
            text = self.__dict__["_text"] = str(self.origin)
        return text

    def parts(self) -> tuple[Tree, ...]:
        """Return this piece and everything within it, from left to right."""
        found: tuple[Tree, ...] | None = self.__dict__.get("_parts")
        if found is None:
            found = self.__dict__["_parts"] = (self, *self._within())
        return found

    def _within(self) -> Iterator[Tree]:
        for key in self.child_keys:
            child = getattr(self, key)
            for part in (child,) if isinstance(child, Tree) else child or ():
                yield from part.parts()

    def updated(self, **changes: Any) -> Tree:
        """Return a copy with other children."""
        return Tree(self.origin.update(**{k: _plain(v) for k, v in changes.items()}))

    def unpooled(self) -> list[Tree]:
        """Return the statement, alternatives in arguments (``p(a;b)``) written out."""
        if all(part.ast_type is not ASTType.Pool for part in self.parts()):
            return [self]
        return list(map(Tree, self.origin.unpool()))


def _kept(value: Any) -> Any:
    if isinstance(value, AST):
        return Tree(value)
    if isinstance(value, ASTSequence):
        return tuple(map(Tree, value))
    return tuple(value) if isinstance(value, StrSequence) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Tree):
        return value.origin
    return [_plain(item) for item in value] if isinstance(value, list) else value
