"""Training on drawn clips: it learns, it can be stopped, and patients stay apart."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the train extra")

from safetensors.torch import save  # noqa: E402

from s3ns.batch import find_videos  # noqa: E402
from s3ns.facts import CapabilityError, InputError, ModelError  # noqa: E402
from s3ns.neural.encoders.architectures import (  # noqa: E402
    architecture_names,
    build,
)
from s3ns.neural.encoders.card import EncoderCard, SignRecord, View  # noqa: E402
from s3ns.neural.encoders.checkpoint import (  # noqa: E402
    load_encoder,
    load_tensors,
    save_tensors,
    start_from,
)
from s3ns.neural.encoders.corpus import (  # noqa: E402
    Clip,
    Corpus,
    build_corpus,
    find_clips,
)
from s3ns.neural.encoders.experiment import Report, run_experiment  # noqa: E402
from s3ns.neural.encoders.folds import Split  # noqa: E402
from s3ns.neural.encoders.settings import TrainSettings  # noqa: E402
from s3ns.neural.encoders.training import (  # noqa: E402
    Trainer,
    masked_loss,
    rate_at,
)

VIEW = View(frames=8, fps=8, picture=32)
QUICK = TrainSettings(
    architecture="videomae",
    size="tiny",
    frames=8,
    picture=32,
    stride=8,
    folds=3,
    epochs=5,
    rate=3e-3,
    device="cpu",
)


def card_for(architecture: str, **changes: Any) -> EncoderCard:
    signs = tuple(SignRecord(sign=s, seen=1, absent=1) for s in ("tonic", "clonic"))
    values = {"size": "tiny", "view": VIEW, "signs": signs} | changes
    return EncoderCard(architecture=architecture, **values)


def found_clips(folder: Path) -> list[Clip]:
    return find_clips(
        find_videos([folder]), documents=[folder], remark=lambda text: None
    )


def quick(**changes: Any) -> TrainSettings:
    return msgspec.structs.replace(QUICK, **changes)


def run(
    clips: Path, folder: Path, settings: TrainSettings = QUICK, **how: Any
) -> Report:
    usual: dict[str, Any] = {
        "resume": False,
        "say": lambda text: None,
        "progress": lambda done, total: None,
    }
    return run_experiment(found_clips(clips), settings, folder, **(usual | how))


@pytest.fixture(scope="module")
def trained(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("model")
    settings = quick(stride=4, epochs=25, patience=25, no_flip=True)
    return folder, run(clips, folder, settings)


def test_the_loss_falls_and_f1_beats_the_constant_answer(
    trained: tuple[Path, Any],
) -> None:
    _, report = trained
    losses = [row["train_loss"] for row in report.folds[0].history]
    assert losses[-1] < 0.3 * losses[0]
    scores = {score.sign: score for score in report.scores}
    assert set(scores) == {"clonic", "tonic", "mean"}
    assert scores["mean"].f1 > scores["mean"].constant_f1 + 0.1


def test_a_trained_encoder_can_be_loaded_and_states_what_it_saw(
    trained: tuple[Path, Any],
) -> None:
    folder, report = trained
    encoder, card = load_encoder(folder / "fold-0")
    assert card.names == ("tonic", "clonic")
    assert card.epoch == report.folds[0].best_epoch
    assert all(record.seen and record.absent for record in card.signs)
    logits = encoder(torch.zeros(2, 8, 32, 32, 3, dtype=torch.uint8))
    assert logits.shape == (2, 2)


def test_no_picture_stays_on_disk_and_nothing_names_a_clip(
    trained: tuple[Path, Any], clips: Path
) -> None:
    folder, _ = trained
    assert not list(folder.rglob("*.npy"))
    for path in folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert b"patient-0" not in raw
            assert str(clips).encode() not in raw


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_going_on_gives_what_an_unbroken_run_gives(
    clips: Path, tmp_path: Path, precision: Any
) -> None:
    options = quick(epochs=3, accumulate=2, precision=precision)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    expected = run(clips, whole, options)

    def stop(done: float, total: float) -> None:
        if done > 2.4:  # in the midst of the third epoch
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(clips, broken, options, progress=stop)
    assert not (broken / "report.json").exists()
    assert run(clips, broken, options, resume=True) == expected
    for name in ("weights.safetensors", "encoder.json", "checkpoint.safetensors"):
        ours, theirs = broken / "fold-0" / name, whole / "fold-0" / name
        assert ours.read_bytes() == theirs.read_bytes(), name


def test_going_on_with_other_settings_is_refused(clips: Path, tmp_path: Path) -> None:
    run(clips, tmp_path, quick(epochs=1))
    for other in (quick(epochs=2), quick(epochs=1, stride=16)):
        with pytest.raises(InputError, match="other clips or settings"):
            run(clips, tmp_path, other, resume=True)


def trainer_of(labels: np.ndarray, folder: Path) -> Trainer:
    random = np.random.default_rng(0)
    corpus = Corpus(
        clips=(),
        signs=("tonic", "clonic"),
        clip_of=np.arange(8) % 2,
        labels=labels,
        pictures=random.integers(0, 255, (8, 8, 32, 32, 3), np.uint8),
    )
    split = Split(train=(0,), validation=(1,), test=())
    return Trainer(card_for("videomae"), corpus, split, quick(epochs=1), folder)


def test_going_on_with_other_labels_or_other_weights_is_refused(
    tmp_path: Path,
) -> None:
    labels = np.zeros((8, 2), np.float32)
    how: dict[str, Any] = {"progress": lambda *_: None, "log": lambda _: None}
    published = tmp_path / "published.safetensors"
    first = trainer_of(labels, tmp_path)
    save_tensors(published, dict(first._encoder.state_dict()))
    first.start_from(published)
    first.run(resume=False, **how)
    again = trainer_of(labels, tmp_path)
    again.start_from(published)
    again.run(resume=True, **how)
    with pytest.raises(InputError, match="other clips or settings"):
        trainer_of(labels, tmp_path).run(resume=True, **how)
    for row in (0, 1):  # a window that teaches, and one that tells when to stop
        other = labels.copy()
        other[row, 0] = 1
        changed = trainer_of(other, tmp_path)
        changed.start_from(published)
        with pytest.raises(InputError, match="other clips or settings"):
            changed.run(resume=True, **how)


def test_training_stops_when_validation_no_longer_improves(
    clips: Path, tmp_path: Path
) -> None:
    (fold,) = run(clips, tmp_path, quick(epochs=40, patience=2, rate=0.05)).folds
    assert len(fold.history) == fold.best_epoch + 2 < 40
    losses = [row["validation_loss"] for row in fold.history]
    assert losses.index(min(losses)) + 1 == fold.best_epoch


def test_every_fold_is_tested_once_on_patients_it_never_saw(
    clips: Path, tmp_path: Path
) -> None:
    how = {"aggregation": "noisy-or", "precision": "bf16"}
    report = run(clips, tmp_path, quick(epochs=1, fold="all", **how))
    assert [fold.fold for fold in report.folds] == [0, 1, 2]
    assert sum(fold.patients["test"] for fold in report.folds) == 12
    assert all(sum(fold.patients.values()) == 12 for fold in report.folds)
    (clonic,) = [score for score in report.scores if score.sign == "clonic"]
    assert clonic.videos == 24


def test_documents_without_absences_teach_nothing(clips: Path, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    for path in clips.rglob("*.json"):
        target = documents / path.relative_to(clips)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(json.loads(path.read_text()) | {"absences": []}))
    some = find_clips(
        find_videos([clips]), documents=[documents], remark=lambda text: None
    )
    with pytest.raises(InputError, match="must state absences as well"):
        run_experiment(
            some,
            QUICK,
            tmp_path,
            resume=False,
            say=lambda text: None,
            progress=lambda done, total: None,
        )


@pytest.mark.parametrize("architecture", architecture_names())
def test_every_architecture_learns_from_a_batch(architecture: str) -> None:
    torch.manual_seed(0)
    view = View(frames=4, fps=8, picture=16)
    encoder = build(card_for(architecture, view=view)).train()
    pictures = torch.randint(0, 255, (4, 4, 16, 16, 3), dtype=torch.uint8)
    labels = torch.tensor([[1, 0], [0, 1], [1, float("nan")], [0, 1.0]])
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=1e-3)
    losses = []
    for _ in range(4):
        loss = masked_loss(encoder(pictures), labels, torch.ones(2))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_what_is_not_assessable_has_no_gradient() -> None:
    logits = torch.zeros(2, 2, requires_grad=True)
    labels = torch.tensor([[1.0, float("nan")], [float("nan"), 0.0]])
    masked_loss(logits, labels, torch.ones(2)).backward()
    assert logits.grad is not None
    assert (logits.grad != 0).tolist() == [[True, False], [False, True]]


def test_accumulated_batches_give_the_step_of_a_large_one(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    labels = random.choice([0, 1, np.nan], (8, 2)).astype(np.float32)
    corpus = Corpus(
        clips=(),
        signs=("tonic", "clonic"),
        clip_of=np.arange(8) % 2,
        labels=labels,
        pictures=random.integers(0, 255, (8, 8, 32, 32, 3), np.uint8),
    )
    weights = []
    for batch, accumulate in ((8, 1), (2, 4)):
        folder = tmp_path / str(batch)
        folder.mkdir()
        options = quick(epochs=1, batch=batch, accumulate=accumulate, rate=1e-4)
        split = Split(train=(0, 1), validation=(0,), test=())
        trainer = Trainer(card_for("videomae"), corpus, split, options, folder)
        trainer.run(resume=False, progress=lambda *_: None, log=lambda _: None)
        weights.append(load_tensors(folder / "weights.safetensors")[0])
    for name, value in weights[0].items():
        assert torch.allclose(value, weights[1][name], atol=2e-5), name


def test_published_weights_are_taken_over_but_for_the_last_layer(
    tmp_path: Path,
) -> None:
    card = card_for("videomae")
    published, fresh = build(card), build(card)
    state = {
        name.removeprefix("network.body."): value
        for name, value in published.state_dict().items()
        if "classifier" not in name
    }
    save_tensors(tmp_path / "model.safetensors", state)
    start_from(fresh, tmp_path)
    for name, value in fresh.state_dict().items():
        taken = torch.equal(value, published.state_dict()[name])
        assert taken or name.startswith(fresh.head)
    other = build(card_for("videomae", view=View(frames=8, fps=8, picture=32)))
    state["videomae.embeddings.patch_embeddings.projection.bias"] = torch.zeros(7)
    save_tensors(tmp_path / "model.safetensors", state)
    with pytest.raises(ModelError, match="does not hold the weights of this network"):
        start_from(other, tmp_path)


def test_weights_that_do_not_fit_are_said_before_clips_are_decoded(
    clips: Path, tmp_path: Path
) -> None:
    file = tmp_path / "other.safetensors"
    save_tensors(file, {"one": torch.zeros(1)})
    with pytest.raises(ModelError, match="does not hold the weights of this network"):
        run(clips, tmp_path / "model", quick(start_from=file))
    assert not (tmp_path / "model").exists()


def test_too_few_patients_are_said_before_clips_are_decoded(
    clips: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="change --folds"):
        run(clips, tmp_path / "model", quick(folds=13))
    assert not (tmp_path / "model").exists()


def test_no_pictures_are_left_of_clips_that_break_off(
    clips: Path, tmp_path: Path
) -> None:
    some = found_clips(clips)[:2]
    longer = msgspec.structs.replace(some[1].recording, duration=9.0)
    some[1] = replace(some[1], recording=longer)
    with pytest.raises(InputError, match="4 of 9 windows could be read"):
        build_corpus(
            some,
            ["tonic"],
            VIEW,
            stride=8,
            cache=tmp_path,
            progress=lambda done, total: None,
        )
    assert not list(tmp_path.iterdir())


def test_only_what_is_wanted_of_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_tensors(file, {"visual.a": torch.ones(1), "text.b": torch.ones(1)})
    tensors, _ = load_tensors(file, lambda name: name.startswith("visual."))
    assert set(tensors) == {"visual.a"}


@pytest.mark.parametrize("state", ["{", "[" * 100_000])
def test_a_state_that_is_damaged_is_said(tmp_path: Path, state: str) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(save({"one": torch.ones(1)}, metadata={"state": state}))
    with pytest.raises(ModelError, match="cannot read the weights"):
        load_tensors(file)


def test_a_loss_that_is_no_number_ends_it(clips: Path, tmp_path: Path) -> None:
    settings = quick(rate=1e30, epochs=1, batch=1000)  # one step, then the validation
    with pytest.raises(CapabilityError, match="validation loss became"):
        run(clips, tmp_path, settings)


def test_a_gpu_that_is_not_there_is_said(clips: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(CapabilityError, match="PyTorch finds no GPU"):
        run(clips, tmp_path, quick(device="cuda"))
    assert not list(tmp_path.iterdir())  # said before the clips are decoded


def test_the_rate_rises_and_falls_to_nothing() -> None:
    rates = [rate_at(step, 100, 1.0) for step in range(100)]
    assert rates.index(max(rates)) in (9, 10)
    assert max(rates) == 1.0
    assert rates[-1] < 0.001
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_logs_for_tensorboard(clips: Path, tmp_path: Path) -> None:
    settings = quick(epochs=1, tensorboard=True)
    if importlib.util.find_spec("tensorboard") is None:  # it is of no extra
        with pytest.raises(CapabilityError, match="run `pip install tensorboard`"):
            run(clips, tmp_path, settings)
        return
    run(clips, tmp_path, settings)
    assert list((tmp_path / "fold-0" / "tensorboard").glob("events.*"))
