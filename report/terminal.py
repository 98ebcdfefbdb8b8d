"""The first screen: about twenty lines, read before anything else."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import islice

import click
import msgspec

from s3ns.facts import (
    Document,
    Finding,
    Label,
    Node,
    Premise,
    Proof,
    Verdict,
    sign_named,
)
from s3ns.report.inquiry import firmness
from s3ns.report.words import NOTICE, SIDES, not_assessable, span

_MOST_SIGNS = 3
_MOST_REASONS = 5
_MOST_GAPS = 2


def screen(document: Document, *, name: str, saved: str | None, width: int = 80) -> str:
    """Return the first screen of a Document.

    Parameters
    ----------
    document
        A Document with or without a verdict.
    name
        What the user called the recording.
    saved
        Where the Document was written, if it was.
    width
        Columns.
    """
    if document.verdict is None or document.proof is None:
        blocks = [_heading(document, name), *_findings_blocks(document, width)]
    else:
        blocks = [
            _heading(document, name),
            _verdict_block(document.verdict, document.proof, width),
            *_signs_block(document.verdict, document.proof, width),
            _why_block(document.verdict, document.proof, width),
            *_firmness_block(document, width),
        ]
    blocks += [
        *_gaps_block(document, width),
        _next_block(document, saved, width),
        [click.style(line, dim=True) for line in textwrap.wrap(NOTICE, width)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _heading(document: Document, name: str) -> list[str]:
    recording = document.recording
    parts = [recording.id, f"{recording.duration:.1f} s"]
    windows = [step.window for step in document.provenance if step.window]
    if windows:
        parts.append(f"analysed {span(*windows[-1])}")
    parts.append("with sound" if recording.has_audio else "without sound")
    shown = f"{name}  " if name else ""
    return [f"{shown}({', '.join(parts)})"]


def _verdict_block(verdict: Verdict, proof: Proof, width: int) -> list[str]:
    grade = "" if verdict.strength == "none" else f" Evidence: {verdict.strength}."
    lines = textwrap.wrap(verdict.text + grade, width)
    block = [click.style(line, bold=True) for line in lines]
    if verdict.ilae2025:
        block += _item(f"ILAE 2025: {verdict.ilae2025.text}", width)
    if lateral := _lateralisation(verdict):
        block += _item(lateral, width)
    for notes in (verdict.remarks, verdict.certainty):
        # What could not be judged has a block of its own; the rest is in the proof.
        others = (n for n in notes if not _is_gap(proof, n.node))
        for note in islice(others, 1):
            block += _item(note.text, width)
    return block


def _is_gap(proof: Proof, node_id: str) -> bool:
    return _leaf_kinds(proof, node_id) - {"given"} == {"unassessable"}


def _lateralisation(verdict: Verdict) -> str:
    found = verdict.lateralisation
    if found.hemisphere == "none":
        return ""
    sides = [
        (side, [sign.title.lower() for sign in found.signs if sign.hemisphere == side])
        for side in ("left", "right")
    ]
    named = "; ".join(f"{side} by {', '.join(t)}" for side, t in sides if t)
    if found.hemisphere == "conflict":
        return f"Hemisphere: the signs conflict ({named})"
    return f"Hemisphere that the signs point to: {named}"


def _signs_block(verdict: Verdict, proof: Proof, width: int) -> list[list[str]]:
    counted = sorted(
        (support for support in verdict.supports if support.counted),
        key=lambda support: (support.toward is not verdict.label, -support.weight),
    )
    texts: dict[str, None] = {}
    for support in counted:
        for text in _findings_behind(proof, support.node):
            texts.setdefault(text)
    if not texts:
        return []
    decides = verdict.label in {Label.EPILEPTIC_SEIZURE, Label.NON_EPILEPTIC_EVENT}
    heading = "Deciding signs" if decides else "Signs that weigh most, none decides"
    lines = [f"{heading} ({SIDES})"]
    for text in list(texts)[:_MOST_SIGNS]:
        lines += _item(text, width)
    return [lines]


def _findings_behind(proof: Proof, node_id: str) -> list[str]:
    """Return the findings that a conclusion rests on, not how they were measured."""
    leaves = [node for node in _leaves(proof, node_id) if node.kind == "finding"]
    return [node.text.partition(" (")[0] for node in leaves]


def _leaf_kinds(proof: Proof, node_id: str) -> set[str]:
    return {node.kind for node in _leaves(proof, node_id)}


def _leaves(proof: Proof, node_id: str) -> list[Node]:
    """Return what a conclusion rests on in the end, the nearest first."""
    nodes = {node.id: node for node in proof.nodes}
    waiting, seen, found = [node_id], {node_id}, []
    while waiting:
        node = nodes[waiting.pop(0)]
        if node.kind != "conclusion":
            found.append(node)
        # What a "not" rests on is everything that was looked for.
        for premise in (p for p in node.premises if p.kind != "not"):
            new = [child for child in premise.nodes if child not in seen]
            seen.update(new)
            waiting.extend(new)
    return found


def _why_block(verdict: Verdict, proof: Proof, width: int) -> list[str]:
    counted = sorted(
        (support for support in verdict.supports if support.counted),
        key=lambda support: -support.weight,
    )
    if not counted:
        lines = ["Why"]
        premises = proof.node(verdict.node).premises
        said = (_premise(proof, p) for p in premises if p.kind in ("holds", "not"))
        # What is denied of both verdicts reads the same.
        for sentence in dict.fromkeys(said):
            lines += _item(sentence, width)
        return lines
    heading = "Why (+ epileptic, - non-epileptic; 100 points are odds of 2.7 to 1)"
    lines = textwrap.wrap(heading, width)
    for support in counted[:_MOST_REASONS]:
        sign = "+" if support.toward is Label.EPILEPTIC_SEIZURE else "-"
        lines += textwrap.wrap(
            f"{support.text} [{support.rule}]",
            width,
            initial_indent=f"  {sign}{support.weight:<4d} ",
            subsequent_indent=" " * 8,
            break_on_hyphens=False,
        )
    if len(counted) > _MOST_REASONS:
        lines.append(f"  and {len(counted) - _MOST_REASONS} of less weight")
    return lines


def _premise(proof: Proof, premise: Premise) -> str:
    """Return a premise as a sentence; what was not judged was not simply not seen."""
    text = premise.text
    kinds = {proof.node(name).kind for name in premise.nodes}
    if premise.kind == "not" and text.endswith(" seen") and "unassessable" in kinds:
        is_judged = "absence" in kinds
        text += f", {'as far as' if is_judged else 'but nothing of it'} could be judged"
    return _sentence(text)


def _firmness_block(document: Document, width: int) -> list[list[str]]:
    inquiry = document.inquiry
    if inquiry and not document.findings:
        # Where there is nothing to drop, that a verdict always holds says nothing.
        inquiry = msgspec.structs.replace(inquiry, robustness=None)
    sentences = firmness(inquiry) if inquiry else []
    if not sentences:
        return []
    lines = ["How firm this is"]
    for sentence in sentences:
        lines += _item(sentence, width)
    return [lines]


def _findings_blocks(document: Document, width: int) -> list[list[str]]:
    if not document.findings:
        if not document.absences:
            return [["Nothing could be judged."]]
        qualified = ", as far as could be judged" if document.unassessable else ""
        return [[f"No sign of the vocabulary was seen{qualified}."]]
    lines = [f"Seen ({SIDES})"]
    for finding in document.findings:
        lines += _item(_finding_line(finding), width)
    return [lines]


def _finding_line(finding: Finding) -> str:
    sign = sign_named(finding.sign)
    side = {"none": "", "bilateral": ", both sides", "unknown": ", side not known"}
    where = side.get(str(finding.side), f", {finding.side}")
    return (
        f"{span(finding.start, finding.end)}  {sign.title}{where}, "
        f"confidence {finding.confidence:.2f}"
    )


def _gaps_block(document: Document, width: int) -> list[list[str]]:
    gaps = not_assessable(document)
    if not gaps:
        return []
    lines = ["Not assessable"]
    for gap in gaps[:_MOST_GAPS]:
        lines += _item(gap, width)
    if len(gaps) > _MOST_GAPS:
        lines.append(f"  and more for other reasons ({len(gaps) - _MOST_GAPS})")
    return [lines]


def _next_block(document: Document, saved: str | None, width: int) -> list[str]:
    then = "explain" if document.verdict else "reason"
    does = "the whole proof" if document.verdict else "a verdict"
    kept = saved or "result.json"
    first = "" if saved else f"keep the result with -o {kept}; "
    line = f"Next: {first}s3ns {then} {kept} gives {does}"
    return textwrap.wrap(line, width, break_on_hyphens=False)


def _item(text: str, width: int) -> Iterable[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent="  ",
        subsequent_indent="    ",
        break_on_hyphens=False,
    )


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
