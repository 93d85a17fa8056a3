"""The primary metric by days since first exposure, against sums made by hand."""

from datetime import timedelta
from statistics import mean
from typing import Any

import pytest

from analytics.details.novelty import novelty_of
from analytics.models import ExperimentMetric, Metric
from experiments.models import Experiment, Variant
from tests.analytics.details.scopes import START, whole
from tests.analytics.rows import event, exposure, slate
from tests.factories import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def primary(experiment: Experiment, key: str) -> None:
    metric = Metric.objects.get(site=experiment.site, key=key)
    ExperimentMetric.objects.create(experiment=experiment, metric=metric, role="primary")


def spends(variant: Variant, unit: str, by_day: list[int], start: Any = START) -> None:
    """Expose a unit that spends an amount on each day of its own."""
    exposure(variant.experiment, variant, unit, start).save()
    for day, amount in enumerate(by_day):
        at = start + day * DAY + HOUR
        if amount:
            event(variant.experiment.site, "purchase", at, visitor_id=unit, amount=amount).save()


def days_of(experiment: Experiment) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = novelty_of(whole(experiment))["days"]["treatment"]
    return found


def test_novelty__of_revenue__is_the_difference_on_each_day(
    experiment: Experiment, control: Variant, treatment: Variant
) -> None:
    mine = {"a": [100, 0, 50], "b": [300, 200, 0]}
    theirs = {"c": [400, 100, 0], "d": [900, 0, 10]}
    for unit, amounts in mine.items():
        spends(control, unit, amounts)
    for unit, amounts in theirs.items():
        spends(treatment, unit, amounts)

    found = days_of(experiment)

    assert len(found) == experiment.window_days
    for day in range(3):
        expected = mean(row[day] for row in theirs.values()) - mean(
            row[day] for row in mine.values()
        )
        assert found[day]["effect"] == pytest.approx(expected)
        assert (found[day]["n_control"], found[day]["n_treatment"]) == (2, 2)
        assert found[day]["low"] < found[day]["effect"] < found[day]["high"]
    assert found[3] is None  # nobody bought: nothing varies


def test_novelty__units_too_young_for_a_day__do_not_count_on_it(
    experiment: Experiment, control: Variant, treatment: Variant
) -> None:
    for variant in (control, treatment):
        for number in range(3):
            spends(variant, f"{variant.key}{number}", [100 * number + 100, 50 * number + 50])
        # Of the second day only an hour has passed: its purchase there counts for nothing.
        spends(variant, f"{variant.key}-young", [777, 888], NOW - DAY - 2 * HOUR)

    first, second = days_of(experiment)[:2]

    assert (first["n_control"], second["n_control"]) == (4, 3)
    assert second["effect"] == 0


def test_novelty__of_a_ratio_over_lists__divides_the_sums(
    experiment: Experiment, control: Variant, treatment: Variant
) -> None:
    primary(experiment, "ctr")
    for variant, clicks in ((control, [1, 0, 0, 1]), (treatment, [1, 1, 0, 1])):
        for number, clicked in enumerate(clicks):
            unit = f"{variant.key}{number}"
            exposure(experiment, variant, unit, START).save()
            slate(variant, unit, START + HOUR, clicked=clicked).save()

    assert days_of(experiment)[0]["effect"] == pytest.approx(0.25)


def test_novelty__of_a_ratio_of_events__joins_both_sides(
    experiment: Experiment, control: Variant, treatment: Variant
) -> None:
    primary(experiment, "aov")
    for variant, amounts in ((control, [100, 300]), (treatment, [200, 500])):
        for number, amount in enumerate(amounts):
            unit = f"{variant.key}{number}"
            exposure(experiment, variant, unit, START).save()
            fields = {"visitor_id": unit, "amount": amount, "order_ref": unit}
            event(experiment.site, "purchase", START + HOUR, **fields).save()

    assert days_of(experiment)[0]["effect"] == pytest.approx(150)


def test_novelty__of_a_share__counts_a_unit_once_a_day(
    experiment: Experiment, control: Variant, treatment: Variant
) -> None:
    primary(experiment, "conversion")
    for variant, buyers in ((control, 1), (treatment, 3)):
        for number in range(4):
            spends(variant, f"{variant.key}{number}", [100 if number < buyers else 0])
        again = {"visitor_id": f"{variant.key}0", "amount": 5}
        event(experiment.site, "purchase", START + 2 * HOUR, **again).save()

    assert days_of(experiment)[0]["effect"] == pytest.approx(0.5)


def test_novelty__without_units__has_no_days(experiment: Experiment) -> None:
    found = novelty_of(whole(experiment))

    assert found["days"] == {"treatment": []}
    assert found["trend"]["treatment"]["status"] == "insufficient_data"


def test_novelty__without_a_primary_metric__is_empty(experiment: Experiment) -> None:
    Metric.objects.filter(key="revenue_per_unit").delete()

    assert novelty_of(whole(experiment)) == {}
