"""What a neurologist reads first."""

from __future__ import annotations

import re

import click
import pytest

from s3ns import pipeline
from s3ns.facts import Document, Label, Side, Unassessable, vocabulary
from s3ns.report.terminal import screen
from s3ns.report.words import NOTICE, not_assessable
from tests.report.conftest import LENGTH, document, not_seen, seen


def shown(document: Document, *, saved: str | None = None, width: int = 100) -> str:
    return click.unstyle(screen(document, name="clip.mp4", saved=saved, width=width))


def test_the_screen_of_a_verdict_has_all_its_parts(epileptic: Document) -> None:
    text = shown(epileptic)
    assert text.startswith("clip.mp4  (rec-0123456789, 60.0 s, analysed 00:00.0-01:00")
    assert epileptic.verdict is not None
    assert epileptic.verdict.label is Label.EPILEPTIC_SEIZURE
    assert "Semiology consistent with an epileptic seizure" in text
    assert f"Evidence: {epileptic.verdict.strength}" in text
    assert "Deciding signs (left is the patient's own left)" in text
    assert "00:20.0-00:40.0" in text
    assert "Not assessable" in text
    assert "nobody was heard to address the patient" in text
    assert text.rstrip().endswith(NOTICE)


def test_the_screen_is_short(epileptic: Document) -> None:
    assert len(shown(epileptic).splitlines()) <= 34


def test_evidence_is_listed_by_weight_with_its_rule(epileptic: Document) -> None:
    lines = re.findall(r"^  [+-](\d+) +", shown(epileptic), re.MULTILINE)
    weights = [int(weight) for weight in lines]
    assert weights
    assert weights == sorted(weights, reverse=True)
    assert epileptic.verdict is not None
    strongest = max(
        (s for s in epileptic.verdict.supports if s.counted), key=lambda s: s.weight
    )
    assert weights[0] == strongest.weight


def test_words_that_must_not_be_used(
    epileptic: Document, non_epileptic: Document, undecided: Document
) -> None:
    for done in (epileptic, non_epileptic, undecided):
        text = shown(done).lower()
        for word in ("psychogenic", "absent", "rule out", "pseudo"):
            assert word not in text
        assert text.count("diagnosis") == 1  # in the notice


def test_no_reason_is_given_twice(undecided: Document) -> None:
    why = shown(undecided).split("\nWhy", 1)[1].split("\n\n", 1)[0]
    reasons = [line for line in why.splitlines() if line.startswith("  ")]
    assert len(set(reasons)) == len(reasons) > 1


def test_a_non_epileptic_pattern_counts_against(non_epileptic: Document) -> None:
    assert non_epileptic.verdict is not None
    assert non_epileptic.verdict.label is Label.NON_EPILEPTIC_EVENT
    text = shown(non_epileptic)
    assert re.search(r"^  -\d+ ", text, re.MULTILINE)
    assert "Asynchronous limb movement" in text


def test_without_evidence_the_screen_tells_why(undecided: Document) -> None:
    text = shown(undecided)
    assert "Indeterminate" in text
    assert "Why" in text
    assert "Deciding signs" not in text


def test_signs_that_do_not_decide_are_not_called_deciding() -> None:
    """Nor is what a recording without an event shows."""
    stare = pipeline.reason(document(seen("blank_stare", 5.0, 25.0)))
    arm = seen("arm_flexion", 8.0, 12.0, Side.RIGHT)
    others = [s.name for s in vocabulary().signs if s.name != "arm_flexion"]
    quiet = pipeline.reason(document(arm, *not_seen(*others)))
    for done, label in ((stare, Label.INDETERMINATE), (quiet, Label.NO_EVENT)):
        assert done.verdict is not None
        assert done.verdict.label is label
        text = shown(done)
        assert "Deciding signs" not in text
        assert "Signs that weigh most, none decides (left is the patient's" in text


def unjudged(sign: str, start: float, end: float) -> Unassessable:
    return Unassessable(
        sign=sign, start=start, end=end, source="test", reason="person_not_visible"
    )


def test_what_could_not_be_judged_is_not_said_to_be_not_seen() -> None:
    nobody = [unjudged(sign.name, 0.0, LENGTH) for sign in vocabulary().signs]
    text = " ".join(shown(pipeline.reason(document(*nobody))).split())
    assert "lapse were seen, but nothing of it could be judged." in text
    assert "signs were seen, but nothing of it could be judged." in text
    partly = [*nobody[:5], *not_seen(*(item.sign for item in nobody[5:]))]
    text = " ".join(shown(pipeline.reason(document(*partly))).split())
    assert "lapse were seen, as far as could be judged." in text


def test_no_finding_is_not_the_same_as_nothing_to_find() -> None:
    everything = [sign.name for sign in vocabulary().signs]
    nobody = [unjudged(name, 0.0, LENGTH) for name in everything]
    assert "Nothing could be judged." in shown(document(*nobody))
    quiet = shown(document(*not_seen(*everything)))
    assert "No sign of the vocabulary was seen." in quiet
    partly = shown(document(*nobody[1:], *not_seen(everything[0])))
    assert "was seen, as far as could be judged." in partly


def test_a_verdict_on_no_finding_is_not_called_firm() -> None:
    nobody = [unjudged(sign.name, 0.0, LENGTH) for sign in vocabulary().signs]
    assert "resampled" not in shown(pipeline.reason(document(*nobody)))
    found = document(seen("blank_stare", 5.0, 25.0))
    assert "resampled" in shown(pipeline.reason(found))


def test_findings_without_a_verdict(findings_only: Document) -> None:
    text = shown(findings_only, saved="a.json")
    assert "00:05.0-00:12.0  Head turning, left, confidence 0.90" in text
    assert "00:20.0-00:40.0  Clonic jerking, both sides, confidence 0.90" in text
    assert "s3ns reason a.json" in text


def test_what_to_do_next_depends_on_what_is_kept(epileptic: Document) -> None:
    assert "s3ns explain my.json" in shown(epileptic, saved="my.json")
    assert "-o result.json" in shown(epileptic)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_asked(epileptic: Document, width: int) -> None:
    for line in shown(epileptic, saved="a.json", width=width).splitlines():
        assert len(line) <= width or "rec-0123456789" in line


def test_a_gap_with_breaks_is_not_told_as_one() -> None:
    """The eyes may have been seen closed in between."""
    gaps = [unjudged("close_eyes", 1.0, 9.0), unjudged("close_eyes", 20.0, 40.0)]
    (told,) = not_assessable(document(*gaps))
    assert told.endswith("(at times, 00:01.0-00:40.0)")
    (told,) = not_assessable(document(*gaps, unjudged("close_eyes", 9.0, 20.0)))
    assert told.endswith(" (00:01.0-00:40.0)")


def test_gaps_are_grouped_by_reason(findings_only: Document) -> None:
    first, second = not_assessable(findings_only)
    assert first == (
        "eyes closed, repetitive blinking: the face was not visible (00:00.0-01:00.0)"
    )
    assert second.startswith("answering during the event: nobody was heard")
