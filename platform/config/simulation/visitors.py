"""The made-up visitors: what they like, what they will pay, how often they come."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.simulation.catalogue import Catalogue, unit_rows

INTERESTS = 3  # categories that a visitor cares for
OWN_TASTE = 0.35  # variation of a taste that no category explains
NEW_SHARE = 0.22  # visitors without any history: recommenders do not know them
ACCOUNT_SHARE = 0.3
VISITS_A_DAY = 0.265  # mean; fourteen days bring about 3.7 visits
RATE_SHAPE = 2.5  # gamma shape: regulars and rare guests, yet most come within two weeks
DEVICES = ("mobile", "desktop", "tablet")
DEVICE_SHARES = (0.58, 0.34, 0.08)
COUNTRIES = ("DE", "AT", "CH", "NL", "FR")
COUNTRY_SHARES = (0.62, 0.12, 0.10, 0.09, 0.07)


@dataclass(frozen=True, slots=True)
class Visitors:
    """Visitors as parallel tuples and arrays of one length.

    `taste`: (n, DIMENSIONS), rows of length one; `interests`: (n, n_categories), shares that sum
    to one; `price_sensitivity`: log-odds lost for a price e times the usual; `daily_rate`: visits
    a day; `account_ids`: "" without an account.
    """

    visitor_ids: tuple[str, ...]
    account_ids: tuple[str, ...]
    devices: tuple[str, ...]
    countries: tuple[str, ...]
    is_new: NDArray[np.bool_]
    taste: NDArray[np.float64]
    interests: NDArray[np.float64]
    price_sensitivity: NDArray[np.float64]
    daily_rate: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.visitor_ids)


def make_visitors(n_visitors: int, catalogue: Catalogue, rng: np.random.Generator) -> Visitors:
    """Return `n_visitors` visitors of the shop with this catalogue."""
    interests = _interests(n_visitors, len(catalogue.centres), rng)
    own = unit_rows(rng.normal(size=(n_visitors, catalogue.centres.shape[1])))
    has_account = rng.random(n_visitors) < ACCOUNT_SHARE
    numbers = range(1, n_visitors + 1)
    return Visitors(
        visitor_ids=tuple(f"v-{number:06d}" for number in numbers),
        account_ids=tuple(
            f"a-{number:06d}" if known else ""
            for number, known in zip(numbers, has_account, strict=True)
        ),
        devices=_drawn(DEVICES, DEVICE_SHARES, n_visitors, rng),
        countries=_drawn(COUNTRIES, COUNTRY_SHARES, n_visitors, rng),
        is_new=rng.random(n_visitors) < NEW_SHARE,
        taste=unit_rows(unit_rows(interests @ catalogue.centres) + OWN_TASTE * own),
        interests=interests,
        price_sensitivity=rng.gamma(4.0, 0.08, n_visitors),
        daily_rate=rng.gamma(RATE_SHAPE, VISITS_A_DAY / RATE_SHAPE, n_visitors),
    )


def _interests(n_visitors: int, n_categories: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return shares over a few categories each, the first one leading."""
    chosen = np.argsort(rng.random((n_visitors, n_categories)), axis=1)[:, :INTERESTS]
    shares = rng.dirichlet((3.0, 1.2, 0.6), n_visitors)
    interests = np.zeros((n_visitors, n_categories))
    np.put_along_axis(interests, chosen, shares, axis=1)
    return interests


def _drawn(
    words: tuple[str, ...], shares: tuple[float, ...], size: int, rng: np.random.Generator
) -> tuple[str, ...]:
    return tuple(words[index] for index in rng.choice(len(words), size, p=shares))
