"""The folder of models: what is in it, what is not, and how to fill it.

A file counts only if its hash is the one in the manifest. Files come into the folder
whole, by a rename, so that a pull may be broken off or run twice at a time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import platformdirs

from s3ns.facts import FileHash, ModelError
from s3ns.neural.models.archives import fetch_archive, read_source, sha256_of
from s3ns.neural.models.manifest import Manifest, ModelRecord, manifest

FOLDER_VARIABLE = "S3NS_MODELS"

Progress = Callable[[str], None]
"""Called with one line per step."""

State = Literal["ok", "missing", "damaged"]


@dataclass(frozen=True)
class ModelStatus:
    """How a model stands in the folder.

    Attributes
    ----------
    name, purpose, origin, licence
        What the manifest says of it.
    state
        ``damaged`` is a file with another hash than the manifest's.
    size
        Bytes on disk, 0 if missing.
    """

    name: str
    state: State
    size: int
    purpose: str
    origin: str
    licence: str


def default_root() -> Path:
    """Return the folder of models for who does not name one.

    The environment variable ``S3NS_MODELS``, else a folder in the user's cache.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    return platformdirs.user_cache_path("s3ns") / "models"


class ModelStore:
    """A folder of models, each in ``NAME.onnx``.

    Parameters
    ----------
    root
        The folder; by default that of ``default_root``. It need not exist.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = default_root() if root is None else root.expanduser()
        self._manifest: Manifest = manifest()

    @property
    def names(self) -> list[str]:
        """Names of all models, there or not."""
        return [model.name for model in self._manifest.models]

    def path(self, name: str) -> Path:
        """Return the file of a model, once it is known to be whole.

        Raises
        ------
        ModelError
            If there is no model of that name, or its file is missing or damaged.
        """
        model = self._manifest.named(name)
        state = self._state(model)
        if state == "missing":
            raise ModelError(f"model {name} is not in {self.root}; {self._advice()}")
        if state == "damaged":
            raise ModelError(
                f"model {name} in {self.root} is damaged; {self._advice()}"
            )
        return self._file(model)

    def hashes(self, names: Iterable[str]) -> tuple[FileHash, ...]:
        """Return what a Document records of the models that were used.

        Raises
        ------
        ModelError
            As ``path`` does.
        """
        records = [self._manifest.named(name) for name in names]
        for model in records:
            self.path(model.name)
        return tuple(FileHash(model.name, model.sha256) for model in records)

    def status(self) -> list[ModelStatus]:
        """Return how each model stands, in the order of the manifest."""
        return [self._status(model) for model in self._manifest.models]

    def verify(self) -> None:
        """Read every file anew and check its hash.

        Raises
        ------
        ModelError
            Naming all models that are missing or damaged.
        """
        _file_hash.cache_clear()
        wrong = [f"{s.name} ({s.state})" for s in self.status() if s.state != "ok"]
        if wrong:
            raise ModelError(
                f"expected all models in {self.root}; not so {', '.join(wrong)}; "
                f"{self._advice()}"
            )

    def pull(
        self, names: Iterable[str] | None = None, progress: Progress = lambda line: None
    ) -> list[str]:
        """Fetch and convert the models that are missing or damaged.

        Parameters
        ----------
        names
            Models to fetch, all by default.
        progress
            Told of each step.

        Returns
        -------
        Names of the models that came new into the folder.

        Raises
        ------
        ModelError
            If a model cannot be fetched or stored. Those before it stay.
        """
        wanted = self.names if names is None else list(names)
        records = [self._manifest.named(name) for name in wanted]
        lacking = [model for model in records if self._state(model) != "ok"]
        if not lacking:
            return []
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".pull-", dir=self.root) as scratch:
                fetcher = _Fetcher(self._manifest, Path(scratch), progress)
                for model in lacking:
                    data = fetcher.onnx_file(model)
                    put_file(self._file(model), data, Path(scratch))
                    progress(f"{model.name}: stored, {len(data) / 1e6:.1f} MB")
        except OSError as error:
            raise ModelError(
                f"cannot store models in {self.root}: {error.strerror or error}; make "
                f"room there or name another folder in {FOLDER_VARIABLE}"
            ) from error
        return [model.name for model in lacking]

    def _file(self, model: ModelRecord) -> Path:
        return self.root / f"{model.name}.onnx"

    def _state(self, model: ModelRecord) -> State:
        path = self._file(model)
        try:
            facts = path.stat()
            came = _file_hash(path, facts.st_size, facts.st_mtime_ns)
        except (FileNotFoundError, NotADirectoryError):
            return "missing"
        except OSError as error:
            raise ModelError(f"cannot read {path}: {error.strerror}") from error
        return "ok" if came == model.sha256 else "damaged"

    def _status(self, model: ModelRecord) -> ModelStatus:
        state = self._state(model)
        return ModelStatus(
            name=model.name,
            state=state,
            size=0 if state == "missing" else self._file(model).stat().st_size,
            purpose=model.purpose,
            origin=model.origin,
            licence=model.licence,
        )

    def _advice(self) -> str:
        command = "s3ns models pull"
        if self.root != default_root():
            command += f" --models {self.root}"
        return f"run `{command}`"


class _Fetcher:
    """Gets the ONNX file of models, and each archive at most once."""

    def __init__(self, listed: Manifest, scratch: Path, progress: Progress) -> None:
        self._manifest = listed
        self._scratch = scratch
        self._progress = progress
        self._archives: dict[str, Path | ModelError] = {}

    def onnx_file(self, model: ModelRecord) -> bytes:
        """Return the bytes of a model's ONNX file.

        Raises
        ------
        ModelError
            If no source gives it, with the reason of each.
        """
        data = self._source(model)
        if model.format == "tflite":
            # onnx takes a while to import
            from s3ns.neural.models.convert import convert

            self._progress(f"{model.name}: converting to ONNX")
            data = convert(data, model.outputs)
        came = sha256_of(data)
        if came != model.sha256:
            raise ModelError(
                f"the conversion of {model.name} gave sha256 {came[:12]}…, expected "
                f"{model.sha256[:12]}…; try another version of the package onnx "
                "(1.16 to 1.23 are known to work)"
            )
        return data

    def _source(self, model: ModelRecord) -> bytes:
        reasons = []
        for source in model.sources:
            try:
                return read_source(self._archive(source.archive), source)
            except ModelError as error:
                reasons.append(str(error))
        raise ModelError(
            f"cannot fetch model {model.name}: {'; '.join(reasons)}; "
            "check the network and the disk, and run it again"
        )

    def _archive(self, key: str) -> Path:
        if key not in self._archives:
            archive = self._manifest.archives[key]
            self._progress(f"fetching {archive.requirement} with {archive.route}")
            folder = self._scratch / key
            folder.mkdir()
            try:
                self._archives[key] = fetch_archive(archive, folder)
            except ModelError as error:
                self._archives[key] = error
        found = self._archives[key]
        if isinstance(found, ModelError):
            raise found
        return found


def put_file(path: Path, data: bytes, scratch: Path) -> None:
    """Put a file into place whole.

    Parameters
    ----------
    path
        Where it belongs.
    data
        What it holds.
    scratch
        A folder on the same file system.

    Raises
    ------
    OSError
        If it cannot be written; ``path`` is then as before.
    """
    descriptor, temporary = tempfile.mkstemp(dir=scratch)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  (a descriptor, not a path)
            file.write(data)
        # mkstemp lets only the owner read; a shared folder of models must be readable
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@lru_cache(maxsize=64)
def _file_hash(path: Path, size: int, modified: int) -> str:
    """Return a file's hash; one with another size or time is read anew."""
    del size, modified
    return sha256_of(path.read_bytes())
