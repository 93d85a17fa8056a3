"""Fixtures of the statistics tests."""

import numpy as np
import pytest


@pytest.fixture
def rng() -> np.random.Generator:
    """Return the same random numbers in every test, whatever the order."""
    return np.random.default_rng(20_261_120)
