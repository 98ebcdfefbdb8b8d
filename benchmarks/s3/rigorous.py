"""The tasks asked properly.

Every system is scored on the same rows, an answer that is missing or cannot be read
counts as wrong, coverage is shown, intervals come from resampled patients, and the
answers that need no system stand in every table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

import numpy as np

from s3ns.benchmarks.s3 import onsets
from s3ns.benchmarks.s3.answers import Answers
from s3ns.benchmarks.s3.diagnosis import ES
from s3ns.benchmarks.s3.reports import LOCALISING, Extraction, rqi
from s3ns.benchmarks.s3.scoring import (
    Cell,
    Floats,
    Judgement,
    Table,
    confusion,
    judged_scores,
    mean_interval,
    rates,
    resampled,
    row,
)
from s3ns.benchmarks.s3.sequences import Tokens, order_scores
from s3ns.benchmarks.s3.tables import patient_of
from s3ns.benchmarks.s3.texts import (
    CONSTANT_SIGNS,
    constant_denial,
    constant_justification,
    constant_report,
)
from s3ns.benchmarks.s3.truth import Event, Truth
from s3ns.facts import vocabulary
from s3ns.symbolic.evidence import Flags

TRIVIAL = "trivial: "

JUDGED = [
    "macro_f1",
    "low",
    "high",
    "balanced_accuracy",
    "mcc",
    "auc",
    "f1",
    "accuracy",
    "coverage",
]

MISS = 30.0
"""Error in seconds of an onset without an answer: as far off as a clip allows."""

_UNORDERED = {
    s.name for s in vocabulary().signs if s.modality == "audio" or s.is_lead_in
}


def constants(truth: Truth) -> list[Answers]:
    """Return the systems that say the same of every video."""
    videos = [event.video for event in truth.events]
    signs = list(vocabulary().by_name)
    safe = Extraction(
        parts=frozenset({"onset", "propagation", "postictal"}),
        sequence=CONSTANT_SIGNS,
        localising=dict.fromkeys(LOCALISING, "none"),
        words=100,
    )
    yes, no = (
        {video: dict.fromkeys(signs, value) for video in videos}
        for value in (True, False)
    )
    defined, denied = (
        {video: {sign: text(sign) for sign in signs} for video in videos}
        for text in (constant_justification, constant_denial)
    )
    right, left = (dict.fromkeys(videos, side) for side in ("right", "left"))
    return [
        Answers(f"{TRIVIAL}always yes", signs=yes, justifications=defined),
        Answers(f"{TRIVIAL}always no", signs=no, justifications=denied),
        Answers(f"{TRIVIAL}always right", sides={"head": right, "arm": right}),
        Answers(f"{TRIVIAL}always left", sides={"head": left, "arm": left}),
        Answers(f"{TRIVIAL}always the head", regions=dict.fromkeys(videos, "head")),
        Answers(f"{TRIVIAL}always 30 s", onsets=dict.fromkeys(truth.onsets, 30.0)),
        Answers(
            f"{TRIVIAL}always at the beginning",
            starts={video: dict.fromkeys(signs, 0.0) for video in videos},
        ),
        Answers(
            f"{TRIVIAL}always arm flexion",
            sequences=dict.fromkeys(videos, ("arm_flexion",)),
        ),
        Answers(f"{TRIVIAL}always nothing", sequences=dict.fromkeys(videos, ())),
        Answers(
            f"{TRIVIAL}always the same report",
            reports=dict.fromkeys(videos, constant_report()),
            extractions=dict.fromkeys(videos, safe),
        ),
        Answers(f"{TRIVIAL}always ES", labels=dict.fromkeys(videos, ES)),
    ]


def recognition_tables(truth: Truth, systems: Iterable[Answers]) -> list[Table]:
    """Task 1: each sign, and the mean over the signs that a system has answers to."""
    draws = resampled(truth.patients)
    mean = Table(
        "recognition",
        "Task 1: which signs were seen, mean over signs",
        ["system", "signs", *(c for c in JUDGED if c != "auc")],
        note="A sign counts where the experts judged it; a missing answer is wrong.",
    )
    each = Table(
        "recognition_signs",
        "Task 1: F1 of each sign",
        ["system", *vocabulary().by_name],
        note="The F1 of always yes is what a sign's prevalence gives away.",
    )
    for answers in systems:
        if not answers.signs:
            continue
        able = {sign for said in answers.signs.values() for sign in said}
        scores, drawn = {}, []
        for sign in (name for name in vocabulary().by_name if name in able):
            chosen = [
                k for k, e in enumerate(truth.events) if e.signs[sign].seen is not None
            ]
            if not chosen:
                continue
            events = [truth.events[k] for k in chosen]
            judgement = Judgement(
                [bool(event.signs[sign].seen) for event in events],
                [answers.signs.get(event.video, {}).get(sign) for event in events],
            )
            scores[sign] = judged_scores(judgement, draws[:, chosen])
            counts = confusion(judgement.true, judgement.filled)
            drawn.append(rates(draws[:, chosen] @ counts)["macro_f1"])
        if not scores:
            continue
        means: dict[str, Cell] = {
            column: fmean(_number(found[column]) for found in scores.values())
            for column in mean.columns[2:]
        }
        low, high = np.percentile(np.mean(drawn, axis=0), [2.5, 97.5])
        means |= {"low": float(low), "high": float(high)}
        mean.rows.append(row(answers.system, {"signs": len(scores), **means}))
        f1 = {sign: found["f1"] for sign, found in scores.items()}
        each.rows.append(row(answers.system, f1))
    return [mean, each]


def side_tables(truth: Truth, systems: Iterable[Answers]) -> list[Table]:
    """Task 3: the side of the head and of the arm, and the region of onset."""
    found = []
    for key, title in (("head", "the head turned"), ("arm", "an arm moved")):
        events = [event for event in truth.events if key in event.sides]
        table = Table(
            f"side_{key}",
            f"Task 3: to which side {title}",
            ["system", *(c for c in JUDGED if c not in {"auc", "f1"})],
            note=f"{len(events)} events.",
        )
        draws = resampled([event.patient for event in events])
        for answers in systems:
            sides = answers.sides.get(key)
            if sides and events:
                said = [sides.get(event.video) for event in events]
                judgement = Judgement(
                    [event.sides[key] == "right" for event in events],
                    [None if side is None else side == "right" for side in said],
                )
                scores = judged_scores(judgement, draws)
                table.rows.append(row(answers.system, scores))
        found.append(table)
    return [*found, _regions(truth, systems)]


def _regions(truth: Truth, systems: Iterable[Answers]) -> Table:
    events = [event for event in truth.events if event.region]
    classes = sorted({str(event.region) for event in events})
    table = Table(
        "region",
        "Task 3: where the movement began",
        ["system", "accuracy", "low", "high", "macro_f1", "coverage"],
        note=f"{len(events)} events, {len(classes)} regions; typing errors merged.",
    )
    draws = resampled([event.patient for event in events]) if events else np.empty(0)
    for answers in systems:
        if not answers.regions or not events:
            continue
        said = [answers.regions.get(event.video) for event in events]
        right = [float(s == e.region) for s, e in zip(said, events, strict=True)]
        mean, low, high = mean_interval(right, draws)
        f1 = [
            _f1([event.region == name for event in events], [s == name for s in said])
            for name in classes
        ]
        scores: dict[str, Cell] = {
            "accuracy": mean,
            "low": low,
            "high": high,
            "macro_f1": fmean(f1),
            "coverage": fmean(float(s is not None) for s in said),
        }
        table.rows.append(row(answers.system, scores))
    return table


def onset_tables(truth: Truth, systems: Iterable[Answers]) -> list[Table]:
    """Task 4: in the published clips, and in whole videos for those that saw them."""
    videos = {event.video for event in truth.events}
    clips = {
        clip: time
        for clip, time in truth.onsets.items()
        if clip[0].rpartition(f"_{clip[1]}")[0] in videos
    }
    whole = {
        (event.video, sign): mark.start
        for event in truth.events
        for sign, mark in event.signs.items()
        if mark.seen and mark.start is not None and sign != vocabulary().lead_in
    }
    columns = ["system", "mae", "low", "high", "median", "within_3s", "within_5s"]
    found = []
    for name, title, target, note in (
        (
            "onset_clips",
            "Task 4: onset within the published clips",
            clips,
            "Clips are centred on what is asked for, so that 30 s is nearly always "
            "right: this table measures nothing.",
        ),
        (
            "onset_videos",
            "Task 4: onset within whole videos",
            whole,
            "For systems that looked at whole videos; in seconds.",
        ),
    ):
        table = Table(
            name,
            title,
            [*columns, "coverage"],
            note=f"{note} {len(target)} onsets; one without an answer is {MISS:.0f} s "
            "off, and so is any error beyond.",
        )
        draws = (
            resampled([patient_of(video) for video, _ in target]) if target else None
        )
        for answers in systems:
            times = answers.onsets if name == "onset_clips" else _starts(answers)
            if times and draws is not None:
                scores = _onset_scores(target, times, draws)
                table.rows.append(row(answers.system, scores))
        found.append(table)
    return found


def _starts(answers: Answers) -> dict[onsets.Clip, float]:
    return {
        (video, sign): time
        for video, times in answers.starts.items()
        for sign, time in times.items()
    }


def _onset_scores(
    target: Mapping[onsets.Clip, float],
    times: Mapping[onsets.Clip, float],
    draws: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> dict[str, Cell]:
    errors = [
        min(MISS, abs(times[clip] - true)) if clip in times else MISS
        for clip, true in target.items()
    ]
    mean, low, high = mean_interval(errors, draws)
    return {
        "mae": mean,
        "low": low,
        "high": high,
        "median": float(np.median(errors)),
        "within_3s": fmean(float(error <= 3) for error in errors),
        "within_5s": fmean(float(error <= 5) for error in errors),
        "coverage": fmean(float(clip in times) for clip in target),
    }


def sequence_table(truth: Truth, systems: Iterable[Answers]) -> Table:
    """Task 5: the order of the signs that can be seen, videos without any included."""
    draws = resampled(truth.patients)
    table = Table(
        "sequence",
        "Task 5: in which order the signs came",
        [
            "system",
            "pair_order_f1",
            "low",
            "high",
            "lcs_f1",
            "lcs_precision",
            "lcs_recall",
            "agreement",
            "edit_distance",
            "coverage",
        ],
        note="Visual signs in the order of their first mention, the same for all "
        "systems. The edit distance is per sign of the longer list.",
    )
    true = [_visual(event.sequence) for event in truth.events]
    for answers in systems:
        if not answers.sequences:
            continue
        said = [answers.sequences.get(event.video) for event in truth.events]
        each = [
            order_scores(_visual(s), t) if s is not None else None
            for s, t in zip(said, true, strict=True)
        ]
        worst = dict.fromkeys(order_scores((), ("x",)), 0.0) | {"edit_distance": 1.0}
        filled = [scores or worst for scores in each]
        means: dict[str, Cell] = {
            name: fmean(scores[name] for scores in filled) for name in worst
        }
        _, low, high = mean_interval([s["pair_order_f1"] for s in filled], draws)
        answered = fmean(float(scores is not None) for scores in each)
        means |= {"low": low, "high": high, "coverage": answered}
        table.rows.append(row(answers.system, means))
    return table


def _visual(sequence: Tokens) -> Tokens:
    return tuple(sign for sign in sequence if sign not in _UNORDERED)


def report_table(truth: Truth, systems: Iterable[Answers]) -> Table:
    """Task 6: the Seizure-RQI of reports; a missing one scores 0."""
    events = [event for event in truth.events if event.report is not None]
    table = Table(
        "report",
        "Task 6: Seizure-RQI",
        ["system", "rqi", "low", "high", "rqi_true_order", "coverage"],
        note="A constant extraction scores more than most systems; the experts' own "
        "reports, scored against themselves, are no 100.",
    )
    if not events:
        return table
    draws = resampled([event.patient for event in events])
    own = Answers(
        "the experts' reports themselves",
        extractions={e.video: e.report for e in events if e.report is not None},
    )
    for answers in [*systems, own]:
        if not answers.extractions:
            continue
        said = [answers.extractions.get(event.video) for event in events]
        values, ordered = (
            [_rqi(s, e, true_order=order) for s, e in zip(said, events, strict=True)]
            for order in (False, True)
        )
        mean, low, high = mean_interval(values, draws)
        scores: dict[str, Cell] = {
            "rqi": mean,
            "low": low,
            "high": high,
            "rqi_true_order": fmean(ordered),
            "coverage": fmean(float(s is not None) for s in said),
        }
        table.rows.append(row(answers.system, scores))
    return table


def _rqi(said: Extraction | None, event: Event, *, true_order: bool) -> float:
    if said is None or event.report is None:
        return 0.0
    return rqi(said, event.report, event.sequence, true_order=true_order)


def diagnosis_table(truth: Truth, systems: Iterable[Answers]) -> Table:
    """Task 7: epileptic seizure (positive) or non-epileptic event."""
    draws = resampled(truth.patients)
    table = Table(
        "diagnosis",
        "Task 7: epileptic seizure or non-epileptic event",
        ["system", *JUDGED],
        note="macro-F1 with its 95 % interval over patients; no answer is wrong, "
        "except in the column decided.",
    )
    table.columns += ["decided_macro_f1"]
    true = [event.label == ES for event in truth.events]
    for answers in systems:
        if not answers.labels:
            continue
        labels = [answers.labels.get(event.video) for event in truth.events]
        said = [None if label is None else label == ES for label in labels]
        leads = (
            [answers.leads.get(event.video, 0.0) for event in truth.events]
            if answers.leads
            else None
        )
        scores = judged_scores(Judgement(true, said), draws, leads)
        scores["decided_macro_f1"] = _decided(true, said)
        table.rows.append(row(answers.system, scores))
    return table


SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)


def coverage_table(truth: Truth, systems: Sequence[Answers]) -> Table:
    """Task 7: the macro-F1 of the events with the largest leads."""
    heads = {share: f"{share:.0%}" for share in SHARES}
    table = Table(
        "diagnosis_coverage",
        "Task 7: macro-F1 of the share of events with the largest leads",
        ["system", *heads.values()],
        note="Both sides in one order of the size of their leads. The share was chosen "
        "looking at these events; a margin set beforehand is in the table above.",
    )
    labels = np.array([event.label == ES for event in truth.events])
    leads = {
        answers.system: [answers.leads.get(event.video, 0.0) for event in truth.events]
        for answers in systems
        if answers.leads
    }
    for system in most_certain(leads):
        scores: dict[str, Cell] = {
            head: share_scored(np.array(leads[system]), labels, share)
            for share, head in heads.items()
        }
        table.rows.append(row(system, scores))
    return table


def most_certain(leads: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the systems that tell leads, those with the same leads once."""
    seen: dict[tuple[float, ...], str] = {}
    for system, values in leads.items():
        seen.setdefault(tuple(values), system)
    return list(seen.values())


def share_scored(leads: Floats, labels: Flags, share: float) -> float:
    """Return the macro-F1 of a share of the events, those with the largest leads."""
    order = np.argsort(-np.abs(leads), kind="stable")
    kept = order[: max(1, round(share * len(order)))]
    counts = confusion(labels[kept].tolist(), (leads[kept] >= 0).tolist())
    return float(rates(counts.sum(axis=0))["macro_f1"])


def _decided(true: Sequence[bool], said: Sequence[bool | None]) -> float | None:
    kept = [(t, s) for t, s in zip(true, said, strict=True) if s is not None]
    if not kept:
        return None
    t, s = [pair[0] for pair in kept], [pair[1] for pair in kept]
    return (_f1(t, s) + _f1([not x for x in t], [not x for x in s])) / 2


def _f1(true: Sequence[bool], said: Sequence[bool]) -> float:
    hits = sum(t and s for t, s in zip(true, said, strict=True))
    total = sum(true) + sum(said)
    return 2 * hits / total if total else 0.0


def _number(cell: Cell) -> float:
    if cell is None or isinstance(cell, str):
        raise TypeError(f"expected a number, got {cell!r}")
    return float(cell)
