"""The questions that can be put to a verdict, in one place."""

from __future__ import annotations

from s3ns.facts import Document, InputError, Inquiry
from s3ns.symbolic.ask import asks_of
from s3ns.symbolic.robustness import robustness_of
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.what_if import what_if as smallest_change
from s3ns.symbolic.why_not import why_not as reasons_against

FEW = 40
"""Findings up to which a verdict is given with its robustness and smallest change.

These take a moment for an ordinary recording and grow faster than the findings do.
"""


def inquire(
    base: RuleBase,
    document: Document,
    *,
    why_not: str | None = None,
    what_if: bool = False,
    robustness: bool = False,
    ask: bool = False,
) -> Inquiry:
    """Return the answers to what is asked.

    Parameters
    ----------
    base
        The rules that gave the verdict.
    document
        A Document with a verdict.
    why_not
        A verdict, rule or concept that was not concluded.
    what_if
        Whether to look for the smallest change that gives another verdict.
    robustness
        Whether to tell how often the verdict holds.
    ask
        Whether to tell where to look again.

    Raises
    ------
    InputError
        If the Document has no verdict, or one of other rules; if nobody knows what
        ``why_not`` names.
    """
    _check(base, document)
    asks = asks_of(base, document) if ask else None
    return Inquiry(
        robustness=robustness_of(base, document) if robustness else None,
        what_if=smallest_change(base, document) if what_if else None,
        asks=None if asks is None else asks.asks,
        asks_complete=None if asks is None else asks.is_complete,
        why_not=None if why_not is None else reasons_against(base, document, why_not),
    )


def with_first_answers(base: RuleBase, document: Document) -> Document:
    """Return a judged Document with how firm its verdict is, if quick to tell."""
    if len(document.findings) > FEW:
        return document
    answers = inquire(base, document, what_if=True, robustness=True)
    return document.with_inquiry(answers)


def _check(base: RuleBase, document: Document) -> None:
    if document.verdict is None:
        raise InputError("there is no verdict to ask about; run s3ns reason first")
    rules = [step.rules for step in document.provenance if step.rules]
    if rules and rules[-1] != base.files:
        raise InputError(
            "the verdict comes from other rules than these; name them with --rules, or "
            "run s3ns reason again"
        )
