"""Clips of a moving block with their Documents, for training."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from s3ns.facts import Absence, Document, Finding, Recording, Side, Unassessable
from s3ns.neural.video import probe
from tests.neural.media import Image, write_video

RATE = 8
SECONDS = 4
SIZE = 64
SIGNS = ("clonic", "tonic")
"""A block that goes to and fro, and a bar that stands: what the clips show."""

PATIENTS = 12
MAKER = "drawn"


def draw_clips(root: Path) -> Path:
    """Fill a folder with a folder of two clips for each patient.

    In each clip either sign is there in the first half, the second half or not at all,
    and a third one can never be judged.
    """
    random = np.random.default_rng(5)
    for patient in range(PATIENTS):
        for clip in range(2):
            # half of the clips show a sign, alone or with the other one
            halves = {
                "clonic": (patient + clip) % 4,
                "tonic": (patient // 4 + 3 * clip) % 4,
            }
            folder = root / f"patient-{patient}"
            folder.mkdir(exist_ok=True)
            draw_clip(folder / f"clip-{clip}.mp4", halves, random)
    return root


def draw_clip(path: Path, halves: dict[str, int], random: np.random.Generator) -> None:
    """Draw a clip and write its Document beside it; halves 2 and 3 are never."""
    images = []
    row, column = random.integers(12, 18, 2)
    for number in range(RATE * SECONDS):
        half = int(number >= RATE * SECONDS / 2)
        image = random.integers(60, 100, (SIZE, SIZE, 3)).astype(np.uint8)
        _draw_block(image, row, column, number if halves["clonic"] == half else 0)
        if halves["tonic"] == half:
            image[8:56, 50:60] = (40, 40, 230)
        images.append(image)
    write_video(path, images=images, rate=RATE, options={"crf": "12"})
    document_of(halves, probe(path)).write(path.with_suffix(".json"))


def _draw_block(image: Image, row: int, column: int, number: int) -> None:
    shift = 14 * (number % 2)
    image[row : row + 14, column + shift : column + shift + 14] = (230, 40, 40)


def document_of(halves: dict[str, int], recording: Recording) -> Document:
    """Return what is known of a clip."""
    middle, end = SECONDS / 2, float(SECONDS)
    spans = ((0.0, middle), (middle, end))
    findings, absences = [], []
    for sign, shown in halves.items():
        for half, (first, last) in enumerate(spans):
            place = {"sign": sign, "start": first, "end": last, "source": MAKER}
            if half == shown:
                findings.append(Finding(side=Side.UNKNOWN, **place))  # type: ignore[arg-type]
            else:
                absences.append(Absence(**place))  # type: ignore[arg-type]
    hidden = Unassessable(
        sign="eye_blinking", start=0, end=end, source=MAKER, reason="face_not_visible"
    )
    return Document(
        recording=recording,
        findings=tuple(findings),
        absences=tuple(absences),
        unassessable=(hidden,),
    )
