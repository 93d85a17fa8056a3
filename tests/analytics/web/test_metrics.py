"""The screen of the library of metrics."""

import pytest
from django.test import Client

from analytics.models import ExperimentMetric, Metric
from tests.experiments.admin.forms import BACKEND
from tests.factories import a_site, draft_experiment, member

pytestmark = pytest.mark.django_db

PATH = "/reports/library/metrics/"


def test_library__of_a_site__tells_what_is_counted_and_where_it_is_used(analyst: Client) -> None:
    site = a_site()
    metric = Metric.objects.get(site=site, key="back_on_day_7")
    Metric.objects.filter(pk=metric.pk).update(name='"><script>alert(1)</script>', owner="ines")
    experiment = draft_experiment(site)
    ExperimentMetric.objects.create(experiment=experiment, metric=metric, role="guardrail")

    body = analyst.get(PATH).content.decode()

    assert "day 7 after first exposure" in body
    assert 'href="/reports/home-test/?site=shop"' in body
    assert "guardrail, version 1, draft" in body
    assert "Ines" in body
    assert "<script>alert" not in body
    assert "&lt;script&gt;" in body


def test_library__narrowed_to_a_tag__shows_only_what_has_it(analyst: Client) -> None:
    a_site()

    body = analyst.get(PATH, {"tag": "recommender"}).content.decode()
    nothing = analyst.get(PATH, {"tag": "nobody's"}).content.decode()

    assert 'data-metric="fallback_rate"' in body
    assert 'data-metric="aov"' not in body
    assert "No metric is like that" in nothing


def test_library__of_a_viewer__holds_their_site_alone_and_no_way_to_change_it(
    client: Client, db: None
) -> None:
    a_site()
    other = a_site("other")
    client.force_login(member(other, "viewer", "vera"), backend=BACKEND)

    body = client.get(PATH).content.decode()

    assert body.count('data-metric="aov"') == 1
    assert "/admin/analytics/metric/" not in body
