"""A site that keeps thirty days."""

import pytest

from experiments.models import Site
from tests.experiments.retention.past import keeping_site


@pytest.fixture
def site() -> Site:
    return keeping_site()
