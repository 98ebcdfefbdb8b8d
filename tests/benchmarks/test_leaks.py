"""What tells the answer is found, counted and never named."""

from __future__ import annotations

import pytest

from s3ns.benchmarks.s3.leaks import leaks_in_folds, leaks_in_text, telling_words
from s3ns.benchmarks.s3.tables import Damage

VIDEO = "A0001@1-2-2000@UA0001AA@sz_v1_1"
WORDS = telling_words([VIDEO, "B0002@3-4-2001@UB0002BB@nes_1"])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"<video>{VIDEO}_segment_3.mp4</video>", set(WORDS.values())),
        ("/clips/a0001/x.mp4", {"patient"}),
        ("the study UB0002BB", {"study"}),
        ("nes_1.mp4", {"event tag"}),
        ("Did the arms tense_10 s? A00012 is no patient, sz_v1_12 no tag.", set()),
    ],
)
def test_names_and_their_parts_are_found(text: str, kinds: set[str]) -> None:
    found = leaks_in_text(text, WORDS, "f")
    assert {leak.what for leak in found} == kinds


def test_folds_that_share_a_patient_are_found(tmp_path) -> None:
    path = tmp_path / "folds.csv"
    path.write_text("file_name,fold\nA@1,0\nA@2,0\nB@1,1\n")
    assert leaks_in_folds(path, Damage()) == []
    path.write_text("file_name,fold\nA@1,0\nA@2,1\nB@1,1\nB@2,0\nC@1,0\n")
    (leak,) = leaks_in_folds(path, Damage())
    assert leak.times == 2
