"""BIDS ``events.tsv``: one line for each observation, with a JSON file beside it.

``onset`` and ``duration`` in seconds come first, as BIDS asks; ``n/a`` is nothing. All
three values are kept, so that a Document can be read back.
"""

from __future__ import annotations

import json
from pathlib import Path

from s3ns.facts.annotations import SOURCE, Marked, count_unknown, sign_and_side
from s3ns.facts.document import Document, write_text
from s3ns.facts.errors import InputError
from s3ns.facts.finding import Absence, Finding, Observation, Unassessable
from s3ns.facts.tables import Row, rows, seconds
from s3ns.facts.vocabulary import Side, sign_named, vocabulary

NOTHING = "n/a"
COLUMNS = {
    "onset": "seconds from the first picture",
    "duration": "seconds",
    "trial_type": "sign of the s3ns vocabulary",
    "value": "seen, absent (looked for and not seen) or not_assessable",
    "side": "the patient's own side",
    "confidence": "from 0 to 1, how sure the source is",
    "reason": "why it was not assessable",
    "HED": "HED-SCORE id of the sign",
}


def write(document: Document, path: Path) -> None:
    """Write a table and the JSON file that describes its columns."""
    lines = ["\t".join(COLUMNS)]
    items: list[Observation] = [
        *document.findings,
        *document.absences,
        *document.unassessable,
    ]
    for item in sorted(items, key=lambda one: one.sort_key[:3]):
        cells = {
            "onset": f"{item.start:g}",
            "duration": f"{item.duration:.6g}",
            "trial_type": item.sign,
            "value": _value(item),
            "side": str(item.side) if isinstance(item, Finding) else NOTHING,
            "confidence": _sure(item),
            "reason": getattr(item, "reason", NOTHING),
            "HED": sign_named(item.sign).hed or NOTHING,
        }
        lines.append("\t".join(cells[name] for name in COLUMNS))
    levels = {sign.name: sign.definition for sign in vocabulary().signs}
    described = {name: {"Description": text} for name, text in COLUMNS.items()}
    sidecar = described | {
        "trial_type": {"Description": COLUMNS["trial_type"], "Levels": levels}
    }
    write_text(path, "\n".join(lines) + "\n")
    for beside in companions(path):
        write_text(beside, json.dumps(sidecar, indent=2) + "\n")


def companions(path: Path) -> list[Path]:
    """Return the file that describes the columns of a table."""
    return [path.with_suffix(".json")]


def read(path: Path) -> Marked:
    """Read a table of ours or of others; without ``value``, what is marked was seen.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    found: list[Observation] = []
    left_out: dict[str, int] = {}
    for row in rows(path, ["onset", "duration", "trial_type"]):
        start = seconds(path, row["onset"])
        length = 0.0 if row["duration"] == NOTHING else seconds(path, row["duration"])
        known = sign_and_side(row["trial_type"], row.get("side", ""))
        if known is None:
            count_unknown(left_out, row["trial_type"])
            continue
        sign, side = known
        place = (sign, start, round(start + length, 6))
        try:
            found.append(_observation(row, place, side))
        except ValueError as error:
            raise InputError(f"{path}: {error}") from error
    return Marked(tuple(found), left_out)


def _observation(row: Row, place: tuple[str, float, float], side: Side) -> Observation:
    sign, start, end = place
    value = row.get("value", "seen")
    if value == "absent":
        return Absence(sign=sign, start=start, end=end, source=SOURCE)
    if value == "not_assessable":
        reason = row.get("reason", "")
        return Unassessable(
            sign=sign, start=start, end=end, source=SOURCE, reason=reason
        )
    told = row.get("confidence", NOTHING)
    sure = 1.0 if told in {NOTHING, ""} else float(told)
    return Finding(
        sign=sign, start=start, end=end, source=SOURCE, side=side, confidence=sure
    )


def _value(item: Observation) -> str:
    if isinstance(item, Finding):
        return "seen"
    return "absent" if isinstance(item, Absence) else "not_assessable"


def _sure(item: Observation) -> str:
    return f"{item.confidence:g}" if isinstance(item, Finding) else NOTHING
