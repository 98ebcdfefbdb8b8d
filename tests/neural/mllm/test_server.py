"""The whole way over a server: video in, findings out, whatever the server does."""

from __future__ import annotations

import base64
import json
import random
import time
from pathlib import Path
from threading import Event, Lock

import jsonschema
import msgspec
import numpy as np
import pytest

from s3ns.facts import (
    CapabilityError,
    Document,
    InputError,
    Side,
    document_schema,
    vocabulary,
)
from s3ns.neural.container import pseudonym
from s3ns.neural.mllm.server import Server
from s3ns.neural.mllm.settings import MllmSettings
from s3ns.symbolic import Reasoner
from tests.neural.media import number_of, write_video
from tests.neural.mllm.conftest import LENGTH, Extract
from tests.neural.mllm.stub_server import (
    NO,
    Body,
    Fault,
    answer,
    sign_of,
    stub_server,
    text_of,
)

USUAL = {"tonic", "head_turning", "pelvic_thrusting"}


def scripted(body: Body) -> str:
    """See the head turn to the left, late in the first window, and nothing else."""
    if sign_of(body).name != "head_turning" or "Frame 60" not in text_of(body):
        return NO
    return answer(
        answer="yes", side="left", first_frame=45, last_frame=60, words="nose turns"
    )


def spans(items: object, sign: str) -> list[tuple[float, float]]:
    return [(i.start, i.end) for i in items if i.sign == sign]  # type: ignore[attr-defined]


# --- what comes out -------------------------------------------------------------------


def test_a_video_becomes_findings_and_a_verdict(
    extract: Extract, reasoner: Reasoner
) -> None:
    with stub_server(scripted) as stub:
        document = extract(stub.url)
    jsonschema.validate(json.loads(document.to_json()), document_schema())
    (finding,) = document.findings
    assert (finding.sign, finding.side) == ("head_turning", Side.LEFT)
    assert (finding.start, finding.end) == (22.0, 30.0)
    assert finding.source == "mllm"
    assert "nose turns" in finding.evidence
    # The second window, from 25 s on, did not show it; the finding stands all the same.
    assert spans(document.absences, "head_turning") == [(0, 22), (30, 40)]
    assert spans(document.absences, "tonic") == [(0, LENGTH)]
    assert reasoner.reason(document).verdict is not None


def test_every_sign_is_accounted_for(extract: Extract) -> None:
    with stub_server(lambda body: NO) as stub:
        document = extract(stub.url)
    told = {item.sign for item in (*document.absences, *document.unassessable)}
    assert told == set(vocabulary().by_name)
    why = {item.sign: item.reason for item in document.unassessable}
    assert why == {
        "occur_during_sleep": "no_quiet_lead_in",
        "ictal_vocalization": "no_extractor",
        "verbal_responsiveness": "no_extractor",
        # Jerks were looked for only where most moved.
        "clonic": "frame_rate_too_low",
        "eye_blinking": "frame_rate_too_low",
        "face_twitching": "frame_rate_too_low",
    }


def test_a_mirrored_recording_gives_the_other_side(extract: Extract) -> None:
    with stub_server(scripted) as stub:
        document = extract(stub.url, mirrored=True, signs="head_turning")
    assert [item.side for item in document.findings] == [Side.RIGHT]


def test_only_the_signs_asked_for_are_asked_about(extract: Extract) -> None:
    with stub_server(lambda body: NO) as stub:
        document = extract(stub.url, signs="tonic, head_turning")
    assert {sign_of(body).name for body in stub.bodies} == {"tonic", "head_turning"}
    assert {item.sign for item in document.absences} == {"tonic", "head_turning"}
    with stub_server(lambda body: NO) as stub, pytest.raises(CapabilityError) as error:
        extract(stub.url, signs="tonik")
    assert "Did you mean 'tonic'" in str(error.value)


def test_a_model_that_hears_gets_the_sound(extract: Extract) -> None:
    def script(body: Body) -> str:
        kinds = [part["type"] for part in body["messages"][-1]["content"]]
        assert "input_audio" in kinds
        return answer(answer="yes", first_frame=1, last_frame=4)

    with stub_server(script) as stub:
        document = extract(stub.url, hears=True, signs="ictal_vocalization")
    assert spans(document.findings, "ictal_vocalization") == [(0, 2), (25, 27)]


@pytest.mark.parametrize("overlap", [10, 11])
def test_windows_that_would_never_end_are_refused(
    extract: Extract, overlap: int
) -> None:
    with pytest.raises(CapabilityError, match="must share less than that"):
        extract("http://127.0.0.1:1/v1", window=10, overlap=overlap)


