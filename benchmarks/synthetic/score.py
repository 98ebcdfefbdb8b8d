"""What was found in a suite against what is true of it.

A sign of a clip is *present* where it happens in sight, *absent* where it could be
judged and does not happen, *hidden* where it could not be judged. Only the first two
count for precision and recall; of hidden ones, whether the extractor said so is asked.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import fmean, median
from typing import Any, Literal

import msgspec

from s3ns.benchmarks.synthetic.routes import Route, films
from s3ns.facts import (
    Document,
    Finding,
    InputError,
    Interval,
    Label,
    Side,
    vocabulary,
)
from s3ns.facts.finding import total_duration

LEAST_OVERLAP = 0.3
"""Intersection over union from which a finding is of an occurrence."""
JUDGED_LEAST = 0.5
"""Share of a clip or occurrence that must be judged for it to count."""
BINS = 10
"""Of confidence, in the reliability diagram."""

State = Literal["present", "absent", "hidden"]


@dataclass(frozen=True)
class Clip:
    """A film: what is true of it, what was found in it, and how it was taken."""

    name: str
    truth: Document
    found: Document
    view: str
    light: str
    occlusion: str

    @cached_property
    def matches(self) -> dict[str, list[tuple[Finding, Finding]]]:
        """Occurrences and their findings by sign, best overlap first."""
        result = {}
        for sign in vocabulary().by_name:
            pairs = sorted(
                (
                    (_overlap(one, two), one, two)
                    for one in visible(self.truth, sign)
                    for two in self.found.findings
                    if two.sign == sign
                ),
                key=lambda item: (-item[0], item[1].start, item[2].start),
            )
            taken: set[int] = set()
            kept = []
            for share, one, two in pairs:
                if share >= LEAST_OVERLAP and not {id(one), id(two)} & taken:
                    taken |= {id(one), id(two)}
                    kept.append((one, two))
            result[sign] = kept
        return result


@dataclass
class Count:
    """Right, wrong and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Share of what was said that is true; NaN where nothing was said."""
        said = self.right + self.wrong
        return self.right / said if said else math.nan

    @property
    def recall(self) -> float:
        """Share of what is true that was said; NaN where nothing is."""
        true = self.right + self.missed
        return self.right / true if true else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of the two; NaN where there is nothing to find."""
        if not self.right + self.missed:
            return math.nan
        return 2 * self.right / (2 * self.right + self.wrong + self.missed)


@dataclass
class SignScore:
    """How a sign was found.

    Attributes
    ----------
    clips, events
        Counts over clips, and over occurrences.
    abstained
        Clips with the sign of which the extractor said that it could not judge.
    hidden, hidden_right
        Clips in which it cannot be judged, and those of which the extractor said so.
    always_f1
        What "seen" for every clip would score.
    sides, sides_right
        Sided occurrences that were found, and those with the right side.
    onset_error, offset_error
        Median seconds.
    """

    clips: Count = field(default_factory=Count)
    events: Count = field(default_factory=Count)
    abstained: int = 0
    hidden: int = 0
    hidden_right: int = 0
    always_f1: float = math.nan
    sides: int = 0
    sides_right: int = 0
    onset_error: float = math.nan
    offset_error: float = math.nan


def load(suite: Path, route: Route) -> list[Clip]:
    """Read a suite, with what is found in its films.

    Raises
    ------
    InputError
        If there is no suite, or nothing to be found out about one of its films.
    """
    clips = []
    for film, path in films(suite):
        truth = Document.read(path)
        if truth.verdict is None:
            raise InputError(f"{path} is of an earlier version; film the suite again")
        how = truth.provenance[0].parameters
        covered = "nurse" if how["nurse"] else f"blanket {how['blanket']}"
        clips.append(
            Clip(
                name=film.stem,
                truth=truth,
                found=route(film, truth),
                view=str(how["view"]),
                light=str(how["light"]),
                occlusion="none" if covered == "blanket none" else covered,
            )
        )
    return clips


def by_rules() -> Callable[[Document], Label]:
    """Return what judges a Document by the rules of s3ns."""
    from s3ns import pipeline
    from s3ns.symbolic import Reasoner

    reasoner = Reasoner()

    def judge(document: Document) -> Label:
        verdict = pipeline.reason(document, reasoner=reasoner).verdict
        return Label.INDETERMINATE if verdict is None else verdict.label

    return judge


def visible(truth: Document, sign: str) -> list[Finding]:
    """Return the occurrences of a sign that could mostly be seen."""
    return [
        item
        for item in truth.findings
        if item.sign == sign and _is_in_view(truth, item)
    ]


def _is_in_view(truth: Document, item: Finding) -> bool:
    return _hidden_share(truth, item) < JUDGED_LEAST


def _in_view(truth: Document) -> Document:
    """Return the truth without the occurrences that could mostly not be seen."""
    seen = (item for item in truth.findings if _is_in_view(truth, item))
    return msgspec.structs.replace(truth, findings=tuple(seen), verdict=None)


