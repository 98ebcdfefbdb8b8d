"""A model that answers better once its question is reworded, and what it is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from s3ns.facts import (
    Absence,
    Document,
    Finding,
    Recording,
    Side,
    Step,
    vocabulary,
)
from s3ns.neural.mllm.interview import Interviewer, open_backend
from s3ns.neural.mllm.optimise import Example, optimise
from s3ns.neural.mllm.request import Picture
from s3ns.neural.mllm.settings import MllmSettings
from s3ns.neural.mllm.windows import Look, Shot, Window
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
    ("lines", "said"),
    [
        (["a,Doe_0.mp4,0.json", "a ,Doe_1.mp4,1.json", "b,Doe_2.mp4,2.json"], "got 2"),
        ([" ,Doe_0.mp4,0.json"], "names no patient for Doe_0.mp4"),
        (["a,Doe_0.mp4,0.json", "b,copy.mp4,0.json"], "another patient for copy.mp4"),
    ],
)
def test_nobody_is_judged_on_whom_a_wording_is_from(
    run: Run, table: Path, lines: list[str], said: str
) -> None:
    pytest.importorskip("gepa", reason="needs the extra mllm")
    shutil.copy(table.parent / "Doe_0.mp4", table.parent / "copy.mp4")
    wrong = table.parent / "patients.csv"
    wrong.write_text("\n".join(["patient,video,document", *lines]), "utf-8")
    with stub_server(script) as stub:
        result = run(*words(wrong, stub.url))
    assert result.exit_code == 3, result.output
    assert said in result.stderr


def test_a_document_of_another_recording_is_refused(run: Run, table: Path) -> None:
    other = Recording(id="rec-9", duration=40, sha256="9" * 64)
    Document(recording=other).write(table.parent / "other.json")
    wrong = table.parent / "wrong.csv"
    wrong.write_text("patient,video,document\na,Doe_0.mp4,other.json\n", "utf-8")
    with stub_server(script) as stub:
        result = run(*words(wrong, stub.url))
    assert result.exit_code == 3
    assert "other.json is of another recording than Doe_0.mp4" in result.stderr


def test_examples_and_trials_are_bounded(table: Path) -> None:
    pytest.importorskip("gepa", reason="needs the extra mllm")
    sign = vocabulary().by_name["head_turning"]
    look, shot = Look(30.0, 5.0, 2.0), Shot(0.0, Picture(b""))
    windows = {k: Window(look, 0.0, k / 2, (shot,) * k) for k in (20, 60)}
    examples = [
        Example(f"p{k}", sign, windows[frames], frames == 20)
        for k in range(60)
        for frames in windows
    ]
    with stub_server(script) as stub:
        given = {"server": stub.url, "model": "m", "cache": "off"}
        settings = msgspec.convert(given, MllmSettings)
        with Interviewer(open_backend(settings, "cpu")) as interviewer:
            found = optimise(examples, interviewer, calls=20, start=Wording())
    # With 40 examples to choose on, there would be no trial left for a rewording.
    assert found.counts == (40, 5, 40)
    assert MAGIC in found.wording.system + found.wording.of(sign)


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
