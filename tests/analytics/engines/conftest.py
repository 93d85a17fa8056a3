"""Fixtures of the tests of engines."""

from collections.abc import Iterator

import pytest

from tests.analytics.engines.exported import no_exports


@pytest.fixture(autouse=True)
def _own_exports() -> Iterator[None]:
    no_exports()
    yield
    no_exports()