def state(document: Document, sign: str) -> State:
    """Tell what a Document says of a sign for its clip as a whole."""
    if visible(document, sign):
        return "present"
    absent = [item for item in document.absences if item.sign == sign]
    found = [item for item in document.findings if item.sign == sign]
    judged = total_duration([*absent]) >= JUDGED_LEAST * document.recording.duration
    return "absent" if judged and not found else "hidden"


def said(document: Document, sign: str) -> State:
    """Tell what an extractor said; any finding counts as present."""
    if any(item.sign == sign for item in document.findings):
        return "present"
    return state(document, sign)


def score_sign(clips: Sequence[Clip], sign: str) -> SignScore:
    """Score one sign over clips."""
    score, errors = SignScore(), defaultdict[str, list[float]](list)
    for clip in clips:
        true, told = state(clip.truth, sign), said(clip.found, sign)
        if true == "hidden":
            score.hidden += 1
            score.hidden_right += told == "hidden"
        elif true == "present":
            score.clips.right += told == "present"
            score.clips.missed += told != "present"
            score.abstained += told == "hidden"
        else:
            score.clips.wrong += told == "present"
        pairs = clip.matches[sign]
        score.events.right += len(pairs)
        score.events.missed += len(visible(clip.truth, sign)) - len(pairs)
        score.events.wrong += len(unfounded(clip, sign))
        for one, two in pairs:
            errors["onset"].append(abs(one.start - two.start))
            errors["offset"].append(abs(one.end - two.end))
            if one.side not in (Side.NONE, Side.UNKNOWN):
                score.sides += 1
                score.sides_right += one.side == two.side
    score.onset_error = median(errors["onset"] or [math.nan])
    score.offset_error = median(errors["offset"] or [math.nan])
    states = Counter(state(clip.truth, sign) for clip in clips)
    score.always_f1 = Count(states["present"], states["absent"]).f1
    return score


def unfounded(clip: Clip, sign: str) -> list[Finding]:
    """Return the findings of a sign that no occurrence explains.

    Findings of what happened out of sight, or mostly while it could not be judged, are
    neither right nor wrong; nor are further ones of an occurrence that was found.
    """
    matched = {id(two) for _, two in clip.matches[sign]}
    true = [item for item in clip.truth.findings if item.sign == sign]
    return [
        item
        for item in clip.found.findings
        if item.sign == sign
        and id(item) not in matched
        and not any(item.overlaps(other) for other in true)
        and _is_in_view(clip.truth, item)
    ]


def score(clips: Sequence[Clip], judge: Callable[[Document], Label]) -> dict[str, Any]:
    """Score a suite.

    Parameters
    ----------
    clips
        The films.
    judge
        Gives the verdict of a Document with findings.

    Returns
    -------
    All figures, as what JSON holds; undefined ones are ``None``.
    """
    signs = {name: score_sign(clips, name) for name in vocabulary().by_name}
    visual = [s.name for s in vocabulary().signs if s.modality == "video"]
    result = {
        "clips": len(clips),
        "minutes": sum(clip.truth.recording.duration for clip in clips) / 60,
        "signs": {name: _sign_figures(item) for name, item in signs.items()},
        "summary": _summary(clips, [signs[name] for name in visual], visual),
        "by": {
            what: {
                str(value): _subset(
                    [clip for clip in clips if getattr(clip, what) == value], visual
                )
                for value in sorted({getattr(clip, what) for clip in clips})
            }
            for what in ("view", "light", "occlusion")
        },
        "verdict": _verdicts(clips, judge),
        "calibration": _calibration(clips),
    }
    return _plain(result)  # type: ignore[no-any-return]


def _sign_figures(item: SignScore) -> dict[str, Any]:
    def figures(count: Count) -> dict[str, Any]:
        return {
            **asdict(count),
            "precision": count.precision,
            "recall": count.recall,
            "f1": count.f1,
        }

    return {
        **asdict(item),
        "clips": figures(item.clips),
        "events": figures(item.events),
        "side_accuracy": item.sides_right / item.sides if item.sides else math.nan,
    }


def _summary(
    clips: Sequence[Clip], signs: Sequence[SignScore], visual: Sequence[str]
) -> dict[str, Any]:
    normal = [
        c for c in clips if c.truth.verdict and c.truth.verdict.label == "no_event"
    ]
    minutes = sum(clip.truth.recording.duration for clip in normal) / 60
    false = sum(len(unfounded(clip, name)) for clip in normal for name in visual)
    pairs = [pair for clip in clips for sign in visual for pair in clip.matches[sign]]
    rates = [
        abs(one.measures[name] - two.measures[name])
        for clip in clips
        for one, two in clip.matches["clonic"]
        for name in ("rate_start", "rate_end")
        if name in one.measures and name in two.measures
    ]
    sides = sum(item.sides for item in signs)
    hidden = sum(item.hidden for item in signs)
    return {
        "mean_clip_f1": _mean(item.clips.f1 for item in signs),
        "mean_event_f1": _mean(item.events.f1 for item in signs),
        "mean_always_f1": _mean(item.always_f1 for item in signs),
        "side_accuracy": _share(sum(item.sides_right for item in signs), sides),
        "onset_error": median([abs(a.start - b.start) for a, b in pairs] or [math.nan]),
        "offset_error": median([abs(a.end - b.end) for a, b in pairs] or [math.nan]),
        "false_per_normal_minute": false / minutes if minutes else math.nan,
        "hidden_said_so": _share(sum(item.hidden_right for item in signs), hidden),
        "clonic_rate_error": median(rates or [math.nan]),
    }


