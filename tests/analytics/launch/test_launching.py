"""The launch checks of metrics: what decides, what was counted, and whether the plan suffices."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.launch.asked import Asked
from analytics.launch.launching import measuring_checks
from analytics.launch.planner import plan_of, plan_primary
from analytics.models import Metric
from experiments.models import Event, Experiment, Slate
from experiments.registries import Check
from tests.analytics.launch.shop import choose, visit
from tests.analytics.rows import an_id, event, slate

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def check_of(experiment: Experiment, code: str) -> Check:
    fresh = Experiment.objects.get(pk=experiment.pk)
    [found] = [check for check in measuring_checks(fresh) if check.code == code]
    return found


# ── the primary metric ──────────────────────────────────────────────────────────────────────────


def test_primary__sites_default__decides_and_says_which_way_is_good(
    experiment: Experiment,
) -> None:
    check = check_of(experiment, "primary_metric")

    assert (check.passed, check.is_hard) == (True, True)
    assert check.detail == "Revenue per unit, higher is better"


def test_primary__none_or_two__fails(experiment: Experiment) -> None:
    choose(experiment, ctr="secondary")
    assert check_of(experiment, "primary_metric").detail == "no metric is primary"

    choose(experiment, conversion="primary", aov="primary")
    check = check_of(experiment, "primary_metric")
    assert not check.passed
    assert "Conversion" in check.detail
    assert "Average order value" in check.detail


def test_primary__without_a_direction__fails(experiment: Experiment) -> None:
    Metric.objects.filter(key="revenue_per_unit").update(direction="")

    check = check_of(experiment, "primary_metric")

    assert not check.passed
    assert "without a direction" in check.detail


# ── what was counted ────────────────────────────────────────────────────────────────────────────


def test_silent_metric__counted_within_28_days_or_not__is_told(experiment: Experiment) -> None:
    choose(experiment, conversion="primary", ctr="secondary")
    check = check_of(experiment, "silent_metric")
    assert (check.passed, check.is_hard) == (False, False)
    assert check.detail == "nothing in the last 28 days: Conversion, Slate click-through"

    variant = experiment.variants.first()
    assert variant is not None
    slate(variant, "v-1", timezone.now(), clicked=0).save()
    event(experiment.site, "purchase", timezone.now() - 29 * DAY).save()
    assert "Conversion, Slate" in check_of(experiment, "silent_metric").detail

    slate(variant, "v-1", timezone.now(), clicked=1).save()
    event(experiment.site, "purchase", timezone.now() - 27 * DAY).save()
    assert check_of(experiment, "silent_metric").passed


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"visitor_id": "v-1"}, True),
        ({"request_id": "of the list"}, True),
        ({"session_id": "s-1"}, True),
        ({"visitor_id": "v-2"}, False),
        ({"visitor_id": "v-1", "type": "page_view"}, False),
        ({"visitor_id": "v-1", "before": True}, False),
    ],
)
def test_test_mode__event_of_the_primary_metric__counts_when_a_tester_sent_it(
    experiment: Experiment, fields: dict[str, Any], counts: bool
) -> None:
    variant, now, request_id = experiment.variants.first(), timezone.now(), an_id()
    assert variant is not None
    slate(variant, "v-1", now, reason="QA", request_id=request_id, session_id="s-1").save()
    kind = fields.pop("type", "purchase")
    at = now - DAY if fields.pop("before", False) else now + DAY / 24
    fields = fields | ({"request_id": request_id} if "request_id" in fields else {})
    event(experiment.site, kind, at, **fields).save()

    check = check_of(experiment, "qa_event")

    assert (check.passed, check.is_hard) == (counts, False)
    assert check.detail.startswith("Revenue per unit: ")


def test_test_mode__click_through_is_primary__wants_a_click_on_a_testers_list(
    experiment: Experiment,
) -> None:
    choose(experiment, ctr="primary")
    variant = experiment.variants.first()
    assert variant is not None
    slate(variant, "v-1", timezone.now(), reason="SPLIT", clicked=1).save()
    slate(variant, "v-2", timezone.now(), reason="QA", clicked=0).save()
    assert not check_of(experiment, "qa_event").passed

    Slate.objects.filter(reason="QA").update(clicked=1)
    assert check_of(experiment, "qa_event").passed


def test_test_mode__nobody_tried__does_not_pass(experiment: Experiment) -> None:
    event(experiment.site, "purchase", timezone.now(), visitor_id="v-1").save()

    assert not check_of(experiment, "qa_event").passed


# ── power ───────────────────────────────────────────────────────────────────────────────────────


def test_power__site_without_a_past__says_what_is_missing(experiment: Experiment) -> None:
    check = check_of(experiment, "power")

    assert (check.passed, check.is_hard) == (False, False)
    assert "0 visitors were served a list at Home page in the last 28 days" in check.detail
    assert plan_of(experiment).missing in check.detail


def test_power__metric_that_never_moved__says_so(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 200, 1)
    Event.objects.all().delete()

    assert "Conversion did not vary in the last 28 days" in check_of(experiment, "power").detail


def test_power__no_lift_is_named__says_what_could_be_seen(experiment: Experiment) -> None:
    visit(experiment, 400, 40)

    check = check_of(experiment, "power")

    assert not check.passed
    assert "no lift worth detecting is named" in check.detail
    assert "bring about 200 units" in check.detail
    assert check.fix == "Name the smallest lift that would matter."


@pytest.mark.parametrize(("mde", "passed"), [(0.05, False), (3.0, True)])
def test_power__planned_from_the_past__is_told_in_figures(
    experiment: Experiment, mde: float, passed: bool
) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 2000, 200)
    Experiment.objects.filter(pk=experiment.pk).update(mde=mde)

    check = check_of(experiment, "power")

    assert check.passed is passed
    assert f"a lift of {100 * mde:g} % of Conversion is found in" in check.detail
    assert "14 days bring about 1,000 units" in check.detail


def test_plan__agrees_with_itself(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 2000, 200)
    experiment.mde = 0.5

    plan, own = plan_of(experiment), plan_primary(experiment)

    assert plan.missing == ""
    assert plan.metric == "Conversion"
    assert own.known.history is not None
    assert own.known.history.value == pytest.approx(0.1)
    assert plan.per_day == pytest.approx(2000 / 28, rel=0.05)
    week2 = plan.weeks[1]
    assert week2.lift is not None
    assert own.found is not None
    assert week2.lift == pytest.approx(own.found.lift, rel=0.01)
    assert plan.days is not None
    before, after = (power_after(experiment, days) for days in (plan.days - 7, plan.days))
    assert before is not None
    assert after is not None
    assert before < 0.8 <= after


def power_after(experiment: Experiment, days: int) -> float | None:
    return plan_primary(experiment, Asked.of(experiment, days=days)).power


def test_plan__half_the_traffic_and_half_the_audience__has_a_quarter_of_the_units(
    experiment: Experiment,
) -> None:
    visit(experiment, 400, 40)
    whole = plan_of(experiment).per_day
    for index, row in enumerate(Slate.objects.order_by("id")):
        row.attributes = {"country": "DE" if index % 2 else "FR"}
        row.save()
    allocation = experiment.allocation
    allocation.stop = allocation.admitted_stop = 5000
    allocation.save()
    Experiment.objects.filter(pk=experiment.pk).update(eligibility={"country": "DE"})

    assert plan_of(Experiment.objects.get()).per_day == pytest.approx(whole / 4, rel=0.1)


def test_plan__nobody_is_eligible__says_so(experiment: Experiment) -> None:
    visit(experiment, 400, 40)
    experiment.eligibility = {"country": "XX"}

    assert "no unit that was seen lately would enter" in plan_of(experiment).missing


def test_plan__drop_that_a_share_cannot_take__has_no_end_and_no_failure(
    experiment: Experiment,
) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 400, 40)
    experiment.mde, experiment.expected_direction = 5.0, "decrease"

    assert plan_of(experiment).days is None
    assert power_after(experiment, 14) is None
