"""The whole main job on one page: a video in, a Document with verdict and proof out.

::

    video -> extract -> findings -> reason -> verdict and proof

Each stage takes and gives a :class:`~s3ns.facts.Document`, so that it can be run alone,
and its result stopped at, corrected by hand and taken up again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from s3ns.facts import Document

if TYPE_CHECKING:
    from s3ns.neural.extractor import ExtractOptions, Progress
    from s3ns.symbolic import Reasoner

DEFAULT_EXTRACTOR = "landmarks"


def classify(
    video: Path,
    options: ExtractOptions | None = None,
    *,
    extractor: str = DEFAULT_EXTRACTOR,
    reasoner: Reasoner | None = None,
    progress: Progress | None = None,
) -> Document:
    """Look at a video and judge what was seen.

    Parameters
    ----------
    video
        The video.
    options
        What to look at and how.
    extractor
        Name of the producer of findings.
    reasoner
        Judges the findings; by default by the rules that s3ns ships. Load it once for
        many videos: ``Reasoner(folder)``.
    progress
        Called with the seconds analysed and the seconds in all.

    Returns
    -------
    The Document with findings, verdict and proof.

    Raises
    ------
    InputError
        If the video cannot be read.
    RuleError
        If a rule file is wrong; found before the video is looked at.
    ModelError
        If a model is missing.
    CapabilityError
        If the extractor, a device or a package that is needed is not there.
    """
    judge = reasoner or _shipped_rules()
    found = extract(video, options, extractor=extractor, progress=progress)
    return reason(found, reasoner=judge)


def extract(
    video: Path,
    options: ExtractOptions | None = None,
    *,
    extractor: str = DEFAULT_EXTRACTOR,
    progress: Progress | None = None,
) -> Document:
    """Look at a video; the first half of :func:`classify`."""
    from s3ns.neural.extractor import ExtractOptions, make_extractor

    asked = options or ExtractOptions()
    producer = make_extractor(extractor, asked.settings)
    return producer.extract(video, asked, progress or _ignore)


def reason(document: Document, *, reasoner: Reasoner | None = None) -> Document:
    """Judge what was found; the second half of :func:`classify`.

    How often the verdict holds, and the smallest change that gives another, come with
    it where there are no more findings than an ordinary recording has.
    """
    from s3ns.symbolic import with_first_answers

    judge = reasoner or _shipped_rules()
    return with_first_answers(judge.base, judge.reason(document))


def _shipped_rules() -> Reasoner:
    from s3ns.symbolic import Reasoner

    return Reasoner()


def _ignore(_done: float, _total: float) -> None:
    pass
