"""A model that answers better once its question is reworded, and what it is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from s3ns.facts import Absence, Document, Finding, Recording, Side, Step
from s3ns.neural.mllm.wording import Wording
from tests.cli.conftest import Run
from tests.neural.media import picture, write_video
from tests.neural.mllm.stub_server import NO, Body, answer, stub_server, text_of

MAGIC = "Look at the nose."
REWORD = f"Of course:\n```\nDid the head turn? {MAGIC}\n```"


def script(body: Body) -> str:
    """Say no to everything, unless told where to look."""
    text = text_of(body)
    system = body["messages"][0]["content"]
    if system == "You write instructions.":
        return REWORD
    told = MAGIC in text or MAGIC in system
    if told and "Frame 60" not in text:  # the second window of each video
        return answer(answer="yes", side="left", first_frame=5, last_frame=20)
    return NO


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a table of six patients with a video each, in which the head turns."""
    folder = tmp_path_factory.mktemp("dev")
    rows = ["patient,video,document"]
    step = Step(stage="import", tool="t", version="1")
    for number in range(6):
        images = [np.roll(picture(k), 8 * number, axis=1) for k in range(80)]
        write_video(folder / f"Doe_{number}.mp4", images=images, rate=2)
        recording = Recording(id=f"rec-{number}", duration=40)
        turn = Finding(
            sign="head_turning", start=31, end=38, side=Side.LEFT, source="expert"
        )
        rest = Absence(sign="head_turning", start=0, end=31, source="expert")
        truth = Document(recording=recording).with_observations([turn, rest], step)
        truth.write(folder / f"{number}.json")
        rows.append(f"Jane{number},Doe_{number}.mp4,{number}.json")
    path = folder / "development.csv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def words(table: Path, url: str, *more: object) -> list[object]:
    settings = ["--set", f"server={url}", "--set", "cache=off"]
    settings += ["--set", "signs=head_turning"]
    return ["optimise", table, "--model", "m", *settings, *more]


def test_a_better_wording_is_found_and_judged_on_other_patients(
    run: Run, table: Path, tmp_path: Path
) -> None:
    pytest.importorskip("gepa", reason="needs the extra mllm")
    target = tmp_path / "wording.json"
    with stub_server(script) as stub:
        result = run(*words(table, stub.url, "--calls", 40, "-o", target))
        assert result.exit_code == 0, result.output
        for raw in stub.raw:
            assert b"Doe" not in raw
            assert b"Jane" not in raw
            assert str(table.parent).encode() not in raw
    assert "50 % before, 100 % after (4 questions)" in result.stderr
    found = json.loads(target.read_text("utf-8"))
    assert MAGIC in found["system"] + found["questions"]["head_turning"]
    # What was found is what the extractor then asks.
    video = table.parent / "Doe_0.mp4"
    with stub_server(script) as stub:
        more = ["--set", f"wording={target}", "--extractor", "mllm", "--json"]
        asked = words(table, stub.url)[2:]
        result = run("extract", video, *asked, *more)
    assert result.exit_code == 0, result.output
    document = Document.from_json(result.stdout)
    assert [finding.sign for finding in document.findings] == ["head_turning"]
    assert document.provenance[0].parameters["wording"] is not None


@pytest.mark.parametrize(
    ("keep", "said"),
    [(3, "3 patients, got 2"), (1, "3 patients, got 0"), (0, "lacks the column")],
)
def test_too_few(run: Run, table: Path, keep: int, said: str) -> None:
    short = table.parent / f"short-{keep}.csv"
    short.write_text("\n".join(table.read_text("utf-8").splitlines()[:keep]), "utf-8")
    with stub_server(script) as stub:
        result = run(*words(short, stub.url))
    assert result.exit_code == 3
    assert said in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no wording"),
        ('{"questions": {}, "other": 1}', "other"),
        ('{"questions": {"tonik": "?"}}', "Did you mean 'tonic'"),
        (json.dumps({"system": "x" * 5000}), "more than 4000"),
    ],
)
def test_wordings_that_cannot_be_read(
    run: Run, table: Path, tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "wording.json"
    path.write_text(text, "utf-8")
    video = table.parent / "Doe_0.mp4"
    with stub_server(script) as stub:
        asked = words(table, stub.url)[2:]
        more = ["--set", f"wording={path}", "--extractor", "mllm"]
        result = run("extract", video, *asked, *more)
        assert stub.bodies == []
    assert result.exit_code == 3
    assert said in result.stderr


def test_the_first_wording_is_the_vocabularys() -> None:
    from s3ns.facts import vocabulary

    for sign in vocabulary().signs:
        assert Wording().of(sign) == sign.question
