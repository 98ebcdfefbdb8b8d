"""Exported encoders: the same answers as torch, their provenance, and findings."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="export needs the train extra")
pytest.importorskip("onnxscript", reason="export needs the train extra")

import onnx  # noqa: E402

from s3ns.facts import (  # noqa: E402
    CapabilityError,
    Document,
    InputError,
    ModelError,
    Side,
    vocabulary,
)
from s3ns.neural.encoders import export as exporting  # noqa: E402
from s3ns.neural.encoders.architectures import (  # noqa: E402
    architecture_names,
    build,
)
from s3ns.neural.encoders.card import (  # noqa: E402
    WEIGHTS_FILE,
    EncoderCard,
    SignRecord,
    View,
)
from s3ns.neural.encoders.checkpoint import save_tensors  # noqa: E402
from s3ns.neural.encoders.export import Exportable, export  # noqa: E402
from s3ns.neural.encoders.findings import (  # noqa: E402
    _by_time,
    observations,
)
from s3ns.neural.encoders.parity import (  # noqa: E402
    OutputParity,
    _parity,
    measure,
)
from s3ns.neural.encoders.sources import (  # noqa: E402
    calibration_windows,
    encoder_in,
)
from s3ns.neural.extractor import ExtractOptions, make_extractor  # noqa: E402
from tests.neural.media import write_video  # noqa: E402

VIEW = View(frames=8, fps=8, picture=32)
SIGNS = ("tonic", "clonic", "pelvic_thrusting")


TRACED = "videomae"


def write_encoder(folder: Path, architecture: str = TRACED) -> Path:
    folder.mkdir(exist_ok=True)
    torch.manual_seed(3)
    records = tuple(SignRecord(sign=sign, seen=4, absent=5) for sign in SIGNS)
    card = EncoderCard(
        architecture=architecture, size="tiny", view=VIEW, signs=records, data="d" * 64
    )
    encoder = build(card)
    save_tensors(folder / WEIGHTS_FILE, encoder.state_dict())
    card.write(folder)
    return folder


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def traced(encoder: Path) -> tuple[Path, OutputParity]:
    path = encoder / "encoder.onnx"
    (parity,) = export(encoder_in(encoder), path)
    return path, parity


@pytest.fixture(scope="module")
def exported(traced: tuple[Path, OutputParity]) -> Path:
    return traced[0]


def look(video: Path, model: Path, **options: Any) -> Document:
    extractor = make_extractor("encoder", {"model": str(model)})
    return extractor.extract(
        video, ExtractOptions(device="cpu", **options), lambda *_: None
    )


@pytest.mark.parametrize("architecture", architecture_names())
def test_an_exported_encoder_gives_what_torch_gives(
    architecture: str, tmp_path: Path, traced: tuple[Path, OutputParity]
) -> None:
    _, parity = traced
    if architecture != TRACED:
        wanted = encoder_in(write_encoder(tmp_path / "encoder", architecture))
        (parity,) = export(wanted, tmp_path / "encoder.onnx")
    assert parity.output == "logits"
    assert parity.largest <= 1e-4
    assert parity.cosine <= 1e-8
    assert parity.scale > 1e-3  # the answers that were compared are not all nothing


@pytest.mark.parametrize(("precision", "most"), [("fp16", 0.05), ("int8", 0.2)])
def test_smaller_files_stay_close(
    encoder: Path, clips: Path, tmp_path: Path, precision: Any, most: float
) -> None:
    path, whole = tmp_path / "small.onnx", encoder / WEIGHTS_FILE
    videos = sorted(clips.rglob("*.mp4"))[:2]
    seen = calibration_windows(videos, VIEW) if precision == "int8" else None
    (parity,) = export(encoder_in(encoder), path, precision=precision, calibration=seen)
    assert 0 < parity.largest < most * parity.scale
    assert path.stat().st_size < whole.stat().st_size
    kinds = {node.op_type for node in onnx.load(path).graph.node}
    assert ("QuantizeLinear" in kinds) == (precision == "int8")


@pytest.mark.parametrize("count", [1, 2, 9])
def test_what_is_compared_set_no_range(clips: Path, count: int) -> None:
    videos = sorted(clips.rglob("*.mp4"))[:count]
    seen = calibration_windows(videos, VIEW)
    ranges = {sample[0].tobytes() for sample in seen.ranges}
    unseen = {sample[0].tobytes() for sample in seen.unseen}
    assert ranges
    assert unseen
    assert not ranges & unseen
    assert len(seen.ranges) + len(seen.unseen) == 4 * count


def test_too_little_to_calibrate_on(tmp_path: Path) -> None:
    video = write_video(tmp_path / "short.mp4", count=12, rate=8)
    with pytest.raises(InputError, match="at least two windows of 1 s"):
        calibration_windows([video], VIEW)


def test_a_file_that_differs_is_not_written(tmp_path: Path) -> None:
    class Drifting(torch.nn.Module):  # type: ignore[misc]
        """Gives another answer each time, as no exported file can."""

        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, values: Any) -> Any:
            self.calls += 1
            return values * self.calls

    sample = np.ones((1, 3), np.float32)
    wanted = Exportable(
        Drifting(), ("values",), ("found",), ((sample,), (sample,)), False, {}
    )
    with pytest.raises(ModelError, match="nothing was written"):
        export(wanted, tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())


def test_no_output_hides_behind_another_one(tmp_path: Path) -> None:
    class Undefined(torch.nn.Module):  # type: ignore[misc]
        def forward(self, values: Any) -> Any:
            return values + 1, (-values).sqrt()

    sample = np.ones((1, 3), np.float32)
    wanted = Exportable(Undefined(), ("values",), ("one", "two"), [[sample]], False, {})
    with pytest.raises(ModelError, match="two of the exported network differs"):
        export(wanted, tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())


def test_nothing_and_what_is_no_number_are_not_alike() -> None:
    ones, none = np.ones(3), np.zeros(3)
    assert _parity("x", [(ones, ones)]).cosine < 1e-9
    assert _parity("x", [(none, none)]).cosine == 0
    assert _parity("x", [(none, ones)]).cosine == 1
    assert np.isnan(_parity("x", [(ones * np.nan, ones)]).cosine)


def test_the_file_states_where_it_comes_from_and_no_path(
    encoder: Path, exported: Path
) -> None:
    model = onnx.load(exported)
    stated = {entry.key: entry.value for entry in model.metadata_props}
    card = EncoderCard.from_json(stated["s3ns.card"], name="card")
    assert card == EncoderCard.read(encoder)
    assert stated["s3ns.precision"] == "fp32"
    assert len(stated["s3ns.weights_sha256"]) == 64
    assert {entry.domain for entry in model.opset_import} <= {"", "ai.onnx"}
    raw = exported.read_bytes()
    assert str(encoder).encode() not in raw
    assert b"site-packages" not in raw


def test_weights_too_large_for_one_file_lie_beside_it(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clips: Path
) -> None:
    monkeypatch.setattr(exporting, "LARGEST_FILE", 20_000)
    path = tmp_path / "large.onnx"
    assert exporting._write(onnx.load(exported), path) == [tmp_path / "large.onnx.data"]
    assert {file.name for file in tmp_path.iterdir()} == {path.name, "large.onnx.data"}
    assert path.stat().st_size < (tmp_path / "large.onnx.data").stat().st_size
    video = clips / "patient-0" / "clip-0.mp4"
    large, usual = look(video, path), look(video, exported)
    assert (large.findings, large.absences) == (usual.findings, usual.absences)


def test_both_are_timed_on_the_same_threads(encoder: Path, exported: Path) -> None:
    wanted = encoder_in(encoder)
    before = torch.get_num_threads()
    speed = measure(wanted.network, exported, wanted.samples[0], threads=1)
    assert speed.threads == 1
    assert speed.torch > 0
    assert speed.onnxruntime > 0
    assert torch.get_num_threads() == before


def test_every_sign_of_a_video_is_accounted_for(exported: Path, clips: Path) -> None:
    document = look(clips / "patient-0" / "clip-0.mp4", exported)
    assert Document.from_json(document.to_json()) == document
    everything = (*document.findings, *document.absences, *document.unassessable)
    assert {item.sign for item in everything} == set(vocabulary().by_name)
    for sign in vocabulary().by_name:
        parts = sorted((i.start, i.end) for i in everything if i.sign == sign)
        assert parts[0][0] == 0.0
        assert parts[-1][1] == 4.0
        assert all(one[1] == other[0] for one, other in pairwise(parts))
    blind = {
        item.sign for item in document.unassessable if item.reason == "no_extractor"
    }
    assert blind == set(vocabulary().by_name) - set(SIGNS)
    (step,) = document.provenance
    assert step.models[0].name == "encoder"
    assert step.parameters["architecture"] == "videomae"
    assert str(exported) not in document.to_json()


def test_a_stretch_keeps_the_times_of_the_whole(exported: Path, clips: Path) -> None:
    part = look(clips / "patient-0" / "clip-0.mp4", exported, start=1.0, end=3.3)
    for item in (*part.findings, *part.absences, *part.unassessable):
        assert 1.0 <= item.start <= item.end <= 3.3
    tails = [i for i in part.unassessable if i.reason == "too_short" and i.end == 3.3]
    assert {item.sign for item in tails} >= set(SIGNS)


def test_a_video_shorter_than_a_window_is_not_assessable(
    exported: Path, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "short.mp4", count=5, rate=10)
    document = look(video, exported)
    assert not document.findings
    assert not document.absences


def test_a_recording_with_far_fewer_pictures_is_not_assessable(
    exported: Path, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "slow.mp4", count=9, rate=3)
    document = look(video, exported)
    assert not document.findings
    assert not document.absences
    reasons = {i.reason for i in document.unassessable if i.sign in SIGNS}
    assert reasons == {"frame_rate_too_low"}
    assert "3 pictures per second" in document.provenance[0].remarks[0]


def test_windows_are_put_together_in_memory_that_grows_with_them_alone() -> None:
    random = np.random.default_rng(0)
    begins = np.arange(0, 2000, 0.4)
    said = random.random((len(begins), 2))
    tracemalloc.start()
    edges, shares = _by_time(begins.tolist(), said, 1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
    for k in random.integers(0, len(shares), 50):
        middle = (edges[k] + edges[k + 1]) / 2
        shows = (begins <= middle) & (middle < begins + 1.0)
        np.testing.assert_allclose(shares[k], said[shows].mean(axis=0), atol=1e-8)


def test_memory_does_not_grow_with_the_video(exported: Path, tmp_path: Path) -> None:
    peaks = []
    for count in (64, 640):
        video = write_video(tmp_path / f"{count}.mp4", count=count, rate=16)
        tracemalloc.start()
        look(video, exported)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000


def test_other_models_and_missing_ones_are_refused(tmp_path: Path, clips: Path) -> None:
    video = clips / "patient-0" / "clip-0.mp4"
    with pytest.raises(CapabilityError, match="name a file that `s3ns export`"):
        make_extractor("encoder")
    with pytest.raises(ModelError, match="is not in"):
        look(video, tmp_path / "none.onnx")
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    ports = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1])
        for name in "xy"
    ]
    graph = onnx.helper.make_graph([node], "g", ports[:1], ports[1:])
    opset = [onnx.helper.make_opsetid("", 18)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match="is no encoder that `s3ns export`"):
        look(video, tmp_path / "other.onnx")


def test_a_card_that_is_not_of_the_file_is_refused(
    encoder: Path, exported: Path, tmp_path: Path, clips: Path
) -> None:
    video, file = clips / "patient-0" / "clip-0.mp4", tmp_path / "x.onnx"
    card = EncoderCard.read(encoder)
    fewer = msgspec.structs.replace(card, signs=card.signs[:1]).to_json()
    for text, said in (
        (fewer, "gives 3 answers for 1 signs"),
        ("{}", "not an encoder"),
    ):
        model = onnx.load(exported)
        onnx.helper.set_model_props(model, {"s3ns.card": text})
        onnx.save(model, file)
        with pytest.raises(ModelError, match=said):
            look(video, file)


def test_what_no_window_shows_is_not_assessable() -> None:
    records = (SignRecord(sign="clonic", seen=1, absent=1),)
    card = EncoderCard(architecture="videomae", size="tiny", view=VIEW, signs=records)
    begins = [0.0, 0.5, 1.0, 5.0, 5.5]
    found = observations(card, begins, np.full((5, 1), 0.1), (0.0, 6.5))
    clonic = [item for item in found if item.sign == "clonic"]
    assert [(type(i).__name__, i.start, i.end) for i in clonic] == [
        ("Absence", 0.0, 2.0),
        ("Unassessable", 2.0, 5.0),
        ("Absence", 5.0, 6.5),
    ]


def test_probabilities_become_three_values() -> None:
    card = EncoderCard(
        architecture="videomae",
        size="tiny",
        view=VIEW,
        signs=(
            SignRecord(sign="clonic", seen=1, absent=1, threshold=0.6),
            SignRecord(sign="pelvic_thrusting", seen=1, absent=1),
        ),
    )
    begins = np.arange(0, 8.5, 0.5)
    said = np.full((len(begins), 2), 0.1)
    said[4:9, 0] = 0.9  # windows from 2.0 s to 5.0 s
    said[10, 1] = 1.0  # one window of one second: shorter than the sign must last
    found = observations(card, begins.tolist(), said, (0.0, 9.3))
    clonic = [item for item in found if item.sign == "clonic"]
    assert [(type(i).__name__, i.start, i.end) for i in clonic] == [
        ("Absence", 0.0, 2.5),
        ("Finding", 2.5, 4.5),
        ("Absence", 4.5, 9.0),
        ("Unassessable", 9.0, 9.3),
    ]
    finding = next(item for item in clonic if type(item).__name__ == "Finding")
    assert finding.side is Side.UNKNOWN  # type: ignore[union-attr]
    thrusts = [item for item in found if item.sign == "pelvic_thrusting"]
    reasons = [getattr(item, "reason", "") for item in thrusts]
    assert "too_short" in reasons
    assert "Finding" not in {type(item).__name__ for item in thrusts}
