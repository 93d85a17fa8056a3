"""What is taken of the package implicit: the only file that imports it, and only to learn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.telling import tell

Factors = NDArray[np.float32]


def alternating_factors(
    confidence: csr_matrix,
    *,
    start: tuple[Factors, Factors] | None,
    seed: int,
    iterations: int,
    **options: Any,
) -> tuple[Factors, Factors]:
    """Return factors of units and of items by alternating least squares (Hu, Koren, Volinsky 2008).

    `confidence`: (n_units, n_items); `start`: factors to begin with, changed in place; `options`:
    those of the engine. One thread, so that results repeat. Tells how many iterations are done.
    """
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        engine = AlternatingLeastSquares(
            random_state=seed, num_threads=1, iterations=iterations, **options
        )
        if start is not None:
            engine.user_factors, engine.item_factors = start
        engine.fit(
            confidence,
            show_progress=False,
            callback=lambda iteration, *_: tell((iteration + 1) / iterations),
        )
    return engine.user_factors, engine.item_factors


def nearest_columns(matrix: csr_matrix, n: int) -> csr_matrix:
    """Return for each column others with the largest products with it, (columns, columns).

    They are n, or n + 1 for a column whose product with itself is not among the largest. Each
    column is worked on by one thread alone, so that any number of them gives the same result.
    """
    from implicit.nearest_neighbours import all_pairs_knn

    found = all_pairs_knn(matrix.astype(np.float64), n + 1, show_progress=False).tocoo()
    kept = (found.row != found.col) & (found.data > 0)
    places = (found.row[kept], found.col[kept])
    return csr_matrix((found.data[kept].astype(np.float32), places), shape=found.shape)
