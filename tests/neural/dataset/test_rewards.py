"""Rewards that do not pay for babbling, safe words, safe times or form alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3ns.facts import vocabulary
from s3ns.neural.dataset.rewards import FORMAT_SHARE, reward, rewards
from s3ns.neural.dataset.tasks import TASKS

NAMES = list(vocabulary().by_name)
WORDS = st.lists(st.sampled_from(["head", "turned", "left", "arm", "jerk"]))
SEQUENCES = st.lists(st.sampled_from(NAMES[:6]), unique=True, max_size=6)


def thought(answer: object) -> str:
    said = answer if isinstance(answer, str) else json.dumps(answer)
    return f"<think>First this, then that.</think><answer>{said}</answer>"


def scored(task: str, given: object, truth: dict[str, Any], weight: float = 1) -> float:
    return reward(thought(given), task, json.dumps(truth), weight)


TRUTHS = {
    "recognition": {"answer": "yes"},
    "justification": {"answer": "yes", "justification": "left wrist 3.1 Hz"},
    "side": {"side": "left"},
    "onset": {"time": "00:12.5"},
    "sequence": {"signs": ["head_turning", "tonic", "clonic"]},
    "report": {"report": "Head turning on the left was seen from 00:02.0 to 00:04.0."},
    "diagnosis": {"verdict": "epileptic_seizure"},
}


def test_every_task_has_a_reward() -> None:
    assert set(TRUTHS) == set(TASKS)


@pytest.mark.parametrize("task", TRUTHS)
def test_the_right_answer_earns_all(task: str) -> None:
    assert scored(task, TRUTHS[task], TRUTHS[task]) == pytest.approx(1.0)


@pytest.mark.parametrize("task", TRUTHS)
@pytest.mark.parametrize(
    "said",
    [
        "",
        "yes",
        "[]",
        "null",
        '{"answer": "yes"',
        '{"other": 1}',
        '{"answer": "yes"} {"answer": "no"}',
        "[" * 5000,
    ],
)
def test_what_cannot_be_read_earns_nothing(task: str, said: str) -> None:
    assert scored(task, said, TRUTHS[task]) == 0.0


@pytest.mark.parametrize("task", TRUTHS)
@given(value=st.recursive(st.none() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_any_value_earns_between_nothing_and_all(task: str, value: object) -> None:
    answer = dict.fromkeys(TRUTHS[task], value)
    assert 0.0 <= scored(task, answer, TRUTHS[task]) <= 1.0


@given(SEQUENCES, SEQUENCES)
def test_more_signs_than_there_were_never_pay(
    truth: list[str], extra: list[str]
) -> None:
    right = scored("sequence", {"signs": truth}, {"signs": truth})
    surplus = [sign for sign in extra if sign not in truth]
    babbled = scored("sequence", {"signs": truth + surplus}, {"signs": truth})
    assert right == 1.0
    assert babbled < right if surplus else babbled == right
    if truth:
        twice = scored("sequence", {"signs": truth * 2}, {"signs": truth})
        assert twice == pytest.approx(2 / 3)


def test_one_safe_sign_earns_little_of_a_long_sequence() -> None:
    truth = {"signs": NAMES[:7]}
    assert scored("sequence", {"signs": NAMES[:1]}, truth) == pytest.approx(0.25)


def test_order_matters() -> None:
    truth = {"signs": ["tonic", "clonic"]}
    assert scored("sequence", {"signs": ["clonic", "tonic"]}, truth) == 0.5


@given(WORDS, WORDS)
def test_repeating_the_right_words_never_pays(
    truth: list[str], more: list[str]
) -> None:
    text = " ".join(truth)
    right = scored("report", {"report": text}, {"report": text})
    longer = " ".join([*truth, *truth, *more])
    assert scored("report", {"report": longer}, {"report": text}) <= right


@given(st.floats(0, 3000), st.floats(0, 3000))
def test_a_time_that_is_far_off_earns_nothing(ours: float, theirs: float) -> None:
    def clock(seconds: float) -> str:
        return f"{int(seconds // 60):02d}:{seconds % 60:04.1f}".replace("60.0", "59.9")

    value = scored("onset", {"time": clock(ours)}, {"time": clock(theirs)})
    if abs(ours - theirs) > 10.2:
        assert value == 0.0
    if abs(ours - theirs) < 4.8:
        assert value > 0.5


def test_the_form_alone_earns_nothing_and_is_needed_for_all() -> None:
    truth = json.dumps(TRUTHS["side"])
    assert reward(thought({"side": "right"}), "side", truth) == 0.0
    assert reward(truth, "side", truth) == pytest.approx(1 - FORMAT_SHARE)
    nested = f"<think><answer>x</answer></think><answer>{truth}</answer>"
    assert reward(nested, "side", truth) == 0.0
    empty = f"<think> </think><answer>{truth}</answer>"
    assert reward(empty, "side", truth) == 0.0


def test_the_right_words_for_the_wrong_label_earn_nothing() -> None:
    truth = TRUTHS["justification"]
    assert scored("justification", truth | {"answer": "no"}, truth) == 0.0
    bare = scored("justification", truth | {"justification": ""}, truth)
    assert bare == pytest.approx(0.5)


def test_columns_give_one_reward_each() -> None:
    said = [thought(TRUTHS["side"]), "nothing"]
    columns = {"task": ["side", "onset"], "weight": [0.5, 1.0], "sign": ["tonic", ""]}
    solutions = [json.dumps(TRUTHS["side"]), json.dumps(TRUTHS["onset"])]
    found = rewards(said, solution=solutions, **columns)  # type: ignore[arg-type]
    assert found == [0.5, 0.0]
