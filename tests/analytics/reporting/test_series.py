"""The effect by the end of each day is what a report of that day would have said."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.models import Metric
from analytics.reporting.report import compute_report
from analytics.reporting.scope import data_cut_us
from experiments.clock import microseconds
from experiments.models import Experiment, Exposure
from tests.analytics.past import a_run_with_past
from tests.analytics.rows import Shares, a_run
from tests.analytics.web.rich import a_rich_run
from tests.factories import NOW, a_site, draft_experiment

pytestmark = pytest.mark.django_db

BETTER = {"control": Shares(1300, 0.2), "treatment": Shares(1300, 0.3)}

OF_SHOPS = {"revenue_per_unit", "conversion", "ctr", "aov"}  # of which these units have something


def report_of(experiment: Experiment, until_us: int | None = None) -> Any:
    until_us = data_cut_us(experiment) if until_us is None else until_us
    return compute_report(experiment, phase=experiment.phase, until_us=until_us).report


def test_series__of_a_run__counts_every_unit_on_its_day() -> None:
    experiment = a_run(BETTER, has_ended=False)

    series = report_of(experiment).series

    assert len(series["days"]) == 15
    assert series["days"][-1] == NOW.date().isoformat()
    assert sum(series["exposures"]["control"]) == 1300
    first = Exposure.objects.filter(day=series["days"][0], variant__key="treatment").count()
    assert series["exposures"]["treatment"][0] == first


@pytest.mark.parametrize("days_ago", [0, 3, 7])
def test_series__at_a_day__is_the_report_as_of_its_end(days_ago: int) -> None:
    experiment = a_run(BETTER, has_ended=False)
    Metric.objects.update(winsor=None, uses_cuped=False)
    day = (NOW - timedelta(days=days_ago)).date()
    end = microseconds(NOW.replace(hour=0, minute=0, second=0) - timedelta(days=days_ago - 1)) - 1

    series = report_of(experiment).series
    then = report_of(experiment, end if days_ago else None)

    place = series["days"].index(day.isoformat())
    told = [each for each in then.metrics if each.key in OF_SHOPS]
    assert len(told) == len(OF_SHOPS)
    for metric in told:
        point, shown = series["metrics"][metric.key]["treatment"][place], metric.comparisons
        assert point["lift"] == pytest.approx(shown["treatment"]["lift"], rel=1e-12)
        assert point["d_low"] == pytest.approx(shown["treatment"]["interval"]["low"], rel=1e-9)


def test_series__of_units_with_a_past__ends_with_the_adjusted_effect() -> None:
    experiment = a_run_with_past()

    report = report_of(experiment)

    last = report.series["metrics"]["revenue_per_unit"]["treatment"][-1]
    revenue = next(metric for metric in report.metrics if metric.key == "revenue_per_unit")
    assert "raw" in revenue.comparisons["treatment"]
    assert last["difference"] == pytest.approx(revenue.comparisons["treatment"]["effect"])


def test_series__of_too_few_units__has_no_point_yet() -> None:
    experiment = a_run(BETTER, has_ended=False)

    points = report_of(experiment).series["metrics"]["conversion"]["treatment"]

    assert points[0] is None
    assert points[-1]["low"] < points[-1]["lift"] < points[-1]["high"]


def test_series__of_nobody__is_empty() -> None:
    assert report_of(draft_experiment(a_site())).series == {}


def test_segments__of_attributes_at_first_exposure__are_tested_and_shrunk() -> None:
    experiment = a_rich_run()

    report = report_of(experiment)

    found = {(s["attribute"], s["metric"], s["treatment"]): s for s in report.segments}
    device = found["device", "revenue_per_unit", "hybrid"]
    assert {value["value"] for value in device["values"]} == {"mobile", "desktop", "tablet"}
    assert sum(value["n_control"] for value in device["values"]) == 600
    visitor = found["new_visitor", "revenue_per_unit", "hybrid"]
    assert {value["value"] for value in visitor["values"]} == {"true", "false"}
    assert all(key[1] != "ctr" for key in found)


def test_segments__that_do_not_differ__are_drawn_together() -> None:
    behaviour = {"control": Shares(2500, 0.2), "treatment": Shares(2500, 0.3)}
    experiment = a_run(behaviour)
    rows = list(Exposure.objects.filter(experiment=experiment).order_by("id"))
    for number, row in enumerate(rows):
        row.attributes = {"device": ("mobile", "desktop")[number % 7 % 2]}
    Exposure.objects.bulk_update(rows, ["attributes"], batch_size=300)

    segments = report_of(experiment).segments

    (conversion,) = (s for s in segments if s["metric"] == "conversion")
    assert conversion["interaction_p"] <= conversion["adjusted_p"] <= 1
    assert conversion["adjusted_p"] > 0.05
    lifts = [value["lift"] for value in conversion["values"]]
    for value in conversion["values"]:
        assert min(lifts) <= value["shrunk"] <= max(lifts)
        assert value["low"] < value["lift"] < value["high"]


def test_segments__of_units_without_attributes__are_none() -> None:
    assert report_of(a_run(BETTER)).segments == ()
