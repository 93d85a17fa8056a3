"""Factors that follow what a unit did, and factors to go on from."""

import numpy as np
from scipy.sparse import csr_matrix, identity

from recommenders.base import Queries
from recommenders.factors import KNOWN_ACTS, Fold, explained, folded

RNG = np.random.default_rng(2)


def _world() -> tuple[np.ndarray, np.ndarray, csr_matrix]:
    """Return factors of units that are sums of those of their items, of these, and the history."""
    items = RNG.normal(size=(40, 5)).astype(np.float32)
    taken = (RNG.random((60, 40)) < 0.4).astype(np.float32)
    means = taken @ items[:, :-1] / (taken.sum(axis=1, keepdims=True) + 3)
    ones = np.ones((60, 1))
    return np.hstack([2 * means, ones]).astype(np.float32), items, csr_matrix(taken)


def _recent(*items: int) -> csr_matrix:
    acts = np.zeros((1, 40), np.float32)
    acts[0, list(items)] = 1
    return csr_matrix(acts)


def test_fold__whole_history__gives_the_unit_back() -> None:
    units, items, history = _world()
    fold = Fold.learned(units, items, history, np.random.default_rng(1))

    found = fold.of(history, items)

    likeness = [np.corrcoef(a[:-1], b[:-1])[0, 1] for a, b in zip(found, units, strict=True)]
    assert np.median(likeness) > 0.85
    assert (found[:, -1] == 1).all()


def test_fold__weights_of_any_size__only_tell_acts_of_a_unit_apart() -> None:
    units, items, history = _world()
    fold = Fold.learned(units, items, history, np.random.default_rng(1))

    np.testing.assert_allclose(
        fold.of(csr_matrix(7 * history), items), fold.of(history, items), rtol=1e-4, atol=1e-5
    )


def test_folded__stranger__is_what_its_acts_make_it_and_nothing_without() -> None:
    units, items, history = _world()
    fold = Fold.learned(units, items, history, np.random.default_rng(1))

    acted = folded(units, items, fold, Queries(np.array([-1]), recent=_recent(3, 4)))
    idle = folded(units, items, fold, Queries(np.array([-1]), recent=_recent()))

    np.testing.assert_allclose(acted, fold.of(_recent(3, 4), items))
    assert not idle.any()


def test_folded__known_unit__moves_part_of_the_way() -> None:
    units, items, history = _world()
    fold = Fold.learned(units, items, history, np.random.default_rng(1))

    moved = folded(units, items, fold, Queries(np.array([7]), recent=_recent(3, 4)))

    share = 2 / (2 + KNOWN_ACTS)
    expected = (1 - share) * units[[7]] + share * fold.of(_recent(3, 4), items)
    np.testing.assert_allclose(moved, expected, rtol=1e-5, atol=1e-6)


def test_explained__known_rows__have_their_factors_again() -> None:
    groups = csr_matrix(np.eye(2, dtype=np.float32)[[0, 0, 1, 1]])
    features = csr_matrix(np.hstack([identity(4).toarray(), groups.toarray()]) / 2)
    earlier = RNG.normal(size=(3, 4)).astype(np.float32)
    places = np.array([2, -1, 0, 1])
    begun = RNG.normal(size=(6, 3)).astype(np.float32)

    embeddings = explained(features, earlier, places, begun)

    np.testing.assert_allclose((features @ embeddings)[[0, 2, 3]], earlier[[2, 0, 1]], atol=1e-5)
    np.testing.assert_allclose(embeddings[1, :3], begun[1])
    np.testing.assert_allclose(embeddings[4], earlier[2], rtol=1e-5)


def test_explained__nothing_known__is_as_begun() -> None:
    begun = RNG.normal(size=(3, 2)).astype(np.float32)
    features = csr_matrix(identity(3, dtype=np.float32))

    embeddings = explained(features, np.zeros((0, 3)), np.full(3, -1), begun)

    np.testing.assert_array_equal(embeddings[:, :2], begun)
