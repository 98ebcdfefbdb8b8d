"""A folder of rules laid over those that s3ns ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3ns.facts import Document, Label, RuleError
from s3ns.symbolic import Reasoner
from tests.rules.test_check import given, rule
from tests.symbolic.scenes import document

SCENE = "tonic bilateral 10-20; ictal_vocalization 10-14; arm_flexion left 12-20"


def judged(folder: Path, text: str, *, alone: bool = False) -> Document:
    (folder / "own.lp").write_text(text, encoding="utf-8")
    return Reasoner(folder, alone=alone).reason(document(SCENE))


def weights(done: Document) -> dict[str, int]:
    assert done.verdict is not None
    return {item.rule: item.weight for item in done.verdict.supports}


def test_rules_are_added(tmp_path: Path) -> None:
    own = 'supports(epileptic_seizure, "OWN-1", 90) :- reliable(tonic, _, _, _).'
    text = rule(own, "OWN-1") + given('group("OWN-1", own).')
    done = weights(judged(tmp_path, text))
    assert done["OWN-1"] == 90
    assert "ES-04" in done


def test_rules_are_replaced_by_id(tmp_path: Path) -> None:
    own = 'supports(epileptic_seizure, "ES-04", 7) :- reliable(tonic, _, _, _).'
    assert weights(judged(tmp_path, rule(own, "ES-04")))["ES-04"] == 7


def test_rules_are_left_out_by_id(tmp_path: Path) -> None:
    assert "ES-07" in weights(Reasoner().reason(document(SCENE)))
    assert "ES-07" not in weights(judged(tmp_path, "%! disable: ES-07\n"))


def test_a_weight_is_replaced_and_says_why(tmp_path: Path) -> None:
    text = "%! weight: ES-04 7; our own events\n"
    before, done = Reasoner().reason(document(SCENE)), judged(tmp_path, text)
    assert weights(done) == {**weights(before), "ES-04": 7}
    assert done.proof is not None
    cited = {rule.id: rule.source for rule in done.proof.rules}
    assert cited["ES-04"].endswith("; weight 7: our own events")


def test_only_evidence_with_a_number_takes_a_weight(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"R035.*VER-02.*no evidence"):
        judged(tmp_path, "%! weight: VER-02 7; our own events\n")


def test_a_limit_is_replaced(tmp_path: Path) -> None:
    done = judged(tmp_path, given("limit(confidence, 95).", "LIM-CONFIDENCE"))
    assert weights(done) == {}


def test_provenance_lists_the_files_of_both(tmp_path: Path) -> None:
    done = judged(tmp_path, "%! disable: ES-07\n")
    names = [file.name for file in done.provenance[-1].rules]
    assert names[0] == "rules/basis.lp"
    assert names[-1] == f"{tmp_path.name}/own.lp"


def test_a_folder_that_is_called_rules_is_not_taken_for_ours(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    done = judged(folder, "%! disable: ES-07\n")
    assert done.provenance[-1].rules[-1].name == "own-rules/own.lp"


def test_alone_the_folder_must_give_the_whole_verdict(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"own.lp:1:1: error\[R056\].*one verdict"):
        judged(tmp_path, rule("remark(a) :- sign(S)."), alone=True)


@pytest.mark.parametrize(
    "rest",
    [
        "; nothing else 0-60",
        "",
        "; oral_automatisms 20-26; ictal_vocalization 30-36; nothing else 0-60",
    ],
)
def test_own_rules_may_decide_by_small_signs_and_there_is_one_verdict(
    tmp_path: Path, rest: str
) -> None:
    """Where small signs decide, nothing says beside it that there was no event."""
    own = 'hallmark(non_epileptic_event, "NES-15") :- reliable(close_eyes, _, _, _).'
    text = rule(own, "OWN-1") + "%! weight: NES-15 200; our own events\n"
    (tmp_path / "own.lp").write_text(text, encoding="utf-8")
    scene = document(f"arms_move_simultaneously 5-6; close_eyes 2-58{rest}")
    verdict = Reasoner(tmp_path).reason(scene).verdict
    assert verdict is not None
    assert verdict.label is Label.NON_EPILEPTIC_EVENT
