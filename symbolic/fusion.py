"""Several extractors as one: what each says weighs as much as its reliability lets it.

For each sign the odds that it was there begin with how common it was among the
annotated events, and each extractor shifts them by the likelihood ratio of its report,
from its sensitivity and false positive rate (Rogan and Gladen 1978, Am J Epidemiol
107:71). Extractors err together, so that those that say the same count as fewer than
they are, the surest in full; see :mod:`s3ns.symbolic.pooling`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from scipy.special import expit, logit

from s3ns import __version__
from s3ns.facts import (
    Absence,
    Document,
    InputError,
    Observation,
    Step,
    Unassessable,
    vocabulary,
)
from s3ns.symbolic.pooling import CORRELATION, together
from s3ns.symbolic.reliability import Reliability, judged

Tables = Mapping[str, Mapping[str, Reliability]]
"""For each source how it reports each sign."""

HALF = 0.5
"""From here on a sign is more likely there than not."""


def chance_of(
    said: Sequence[tuple[bool, Reliability]], correlation: float = CORRELATION
) -> float:
    """Return the probability that a sign was there.

    Parameters
    ----------
    said
        Of each extractor that judged the sign, whether it saw it, and how it reports
        it.
    correlation
        From 0, where each counts in full, to 1, where all together count as one.

    Raises
    ------
    ValueError
        If nobody judged the sign.
    """
    if not said:
        raise ValueError("expected a report of the sign, got none")
    tables = [table for _, table in said]
    present = sum(table.present for table in tables) + 1
    events = sum(table.present + table.missing for table in tables) + 2
    shifts = [table.evidence[0 if seen else 1] for seen, table in said]
    supports = together([shift for shift in shifts if shift > 0], correlation)
    denies = together([-shift for shift in shifts if shift < 0], correlation)
    return float(expit(logit(present / events) + supports - denies))


def fused(documents: Sequence[Document], tables: Tables) -> Document:
    """Return one Document in which all sources of findings speak as one.

    A finding's confidence becomes the probability that its sign was there. Where that
    is more likely than not, nobody's absence counts against it. An absence by a source
    that sees the sign no better than chance proves nothing: the sign is not assessable
    there. All bear the names of all sources: what each said is in the confidence
    already, and is not to be counted again.

    Parameters
    ----------
    documents
        Of one recording, each with findings of one source or several.
    tables
        The reliability of each source.

    Raises
    ------
    InputError
        If the Documents are of several recordings, two hold findings of one source, or
        a source has no table.
    """
    if len({document.recording.id for document in documents}) != 1:
        raise InputError("expected Documents of one recording, got those of several")
    sources: list[str] = []
    for document in documents:
        own = {item.source for item in (*document.findings, *document.absences)}
        if twice := own & set(sources):
            raise InputError(
                f"two Documents hold findings of {min(twice)}; fuse one of them"
            )
        sources += sorted(own)
    if unknown := [source for source in sources if source not in tables]:
        raise InputError(
            f"expected the reliability of {', '.join(sources)}, got none of "
            f"{unknown[0]}; measure it with s3ns learn reliability"
        )
    whole = msgspec.structs.replace(
        documents[0],
        findings=tuple(f for document in documents for f in document.findings),
        absences=tuple(a for document in documents for a in document.absences),
        unassessable=(),
        provenance=tuple(s for document in documents for s in document.provenance),
    )
    by_source = {source: judged(_of(whole, source)) for source in sources}
    chance = {}
    for sign in vocabulary().by_name:
        said = [
            (seen[sign], tables[source][sign])
            for source, seen in by_source.items()
            if sign in seen and sign in tables[source]
        ]
        if said:
            chance[sign] = chance_of(said)
    names = ", ".join(sorted(sources))
    kept: list[Observation] = [
        msgspec.structs.replace(
            item, confidence=chance.get(item.sign, item.confidence), source=names
        )
        for item in whole.findings
    ]
    for item in whole.absences:
        table = tables[item.source].get(item.sign)
        if table is None or not table.is_informative:
            kept.append(_unassessable(item))
        elif chance[item.sign] < HALF:
            kept.append(msgspec.structs.replace(item, source=names))
    kept += (u for document in documents for u in document.unassessable)
    bare = msgspec.structs.replace(whole, findings=(), absences=())
    step = Step(
        stage="fuse",
        tool="s3ns",
        version=__version__,
        parameters={"correlation": CORRELATION, "sources": names},
    )
    return bare.with_observations(kept, step)


def _of(document: Document, source: str) -> Document:
    """Return a Document with the observations of one source."""
    return msgspec.structs.replace(
        document,
        findings=tuple(f for f in document.findings if f.source == source),
        absences=tuple(a for a in document.absences if a.source == source),
    )


def _unassessable(item: Absence) -> Unassessable:
    return Unassessable(
        sign=item.sign,
        start=item.start,
        end=item.end,
        source=item.source,
        reason="no_extractor",
    )
