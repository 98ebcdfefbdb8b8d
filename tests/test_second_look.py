"""The rules ask, a model answers, and the verdict is derived anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner

from s3ns.cli import main
from s3ns.facts import (
    CapabilityError,
    Document,
    InputError,
    Label,
    Recording,
    Side,
    document_schema,
)
from s3ns.neural.container import pseudonym
from s3ns.neural.extractor import ExtractOptions
from s3ns.second_look import check
from s3ns.symbolic import Reasoner
from s3ns.symbolic.cases import scene
from tests.neural.media import write_video
from tests.neural.mllm.stub_server import (
    NO,
    Body,
    Fault,
    answer,
    sign_of,
    stub_server,
    text_of,
)
from tests.neural.mllm.tiny_models import internvl, make_it_say

SHAKING = (
    "full_body_shaking 5-35",
    "? close_eyes face_not_visible 0-40",
    "? asynchronous_movement limb_covered 0-40",
)
DOUBTED = (
    "tonic bilateral 10-20 @0.55",
    "clonic right 10-20 @0.55",
    "nothing else 0-40",
)

Check = Callable[..., Document]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ward")
    return write_video(folder / "Doe_Jane.mp4", count=400, rate=10)


def of(video: Path, lines: tuple[str, ...], *, mirrored: bool = False) -> Document:
    found = scene(lines, 40.0)
    recording = Recording(id=pseudonym(video), duration=40.0, mirrored=mirrored)
    return msgspec.structs.replace(found, recording=recording)


@pytest.fixture
def checked(reasoner: Reasoner, video: Path) -> Check:
    def run(url: str, document: Document, **settings: object) -> Document:
        given = {"server": url, "model": "m", "cache": "off", "retries": 0} | settings
        options = ExtractOptions(settings={k: str(v) for k, v in given.items()})
        return check(document, video, options, extractor="mllm", reasoner=reasoner)

    return run


def label(document: Document) -> Label:
    assert document.verdict is not None
    return document.verdict.label


def test_the_answer_settles_the_verdict(
    checked: Check, reasoner: Reasoner, video: Path
) -> None:
    def script(body: Body) -> str:
        frames = text_of(body).count("Frame ") - 1
        return answer(answer="yes", first_frame=1, last_frame=frames, words="lids shut")

    document = of(video, SHAKING)
    assert label(reasoner.reason(document)) is Label.INDETERMINATE
    with stub_server(script) as stub:
        found = checked(stub.url, document)
    assert label(found) is Label.NON_EPILEPTIC_EVENT
    jsonschema.validate(json.loads(found.to_json()), document_schema())
    # What it asked about first is what the rules wanted to know, where they did.
    assert sign_of(stub.bodies[0]).name == "close_eyes"
    new = [item for item in found.findings if item.source == "mllm check"]
    assert "close_eyes" in {item.sign for item in new}
    for item in new:
        assert "lids shut" in item.evidence
    kept = {(f.sign, f.side, f.start, f.end, f.source) for f in found.findings}
    assert kept >= {
        (f.sign, f.side, f.start, f.end, f.source) for f in document.findings
    }
    assert set(document.unassessable) <= set(found.unassessable)
    assert found.proof is not None
    assert any("lids shut" in node.text for node in found.proof.nodes)
    steps = [step for step in found.provenance if step.stage == "check"]
    assert steps
    assert steps[0].parameters["model"] == "m"


def test_no_is_an_answer_too_and_nothing_is_asked_twice(
    checked: Check, video: Path
) -> None:
    with stub_server(lambda body: NO) as stub:
        found = checked(stub.url, of(video, SHAKING))
    assert [i for i in found.findings if i.source == "mllm check"] == []
    assert any(
        (i.sign, i.source) == ("close_eyes", "mllm check") for i in found.absences
    )
    asked = [json.dumps(body) for body in stub.bodies]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("said", ["", "nonsense", answer(answer="cannot_tell")])
def test_an_answer_that_says_nothing_changes_nothing(
    checked: Check, reasoner: Reasoner, video: Path, said: str
) -> None:
    document = of(video, SHAKING)
    before = reasoner.reason(document)
    with stub_server(lambda body: said) as stub:
        found = checked(stub.url, document)
    assert stub.bodies
    assert label(found) is label(before)
    assert (found.findings, found.absences) == (before.findings, before.absences)


def test_a_doubted_finding_that_the_model_does_not_see_counts_less(
    checked: Check, reasoner: Reasoner, video: Path
) -> None:
    document = of(video, DOUBTED)
    assert label(reasoner.reason(document)) is Label.EPILEPTIC_SEIZURE
    with stub_server(lambda body: NO) as stub:
        found = checked(stub.url, document)
    assert label(found) is not Label.EPILEPTIC_SEIZURE
    assert found.proof is not None
    said = [node.text for node in found.proof.nodes if node.kind == "finding"]
    # What each source said stays as it was said; the rules weigh it.
    doubted = [f for f in found.findings if f.source != "mllm check"]
    assert {f.confidence for f in doubted} == {f.confidence for f in document.findings}
    denied = [text for text in said if "not seen by mllm check" in text]
    for text in denied:
        # odds of 0.55 to 0.45, times 0.4 to 0.6
        assert "confidence 0.45, from annotation 0.55" in text


def test_a_doubted_finding_that_the_model_sees_counts_more(
    checked: Check, reasoner: Reasoner, video: Path
) -> None:
    def script(body: Body) -> str:
        frames = text_of(body).count("Frame ") - 1
        side = "bilateral" if sign_of(body).name == "tonic" else "right"
        return answer(answer="yes", side=side, first_frame=1, last_frame=frames)

    with stub_server(script) as stub:
        found = checked(stub.url, of(video, DOUBTED))
    assert found.proof is not None
    said = [node.text for node in found.proof.nodes if node.kind == "finding"]
    confirmed = [
        text for text in said if "from annotation 0.55, mllm check 0.60" in text
    ]
    assert confirmed
    for text in confirmed:
        # odds of 0.6 to 0.4 and, for the second by 0.54, of 0.55 to 0.45
        assert "confidence 0.63" in text or "confidence 0.62" in text


def test_sides_of_a_mirrored_recording_are_the_patients_own(
    checked: Check, video: Path
) -> None:
    def script(body: Body) -> str:
        words = "the left hand jerks"
        return answer(
            answer="yes", side="left", first_frame=1, last_frame=20, words=words
        )

    lines = ("tonic bilateral 10-20", "? clonic frame_rate_too_low 0-40")
    with stub_server(script) as stub:
        found = checked(stub.url, of(video, lines, mirrored=True))
    new = [f for f in found.findings if f.source == "mllm check" and f.sign == "clonic"]
    assert {f.side for f in new} == {Side.RIGHT}
    assert all('"the right hand jerks"' in f.evidence for f in new)


def test_nothing_is_asked_where_nothing_is_in_doubt(
    checked: Check, video: Path
) -> None:
    lines = (
        "tonic bilateral 10-20 @1",
        "clonic bilateral 20-38 @1",
        "nothing else 0-40",
    )
    with stub_server(lambda body: NO) as stub:
        found = checked(stub.url, of(video, lines))
    assert stub.bodies == []
    assert [step.stage for step in found.provenance] == ["extract", "reason"]


def test_a_model_in_this_process_answers(
    reasoner: Reasoner, video: Path, tmp_path: Path
) -> None:
    pytest.importorskip("transformers", reason="needs the extra mllm")
    internvl(tmp_path)
    make_it_say(tmp_path)
    document = of(video, ("tonic bilateral 10-20", "? clonic limb_covered 0-40"))
    given = {"model": str(tmp_path), "cache": "off"}
    options = ExtractOptions(device="cpu", fps=10, settings=given)
    found = check(document, video, options, extractor="mllm", reasoner=reasoner)
    new = [item for item in found.findings if item.source == "mllm check"]
    assert {(item.sign, item.side) for item in new} >= {("clonic", Side.LEFT)}
    assert found.verdict is not None
    assert found.verdict.score_epileptic > 0


def test_errors(
    checked: Check, reasoner: Reasoner, video: Path, tmp_path: Path
) -> None:
    with stub_server(lambda body: Fault.STATUS_500) as stub:
        with pytest.raises(CapabilityError, match="HTTP status 500"):
            checked(stub.url, of(video, SHAKING))
        other = write_video(tmp_path / "other.mp4", count=30)
        with pytest.raises(InputError, match="the video is another"):
            checked(stub.url, of(other, SHAKING))
    with pytest.raises(CapabilityError, match="use --extractor mllm"):
        check(
            of(video, SHAKING),
            video,
            ExtractOptions(),
            extractor="landmarks",
            reasoner=reasoner,
        )


def test_the_command(video: Path, tmp_path: Path) -> None:
    given, target = tmp_path / "given.json", tmp_path / "checked.json"
    of(video, SHAKING).write(given)
    with stub_server(lambda body: NO) as stub:
        settings = ["--set", f"server={stub.url}", "--set", "cache=off"]
        words = ["check", str(given), str(video), "--model", "m", *settings]
        result = CliRunner().invoke(main, [*words, "-o", str(target)])
    assert result.exit_code == 0, result.output
    assert "the rules asked 1 times" in result.stderr
    assert Document.read(target).inquiry is not None
