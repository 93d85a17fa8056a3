"""MovieLens 100K for the reference run: its ratings as indexes, and what was published of it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from config.evaluation.logs import features_of
from config.importing.files import locate, read_rows
from config.importing.movielens import MovieLens
from config.importing.records import RejectedRow, SourceError
from recommenders.evaluation.folds import Fold
from recommenders.evaluation.reference import Published, reference_fold
from recommenders.evaluation.results import Contender
from recommenders.features.catalogue import ItemFeatures
from recommenders.features.content import content_matrix

ALL = 10_000  # neighbours: more than there are
PUBLISHED = [
    Published(Contender("popularity", "popularity"), 0.2295, 0.2563),
    Published(Contender("random", "random"), 0.0179, 0.0176),
    Published(Contender("user cosine", "user_knn", {"neighbours": ALL}), 0.3067, 0.3687),
    Published(
        Contender("item Jaccard", "item_knn", {"measure": "jaccard", "neighbours": ALL}),
        0.3318,
        0.3796,
    ),
    Published(
        Contender("item cosine", "item_knn", {"neighbours": ALL, "damping": 0.0}), 0.3445, 0.3985
    ),
    Published(
        Contender(
            "LightFM logistic 10×10",
            "lightfm",
            {"loss": "logistic", "components": 10, "epochs": 10},
        ),
        0.2213,
        0.2492,
    ),
    Published(
        Contender("LightFM WARP 10×10", "lightfm", {"components": 10, "epochs": 10}), 0.3508, 0.3999
    ),
    Published(
        Contender("LightFM WARP 30×30", "lightfm", {"components": 30, "epochs": 30}), 0.3846, 0.4408
    ),
    Published(Contender("ALS 32", "als", {"factors": 32, "regularization": 0.1}), 0.3856, 0.4420),
    Published(Contender("EASE 300", "ease", {"kept": ALL}), 0.4280, 0.4903),
]
# Measured on the same split, whatever comes of it; nobody published figures of these.
BASES = {"bases": "popularity,lightfm,item_knn,ease,als"}
MEASURED = [
    Published(Contender("content", "content")),
    Published(Contender("LightFM, its defaults", "lightfm")),
    Published(Contender("blend, its defaults", "hybrid")),
    Published(Contender("stacking, its defaults", "stacking")),
    Published(Contender("blend of five", "hybrid", BASES)),
    Published(Contender("stacking of five", "stacking", BASES)),
]


def movielens_fold(folder: Path) -> Fold:
    """Return the reference run's fold; raises SourceError for a folder that holds other files."""
    ratings = locate(folder, ("u.data",))
    pairs: NDArray[np.int64] = np.array(
        [_pair(row.cells) for row in read_rows(ratings, delimiter="\t")]
    )
    if not len(pairs):
        raise SourceError(f"{ratings.name} holds no rating")
    films = _films(folder)
    n_units, n_items = (int(pairs[:, axis].max()) + 1 for axis in (0, 1))
    if len(films) != n_items:
        raise SourceError(f"{len(films)} films are described, but {n_items} are rated")
    return reference_fold(pairs, n_units=n_units, n_items=n_items, content=content_matrix(films))


def _pair(cells: list[str]) -> tuple[int, int]:
    """Return user and film from 0 on, in the order of their numbers."""
    try:
        return int(cells[0]) - 1, int(cells[1]) - 1
    except (ValueError, IndexError) as error:
        raise SourceError(f"this is no rating: {' '.join(cells)!r}") from error


def _films(folder: Path) -> list[ItemFeatures]:
    found = [film for film in MovieLens(folder).items() if not isinstance(film, RejectedRow)]
    return [features_of(film) for film in sorted(found, key=lambda film: int(film.item_id))]
