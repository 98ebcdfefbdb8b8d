"""A proof as a graph: for networkx, Graphviz and Mermaid.

An arrow points from a conclusion to what it rests on. Premises that are evaluated
conditions have no node of their own in a proof; here they stand within their
conclusion, as what is denied does. Text is written out in full; no program is needed to
make it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from s3ns.facts import Node, Proof

if TYPE_CHECKING:
    import networkx as nx

Format = Literal["dot", "mermaid"]

_WIDTH = 44
"""Columns at which labels are broken."""

_SHAPES = {"conclusion": "box", "finding": "ellipse", "measure": "ellipse"}
_COLOURS = {
    "conclusion": "#e8f0fe",
    "finding": "#e6f4ea",
    "measure": "#e6f4ea",
    "absence": "#fef7e0",
    "unassessable": "#f1f3f4",
    "given": "#ffffff",
}
_LINES = {
    "holds": "solid",
    "aggregate": "solid",
    "not": "dashed",
    "comparison": "dotted",
}
_MERMAID_ARROWS = {
    "holds": "-->",
    "aggregate": "-->",
    "not": "-.->",
    "comparison": "-.->",
}


class Arrow(NamedTuple):
    """From a conclusion to one of the nodes that back a premise of it."""

    start: str
    end: str
    kind: str
    text: str


def proof_graph(proof: Proof, *, root: str | None = None) -> nx.MultiDiGraph[str]:
    """Return a proof as a networkx graph.

    Parameters
    ----------
    proof
        The proof.
    root
        Id of the node to begin at; by default that of the verdict, so that what was
        concluded beside it is left out.

    Returns
    -------
    A graph of node ids; nodes have ``kind``, ``text``, ``atom``, ``rule`` and
    ``conditions`` (a tuple), edges ``kind`` and ``text``. Between two nodes there is
    one edge for each premise.
    """
    import networkx as nx  # noqa: PLC0415  (takes its time)

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    nodes = _reached(proof, root)
    for node in nodes:
        graph.add_node(
            node.id,
            kind=node.kind,
            text=node.text,
            atom=node.atom,
            rule=node.rule,
            conditions=tuple(_conditions(node)),
        )
    for arrow in _arrows(nodes):
        graph.add_edge(arrow.start, arrow.end, kind=arrow.kind, text=arrow.text)
    return graph


def graph_text(proof: Proof, form: Format, *, root: str | None = None) -> str:
    """Return a proof as text of Graphviz (``dot``) or Mermaid.

    Parameters
    ----------
    proof, root
        As for :func:`proof_graph`.
    form
        What to write.
    """
    nodes = _reached(proof, root)
    lines = _dot(nodes) if form == "dot" else _mermaid(nodes)
    return "\n".join(lines) + "\n"


def _dot(nodes: list[Node]) -> Iterator[str]:
    yield "digraph proof {"
    yield "  rankdir=TB;"
    yield '  node [fontname="sans-serif", fontsize=10, style=filled];'
    for node in nodes:
        label = "\\n".join(_dot_escaped(line) for line in _label(node))
        shape = _SHAPES.get(node.kind, "note")
        colour = _COLOURS[node.kind]
        yield f'  {node.id} [label="{label}", shape={shape}, fillcolor="{colour}"];'
    for arrow in _arrows(nodes):
        yield f"  {arrow.start} -> {arrow.end} [style={_LINES[arrow.kind]}];"
    yield "}"


def _mermaid(nodes: list[Node]) -> Iterator[str]:
    yield "flowchart TB"
    for node in nodes:
        label = "<br/>".join(_mermaid_escaped(line) for line in _label(node))
        yield f'  {node.id}["{label}"]:::{node.kind}'
    for arrow in _arrows(nodes):
        yield f"  {arrow.start} {_MERMAID_ARROWS[arrow.kind]} {arrow.end}"
    for kind, colour in _COLOURS.items():
        yield f"  classDef {kind} fill:{colour},stroke:#5f6368,color:#202124"


def _reached(proof: Proof, root: str | None) -> list[Node]:
    """Return what a node rests on, in the order of the proof from the top down."""
    known = {node.id: node for node in proof.nodes}
    waiting = [proof.root if root is None else root]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [to for premise in known[name].premises for to in premise.nodes]
    return [node for node in reversed(proof.nodes) if node.id in reached]


def _arrows(nodes: list[Node]) -> Iterator[Arrow]:
    for node in nodes:
        for premise in node.premises:
            for end in premise.nodes:
                yield Arrow(node.id, end, premise.kind, premise.text)


def _conditions(node: Node) -> Iterator[str]:
    """Yield the premises that no node states in their words."""
    for premise in node.premises:
        if premise.kind != "holds":
            yield premise.text


def _label(node: Node) -> list[str]:
    text = f"{node.text} [{node.rule}]" if node.rule else node.text
    lines = textwrap.wrap(text, _WIDTH, break_on_hyphens=False)
    for condition in _conditions(node):
        lines += textwrap.wrap(f"• {condition}", _WIDTH, subsequent_indent="  ")
    return lines


def _dot_escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _mermaid_escaped(text: str) -> str:
    # Mermaid reads labels as HTML and Markdown and has numbered entities of its own:
    # everything but letters, digits and plain marks is written as such.
    return "".join(
        letter if letter.isalnum() or letter in " .,:-()%/+'=" else f"#{ord(letter)};"
        for letter in text
    )
