"""A stored report, and buckets that no other test has emptied."""

from collections.abc import Iterator

import pytest

from analytics.models import Analysis
from experiments.api import limits
from experiments.models import Experiment
from tests.analytics.rows import Shares
from tests.analytics.web.reports import reported

FEW = {"control": Shares(60, 0.2), "treatment": Shares(60, 0.4, 0.15)}


@pytest.fixture
def experiment(db: None) -> Experiment:
    return reported(FEW)


@pytest.fixture
def analysis(experiment: Experiment) -> Analysis:
    return Analysis.objects.get(experiment=experiment)


@pytest.fixture(autouse=True)
def full_buckets() -> Iterator[None]:
    limits._buckets.clear()
    yield
    limits._buckets.clear()
