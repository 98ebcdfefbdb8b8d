"""ELAN: a tier for each sign and side, such as ``tonic@left``; times in milliseconds.

ELAN allows no overlap within a tier: findings that overlap there become one. Tiers
``sign@absent`` and ``sign@not_assessable`` keep the other two values. Neither the name
of the annotator nor a path to the video is written.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

from s3ns.facts.annotations import SOURCE, Marked, count_unknown, sign_and_side
from s3ns.facts.document import Document, write_text
from s3ns.facts.errors import CapabilityError, InputError
from s3ns.facts.finding import Absence, Finding, Observation, Unassessable
from s3ns.facts.vocabulary import vocabulary

ABSENT, HIDDEN = "absent", "not_assessable"


def write(document: Document, path: Path) -> None:
    """Write a file for ELAN.

    Raises
    ------
    CapabilityError
        If ``pympi-ling`` is not installed.
    """
    file = _pympi().Elan.Eaf(author="")
    tiers: dict[str, list[tuple[int, int, str]]] = {}
    for finding in document.findings:
        name = f"{finding.sign}@{finding.side}"
        span = (*_span(finding), f"{finding.confidence:g}")
        tiers.setdefault(name, []).append(span)
    for absence in document.absences:
        name = f"{absence.sign}@{ABSENT}"
        tiers.setdefault(name, []).append((*_span(absence), ""))
    for hidden in document.unassessable:
        name = f"{hidden.sign}@{HIDDEN}"
        tiers.setdefault(name, []).append((*_span(hidden), hidden.reason))
    for name in sorted(tiers):
        file.add_tier(name)
        for start, end, value in _apart(tiers[name]):
            file.add_annotation(name, start, end, value)
    if tiers:
        file.remove_tier("default")
    with tempfile.TemporaryDirectory(prefix="s3ns-elan-") as scratch:
        made = Path(scratch) / "made.eaf"
        file.to_file(str(made))
        write_text(path, made.read_text(encoding="utf-8"))


def read(path: Path) -> Marked:
    """Read the tiers that are named after signs.

    Raises
    ------
    CapabilityError
        If ``pympi-ling`` is not installed.
    InputError
        If it is no file of ELAN.
    """
    elan = _pympi().Elan
    if not path.is_file():
        raise InputError(f"cannot read {path}: there is no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # newer versions of the format
            file = elan.Eaf(str(path))
        tiers = {name: file.get_annotation_data_for_tier(name) for name in file.tiers}
    except Exception as error:  # pympi raises what it comes upon
        raise InputError(f"{path} is no file of ELAN: {error}") from error
    found: list[Observation] = []
    left_out: dict[str, int] = {}
    for name, marks in tiers.items():
        word = name.partition("@")[2]
        for start, end, value, *_ in marks:
            known = sign_and_side(name)
            if known is None:
                count_unknown(left_out, name)
                continue
            sign, side = known
            place: dict[str, Any] = {
                "sign": sign,
                "start": start / 1000,
                "end": end / 1000,
                "source": SOURCE,
            }
            if word == ABSENT:
                found.append(Absence(**place))
            elif word == HIDDEN and value in vocabulary().reasons:
                found.append(Unassessable(**place, reason=value))
            else:
                found.append(Finding(**place, side=side, confidence=_sure(value)))
    return Marked(tuple(found), left_out)


def _span(item: Observation) -> tuple[int, int]:
    start = round(item.start * 1000)
    return start, max(start + 1, round(item.end * 1000))


def _apart(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Join spans that overlap; the first value stays."""
    found: list[tuple[int, int, str]] = []
    for start, end, value in sorted(spans):
        if found and start < found[-1][1]:
            first, last, kept = found[-1]
            found[-1] = (first, max(last, end), kept)
        else:
            found.append((start, end, value))
    return found


def _sure(value: str) -> float:
    """Return a confidence that s3ns wrote; what a person wrote is sure."""
    try:
        number = float(value)
    except ValueError:
        return 1.0
    return number if 0 <= number <= 1 else 1.0


def _pympi() -> Any:
    try:
        import pympi  # noqa: PLC0415  (optional)
    except ImportError as error:
        raise CapabilityError(
            "files of ELAN need the package pympi-ling, which is not installed; run "
            "`pip install 's3ns[formats]'`"
        ) from error
    return pympi
