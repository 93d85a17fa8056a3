"""Fixtures that every room's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from experiments import hints, recorder, snapshot
from recommenders import loaded, state


@pytest.fixture(autouse=True)
def _fresh_process_memory(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Give every test its own data folder and empty process memory."""
    settings.DATA_DIR = tmp_path
    settings.SNAPSHOT_MAX_AGE_S = 0
    snapshot.watched.reset()
    state.watched.reset()
    loaded.cache.forget()
    recorder.buffer._queue.clear()
    hints._last_sent = 0.0
    yield
    recorder.buffer._queue.clear()
