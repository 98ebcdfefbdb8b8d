"""The seven tasks against a server, and read by the benchmark's own reader."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from s3ns.benchmarks.s3.tables import Checkout, Row
from s3ns.facts import vocabulary
from s3ns.neural.mllm.tasks import BODY_PARTS, joined_lists, task_names
from tests.cli.conftest import Run
from tests.neural.media import write_video
from tests.neural.mllm.stub_server import Body, Fault, answer, stub_server, text_of

KINDS = {
    "recognition": ["recognition"],
    "justification": ["justification"],
    "side": ["head", "arm", "region"],
    "onset": ["onset"],
    "sequence": ["sequence"],
    "report": ["report"],
    "diagnosis": ["diagnosis"],
}
VISUAL = [sign.name for sign in vocabulary().signs if sign.modality == "video"]
CLIP = "A0001@1-2-2000@UA0001AA@sz_v1_1.mp4"


def script(body: Body) -> str:  # noqa: PLR0911
    """Answer as a diligent model would, to any of the tasks."""
    text = text_of(body)
    turned = vocabulary().by_name["head_turning"].question in text
    if '"first_frame"' in text:
        if turned and "Frame 60" in text:
            members = {"side": "left", "first_frame": 5, "last_frame": 9}
            return answer(answer="yes", words="nose turns, slowly", **members)
        return answer(answer="no", side="unknown", words="at rest")
    if '"frame"' in text:
        return '{"frame": 21}' if turned else '{"frame": 0}'
    if '"signs"' in text:
        first = "Frame 60" in text
        signs = ["head_turning", "tonic"] if first else ["tonic", "clonic", "spin"]
        return json.dumps({"signs": signs})
    if '"part"' in text:
        return '{"part": "Left arm"}'
    if "To which side did the head" in text:
        return 'I think it is {"side": "LEFT"}.'
    if "Which arm" in text:
        return "both"
    if '"description"' in text:
        kind = "NES" if "An expert described it" in text else "ES"
        return json.dumps({"description": "shakes", "answer": kind})
    if "successive parts" in text:
        return "The head turned, then both arms shook."
    return "The head turned left."


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    return write_video(folder / CLIP, count=200, rate=5)  # 40 s


@pytest.fixture
def tables(run: Run, clip: Path, tmp_path: Path) -> dict[str, list[Row]]:
    """Run all tasks; return what the benchmark reads of them."""
    target = tmp_path / "result" / "vlm_inference" / "m"
    reports = tmp_path / "reports.csv"
    reports.write_text(f'file_name,report\n{CLIP},"He stared, then shook."\n')
    with stub_server(script) as stub:
        for name in task_names():
            settings = ["--set", f"server={stub.url}", "--set", "cache=off"]
            words = ["task", name, clip, "--model", "org/m", *settings, "-o", target]
            more = ["--reports", reports] if name == "diagnosis" else []
            result = run(*words, *more)
            assert result.exit_code == 0, result.output
        for raw in stub.raw:
            seen = raw.lower()
            assert b"a0001" not in seen
            assert b"sz_v1" not in seen
            assert str(clip.parent).encode() not in seen
    found = {}
    for kind in (kind for kinds in KINDS.values() for kind in kinds):
        read = Checkout(tmp_path).answers("m", kind)
        assert read is not None, kind
        found[kind] = read[1]
    return found


def test_the_benchmark_reads_all_tables(tables: dict[str, list[Row]]) -> None:
    assert list(KINDS) == task_names()
    stem = CLIP.removesuffix(".mp4")
    one, two = tables["recognition"]
    assert one["file_name"] == f"{stem}_segment_0.mp4"
    assert two["file_name"] == f"{stem}_segment_1.mp4"
    assert [key for key in one if not key.startswith("just")][1:] == VISUAL
    assert (one["head_turning"], two["head_turning"], one["tonic"]) == (
        "yes",
        "no",
        "no",
    )
    (whole,) = tables["justification"]
    assert whole["file_name"] == CLIP
    assert whole["justification_for_head_turning"] == "nose turns, slowly"
    assert whole["justification_for_tonic"] == "at rest"
    assert tables["head"] == [{"video_name": CLIP, "head_turning_direction": "left"}]
    assert tables["arm"] == [{"video_name": CLIP, "arm_movement_direction": "fail"}]
    assert tables["region"] == [{"file_name": CLIP, "onset_body_part": "left arm"}]
    times = {row["feature"]: row["timestamp"] for row in tables["onset"]}
    assert times.keys() == {*VISUAL, "start", "end"}
    assert times["head_turning"] == "00:13"  # 60 pictures of 40 s, the 21st
    assert times["start"] == ""
    assert tables["sequence"] == [
        {"file_name": CLIP, "feature_list": "head_turning, tonic, clonic"}
    ]
    report = "The head turned, then both arms shook."
    assert tables["report"] == [{"file_name": CLIP, "report": report}]
    assert tables["diagnosis"] == [
        {
            "file_name": CLIP,
            "prediction_without_report": "ES",
            "prediction_with_report": "NES",
        }
    ]


def test_a_clip_of_one_sign_is_asked_about_that_alone(run: Run, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "x_head_turning.mp4", count=20)
    target = tmp_path / "out"
    with stub_server(script) as stub:
        settings = ["--set", f"server={stub.url}", "--set", "cache=off"]
        words = ["task", "onset", clip, "--model", "m", *settings, "-o", target]
        assert run(*words).exit_code == 0
        assert len(stub.bodies) == 1
        assert run(*words).exit_code == 2
    text = (target / "Task4_m_all.csv").read_text()
    assert text.splitlines()[1] == "x_head_turning.mp4,head_turning,"


def test_answers_that_cannot_be_used_fail_and_are_never_no(
    run: Run, clip: Path, tmp_path: Path
) -> None:
    with stub_server(lambda body: "?") as stub:
        for name in task_names():
            settings = ["--set", f"server={stub.url}", "--set", "cache=off"]
            words = ["task", name, clip, "--model", "m", *settings]
            assert run(*words, "-o", tmp_path / name).exit_code == 0
    for name in ("recognition", "justification"):
        (path,) = (tmp_path / name).iterdir()
        header, *rows = path.read_text().splitlines()
        for row in rows:
            cells = row.split(",")[1:]
            assert set(cells[::2]) == {"fail"}
            assert set(cells[1::2]) == {""}
    (path,) = (tmp_path / "diagnosis").iterdir()
    assert "fail" in path.read_text()
    del header


def test_what_part_of_a_video_cannot_tell_is_no_no(run: Run, tmp_path: Path) -> None:
    """The second of two segments gets no usable answer, and has no sound either."""
    sound = np.full(20 * 16_000, 0.1, np.float32)
    clip = write_video(tmp_path / "x.mp4", count=100, rate=2, sound=sound)  # 50 s

    def half(body: Body) -> str:
        kinds = {part["type"] for part in body["messages"][-1]["content"]}
        if vocabulary().by_name["ictal_vocalization"].question in text_of(body):
            assert "input_audio" in kinds
        return answer(answer="no", side="unknown") if "input_audio" in kinds else "?"

    rows = {}
    with stub_server(half) as stub:
        settings = ["--set", f"server={stub.url}", "--set", "cache=off"]
        settings += ["--set", "signs=tonic,ictal_vocalization", "--set", "hears=true"]
        for name in ("recognition", "justification"):
            words = ["task", name, clip, "--model", "m", *settings, "-o", tmp_path]
            assert run(*words).exit_code == 0
        for path in tmp_path.glob("*.csv"):
            for row in csv.DictReader(path.read_text().splitlines()):
                rows[row["file_name"]] = row["tonic"], row["ictal_vocalization"]
    assert rows == {
        "x_segment_0.mp4": ("no", "no"),
        "x_segment_1.mp4": ("fail", "na"),
        "x.mp4": ("fail", "na"),
    }


def test_a_report_is_not_cut_off(run: Run, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "x.mp4", count=20)
    long = "The left arm rose, and then the head turned. " * 20
    with stub_server(lambda body: long) as stub:
        settings = ["--set", f"server={stub.url}", "--set", "cache=off"]
        words = ["task", "report", clip, "--model", "m", *settings, "-o", tmp_path]
        assert run(*words).exit_code == 0
    assert long.strip() in (tmp_path / "Task6_m_all_merged.csv").read_text()


def test_what_cannot_be_read_does_not_stop_the_rest(
    run: Run, clip: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    with stub_server(script) as stub:
        settings = ["--set", f"server={stub.url}", "--set", "cache=off"]
        words = ["task", "report", bad, clip, "--model", "m", *settings]
        result = run(*words, "-o", tmp_path / "out")
    assert result.exit_code == 3
    assert "bad.mp4" in result.stderr
    assert CLIP in (tmp_path / "out" / "Task6_m_all_merged.csv").read_text()


def test_errors(run: Run, clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    with stub_server(lambda body: Fault.STATUS_500) as stub:
        settings = ["--set", f"server={stub.url}", "--set", "retries=0"]
        words = [clip, "--model", "m", *settings, "-o", target]
        result = run("task", "report", *words, "--set", "cache=off")
        assert result.exit_code == 1
        assert "HTTP status 500" in result.stderr
        unknown = run("task", "reprot", *words)
        assert unknown.exit_code == 1
        assert "Did you mean 'report'" in unknown.stderr
    assert not target.exists()


def test_lists_of_segments_are_joined_as_the_benchmark_does() -> None:
    sequences = pytest.importorskip(
        "s3ns.benchmarks.s3.sequences", reason="needs the extra bench"
    )
    for lists in (
        [["a", "b"], ["b", "c"]],
        [["a", "b"], ["a", "b"], []],
        [["a"], ["b", "a"], ["b", "a", "c"]],
    ):
        expected = sequences.joined([tuple(one) for one in lists])
        assert tuple(joined_lists(lists)) == expected


def test_body_parts_have_their_side_first() -> None:
    assert {part.rpartition(" ")[0] for part in BODY_PARTS} == {
        "",
        "left",
        "right",
        "full",
    }


def test_settings_that_no_task_knows(run: Run, clip: Path, tmp_path: Path) -> None:
    with stub_server(script) as stub:
        settings = ["--set", f"server={stub.url}", "--set", "enhance=all"]
        result = run(
            "task", "side", clip, "--model", "m", *settings, "-o", tmp_path / "out"
        )
        assert stub.bodies == []
    assert result.exit_code == 1
    assert "--set enhance" in result.stderr