def test_a_recording_without_sound_says_so(extract: Extract, tmp_path: Path) -> None:
    mute = write_video(tmp_path / "mute.mp4", count=30)
    with stub_server(lambda body: NO) as stub:
        document = extract(stub.url, hears=True, signs="ictal_vocalization", video=mute)
    assert stub.bodies == []
    assert [item.reason for item in document.unassessable] == ["no_audio"]


def test_what_cannot_be_decoded_is_no_absence(extract: Extract, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, count=80, rate=2, codec="mjpeg", pixels="yuvj420p")
    raw = bytearray(path.read_bytes())
    begin, end = raw.index(b"mdat"), raw.index(b"moov")
    middle = begin + (end - begin) * 3 // 4  # pictures from about 30 s on
    raw[middle:end] = bytes(end - middle - 4) + raw[end - 4 : end]
    path.write_bytes(raw)
    with stub_server(lambda body: NO) as stub:
        document = extract(stub.url, signs="tonic", video=path)
    ((start, end),) = spans(document.absences, "tonic")
    assert start == 0
    assert 28 < end < 34
    assert [(i.start, i.end) for i in document.unassessable] == [(end, LENGTH)]
    assert "damaged" in " ".join(document.provenance[0].remarks)


def test_what_has_no_sound_is_no_silence(extract: Extract, tmp_path: Path) -> None:
    path, sound = tmp_path / "a.mp4", np.zeros(16_000 * 8, np.float32)
    write_video(path, count=80, rate=2, sound=sound)
    with stub_server(lambda body: NO) as stub:
        document = extract(stub.url, hears=True, signs="ictal_vocalization", video=path)
    ((start, end),) = spans(document.absences, "ictal_vocalization")
    assert (start, end) == (0, pytest.approx(8, abs=0.5))
    assert [(i.start, i.end, i.reason) for i in document.unassessable] == [
        (end, LENGTH, "no_audio")
    ]


# --- what is sent ---------------------------------------------------------------------


def test_nothing_sent_names_the_patient_or_the_recording(
    extract: Extract, ward: Path
) -> None:
    with stub_server(scripted) as stub:
        document = extract(stub.url)
    secrets = ["doe", "jane", "mercy", ward.stem, ward.name, str(ward.parent)]
    secrets += [pseudonym(ward), document.recording.sha256[:10]]
    for raw in stub.raw:
        seen = raw.lower()
        assert not [word for word in secrets if word.lower().encode() in seen]
    for body in stub.bodies:
        assert set(body) <= {
            "model",
            "messages",
            "temperature",
            "top_p",
            "seed",
            "max_tokens",
            "response_format",
            "logprobs",
            "top_logprobs",
        }


def test_frames_are_numbered_timed_and_those_of_the_window(extract: Extract) -> None:
    import cv2
    import numpy as np

    with stub_server(lambda body: NO) as stub:
        extract(stub.url, signs="tonic", concurrency=1)
    first, second = stub.bodies
    for body, start, count in ((first, 0.0, 60), (second, 25.0, 30)):
        parts = body["messages"][-1]["content"]
        pictures = [p for p in parts if p["type"] == "image_url"]
        assert len(pictures) == count
        for k, picture in enumerate(pictures):
            label = parts[2 * k]["text"]
            assert label == f"Frame {k + 1}, {k / 2:.1f} s:"
            data = picture["image_url"]["url"].removeprefix("data:image/jpeg;base64,")
            raw = np.frombuffer(base64.b64decode(data), np.uint8)
            image = cv2.imdecode(raw, cv2.IMREAD_COLOR)[:, :, ::-1]
            assert number_of(image) == round(10 * (start + k / 2)) % 256


def test_jerks_are_shown_at_ten_pictures_per_second_where_most_moves(
    extract: Extract, tmp_path: Path
) -> None:
    import numpy as np

    still = np.full((96, 128, 3), 90, np.uint8)
    images = [still.copy() for _ in range(300)]
    for k in range(170, 200):  # something moves from 17 to 20 s
        images[k][:, : 4 * (k % 20)] = 200
    video = write_video(tmp_path / "moves.mp4", images=images, rate=10)
    with stub_server(lambda body: NO) as stub:
        document = extract(stub.url, video=video, signs="clonic", fast_windows=1)
    (body,) = stub.bodies
    assert "Frame 60, 5.9 s:" in text_of(body)
    assert spans(document.absences, "clonic") == [(15.0, 21.0)]


@pytest.mark.parametrize(("rate", "settings"), [(5, {}), (10, {"rate": 5.0})])
def test_jerks_that_pictures_may_miss_are_not_asked_about(
    extract: Extract, tmp_path: Path, rate: int, settings: dict[str, float]
) -> None:
    video = write_video(tmp_path / "slow.mp4", count=30, rate=rate)
    with stub_server(lambda body: NO) as stub:
        document = extract(
            stub.url, video=video, signs="clonic,eye_blinking", **settings
        )
    assert stub.bodies == []
    reasons = {item.sign: item.reason for item in document.unassessable}
    assert reasons == dict.fromkeys(("clonic", "eye_blinking"), "frame_rate_too_low")
    assert not document.absences


