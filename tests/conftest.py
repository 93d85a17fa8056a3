"""Fixtures that every room's tests share."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django import Settings

from analytics.launch import lately
from experiments import snapshot
from experiments.api import shedding
from experiments.intake import hints, recorder
from experiments.intake.recovery import recovery
from experiments.intake.spool import spool
from recommenders import loaded, state
from recommenders.serving.answering import breakers
from recommenders.serving.offer import offers
from tests.shares import long_first

LONG = ("slow", "flow")
# What asks for a database; pytest-django refuses every query of a test that does not.
DATABASE = {"db", "transactional_db", "live_server", "django_db_setup"}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what asks for the database, and skip what needs servers where there are none."""
    if item.get_closest_marker("django_db") or DATABASE & set(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.database)
    if item.get_closest_marker("servers") and "DATABASE_URL" not in os.environ:
        item.add_marker(pytest.mark.skip(reason="no PostgreSQL and Redis in this run"))


@pytest.hookimpl(trylast=True)  # once it is known which are run
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several processes let none begin with a long module when the others are done."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = long_first(
            items,
            module_of=lambda item: item.path,
            is_long=lambda item: any(map(item.get_closest_marker, LONG)),
            n_workers=int(os.environ["PYTEST_XDIST_WORKER_COUNT"]),
        )


def pytest_collection_finish() -> None:
    """Keep what stays to the end out of every later look for garbage: it takes a third of a second.

    statsmodels looks each time it adjusts p-values.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _cheap_beginnings() -> Iterator[None]:
    """Hash passwords as fast as can be, and look for a static file only when it is asked for.

    Nobody attacks a test's database; and each client would list all static files at its start.
    """
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(PASSWORD_HASHERS=hashers, WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(autouse=True)
def _fresh_process_memory(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Give every test its own data folder and empty process memory."""
    settings.DATA_DIR = tmp_path
    settings.SNAPSHOT_MAX_AGE_S = 0
    settings.TRAINING_APART = False  # another process sees nothing of a test's transaction
    settings.RECOMMEND_BUDGET_MS = 60_000  # a busy machine is no reason for another list
    settings.SPOOL_RETRY_S = settings.ALARMS_EVERY_S = 3600
    snapshot.watched.reset()
    state.watched.reset()
    loaded.cache.forget()
    offers.forget()
    lately.forget()
    breakers.forget()
    recorder.buffer._queue.clear()
    hints._last_sent = 0.0
    shedding.backlog.forget()
    recovery._away.clear()
    yield
    recorder.buffer._queue.clear()
    spool.rotate()
