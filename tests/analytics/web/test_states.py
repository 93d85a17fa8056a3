"""A report that is computing, failed, empty, stale or missing looks like what it is."""

from typing import Any

import pytest
from django.test import Client

from analytics.models import Analysis
from analytics.services import request_analysis
from experiments.models import Experiment
from experiments.services import end_experiment
from tests.analytics.rows import a_run
from tests.analytics.web.reports import NOBODY, analyse, reported
from tests.analytics.web.screen import shown, state_of
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db


def test_report__of_a_draft__says_it_has_not_started(analyst: Client) -> None:
    draft_experiment(a_site())

    assert "Not started The experiment has not started." in shown(analyst)
    assert state_of(analyst) == "missing"


def test_report__nobody_asked_for__says_so(analyst: Client) -> None:
    a_run(NOBODY)

    assert "This experiment has no report." in shown(analyst)
    assert state_of(analyst) == "missing"


def test_report__being_computed__says_so_and_looks_again(analyst: Client) -> None:
    request_analysis(experiment=a_run(NOBODY))

    body = analyst.get("/reports/home-test/").content.decode()

    assert "The report is being computed." in body
    assert "js/waiting.js" in body
    assert "data-pending" in body
    assert state_of(analyst) == "computing"


def test_report__newer_one_being_computed__keeps_the_last_good_one(analyst: Client) -> None:
    request_analysis(experiment=reported())

    text = shown(analyst)

    assert "Ship Treatment" in text
    assert "Computing a newer report since" in text
    assert state_of(analyst) == "ready"


def test_report__without_units__is_empty_and_shows_no_zero(analyst: Client) -> None:
    reported(NOBODY, has_ended=False)

    text = shown(analyst)

    assert "No unit has been exposed so far." in text
    assert state_of(analyst) == "empty"
    assert "primary metric" not in text


def test_report__that_failed__shows_error_and_the_last_good_one(analyst: Client) -> None:
    experiment = reported()
    waiting = request_analysis(experiment=experiment)
    Analysis.objects.filter(pk=waiting.pk).update(status="failed", error="OperationalError: time")

    text = shown(analyst)

    assert "The newest report could not be computed." in text
    assert "OperationalError: time" in text
    assert "As of Fri 20 Nov 2026, 12:00 UTC (simulated)" in text
    assert "20.00 % 120 / 600" in text
    assert state_of(analyst) == "failed"


def test_report__that_failed_without_an_earlier_one__promises_none(analyst: Client) -> None:
    request_analysis(experiment=a_run(NOBODY))
    Analysis.objects.update(status="failed", error="boom")

    assert "There is no earlier one." in shown(analyst)


@pytest.mark.parametrize("change", [{"window_days": 3}, {"mde": 0.2}])
def test_report__settings_changed__is_out_of_date(analyst: Client, change: dict[str, Any]) -> None:
    experiment = reported()
    Experiment.objects.filter(pk=experiment.pk).update(**change)

    text = shown(analyst)

    assert "Out of date · was: Ship Treatment" in text
    assert "14 days from first exposure" in text
    assert state_of(analyst) == "stale"


def test_report__experiment_has_ended_since__is_out_of_date(analyst: Client) -> None:
    experiment = reported(has_ended=False)
    assert state_of(analyst) == "ready"

    end_experiment(experiment_id=experiment.pk)

    assert state_of(analyst) == "stale"


def test_report__changed_back_or_computed_again__is_current(analyst: Client) -> None:
    experiment = reported()
    Experiment.objects.filter(pk=experiment.pk).update(window_days=3)
    assert state_of(analyst) == "stale"

    experiment.refresh_from_db()
    analyse(experiment)

    assert state_of(analyst) == "ready"


def test_report__of_a_new_phase__does_not_show_the_old_ones_figures(analyst: Client) -> None:
    experiment = reported()
    Experiment.objects.filter(pk=experiment.pk).update(phase=2)

    assert "Ship" not in shown(analyst)
    assert state_of(analyst) == "missing"
