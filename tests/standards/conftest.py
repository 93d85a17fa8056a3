"""A running shop for the released clients, and what they are asked by."""

from collections.abc import Iterator

import pytest

from tests.standards import node_clients
from tests.standards.agreement import Shop, a_shop


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Give a running site with twenty experiments."""
    with a_shop(tmp_path_factory.mktemp("standards")) as running:
        yield running


@pytest.fixture(scope="session")
def node() -> None:
    """Skip, with the reason, where the JavaScript clients cannot be run."""
    try:
        node_clients.script("growthbook.mjs")
    except node_clients.NoNodeError as error:
        if node_clients.is_required():
            raise
        pytest.skip(str(error))
