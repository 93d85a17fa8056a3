"""Sums by attribute from rollups are those of the rows; each metric has its own past or none."""

import random
from typing import Any

import pytest

from analytics.models import Metric
from analytics.queries import compile_query, run_groups, without_history
from analytics.queries.few import EVER_US
from analytics.reporting.measuring import measure
from analytics.reporting.scope import Scope
from analytics.reporting.segment_sums import sums_by_attribute
from analytics.rollups.groups import read_groups
from analytics.rollups.plans import query_of
from analytics.rollups.reading import states_of
from experiments.models import Event, Experiment, Exposure
from tests.analytics.past import a_run_with_past
from tests.analytics.random_rows import random_rows
from tests.analytics.rollups.kept import a_metric, a_running_one, keep, measured
from tests.factories import NOW

pytestmark = pytest.mark.django_db

BY = ("device", "member", "@weekday")
CAPS = {"revenue_per_unit": 70_000}


@pytest.fixture(params=range(3))
def experiment(request: Any) -> Experiment:
    """Return random rows of units with attributes, rolled up; one metric is of a day of return."""
    chance = random.Random(request.param)
    experiment = a_running_one()
    back = {"source": "events", "type": "view_item", "day": 1}
    a_metric(experiment.site, "returned", kind="retention", numerator=back)
    random_rows(experiment, chance)
    for row in Exposure.objects.all():
        device = chance.choice(["mobile", 'a "quoted" é', 7, None])
        row.attributes = chance.choice([{}, {"device": device, "member": chance.random() < 0.5}])
        row.save()
    keep(experiment)
    return experiment


@pytest.mark.parametrize("with_history", [False, True])
def test_groups__of_random_rows__are_those_of_the_rows(
    experiment: Experiment, *, with_history: bool
) -> None:
    scope = Scope.of(experiment, phase=1, until_us=EVER_US)
    cut, rolled = scope.cut, states_of(experiment, 1)
    summed = [each.metric for each in scope.metrics if each.metric.pk in rolled]
    assert {"returned", "revenue_per_unit", "ctr"} <= {metric.key for metric in summed}

    for metric in summed:
        query = query_of(metric)
        past = with_history and metric.kind != "retention"
        due = run_groups(compile_query([query], cut, BY, CAPS, with_history=past))[query.key]

        found = read_groups(metric.pk, query, cut, BY, CAPS, with_history=past)

        assert found == due
        assert len(due) > 1


def test_segments__from_rollups_or_rows__have_the_same_sums(experiment: Experiment) -> None:
    Metric.objects.exclude(key="revenue_per_unit").update(uses_cuped=False)
    names = ["device", "member", "@weekday", "@unit_type"]
    from_rows, from_rollups = (
        Scope.of(experiment, phase=1, until_us=EVER_US, is_present=is_present)
        for is_present in (False, True)
    )
    found = sums_by_attribute(from_rollups, from_rollups.metrics, names, CAPS)

    assert found == sums_by_attribute(from_rows, from_rows.metrics, names, CAPS)
    assert {attribute for _metric, attribute in found} == set(names)
    revenue = found["revenue_per_unit", "device"].values()
    others = found["conversion", "device"].values()
    assert {each.names for of in revenue for each in of.values()} == {("y", "w")}
    assert {each.names for of in others for each in of.values()} == {("y",)}


def test_segments__metrics_are_rolled_up__read_no_event(experiment: Experiment) -> None:
    scope = Scope.of(experiment, phase=1, until_us=EVER_US, is_present=True)
    revenue = [each for each in scope.metrics if each.metric.key == "revenue_per_unit"]
    before = sums_by_attribute(scope, revenue, ["device"], {})
    Event.objects.all().delete()

    assert sums_by_attribute(scope, revenue, ["device"], {}) == before != {}


def test_metric__beside_one_that_uses_its_past__is_judged_without_its_own() -> None:
    """All metrics share one statement of the rows, in which one asks for the time before."""
    run = a_run_with_past(has_ended=False)
    keep(run, NOW)

    found = measured(run, is_present=False)

    assert found.samples == measured(run).samples
    names = {key: next(iter(of.values())).names for key, of in found.samples.items()}
    assert names["revenue_per_unit"] == ("y", "w")
    assert names["conversion"] == ("y",)


def test_without_history__of_a_ratio__keeps_both_sides() -> None:
    run = a_run_with_past(has_ended=False)
    scope = Scope.of(run, phase=1, until_us=EVER_US)
    (aov,) = (each.query for each in scope.metrics if each.metric.key == "aov")
    plain, past = (
        run_groups(compile_query([aov], scope.cut, with_history=is_past))["aov"][()]
        for is_past in (False, True)
    )

    assert {pk: without_history(sample) for pk, sample in past.items()} == plain
    assert measure(scope).errors == {}
