"""What the peers do at their best: trained and asked as their own documentation shows."""

import time
import warnings
from dataclasses import dataclass
from typing import Any

import lightfm
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from benchmarks._recommenders.shop import Shop
from recommenders.weights import weighed

K = 10
Items = NDArray[np.int64]


class Clocked(lightfm.LightFM):
    """LightFM, which tells how many seconds it learned."""

    learned_s = 0.0

    def fit_partial(self, *arguments: Any, **options: Any) -> Any:
        """Learn as it does, and note the time."""
        began = time.perf_counter()
        try:
            return super().fit_partial(*arguments, **options)
        finally:
            Clocked.learned_s += time.perf_counter() - began


def bare_lightfm(shop: Shop, *, epochs: int, seed: int, threads: int = 1) -> Any:
    """Return LightFM fitted with WARP on identities alone, weights as ours gives them."""
    matrix = shop.data.matrix
    engine = lightfm.LightFM(no_components=shop.size.factors, loss="warp", random_state=seed)
    strengths = weighed(matrix, "log").tocoo()
    return engine.fit_partial(
        matrix.tocoo(), sample_weight=strengths, epochs=epochs, num_threads=threads
    )


def bare_als(shop: Shop, *, iterations: int, threads: int) -> Any:
    """Return implicit's ALS, fitted."""
    from implicit.cpu.als import AlternatingLeastSquares

    engine = AlternatingLeastSquares(
        factors=shop.size.factors, iterations=iterations, num_threads=threads, random_state=1
    )
    engine.fit(shop.data.matrix, show_progress=False)
    return engine


def bare_cosine(shop: Shop, *, neighbours: int) -> Any:
    """Return implicit's item neighbours by cosine, fitted with as many threads as there are."""
    from implicit.nearest_neighbours import CosineRecommender

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would rather have another layout, and makes it
        engine = CosineRecommender(K=neighbours)
        engine.fit(shop.data.matrix, show_progress=False)
    return engine


@dataclass(frozen=True)
class Plain:
    """Factors in memory, asked by numpy alone; `seen`: what each unit did, (n_units, n_items)."""

    units: NDArray[np.float32]
    items: NDArray[np.float32]
    seen: csr_matrix

    def product(self, unit: int) -> NDArray[np.float32]:
        """Return a unit's scores, (n_items,)."""
        scores: NDArray[np.float32] = self.items @ self.units[unit]
        return scores

    def seen_by(self, unit: int) -> NDArray[np.int32]:
        """Return the items that a unit had to do with."""
        indptr = self.seen.indptr
        seen: NDArray[np.int32] = self.seen.indices[indptr[unit] : indptr[unit + 1]]
        return seen

    def best(self, unit: int) -> Items:
        """Return a unit's ten best items that it has not seen, best first."""
        scores = self.product(unit)
        scores[self.seen_by(unit)] = -np.inf
        found = np.argpartition(scores, -K)[-K:]
        ordered: Items = found[np.argsort(-scores[found])]
        return ordered

    def best_of_many(self, units: Items) -> Items:
        """Return the ten best items of each unit, in no order, (len(units), 10)."""
        found: Items = np.argpartition(self.units[units] @ self.items.T, -K, axis=1)[:, -K:]
        return found


def predicted(engine: Any, unit: int, items: NDArray[np.int32], seen: NDArray[np.int32]) -> Items:
    """Return a unit's ten best unseen items as LightFM's documentation finds them."""
    scores = engine.predict(unit, items)
    scores[seen] = -np.inf
    best: Items = np.argsort(-scores)[:K]
    return best
