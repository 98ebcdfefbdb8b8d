"""What a model is shown of face, limbs and voice, with the real landmark models."""

from __future__ import annotations

import base64
import io
import json
import wave
from pathlib import Path

import cv2
import numpy as np
import pytest

from s3ns.facts import CapabilityError, Document, ModelError, Sign, vocabulary
from s3ns.neural.extractor import ExtractOptions, make_extractor
from s3ns.neural.mllm.denoise import without_noise
from s3ns.neural.mllm.enhance import CROP_PIXELS, DEFAULTS, enhancements
from s3ns.neural.mllm.questions import NOTES
from s3ns.neural.models import ModelStore
from s3ns.neural.video import SOUND_RATE
from tests.neural.media import write_video
from tests.neural.mllm.stub_server import NO, Body, Stub, sign_of, stub_server, text_of
from tests.neural.mllm.tiny_models import whisper

DEMO = Path(__file__).parents[3] / "samples" / "demo.mp4"
BLUE, ORANGE = (0, 114, 178), (230, 159, 0)
SIGNS = "close_eyes,tonic,blank_stare"


def ask(
    video: Path = DEMO,
    *,
    models: Path | None = None,
    roi: tuple[int, int, int, int] | None = None,
    **settings: object,
) -> tuple[Document, Stub]:
    given = {"model": "m", "cache": "off", "signs": SIGNS, "window": 3, "overlap": 0}
    texts = {name: str(value) for name, value in (given | settings).items()}
    with stub_server(lambda body: NO) as stub:
        texts["server"] = stub.url
        options = ExtractOptions(
            end=3.0, settings=texts, models=models, device="cpu", patient_roi=roi
        )
        extractor = make_extractor("mllm", texts)
        return extractor.extract(video, options, lambda *_: None), stub


def pictures(body: Body) -> list[np.ndarray]:
    parts = body["messages"][-1]["content"]
    urls = [p["image_url"]["url"] for p in parts if p["type"] == "image_url"]
    raws = [base64.b64decode(url.partition(",")[2]) for url in urls]
    return [
        cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
        for raw in raws
    ]


def by_sign(stub: Stub) -> dict[str, Body]:
    return {sign_of(body).name: body for body in stub.bodies}


def where(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Return the columns at which a picture has a colour."""
    near = np.abs(image.astype(int) - colour).max(axis=2) < 40
    return np.nonzero(near)[1]


@pytest.fixture(scope="module")
def shown(
    model_store: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Body], Path]:
    folder = tmp_path_factory.mktemp("enhanced")
    _, stub = ask(enhance="face:crop,limbs:skeleton", save_enhanced=folder)
    return by_sign(stub), folder


def test_faces_are_cut_out(shown: tuple[dict[str, Body], Path]) -> None:
    body = shown[0]["close_eyes"]
    assert NOTES["crop"].strip() in text_of(body)
    for image in pictures(body):
        assert image.shape == (CROP_PIXELS, CROP_PIXELS, 3)


def test_the_patients_own_sides_are_drawn(
    shown: tuple[dict[str, Body], Path],
) -> None:
    body = shown[0]["tonic"]
    assert NOTES["skeleton"].strip() in text_of(body)
    for image in pictures(body):
        # The patient of the demo faces the camera: the own left is on the right.
        assert np.median(where(image, BLUE)) > np.median(where(image, ORANGE))


def test_other_groups_are_shown_as_they_are(
    shown: tuple[dict[str, Body], Path],
) -> None:
    _, plain = ask()
    body = shown[0]["blank_stare"]
    assert body == by_sign(plain)["blank_stare"]
    for name in ("close_eyes", "tonic"):
        assert shown[0][name] != by_sign(plain)[name]


def test_what_was_shown_is_saved_if_it_was_changed(
    shown: tuple[dict[str, Body], Path],
) -> None:
    bodies, folder = shown
    (recording,) = folder.iterdir()
    assert recording.name.startswith("rec-")
    names = {path.name.rpartition("-")[2]: path for path in recording.iterdir()}
    assert set(names) == {"crop", "skeleton"}
    saved = sorted(names["skeleton"].glob("frame-*.jpg"))
    sent = pictures(bodies["tonic"])
    assert len(saved) == len(sent) == 6
    for path, image in zip(saved, sent, strict=True):
        assert np.array_equal(cv2.imread(str(path))[:, :, ::-1], image)


@pytest.mark.parametrize("enhance", ["", "all"])
def test_only_where_the_patient_is_said_to_be_is_shown(
    model_store: ModelStore, enhance: str
) -> None:
    roi = (100, 40, 160, 120)
    document, stub = ask(enhance=enhance, roi=roi)
    face = (CROP_PIXELS, CROP_PIXELS)
    for body in stub.bodies:
        for image in pictures(body):
            assert image.shape[:2] in {(120, 160), face if enhance else ()}
    assert document.provenance[0].parameters["patient_roi"] == "100,40,160,120"


def test_a_video_without_a_person_is_shown_as_it_is(
    model_store: ModelStore, tmp_path: Path
) -> None:
    room = np.full((240, 320, 3), 120, np.uint8)
    video = write_video(tmp_path / "room.mp4", images=[room] * 30, rate=10)
    _, plain = ask(video)
    _, enhanced = ask(video, enhance="all")
    for one, two in zip(plain.bodies, enhanced.bodies, strict=True):
        for image, other in zip(pictures(one), pictures(two), strict=True):
            assert np.array_equal(image, other)


def test_missing_models_are_an_error_only_if_they_are_needed(tmp_path: Path) -> None:
    assert ask(models=tmp_path)[1].bodies
    with pytest.raises(ModelError, match="s3ns models pull"):
        ask(models=tmp_path, enhance="face:crop")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("faces:crop", "Did you mean 'face'"),
        ("face:crp", "Did you mean 'crop'"),
        ("face", "allowed are crop, skeleton"),
        ("voice:crop", "allowed are denoise"),
        ("limbs:denoise", "allowed are crop, skeleton"),
    ],
)
def test_wrong_names(text: str, said: str) -> None:
    with pytest.raises(CapabilityError, match=said):
        enhancements(text)


def test_all_is_written_out_and_knows_every_group_it_names() -> None:
    assert enhancements("all") == DEFAULTS
    written = ",".join(f"{group}:{kind}" for group, kind in DEFAULTS.items())
    assert enhancements(written) == DEFAULTS


# --- sound ----------------------------------------------------------------------------


def groan_in_noise(level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a groan from 2 to 3 s, clean and with noise."""
    rng = np.random.default_rng(0)
    time = np.arange(6 * SOUND_RATE) / SOUND_RATE
    groan = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 6))
    clean = 0.1 * groan * ((time >= 2) & (time < 3))
    return clean, (clean + level * rng.standard_normal(len(time))).astype(np.float32)


