"""Training and scoring over folds of patients: what ``s3ns train`` does.

::

    clips + Documents -> windows -> folds by patient -> one encoder each -> scores

Of each fold's encoder, the test patients have seen nothing: it stops, and its
thresholds are set, by the patients of the next fold.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from s3ns import __version__
from s3ns.facts import InputError
from s3ns.facts.document import write_text
from s3ns.neural.encoders.card import EncoderCard, SignRecord
from s3ns.neural.encoders.corpus import Clip, Corpus, build_corpus
from s3ns.neural.encoders.folds import Split, assign_folds, split
from s3ns.neural.encoders.labels import video_labels, visible_signs
from s3ns.neural.encoders.packages import require
from s3ns.neural.encoders.scores import SignScore, aggregate, best_threshold, score
from s3ns.neural.encoders.settings import TrainSettings
from s3ns.neural.torch_device import torch_device

REPORT_FILE = "report.json"
CACHE = "pictures"

Say = Callable[[str], None]
Progress = Callable[[float, float], None]


class FoldReport(msgspec.Struct, frozen=True, kw_only=True):
    """One fold: its patients and windows, its course, its scores on the test."""

    fold: int
    patients: dict[str, int]
    windows: dict[str, int]
    best_epoch: int
    history: list[dict[str, float]]
    scores: list[SignScore]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All folds, and the scores over the test videos of all folds together."""

    architecture: str
    size: str
    aggregation: str
    folds: list[FoldReport]
    scores: list[SignScore]


def run_experiment(
    clips: Sequence[Clip],
    settings: TrainSettings,
    folder: Path,
    *,
    resume: bool,
    say: Say,
    progress: Progress,
) -> Report:
    """Train and score.

    Parameters
    ----------
    clips
        What to learn from.
    settings
        What to train, and how.
    folder
        Receives a folder for each fold and ``report.json``.
    resume
        Whether to go on with what an earlier run left there.
    say
        Called with what happens.
    progress
        Called with the epochs done and the epochs of all folds.

    Raises
    ------
    InputError
        If the clips do not suffice.
    CapabilityError
        If a package or device is missing.
    """
    require("torch", "torchvision", "transformers", "safetensors", "sklearn")
    if settings.tensorboard:
        require("tensorboard", install="tensorboard")
    signs = visible_signs()
    _tried(settings, signs)
    # before the clips are decoded, which may take hours: they may not suffice
    truth = np.array([video_labels(clip.document, signs) for clip in clips])
    fold_of = assign_folds(
        [clip.patient for clip in clips], truth == 1, settings.folds, settings.seed
    )
    corpus = build_corpus(
        clips,
        signs,
        settings.view,
        stride=settings.step,
        cache=folder / CACHE,
        progress=lambda done, total: say(f"{done:g} of {total:g} clips decoded"),
    )
    chosen = settings.chosen_folds
    shape = (len(clips), len(signs))
    probabilities, answers = np.full(shape, np.nan), np.full(shape, np.nan)
    reports = []
    for turn, fold in enumerate(chosen):
        run = _Fold(
            settings,
            corpus,
            parts=split(fold_of, fold),
            fold=fold,
            folder=folder,
            truth=truth,
        )
        reports.append(
            run.train(
                probabilities,
                answers,
                resume=resume,
                say=say,
                progress=lambda done, total, turn=turn: progress(  # type: ignore[misc]
                    turn * total + done, len(chosen) * total
                ),
            )
        )
    tested = np.isin(fold_of, chosen)
    whole = Report(
        architecture=settings.architecture,
        size=settings.size,
        aggregation=settings.aggregation,
        folds=reports,
        scores=score(signs, probabilities[tested], answers[tested], truth[tested]),
    )
    text = msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()
    write_text(folder / REPORT_FILE, text + "\n")
    # pictures of patients stay no longer than they are needed
    shutil.rmtree(folder / CACHE)
    return whole


def _tried(settings: TrainSettings, signs: Sequence[str]) -> None:
    """Find out what is wrong before the clips are decoded, which may take hours."""
    from s3ns.neural.encoders.architectures import build
    from s3ns.neural.encoders.checkpoint import start_from

    torch_device(settings.device)
    records = tuple(SignRecord(sign=sign, seen=0, absent=0) for sign in signs)
    encoder = build(
        EncoderCard(
            architecture=settings.architecture,
            size=settings.size,
            view=settings.view,
            signs=records,
        )
    )
    if settings.start_from is not None:
        start_from(encoder, settings.start_from)


