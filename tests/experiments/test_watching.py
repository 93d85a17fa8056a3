"""A value in memory that follows its source: who loads when, and what survives which failure."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from django.db import InterfaceError, OperationalError
from pytest_django import Settings

from experiments.errors import Unavailable
from experiments.watching import Watched


@dataclass
class Source:
    """What a database would say, and how often it was asked."""

    version: int = 1
    error: Exception | None = None
    asked: int = 0
    loads: list[str] = field(default_factory=list)

    def get_version(self) -> int:
        self.asked += 1
        if self.error:
            raise self.error
        return self.version

    def load(self, previous: str | None) -> str:
        self.loads.append(f"{previous} to {self.version}")
        return f"value {self.version}"


def watched(source: Source, restore: Callable[[], str | None] = lambda: None) -> Watched[str]:
    return Watched("a test", version=source.get_version, load=source.load, restore=restore)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def followed(source: Source, settings: Settings) -> Iterator[Watched[str]]:
    """Give a value that a thread follows every 10 ms."""
    settings.SNAPSHOT_MAX_AGE_S = 0.01
    value = watched(source)
    yield value
    value.reset()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def test_value__of_age_zero__is_asked_for_on_each_read_and_loaded_when_it_moved(
    source: Source,
) -> None:
    value = watched(source)

    assert [value.get(), value.get()] == ["value 1", "value 1"]
    source.version = 2
    assert value.get() == "value 2"

    assert source.asked == 3
    assert source.loads == ["None to 1", "value 1 to 2"]


def test_value__version_goes_back__is_loaded_too(source: Source) -> None:
    value = watched(source)
    source.version = 7
    value.get()

    source.version = 3  # a restored backup

    assert value.get() == "value 3"


def test_value__followed_by_a_thread__is_read_without_asking(
    source: Source, settings: Settings
) -> None:
    settings.SNAPSHOT_MAX_AGE_S = 3600
    value = watched(source)
    value.get()
    source.version = 2

    read = {value.get() for _ in range(100)}

    assert read == {"value 1"}
    assert source.asked == 1
    value.reset()


def test_value__followed_by_a_thread__changes_by_itself(
    source: Source, followed: Watched[str]
) -> None:
    assert followed.get() == "value 1"

    source.version = 2

    wait_until(lambda: followed.get() == "value 2")


def test_value__read_first_by_many_threads__is_loaded_once(
    source: Source, settings: Settings
) -> None:
    settings.SNAPSHOT_MAX_AGE_S = 3600
    value = watched(source)
    barrier = threading.Barrier(8)
    read: list[str] = []

    def reader() -> None:
        barrier.wait()
        read.append(value.get())

    threads = [threading.Thread(target=reader) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read == ["value 1"] * 8
    assert source.loads == ["None to 1"]
    value.reset()


@pytest.mark.parametrize("error", [OperationalError("refused"), InterfaceError("closed")])
def test_value__database_goes_away__stays_and_follows_again_when_it_is_back(
    source: Source, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    value = watched(source)
    value.get()

    source.version, source.error = 2, error
    assert value.get() == "value 1"
    source.error = None

    assert value.get() == "value 2"
    assert f"a test not refreshed, the last good copy serves: {error}" in caplog.text


def test_value__database_away_from_the_start__is_the_restored_one_until_it_is_back(
    source: Source,
) -> None:
    source.error = OperationalError("refused")
    value = watched(source, restore=lambda: "yesterday's")

    assert value.get() == "yesterday's"
    source.error = None

    assert value.get() == "value 1"


def test_value__neither_database_nor_copy__is_unavailable(source: Source) -> None:
    source.error = OperationalError("refused")

    with pytest.raises(Unavailable, match="the a test could not be loaded") as refusal:
        watched(source).get()

    assert refusal.value.status == 503


def test_value__first_load_is_a_defect__is_followed_all_the_same(
    source: Source, followed: Watched[str], caplog: pytest.LogCaptureFixture
) -> None:
    source.error = ZeroDivisionError("a defect")
    with pytest.raises(ZeroDivisionError), caplog.at_level(logging.CRITICAL):
        followed.get()

    source.error = None

    wait_until(lambda: len(source.loads) == 1)
    assert followed.get() == "value 1"


def test_follower__meets_a_defect__says_so_and_goes_on(
    source: Source, followed: Watched[str], caplog: pytest.LogCaptureFixture
) -> None:
    followed.get()

    source.error = ZeroDivisionError("a defect")
    wait_until(lambda: "a test not refreshed" in caplog.text)
    source.version, source.error = 2, None

    wait_until(lambda: followed.get() == "value 2")


def test_reset__while_followed__ends_the_thread(source: Source, followed: Watched[str]) -> None:
    followed.get()
    thread = next(t for t in threading.enumerate() if t.name == "a test")

    followed.reset()

    thread.join(timeout=10)
    assert not thread.is_alive()
