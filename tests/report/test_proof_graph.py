"""Proofs as graphs: every node and arrow, and text that no label can break."""

from __future__ import annotations

import re

import networkx as nx
import pytest
from click.testing import CliRunner

from s3ns.cli import main
from s3ns.facts import Node, Premise, Proof
from s3ns.report.proof_graph import graph_text, proof_graph
from s3ns.symbolic import Reasoner
from tests.symbolic.scenes import document

NASTY = 'a "quoted\\" \\n <b>x</b> [y] {z} |; #35; `c` -->\nend & _it_'


@pytest.fixture(scope="module")
def proof() -> Proof:
    scene = "tonic bilateral 10-20; clonic bilateral 20-40; no close_eyes 0-60"
    found = Reasoner().reason(document(scene)).proof
    assert found is not None
    return found


@pytest.fixture
def nasty() -> Proof:
    leaf = Node(id="n1", kind="finding", text=NASTY, atom="a")
    premises = (
        Premise(kind="holds", text=NASTY, nodes=("n1",)),
        Premise(kind="comparison", text='1 < 2 "and" \\ so'),
    )
    top = Node(id="n2", kind="conclusion", text="Top", atom="b", premises=premises)
    beside = Node(id="n3", kind="given", text="Beside", atom="c")
    return Proof("n2", (leaf, top, beside))


def edges(proof: Proof) -> list[tuple[str, str]]:
    known = {node.id: node for node in proof.nodes}
    reached, waiting, found = set(), [proof.root], []
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        ends = [end for premise in known[name].premises for end in premise.nodes]
        found += [(name, end) for end in ends]
        waiting += ends
    return sorted(found)


def test_graph_holds_what_the_verdict_rests_on(proof):
    graph = proof_graph(proof)
    assert nx.is_directed_acyclic_graph(graph)
    assert sorted(graph.edges()) == edges(proof)
    assert [name for name, count in graph.in_degree() if count == 0] == [proof.root]
    for name, held in graph.nodes(data=True):
        node = proof.node(name)
        assert (held["kind"], held["text"], held["atom"]) == (
            node.kind,
            node.text,
            node.atom,
        )
        # No premise is lost: it has an arrow, or stands among the conditions.
        for premise in node.premises:
            texts = {data["text"] for *_, data in graph.out_edges(name, data=True)}
            assert premise.text in {*texts, *held["conditions"]}


def test_graph_of_another_conclusion(nasty):
    assert list(proof_graph(nasty, root="n3")) == ["n3"]
    assert sorted(proof_graph(nasty)) == ["n1", "n2"]


def test_dot_can_be_read(proof):
    text = graph_text(proof, "dot")
    lines = text.splitlines()
    assert (lines[0], lines[-1]) == ("digraph proof {", "}")
    label = r'"(?:[^"\\]|\\.)*"'
    node = re.compile(rf'  (n\d+) \[label={label}, shape=\w+, fillcolor="#\w+"\];')
    arrow = re.compile(r"  (n\d+) -> (n\d+) \[style=\w+\];")
    nodes = [match[1] for match in map(node.fullmatch, lines) if match]
    arrows = [match.groups() for match in map(arrow.fullmatch, lines) if match]
    assert sorted(nodes) == sorted(proof_graph(proof))
    assert sorted(arrows) == edges(proof)
    assert len(lines) == len(nodes) + len(arrows) + 4


def test_dot_keeps_any_text(nasty):
    (line,) = [x for x in graph_text(nasty, "dot").splitlines() if "  n1 [" in x]
    label = re.fullmatch(r'  n1 \[label="((?:[^"\\]|\\.)*)", shape.*', line)[1]
    # As Graphviz reads it: \n ends a line, any other \x is x.
    read = re.sub(r"\\(.)", lambda m: " " if m[1] == "n" else m[1], label)
    assert read.split() == NASTY.split()


def test_mermaid_can_be_read(proof):
    lines = graph_text(proof, "mermaid").splitlines()
    assert lines[0] == "flowchart TB"
    node = re.compile(r'  (n\d+)\["[^"\[\]{}|`<>]*(?:<br/>[^"\[\]{}|`<>]*)*"\]:::\w+')
    arrow = re.compile(r"  (n\d+) (?:-->|-\.->) (n\d+)")
    nodes = [match[1] for match in map(node.fullmatch, lines) if match]
    arrows = [match.groups() for match in map(arrow.fullmatch, lines) if match]
    assert sorted(nodes) == sorted(proof_graph(proof))
    assert sorted(arrows) == edges(proof)


def test_mermaid_keeps_any_text(nasty):
    (line,) = [x for x in graph_text(nasty, "mermaid").splitlines() if " n1[" in x]
    label = re.fullmatch(r'  n1\["([^"]*)"\]:::finding', line)[1]
    read = re.sub(r"#(\d+);", lambda m: chr(int(m[1])), label.replace("<br/>", " "))
    assert read.split() == NASTY.split()


def test_conditions_stand_in_the_label(nasty):
    assert '• 1 < 2 \\"and\\" \\\\ so' in graph_text(nasty, "dot")


def test_command_prints_a_graph_and_nothing_else(tmp_path):
    path = tmp_path / "scene.json"
    found = Reasoner().reason(document("tonic bilateral 10-20"))
    found.write(path)
    assert found.proof is not None
    for form in ("dot", "mermaid"):
        shown = CliRunner().invoke(main, ["explain", str(path), "--graph", form])
        assert shown.exit_code == 0, shown.output
        assert shown.stdout == graph_text(found.proof, form)
    both = CliRunner().invoke(main, ["explain", str(path), "--graph", "dot", "--json"])
    assert both.exit_code == 2