@pytest.mark.parametrize("level", [0.02, 0.05, 0.1])
def test_noise_goes_and_a_groan_stays(level: float) -> None:
    clean, noisy = groan_in_noise(level)
    quiet = without_noise(noisy)
    assert quiet.shape == noisy.shape
    rest = np.concatenate([quiet[:25_000], quiet[60_000:]])
    assert rest.std() < 0.5 * level
    inside = slice(2 * SOUND_RATE, 3 * SOUND_RATE)
    likeness = np.corrcoef(quiet[inside], clean[inside])[0, 1]
    assert likeness > np.corrcoef(noisy[inside], clean[inside])[0, 1]
    assert quiet[inside].std() > 0.7 * clean[inside].std()


@pytest.mark.parametrize("length", [0, 1, 100, 5000, 48_000])
def test_silence_and_short_sounds_stay_whole(length: int) -> None:
    assert np.array_equal(without_noise(np.zeros(length, np.float32)), np.zeros(length))


def test_sound_is_sent_without_its_noise_if_asked(tmp_path: Path) -> None:
    _, noisy = groan_in_noise(0.05)
    video = write_video(tmp_path / "a.mp4", count=60, rate=10, sound=noisy)

    def quietest(enhance: str) -> float:
        _, stub = ask(video, enhance=enhance, hears=True, signs="ictal_vocalization")
        (body,) = stub.bodies
        parts = body["messages"][-1]["content"]
        (sound,) = [p["input_audio"] for p in parts if p["type"] == "input_audio"]
        with wave.open(io.BytesIO(base64.b64decode(sound["data"]))) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return float(samples[:25_000].std())

    assert quietest("voice:denoise") < 0.5 * quietest("")


def test_a_transcript_is_handed_to_questions_about_the_voice(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs the extra mllm")
    whisper(tmp_path / "whisper")
    _, noisy = groan_in_noise(0.05)
    video = write_video(tmp_path / "a.mp4", count=60, rate=10, sound=noisy)
    signs = "tonic,verbal_responsiveness,ictal_vocalization"
    folder = tmp_path / "kept"
    document, stub = ask(
        video, transcript=tmp_path / "whisper", signs=signs, save_enhanced=folder
    )
    asked = by_sign(stub)
    # A model that does not hear can judge from a transcript what was said, but no cry.
    assert set(asked) == {"tonic", "verbal_responsiveness"}
    (written,) = folder.rglob("transcript.txt")
    heard = written.read_text("utf-8").removesuffix("\n")
    quoted = json.dumps(heard, ensure_ascii=False)
    assert f"may err, understood: {quoted}" in text_of(asked["verbal_responsiveness"])
    assert "recogniser" not in text_of(asked["tonic"])
    why = {item.sign: item.reason for item in document.unassessable}
    assert why["ictal_vocalization"] == "no_extractor"
    assert str(tmp_path) not in document.to_json()
    told = document.provenance[0].parameters["transcript"]
    assert str(told).startswith("sha256:")


def test_every_group_has_a_view() -> None:
    signs: tuple[Sign, ...] = vocabulary().signs
    assert set(DEFAULTS) <= {sign.group for sign in signs}