def test_an_answer_is_constrained_by_a_schema_and_sampling_is_fixed(
    extract: Extract,
) -> None:
    with stub_server(lambda body: NO) as stub:
        extract(stub.url)
    for body in stub.bodies:
        assert body["temperature"] == 0
        assert body["seed"] == 0
        form = body["response_format"]
        assert form["type"] == "json_schema"
        schema = form["json_schema"]["schema"]
        jsonschema.Draft202012Validator.check_schema(schema)
        sign = sign_of(body)
        assert ("side" in schema["properties"]) == sign.is_sided
        jsonschema.validate(
            {"words": "", "answer": "no", "first_frame": 0, "last_frame": 0}
            | ({"side": "unknown"} if sign.is_sided else {}),
            schema,
        )


def test_questions_are_put_at_once_and_the_result_is_always_the_same(
    extract: Extract, tmp_path: Path
) -> None:
    noise = random.Random(0)

    def slowly(body: Body) -> str:
        time.sleep(noise.random() / 100)
        return scripted(body)

    results = []
    for run in range(2):
        with stub_server(slowly) as stub:
            results.append(extract(stub.url, cache=tmp_path / str(run)).to_json())
        assert 1 < stub.most_at_once <= 4
    assert results[0] == results[1]


# --- servers that fail ----------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [f for f in Fault if f not in {Fault.STATUS_400, Fault.REDIRECT}]
)
def test_a_fault_that_passes_leaves_no_trace(extract: Extract, fault: Fault) -> None:
    lock, met = Lock(), set[str]()

    def once(body: Body) -> str | Fault:
        with lock:
            name = sign_of(body).name
            new = name not in met
            met.add(name)
        return fault if new else scripted(body)

    signs = ",".join(USUAL)
    with stub_server(once) as stub:
        document = extract(stub.url, signs=signs, timeout=0.3)
    with stub_server(scripted) as stub:
        assert extract(stub.url, signs=signs, cache="off") == document


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_that_stays_is_an_error_of_one_line(
    extract: Extract, fault: Fault
) -> None:
    with (
        stub_server(lambda body: fault) as stub,
        pytest.raises(CapabilityError) as error,
    ):
        extract(stub.url, timeout=0.2, retries=1, concurrency=1)
    said = str(error.value)
    assert said.isprintable()
    assert "127.0.0.1" in said
    # A request that is refused is put once more without asking for probabilities.
    tries = 1 if fault is Fault.REDIRECT else 2
    assert [text_of(body) for body in stub.bodies].count(text_of(stub.bodies[0])) == (
        tries
    )


@pytest.mark.parametrize("name", ["timeout", "backoff"])
def test_nobody_waits_for_ever(extract: Extract, name: str) -> None:
    with pytest.raises(CapabilityError, match=f"wrong setting .*{name}"):
        extract("http://127.0.0.1:1/v1", **{name: "inf"})


def test_no_server_at_all(extract: Extract) -> None:
    with stub_server(lambda body: NO) as stub:
        pass
    with pytest.raises(CapabilityError, match="run the same command again"):
        extract(stub.url, retries=0)


def test_a_run_goes_on_after_the_server_died(extract: Extract) -> None:
    died, asked = Event(), list[str]()
    lock = Lock()

    def dies(body: Body) -> str | Fault:
        with lock:
            asked.append(text_of(body))
            if len(asked) > 10:
                died.set()
        return Fault.BREAK_OFF if died.is_set() else scripted(body)

    with stub_server(dies) as stub, pytest.raises(CapabilityError):
        extract(stub.url, retries=1, concurrency=1)
    assert died.is_set()
    answered = asked[:10]
    with stub_server(scripted, port=stub.port) as stub:
        resumed = extract(stub.url)
        again = [text_of(body) for body in stub.bodies]
        count = len(stub.bodies)
        assert extract(stub.url) == resumed
        assert len(stub.bodies) == count
    with stub_server(scripted) as stub:
        assert extract(stub.url, cache="off") == resumed
    # Windows of as many frames are told apart by their pictures only.
    assert len(again) + len(answered) == len(stub.bodies)


def test_a_damaged_kept_answer_is_asked_again(extract: Extract, tmp_path: Path) -> None:
    with stub_server(scripted) as stub:
        document = extract(stub.url, signs="head_turning")
        files = sorted((tmp_path / "answers").glob("*.json"))
        assert len(files) == 2
        files[0].write_bytes(b'{"answ')
        files[1].write_bytes(b'{"text": "", "a":' + b"[" * 100_000)
        assert extract(stub.url, signs="head_turning") == document
        assert len(stub.bodies) == 4


