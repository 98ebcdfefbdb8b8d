"""The symbolic stage runs where no model, video or sound can be read."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "onnxruntime", "cv2", "av", "s3ns.neural", "s3ns.report")


def test_symbolic_loads_nothing_of_the_neural_stage():
    code = (
        "import sys, s3ns.symbolic; "
        "s3ns.symbolic.Reasoner(); "
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
