"""Settings files: what a project or a user wants by default.

An option beats its environment variable, that beats ``s3ns.cfg`` in the current folder,
that beats ``s3ns.cfg`` in the user's settings folder, and that beats the default::

    [s3ns]
    fps = 15
    device = cpu
    rules = my-rules
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from s3ns.facts import InputError, bad_value

FILE_NAME = "s3ns.cfg"
SECTION = "s3ns"
FOLDERS = ("models", "rules")
"""Settings that name a folder; a relative one lies beside the settings file."""


@dataclass(frozen=True)
class Setting:
    """A value and the file it comes from."""

    value: str
    file: Path


def read_settings(known: Iterable[str]) -> dict[str, Setting]:
    """Read the settings files, the project's over the user's.

    Parameters
    ----------
    known
        Names of the settings there are.

    Raises
    ------
    InputError
        If a file cannot be parsed or holds an unknown setting.
    """
    names, found = list(known), {}
    for path in (_user_file(), Path.cwd() / FILE_NAME):
        if path.is_file():
            found.update(_read(path, names))
    return found


def _user_file() -> Path:
    import platformdirs  # noqa: PLC0415  (--help must answer at once)

    return platformdirs.user_config_path("s3ns") / FILE_NAME


def _read(path: Path, known: list[str]) -> dict[str, Setting]:
    import configparser  # noqa: PLC0415  (--help must answer at once)

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        values = dict(parser[SECTION])
    except KeyError as error:
        raise InputError(f"{path} has no section [{SECTION}]") from error
    except (configparser.Error, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"cannot read the settings in {path}: {reason}") from error
    for name in values:
        if name not in known:
            raise InputError(f"{path}: {bad_value('setting', name, known)}")
    return {
        name: Setting(str(path.parent / value) if name in FOLDERS else value, path)
        for name, value in values.items()
    }
