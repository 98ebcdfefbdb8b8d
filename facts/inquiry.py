"""Questions about a verdict and their answers."""

from __future__ import annotations

from typing import Literal

import msgspec

from s3ns.facts.verdict import Label, RuleReference
from s3ns.facts.vocabulary import Side


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign on a side over a stretch of time.

    Attributes
    ----------
    sign, side
        Words of the vocabulary; the side is the patient's own.
    start, end
        Seconds from the first frame.
    """

    sign: str
    side: Side
    start: float
    end: float


class Dependence(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding without which the verdict would be another.

    Attributes
    ----------
    becomes
        The verdict without it.
    text
        The same as a sentence.
    """

    becomes: Label
    text: str


class Robustness(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often the verdict holds when findings are dropped by their confidence.

    This is no probability of a disease: confidences are those that the detectors state.

    Attributes
    ----------
    share
        Share of the resampled observations in which the verdict is the same.
    shares
        Share of each verdict that came out.
    worlds
        Number of resampled observations.
    correlation
        Correlation of the errors of one source that was assumed.
    seed
        Of the random numbers.
    depends_on
        The findings that the verdict hangs on, each by itself.
    """

    share: float
    shares: dict[str, float]
    worlds: int
    correlation: float
    seed: int
    depends_on: tuple[Dependence, ...] = ()


class Change(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change to the findings.

    Attributes
    ----------
    kind
        ``withdraw`` a finding, ``rescore`` one that was too unsure to count, or
        ``suppose`` one where the sign could not be judged.
    confidence
        Before the change; 0 for a supposed finding.
    cost
        Change of the confidence, in hundredths.
    text
        The finding in words.
    """

    kind: Literal["withdraw", "rescore", "suppose"]
    confidence: float
    cost: int
    text: str


class WhatIf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The smallest change to the findings that gives another verdict.

    Attributes
    ----------
    verdict
        As it is.
    becomes
        With the changes; as it is where no change was found.
    changes
        All of them together; empty where none was found.
    is_smallest
        Whether there is proof that no smaller one exists. Otherwise time or the number
        of findings put an end to the search, and this is the best that was found.
    text
        The answer as a sentence.
    """

    verdict: Label
    becomes: Label
    changes: tuple[Change, ...]
    is_smallest: bool
    text: str


class Ask(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch to look at again, because it could settle the verdict.

    Attributes
    ----------
    state
        ``not_assessable``, or ``unsure`` for a finding of limited confidence.
    chance
        Of the sign being there: the confidence of the finding, or one half where the
        sign could not be judged.
    if_seen, if_not_seen
        Share of the resampled observations with the present verdict, once the sign is
        known to be there, or not to be.
    gain
        Expected change of that share, whichever way it goes.
    text
        What to look for and why, in words.
    """

    state: Literal["not_assessable", "unsure"]
    chance: float
    if_seen: float
    if_not_seen: float
    gain: float
    text: str


class Missing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What kept a rule from applying.

    Attributes
    ----------
    kind
        ``not_found`` for a premise that nothing came near, ``unmet`` for a condition
        that what was found does not meet, ``blocked`` for something that must not hold
        and does.
    rule
        Id of the rule that has this premise: the rule asked for or one it rests on.
    text
        The nearest finding and what the rule asks for, in words.
    """

    kind: Literal["not_found", "unmet", "blocked"]
    rule: str
    text: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that would have concluded what was asked for.

    Attributes
    ----------
    rule
        The rule.
    met
        The premises that held, in words.
    missing
        What kept it from applying; empty if it applied.
    """

    rule: RuleReference
    met: tuple[str, ...]
    missing: tuple[Missing, ...]


class WhyNot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why something was not concluded.

    Attributes
    ----------
    question
        As asked: a verdict, the id of a rule, or a concept of the rules.
    holds
        Whether it was concluded after all.
    is_complete
        Whether there was time to look at every rule.
    text
        The answer as a sentence.
    candidates
        The rules that could have concluded it, the nearest first; those that did, where
        it holds.
    evidence
        For a verdict, the evidence toward it that was not there, the nearest first.
    """

    question: str
    holds: bool
    is_complete: bool
    text: str
    candidates: tuple[Candidate, ...]
    evidence: tuple[Candidate, ...] = ()


class Inquiry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The questions that were put to a verdict.

    Attributes
    ----------
    robustness
        How often the verdict holds.
    what_if
        What would change it.
    asks
        Where to look again, the most telling first; ``None`` if not asked.
    asks_complete
        Whether there was time to weigh every stretch; otherwise these are the best that
        were found. ``None`` if not asked.
    why_not
        Why something else was not concluded.
    """

    robustness: Robustness | None = None
    what_if: WhatIf | None = None
    asks: tuple[Ask, ...] | None = None
    asks_complete: bool | None = None
    why_not: WhyNot | None = None
