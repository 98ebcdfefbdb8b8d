"""Each command as a user runs it: streams, files, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s3ns.facts import Document, Label
from s3ns.report.words import NOTICE
from tests.cli.conftest import Run
from tests.neural.media import write_video


def files_in(path: Path) -> set[str]:
    return {str(file.relative_to(path)) for file in path.rglob("*")}


# --- classify, extract, reason --------------------------------------------------------


def test_classify_shows_the_first_screen(run: Run, demo: Path) -> None:
    result = run("classify", demo, "--end", "2")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("demo.mp4  (rec-a1e28132ee, 20.0 s, analysed 00:00")
    assert result.stdout.endswith(f"{NOTICE}\n")
    assert NOTICE not in result.stderr


def test_the_demo_clip_gets_its_verdict_and_signs(judged: Path) -> None:
    document = Document.read(judged)
    assert document.verdict is not None
    assert document.verdict.label is Label.EPILEPTIC_SEIZURE
    found = {finding.sign for finding in document.findings}
    assert {"head_turning", "figure4", "clonic", "ictal_vocalization"} <= found


def test_json_is_the_document_and_nothing_else(run: Run, tiny: Path) -> None:
    result = run("classify", tiny, "--json")
    assert result.exit_code == 0
    document = Document.from_json(result.stdout)
    assert document.verdict is not None
    assert run("classify", tiny, "-o", "-").stdout == result.stdout


def test_classify_is_extract_then_reason(run: Run, tiny: Path, tmp_path: Path) -> None:
    whole = run("classify", tiny, "--json").stdout
    extracted = run("extract", tiny, "-o", "-").stdout
    assert Document.from_json(extracted).verdict is None
    assert run("reason", "-", "--json", input=extracted).stdout == whole
    kept = tmp_path / "found.json"
    kept.write_text(extracted, encoding="utf-8")
    assert run("reason", kept, "-o", "-").stdout == whole


def test_a_document_is_kept_and_shown(run: Run, tiny: Path, tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    result = run("classify", tiny, "-o", target)
    assert result.exit_code == 0
    assert f"s3nsexplain{target}" in "".join(result.stdout.split())
    assert Document.read(target).verdict is not None
    assert files_in(tmp_path) == {"result.json"}


def test_nothing_that_names_the_patient_is_kept(
    run: Run, tiny: Path, tmp_path: Path
) -> None:
    target = tmp_path / "result.json"
    run("classify", tiny, "-o", target)
    text = target.read_text(encoding="utf-8")
    assert "Doe" not in text
    assert str(tiny.parent) not in text


@pytest.mark.parametrize("command", ["classify", "extract"])
def test_what_is_there_is_not_overwritten(
    run: Run, tiny: Path, tmp_path: Path, command: str
) -> None:
    target = tmp_path / "result.json"
    target.write_text("mine")
    result = run(command, tiny, "-o", target)
    assert result.exit_code == 2
    assert "--overwrite" in result.stderr
    assert target.read_text() == "mine"
    assert run(command, tiny, "-o", target, "--overwrite").exit_code == 0
    assert Document.read(target).recording.width == 128


def test_reason_writes_over_its_input_on_demand(
    run: Run, judged: Path, tmp_path: Path
) -> None:
    target = tmp_path / "a.json"
    target.write_bytes(judged.read_bytes())
    assert run("reason", target, "-o", target).exit_code == 2
    assert run("reason", target, "-o", target, "--overwrite").exit_code == 0
    assert Document.read(target).verdict == Document.read(judged).verdict


def test_quiet_says_nothing_beside_the_result(run: Run, tiny: Path) -> None:
    result = run("extract", tiny, "--quiet")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout


def test_verbose_says_more(run: Run, tiny: Path) -> None:
    assert "took" in run("extract", tiny, "--verbose").stderr
    assert "took" not in run("extract", tiny).stderr


def test_colours_only_where_wanted(
    run: Run, judged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[" in run("reason", judged, color=True).stdout
    assert "\x1b[" not in run("reason", judged, "--no-color", color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("reason", judged, color=True).stdout


def test_settings_reach_the_extractor(run: Run, demo: Path) -> None:
    words = ["--fps", "5", "--start", "0:01", "--end", "2.5", "--mirrored", "--json"]
    result = run("extract", demo, *words, "--patient-roi", "0,0,1280,720")
    (step,) = Document.from_json(result.stdout).provenance
    assert step.window == (1.0, 2.5)
    assert step.parameters["fps"] == 5.0
    assert step.parameters["mirrored"] is True


def test_settings_come_from_the_environment_below_options(
    run: Run, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3NS_FPS", "5")
    (step,) = Document.from_json(run("extract", tiny, "--json").stdout).provenance
    assert step.parameters["fps"] == 5.0
    words = ["extract", tiny, "--json", "--fps", "7"]
    (step,) = Document.from_json(run(*words).stdout).provenance
    assert step.parameters["fps"] == 7.0


def test_exit_verdict(run: Run, tiny: Path, judged: Path) -> None:
    result = run("classify", tiny, "--exit-verdict", "--json")
    verdict = Document.from_json(result.stdout).verdict
    assert verdict is not None
    expected = {"no_event": 12, "indeterminate": 13}[verdict.label]
    assert result.exit_code == expected


def test_a_file_that_breaks_off_is_judged_with_a_note(
    run: Run, demo: Path, tmp_path: Path
) -> None:
    options = {"movflags": "faststart"}
    path = write_video(tmp_path / "a.mp4", count=90, container_options=options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    result = run("extract", path)
    assert result.exit_code == 0, result.output
    assert "note: the file breaks off" in result.stderr


# --- explain --------------------------------------------------------------------------


def test_explain_prints_the_proof(run: Run, judged: Path) -> None:
    result = run("explain", judged)
    assert result.exit_code == 0
    verdict = Document.read(judged).verdict
    assert verdict is not None
    assert " ".join(result.stdout.split()).startswith(verdict.text)
    assert result.stderr == ""
    piped = run("explain", "-", input=judged.read_text("utf-8"))
    assert piped.exit_code == 0, piped.output
    assert piped.stdout == result.stdout


def test_explain_as_json(run: Run, judged: Path) -> None:
    proof = json.loads(run("explain", judged, "--json").stdout)
    nodes = {node["id"] for node in proof["nodes"]}
    assert proof["root"] in nodes


def test_explain_without_a_verdict(run: Run, tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    run("extract", tiny, "-o", path)
    result = run("explain", path)
    assert result.exit_code == 3
    assert "run s3ns reason" in result.stderr


# --- models and doctor ----------------------------------------------------------------


def test_models_list(run: Run) -> None:
    result = run("models", "list")
    assert result.exit_code == 0
    assert "silero_vad" in result.stdout
    rows = json.loads(run("models", "list", "--json").stdout)
    assert {row["state"] for row in rows} == {"ok"}


def test_models_verify(run: Run, tmp_path: Path) -> None:
    assert run("models", "verify").exit_code == 0
    result = run("models", "verify", "--models", tmp_path)
    assert result.exit_code == 5
    assert "silero_vad (missing)" in result.stderr
    assert result.stdout == ""


def test_models_pull_fetches_nothing_twice(run: Run) -> None:
    result = run("models", "pull")
    assert result.exit_code == 0
    assert result.stdout.startswith("0 fetched")
    unknown = run("models", "pull", "silero")
    assert unknown.exit_code == 5
    assert "silero_vad" in unknown.stderr


def test_doctor(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("S3NS_FPS", "12")
    result = run("doctor", "--device", "cpu")
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "settings fps ok 12.0 (from S3NS_FPS)" in lines
    assert "settings device ok cpu (from the option)" in lines
    assert "settings extractor ok landmarks (default)" in lines
    assert "runtime device cpu ok runs on cpu" in lines
    entries = json.loads(run("doctor", "--json").stdout)
    assert {entry["state"] for entry in entries} <= {"ok", "note"}


def test_doctor_without_models(run: Run, tmp_path: Path) -> None:
    result = run("doctor", "--models", tmp_path)
    assert result.exit_code == 5
    assert "run s3ns models pull" in result.stdout


def test_doctor_with_a_wrong_rule(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.lp").write_text("supports(\n")
    assert run("doctor", "--rules", tmp_path).exit_code == 4
