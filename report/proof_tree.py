"""A proof as an indented tree of sentences."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from s3ns.facts import Node, Premise, Proof, Verdict
from s3ns.report.words import NOTICE, SIDES

_FEW = 3


@dataclass(frozen=True)
class Lines:
    """What the branches of a tree are drawn with."""

    branch: str
    last: str
    along: str
    blank: str = "   "


UNICODE = Lines("├─ ", "└─ ", "│  ")
ASCII = Lines("|- ", "`- ", "|  ")


def verdict_text(
    verdict: Verdict, proof: Proof, *, lines: Lines = UNICODE, width: int = 100
) -> str:
    """Return all that a verdict rests on and all that was concluded beside it.

    Parameters
    ----------
    verdict, proof
        Of one Document.
    lines
        What to draw with.
    width
        Columns.
    """
    notes = (verdict.ilae2025, verdict.ilae2017, *verdict.remarks, *verdict.certainty)
    beside = [
        *(
            Beside("Evidence that was left out", support.node, support.why_not)
            for support in verdict.supports
            if not support.counted
        ),
        *(Beside("Hemisphere", sign.node) for sign in verdict.lateralisation.signs),
        *(Beside("Beside the verdict", note.node) for note in notes if note),
    ]
    return proof_text(verdict.node, proof, beside=beside, lines=lines, width=width)


@dataclass(frozen=True)
class Beside:
    """A conclusion to show after the main one, under a heading."""

    heading: str
    node: str
    remark: str = ""


def proof_text(
    root: str,
    proof: Proof,
    *,
    beside: Sequence[Beside] = (),
    lines: Lines = UNICODE,
    width: int = 100,
) -> str:
    """Return a conclusion, its reasons, and theirs.

    What is used more than once is shown in full once. A premise that was looked for and
    not seen may rest on many observations; these are named by id and listed at the end.
    The rules follow, each with the file and line where it stands.
    """
    tree = _Tree(proof, lines, width)
    parts = ["\n".join(tree.draw(root))]
    heading = ""
    for item in beside:
        if item.heading != heading:
            heading = item.heading
            parts.append(heading)
        parts.append("\n".join(tree.draw(item.node, remark=item.remark)))
    if observed := list(tree.observations()):
        parts += [f"Observations named above ({SIDES})", "\n".join(observed)]
    if rules := list(tree.rules()):
        parts += [
            "Rules named above, with their grade, place and source",
            "\n".join(rules),
        ]
    return "\n\n".join([*parts, NOTICE]) + "\n"


class _Tree:
    def __init__(self, proof: Proof, lines: Lines, width: int) -> None:
        self._nodes = {node.id: node for node in proof.nodes}
        self._lines, self._width = lines, width
        self._drawn: set[str] = set()
        self._named: dict[str, None] = {}
        self._rules, self._cited = proof.rules, set[str]()

    def draw(self, root: str, *, remark: str = "") -> Iterator[str]:
        node = self._nodes[root]
        text = f"{self._labelled(node)} {remark}".rstrip()
        yield from self._wrapped(text, "", "")
        if root not in self._drawn:
            self._drawn.add(root)
            yield from self._premises(node, "")

    def observations(self) -> Iterator[str]:
        """List what was only named by its id."""
        order = {node_id: place for place, node_id in enumerate(self._nodes)}
        for node_id in sorted(self._named, key=order.__getitem__):
            text = f"{node_id:>5}  {self._nodes[node_id].text}"
            yield from self._wrapped(text, "", " " * 7)

    def rules(self) -> Iterator[str]:
        """List the rules that were applied, in the order of their ids."""
        for rule in self._rules:
            if rule.id not in self._cited:
                continue
            text = f"{rule.id}  {rule.title} ({rule.grade}, {rule.file}:{rule.line})"
            yield from self._wrapped(f"{text}: {rule.source}", "", "       ")

    def _labelled(self, node: Node) -> str:
        if not node.rule:
            return node.text
        self._cited.add(node.rule)
        return f"{node.text} [{node.rule}]"

    def _premises(self, node: Node, indent: str) -> Iterator[str]:
        for place, premise in enumerate(node.premises, start=1):
            is_last = place == len(node.premises)
            head = self._lines.last if is_last else self._lines.branch
            below = self._lines.blank if is_last else self._lines.along
            yield from self._premise(premise, indent + head, indent + below)

    def _premise(self, premise: Premise, head: str, below: str) -> Iterator[str]:
        if premise.kind == "holds" and len(premise.nodes) == 1:
            yield from self._node(premise.nodes[0], head, below)
            return
        if premise.kind == "not" or len(premise.nodes) > _FEW:
            text = f"{premise.text}{self._resting_on(premise)}"
            yield from self._wrapped(text, head, below)
            if premise.kind == "not":
                return
        else:
            yield from self._wrapped(premise.text, head, below)
        for place, child in enumerate(premise.nodes, start=1):
            is_last = place == len(premise.nodes)
            mark = self._lines.last if is_last else self._lines.branch
            deeper = self._lines.blank if is_last else self._lines.along
            yield from self._node(child, below + mark, below + deeper)

    def _node(self, node_id: str, head: str, below: str) -> Iterator[str]:
        node = self._nodes[node_id]
        if node_id in self._drawn and node.premises:
            yield from self._wrapped(
                f"{self._labelled(node)} (shown above)", head, below
            )
            return
        self._drawn.add(node_id)
        yield from self._wrapped(self._labelled(node), head, below)
        yield from self._premises(node, below)

    def _resting_on(self, premise: Premise) -> str:
        if premise.kind != "not" or not premise.nodes:
            return ""
        self._named.update(dict.fromkeys(premise.nodes))
        kinds = [self._nodes[child].kind for child in premise.nodes]
        counts = [
            (kinds.count("absence"), "looked for and not seen"),
            (kinds.count("unassessable"), "not assessable"),
            (len(kinds) - kinds.count("absence") - kinds.count("unassessable"), "more"),
        ]
        words = ", ".join(f"{count} {word}" for count, word in counts if count)
        return f" ({words}: {_ranges(premise.nodes)})"

    def _wrapped(self, text: str, head: str, below: str) -> list[str]:
        return textwrap.wrap(
            text,
            max(self._width, len(below) + 30),
            initial_indent=head,
            subsequent_indent=below,
            break_on_hyphens=False,
        )


def _ranges(ids: tuple[str, ...]) -> str:
    """Shorten a list of ids: ``n1-n4, n9``."""
    numbers = sorted(int(name.lstrip("n")) for name in ids)
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(f"n{a}" if a == b else f"n{a}-n{b}" for a, b in spans)
