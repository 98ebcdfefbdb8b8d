"""Reading YAML with the line and column of every part, for cases and templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from s3ns.symbolic.check_records import Place, Problems, unknown

_TYPOGRAPHIC = tuple("“”„«»‘’‚")

_REASONS = {
    "character '\\t'": "a tab is not allowed here: indent with spaces",
    "mapping values are not allowed": "': ' within a text: put straight quotes (\") "
    "around the whole text",
    "duplicate key": "this field is here already: begin each item with '- '",
    "found '<block mapping start>'": "this line is indented otherwise than those it "
    "belongs to",
    "found '<block sequence start>'": "this line is indented otherwise than those it "
    "belongs to",
    "found '<scalar>'": "a text that begins with a brace, a bracket or a quote must "
    "stand in quotes as a whole",
    "found '?'": "expected '- ' before an item, or 'field: text'",
    "expected ':'": "expected 'field: text'",
    "end of stream": "a quote is not closed",
}
"""Our words for those of YAML, by what they contain."""


class Block:
    """A mapping of a YAML file; reads its fields and reports what is not as expected.

    Attributes
    ----------
    place
        Where it begins.
    """

    def __init__(
        self, file: str, fields: CommentedMap, place: Place, problems: Problems
    ) -> None:
        self.place = place
        self._file, self._fields, self._problems = file, fields, problems

    def known(self, what: str, names: Iterable[str]) -> None:
        """Report fields that there should not be."""
        allowed = list(names)
        for name in self._fields:
            if name not in allowed:
                said = unknown(what, str(name), allowed)
                self._problems.add(self._at(*self._fields.lc.key(name)), "R071",
                                   unknown=said)  # fmt: skip

    def where(self, name: str) -> Place:
        """Return the place of a value, or of the whole where it is not there."""
        if name not in self._fields:
            return self.place
        if self._fields[name] is None:  # what YAML calls its place is that of the next
            return self._at(*self._fields.lc.key(name))
        return self._at(*self._fields.lc.value(name))

    def text(self, name: str, *, default: str | None = None) -> str:
        """Return a text on one line; report one that is missing or something else."""
        value = self._fields.get(name, default)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or (default is None and not value.strip()):
            self._problems.add(self.where(name), "R070", expected=f"a text as '{name}'")
            return default or ""
        if value.strip()[:1] in _TYPOGRAPHIC:
            expected = 'straight quotes (") around this text, or none'
            self._problems.add(self.where(name), "R070", expected=expected)
        return " ".join(value.split())

    def number(self, name: str, default: float) -> float:
        """Return a number; report what is none."""
        value = self._fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            expected = f"a number of seconds as '{name}'"
            self._problems.add(self.where(name), "R070", expected=expected)
            return default
        return float(value)

    def texts(self, name: str) -> list[tuple[str, Place]]:
        """Return a list of texts with their places; a single text is a list of one."""
        value = self._fields.get(name, [])
        if isinstance(value, (str, int, float)):
            return [(str(value), self.where(name))]
        if not isinstance(value, list):
            self._problems.add(self.where(name), "R070", expected=f"a list as '{name}'")
            return []
        found = []
        for number, item in enumerate(value):
            place = self._item(name, value, number)
            text = _unfolded(item)
            if isinstance(text, str):
                found.append((" ".join(text.split()), place))
            else:
                expected = "a text; put straight quotes around one that begins with '?'"
                self._problems.add(place, "R070", expected=expected)
        return found

    def entries(self, name: str) -> list[Any]:
        """Return a list of whatever it holds."""
        value = self._fields.get(name, [])
        return list(value) if isinstance(value, list) else [value]

    def block(self, name: str) -> Block:
        """Return a mapping within; report what is none."""
        value = self._fields.get(name)
        if isinstance(value, CommentedMap):
            return Block(self._file, value, self.where(name), self._problems)
        self._problems.add(self.where(name), "R070", expected=f"fields under '{name}'")
        return Block(self._file, CommentedMap(), self.where(name), self._problems)

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def _item(self, name: str, items: list[Any], number: int) -> Place:
        if isinstance(items, CommentedSeq):
            return self._at(*items.lc.item(number))
        return self.where(name)

    def _at(self, line: int, column: int) -> Place:
        return Place(self._file, line + 1, column + 1)


def blocks(name: str, text: str, problems: Problems) -> Iterator[Block]:
    """Yield the mappings that a YAML file lists; report what cannot be read."""
    try:
        content = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (
            Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)
        )
        problems.add(place, "R002", reason=_reason(error))
        return
    except (YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        problems.add(Place(name, 1, 1), "R002", reason=f"not YAML: {reason}")
        return
    if content is None:
        return
    if not isinstance(content, CommentedSeq):
        problems.add(
            Place(name, 1, 1), "R070", expected="a list: '- ' before each item"
        )
        return
    for number, item in enumerate(content):
        line, column = content.lc.item(number)
        place = Place(name, line + 1, column + 1)
        if isinstance(item, CommentedMap):
            yield Block(name, item, place, problems)
        else:
            problems.add(place, "R070", expected="fields such as 'name: ...'")


def _unfolded(item: Any) -> Any:
    """Return the text of which YAML made a field, because it holds a colon."""
    if isinstance(item, CommentedMap) and len(item) == 1 and not item.fa.flow_style():
        ((first, rest),) = item.items()
        if isinstance(first, str) and isinstance(rest, str):
            return f"{first}: {rest}"
    return item


def _reason(error: MarkedYAMLError) -> str:
    said = " ".join(str(error.problem or error.context).split())
    ours = (words for part, words in _REASONS.items() if part in said)
    return next(ours, f"not YAML: {said}")
