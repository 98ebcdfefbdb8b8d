"""The answers to questions as people read them."""

from __future__ import annotations

import click
import msgspec
import pytest

from s3ns.facts import Document, Inquiry
from s3ns.report.inquiry import firmness, inquiry_text
from s3ns.report.terminal import screen
from s3ns.report.words import NOTICE
from s3ns.symbolic import RuleBase, inquire
from s3ns.symbolic.robustness import robustness_of


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return RuleBase.load()


@pytest.fixture(scope="module")
def answers(base: RuleBase, epileptic: Document) -> Inquiry:
    return inquire(
        base,
        epileptic,
        why_not="non_epileptic_event",
        what_if=True,
        robustness=True,
        ask=True,
    )


def test_every_answer_has_its_heading(answers: Inquiry) -> None:
    text = inquiry_text(answers)
    places = [
        text.index(heading)
        for heading in (
            "Why not?",
            "Evidence toward it that was not there",
            "What would change it?",
            "How robust is it?",
            "Where to look again?",
        )
    ]
    assert places == sorted(places)
    assert text.rstrip().endswith(NOTICE)


@pytest.mark.parametrize("name", ["why_not", "what_if", "robustness", "asks"])
def test_only_what_was_asked_is_answered(answers: Inquiry, name: str) -> None:
    one = Inquiry(**{name: getattr(answers, name)})
    headings = ("Why not?", "What would", "How robust", "Where to look")
    shown = [heading for heading in headings if heading in inquiry_text(one)]
    assert len(shown) == 1


def test_what_held_stands_before_what_was_missing(answers: Inquiry) -> None:
    assert answers.why_not is not None
    lines = inquiry_text(Inquiry(why_not=answers.why_not)).splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("VER-11  "))
    marks = [line.split()[0] for line in lines[start + 1 : start + 4]]
    assert marks == ["held", "held", "missing"]
    named = [item.rule.id for item in answers.why_not.evidence]
    assert all(any(name in line for line in lines) for name in named)


def test_the_change_is_told_with_its_kind(answers: Inquiry) -> None:
    assert answers.what_if is not None
    assert answers.what_if.changes
    text = inquiry_text(Inquiry(what_if=answers.what_if))
    for change in answers.what_if.changes:
        assert change.kind in text
        assert change.text in " ".join(text.split())


def test_robustness_is_a_share_and_no_probability(answers: Inquiry) -> None:
    assert answers.robustness is not None
    text = " ".join(inquiry_text(Inquiry(robustness=answers.robustness)).split())
    share = f"{round(100 * answers.robustness.share)} %"
    assert f"Holds in {share} of 200 resampled observations" in text
    assert "no probability of a disease" in text


def test_nothing_to_look_at_is_said() -> None:
    text = inquiry_text(Inquiry(asks=()))
    assert "it would not matter" in text
    cut = inquiry_text(Inquiry(asks=(), asks_complete=False))
    assert "no time to weigh every stretch" in " ".join(cut.split())
    assert "it would not matter" not in cut


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_asked(answers: Inquiry, width: int) -> None:
    assert max(map(len, inquiry_text(answers, width=width).splitlines())) <= width


def test_words_that_must_not_be_used(answers: Inquiry) -> None:
    text = inquiry_text(answers).lower()
    for word in ("psychogenic", "absent", "rule out", "pseudo"):
        assert word not in text
    assert text.count("diagnosis") == 1


def test_the_first_screen_tells_how_firm_it_is(
    answers: Inquiry, epileptic: Document, base: RuleBase
) -> None:
    assert epileptic.inquiry is not None
    assert epileptic.inquiry.robustness == robustness_of(base, epileptic)
    text = click.unstyle(screen(epileptic, name="a", saved=None, width=100))
    words = " ".join(text.split())
    assert "How firm this is" in words
    for sentence in firmness(epileptic.inquiry):
        assert sentence in words
    without = msgspec.structs.replace(epileptic, inquiry=None)
    assert "How firm" not in screen(without, name="a", saved=None)
