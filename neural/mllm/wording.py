"""The words of questions, which a file may replace.

Only what a question says is replaced; how it is to be answered stays.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec

from s3ns.facts import InputError, Sign, bad_value, vocabulary

SYSTEM = (
    "You watch one person in a video. You see it as numbered frames in order of time; "
    "each frame comes after its number and its time. Describe only what can be seen or "
    "heard, not what it may mean, and do not guess: if the part of the body in "
    "question is hidden, too small, too dark or out of the picture, answer "
    "cannot_tell. Left and right are always the person's own left and right, not those "
    "of the picture: where the person faces the camera, the person's left is on the "
    "right of the picture."
)

LONGEST = 4000
"""Characters of a text that a file may give."""


class Wording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What models are told.

    Attributes
    ----------
    system
        How to look and answer, whatever is asked.
    questions
        The question about a sign, by its name, where it is not the vocabulary's.
    """

    format: Literal["s3ns-wording"] = "s3ns-wording"
    system: str = SYSTEM
    questions: dict[str, str] = {}

    @property
    def hash(self) -> str:
        """What tells this wording from others."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]

    def of(self, sign: Sign) -> str:
        """Return the question about a sign."""
        return self.questions.get(sign.name, sign.question)


def read_wording(path: Path) -> Wording:
    """Read a wording.

    Raises
    ------
    InputError
        If the file cannot be read, is no wording, or words a sign that there is not.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Wording)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no wording of questions: {error}") from error
    for name in found.questions:
        if name not in vocabulary().by_name:
            raise InputError(f"{path}: {bad_value('sign', name, vocabulary().by_name)}")
    if max(map(len, (found.system, *found.questions.values()))) > LONGEST:
        raise InputError(f"{path} has a text of more than {LONGEST} characters")
    return found
