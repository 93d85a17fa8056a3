"""Learning: ours beside the engines beneath, on the same data."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import lightfm
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks._recommenders.bare import Clocked, bare_als, bare_cosine, bare_lightfm
from benchmarks._recommenders.shop import Shop
from config.bench import Case
from recommenders.base import Recommender, Settings
from recommenders.registry import make

NEIGHBOURS = 50
BARE_LIGHTFM, OURS_LIGHTFM = "bare LightFM, 1 thread", "lightfm, ours"
BARE_COSINE, OURS_COSINE = "implicit CosineRecommender", "item_knn, ours"
OURS_JACCARD = "item_knn, ours, by Jaccard"
BARE_ALS, OURS_ALS = "implicit ALS, 1 thread", "als, ours"


@dataclass
class Trained:
    """What the cases trained last, to be asked afterwards; `fitted`: ours by name.

    `outside`: of our LightFM's fits, seconds outside the engine / seconds in it.
    """

    shop: Shop
    seed: int
    engine: Any = None
    als: Any = None
    fitted: dict[str, Recommender] = field(default_factory=dict)
    outside: list[float] = field(default_factory=list)

    def fit(self, name: str, settings: Settings) -> Recommender:
        """Return one of ours, fitted and kept; its chance is that of the seed."""
        rng = np.random.default_rng(self.seed)
        self.fitted[name] = make(name, settings).fit(self.shop.data, rng=rng)
        return self.fitted[name]


def lightfm_cases(trained: Trained, epochs: int) -> list[Case]:
    """Return LightFM bare (baseline), bare with two threads, and ours; an operation is an epoch."""
    shop, factors = trained.shop, trained.shop.size.factors
    # The seed that ours draws for its engine: both learn the very same factors.
    seed = int(np.random.default_rng(trained.seed).integers(2**31))

    def bare() -> int:
        trained.engine = bare_lightfm(shop, epochs=epochs, seed=seed)
        return epochs

    def with_threads() -> int:
        bare_lightfm(shop, epochs=1, seed=seed, threads=2)
        return 1

    def ours() -> int:
        Clocked.learned_s, began = 0.0, time.perf_counter()
        with patch.object(lightfm, "LightFM", Clocked):
            trained.fit("lightfm", {"components": factors, "epochs": epochs})
        whole = time.perf_counter() - began
        trained.outside.append((whole - Clocked.learned_s) / Clocked.learned_s)
        return epochs

    return [
        Case(BARE_LIGHTFM, bare, True, ("lightfm-next",)),
        Case("bare LightFM, 2 threads", with_threads),
        Case(OURS_LIGHTFM, ours),
    ]


def neighbour_cases(trained: Trained) -> list[Case]:
    """Return implicit's by cosine (baseline), and ours; an operation is a whole fit."""
    jaccard, cosine = ({"neighbours": NEIGHBOURS, "measure": m} for m in ("jaccard", "cosine"))
    return [
        _fit(BARE_COSINE, lambda: bare_cosine(trained.shop, neighbours=NEIGHBOURS), is_first=True),
        _fit(OURS_JACCARD, lambda: trained.fit("item_knn", jaccard)),
        _fit(OURS_COSINE, lambda: trained.fit("item_knn", cosine)),
    ]


def als_cases(trained: Trained, iterations: int) -> list[Case]:
    """Return implicit's with one thread (baseline), with all, and ours; of so many iterations."""

    def bare(threads: int) -> Any:
        with threadpool_limits(1, user_api="blas"):
            trained.als = bare_als(trained.shop, iterations=iterations, threads=threads)

    settings = {"factors": trained.shop.size.factors, "iterations": iterations}
    return [
        _fit(BARE_ALS, lambda: bare(1), iterations, is_first=True),
        _fit("implicit ALS, 2 threads", lambda: bare(2), iterations),
        _fit(OURS_ALS, lambda: trained.fit("als", settings), iterations),
    ]


def _fit(name: str, fit: Callable[[], object], count: int = 1, *, is_first: bool = False) -> Case:
    def run() -> int:
        fit()
        return count

    return Case(name, run, is_first, ("implicit",))
