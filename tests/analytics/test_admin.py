"""Metrics, their roles in an experiment, and analyses at the staff's hands."""

import pytest

from analytics.models import Analysis, Metric
from experiments.models import Site
from tests.experiments.admin.forms import signed_in, superuser
from tests.factories import a_site, draft_experiment, running_experiment

pytestmark = pytest.mark.django_db


def metric_of(site: Site, key: str) -> int:
    """Return the number of a metric."""
    return Metric.objects.get(site=site, key=key).pk


METRIC = {
    "key": "lists",
    "name": "Lists per unit",
    "kind": "mean",
    "numerator": '{"source": "slates"}',
    "denominator": "",
    "direction": "up",
    "format": "number",
    "default_role": "secondary",
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"numerator": "{"}, "no valid JSON"),
        ({"numerator": "[1]"}, "Write an object"),
        ({"numerator": '"x"'}, "Write an object"),
        ({"numerator": '{"source": "moon"}'}, "source and type"),
        ({"numerator": '{"source": "events", "type": "purchase", "sum": "x; DROP"}'}, "sum"),
        ({"kind": "ratio"}, "denominator"),
        ({"kind": "ratio", "denominator": "[]"}, "Write an object"),
        ({"kind": "cube"}, "Select a valid choice"),
        ({"key": "aov"}, "has a metric with this key"),
    ],
)
def test_metric__bad_definition__is_a_form_error(changed: dict[str, str], expected: str) -> None:
    site = a_site()
    count = Metric.objects.count()
    client = signed_in(superuser())

    answer = client.post("/admin/analytics/metric/add/", METRIC | {"site": site.pk} | changed)

    assert answer.status_code == 200
    assert expected in str(answer.context["adminform"].form.errors)
    assert Metric.objects.count() == count


def test_metric__changed__is_a_new_version_and_leaves_the_old_one() -> None:
    site = a_site()
    client = signed_in(superuser())
    client.post("/admin/analytics/metric/add/", METRIC | {"site": site.pk})
    first = Metric.objects.get(key="lists")

    client.post(f"/admin/analytics/metric/{first.pk}/change/", METRIC | {"direction": "down"})
    client.post(f"/admin/analytics/metric/{first.pk}/change/", METRIC)

    versions = Metric.objects.filter(key="lists").order_by("version")
    assert [(row.version, row.direction) for row in versions] == [(1, "up"), (2, "down")]


def test_metric__of_a_site_that_ran_an_experiment__is_not_deleted() -> None:
    site = a_site()
    other = a_site("other")
    running_experiment(site)
    client = signed_in(superuser())

    kept = client.post(f"/admin/analytics/metric/{metric_of(site, 'aov')}/delete/", {"post": "yes"})
    client.post(f"/admin/analytics/metric/{metric_of(other, 'aov')}/delete/", {"post": "yes"})

    assert kept.status_code == 403
    assert [row.site for row in Metric.objects.filter(key="aov")] == [site]


def test_analysis__opened__shows_settings_error_and_the_way_to_its_report() -> None:
    experiment = draft_experiment(a_site())
    analysis = Analysis.objects.create(
        experiment=experiment,
        phase=1,
        settings={"level": 0.95},
        settings_hash="abc",
        data_cut_us=0,
        code_version="1",
        status="failed",
        error="no unit was exposed",
    )
    client = signed_in(superuser())

    page = client.get(f"/admin/analytics/analysis/{analysis.pk}/change/").content.decode()
    change = client.post(f"/admin/analytics/analysis/{analysis.pk}/change/", {"status": "ready"})

    assert "no unit was exposed" in page
    assert 'href="/reports/home-test/?site=shop"' in page
    assert change.status_code == 403
