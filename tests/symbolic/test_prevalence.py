"""The base rate of a site shifts where the odds start, and nothing else."""

from __future__ import annotations

import math

import pytest

from s3ns.facts import InputError, Verdict
from s3ns.symbolic import Reasoner
from s3ns.symbolic.case import judge_case
from tests.symbolic.scenes import document

SCENE = (
    "figure4 left 10-20; clonic bilateral 20-30; close_eyes 9-30; "
    "arms_move_simultaneously 10-11"
)
"""Two kinds of evidence and a hallmark; closed eyes and both arms against them."""


def verdict(prevalence: float | None) -> Verdict:
    found = Reasoner(prevalence=prevalence).reason(document(SCENE)).verdict
    assert found is not None
    return found


def evidence(of: Verdict) -> list[tuple[str, int, bool]]:
    return [(item.rule, item.weight, item.counted) for item in of.supports]


def test_even_odds_change_nothing() -> None:
    assert verdict(0.5).label == verdict(None).label
    assert verdict(0.5).score_epileptic == verdict(None).score_epileptic
    assert not any(note.rule == "REM-PRIOR" for note in verdict(0.5).remarks)


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_the_points_are_the_log_odds_and_are_told(share: float) -> None:
    points = round(100 * math.log(share / (1 - share)))
    (note,) = (n for n in verdict(share).remarks if n.rule == "REM-PRIOR")
    assert f"{points} points" in note.text


def test_the_evidence_itself_stays() -> None:
    for share in (0.05, 0.95):
        assert evidence(verdict(share)) == evidence(verdict(None))


def test_a_high_base_rate_decides_what_is_nearly_decided() -> None:
    labels = [verdict(share).label for share in (0.05, 0.5, 0.95)]
    assert labels.index("epileptic_seizure") == 2
    assert labels[1] == "indeterminate"


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, math.nan])
def test_a_share_that_decides_by_itself_is_refused(share: float) -> None:
    with pytest.raises(InputError, match=r"from 0\.01 to 0\.99"):
        Reasoner(prevalence=share)


def test_a_case_counts_the_base_rate_once() -> None:
    event = document(SCENE)
    cases = [judge_case(Reasoner(prevalence=p), [event]) for p in (0.5, 0.95)]
    assert cases[0].score_epileptic == cases[1].score_epileptic
    assert [case.label for case in cases] == ["indeterminate", "epileptic_seizure"]
