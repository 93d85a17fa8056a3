"""A story's facts come to the same report in any order of arrival, rolled up as they come."""

import random

import pytest
from django.db import transaction

from analytics.stats.moments import Moments
from experiments.models import Experiment
from tests.analytics.rollups.kept import a_kept_experiment, from_rollups, from_rows
from tests.experiments.drain.story import arrive, facts_of

pytestmark = pytest.mark.django_db
ORDERS = 60


@pytest.fixture
def experiment() -> Experiment:
    return a_kept_experiment(window_days=14)


def test_facts__in_random_orders__come_to_the_same_moments(experiment: Experiment) -> None:
    facts = facts_of(experiment.site, experiment)
    found = []

    for number in range(ORDERS):
        with transaction.atomic():
            arrive(facts, random.Random(number))
            found.append(from_rollups(experiment))
            if number % 20 == 0:
                assert from_rows(experiment) == found[-1]
            transaction.set_rollback(True)

    assert all(moments == found[0] for moments in found)


def test_facts__come_to_what_each_unit_did_in_its_window(experiment: Experiment) -> None:
    arrive(facts_of(experiment.site, experiment), random.Random(7))

    moments = from_rollups(experiment)

    control, treatment = experiment.variants.order_by("-is_control")
    # Bought for 50.00, of which 15.00 were taken back, for 2.00 and 3.00 by clocks that are wrong
    # and, as an account, for 7.00; what came before the exposure, at the window's end, or from
    # nobody known then, is not counted.
    spent = 5_000 - 1_500 + 200 + 300 + 700
    assert moments["revenue_per_unit"] == {
        control.pk: Moments(1, spent, spent**2),
        treatment.pk: Moments(1, 900, 900**2),
    }
    assert moments["ctr"] == {
        control.pk: Moments(1, 1, 1, 2, 4, 2),
        treatment.pk: Moments(1, 0, 0, 1, 1, 0),
    }
