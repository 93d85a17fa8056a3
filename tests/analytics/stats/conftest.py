"""Fixtures of the statistics tests."""

import numpy as np
import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is, not whether the result is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def rng() -> np.random.Generator:
    """Return the same random numbers in every test, whatever the order."""
    return np.random.default_rng(20_261_120)
