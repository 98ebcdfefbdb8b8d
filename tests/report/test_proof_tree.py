"""The whole proof as text."""

from __future__ import annotations

import re

from s3ns.facts import Document, Node, Premise, Proof
from s3ns.report.proof_tree import ASCII, proof_text, verdict_text
from s3ns.report.words import NOTICE, SIDES


def text_of(document: Document, **how: object) -> str:
    assert document.verdict is not None
    assert document.proof is not None
    return verdict_text(document.verdict, document.proof, **how)  # type: ignore[arg-type]


def test_the_tree_begins_with_the_verdict_and_ends_with_the_notice(
    epileptic: Document,
) -> None:
    assert epileptic.verdict is not None
    text = text_of(epileptic)
    assert text.startswith(epileptic.verdict.text)
    assert text.endswith(f"{NOTICE}\n")


def test_every_node_under_the_verdict_is_there(epileptic: Document) -> None:
    assert epileptic.proof is not None
    text = " ".join(re.sub("[│├└─]", " ", text_of(epileptic)).split())
    nodes = {node.id: node for node in epileptic.proof.nodes}
    waiting, seen = [epileptic.proof.root], set[str]()
    while waiting:
        node = nodes[waiting.pop()]
        if node.id not in seen:
            seen.add(node.id)
            waiting.extend(c for premise in node.premises for c in premise.nodes)
    missing = [n for n in seen if " ".join(nodes[n].text.split()) not in text]
    # members of a long sum are named by the sum
    assert not [n for n in missing if nodes[n].kind in ("finding", "absence")]


def test_shared_parts_are_drawn_once(epileptic: Document) -> None:
    text = text_of(epileptic)
    (finding,) = [f for f in epileptic.findings if f.sign == "clonic"]
    drawn = re.findall(rf"Clonic jerking.*confidence {finding.confidence:.2f}", text)
    assert len(drawn) == 1
    assert "(shown above)" in text


def test_evidence_left_out_says_why(epileptic: Document) -> None:
    assert epileptic.verdict is not None
    left_out = [s for s in epileptic.verdict.supports if not s.counted]
    assert left_out
    flat = " ".join(text_of(epileptic).split())
    assert "Evidence that was left out" in flat
    assert left_out[0].why_not in flat


def test_what_was_looked_for_is_listed_once_and_named() -> None:
    unseen = [
        Node(id=f"n{k}", kind="absence", text=f"Looked for: {k}", atom=f"absent({k})")
        for k in range(1, 6)
    ]
    blind = Node(id="n6", kind="unassessable", text="Not assessable", atom="blind")
    one = Premise(kind="not", text="Nothing moved", nodes=("n1", "n2", "n3", "n6"))
    two = Premise(kind="not", text="Nobody spoke", nodes=("n3", "n5"))
    root = Node(id="n7", kind="conclusion", text="Quiet", atom="x", premises=(one, two))
    assert proof_text("n7", Proof(root="n7", nodes=(*unseen, blind, root))) == (
        "Quiet\n"
        "├─ Nothing moved (3 looked for and not seen, 1 not assessable: n1-n3, n6)\n"
        "└─ Nobody spoke (2 looked for and not seen: n3, n5)\n"
        "\n"
        f"Observations named above ({SIDES})\n"
        "\n"
        "   n1  Looked for: 1\n"
        "   n2  Looked for: 2\n"
        "   n3  Looked for: 3\n"
        "   n5  Looked for: 5\n"
        "   n6  Not assessable\n"
        "\n"
        f"{NOTICE}\n"
    )


def test_ascii(epileptic: Document) -> None:
    text = text_of(epileptic, lines=ASCII)
    assert text.isascii()
    assert "|- " in text
    assert "`- " in text


def test_the_same_proof_gives_the_same_text(epileptic: Document) -> None:
    assert text_of(epileptic) == text_of(epileptic)


def test_each_rule_is_listed_with_its_place_and_source(epileptic: Document) -> None:
    assert epileptic.proof is not None
    text = " ".join(text_of(epileptic).split())
    tree, _, listed = text.partition("Rules named above")
    named = set(re.findall(r"\[([A-Z]+-[A-Z0-9-]+)\]", tree))
    assert len(named) > 10
    for rule in epileptic.proof.rules:
        place = f"{rule.file}:{rule.line}): {rule.source}"
        assert (place in listed) == (rule.id in named)
