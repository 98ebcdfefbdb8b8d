"""How common epileptic seizures are at a site, as a layer of rules.

Weights are likelihood ratios: they say how far a sign shifts the odds, not where the
odds begin. What a verdict is worth moves with the base rate, so a site may give its
own.
"""

from __future__ import annotations

import math

from s3ns.facts import InputError

LAYER = "site/prevalence.lp"

LARGEST = 0.99
"""A base rate beyond it would decide by itself."""


def prior_points(share: float) -> int:
    """Return 100 times the natural logarithm of the odds of a share.

    Raises
    ------
    InputError
        If the share does not lie between 1 % and 99 %.
    """
    if not 1 - LARGEST <= share <= LARGEST:
        raise InputError(
            f"expected a share of epileptic seizures from 0.01 to 0.99, got {share:g}"
        )
    return math.floor(100 * math.log(share / (1 - share)) + 0.5)


def prevalence_layer(share: float) -> dict[str, bytes]:
    """Return the layer that starts from a share of epileptic seizures.

    Raises
    ------
    InputError
        If the share does not lie between 1 % and 99 %.
    """
    points = prior_points(share)
    text = f"""\
% The base rate of the site.

%! given: LIM-PRIOR
%! title: Base rate of the site
%! says: {100 * share:.0f} % of the events of the site are taken to be epileptic.
%! source: given by the user
%! grade: design
prior(epileptic_seizure,{points}; non_epileptic_event,{-points}).

%! rule: REM-PRIOR
%! title: Base rate of the site
%! says: The base rate of the site gives the epileptic side {{Points}} points.
%! source: Bayes' theorem
%! grade: design
remark(base_rate) :- prior(epileptic_seizure, Points), Points != 0.
"""
    return {LAYER: text.encode()}
