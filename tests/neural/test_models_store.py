"""The model store, with real packages, real programs and real failures.

Where a registry is needed, pip is pointed at a folder of wheels, as anyone can do with
its own settings. A registry that is not there is a port where nobody listens.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import venv
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from s3ns.facts import FileHash, ModelError
from s3ns.neural.models import ModelStore, default_root, manifest
from s3ns.neural.models.archives import read_source, sha256_of
from s3ns.neural.models.manifest import Source
from s3ns.neural.models.store import put_file

NOBODY = "http://127.0.0.1:9"

ArchiveFile = Callable[[str], Path]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Point pip and npm at a port where nobody listens."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{NOBODY}/simple")
    monkeypatch.setenv("npm_config_registry", NOBODY)
    monkeypatch.setenv("npm_config_cache", os.devnull)


@pytest.fixture(scope="session")
def silero_archive(archive_file: ArchiveFile) -> Path:
    # of the session, so that it is fetched before a test takes the network away
    return archive_file("silero-wheel")


@pytest.fixture
def silero_wheel(
    silero_archive: Path, no_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Make the wheel of Silero VAD all that pip can find."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(silero_archive.parent))


def one_line(error: pytest.ExceptionInfo[ModelError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert "\x1b" not in text
    return text


def start_pull(root: Path, name: str) -> subprocess.Popen[bytes]:
    code = (
        "import sys, pathlib; from s3ns.neural.models import ModelStore; "
        "ModelStore(pathlib.Path(sys.argv[1])).pull([sys.argv[2]])"
    )
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, str(root), name],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


# the manifest


def test_the_manifest_holds_together() -> None:
    listed = manifest()
    names = [model.name for model in listed.models]
    used = {source.archive for model in listed.models for source in model.sources}
    assert len(set(names)) == len(names)
    assert used == set(listed.archives)
    hashes = [archive.sha256 for archive in listed.archives.values()]
    for model in listed.models:
        assert model.licence in {"Apache-2.0", "MIT"}
        hashes += [model.sha256, *(source.sha256 for source in model.sources)]
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in hashes)


def test_the_notice_names_every_origin() -> None:
    notice = Path(__file__).parents[2].joinpath("NOTICE").read_text()
    for archive in manifest().archives.values():
        package = re.split("==|(?<=.)@", archive.requirement)[0]
        assert package in notice
    for model in manifest().models:
        assert model.name in notice


# what is in the folder


def test_a_whole_store(model_store: ModelStore) -> None:
    model_store.verify()
    assert [s.state for s in model_store.status()] == ["ok"] * len(model_store.names)
    assert model_store.pull() == []
    path = model_store.path("silero_vad")
    assert path.name == "silero_vad.onnx"
    assert model_store.hashes(["silero_vad"]) == (
        FileHash("silero_vad", sha256_of(path.read_bytes())),
    )


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "none")
    assert {s.state for s in store.status()} == {"missing"}
    with pytest.raises(ModelError) as error:
        store.path("pose_detection")
    assert one_line(error) == (
        f"model pose_detection is not in {tmp_path / 'none'}; "
        f"run `s3ns models pull --models {tmp_path / 'none'}`"
    )
    with pytest.raises(ModelError, match="pose_detection"):
        store.hashes(["pose_detection"])
    with pytest.raises(ModelError, match=r"pose_detection \(missing\), pose_landmark"):
        store.verify()


def test_an_unknown_model() -> None:
    with pytest.raises(ModelError, match="Did you mean 'silero_vad'"):
        ModelStore().path("silero-vad")


def test_a_damaged_file(tmp_path: Path, model_store: ModelStore) -> None:
    store = ModelStore(tmp_path)
    whole = model_store.path("silero_vad").read_bytes()
    file = tmp_path / "silero_vad.onnx"
    file.write_bytes(whole)
    assert store.path("silero_vad") == file

    file.write_bytes(whole[:-1])

    with pytest.raises(ModelError, match=r"silero_vad in .* is damaged; run") as error:
        store.path("silero_vad")
    one_line(error)
    status = {s.name: s for s in store.status()}["silero_vad"]
    assert (status.state, status.size) == ("damaged", len(whole) - 1)


def test_verify_sees_what_size_and_time_hide(
    tmp_path: Path, model_store: ModelStore
) -> None:
    for name in model_store.names:
        shutil.copy(model_store.path(name), tmp_path)
    store = ModelStore(tmp_path)
    store.verify()
    file = store.path("silero_vad")
    before = file.stat()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ModelError, match=r"silero_vad \(damaged\)"):
        store.verify()


def test_the_environment_names_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3NS_MODELS", str(tmp_path))
    assert default_root() == tmp_path
    with pytest.raises(ModelError) as error:
        ModelStore().path("silero_vad")
    assert one_line(error).endswith("run `s3ns models pull`")
    monkeypatch.setenv("S3NS_MODELS", "")
    assert default_root().parts[-1] == "models"
    assert default_root() != tmp_path


# filling it


def test_pull_into_a_local_folder(silero_wheel: None, tmp_path: Path) -> None:
    root = tmp_path / "not" / "yet"
    store = ModelStore(root)
    lines: list[str] = []

    assert store.pull(["silero_vad"], lines.append) == ["silero_vad"]

    assert [path.name for path in root.iterdir()] == ["silero_vad.onnx"]
    assert store.path("silero_vad").stat().st_mode & 0o444 == 0o444
    assert lines == [
        "fetching silero-vad==6.2.3 with pip",
        "silero_vad: stored, 2.3 MB",
    ]
    assert store.pull(["silero_vad"], lines.append) == []
    assert len(lines) == 2


def test_pull_mends_a_damaged_file(silero_wheel: None, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    (tmp_path / "silero_vad.onnx").write_bytes(b"half")
    assert store.pull(["silero_vad"]) == ["silero_vad"]
    assert store.path("silero_vad").stat().st_size > 1_000_000


def test_no_network(no_network: None, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    with pytest.raises(ModelError) as error:
        store.pull(["pose_landmark_full"])
    text = one_line(error)
    assert re.fullmatch(
        "cannot fetch model pose_landmark_full: "
        "pip could not fetch mediapipe==0.10.21: Connection refused; "
        "(npm could not fetch @mediapipe/pose@0.5.1675469404: .*ECONNREFUSED.*"
        "|npm is not installed); check the network and the disk, and run it again",
        text,
    )
    assert list(tmp_path.iterdir()) == []


def test_neither_pip_nor_npm(
    no_network: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=os.name != "nt")
    scripts = "Scripts" if os.name == "nt" else "bin"
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / scripts / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    store = ModelStore(tmp_path / "models")
    with pytest.raises(ModelError) as error:
        store.pull()
    assert one_line(error) == (
        "cannot fetch model pose_detection: pip is not installed; run `python -m "
        "ensurepip`; npm is not installed; check the network and the disk, and run it "
        "again"
    )


@pytest.mark.models
def test_npm_serves_where_pip_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    store = ModelStore(tmp_path / "models")
    lines: list[str] = []
    names = ["face_detection_short_range", "face_landmark_with_attention"]
    assert store.pull(names, lines.append) == names
    # the wheel is tried once, not once per model
    assert lines[:2] == [
        "fetching mediapipe==0.10.21 with pip",
        "fetching @mediapipe/face_mesh@0.4.1633559619 with npm",
    ]
    assert sum(line.startswith("fetching") for line in lines) == 2
    for name in names:
        store.path(name)


def test_a_package_with_another_hash_is_not_used(
    no_network: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    metadata = "Metadata-Version: 2.1\nName: silero-vad\nVersion: 6.2.3\n"
    with zipfile.ZipFile(links / "silero_vad-6.2.3-py3-none-any.whl", "w") as wheel:
        wheel.writestr("silero_vad/data/silero_vad.onnx", b"something else")
        wheel.writestr("silero_vad-6.2.3.dist-info/METADATA", metadata)
        wheel.writestr(
            "silero_vad-6.2.3.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("silero_vad-6.2.3.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    store = ModelStore(tmp_path / "models")
    with pytest.raises(ModelError, match="nothing of it was used") as error:
        store.pull(["silero_vad"])
    expected = manifest().archives["silero-wheel"].sha256[:12]
    assert f"expected {expected}…" in one_line(error)
    assert list(store.root.iterdir()) == []


def test_a_folder_that_cannot_be_made(silero_wheel: None, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = ModelStore(tmp_path / "file" / "models")
    with pytest.raises(ModelError, match="cannot store models in") as error:
        store.pull(["silero_vad"])
    assert "Not a directory; make room there or name another" in one_line(error)
    assert store.status()[0].state == "missing"


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """Let no file grow beyond 100 kB, as if the disk were full then."""
    resource = pytest.importorskip("resource", reason="needs the limits of POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_for_pip(
    silero_wheel: None, tmp_path: Path, small_files_only: None
) -> None:
    with pytest.raises(ModelError, match="File too large") as error:
        ModelStore(tmp_path).pull(["silero_vad"])
    one_line(error)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_file_before(
    tmp_path: Path, small_files_only: None
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    file = tmp_path / "model.onnx"
    put_file(file, b"before", scratch)
    with pytest.raises(OSError, match="File too large"):
        put_file(file, bytes(200_000), scratch)
    assert file.read_bytes() == b"before"
    assert list(scratch.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="needs the signals of POSIX")
def test_a_pull_that_is_broken_off_leaves_nothing(
    silero_wheel: None, tmp_path: Path
) -> None:
    pull = start_pull(tmp_path, "silero_vad")
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(".pull-*/*")) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(pull.pid, signal.SIGINT)  # what Ctrl-C does
    _, stderr = pull.communicate(timeout=30)
    assert pull.returncode != 0
    assert b"KeyboardInterrupt" in stderr
    assert list(tmp_path.iterdir()) == []


def test_two_pulls_at_a_time(silero_wheel: None, tmp_path: Path) -> None:
    pulls = [start_pull(tmp_path, "silero_vad") for _ in range(2)]
    for pull in pulls:
        assert pull.communicate(timeout=60)[1] == b""
        assert pull.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["silero_vad.onnx"]
    ModelStore(tmp_path).path("silero_vad")


# reading packages


def test_only_the_named_member_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("model", b"0123456789")
    part = Source("a", "model", sha256_of(b"234"), start=2, end=5)
    assert read_source(path, part) == b"234"
    with pytest.raises(ModelError, match="cannot read other in"):
        read_source(path, Source("a", "other", sha256_of(b"")))
    with pytest.raises(ModelError, match="has sha256"):
        read_source(path, Source("a", "model", sha256_of(b"234")))


def test_a_package_that_is_none(tmp_path: Path) -> None:
    for name in ("a.whl", "a.tgz"):
        path = tmp_path / name
        path.write_bytes(b"neither zip nor tar")
        with pytest.raises(ModelError, match="cannot read model in"):
            read_source(path, Source("a", "model", sha256_of(b"")))


def test_a_folder_in_place_of_a_member(tmp_path: Path) -> None:
    path = tmp_path / "a.tgz"
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("model"), None)
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
    with pytest.raises(ModelError, match="has sha256"):
        read_source(path, Source("a", "folder", "0" * 64))
