"""Parting patients into folds that show about the same signs.

No patient is in two folds. Iterative stratification of multi-label data (Sechidis 2011,
ECML PKDD, LNCS 6913:145), with the patient in place of the example.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from s3ns.facts import InputError

FEWEST_FOLDS = 3
"""One for the test, one for stopping and thresholds, at least one to learn from."""


@dataclass(frozen=True)
class Split:
    """Places of the clips to learn from, to stop and set thresholds by, to test on."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def assign_folds(
    patients: Sequence[str], shows: npt.NDArray[np.bool_], folds: int, seed: int
) -> npt.NDArray[np.int64]:
    """Give each clip a fold, all clips of a patient the same.

    Parameters
    ----------
    patients
        The patient of each clip.
    shows
        Whether each clip shows each sign, ``(clips, signs)``.
    folds
        Number of folds.
    seed
        Of the random numbers that break ties.

    Returns
    -------
    ``(clips,)``, from 0.

    Raises
    ------
    InputError
        If there are fewer patients than folds.
    """
    people = sorted(set(patients))
    if not FEWEST_FOLDS <= folds <= len(people):
        raise InputError(
            f"expected from {FEWEST_FOLDS} folds to one for each of {len(people)} "
            f"patients, got {folds}; change --folds, or name patients with --patients"
        )
    of_clip = np.array([people.index(patient) for patient in patients])
    counts = np.zeros((len(people), shows.shape[1]))
    np.add.at(counts, of_clip, shows)
    random = np.random.default_rng(seed)
    order = random.permutation(len(people))
    left = {int(person) for person in order}
    wanted = np.tile(counts.sum(axis=0) / folds, (folds, 1))
    room = np.full(folds, len(people) / folds)
    fold_of = np.zeros(len(people), np.int64)
    while left:
        some = sorted(left, key=lambda person: int(np.argmax(order == person)))
        remaining = counts[some].sum(axis=0)
        if (remaining > 0).any():
            # the rarest sign first, while there is still a choice
            sign = int(np.argmin(np.where(remaining > 0, remaining, np.inf)))
            some = [person for person in some if counts[person, sign] > 0]
            person = max(some, key=lambda one: counts[one, sign])
            wish = wanted[:, sign]
        else:
            person, wish = some[0], np.zeros(folds)
        fold = max(range(folds), key=lambda one: (wish[one], room[one], -one))
        fold_of[person] = fold
        wanted[fold] -= counts[person]
        room[fold] -= 1
        left.remove(person)
    _fill_empty(fold_of, folds)
    return np.asarray(fold_of[of_clip])


def split(fold_of: npt.NDArray[np.int64], fold: int) -> Split:
    """Return the split whose test is a fold; the next fold is the validation."""
    folds = int(fold_of.max()) + 1
    after = (fold + 1) % folds
    parts = {
        "test": fold_of == fold,
        "validation": fold_of == after,
        "train": (fold_of != fold) & (fold_of != after),
    }
    places = {k: tuple(np.flatnonzero(v).tolist()) for k, v in parts.items()}
    return Split(**places)


def _fill_empty(fold_of: npt.NDArray[np.int64], folds: int) -> None:
    """Move a patient from the fullest fold to each that has none."""
    for fold in range(folds):
        if not (fold_of == fold).any():
            fullest = int(np.bincount(fold_of, minlength=folds).argmax())
            fold_of[np.flatnonzero(fold_of == fullest)[0]] = fold
