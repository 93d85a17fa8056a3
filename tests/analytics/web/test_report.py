"""What the report page says of a run, and what it leaves unsaid."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.models import ExperimentMetric, Metric, RollupState
from analytics.rollups.building import build_phase
from experiments.models import Experiment, Site
from experiments.services import VariantDraft
from tests.analytics.rows import Shares, a_run, slate
from tests.analytics.web.reports import BETTER, EVEN, NOBODY, analyse, reported, results_of
from tests.analytics.web.screen import shown
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db


def test_report__of_a_winner__says_so_with_its_figures(analyst: Client) -> None:
    experiment = reported(planned_units=1200)
    metrics = {metric["key"]: metric for metric in results_of(experiment)["metrics"]}
    revenue, conversion = metrics["revenue_per_unit"], metrics["conversion"]

    text = shown(analyst)

    lift = 100 * revenue["comparisons"]["treatment"]["lift"]
    assert f"Ship Treatment Revenue per unit rose by {lift:.1f} %." in text
    assert "600 50.0 % of 50.0 %" in text
    assert "20.00 % 120 / 600 40.00 % 240 / 600 +100.0 %" in text
    low = f"+{100 * conversion['comparisons']['treatment']['lift_interval']['low']:.1f} %"
    assert low in text
    assert "A rise, clear of zero" in text
    assert "None" not in text
    assert "nan" not in text.lower().split()


@pytest.mark.parametrize(
    ("behaviour", "fields", "stamp"),
    [
        (BETTER, {}, "Ship Treatment"),
        ({"control": BETTER["treatment"], "treatment": BETTER["control"]}, {}, "Stop, do not ship"),
        (EVEN, {}, "Inconclusive"),
        (EVEN, {"has_ended": False, "planned_days": 28}, "Keep running"),
        (EVEN, {"has_ended": False, "days": 5}, "Do not read yet"),
        (BETTER | {"control": Shares(400, 0.2)}, {}, "Verdict withheld"),
    ],
)
def test_report__of_each_verdict__begins_with_its_stamp(
    analyst: Client, behaviour: dict[str, Shares], fields: dict[str, Any], stamp: str
) -> None:
    reported(behaviour, **fields)

    assert stamp in shown(analyst).split("Data can be trusted")[0]


def test_report__not_to_be_read_yet__colours_and_concludes_nothing(analyst: Client) -> None:
    reported(BETTER, has_ended=False, days=5)

    body = analyst.get("/reports/home-test/").content.decode()

    assert 'class="ci-bar good"' not in body
    assert "clear of zero" not in body
    assert "Not to be read yet" in body


@pytest.mark.parametrize(("days", "is_hidden"), [(5, True), (14, False)])
def test_report__of_a_fixed_horizon__hides_p_values_until_its_end(
    analyst: Client, days: int, is_hidden: bool
) -> None:
    reported(EVEN, has_ended=days == 14, days=days, monitoring="fixed")

    figures = shown(analyst).split("What could spoil")[0].split("primary metric")[1]

    assert ("p 1.00" not in figures) == is_hidden


def test_report__with_a_bad_split__folds_its_figures_away(analyst: Client) -> None:
    reported(BETTER | {"control": Shares(400, 0.2)})

    text = shown(analyst)

    assert "Control 500 400 −100 Treatment 500 600 +100" in text
    before, after = text.split("Show the figures anyway")
    assert "Secondary metrics" not in before
    assert "Secondary metrics" in after
    assert "clear of zero" not in after


def test_report__one_metric_failed__names_it_and_shows_the_others(analyst: Client) -> None:
    experiment = a_run(BETTER)
    Metric.objects.filter(key="ctr").update(numerator={"source": "nowhere"})
    analyse(experiment)

    text = shown(analyst)

    assert "Slate click-through could not be computed. The other metrics are not affected." in text
    assert "20.00 % 120 / 600 40.00 % 240 / 600" in text
    assert "Ship Treatment" in text


def test_report__primary_metric_failed__has_no_verdict_but_figures(analyst: Client) -> None:
    experiment = a_run(BETTER)
    Metric.objects.filter(key="revenue_per_unit").update(numerator={"source": "nowhere"})
    analyse(experiment)

    text = shown(analyst)

    assert "No verdict No primary metric could be computed." in text
    assert "20.00 % 120 / 600" in text


@pytest.mark.parametrize(
    ("clicks", "words"),
    [(0.38, "Within limit"), (0.3, "Not shown to hold yet"), (0.1, "Beyond the limit")],
)
def test_report__of_a_guardrail__tells_where_it_stands(
    analyst: Client, clicks: float, words: str
) -> None:
    experiment = a_run({"control": Shares(600, 0.2, 0.3), "treatment": Shares(600, 0.4, clicks)})
    for key, role, margin in (("revenue_per_unit", "primary", None), ("ctr", "guardrail", 0.05)):
        metric = Metric.objects.get(key=key)
        ExperimentMetric.objects.create(
            experiment=experiment, metric=metric, role=role, margin=margin
        )
    analyse(experiment)

    assert words in shown(analyst).split("Guardrails Each")[1]
    assert "limit −5 %" in shown(analyst)


def test_report__of_a_site_elsewhere__shows_its_own_time(analyst: Client) -> None:
    reported()
    Site.objects.update(timezone="Europe/Berlin")

    assert "As of Fri 20 Nov 2026, 13:00 Europe/Berlin (simulated)" in shown(analyst)


def test_report__unequal_fallbacks__come_first_among_the_findings(analyst: Client) -> None:
    experiment = a_run(EVEN)
    treatment = experiment.variants.get(is_control=False)
    for number in range(20):
        at = NOW - timedelta(hours=1)
        slate(treatment, f"treatment-{number}", at, fallback="late").save()
    analyse(experiment)

    findings = shown(analyst).split("What could spoil")[1]

    fallback = findings.index("was answered by a fallback in 3.8 % of lists")
    assert fallback < findings.index("Units split as configured.")
    assert "Likely causes, most likely first" in findings[fallback:]


def test_report__without_units__lets_every_check_wait(analyst: Client) -> None:
    reported(NOBODY)

    text = shown(analyst)

    findings = text.split("What could spoil")[1].split("Recompute it yourself")[0]
    split = findings.split("The split cannot be judged yet.")[1]
    assert split.startswith(" No unit has been exposed yet.")
    assert split.index("not known") < split.index("passed")


def test_report__hostile_names__are_text_and_nothing_else(analyst: Client) -> None:
    hostile = "<script>alert(1)</script>\"'{{ 7|add:7 }}"
    drafts = [
        VariantDraft(key="control", name=hostile, is_control=True),
        VariantDraft(key="treatment", name=hostile),
    ]
    site = a_site(name=hostile, is_simulated=True)
    Metric.objects.filter(site=site).update(name=hostile)
    reported(site=site, variants=drafts, hypothesis=hostile)
    Experiment.objects.update(name=hostile)

    for path in ("/reports/", "/reports/home-test/"):
        body = analyst.get(path).content.decode()
        assert "<script>alert" not in body
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body


def test_report__page__needs_no_inline_style_or_script(analyst: Client) -> None:
    reported()

    response = analyst.get("/reports/home-test/")

    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert " style=" not in response.content.decode()
    assert " on" not in re.findall(r"<\w+( on\w+=)", response.content.decode())
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', response.content.decode())


def test_report__with_many_metrics__asks_the_database_as_often(analyst: Client) -> None:
    reported()
    with CaptureQueriesContext(connection) as queries:
        analyst.get("/reports/home-test/")

    assert len(queries) <= 13


def test_report__read_from_rollups__says_so_and_why_one_was_not(analyst: Client) -> None:
    experiment = reported(has_ended=False)
    assert "Sums from the rows" in shown(analyst)

    assert build_phase(experiment.pk, experiment.phase)
    analyse(experiment)
    assert "Sums from rollups" in shown(analyst)

    states = RollupState.objects.filter(metric__key="conversion")
    states.update(status="failed", error="DataError: out of range")
    analyse(experiment)
    text = shown(analyst)
    assert "Sums from the rows for Conversion (rollups failed: Conversion: DataError: out" in text
