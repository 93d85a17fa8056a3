"""What a recommender is charged: its own work, what it waits for in part, others' work never."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django import Settings

from experiments.models import Site
from recommenders.clocks import LONGEST, WAITS, Spent
from recommenders.registry import BUILTIN
from recommenders.serving.answering import breakers
from recommenders.serving.breaker import IN_A_ROW, State
from tests.recommenders.shop import a_shop, ask, retrained
from tests.recommenders.slow import Sleepy

pytestmark = pytest.mark.django_db
BUDGET_MS = 100
BUSY_THREADS = 16
SLEEPY = {"recommender": "sleepy"}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Site:
    """Return a shop with a recommender that can be slow; what may answer is open."""
    monkeypatch.setitem(BUILTIN, "sleepy", f"{Sleepy.__module__}.{Sleepy.__name__}")
    site, _made = a_shop("popularity")
    retrained(site, "sleepy")
    settings.RECOMMEND_BUDGET_MS = BUDGET_MS
    reasons(site, 1)
    return site


def reasons(site: Site, n: int, *, is_timed: bool = True) -> list[str]:
    """Return why another answered, "" where the recommender did itself, of n lists."""
    return [ask(site, SLEEPY, is_timed=is_timed).fallback for _ in range(n)]


def is_left_alone(site: Site) -> bool:
    return breakers.of(site.pk, "sleepy").state is not State.CLOSED


@contextmanager
def busy(n_threads: int) -> Iterator[None]:
    """Keep the interpreter busy with threads that only compute."""
    over = threading.Event()

    def compute() -> None:
        while not over.is_set():
            sum(range(1_000))

    threads = [threading.Thread(target=compute, daemon=True) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_recommender__that_computes_beyond_the_budget__is_too_slow_and_left_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sleepy, "burns_s", 1.2 * BUDGET_MS / 1000)

    found = reasons(site, IN_A_ROW + 1)

    assert found == ["too_slow"] * IN_A_ROW + ["breaker_open"]


def test_recommender__that_waits_a_little_longer_than_the_budget__answers(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sleepy, "sleeps_s", 1.2 * BUDGET_MS / 1000)

    found = reasons(site, IN_A_ROW)

    assert found == [""] * IN_A_ROW
    assert not is_left_alone(site)


def test_recommender__that_waits_far_longer_than_the_budget__is_too_slow_and_left_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sleepy, "sleeps_s", 1.2 * WAITS * BUDGET_MS / 1000)

    found = reasons(site, IN_A_ROW + 1)

    assert found == ["too_slow"] * IN_A_ROW + ["breaker_open"]


def test_recommender__quick_beside_many_busy_threads__answers(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sleepy, "turns", 2)
    with busy(BUSY_THREADS):
        began = time.perf_counter()
        found = reasons(site, IN_A_ROW)
        each_ms = 1000 * (time.perf_counter() - began) / IN_A_ROW

    assert each_ms > BUDGET_MS
    assert found == [""] * IN_A_ROW
    assert not is_left_alone(site)


def test_recommender__slow_where_nobody_waits__answers_and_is_not_left_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sleepy, "burns_s", 1.2 * BUDGET_MS / 1000)

    found = reasons(site, IN_A_ROW + 1, is_timed=False)

    assert found == [""] * (IN_A_ROW + 1)
    assert not is_left_alone(site)


@pytest.mark.parametrize(
    ("spent", "charged"),
    [
        (Spent(wall_ns=100, own_ns=100, process_ns=100), 100),
        (Spent(wall_ns=100, own_ns=0, process_ns=0), 100 / WAITS),
        (Spent(wall_ns=100, own_ns=10, process_ns=100), 10),
        (Spent(wall_ns=100, own_ns=0, process_ns=190), 100 / LONGEST),
        (Spent(wall_ns=100, own_ns=30, process_ns=60), 30),
    ],
    ids=["computing", "waiting", "waiting for a turn", "both processors busy", "of each"],
)
def test_charged__of_a_stretch__is_own_work_and_part_of_the_wait(
    spent: Spent, charged: float
) -> None:
    assert spent.charged_ns == charged
