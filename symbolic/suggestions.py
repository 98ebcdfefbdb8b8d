"""Rules suggested by events, for a neurologist to edit; never applied by themselves.

A greedy list (after Fürnkranz 1999, Separate-and-Conquer Rule Learning, Artif Intell
Rev 13:3): of all signs and pairs of signs, take what gains most (Quinlan 1990, FOIL),
leave out the events it explains, and go on. Patients count, not events, so that
one patient with many events suggests nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from s3ns.facts import Document, Label, sign_named, vocabulary
from s3ns.symbolic.evidence import Flags, Floats
from s3ns.symbolic.fitting import patient_weights
from s3ns.symbolic.reliability import judged

LEAST_PATIENTS = 4
"""A rule seen in fewer patients is no suggestion. Grade: design."""

LEAST_SHARE = 0.8
"""Share of the events of a rule that must be of its kind. Grade: design."""

LEAST_WEIGHT = 40
"""A weaker rule says too little to be worth an edit. Grade: design."""

MOST_RULES = 6
"""For either kind of event."""


@dataclass(frozen=True)
class Suggestion:
    """A rule that events suggest.

    Attributes
    ----------
    signs
        Those that were all seen.
    epileptic
        What it speaks for.
    events, right, patients
        Events in which it holds, those of them of its kind, and their patients.
    weight
        100 times the natural logarithm of the likelihood ratio, events of one patient
        counted for less, by the rule of succession.
    """

    signs: tuple[str, ...]
    epileptic: bool
    events: int
    right: int
    patients: int
    weight: int

    def as_template(self, number: int, events: int) -> str:
        """Return the rule in sentences, as ``s3ns rules`` reads them."""
        es, nes = Label.EPILEPTIC_SEIZURE, Label.NON_EPILEPTIC_EVENT
        side = (es if self.epileptic else nes).words
        titles = [sign_named(sign).title for sign in self.signs]
        conditions = "\n".join(f"    - {sign}" for sign in self.signs)
        return (
            f"- rule: SUG-{number:02d}\n"
            f"  title: {' with '.join(titles)}\n"
            f'  says: "Seen: {", ".join(titles)}."\n'
            f"  source: suggested by {events} events, not by the literature; in "
            f"{self.events} events of {self.patients} patients, {self.right} of them "
            f"{side}s\n"
            "  grade: C\n"
            "  if:\n"
            f"{conditions}\n"
            f"  then: evidence for {side} with weight {self.weight}, group "
            f"suggestion{number}\n"
        )


def suggestions(
    documents: Sequence[Document], labels: Flags, patients: Sequence[str]
) -> list[Suggestion]:
    """Return the rules that events suggest, the most telling first.

    Parameters
    ----------
    documents
        With findings; those of other stages are not looked at.
    labels
        Whether each shows an epileptic seizure.
    patients
        The patient of each.
    """
    names = list(vocabulary().by_name)
    rows = [judged(document) for document in documents]
    seen = np.array([[row.get(name, False) for name in names] for row in rows])
    size = patient_weights(patients)
    found: list[Suggestion] = []
    for epileptic in (True, False):
        left = np.ones(len(labels), dtype=bool)
        while len(found) < MOST_RULES * (1 + (not epileptic)):
            best = _best(
                seen,
                names,
                right=labels == epileptic,
                size=size,
                left=left,
                patients=patients,
            )
            if best is None:
                break
            holds, signs = best
            columns = [names.index(sign) for sign in signs]
            everywhere = np.asarray(seen[:, columns].all(axis=1))
            found.append(
                _suggestion(
                    signs,
                    everywhere,
                    epileptic=epileptic,
                    labels=labels,
                    size=size,
                    patients=patients,
                )
            )
            left &= ~holds
    kept = [item for item in found if item.weight >= LEAST_WEIGHT]
    return sorted(kept, key=lambda item: (-item.weight, item.signs))


def _best(
    seen: Flags,
    names: Sequence[str],
    *,
    right: Flags,
    size: Floats,
    left: Flags,
    patients: Sequence[str],
) -> tuple[Flags, tuple[str, ...]] | None:
    start = np.log(np.average(right[left], weights=size[left])) if left.any() else 0.0
    top, chosen = 0.0, None
    single = [(k,) for k in range(len(names))]
    for places in [*single, *combinations(range(len(names)), 2)]:
        holds = left & seen[:, places].all(axis=1)
        owners = {p for p, h in zip(patients, holds & right, strict=True) if h}
        if len(owners) < LEAST_PATIENTS:
            continue
        good = float(size[holds & right].sum())
        share = good / float(size[holds].sum())
        gain = good * (np.log(share) - start)
        if share >= LEAST_SHARE and gain > top + 1e-12:
            top, chosen = gain, (holds, tuple(names[k] for k in places))
    return chosen


def _suggestion(
    signs: tuple[str, ...],
    holds: Flags,
    *,
    epileptic: bool,
    labels: Flags,
    size: Floats,
    patients: Sequence[str],
) -> Suggestion:
    right = labels == epileptic

    def share(of: Flags) -> float:
        return float((size[of & holds].sum() + 1) / (size[of].sum() + 2))

    owners = {p for p, h in zip(patients, holds, strict=True) if h}
    weight = 100 * np.log(share(right) / share(~right))
    return Suggestion(
        signs=signs,
        epileptic=epileptic,
        events=int(holds.sum()),
        right=int((holds & right).sum()),
        patients=len(owners),
        weight=min(300, max(0, round(float(weight)))),
    )
