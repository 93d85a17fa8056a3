"""What items say of themselves: TF-IDF over their texts."""

import re
from array import array
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from recommenders.features.catalogue import ItemFeatures, price_tiers, prices_of
from recommenders.neighbours import largest_of_rows

WORD = re.compile(r"\w+")
MAX_TERMS = 64  # of an item: what tells it from others, and a bound on the artifact
SHARED_BY = 2  # items; a term of one item alone is like nothing


def content_matrix(items: Sequence[ItemFeatures]) -> csr_matrix:
    """Return terms by TF-IDF, shape (n_items, n_terms): rows of length 1, or 0 without any term.

    Terms are words of title, description, category and tags, and category, brand, tags and price
    tier as a whole. A weight is (1 + ln count) * (1 + ln((1 + n_items) / (1 + items with it))).
    Kept are terms of two items or more, and of each item the 64 that weigh most. Source: Salton
    and Buckley (1988), Term-weighting approaches in automatic text retrieval; the idf is smoothed.
    """
    counts = _shared(_counts(items))
    n_items = counts.shape[0]
    counts.data = 1 + np.log(counts.data)
    with_it = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = 1 + np.log((1 + n_items) / (1 + with_it))
    weighed = largest_of_rows(csr_matrix(counts @ diags(idf)), MAX_TERMS)
    return rows_of_length_one(weighed)


def _counts(items: Sequence[ItemFeatures]) -> csr_matrix:
    """Return how often each item says each term, terms in the order of first appearance."""
    codes: dict[str, int] = {}
    columns, ends = array("q"), array("q", [0])
    for item, tier in zip(items, price_tiers(prices_of(items)).tolist(), strict=True):
        columns.extend(codes.setdefault(term, len(codes)) for term in _terms(item, tier))
        ends.append(len(columns))
    ones = np.ones(len(columns), np.float32)
    parts = (ones, np.array(columns, np.int64), np.array(ends, np.int64))
    counts = csr_matrix(parts, shape=(len(items), len(codes)))
    counts.sum_duplicates()
    return counts


def _terms(item: ItemFeatures, tier: int) -> Iterator[str]:
    yield from WORD.findall(
        " ".join((item.title, item.description, item.category, *item.tags)).lower()
    )
    # A blank keeps these from being mistaken for words.
    if item.category:
        yield f"category {item.category}"
    if item.brand:
        yield f"brand {item.brand}"
    if tier >= 0:
        yield f"tier {tier}"
    for tag in item.tags:
        yield f"tag {tag}"


def _shared(counts: csr_matrix) -> csr_matrix:
    with_it = np.bincount(counts.indices, minlength=counts.shape[1])
    return csr_matrix(counts[:, with_it >= SHARED_BY])


def rows_of_length_one(matrix: csr_matrix) -> csr_matrix:
    """Return the matrix as float32 with every row divided by its length, empty rows as they are."""
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1))).ravel()
    scale: NDArray[np.float64] = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
    return csr_matrix(diags(scale) @ matrix, dtype=np.float32)
