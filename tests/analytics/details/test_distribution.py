"""What buyers spent: every unit in one bin, as counted by hand."""

from collections import Counter
from datetime import timedelta

import pytest

from analytics.details.distribution import EDGES, bin_of, distribution_of
from analytics.models import Metric
from experiments.models import Experiment, Variant
from tests.analytics.details.scopes import START, whole
from tests.analytics.rows import event, exposure

pytestmark = pytest.mark.django_db

AMOUNTS = [1, 99, 100, 101, 5_000, 5_001, 123_456, 10**13]


def bought(variant: Variant, unit: str, *amounts: int) -> None:
    """Expose a unit that buys afterwards."""
    experiment = variant.experiment
    exposure(experiment, variant, unit, START).save()
    for number, amount in enumerate(amounts):
        at = START + timedelta(hours=1 + number)
        order = f"{unit}-{number}"
        event(
            experiment.site, "purchase", at, visitor_id=unit, amount=amount, order_ref=order
        ).save()


def test_distribution__of_units__is_what_they_brought(
    experiment: Experiment, control: Variant, treatment: Variant
) -> None:
    for number, amount in enumerate(AMOUNTS):
        bought(control, f"c{number}", amount)
    bought(control, "nothing")
    bought(treatment, "two orders", 40, 60)

    found = distribution_of(whole(experiment))

    edges, own = found["edges"], found["variants"]["control"]
    assert found["metric"] == "revenue_per_unit"
    assert (own["nothing"], own["units"]) == (1, 9)
    expected = Counter(max(e for e in EDGES if e <= amount) for amount in AMOUNTS)
    counted = dict(zip(edges[:-1], own["counts"], strict=True))
    assert {edge: n for edge, n in counted.items() if n} == expected
    hundred = edges.index(max(e for e in EDGES if e <= 100))
    assert found["variants"]["treatment"]["counts"][hundred] == 1


def test_distribution__refunded_beyond_the_purchase__is_nothing(
    experiment: Experiment, control: Variant
) -> None:
    bought(control, "u", 500)
    event(experiment.site, "refund", START + timedelta(hours=2), visitor_id="u", amount=900).save()

    own = distribution_of(whole(experiment))["variants"]["control"]

    assert (own["counts"], own["nothing"]) == ([], 1)


def test_distribution__nobody_bought__has_no_bins(experiment: Experiment, control: Variant) -> None:
    bought(control, "u")

    found = distribution_of(whole(experiment))

    assert found["edges"] == []
    assert found["variants"]["control"] == {"counts": [], "nothing": 1, "units": 1}


def test_distribution__without_a_revenue_metric__is_empty(experiment: Experiment) -> None:
    Metric.objects.filter(key="revenue_per_unit").delete()

    assert distribution_of(whole(experiment)) == {}


@pytest.mark.parametrize("amount", [-5, 0, 1, 2, 9, 10, 11, 10**6, 10**13, 10**17])
def test_bin_of__an_amount__holds_it(amount: int) -> None:
    found = bin_of(amount)

    assert (found == 0) == (amount < 1)
    if found:
        assert EDGES[found - 1] <= amount
        assert found == len(EDGES) - 1 or amount < EDGES[found]
