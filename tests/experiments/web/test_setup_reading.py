"""Metrics and duration: roles, margins, days, dates, and the plan beside them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.models import ExperimentMetric
from experiments.models import Change, Experiment, Site
from experiments.web.setup.duration import day_of_end, end_of
from tests.experiments.admin.forms import signed_in, superuser
from tests.experiments.web.posting import duration, errors_of, post_step, step_url
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db


def in_berlin() -> Site:
    """Return a site whose days begin in Berlin."""
    site = a_site()
    site.timezone = "Europe/Berlin"
    site.save()
    return site


def test_metrics__posted__keep_roles_and_margin_as_a_fraction_and_are_on_record() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())
    data = {
        "role_conversion": "primary",
        "role_aov": "guardrail",
        "margin_aov": "2.5",
        "role_ctr": "secondary",
        "margin_ctr": "9",
    }

    post_step(client, experiment, "metrics", data)
    post_step(client, experiment, "metrics", data)

    chosen = ExperimentMetric.objects.order_by("pk").values_list("metric__key", "role", "margin")
    assert list(chosen) == [
        ("conversion", "primary", None),
        ("ctr", "secondary", None),
        ("aov", "guardrail", 0.025),
    ]
    assert Experiment.objects.get().version == 2
    assert Change.objects.filter(experiment=experiment, action="edit").count() == 1


def test_metrics__of_a_new_draft__show_the_sites_defaults() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    form = client.get(step_url(experiment, "metrics")).context["form"]

    assert form["role_revenue_per_unit"].value() == "primary"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"role_conversion": "primary", "role_aov": "primary"}, "decides already"),
        ({"role_conversion": "boss"}, "Select a valid choice"),
        ({"role_aov": "guardrail", "margin_aov": "100"}, "less than or equal to 99"),
        ({"role_aov": "guardrail", "margin_aov": "NaN"}, "Enter a number"),
        ({"role_aov": "guardrail", "margin_aov": "0"}, "greater than or equal to 0.01"),
    ],
)
def test_metrics__bad_input__is_a_form_error(data: dict[str, Any], expected: str) -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(client, experiment, "metrics", data)

    assert answer.status_code == 200
    assert expected in errors_of(answer)
    assert not ExperimentMetric.objects.filter(experiment=experiment).exists()


def test_duration__posted__keeps_fractions_and_ends_with_the_sites_day() -> None:
    experiment = draft_experiment(in_berlin())
    client = signed_in(superuser())
    day = (timezone.now() + timedelta(days=30)).date()

    post_step(client, experiment, "duration", duration(ends_on=day.isoformat()))
    first = Experiment.objects.get()
    post_step(client, experiment, "duration", duration(ends_on=day.isoformat()))

    assert first.ends_at == end_of(day, first.site)
    assert (first.planned_days, first.mde) == (28, pytest.approx(0.05))
    assert Experiment.objects.get().version == first.version


def test_end__of_a_day_in_the_sites_zone__is_the_next_midnight_there() -> None:
    site = in_berlin()
    day = datetime(2026, 12, 24, tzinfo=UTC).date()

    end = end_of(day, site)

    assert end == datetime(2026, 12, 24, 23, tzinfo=UTC)
    assert day_of_end(end, site) == day


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"planned_days": "0"}, "greater than or equal to 1"),
        ({"planned_days": str(10**30)}, "less than or equal to 365"),
        ({"planned_days": ""}, "required"),
        ({"window_days": "366"}, "less than or equal to 365"),
        ({"planned_units": str(10**30)}, "less than or equal to"),
        ({"lift": "NaN"}, "Enter a number"),
        ({"lift": "0"}, "greater than or equal to 0.01"),
        ({"lift": "1e400"}, "less than or equal to 1000"),
        ({"monitoring": "never"}, "Select a valid choice"),
        ({"ends_on": "2001-01-01"}, "is over"),
        ({"ends_on": "9999-12-31"}, "within three years"),
        ({"ends_on": "0001-01-01"}, "is over"),
        ({"ends_on": "tomorrow"}, "valid date"),
    ],
)
def test_duration__bad_input__is_a_form_error(changed: dict[str, Any], expected: str) -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    answer = post_step(client, experiment, "duration", duration(**changed))

    assert answer.status_code == 200
    assert expected in errors_of(answer)
    assert Experiment.objects.get().version == 1


def test_plan__without_visits__says_what_is_missing_instead_of_a_zero() -> None:
    experiment = draft_experiment(a_site())
    client = signed_in(superuser())

    page = client.get(step_url(experiment, "duration")).content.decode()

    assert "at least 100 are needed" in page
    assert '<svg class="su-chart"' not in page
