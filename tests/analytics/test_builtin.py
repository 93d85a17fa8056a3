"""The built-in metrics: every site has them, each can be computed, none of them stops a winner."""

import pytest

from analytics.builtin import builtin_metrics
from analytics.launch.desk import choose
from analytics.launch.launching import measuring_checks
from analytics.models import Metric
from analytics.reporting.report import compute_report
from analytics.reporting.scope import data_cut_us
from analytics.selectors import metrics_of
from analytics.services import compute_analysis, request_analysis
from analytics.services.metrics import require_computable
from experiments.desks import MetricUse
from tests.analytics.rows import Shares, a_run
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("fields", builtin_metrics(), ids=lambda fields: str(fields["key"]))
def test_builtin__each__can_be_computed_and_says_what_it_counts(fields: dict[str, object]) -> None:
    metric = Metric(site=a_site(), **fields)

    require_computable(metric)
    metric.clean_fields()
    assert metric.description


def test_defaults__of_an_experiment_that_names_none__are_the_shops_and_guardrails() -> None:
    site = a_site()
    Metric.objects.filter(site=site, key="novelty").update(is_archived=True)

    found = metrics_of(draft_experiment(site))

    assert [(each.metric.key, each.role, each.margin) for each in found] == [
        ("revenue_per_unit", "primary", None),
        ("conversion", "secondary", None),
        ("ctr", "secondary", None),
        ("aov", "secondary", None),
        ("slow_list_rate", "guardrail", 0.5),
        ("fallback_rate", "guardrail", 0.5),
        ("empty_list_rate", "guardrail", 0.5),
        ("catalogue_coverage", "guardrail", 0.5),
        ("intra_list_diversity", "guardrail", 0.5),
    ]
    assert all(each.is_default for each in found)


def test_defaults__without_anything_to_measure__hold_no_verdict_back() -> None:
    better = {"control": Shares(700, 0.2), "treatment": Shares(700, 0.4)}
    run = a_run(better, planned_units=1400)

    verdict = compute_report(run, phase=1, until_us=data_cut_us(run)).report.verdict

    assert verdict is not None
    assert verdict["state"] == "ship"
    states = [each["state"] for each in verdict["treatments"][0]["guardrails"]]
    assert states == ["holds"] * 6


@pytest.mark.parametrize("key", [str(fields["key"]) for fields in builtin_metrics()])
def test_builtin__each_as_the_only_metric__is_reported_and_checked_before_a_launch(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    run = a_run({"control": Shares(60, 0.2), "treatment": Shares(60, 0.4)}, has_ended=False)
    choose(run, [MetricUse(key, "primary")])

    analysis = compute_analysis(analysis_id=request_analysis(experiment=run).pk)

    assert analysis is not None
    assert (analysis.status, analysis.error) == ("ready", "")
    (metric,) = analysis.report["metrics"]
    assert (metric["key"], metric["error"]) == (key, "")
    assert "check failed" not in caplog.text
    assert measuring_checks(run)
