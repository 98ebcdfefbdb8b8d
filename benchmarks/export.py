"""Exported encoders against torch: differences, and speed on the same threads.

    python benchmarks/export.py                       # the published sizes, one thread
    python benchmarks/export.py r3d_18 --threads 2    # one of them
    python benchmarks/export.py --precision fp32      # only the precise files

Weights are random; neither the speed nor the operators depend on them. Ranges for int8
are measured on windows of the sample clip, and int8 is compared on its last window.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s3ns.neural.encoders.export import Precision

SAMPLE = Path(__file__).parents[1] / "samples" / "demo.mp4"
VIEWS = {
    "r3d_18": (16, 112),
    "mc3_18": (16, 112),
    "r2plus1d_18": (16, 112),
    "videomae": (16, 224),
    "vivit": (32, 224),
}
"""Frames and pixels of the published networks."""


def compare(
    architecture: str, threads: int, precisions: Sequence[Precision], folder: Path
) -> None:
    """Export one network in some precisions and print a line for each."""
    import torch

    from s3ns.neural.encoders.architectures import build
    from s3ns.neural.encoders.card import WEIGHTS_FILE, EncoderCard, SignRecord, View
    from s3ns.neural.encoders.checkpoint import save_tensors
    from s3ns.neural.encoders.export import export
    from s3ns.neural.encoders.parity import measure
    from s3ns.neural.encoders.sources import calibration_windows, encoder_in

    frames, picture = VIEWS[architecture]
    view = View(frames=frames, picture=picture)
    signs = tuple(
        SignRecord(sign=name, seen=1, absent=1) for name in ("tonic", "clonic")
    )
    torch.manual_seed(0)
    card = EncoderCard(architecture=architecture, size="base", view=view, signs=signs)
    save_tensors(folder / WEIGHTS_FILE, build(card).state_dict())
    card.write(folder)
    wanted = encoder_in(folder)
    ranges = calibration_windows([SAMPLE], view)
    for precision in precisions:
        path = folder / f"{precision}.onnx"
        given = ranges if precision == "int8" else None
        (parity,) = export(wanted, path, precision=precision, calibration=given)
        speed = measure(wanted.original, path, wanted.samples[0], threads=threads)
        print(
            f"{architecture:<12} {precision}  {path.stat().st_size / 1e6:6.1f} MB  "
            f"difference {parity.largest:.1e} of {parity.scale:.2f}, cosine "
            f"{parity.cosine:.1e}  torch {speed.torch:.3f} s  onnxruntime "
            f"{speed.onnxruntime:.3f} s  x {speed.gain:.2f}",
            flush=True,
        )


def main() -> None:
    """Compare the networks that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("architectures", nargs="*", metavar="NAME")
    parser.add_argument("--threads", type=int, default=1)
    precisions: tuple[Precision, ...] = ("fp32", "fp16", "int8")
    parser.add_argument("--precision", choices=precisions)
    arguments = parser.parse_args()
    print(f"one window, CPU, {arguments.threads} threads, median of 5 runs in turn")
    for architecture in arguments.architectures or VIEWS:
        with tempfile.TemporaryDirectory() as folder:
            wanted = [p for p in precisions if arguments.precision in {None, p}]
            compare(architecture, arguments.threads, wanted, Path(folder))


if __name__ == "__main__":
    main()
