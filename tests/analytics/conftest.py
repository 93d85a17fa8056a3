"""Fixtures of this room's tests."""

import pytest

from experiments.models import Experiment, Variant
from tests.factories import a_site, draft_experiment


@pytest.fixture
def experiment() -> Experiment:
    return draft_experiment(a_site(), window_days=7)


@pytest.fixture
def control(experiment: Experiment) -> Variant:
    return experiment.variants.get(is_control=True)


@pytest.fixture
def treatment(experiment: Experiment) -> Variant:
    return experiment.variants.get(is_control=False)
