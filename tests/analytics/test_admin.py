"""Metrics, their roles in an experiment, and analyses at the staff's hands."""

from typing import Any

import pytest

from analytics.models import Analysis, ExperimentMetric, Metric
from experiments.models import Experiment, Site
from tests.experiments.admin.forms import ADD, posted, signed_in, superuser
from tests.factories import a_site, draft_experiment, running_experiment

pytestmark = pytest.mark.django_db


def metric_rows(*rows: dict[str, Any]) -> dict[str, Any]:
    """Return the posted rows of an experiment's metrics."""
    data: dict[str, Any] = {"metrics-TOTAL_FORMS": len(rows), "metrics-INITIAL_FORMS": 0}
    for index, row in enumerate(rows):
        data |= {f"metrics-{index}-{name}": value for name, value in row.items()}
    return data


def metric_of(site: Site, key: str) -> int:
    """Return the number of a metric."""
    return Metric.objects.get(site=site, key=key).pk


def errors_of(answer: Any) -> str:
    """Return the errors of the metrics' rows."""
    formset = answer.context["inline_admin_formsets"][1].formset
    return f"{formset.errors} {formset.non_form_errors()}"


def test_experiment__with_metrics__keeps_roles_and_margin_as_a_fraction() -> None:
    site = a_site()
    rows = metric_rows(
        {"metric": metric_of(site, "conversion"), "role": "primary", "margin_percent": ""},
        {"metric": metric_of(site, "aov"), "role": "guardrail", "margin_percent": "2.5"},
    )
    client = signed_in(superuser())

    answer = client.post(ADD, posted(site, **rows))

    assert answer.status_code == 302, errors_of(answer)
    chosen = ExperimentMetric.objects.order_by("pk").values_list("metric__key", "role", "margin")
    assert list(chosen) == [("conversion", "primary", None), ("aov", "guardrail", 0.025)]


def test_experiment__with_impossible_metrics__is_a_form_error() -> None:
    site, other = a_site(), a_site("other")
    own, theirs = metric_of(site, "conversion"), metric_of(other, "conversion")
    primary: dict[str, Any] = {"metric": own, "role": "primary"}
    cases: list[tuple[list[dict[str, Any]], str]] = [
        ([{"metric": theirs, "role": "primary"}], "belongs to Other"),
        ([primary, primary], "duplicate"),
        ([{"metric": own, "role": "secondary"}], "exactly one primary"),
        ([primary | {"margin_percent": "100"}], "less than or equal to 99"),
        ([primary | {"margin_percent": "NaN"}], "Enter a number"),
        ([primary | {"role": "boss"}], "Select a valid choice"),
        ([{"metric": "", "role": "primary"}], "required"),
    ]
    client = signed_in(superuser())

    for rows, expected in cases:
        answer = client.post(ADD, posted(site, **metric_rows(*rows)))
        assert answer.status_code == 200
        assert expected in errors_of(answer), expected

    assert not Experiment.objects.exists()


def test_running_experiment__with_metrics__can_still_be_renamed() -> None:
    site = a_site()
    experiment = draft_experiment(site)
    ExperimentMetric.objects.create(
        experiment=experiment, metric_id=metric_of(site, "aov"), role="guardrail", margin=0.02
    )
    Experiment.objects.filter(pk=experiment.pk).update(status="running")
    client = signed_in(superuser())
    data = {"name": "New name", "hypothesis": "", "variants-TOTAL_FORMS": 0}
    data |= {"variants-INITIAL_FORMS": 0} | metric_rows()

    answer = client.post(f"/admin/experiments/experiment/{experiment.pk}/change/", data)

    assert answer.status_code == 302
    assert Experiment.objects.get().name == "New name"
    assert ExperimentMetric.objects.get().margin == 0.02


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
