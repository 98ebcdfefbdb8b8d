"""Answers kept by what was asked, so that an interrupted run asks nothing twice."""

from __future__ import annotations

from pathlib import Path

import msgspec
import platformdirs

from s3ns.facts import InputError
from s3ns.facts.document import write_bytes
from s3ns.neural.mllm.request import Backend, Reply, Request


def default_folder() -> Path:
    """Return the folder of kept answers in the user's cache."""
    return platformdirs.user_cache_path("s3ns") / "answers"


class Cached:
    """A backend that keeps each answer in a file named by the hash of the request.

    The files hold the model's words about the patient, but no picture and no sound;
    only the user can read them. Models are told apart by their weights, where a hash of
    them is known; else by what their server says of them and by its address, of which
    the hash of the request is the only trace. A run goes on if both are as before.

    Parameters
    ----------
    backend
        Answers what is not there.
    folder
        Where answers are kept; made if it is not there.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """

    def __init__(self, backend: Backend, folder: Path) -> None:
        self._backend = backend
        self._folder = folder
        self.identity, self.address = backend.identity, backend.address
        self.concurrency = backend.concurrency
        self.sees, self.hears = backend.sees, backend.hears
        self.remarks = backend.remarks
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InputError(
                f"cannot keep answers in {folder}: {error.strerror}; name another "
                "folder with --set cache=DIR, or --set cache=off"
            ) from error

    def ask(self, request: Request) -> Reply:
        """Return the kept answer, else ask and keep the answer."""
        path = self._folder / f"{request.digest(self.identity, self.address)}.json"
        kept = _read(path)
        if kept is not None:
            return kept
        answer = self._backend.ask(request)
        write_bytes(path, msgspec.json.encode(answer))
        return answer

    def close(self) -> None:
        """Close the backend."""
        self._backend.close()


def _read(path: Path) -> Reply | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Reply)
    except (
        OSError,
        msgspec.DecodeError,
        RecursionError,
    ):  # not there, or damaged: asked again
        return None
