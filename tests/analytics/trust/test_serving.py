"""Fallbacks, and units that are no shoppers: as many in one variant as in the other."""

from datetime import timedelta

import pytest

from experiments.models import Experiment, Exposure, Slate
from tests.analytics.rows import Shares, a_run, exposure
from tests.analytics.trust.gate import gate
from tests.factories import NOW

pytestmark = pytest.mark.django_db

EVEN = {"control": Shares(600, 0.2), "treatment": Shares(600, 0.2)}


def fall_back(experiment: Experiment, key: str, count: int, reason: str = "timeout") -> None:
    rows = Slate.objects.filter(variant__experiment=experiment, variant__key=key)
    some = list(rows.order_by("pk").values_list("pk", flat=True)[:count])
    Slate.objects.filter(pk__in=some).update(fallback=reason)


def leave_out(experiment: Experiment, key: str, count: int, traffic: str) -> None:
    variant = experiment.variants.get(key=key)
    at = NOW - timedelta(days=2)
    Exposure.objects.bulk_create(
        exposure(experiment, variant, f"{traffic}-{key}-{number}", at, traffic=traffic)
        for number in range(count)
    )


@pytest.mark.parametrize(
    ("control", "treatment", "state"),
    [(0, 0, "good"), (3, 4, "good"), (0, 18, "warn"), (60, 60, "warn"), (0, 60, "bad")],
)
def test_fallback__of_so_many_lists__is_judged_by_share_and_gap(
    control: int, treatment: int, state: str
) -> None:
    experiment = a_run(EVEN)
    fall_back(experiment, "control", control)
    fall_back(experiment, "treatment", treatment)

    found = gate(experiment)["fallback"]

    assert found["state"] == state
    counted = [[row[1], *row[2:4]] for row in found["table"]["rows"]]
    assert counted == [[600, 0, control], [600, 0, treatment]]


def test_fallback__for_units_that_a_variant_does_not_know__is_part_of_it() -> None:
    experiment = a_run(EVEN)
    fall_back(experiment, "treatment", 180, reason="unknown_unit")

    found = gate(experiment)["fallback"]

    assert found["state"] == "good"
    assert [row[1:4] for row in found["table"]["rows"]] == [[600, 0, 0], [600, 180, 0]]


def test_fallback__unequal__names_the_variant_and_its_share() -> None:
    experiment = a_run(EVEN)
    fall_back(experiment, "treatment", 60)

    found = gate(experiment)["fallback"]

    assert found["claim"] == "Treatment was answered by a fallback in 10.0\u202f% of lists."
    assert found["evidence"].startswith(
        "Control 0.0\u202f%, Treatment 10.0\u202f% of lists; p < 0.0001"
    )


def test_fallback__of_a_few_lists__is_no_alarm() -> None:
    experiment = a_run({"control": Shares(20, 0), "treatment": Shares(20, 0)})
    fall_back(experiment, "treatment", 2)

    assert gate(experiment)["fallback"]["state"] == "good"


def test_shoppers__left_out_alike__is_good_and_counts_them() -> None:
    experiment = a_run(EVEN)
    for key in ("control", "treatment"):
        leave_out(experiment, key, 20, "bot")
        leave_out(experiment, key, 5, "internal")

    found = gate(experiment)["no_shoppers"]

    assert found["state"] == "good"
    assert found["table"]["rows"] == [
        ["Control", 600, 20, 0, 5], ["Treatment", 600, 20, 0, 5],
    ]  # fmt: skip
    assert "50 of 1,250 units (4.00\u202f%) left out: 40 bots" in found["evidence"]


def test_shoppers__more_outliers_in_one_variant__is_bad_and_says_whose() -> None:
    experiment = a_run(EVEN)
    leave_out(experiment, "treatment", 30, "outlier")

    found = gate(experiment)["no_shoppers"]

    assert found["state"] == "bad"
    assert found["claim"] == "More units of Treatment than of Control are left out."
    assert found["table"]["rows"][1] == ["Treatment", 600, 0, 30, 0]
    assert found["causes"][0].startswith("what a variant shows makes units send more events")