class _Fold:
    """One fold, from its card to its scores."""

    def __init__(
        self,
        settings: TrainSettings,
        corpus: Corpus,
        *,
        parts: Split,
        fold: int,
        folder: Path,
        truth: np.ndarray,
    ) -> None:
        self._settings, self._parts = settings, parts
        self._fold, self._folder = fold, folder / f"fold-{fold}"
        self._truth = truth
        rows = corpus.windows_of(parts.train)
        seen = (corpus.labels[rows] == 1).sum(axis=0)
        absent = (corpus.labels[rows] == 0).sum(axis=0)
        self._columns = np.flatnonzero((seen > 0) & (absent > 0))
        if not len(self._columns):
            raise InputError(
                f"no sign is both seen and looked for and not seen in the {len(rows)} "
                "training windows; an encoder learns from both, so the Documents must "
                "state absences as well"
            )
        self._corpus = Corpus(
            clips=corpus.clips,
            signs=tuple(corpus.signs[column] for column in self._columns),
            clip_of=corpus.clip_of,
            labels=corpus.labels[:, self._columns],
            pictures=corpus.pictures,
        )
        hashes = [corpus.clips[k].recording.sha256 for k in parts.train]
        self._card = EncoderCard(
            architecture=settings.architecture,
            size=settings.size,
            view=settings.view,
            signs=tuple(
                SignRecord(
                    sign=corpus.signs[k], seen=int(seen[k]), absent=int(absent[k])
                )
                for k in self._columns
            ),
            aggregation=settings.aggregation,
            fold=fold,
            folds=settings.folds,
            seed=settings.seed,
            data=hashlib.sha256("".join(sorted(hashes)).encode()).hexdigest(),
            tool_version=__version__,
        )

    def train(
        self,
        probabilities: np.ndarray,
        answers: np.ndarray,
        *,
        resume: bool,
        say: Say,
        progress: Progress,
    ) -> FoldReport:
        """Train, set thresholds, and fill in what is said of the test videos."""
        from s3ns.neural.encoders.training import Trainer

        self._folder.mkdir(parents=True, exist_ok=True)
        trainer = Trainer(
            self._card, self._corpus, self._parts, self._settings, self._folder
        )
        if self._settings.start_from is not None:
            trainer.start_from(self._settings.start_from)
        board = self._folder / "tensorboard"
        with _board(board, self._settings.tensorboard) as write:

            def log(row: dict[str, float]) -> None:
                say(
                    f"fold {self._fold}, epoch {row['epoch']:g}: loss "
                    f"{row['train_loss']:.4f}, validation {row['validation_loss']:.4f}"
                )
                write(row)

            trained = trainer.run(resume=resume, progress=progress, log=log)
        windows = {
            name: self._corpus.windows_of(getattr(self._parts, name))
            for name in ("train", "validation", "test")
        }
        given = trainer.probabilities(windows["validation"])
        card = self._with_thresholds(given, windows["validation"], trained.best_epoch)
        card.write(self._folder)
        video_thresholds = np.array([r.video_threshold for r in card.signs])
        _, probability = self._by_video(
            trainer.probabilities(windows["test"]), windows["test"]
        )
        for clip, values in probability.items():
            probabilities[clip, self._columns] = values
            answers[clip, self._columns] = values >= video_thresholds
        test = list(self._parts.test)
        clips = self._corpus.clips
        return FoldReport(
            fold=self._fold,
            patients={
                name: len({clips[k].patient for k in getattr(self._parts, name)})
                for name in windows
            },
            windows={name: len(rows) for name, rows in windows.items()},
            best_epoch=trained.best_epoch,
            history=trained.history,
            scores=score(
                visible_signs(), probabilities[test], answers[test], self._truth[test]
            ),
        )

    def _with_thresholds(
        self, given: np.ndarray, rows: np.ndarray, epoch: int
    ) -> EncoderCard:
        clips, by_video = self._by_video(given, rows)
        videos = np.array([by_video[clip] for clip in clips])
        truth = self._truth[clips][:, self._columns]
        labels = self._corpus.labels[rows]
        records = tuple(
            msgspec.structs.replace(
                record,
                threshold=round(best_threshold(given[:, k], labels[:, k]), 6),
                video_threshold=round(best_threshold(videos[:, k], truth[:, k]), 6),
            )
            for k, record in enumerate(self._card.signs)
        )
        return msgspec.structs.replace(self._card, signs=records, epoch=epoch)

    def _by_video(
        self, given: np.ndarray, rows: np.ndarray
    ) -> tuple[list[int], dict[int, np.ndarray]]:
        clip_of = self._corpus.clip_of[rows]
        clips = [int(clip) for clip in np.unique(clip_of)]
        how = self._settings.aggregation
        return clips, {clip: aggregate(given[clip_of == clip], how) for clip in clips}


@contextmanager
def _board(folder: Path, wanted: bool) -> Iterator[Callable[[dict[str, float]], None]]:
    """Give a function that writes the numbers of an epoch for TensorBoard."""
    if not wanted:
        yield lambda row: None
        return
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder))

    def write(row: dict[str, float]) -> None:
        for name, value in row.items():
            if name != "epoch":
                writer.add_scalar(name, value, int(row["epoch"]))

    try:
        yield write
    finally:
        writer.close()
