"""Contracts of learning: from the data and the seed alone, and from whatever data there is."""

import copy

import numpy as np

from recommenders.base import Capability, Resumable, State, TrainingData
from recommenders.contract.boards import SIZE, checkerboard, of_no_acts, of_one_item
from recommenders.contract.judging import (
    Candidate,
    ContractBroken,
    answered,
    require,
    scores_of,
    silent,
)

ALL = tuple(range(SIZE))
BEFORE = 40  # units and items there were when an earlier fit ended


def same_seed(candidate: Candidate) -> None:
    """The same data and seed give the same scores."""
    first, second = (scores_of(candidate.fitted(checkerboard(), seed=5), *ALL) for _ in range(2))
    same = np.array_equal(first, second, equal_nan=True)
    require(same, "two fits with one seed differ; take chance from `rng` alone")


def leaves_alone(candidate: Candidate) -> None:
    """Learning changes neither the data nor numpy's own random state."""
    data = checkerboard()
    untouched = copy.deepcopy(data)
    before = repr(np.random.get_state(legacy=False))
    candidate.fitted(data)
    after = repr(np.random.get_state(legacy=False))
    require(before == after, "fit draws from numpy's global random state")
    for name in ("unit", "item", "weight", "age_days", "kind", "session"):
        same = np.array_equal(getattr(data, name), getattr(untouched, name))
        require(same, f"fit changes {name} of its data")
    same = np.array_equal(data.matrix.toarray(), untouched.matrix.toarray())
    require(same, "fit changes the matrix of its data")


def nothing_to_learn(candidate: Candidate) -> None:
    """Without interactions every item still has its place, scored with COLD_UNITS, else NaN."""
    scores = scores_of(candidate.fitted(of_no_acts(4)), -1)
    require(scores.shape == (1, 4), f"without interactions 4 items gave {scores.shape}")
    if candidate.can(Capability.COLD_UNITS):
        require(answered(scores), "COLD_UNITS is declared, and without interactions it is silent")
    else:
        require(silent(scores), "scores come of nothing, and COLD_UNITS is not declared")


def one_item(candidate: Candidate) -> None:
    """A catalogue of one item is learned from and scored."""
    scores = scores_of(candidate.fitted(of_one_item()), 0, 1)
    require(scores.shape == (2, 1), f"a catalogue of one gave {scores.shape}")
    require(not np.isinf(scores).any(), "a catalogue of one gave infinity")


def learns_on(candidate: Candidate) -> None:
    """PARTIAL: it goes on from an earlier state, whose units and items have other places now."""
    if not candidate.can(Capability.PARTIAL):
        return
    recommender = candidate.made()
    if not isinstance(recommender, Resumable):
        raise ContractBroken("PARTIAL is declared, and there is no fit_partial")
    data = checkerboard()
    places = _places_before()
    recommender.fit_partial(
        data,
        previous=_frozen(candidate.fitted(_smaller()).state()),
        units=places,
        items=places,
        rng=np.random.default_rng(5),
    )
    scores = scores_of(recommender, *ALL)
    require(scores.shape == (SIZE, SIZE), f"after learning on {scores.shape} scores come")
    own = np.arange(SIZE)[:, None] % 2 == np.arange(SIZE) % 2
    liked = np.where(own, scores, np.nan)
    other = np.where(own, np.nan, scores)
    told_apart = _mean(liked) > _mean(other)
    require(bool(told_apart.all()), "after learning on, a unit's favourites do not come first")


def _smaller() -> TrainingData:
    return checkerboard(BEFORE)


def _places_before() -> np.ndarray:
    """Return for each index now that of before, -1 for what is new; no index stayed."""
    return np.where(np.arange(SIZE) < SIZE - BEFORE, -1, np.arange(SIZE) - (SIZE - BEFORE))


def _frozen(state: State) -> State:
    for array in state.values():
        array.flags.writeable = False
    return state


def _mean(scores: np.ndarray) -> np.ndarray:
    """Return each row's mean of what is scored, minus infinity where nothing is."""
    finite = np.isfinite(scores)
    sums = np.where(finite, scores, 0).sum(axis=1)
    return np.where(finite.any(axis=1), sums / np.maximum(finite.sum(axis=1), 1), -np.inf)
