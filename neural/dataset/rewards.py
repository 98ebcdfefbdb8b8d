"""Rewards for reinforcement learning: pure functions from an answer to 0..1.

Each task has the same scale, so that none drowns the others. An answer that cannot be
read earns nothing. Texts and lists are scored by F1, so that neither one safe word nor
babbling pays. Answers that occur more often weigh less, so that every constant answer
to a question of choice earns the same. Times earn nothing beyond ten seconds, so that
the middle of a clip is no safe answer.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

FORMAT_SHARE = 0.1
"""Share of the reward that is for the form alone, and only for a right or partly right
answer in it: form without content earns nothing (design)."""

FURTHEST_ONSET = 10.0
"""Seconds; a time farther off than this is wrong (design)."""

_FORM = re.compile(r"\s*<think>(.*?)</think>\s*<answer>(.*?)</answer>\s*", re.DOTALL)
_TAGS = re.compile(r"</?(?:think|answer)>")
_WORD = re.compile(r"\w+")
_TIME = re.compile(r"(\d{1,3}):(\d{2}(?:\.\d+)?)")

Answer = dict[str, Any]


def reward(completion: str, task: str, solution: str, weight: float = 1.0) -> float:
    """Return the reward of what a model wrote, from 0 to 1.

    Parameters
    ----------
    completion
        The text, with ``<think>`` and ``<answer>`` or the answer alone.
    task, solution, weight
        The fields of the record.
    """
    inner, is_in_form = answer_text(completion)
    given = _parsed(inner)
    if given is None:
        return 0.0
    truth: Answer = json.loads(solution)
    if set(given) != set(truth):
        return 0.0
    value = _REWARDS[task](given, truth) * weight
    return value * (1.0 if is_in_form else 1 - FORMAT_SHARE)


def rewards(
    completions: Sequence[str],
    task: Sequence[str],
    solution: Sequence[str],
    weight: Sequence[float],
    **_columns: object,
) -> list[float]:
    """Return the reward of each completion; what ms-swift calls with the columns."""
    rows = zip(completions, task, solution, weight, strict=True)
    return [reward(*row) for row in rows]


def answer_text(completion: str) -> tuple[str, bool]:
    """Return the text of the answer, and whether it is in the form asked for."""
    found = _FORM.fullmatch(completion)
    if found is None:
        return completion, False
    thought, answer = found.groups()
    if not thought.strip() or _TAGS.search(thought) or _TAGS.search(answer):
        return completion, False
    return answer, True


def _parsed(text: str) -> Answer | None:
    """Return the one JSON object that a text is."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _equal(key: str) -> Callable[[Answer, Answer], float]:
    return lambda given, truth: float(given[key] == truth[key])


def _justification(given: Answer, truth: Answer) -> float:
    if given["answer"] != truth["answer"]:
        return 0.0
    return 0.5 + 0.5 * _overlap(given["justification"], truth["justification"], 1)


def _onset(given: Answer, truth: Answer) -> float:
    ours, theirs = _seconds(given["time"]), _seconds(truth["time"])
    if ours is None or theirs is None:
        return 0.0
    return max(0.0, 1 - abs(ours - theirs) / FURTHEST_ONSET)


def _sequence(given: Answer, truth: Answer) -> float:
    ours, theirs = given["signs"], truth["signs"]
    if not isinstance(ours, list):
        return 0.0
    if not ours and not theirs:
        return 1.0
    return 2 * _common(ours, theirs) / (len(ours) + len(theirs))


def _report(given: Answer, truth: Answer) -> float:
    pair = given["report"], truth["report"]
    return 0.5 * _overlap(*pair, 1) + 0.5 * _overlap(*pair, 2)


_REWARDS: dict[str, Callable[[Answer, Answer], float]] = {
    "recognition": _equal("answer"),
    "justification": _justification,
    "side": _equal("side"),
    "onset": _onset,
    "sequence": _sequence,
    "report": _report,
    "diagnosis": _equal("verdict"),
}


def _overlap(ours: object, theirs: str, length: int) -> float:
    """Return the F1 of runs of words, each counted as often as in the other text."""
    if not isinstance(ours, str):
        return 0.0
    one, two = _runs(ours, length), _runs(theirs, length)
    whole = one.total() + two.total()
    return 2 * (one & two).total() / whole if whole else 0.0


def _runs(text: str, length: int) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return Counter(zip(*(words[k:] for k in range(length)), strict=False))


def _seconds(text: object) -> float | None:
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else 60 * int(found[1]) + float(found[2])


def _common(ours: Sequence[object], theirs: Sequence[object]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(theirs) + 1)
    for one in ours:
        before = 0
        for place, other in enumerate(theirs, start=1):
            kept = row[place]
            row[place] = before + 1 if one == other else max(kept, row[place - 1])
            before = kept
    return row[-1]
