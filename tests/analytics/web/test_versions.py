"""A report stored by an earlier version is read like a new one."""

import csv
import io
import json

import pytest
from django.test import Client

from analytics.models import Analysis
from analytics.reporting.results import REPORT_VERSION, SINCE_2, as_newest
from experiments.models import Experiment
from experiments.services import record_decision
from tests.analytics.finished import rewrite
from tests.analytics.web.reports import analyse, reported
from tests.analytics.web.rich import a_rich_run
from tests.analytics.web.screen import shown
from tests.analytics.web.stored import stored_long_ago


def test_report__of_version_1__gets_what_it_did_not_know_empty() -> None:
    newest = as_newest({"version": 1, "days": 3})

    assert newest == {"version": 1, "days": 3} | SINCE_2


def test_report__of_this_version__is_left_as_it_is() -> None:
    stored = {"version": REPORT_VERSION, "findings": [{"code": "split"}]}

    assert as_newest(stored)["findings"] == [{"code": "split"}]


@pytest.fixture
def old(analyst: Client) -> Analysis:
    """Return an analysis of the first release; the experiment's settings are what they were."""
    row = stored_long_ago(Analysis.objects.get(experiment=a_reported_run()))
    assert set(row.results or {}).isdisjoint(SINCE_2)
    return row


def a_reported_run() -> Experiment:
    experiment = a_rich_run(300)
    analyse(experiment)
    return experiment


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?effect=absolute&level=99", "?effect=scaled&level=80"])
def test_page__of_a_report_of_the_first_release__shows_its_figures(
    analyst: Client, old: Analysis, query: str
) -> None:
    response = analyst.get(f"/reports/home-test/{query}")

    assert response.status_code == 200
    text = response.content.decode()
    assert old.results is not None
    assert old.results["verdict"]["headline"] in text
    assert "code 0.0.1" in text
    for metric in old.results["metrics"]:
        assert metric["name"] in text


@pytest.mark.django_db
def test_exports__of_a_report_of_the_first_release__hold_its_figures(
    analyst: Client, old: Analysis
) -> None:
    assert old.results is not None
    rows = list(csv.DictReader(io.StringIO(_text(analyst, "results.csv"), newline="")))
    assert len(rows) == len(old.results["metrics"]) * len(old.results["variants"])
    told = json.loads(_text(analyst, "results.json"))
    assert told["results"] == old.results
    assert told["code_version"] == "0.0.1"


@pytest.mark.django_db
def test_programme_and_list__with_a_report_of_the_first_release__show_it(
    analyst: Client, old: Analysis
) -> None:
    for path in ("/reports/", "/reports/programme/", "/reports/programme.csv"):
        response = analyst.get(path)

        assert response.status_code == 200
        assert old.experiment.name in response.content.decode()


@pytest.mark.django_db
def test_decided__on_a_report_of_the_first_release__is_shown_as_it_was(
    analyst: Client, old: Analysis
) -> None:
    assert old.results is not None
    record_decision(
        experiment_id=old.experiment_id, outcome="inconclusive", reason="as it says", user=None
    )

    text = analyst.get("/reports/home-test/decided/").content.decode()

    assert old.results["metrics"][0]["name"] in text


@pytest.mark.django_db
def test_page__settings_known_by_less_than_now__is_stale_and_shows_the_figures(
    analyst: Client, old: Analysis
) -> None:
    """What a release adds to an experiment's settings makes reports of the one before it stale."""
    rewrite(Analysis.objects.filter(pk=old.pk), settings_hash="0" * 64)

    response = analyst.get("/reports/home-test/")

    assert response.status_code == 200
    text = response.content.decode()
    assert "settings" in text.lower()
    assert old.results is not None
    assert old.results["metrics"][0]["name"] in text


@pytest.mark.django_db
def test_settings__of_another_code_version_alone__are_not_stale(analyst: Client) -> None:
    row = Analysis.objects.get(experiment=reported())
    rewrite(Analysis.objects.filter(pk=row.pk), code_version="99.0")

    assert "Ship Treatment" in shown(analyst)


def _text(client: Client, name: str) -> str:
    response = client.get(f"/reports/home-test/{name}")
    assert response.status_code == 200
    return response.content.decode()
