"""Nothing that s3ns loads keeps a diary or sends one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_the_onnx_runtime_notes_nothing_about_the_user(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra cpu")
    # Wheels such as 1.32 write into ~/.cache/Microsoft/DeveloperTools when loaded.
    known = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    folders = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}
    code = "import s3ns.neural.runtime as r; r._import_runtime()"
    command = [sys.executable, "-c", code]
    subprocess.run(command, check=True, env=known | folders)
    assert list(tmp_path.rglob("*")) == []
