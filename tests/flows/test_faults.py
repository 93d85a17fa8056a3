"""The kill harness, small: every scenario of `./armature bench faults`, and that it can fail."""

import logging
import random
from collections.abc import Iterator

import pytest

from benchmarks._faults.killing import kill_postgresql, kill_web, kill_workers, lose_redis
from benchmarks._faults.outcome import Outcome, Plan, table
from benchmarks._faults.pressing import press
from benchmarks._faults.repeating import repeat_one_batch
from benchmarks._faults.shop import Shop, a_shop
from benchmarks._faults.visitors import expose_visitors
from tests.services import MissingServerError

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.flow, pytest.mark.slow]
DATABASES = ("PostgreSQL", "SQLite")


@pytest.fixture(scope="module", params=DATABASES)
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Return an installation that all scenarios share: what one left behind stays in the books."""
    try:
        with a_shop(is_embedded=request.param == "SQLite") as found:
            expose_visitors(found)
            yield found
    except MissingServerError as error:
        pytest.skip(str(error))


@pytest.fixture
def seed() -> int:
    chosen = random.SystemRandom().randrange(2**31)
    log.warning("instants and amounts are drawn with seed=%d", chosen)  # shown on failure
    return chosen


def assert_holds(outcome: Outcome) -> None:
    assert outcome.holds, table([outcome])


def test_worker__killed_in_its_transaction__applies_everything_once(shop: Shop, seed: int) -> None:
    assert_holds(kill_workers(shop, Plan(seed, events=3000, faults=3)))


def test_postgresql__killed_under_load__loses_nothing_acknowledged(shop: Shop, seed: int) -> None:
    if shop.is_embedded:
        pytest.skip("SQLite has no server to kill")
    assert_holds(kill_postgresql(shop, Plan(seed, events=3000, faults=2)))


def test_redis__killed_and_emptied__loses_nothing(shop: Shop, seed: int) -> None:
    if shop.is_embedded:
        pytest.skip("no Redis beside the embedded database")
    assert_holds(lose_redis(shop, Plan(seed, events=2000, faults=2)))


def test_web__killed_while_it_accepts__stores_whole_batches(shop: Shop, seed: int) -> None:
    assert_holds(kill_web(shop, Plan(seed, events=2000, faults=3)))


def test_batch__sent_by_many_threads_at_once__counts_once(shop: Shop, seed: int) -> None:
    assert_holds(repeat_one_batch(shop, Plan(seed, events=50, faults=100)))


def test_pressure__of_ten_times_what_is_sustained__loses_nothing_acknowledged(
    shop: Shop, seed: int
) -> None:
    outcome = press(shop, Plan(seed, events=0, faults=0, seconds=6.0))

    assert outcome.verdict.holds, table([outcome])
    # Times and memory of so short a run on a busy machine say nothing.
    assert not [each for each in outcome.failures if "Retry-After" in each], outcome.failures


@pytest.mark.parametrize("database", DATABASES)
def test_harness__with_the_unique_key_taken_away__finds_doubles(database: str, seed: int) -> None:
    try:
        with a_shop(is_embedded=database == "SQLite") as found:
            expose_visitors(found)
            found.break_the_key()
            outcome = repeat_one_batch(found, Plan(seed, events=20, faults=60))
    except MissingServerError as error:
        pytest.skip(str(error))

    assert outcome.verdict.double > 0
    assert outcome.verdict.revenue_off > 0
    assert not outcome.holds
    assert "FAILED" in table([outcome])
