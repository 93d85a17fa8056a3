"""Two sites with a row in every table, and the people who come to look."""

import pytest

from tests.access.people import Crowd
from tests.experiments.admin.filled import filled_site


@pytest.fixture
def crowd(db: None) -> Crowd:
    return Crowd(here=filled_site("here"), elsewhere=filled_site("elsewhere"))
