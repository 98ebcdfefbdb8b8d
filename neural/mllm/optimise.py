"""Better wordings by reflection: a model reads where it was wrong and rewords.

The search is that of the package ``gepa`` (Agrawal 2025, arXiv 2507.19457). Patients
are divided into three: on the first part wordings are thought up, on the second they
are chosen, and on the third, which the search never sees, the result is told.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s3ns.facts import Absence, CapabilityError, Document, Finding, InputError, Sign
from s3ns.facts.finding import Interval, total_duration
from s3ns.neural.mllm.interview import Aids, Interviewer
from s3ns.neural.mllm.plan import Plan
from s3ns.neural.mllm.questions import plain, question, read_answer
from s3ns.neural.mllm.request import Request
from s3ns.neural.mllm.windows import Window
from s3ns.neural.mllm.wording import LONGEST, Wording

PARTS = ("think", "choose", "tell")

MOST_OF_A_VIDEO = 4
"""Examples of a sign that is there, and of one that is not, from one video: pictures
are kept in memory, and many patients tell more than many windows of one."""

CHOOSING = 4
"""One round of choosing takes at most one in so many of all trials; else none would be
left for another wording."""

_JUDGED = 0.9  # share of a window in which a sign must be known to be absent
_TOKENS = 2048


@dataclass(frozen=True)
class Example:
    """A sign in a window of a video, and whether it is there.

    Attributes
    ----------
    patient
        Whose video it is; examples are divided by it.
    sign, window
        What is asked about where.
    is_there
        The truth.
    """

    patient: str
    sign: Sign
    window: Window
    is_there: bool


@dataclass(frozen=True)
class Outcome:
    """What came of a search.

    Attributes
    ----------
    wording
        The best wording.
    before, after
        Share of right answers to the third part, with the first and the best wording.
    counts
        Examples in each of the three parts.
    """

    wording: Wording
    before: float
    after: float
    counts: tuple[int, int, int]


def examples_of(
    patient: str, video: Path, truth: Document, plan: Plan, aids: Aids, *, sound: bool
) -> list[Example]:
    """Return the examples that a video with a known truth gives.

    A sign is there where a finding of at least its minimum duration lies in the window,
    and not there where it was judged absent in nearly all of it; else there is none.
    """
    artist, _ = aids.artist_for(plan)
    found: list[Example] = []
    counts: Counter[tuple[str, bool]] = Counter()
    for window, signs in plan.windows(
        video, pixels=aids.pixels, sound=sound, artist=artist, part=aids.part
    ):
        for sign in signs:
            is_there = _truth(sign, window, truth)
            if is_there is None or counts[sign.name, is_there] == MOST_OF_A_VIDEO:
                continue
            counts[sign.name, is_there] += 1
            found.append(Example(patient, sign, window, is_there))
    return found


def _truth(sign: Sign, window: Window, truth: Document) -> bool | None:
    length = window.end - window.start
    seen = _inside([f for f in truth.findings if f.sign == sign.name], window)
    if seen >= min(sign.minimum_duration, length):
        return True
    absent = _inside([a for a in truth.absences if a.sign == sign.name], window)
    return False if not seen and absent >= _JUDGED * length else None


def _inside(items: Sequence[Finding | Absence], window: Window) -> float:
    clipped = [
        Interval(
            sign=item.sign,
            start=max(item.start, window.start),
            end=min(item.end, window.end),
            source=item.source,
        )
        for item in items
        if item.start < window.end and window.start < item.end
    ]
    return total_duration(clipped)


def divided(examples: Iterable[Example]) -> dict[str, list[Example]]:
    """Divide examples into three parts by patient, as many of yes as of no for a sign.

    Which patient goes where is settled by a hash, so that it is always the same.

    Raises
    ------
    InputError
        If there are fewer than three patients, or a part has nothing of both kinds.
    """
    every = list(examples)
    names = {example.patient for example in every}
    order = sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    if len(order) < len(PARTS):
        raise InputError(
            f"expected videos of at least {len(PARTS)} patients, got {len(order)}"
        )
    part_of = {name: PARTS[k % len(PARTS)] for k, name in enumerate(order)}
    groups: dict[tuple[str, str, bool], list[Example]] = defaultdict(list)
    for example in every:
        group = (part_of[example.patient], example.sign.name, example.is_there)
        groups[group].append(example)
    parts: dict[str, list[Example]] = {part: [] for part in PARTS}
    for part, sign, is_there in list(groups):
        if is_there:
            both = groups[part, sign, True], groups.get((part, sign, False), [])
            count = min(map(len, both))
            parts[part] += [*both[0][:count], *both[1][:count]]
    for part, chosen in parts.items():
        if not chosen:
            raise InputError(
                f"the patients of the part {part!r} have no sign that is seen in one "
                "window and not in another; give more videos"
            )
    return parts


def optimise(
    examples: Iterable[Example], interviewer: Interviewer, *, calls: int, start: Wording
) -> Outcome:
    """Look for a better wording.

    Parameters
    ----------
    examples
        What to try wordings on.
    interviewer
        Asks the model; the same model rewords.
    calls
        How many examples may be tried in all.
    start
        The wording to begin with.

    Raises
    ------
    CapabilityError
        If the package gepa is not installed, or the model cannot be reached or run.
    InputError
        If the examples are too few or one-sided.
    """
    try:
        from gepa.api import optimize
    except ImportError as error:
        raise CapabilityError(
            'optimising wordings needs the package gepa; pip install "s3ns[mllm]"'
        ) from error
    parts = divided(examples)
    random.Random(0).shuffle(parts["choose"])
    del parts["choose"][max(2, calls // CHOOSING) :]
    trial: Any = _Trial(interviewer, start)
    signs = {example.sign for example in parts["think"]}
    first = {sign.name: start.of(sign) for sign in signs} | {"system": start.system}
    found: Any = optimize(
        seed_candidate=dict(sorted(first.items())),
        trainset=parts["think"],
        valset=parts["choose"],
        adapter=trial,
        reflection_lm=trial.reflect,
        max_metric_calls=calls,
        logger=_Silence(),
        seed=0,
    )
    best = _wording(start, found.best_candidate)
    held_out = parts["tell"]
    before, after = (_share_right(trial, held_out, w) for w in (start, best))
    think, choose, tell = (len(parts[part]) for part in PARTS)
    return Outcome(best, before, after, (think, choose, tell))


def _wording(start: Wording, texts: Mapping[str, str]) -> Wording:
    short = {name: text[:LONGEST] for name, text in texts.items()}
    system = short.pop("system", start.system)
    return Wording(system=system, questions={**start.questions, **short})


def _share_right(trial: _Trial, batch: Sequence[Example], wording: Wording) -> float:
    return sum(score for score, _ in trial.tried(batch, wording)) / len(batch)


class _Silence:
    def log(self, message: str) -> None:
        pass


class _Trial:
    """Tries wordings on examples, as gepa wants it."""

    propose_new_texts = None

    def __init__(self, interviewer: Interviewer, start: Wording) -> None:
        self._interviewer = interviewer
        self._start = start

    def tried(
        self, batch: Sequence[Example], wording: Wording
    ) -> list[tuple[float, dict[str, str]]]:
        """Return, for each example, the score and what there is to learn from it."""
        backend = self._interviewer.backend
        replies = self._interviewer.ask(
            question(
                example.sign,
                example.window,
                sees=backend.sees,
                hears=backend.hears,
                texts=wording,
            )
            for example in batch
        )
        results = []
        for example, reply in zip(batch, replies, strict=True):
            reading = read_answer(example.sign, example.window, reply)
            right = reading.value == ("seen" if example.is_there else "not_seen")
            truth = "there" if example.is_there else "not there"
            verdict = "That is right" if right else "That is wrong"
            results.append(
                (
                    float(right),
                    {
                        "Inputs": f"frames of a video, and the sign: "
                        f"{example.sign.definition}",
                        "Generated Outputs": plain(reply.text),
                        "Feedback": f"{verdict}: the sign was {truth}.",
                        "sign": example.sign.name,
                    },
                )
            )
        return results

    def evaluate(
        self,
        batch: list[Example],
        candidate: dict[str, str],
        capture_traces: bool = False,
    ) -> Any:
        from gepa.core.adapter import EvaluationBatch

        results = self.tried(batch, _wording(self._start, candidate))
        return EvaluationBatch(
            outputs=[lesson["Generated Outputs"] for _, lesson in results],
            scores=[score for score, _ in results],
            trajectories=[lesson for _, lesson in results] if capture_traces else None,
        )

    def make_reflective_dataset(
        self,
        candidate: dict[str, str],
        eval_batch: Any,
        components_to_update: list[str],
    ) -> dict[str, list[dict[str, str]]]:
        lessons = [
            ({k: v for k, v in lesson.items() if k != "sign"}, lesson["sign"])
            for lesson in eval_batch.trajectories
        ]
        return {
            name: [lesson for lesson, sign in lessons if name in {"system", sign}]
            or [lesson for lesson, _ in lessons]
            for name in components_to_update
        }

    def reflect(self, prompt: str | list[dict[str, Any]]) -> str:
        """Let the model reword."""
        request = Request("You write instructions.", (str(prompt),), None, _TOKENS)
        return self._interviewer.ask([request])[0].text
