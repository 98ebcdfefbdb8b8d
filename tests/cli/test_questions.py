"""Questions to a verdict on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from s3ns.facts import Document, Inquiry
from tests.cli.conftest import Run


def test_each_question_is_answered_as_text_and_json(run: Run, judged: Path) -> None:
    for words, name, heading in (
        (["--what-if"], "what_if", "What would change it?"),
        (["--robustness"], "robustness", "How robust is it?"),
        (["--ask"], "asks", "Where to look again?"),
        (["--why-not", "no_event"], "why_not", "Why not?"),
    ):
        text = run("explain", judged, *words)
        assert text.exit_code == 0, text.output
        assert text.stdout.startswith(heading)
        raw = run("explain", judged, *words, "--json").stdout
        answers = msgspec.json.decode(raw, type=Inquiry)
        given = {key for key, value in json.loads(raw).items() if value is not None}
        assert given == ({name, "asks_complete"} if name == "asks" else {name})
        assert getattr(answers, name) is not None


def test_the_verdict_comes_with_the_same_answers(run: Run, judged: Path) -> None:
    inquiry = Document.read(judged).inquiry
    assert inquiry is not None
    raw = run("explain", judged, "--what-if", "--robustness", "--json").stdout
    assert msgspec.json.decode(raw, type=Inquiry) == inquiry


def test_a_misspelt_question_gets_a_hint(run: Run, judged: Path) -> None:
    result = run("explain", judged, "--why-not", "versoin")
    assert result.exit_code == 3
    assert "did you mean version" in result.stderr
    assert result.stdout == ""


def test_questions_go_to_the_rules_that_gave_the_verdict(
    run: Run, judged: Path, tmp_path: Path
) -> None:
    import s3ns.rules

    rules = tmp_path / "rules"
    rules.mkdir()
    for path in Path(s3ns.rules.__file__).parent.glob("*.lp"):
        (rules / path.name).write_bytes(path.read_bytes())
    (rules / "notes.lp").write_text((rules / "notes.lp").read_text() + "% changed\n")
    other = run("explain", judged, "--what-if", "--rules", rules)
    assert other.exit_code == 3
    assert "--rules" in other.stderr
    kept = tmp_path / "kept.json"
    assert run("reason", judged, "--rules", rules, "-o", kept).exit_code == 0
    assert run("explain", kept, "--what-if").exit_code == 3
    assert run("explain", kept, "--what-if", "--rules", rules).exit_code == 0


def test_the_narrative_is_told_with_and_without_a_verdict(
    run: Run, judged: Path, tmp_path: Path
) -> None:
    document = Document.read(judged)
    assert document.verdict is not None
    bare = tmp_path / "findings.json"
    msgspec.structs.replace(document, verdict=None, proof=None).write(bare)
    with_verdict, without = (
        " ".join(run("explain", path, "--narrative").stdout.split())
        for path in (judged, bare)
    )
    assert without.startswith("The event ")
    judged_only = f"{document.verdict.text} "
    assert judged_only in with_verdict
    told = with_verdict.replace(judged_only, "").replace("Post-ictally", "Afterwards")
    assert told == without
    refused = run("explain", judged, "--narrative", "--ask")
    assert refused.exit_code == 2
    assert "--narrative goes with no other output" in refused.stderr
