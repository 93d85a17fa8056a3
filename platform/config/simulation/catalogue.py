"""The made-up catalogue: names, prices and stock that show, factors and appeal that do not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from config.simulation.words import BRANDS, COLOURS, DEPARTMENTS, PRAISES

DIMENSIONS = 12  # of taste: fewer than categories, so that neighbouring categories attract alike
OWN_VARIATION = 0.55  # of an item around its category; so that there is taste within a category
APPEAL_SPREAD = 0.82  # on the log-odds scale: a best-seller is far ahead of the tail
PRICE_SIGMA = 0.3  # with the categories' own prices about 0.5 in all: no heavy tail
OUT_OF_STOCK = 0.05
TYPICAL_STOCK = 120


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Items as parallel tuples and arrays of one length; prices are in minor units.

    `factors`: (n_items, DIMENSIONS), rows of length one; `appeal`: log-odds that everybody feels;
    `centres`: (n_categories, DIMENSIONS), the directions of the categories.
    """

    item_ids: tuple[str, ...]
    titles: tuple[str, ...]
    brands: tuple[str, ...]
    descriptions: tuple[str, ...]
    category: NDArray[np.int64]
    price: NDArray[np.int64]
    stock: NDArray[np.int64]
    factors: NDArray[np.float64]
    appeal: NDArray[np.float64]
    centres: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.item_ids)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield every item as the API takes it."""
        for index, item_id in enumerate(self.item_ids):
            department = DEPARTMENTS[self.category[index]]
            yield {
                "item_id": item_id,
                "title": self.titles[index],
                "category": department.name,
                "brand": self.brands[index],
                "price": int(self.price[index]),
                "description": self.descriptions[index],
                "tags": [department.name.lower()],
                "stock": int(self.stock[index]),
                "url": f"/shop/{item_id}",
            }


def unit_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rows scaled to length one."""
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def make_catalogue(n_items: int, rng: np.random.Generator) -> Catalogue:
    """Return a catalogue of `n_items` items over all departments."""
    category = rng.permutation(np.arange(n_items) % len(DEPARTMENTS))
    centres = unit_rows(rng.normal(size=(len(DEPARTMENTS), DIMENSIONS)))
    own = unit_rows(rng.normal(size=(n_items, DIMENSIONS)))
    names = [_named(index, rng) for index in category]
    return Catalogue(
        item_ids=tuple(f"sku-{number:05d}" for number in range(1, n_items + 1)),
        titles=tuple(title for title, _brand, _text in names),
        brands=tuple(brand for _title, brand, _text in names),
        descriptions=tuple(text for _title, _brand, text in names),
        category=category,
        price=_prices(category, rng),
        stock=_stock(n_items, rng),
        factors=unit_rows(centres[category] + OWN_VARIATION * own),
        appeal=_appeal(n_items, rng),
        centres=centres,
    )


def _named(category: int, rng: np.random.Generator) -> tuple[str, str, str]:
    """Return title, brand and description of one item."""
    department = DEPARTMENTS[category]
    noun, trait = _pick(department.nouns, rng), _pick(department.traits, rng)
    brand, colour, praise = (_pick(words, rng) for words in (BRANDS, COLOURS, PRAISES))
    text = f"{trait} {noun.lower()} by {brand} in {colour.lower()}: {praise}."
    return f"{brand} {trait} {noun}, {colour}", brand, text


def _pick(words: tuple[str, ...], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]


def _prices(category: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return prices in minor units that end in 99 or 49."""
    typical = np.array([department.typical_price for department in DEPARTMENTS])[category]
    raw = typical * rng.lognormal(0, PRICE_SIGMA, len(category))
    return np.maximum(np.rint(raw / 50).astype(np.int64) * 50 - 1, 199)


def _appeal(n_items: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return normal scores in random order: every seed has the same best-sellers' strength."""
    scores: NDArray[np.float64] = ndtri((np.arange(n_items) + 0.5) / n_items)
    return APPEAL_SPREAD * rng.permutation(scores)


def _stock(n_items: int, rng: np.random.Generator) -> NDArray[np.int64]:
    stock = 1 + rng.poisson(rng.exponential(TYPICAL_STOCK, n_items))
    stock[rng.random(n_items) < OUT_OF_STOCK] = 0
    return stock
