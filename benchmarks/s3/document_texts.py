"""What a Document says in words: Tasks 2 and 6, without a language model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from s3ns.benchmarks.s3.reports import LOCALISING, Extraction
from s3ns.benchmarks.s3.sequences import Tokens, first_only
from s3ns.facts import Document, Finding, Side, sign_named, vocabulary
from s3ns.report.narrative import Narrative, denial, narrative, not_seen, words
from s3ns.report.words import span

ONE_SIDE = (Side.LEFT, Side.RIGHT)

POSTURES = {"arm_straightening": "extension", "arm_flexion": "flexion"}
"""What the benchmark calls the postures of an arm. Of two that begin together the
extension counts, which is what lateralises."""


def report(document: Document) -> str:
    """Return the report of a Document for Task 6: signs only, no verdict."""
    return narrative(document).account


def extraction(document: Document) -> Extraction:
    """Take the report of a Document apart as the Seizure-RQI asks.

    The findings are read, not the text: it names each of them and nothing else. Unsafe
    advice and things that are no seizure do not occur in it.
    """
    told = narrative(document)
    return Extraction(
        parts=_parts(told) if document.findings else frozenset(),
        sequence=_sequence(document.findings),
        localising=_localising(document.findings),
        words=words(told.account),
    )


def _parts(told: Narrative) -> frozenset[str]:
    sentences = {
        "onset": told.onset,
        "propagation": told.evolution,
        "postictal": told.aftermath,
    }
    return frozenset(name for name, sentence in sentences.items() if sentence)


def _sequence(findings: Iterable[Finding]) -> Tokens:
    """Return each sign once, in the order in which they began; sleep comes first."""
    words = vocabulary()
    order = {name: place for place, name in enumerate(words.by_name)}
    ordered = sorted(
        findings, key=lambda f: (f.sign != words.lead_in, f.start, order[f.sign])
    )
    return first_only(tuple(finding.sign for finding in ordered))


def _localising(findings: Iterable[Finding]) -> Mapping[str, str]:
    ordered = sorted(findings, key=lambda f: f.start)
    values = {
        "head_turning": _first_side(ordered, "head_turning"),
        "first_motor_laterality": _first_motor_side(ordered),
        "asymmetric_posturing": _posture(ordered),
        "figure_4": _first_side(ordered, "figure4"),
    }
    return {key: values[key] for key in LOCALISING}


def _first_side(ordered: list[Finding], sign: str) -> str:
    """Return the side of the first finding of a sign that has one, or ``none``."""
    sides = (f.side for f in ordered if f.sign == sign and f.side in ONE_SIDE)
    return str(next(sides, Side.NONE))


def _first_motor_side(ordered: list[Finding]) -> str:
    """Return the side of the first movement whose side is known, or ``none``.

    Movements on both sides have none, and so have movements on either side that begin
    together.
    """
    sided = [f for f in ordered if f.side in {*ONE_SIDE, Side.BILATERAL}]
    sides = {f.side for f in sided if f.start == sided[0].start}
    only = sides.pop() if len(sides) == 1 else Side.NONE
    return str(only if only in ONE_SIDE else Side.NONE)


def _posture(ordered: list[Finding]) -> str:
    held = [f for f in ordered if f.sign in POSTURES and f.side in ONE_SIDE]
    if held:
        kinds = list(POSTURES)
        first = min(held, key=lambda f: (f.start, kinds.index(f.sign)))
        return f"{first.side} arm {POSTURES[first.sign]}"
    straight = _first_side(ordered, "figure4")
    # The side of a figure-4 posture is that of the straight arm.
    return "none" if straight == Side.NONE else f"{straight} arm extension"


def justifications(document: Document) -> dict[str, str]:
    """Return why each sign was said to be there or not, for Task 2.

    A sign that was seen is justified by what was measured. Signs that could not be
    judged throughout have no text but the reason.

    Returns
    -------
    A text for each sign of the vocabulary of which the Document tells anything.
    """
    unseen = {sign.name for sign in not_seen(document)}
    texts = {}
    for name, sign in vocabulary().by_name.items():
        found = [f for f in document.findings if f.sign == name]
        reasons = [u.reason for u in document.unassessable if u.sign == name]
        if found:
            texts[name] = " ".join(map(_justification, found))
        elif name in unseen:
            texts[name] = denial([sign])
        elif reasons:
            said = "; ".join(vocabulary().reasons[r] for r in dict.fromkeys(reasons))
            texts[name] = f"Not assessable: {said}."
    return texts


def _justification(finding: Finding) -> str:
    said = sign_named(finding.sign).worded(finding.side)
    what = finding.evidence or span(finding.start, finding.end)
    return f"{said[:1].upper()}{said[1:]}: {what}."
