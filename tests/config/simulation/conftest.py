"""A small shop, made once."""

from datetime import UTC, datetime

import pytest

from config.simulation.shop import Shop, make_shop

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def shop() -> Shop:
    return make_shop(seed=3, start=MONDAY, n_items=300, n_visitors=1_500, days=14)