def _subset(clips: Sequence[Clip], visual: Sequence[str]) -> dict[str, Any]:
    scores = [score_sign(clips, sign) for sign in visual]
    total = Count(
        sum(item.clips.right for item in scores),
        sum(item.clips.wrong for item in scores),
        sum(item.clips.missed for item in scores),
    )
    hidden = sum(item.hidden for item in scores)
    sides = sum(item.sides for item in scores)
    return {
        "clips": len(clips),
        "precision": total.precision,
        "recall": total.recall,
        "f1": total.f1,
        "side_accuracy": _share(sum(item.sides_right for item in scores), sides),
        "hidden_said_so": _share(sum(item.hidden_right for item in scores), hidden),
    }


def _verdicts(
    clips: Sequence[Clip], judge: Callable[[Document], Label]
) -> dict[str, Any]:
    pairs = [
        (str(clip.truth.verdict.label), str(judge(clip.found)))
        for clip in clips
        if clip.truth.verdict is not None
    ]
    undecided = str(Label.INDETERMINATE)
    decided = [(true, told) for true, told in pairs if told != undecided]
    labels = sorted({true for true, _ in pairs})

    def f1(label: str, among: Sequence[tuple[str, str]]) -> float:
        right = sum(true == told == label for true, told in among)
        wrong = sum(told == label != true for true, told in among)
        missed = sum(true == label != told for true, told in among)
        return Count(right, wrong, missed).f1

    most = Counter(true for true, _ in pairs).most_common(1)[0][0]
    in_view = [judge(_in_view(clip.truth)) for clip in clips if clip.truth.verdict]
    return {
        # A class of which nothing was decided, or nothing rightly, counts as 0.
        "macro_f1_decided": fmean(
            0.0 if math.isnan(value) else value
            for value in (f1(label, decided) for label in labels)
        ),
        "coverage": _share(len(decided), len(pairs)),
        # What the rules would decide if all that can be seen were found: the most that
        # an extractor can hope for.
        "coverage_in_view": _share(
            sum(label != Label.INDETERMINATE for label in in_view), len(pairs)
        ),
        "same_answer_macro_f1": fmean(
            f1(label, [(true, most) for true, _ in pairs]) for label in labels
        ),
        "table": {
            true: dict(Counter(told for one, told in pairs if one == true))
            for true in labels
        },
    }


def is_right(clip: Clip, item: Finding) -> bool | None:
    """Tell whether a finding is of something that happened; nothing if none can see."""
    if not _is_in_view(clip.truth, item):
        return None
    true = [one for one in clip.truth.findings if one.sign == item.sign]
    return any(item.overlaps(one) for one in true)


def _calibration(clips: Sequence[Clip]) -> dict[str, Any]:
    """Compare confidence with how often a finding is right, by group of signs."""
    groups: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for clip in clips:
        for item in clip.found.findings:
            right = is_right(clip, item)
            if right is not None:
                group = vocabulary().by_name[item.sign].group
                groups[group].append((item.confidence, right))
    return {
        name: {"findings": len(pairs), "error": _error(pairs), "bins": _bins(pairs)}
        for name, pairs in sorted(groups.items())
    }


def _bins(pairs: Sequence[tuple[float, bool]]) -> list[dict[str, float]]:
    by_bin: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in pairs:
        by_bin[min(int(BINS * confidence), BINS - 1)].append((confidence, right))
    return [
        {
            "findings": len(inside),
            "confidence": fmean(confidence for confidence, _ in inside),
            "right": fmean(right for _, right in inside),
        }
        for _, inside in sorted(by_bin.items())
    ]


def _error(pairs: Sequence[tuple[float, bool]]) -> float:
    """Return the expected calibration error (Naeini 2015)."""
    return sum(
        item["findings"] / len(pairs) * abs(item["confidence"] - item["right"])
        for item in _bins(pairs)
    )


def _overlap(one: Interval, two: Interval) -> float:
    shared = min(one.end, two.end) - max(one.start, two.start)
    return max(0.0, shared) / max(
        max(one.end, two.end) - min(one.start, two.start), 1e-9
    )


def _hidden_share(truth: Document, item: Interval) -> float:
    """Return the share of an interval in which its sign could not be judged."""
    inside = [
        Interval(
            sign=item.sign,
            start=max(gap.start, item.start),
            end=min(gap.end, item.end),
            source=gap.source,
        )
        for gap in truth.unassessable
        if gap.sign == item.sign and gap.overlaps(item)
    ]
    return total_duration(inside) / max(item.duration, 1e-9)


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return fmean(known) if known else math.nan


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 4)
    return value
