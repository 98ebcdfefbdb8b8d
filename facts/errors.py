"""The errors that s3ns raises, each with the exit code that the command line gives it.

::

    S3nsError                 1  the run failed
    ├── InputError            3  a video or a Document cannot be read
    ├── RuleError             4  a rule file is wrong
    ├── ModelError            5  a model is missing, damaged or cannot be fetched
    └── CapabilityError       1  a device or package that was asked for is not there

A message is one line: what was expected, what came, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class S3nsError(Exception):
    """Root of all errors that s3ns raises on purpose."""

    exit_code: ClassVar[int] = 1


class InputError(S3nsError):
    """A video, sound track or Document that cannot be read."""

    exit_code = 3


class RuleError(S3nsError):
    """A rule file that cannot be used."""

    exit_code = 4


class ModelError(S3nsError):
    """A model that is missing, damaged or cannot be fetched."""

    exit_code = 5


class CapabilityError(S3nsError):
    """A device or an optional package that was asked for and is not there."""


def bad_value(what: str, came: object, allowed: Iterable[str]) -> str:
    """Word the message for a value outside a closed list.

    Parameters
    ----------
    what
        Name of the thing, as the user knows it.
    came
        The value that came.
    allowed
        The values that are allowed, in the order to list them.

    Returns
    -------
    One line that names the nearest allowed value where one is near.
    """
    choices = list(allowed)
    near = difflib.get_close_matches(str(came), choices, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {came!r}; allowed are {', '.join(choices)}.{hint}"
