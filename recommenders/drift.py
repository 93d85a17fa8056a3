"""Have the data moved away from what an artifact learned? Population stability, feature by feature.

Pure: a profile is the share of interactions in each bucket of a feature. The artifact keeps that
of its own data; the newest interactions are counted into the same buckets and compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from math import exp, floor, log, log1p
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Kind, TrainingData

Row = TypeVar("Row")

FLOOR = 1e-4  # of a bucket that is empty on one side, as its logarithm would be infinite
GROUPS = 10  # of items, from the most to the least touched, each of about as many interactions
TIERS = 5  # of prices
NEW = "new"
NONE = "none"
FEWEST = 1_000  # interactions; with fewer chance alone moves the index
LARGE = 0.25
MOST = 200_000  # interactions looked at: chance moves the index of ten groups by 0.00005 then


def stability_index(expected: Mapping[str, float], actual: Mapping[str, float]) -> float:
    """Return the population stability index, sum((a - e) * ln(a / e)) over the buckets.

    Both are shares by bucket. 0 for equal ones; above 0.1 a shift is worth a look, above 0.25 it
    is large. An empty bucket counts as a share of 0.0001.
    Source: Siddiqi (2006), Credit Risk Scorecards, ch. 9.

    >>> round(stability_index({"a": 0.5, "b": 0.5}, {"a": 0.25, "b": 0.75}), 4)
    0.2747
    """
    total = 0.0
    for bucket in sorted({*expected, *actual}):
        e, a = (max(shares.get(bucket, 0.0), FLOOR) for shares in (expected, actual))
        total += (a - e) * log(a / e)
    return total


def sampled(rows: Iterable[Row], most: int, rng: np.random.Generator) -> list[Row]:
    """Return at most so many of the rows, each with the same chance, never holding more.

    Source: Li (1994), Reservoir-sampling algorithms of time complexity O(n(1 + log(N/n))), L.
    """
    rest = iter(rows)
    kept = list(islice(rest, most))
    share = 1.0
    while len(kept) == most:
        share *= exp(-rng.exponential() / most)
        skipped = floor(-rng.exponential() / log1p(-share))
        found = list(islice(rest, skipped, skipped + 1))
        if not found:
            break
        kept[rng.integers(most)] = found[0]
    return kept


@dataclass(frozen=True, slots=True)
class Profile:
    """Shares of interactions by feature and bucket; `edges`: where price tiers part."""

    n: int
    shares: Mapping[str, Mapping[str, float]]
    edges: Sequence[float]

    def document(self) -> dict[str, Any]:
        """Return the profile as JSON holds it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Touches:
    """Interactions in parallel arrays: what was touched, and how.

    `group`: of the item by popularity, -1 for one that the artifact does not know. `category`:
    index into `names`, -1 for none. `price`: minor units, NaN where unknown.
    """

    group: NDArray[np.int8]
    category: NDArray[np.int64]
    price: NDArray[np.float32]
    kind: NDArray[np.int8]
    names: Sequence[str]


def touches(data: TrainingData, groups: NDArray[np.int8], names: Sequence[str]) -> Touches:
    """Return what the interactions touched; `groups`: of each item of the data."""
    return Touches(
        group=groups[data.item],
        category=data.category[data.item],
        price=data.price[data.item],
        kind=data.kind,
        names=names,
    )


def popularity_groups(data: TrainingData) -> NDArray[np.int8]:
    """Return the group of each item, (n_items,): 0 the most touched, each a tenth of all touches.

    Items of one rank go together as far as their middle reaches; untouched ones are in the last.
    """
    counts = np.bincount(data.item, minlength=data.n_items)
    order = np.argsort(-counts, kind="stable")
    middle = np.cumsum(counts[order]) - counts[order] / 2
    shares = middle / max(int(counts.sum()), 1)
    groups = np.empty(data.n_items, np.int8)
    groups[order] = np.minimum((GROUPS * shares).astype(np.int8), GROUPS - 1)
    groups[counts == 0] = GROUPS - 1
    return groups


def profile(seen: Touches, *, edges: Sequence[float] | None = None) -> Profile:
    """Return the shares by bucket; `edges`: of the profile to compare with, None to find them."""
    known = seen.price[np.isfinite(seen.price)]
    if edges is None:
        cuts = np.linspace(0, 1, TIERS + 1)[1:-1]
        edges = np.quantile(known, cuts).tolist() if len(known) else []
    tiers = np.searchsorted(np.asarray(edges), seen.price)
    tier_names = np.where(np.isfinite(seen.price), np.char.add("tier ", tiers.astype(str)), NONE)
    groups = np.where(seen.group < 0, NEW, np.char.add("group ", seen.group.astype(str)))
    named = np.array([*seen.names, NONE], dtype=str)
    return Profile(
        n=len(seen.group),
        shares={
            "popularity": _shares(groups),
            "category": _shares(named[seen.category]),
            "price": _shares(tier_names),
            "kind": _shares(np.array([Kind(kind).name.lower() for kind in seen.kind.tolist()])),
        },
        edges=edges,
    )


def _shares(buckets: NDArray[Any]) -> dict[str, float]:
    names, counts = np.unique(buckets, return_counts=True)
    shares = counts / max(len(buckets), 1)
    return dict(zip(names.tolist(), shares.tolist(), strict=True))


def drift(before: Profile, now: Profile) -> dict[str, float]:
    """Return the stability index of each feature that both profiles know."""
    return {
        feature: stability_index(before.shares[feature], now.shares[feature])
        for feature in before.shares
        if feature in now.shares
    }
