"""From the answers in overlapping windows to observations over the whole stretch."""

from __future__ import annotations

from collections.abc import Sequence

from s3ns.facts import Absence, Finding, Observation, Side, Sign, Unassessable
from s3ns.neural.mllm.confidence import RELIABILITY, certainty, confidence
from s3ns.neural.mllm.questions import Reading
from s3ns.neural.stretches import Stretch, joined, less

_MOST_WORDS = 2  # windows whose words are kept as the evidence of a finding


def merged(
    sign: Sign,
    readings: Sequence[Reading],
    stretch: Stretch,
    *,
    source: str,
    otherwise: str,
    reliability: float = RELIABILITY,
) -> list[Observation]:
    """Account for a sign over a stretch: seen, not seen, or not assessable.

    A sign is seen where any window shows it, as in the published protocol; where no
    window shows it and one was judged, it was not seen; the rest is not assessable.
    What was judged in one window counts, even if another could not tell.

    Parameters
    ----------
    sign
        The sign.
    readings
        What came of asking, window by window.
    stretch
        Start and end in seconds.
    source
        Source of the observations.
    otherwise
        Reason of the vocabulary for what no window showed.
    reliability
        How often the model is right about a sign.
    """
    found = _findings(sign, readings, source, reliability)
    taken: list[Stretch] = [(item.start, item.end) for item in found]
    judged = [
        span
        for r in readings
        if r.value in {"seen", "not_seen"}
        for span in less([(r.start, r.end)], r.missing)
    ]
    result: list[Observation] = [*found]
    # Too short a look does not show that something was not there.
    needed = min(sign.minimum_duration, stretch[1] - stretch[0])
    for start, end in less(joined(judged), taken):
        if end - start >= needed - 1e-6:
            result.append(Absence(sign=sign.name, start=start, end=end, source=source))
        else:
            result.append(_blind(sign, (start, end), source, "too_short"))
    taken += judged
    unsure = ("could_not_tell", "answer_unusable")
    spans_by_reason = {
        reason: [(r.start, r.end) for r in readings if r.value == reason]
        for reason in unsure
    }
    for reason, spans in [*spans_by_reason.items(), (otherwise, [stretch])]:
        for span in less(joined(spans), taken):
            result.append(_blind(sign, span, source, reason))
        taken += spans
    return result


def _findings(
    sign: Sign, readings: Sequence[Reading], source: str, reliability: float
) -> list[Finding]:
    by_side: dict[Side, list[Reading]] = {}
    for reading in [item for item in readings if item.value == "seen"]:
        by_side.setdefault(reading.side, []).append(reading)
    result = []
    for side, seen in by_side.items():
        for start, end in joined((r.seen_start, r.seen_end) for r in seen):
            # Spans are to the hundredth, readings are not.
            inside = [r for r in seen if start - 0.01 <= r.seen_start <= end + 0.01]
            words = list(dict.fromkeys(r.words for r in inside if r.words))
            certain = certainty(side, start, end, readings)
            quoted = "; ".join(f'"{text}"' for text in words[:_MOST_WORDS])
            said = f"a language model saw {quoted}" if quoted else ""
            result.append(
                Finding(
                    sign=sign.name,
                    side=side,
                    start=start,
                    end=end,
                    confidence=confidence(certain, reliability),
                    source=source,
                    evidence=said or "a language model said yes",
                )
            )
    return result


def _blind(sign: Sign, span: Stretch, source: str, reason: str) -> Unassessable:
    start, end = span
    return Unassessable(
        sign=sign.name, start=start, end=end, source=source, reason=reason
    )