def test_kept_answers_are_the_users_own(extract: Extract, tmp_path: Path) -> None:
    with stub_server(scripted) as stub:
        extract(stub.url, signs="head_turning")
    folder = tmp_path / "answers"
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_answers_cannot_be_kept(extract: Extract, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        stub_server(scripted) as stub,
        pytest.raises(InputError, match="--set cache=off"),
    ):
        extract(stub.url, cache=tmp_path / "file" / "below")


@pytest.mark.parametrize(
    "said",
    [
        "",
        "I cannot help with that.",
        "no",
        "No, the person's head did not turn.",
        '{"answer": "no"',
        '{"answer": "maybe"}',
        '{"answer": null}',
        '["no"]',
        "{" * 10_000,
        '{"a":' * 5_000,
        answer(answer="yes", side="left", first_frame=3, last_frame=99),
        answer(answer="yes", side="left", first_frame=5, last_frame=4),
        answer(answer="yes", side="left"),
        answer(answer="yes", side="up", first_frame=1, last_frame=2),
        f"<think>First {answer(answer='no')} comes to mind, but",
        f"{answer(answer='no')} {'so it seems ' * 2000}</think> I cannot tell.",
    ],
)
def test_an_answer_that_cannot_be_used_is_never_no(extract: Extract, said: str) -> None:
    with stub_server(lambda body: said) as stub:
        document = extract(stub.url, signs="head_turning")
    assert document.findings == ()
    assert document.absences == ()
    (item,) = document.unassessable
    assert (item.start, item.end, item.reason) == (0.0, LENGTH, "answer_unusable")
    assert document.provenance[0].remarks[-1] == "2 of 2 answers could not be used"


def test_what_a_model_says_comes_without_control_codes(extract: Extract) -> None:
    words = "turns\x1b[2J\u202e left\n\n" + "x" * 1000
    said = answer(answer="YES", side="Left", first_frame="2", last_frame=9, words=words)
    with stub_server(lambda body: f"Sure! ```json\n{said}\n```") as stub:
        document = extract(stub.url, signs="head_turning")
    for finding in document.findings:
        assert finding.evidence.isprintable()
        assert len(finding.evidence) < 400


# --- nothing leaves the machine -------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "http://192.168.0.7:8000/v1",
        "https://api.example.com/v1",
        "http://localhost.example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://0.0.0.0:8000/v1",
        "http://[::ffff:8.8.8.8]/v1",
    ],
)
def test_other_machines_are_refused_unless_allowed_by_name(address: str) -> None:
    given = {"server": address, "model": "m", "cache": "off"}
    with pytest.raises(CapabilityError, match="pictures and sound of the patient"):
        Server(msgspec.convert(given, MllmSettings))
    given |= {"send_video_to": "other.example.com"}
    with pytest.raises(CapabilityError, match="would leave this one"):
        Server(msgspec.convert(given, MllmSettings))


def test_a_machine_allowed_by_name_is_spoken_to() -> None:
    given = {"server": "https://gpu.ward.example/v1", "model": "m", "cache": "off"}
    given |= {"send_video_to": "GPU.ward.example"}
    server = Server(msgspec.convert(given, MllmSettings))
    assert server.remarks == ("pictures and sound were sent to another machine",)
    given["server"] = "http://127.0.0.1:8000/v1"
    assert Server(msgspec.convert(given, MllmSettings)).remarks == ()


@pytest.mark.parametrize(
    "address",
    [
        "8000",
        "ftp://127.0.0.1/v1",
        "http://",
        "http://u:p@localhost/",
        "http://:p@localhost/",
        "http://[/",
    ],
)
def test_what_is_no_address(address: str) -> None:
    given = {"server": address, "model": "m", "cache": "off"}
    with pytest.raises(CapabilityError, match="expected an address such as"):
        Server(msgspec.convert(given, MllmSettings))


def test_proxies_and_redirections_carry_nothing_elsewhere(
    extract: Extract, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stub_server(lambda body: NO) as elsewhere, stub_server(scripted) as stub:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, elsewhere.url)
        assert extract(stub.url, signs="head_turning").findings
        assert elsewhere.bodies == []


def test_a_key_goes_to_the_server_alone(
    extract: Extract, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("S3NS_SERVER_KEY", "hush-hush")
    with stub_server(scripted) as stub:
        document: Document = extract(stub.url, signs="head_turning")
    assert all(b"Authorization: Bearer hush-hush" in raw for raw in stub.raw)
    assert "hush" not in document.to_json()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "answers").iterdir())
    assert b"hush" not in kept
