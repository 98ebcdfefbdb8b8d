"""A model's words against what was measured, and experts' ratings of them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from s3ns.cli import main
from s3ns.facts import (
    Absence,
    Document,
    Finding,
    InputError,
    Observation,
    Recording,
    Side,
    Step,
    Unassessable,
)
from s3ns.faithfulness import ENOUGH, Explanation, explain, read_ratings, summed_up

STEP = Step(stage="extract", tool="t", version="1")


def document(*items: Observation, name: str = "rec-1") -> Document:
    recording = Recording(id=name, duration=60)
    return Document(recording=recording).with_observations(items, STEP)


def measured(start: float, end: float, side: Side, **more: object) -> Finding:
    return Finding(
        sign="clonic",
        start=start,
        end=end,
        side=side,
        source="landmarks",
        **more,  # type: ignore[arg-type]
    )


def told(start: float, end: float, side: Side, words: str = "jerks") -> Finding:
    evidence = f'a language model saw "{words}"'
    return Finding(
        sign="clonic", start=start, end=end, side=side, source="mllm", evidence=evidence
    )


def explanation(*items: Observation) -> Explanation:
    (found,) = explain([document(*items)])
    return found


def outcomes(found: Explanation) -> dict[str, str]:
    return {claim.kind: claim.outcome for claim in found.claims}


def test_a_true_explanation_is_supported_in_every_claim() -> None:
    found = explanation(
        measured(10, 20, Side.RIGHT, measures={"rate": 3.0}),
        told(10, 19, Side.RIGHT, "the right arm jerks about 3 times per second"),
    )
    assert outcomes(found) == {
        "existence": "supported",
        "time": "supported",
        "side": "supported",
        "words": "supported",
        "rate": "supported",
    }
    assert found.score == 1.0
    assert found.contradictions == []


@pytest.mark.parametrize(
    ("claim", "kind", "said"),
    [
        (told(11, 19, Side.LEFT), "side", "told left, measured right"),
        (
            told(11, 19, Side.RIGHT, "the left hand"),
            "words",
            "name the left side, measured right",
        ),
        (told(19, 40, Side.RIGHT), "time", "measured at 10.0-20.0 s"),
        (
            told(11, 19, Side.RIGHT, "at 8 Hz"),
            "rate",
            "told 8 per second, measured 3.0",
        ),
        (told(11, 19, Side.BILATERAL), "side", "told bilateral, measured right"),
    ],
)
def test_each_false_claim_is_listed(claim: Finding, kind: str, said: str) -> None:
    truth = measured(10, 20, Side.RIGHT, measures={"rate": 3.0})
    found = explanation(truth, claim)
    assert outcomes(found)[kind] == "contradicted"
    (text,) = found.contradictions
    assert said in text
    assert found.score is not None
    assert 0 < found.score < 1


def test_what_was_looked_for_and_not_measured_is_contradicted() -> None:
    absent = Absence(sign="clonic", start=0, end=60, source="landmarks")
    found = explanation(absent, told(10, 20, Side.LEFT))
    assert outcomes(found) == {"existence": "contradicted"}
    assert found.score == 0
    assert "none was measured" in found.contradictions[0]


def test_what_could_not_be_measured_counts_neither_way() -> None:
    blind = Unassessable(
        sign="clonic", start=0, end=60, source="landmarks", reason="limb_covered"
    )
    partly = Absence(sign="clonic", start=0, end=14, source="landmarks")
    for items in ((blind,), (blind, partly)):
        found = explanation(*items, told(10, 20, Side.LEFT))
        assert outcomes(found) == {"existence": "not_assessable"}
        assert found.score is None
    unsided = explanation(measured(10, 20, Side.UNKNOWN), told(10, 20, Side.LEFT))
    assert outcomes(unsided)["side"] == "not_assessable"
    assert unsided.score == 1.0


def test_two_sided_jerks_support_either_way_of_saying_it() -> None:
    pair = (measured(10, 20, Side.LEFT), measured(10, 20, Side.RIGHT))
    assert explanation(*pair, told(10, 20, Side.BILATERAL)).score == 1.0
    assert explanation(*pair, told(10, 20, Side.LEFT)).score == 1.0


def test_words_of_a_mirrored_recording_are_exchanged_once() -> None:
    as_shown = document(told(10, 20, Side.LEFT, "the left arm"))
    truth = document(measured(10, 20, Side.RIGHT))
    (found,) = explain([truth, as_shown.mirrored()])
    assert outcomes(found)["words"] == "supported"
    (found,) = explain([truth, as_shown])
    assert outcomes(found)["words"] == "contradicted"


def test_two_documents_of_one_recording() -> None:
    one = document(measured(10, 20, Side.RIGHT))
    two = document(told(10, 20, Side.RIGHT))
    (found,) = explain([one, two])
    assert found.score == 1.0
    with pytest.raises(InputError, match="several recordings"):
        explain([one, document(told(10, 20, Side.RIGHT), name="rec-2")])
    with pytest.raises(InputError, match="no measurement"):
        explain([two])


def test_what_a_model_has_a_part_in_is_no_measurement() -> None:
    words = told(10, 20, Side.RIGHT)
    fused = msgspec.structs.replace(words, source="landmarks, mllm")
    with pytest.raises(InputError, match="no measurement"):
        explain([document(words), document(fused)])


@given(st.lists(st.none() | st.floats(0, 1)))
def test_the_share_lies_within_its_interval(scores: list[float | None]) -> None:
    total = summed_up(scores)
    assert total.count + total.unscored == len(scores)
    if total.share is not None:
        assert 0 <= total.low <= total.share + 1e-9
        assert total.share - 1e-9 <= total.high <= 1
        above = [s for s in scores if s is not None and s >= ENOUGH]
        assert total.share == pytest.approx(len(above) / total.count)


def test_wilson_interval_of_a_known_case() -> None:
    total = summed_up([1.0] * 94 + [0.0] * 6)
    assert total.share == pytest.approx(0.94)
    assert (total.low, total.high) == pytest.approx((0.875, 0.972), abs=0.001)


def run(*words: object) -> object:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_ratings_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(
        "explanation,rater,rating\na,1,60%\na,2,60\nb,1,59\nb,2,\nc,1,100\n", "utf-8"
    )
    assert read_ratings(path) == {"a": [0.6, 0.6], "b": [0.59], "c": [1.0]}
    result = run("faithfulness", "ratings", path)
    assert result.exit_code == 0
    assert result.stdout.startswith("67 % of 3 explanations reach 60 %")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("explanation,rating\n", "lacks the column 'rater'"),
        ("explanation,rater,rating\na,1,120\n", "of 1 for a, got '120'"),
        ("explanation,rater,rating\na,1,good\n", "of 1 for a, got 'good'"),
        ("explanation,rater,rating\na,1,50\na,1,70\n", "1 rated a twice"),
        (f"explanation,rater,rating\n{'a' * 200_000},1,50\n", "field larger"),
        ("explanation,rater,rating\na,1,0.5\nb,1,0.9\n", "are shares"),
        ("", "lacks the column"),
    ],
)
def test_ratings_that_cannot_be_read(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(text, "utf-8")
    result = run("faithfulness", "ratings", path)
    assert result.exit_code == 3
    assert said in result.stderr


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    items = (measured(10, 20, Side.RIGHT), told(11, 19, Side.LEFT, "the arm jerks"))
    document(*items).write(path)
    result = run("faithfulness", "check", path)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["67", "%", "clonic", "left", "11.0-19.0", "s"]
    assert lines[1].strip() == "clonic jerking: told left, measured right"
    assert lines[-1].startswith("100 % of 1 explanations reach 60 %")
    whole = json.loads(run("faithfulness", "check", path, "--json").stdout)
    assert whole["summary"]["count"] == 1
