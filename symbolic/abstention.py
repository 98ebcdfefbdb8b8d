"""When to abstain: a margin from patients held out, with a guarantee.

Abstention is risk-controlled (Angelopoulos 2024, Conformal Risk Control, ICLR). The
loss of a patient is the share of the patient's events that are decided, and wrongly; it
can only fall as the margin grows. The smallest margin whose mean loss over n patients
is at most ``(alpha (n + 1) - 1) / n`` keeps the expected loss of a new, exchangeable
patient at or below alpha. The guarantee holds for leads by weights that were not fitted
to these patients; with out-of-fold leads it is approximate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from s3ns.symbolic.evidence import Flags, Floats

ALPHA = 0.1
"""Default share of wrongly decided events that is tolerated. Grade: design."""


def forced(leads: Floats) -> Flags:
    """Return which events are called epileptic seizures if none may be left open.

    Without a lead, the more common kind in monitoring units is taken, epileptic
    seizures (60-75 %; Xiang 2019, 10.1186/s42494-019-0008-4).
    """
    return np.asarray(leads >= 0)


def safe_margin(
    leads: Floats, labels: Flags, patients: Sequence[str], alpha: float = ALPHA
) -> float:
    """Return the smallest margin that keeps the risk; infinite where none does.

    Parameters
    ----------
    leads
        Of events of patients that the weights were not fitted to; an event is decided
        where its lead, without sign, is at least the margin.
    labels
        Whether each was an epileptic seizure.
    patients
        The patient of each.
    alpha
        Largest expected share of a new patient's events that are decided wrongly.
    """
    names, owner = np.unique(np.asarray(patients), return_inverse=True)
    events = np.bincount(owner)
    distance = np.abs(leads)
    wrong = forced(leads) != labels
    allowed = (alpha * (len(names) + 1) - 1) / len(names)
    # A lead on the edge of a margin is decided, so that margins lie just beyond leads.
    for margin in [0.0, *np.nextafter(np.unique(distance[wrong]), np.inf)]:
        failed = np.bincount(
            owner, weights=wrong & (distance >= margin), minlength=len(names)
        )
        if np.mean(failed / events) <= allowed:
            return float(margin)
    return float("inf")
