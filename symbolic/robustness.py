"""How often the verdict holds when findings are dropped by their confidence."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from statistics import NormalDist

import clingo

from s3ns.facts import Dependence, Document, Label, Robustness
from s3ns.symbolic.changes import Seen, finding_words, placed, seen_of
from s3ns.symbolic.encoding import encode
from s3ns.symbolic.rulebase import RuleBase
from s3ns.symbolic.solve import symbol_key
from s3ns.symbolic.worlds import Worlds

CORRELATION = 0.3
"""Of the errors of one source, by our own choice.

One extractor looks at all of a recording through the same landmarks: where it is wrong
once, in poor light or on the wrong person, it is wrong more often. Nothing measured
says how much more; 0.3 leaves most of a finding's luck to itself.
"""

WORLDS = 200
"""The standard error of a share is then at most 3.5 %."""


def robustness_of(
    base: RuleBase, document: Document, *, worlds: int = WORLDS, seed: int = 0
) -> Robustness:
    """Resample the findings and count how often the verdict stays.

    A world keeps each finding with the probability that its confidence states; the
    findings of one source are kept and lost together more often than by chance, by a
    Gaussian copula with :data:`CORRELATION`. What was looked for and not seen, and what
    was not assessable, stays as it is.

    Parameters
    ----------
    base
        The rules.
    document
        Its findings.
    worlds
        How many samples.
    seed
        Of the random numbers; each finding has its own, so that the order of findings
        and the presence of others do not change them.

    Raises
    ------
    InputError
        If a time or measure is too large for the rules.
    RuleError
        If the rules conclude no verdict, or several.
    """
    facts = encode(document)
    seen = seen_of(document, facts)
    made = Worlds(base, *split(facts, seen))
    everything = {item.atom for item in seen}
    verdict = made.verdict(everything)
    where = made.labels(sampled(seen, worlds=worlds, seed=seed), worlds)
    counts = {label: where.get(label, 0).bit_count() for label in Label}
    return Robustness(
        share=counts[verdict] / worlds,
        shares={str(label): counts[label] / worlds for label in Label if counts[label]},
        worlds=worlds,
        correlation=CORRELATION,
        seed=seed,
        depends_on=tuple(_dependences(made, seen, verdict)),
    )


def split(
    facts: Iterable[clingo.Symbol], seen: Sequence[Seen]
) -> tuple[list[clingo.Symbol], dict[clingo.Symbol, tuple[clingo.Symbol, ...]]]:
    """Part facts into those that hold in every world and those that may not."""
    optional = {item.atom: item.others for item in seen}
    loose = set(optional).union(*optional.values())
    return sorted(set(facts) - loose, key=symbol_key), optional


def sampled(
    seen: Sequence[Seen], *, worlds: int, seed: int
) -> dict[clingo.Symbol, int]:
    """Return for each finding the worlds that keep it, a bit for each."""
    common = {item.source: _normals(f"{seed} {item.source}", worlds) for item in seen}
    kept = {}
    for item in seen:
        # The confidence is left out: a surer finding is kept where it was kept before.
        own = _normals(f"{seed} {item.atom.arguments[:4]}", worlds)
        confidence = item.percent / 100
        kept[item.atom] = 0
        for world, (mine, shared) in enumerate(
            zip(own, common[item.source], strict=True)
        ):
            luck = math.sqrt(CORRELATION) * shared + math.sqrt(1 - CORRELATION) * mine
            if _NORMAL.cdf(luck) < confidence or confidence == 1:
                kept[item.atom] |= 1 << world
    return kept


_NORMAL = NormalDist()


def _normals(name: str, count: int) -> list[float]:
    # A text seeds by its hash, which is the same on every machine; so are uniform
    # numbers, which is more than Python promises of its normal ones.
    numbers = random.Random(name)
    return [_NORMAL.inv_cdf(max(numbers.random(), 1e-12)) for _ in range(count)]


def _dependences(
    worlds: Worlds, seen: Sequence[Seen], verdict: Label
) -> Iterable[Dependence]:
    everything = {item.atom for item in seen}
    without = worlds.verdicts(everything - {item.atom} for item in seen)
    for item, becomes in zip(seen, without, strict=True):
        if becomes is not verdict:
            finding = item.finding
            yield placed(
                Dependence,
                finding,
                becomes=becomes,
                text=f"Without {finding_words(finding)} the verdict would be "
                f"{becomes.words}.",
            )
