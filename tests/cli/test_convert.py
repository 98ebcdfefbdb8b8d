"""The command ``s3ns convert``, as a user types it."""

from __future__ import annotations

from pathlib import Path

from s3ns.facts import Document
from tests.cli.conftest import Run


def test_annotations_become_a_document_and_go_out_again(
    run: Run, tiny: Path, tmp_path: Path
) -> None:
    table, found, out = (tmp_path / name for name in ("e.tsv", "e.json", "out.tsv"))
    table.write_text("onset\tduration\ttrial_type\n0.1\t0.2\ttonic@left\n0\t1\tnap\n")
    words = ["convert", table, "-o", found, "--from", "bids", "--video", tiny]
    result = run(*words, "--looked-for", "clonic")
    assert result.exit_code == 0, result.output
    assert "'nap' are no sign" in result.output
    document = Document.read(found)
    assert len(document.recording.sha256) == 64
    assert [item.sign for item in document.findings] == ["tonic"]
    assert [item.sign for item in document.absences] == ["clonic"]
    assert run("convert", found, "-o", out, "--to", "bids").exit_code == 0
    assert "tonic" in out.read_text()
    assert run(*words).exit_code == 2  # it is there already
    assert run("reason", found).exit_code == 0


def test_nothing_beside_the_table_is_replaced(
    run: Run, tiny: Path, tmp_path: Path
) -> None:
    table, found = tmp_path / "e.tsv", tmp_path / "clip.json"
    table.write_text("onset\tduration\ttrial_type\n0.1\t0.2\ttonic@left\n")
    run("convert", table, "-o", found, "--from", "bids", "--video", tiny)
    before = found.read_bytes()
    # BIDS wants clip.json beside clip.tsv, and that is the Document.
    words = ["convert", found, "-o", tmp_path / "clip.tsv", "--to", "bids"]
    for more in ([], ["--overwrite"]):
        result = run(*words, *more)
        assert result.exit_code == 2
        assert "is what is read" in result.output
    assert found.read_bytes() == before
    assert not (tmp_path / "clip.tsv").exists()


def test_wrong_uses_are_said(run: Run, tiny: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "e.tsv", tmp_path / "e.json"
    table.write_text("onset\tduration\ttrial_type\n")
    base = ["convert", table, "-o", out]
    assert "--to FORMAT or --from FORMAT" in run(*base).output
    assert "needs --video" in run(*base, "--from", "bids").output
    unknown = run(*base, "--from", "bid", "--video", tiny)
    assert unknown.exit_code == 3
    assert "Did you mean 'bids'?" in unknown.output
    sign = run(*base, "--from", "bids", "--video", tiny, "--looked-for", "tonik")
    assert sign.exit_code == 3
    assert "Did you mean 'tonic'?" in sign.output
    assert not out.exists()
