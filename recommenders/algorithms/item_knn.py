"""Item neighbours: what the same units touched, by one of four measures."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from recommenders.base import Capability, Queries, Scores, Settings, State, TrainingData
from recommenders.errors import SettingsError
from recommenders.histories import dense, nothing, packed, rows_of, unpacked
from recommenders.neighbours import nearest_by_blocks, nearest_by_product
from recommenders.weights import checked_way, weighed

MEASURES = ("cosine", "adjusted", "jaccard", "bm25")
BM25_K1 = 1.2  # how soon more of the same stops to count: the usual values
BM25_B = 0.75  # how far items that many touched are held back


class ItemKNN:
    """A unit's score of an item: the similarities to what it touched, summed by weight.

    `cosine`: of the items' columns over units. `adjusted`: the same once each unit's own mean is
    taken off (Sarwar et al. 2001). `jaccard`: units that touched both / units that touched either.
    `bm25`: products of columns weighed as words in documents are (Robertson, Zaragoza 2009).
    `damping`: added to the squared length of a column by both cosines, so that two items of which
    one unit touched both are not the nearest of all; 0 for none.
    """

    can: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSONAL, Capability.RECENT})
    defaults: ClassVar[Settings] = {
        "measure": "cosine",
        "neighbours": 50,
        "damping": 10.0,
        "weights": "log",
    }

    def __init__(self, settings: Settings) -> None:
        self.measure, self.way = str(settings["measure"]), checked_way(settings)
        self.neighbours, self.damping = int(settings["neighbours"]), float(settings["damping"])
        if self.neighbours < 1:
            raise SettingsError(
                f"neighbours must be at least 1; it is {self.neighbours}",
                field="settings.neighbours",
            )
        if self.measure not in MEASURES:
            raise SettingsError(
                f"measure must be one of {', '.join(MEASURES)}; it is {self.measure!r}",
                field="settings.measure",
            )
        if (self.measure, self.way) == ("adjusted", "one"):
            raise SettingsError(
                "adjusted compares weights with their mean, so weights cannot all be one",
                field="settings.weights",
                hint="Choose weights log or plain, or the measure cosine.",
            )
        self.history_, self.similar_ = nothing(), nothing()

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Learn each item's neighbours; an item is not its own."""
        self.history_ = data.matrix
        touched = weighed(data.matrix, self.way)
        if self.measure == "jaccard":
            self.similar_ = nearest_by_jaccard(touched, self.neighbours)
        else:
            columns = columns_of(touched, self.measure, self.damping)
            self.similar_ = nearest_by_product(columns, self.neighbours)
        return self

    def score(self, queries: Queries) -> Scores:
        """Return summed similarities; NaN where nothing the unit touched is a neighbour."""
        rows = weighed(rows_of(self.history_, queries), self.way)
        return dense(csr_matrix(rows @ self.similar_))

    def state(self) -> State:
        """Return both sparse matrices as their arrays."""
        return packed("history", self.history_) | packed("similar", self.similar_)

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a fitted recommender."""
        self = cls(settings)
        self.history_, self.similar_ = unpacked("history", state), unpacked("similar", state)
        return self


def columns_of(touched: csr_matrix, measure: str, damping: float = 0.0) -> csr_matrix:
    """Return the matrix whose columns' products are this measure of items.

    `damping` is added to the squared length of each column before it is divided by it.
    """
    if measure == "bm25":
        return _as_documents(touched)
    return _of_length_one(_centred(touched) if measure == "adjusted" else touched, damping)


def _of_length_one(touched: csr_matrix, damping: float) -> csr_matrix:
    norms = np.sqrt(np.asarray(touched.multiply(touched).sum(axis=0)).ravel() + damping)
    scale = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
    return csr_matrix(touched @ diags(scale), dtype=np.float32)


def _centred(touched: csr_matrix) -> csr_matrix:
    """Return what each unit gave, less the mean of all it gave."""
    counts = np.diff(touched.indptr)
    means = np.asarray(touched.sum(axis=1)).ravel() / np.maximum(counts, 1)
    parts = (touched.data - np.repeat(means, counts), touched.indices, touched.indptr)
    return csr_matrix(parts, shape=touched.shape, dtype=np.float32)


def _as_documents(touched: csr_matrix) -> csr_matrix:
    """Return BM25 weights, an item being a document and the units that touched it its words."""
    lengths = np.asarray(touched.sum(axis=0)).ravel()
    usual = lengths.mean() or 1.0
    held_back = BM25_K1 * (1 - BM25_B + BM25_B * lengths / usual)
    rarity = np.log(touched.shape[1]) - np.log1p(np.diff(touched.indptr))
    gains = touched.data * (BM25_K1 + 1) / (held_back[touched.indices] + touched.data)
    rows = np.repeat(np.maximum(rarity, 0), np.diff(touched.indptr))
    parts = (gains * rows, touched.indices, touched.indptr)
    return csr_matrix(parts, shape=touched.shape, dtype=np.float32)


def nearest_by_jaccard(touched: csr_matrix, n: int) -> csr_matrix:
    """Return for each item its n nearest; no product gives the ratio, so scipy works it out."""
    touchers = np.asarray((touched > 0).sum(axis=0)).ravel().astype(np.float32)

    def measured(both: csr_matrix, start: int) -> csr_matrix:
        either = touchers[both.indices]
        either += np.repeat(touchers[start : start + both.shape[0]], np.diff(both.indptr))
        either -= both.data
        both.data /= either
        return both

    return nearest_by_blocks(weighed(touched, "one"), n, measured)
