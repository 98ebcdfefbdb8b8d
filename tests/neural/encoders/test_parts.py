"""Windows, labels, folds, aggregation and thresholds, each by itself."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from s3ns.facts import Absence, Document, Finding, InputError, Recording
from s3ns.neural.encoders.card import EncoderCard, View
from s3ns.neural.encoders.corpus import find_clips, folders_of
from s3ns.neural.encoders.folds import assign_folds, split
from s3ns.neural.encoders.labels import video_labels, window_labels
from s3ns.neural.encoders.scores import aggregate, best_threshold, f1, score
from s3ns.neural.encoders.windows import fitted, starts, windows
from s3ns.neural.video import probe
from tests.neural.media import number_of, write_video

PROBABILITIES = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 9), st.just(2)), elements=st.floats(0, 1)
)


def document(*items: Finding | Absence, duration: float = 20) -> Document:
    return Document(
        recording=Recording(id="r", duration=duration),
        findings=tuple(i for i in items if isinstance(i, Finding)),
        absences=tuple(i for i in items if isinstance(i, Absence)),
    )


def seen(start: float, end: float, sign: str = "blank_stare") -> Finding:
    return Finding(sign=sign, start=start, end=end, source="expert")


def absent(start: float, end: float, sign: str = "blank_stare") -> Absence:
    return Absence(sign=sign, start=start, end=end, source="expert")


def test_a_window_is_seen_absent_or_unknown() -> None:
    known = document(seen(4, 8), absent(0, 4), absent(8, 14))
    spans = [(0, 2), (2.0, 4.2), (3, 5), (4, 6), (6, 8.1), (10, 12), (13, 15), (18, 20)]
    labels = window_labels(known, spans, ["blank_stare", "tonic"])
    expected = [0, np.nan, 1, 1, 1, 0, np.nan, np.nan]
    np.testing.assert_array_equal(labels[:, 0], expected)
    assert np.isnan(labels[:, 1]).all()  # nothing is known of it


def test_a_video_is_absent_only_if_nearly_all_of_it_was_judged() -> None:
    signs = ["blank_stare"]
    assert video_labels(document(seen(1, 4)), signs)[0] == 1
    assert video_labels(document(absent(0, 19)), signs)[0] == 0
    assert np.isnan(video_labels(document(absent(0, 12)), signs)[0])
    assert np.isnan(video_labels(document(), signs)[0])


def test_windows_hold_the_pictures_of_their_time(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", count=40, rate=20)
    view = View(frames=4, fps=10, picture=96)
    found = list(windows(video, view, end=2.0, stride=2))
    assert [window.start for window in found] == starts(0, 2.0, view, 2)
    assert len(found) == 9
    for number, window in enumerate(found):
        inner = window.pictures[:, 12:84]  # 128 x 96 in a square of 96: margins
        shown = [number_of(picture) for picture in inner]
        first = number * 4  # two pictures at half the rate of the file
        assert shown == [first, first + 2, first + 4, first + 6]


def test_a_slow_recording_shows_its_pictures_again(tmp_path: Path) -> None:
    video = write_video(tmp_path / "slow.mp4", count=10, rate=5)
    view = View(frames=8, fps=10, picture=96)
    found = list(windows(video, view, end=2.0, stride=8))
    shown = [number_of(p[12:84]) for window in found for p in window.pictures]
    assert len(shown) == 16
    assert set(shown) <= set(range(10))
    assert sorted(shown) == shown


@pytest.mark.parametrize("stride", [1, 4, 8])
def test_what_a_file_lacks_at_its_end_is_not_shown(tmp_path: Path, stride: int) -> None:
    video = write_video(tmp_path / "short.mp4", count=40, rate=10)
    view = View(frames=8, fps=8, picture=32)
    found = [window.start for window in windows(video, view, end=14.0, stride=stride)]
    assert found == [begin for begin in starts(0, 14.0, view, stride) if begin <= 3.5]


@pytest.mark.parametrize("stride", [1, 4, 8])
def test_no_window_shows_what_was_not_recorded(tmp_path: Path, stride: int) -> None:
    times = [k / 10 for k in range(90) if not 20 < k < 60]  # none from 2 s to 6 s
    video = write_video(tmp_path / "hole.mp4", times=times, count=len(times))
    view = View(frames=8, fps=8, picture=32)
    found = [window.start for window in windows(video, view, end=9.0, stride=stride)]
    expected = [b for b in starts(0, 9.0, view, stride) if not 1.63 < b < 5.5]
    assert found == expected


def test_a_picture_is_fitted_whole() -> None:
    image = np.full((40, 80, 3), 200, np.uint8)
    square = fitted(image, 32)
    assert square.shape == (32, 32, 3)
    assert (square[8:24] == 200).all()
    assert not square[:8].any()


@given(PROBABILITIES)
def test_noisy_or_is_never_below_max_nor_mean_above(values: np.ndarray) -> None:
    top = aggregate(values, "max")
    assert (aggregate(values, "noisy-or") >= top - 1e-9).all()
    assert (aggregate(values, "mean") <= top + 1e-9).all()
    once = aggregate(values[:1], "noisy-or")
    np.testing.assert_allclose(once, values[0], atol=1e-9)


def test_noisy_or_of_two_coins() -> None:
    assert aggregate(np.array([[0.5], [0.5]]), "noisy-or") == pytest.approx(0.75)


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0, np.nan])), min_size=1
    )
)
def test_no_other_threshold_has_a_higher_f1(pairs: list[tuple[float, float]]) -> None:
    probabilities, labels = np.array(pairs).T
    level = best_threshold(probabilities, labels)
    known = ~np.isnan(labels)
    truth = labels[known] == 1
    if truth.all() or not truth.any():
        assert level == 0.5
        return
    reached = f1(probabilities[known] >= level, truth)
    for other in np.linspace(0, 1.1, 23):
        assert f1(probabilities[known] >= other, truth) <= reached + 1e-9


def test_a_video_without_an_answer_is_no_right_no() -> None:
    labels = np.array([[1.0], [1], [0], [0], [np.nan]])
    answers = np.array([[1.0], [np.nan], [0], [np.nan], [np.nan]])
    (tonic, _) = score(["tonic"], answers * 0.8, answers, labels)
    assert (tonic.videos, tonic.seen, tonic.answered) == (4, 2, 2)
    assert tonic.f1 == pytest.approx(0.5)
    assert tonic.balanced_accuracy == pytest.approx(0.5)
    assert tonic.auc is not None
    assert tonic.auc < 1


def test_a_mean_of_nothing_is_not_nought() -> None:
    labels = np.array([[1.0, 1], [1, 0]])
    one, two, mean = score(["tonic", "clonic"], labels, labels, labels)
    assert one.mcc is None
    assert mean.mcc == two.mcc == 1
    (_, mean) = score(["tonic"], labels[:, :1], labels[:, :1], labels[:, :1])
    assert (mean.balanced_accuracy, mean.mcc, mean.auc) == (None, None, None)


@given(st.data())
def test_folds_keep_patients_together_and_are_never_empty(data: st.DataObject) -> None:
    people = data.draw(st.integers(3, 12))
    owners = data.draw(st.lists(st.integers(0, people - 1), max_size=20))
    patients = [f"p{k}" for k in [*range(people), *owners]]
    folds = data.draw(st.integers(3, people))
    shows = data.draw(arrays.arrays(np.bool_, (len(patients), 3)))
    fold_of = assign_folds(patients, shows, folds, seed=1)
    assert set(fold_of) == set(range(folds))
    for person in set(patients):
        own = {f for p, f in zip(patients, fold_of, strict=True) if p == person}
        assert len(own) == 1
    again = assign_folds(patients, shows, folds, seed=1)
    np.testing.assert_array_equal(fold_of, again)
    for fold in range(folds):
        parts = split(fold_of, fold)
        named = [{patients[k] for k in part} for part in (parts.train, parts.test)]
        named.append({patients[k] for k in parts.validation})
        assert all(named)
        assert not (named[0] & named[1] | named[1] & named[2] | named[0] & named[2])


def test_a_rare_sign_is_spread_over_the_folds() -> None:
    patients = [f"p{k}" for k in range(12)]
    shows = np.zeros((12, 2), bool)
    shows[:3, 0] = True
    shows[::2, 1] = True
    fold_of = assign_folds(patients, shows, 3, seed=0)
    assert sorted(fold_of[:3]) == [0, 1, 2]
    assert all(shows[fold_of == fold, 1].sum() == 2 for fold in range(3))
    assert all((fold_of == fold).sum() == 4 for fold in range(3))


def test_more_folds_than_patients_are_refused() -> None:
    with pytest.raises(InputError, match="change --folds"):
        assign_folds(["a", "b", "b", "c"], np.ones((4, 1), bool), 4, seed=0)


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    for name, rate in (("one", 10), ("two", 12)):
        write_video(tmp_path / f"{name}.mp4", count=12, rate=rate)
        known = document(duration=1.2)
        known.write(tmp_path / f"{name}.json")
    return tmp_path


def clips_of(folder: Path, patients: Path | None = None) -> list[str]:
    found = find_clips(
        sorted(folder.glob("*.mp4")),
        documents=[folder],
        patients=patients,
        remark=lambda text: None,
    )
    return [clip.patient for clip in found]


def test_a_document_without_a_hash_belongs_to_the_clip_of_its_name(pair: Path) -> None:
    assert len(clips_of(pair)) == 2
    (pair / "two.json").unlink()
    assert len(clips_of(pair)) == 1
    (pair / "one.json").unlink()
    with pytest.raises(InputError, match="none of the 2 videos has a Document"):
        clips_of(pair)


def test_a_document_is_never_of_two_videos_of_one_name(tmp_path: Path) -> None:
    for name, rate in (("a", 10), ("b", 12)):
        (tmp_path / name).mkdir()
        write_video(tmp_path / name / "clip.mp4", count=12, rate=rate)
    (tmp_path / "old.json").mkdir()  # a folder is no Document
    videos = sorted(tmp_path.rglob("*.mp4"))
    found = tmp_path / "a" / "clip.json"

    def clips() -> list[str]:
        some = find_clips(videos, documents=[tmp_path], remark=lambda text: None)
        return [clip.video.parent.name for clip in some]

    document(duration=1.2).write(found)
    assert clips() == ["a"]
    found.rename(tmp_path / "clip.json")
    with pytest.raises(InputError, match=r"may be of 2 videos of that name"):
        clips()
    videos.pop()
    assert clips() == ["a"]


def test_documents_are_looked_for_in_every_folder_that_is_named(tmp_path: Path) -> None:
    for name, rate in (("a", 10), ("b", 12)):
        (tmp_path / name).mkdir()
        write_video(tmp_path / name / "clip.mp4", count=12, rate=rate)
        document(duration=1.2).write(tmp_path / name / "clip.json")
    named = [tmp_path / "a", tmp_path / "b" / "clip.mp4"]
    found = find_clips(
        sorted(tmp_path.rglob("*.mp4")),
        documents=folders_of(named),
        remark=lambda text: None,
    )
    assert [clip.video.parent.name for clip in found] == ["a", "b"]


def test_patients_come_from_a_table_that_names_every_clip(pair: Path) -> None:
    table = pair / "patients.tsv"
    table.write_text("clip\tpatient\none.mp4\tA\ntwo\tA\n")
    assert clips_of(pair, table) == ["A", "A"]
    table.write_text("clip\tpatient\none.mp4\tA\n")
    with pytest.raises(InputError, match=r"no line for two\.mp4"):
        clips_of(pair, table)
    table.write_text("clip,patient\none.mp4,A\ntwo,B\n")
    assert clips_of(pair, table) == ["A", "B"]
    table.write_text(f"clip,{'patient' * 20_000}\none.mp4,A\n")
    with pytest.raises(InputError, match="field larger than"):
        clips_of(pair, table)
    table.write_text("clip,person\none.mp4,A\n")
    with pytest.raises(InputError, match="lacks the column 'patient'"):
        clips_of(pair, table)
    table.write_text(f"clip,{'person ' * 10_000}\none.mp4,A\n")
    with pytest.raises(InputError, match="lacks the column 'patient'") as caught:
        clips_of(pair, table)
    assert len(str(caught.value)) < 1000


def test_a_patient_is_one_however_written(
    pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pair / "patients.csv"
    table.write_text("clip,patient\none.mp4,A\ntwo.mp4 ,A \n")
    assert clips_of(pair, table) == ["A", "A"]
    monkeypatch.chdir(pair)
    videos = [Path("one.mp4"), pair / "two.mp4"]
    found = find_clips(videos, documents=[pair], remark=lambda text: None)
    assert len({clip.patient for clip in found}) == 1


def test_a_copy_of_a_clip_is_left_out(pair: Path) -> None:
    (pair / "other").mkdir()
    for name in ("one.mp4", "one.json"):
        shutil.copy(pair / name, pair / "other" / name)
    said: list[str] = []
    videos = [pair / "one.mp4", pair / "two.mp4", pair / "other" / "one.mp4"]
    found = find_clips(videos, documents=[pair], remark=said.append)
    assert [clip.video for clip in found] == videos[:2]
    assert "1 videos are copies of others and are left out" in said


def test_two_documents_that_differ_are_not_chosen_from(pair: Path) -> None:
    recording = probe(pair / "one.mp4")
    (pair / "out").mkdir()
    for folder in (pair, pair / "out"):
        Document(recording=recording).write(folder / "one.json")
    assert len(clips_of(pair)) == 2  # they say the same
    found = (seen(0.2, 1.1),)
    Document(recording=recording, findings=found).write(pair / "out" / "one.json")
    with pytest.raises(InputError, match="tell differently of one"):
        clips_of(pair)


def test_a_table_of_patients_tells_which_clip_is_meant(tmp_path: Path) -> None:
    for folder, rate in (("a", 10), ("b", 12)):
        (tmp_path / folder).mkdir()
        write_video(tmp_path / folder / "clip.mp4", count=12, rate=rate)
        document(duration=1.2).write(tmp_path / folder / "clip.json")
    videos = sorted(tmp_path.rglob("*.mp4"))
    table = tmp_path / "patients.csv"

    def patients(*lines: str) -> list[str]:
        table.write_text("\n".join(["clip,patient", *lines]))
        found = find_clips(
            videos, documents=[tmp_path], patients=table, remark=lambda text: None
        )
        return [clip.patient for clip in found]

    with pytest.raises(InputError, match="2 clips are named clip"):
        patients("clip.mp4,A")
    with pytest.raises(InputError, match="to two patients"):
        patients("clip.mp4,A", "clip.mp4,B")
    ids = [probe(video).id for video in videos]
    assert patients(f"{ids[0]},A", f"{ids[1]},B") == ["A", "B"]


def test_a_card_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no encoder\.json"):
        EncoderCard.read(tmp_path)
    (tmp_path / "encoder.json").write_text('{"format": "other"}')
    with pytest.raises(InputError, match="is not an encoder of s3ns"):
        EncoderCard.read(tmp_path)


def test_windows_follow_each_other_by_the_stride() -> None:
    begins = starts(5.0, 9.0, View(frames=8, fps=8, picture=32), 4)
    assert begins[0] == 5.0
    assert all(later - early == 0.5 for early, later in pairwise(begins))
    assert begins[-1] + 1.0 <= 9.0
