"""A report stored by an earlier version is read like a new one."""

import pytest
from django.test import Client

from analytics.models import Analysis
from analytics.reporting.results import REPORT_VERSION, SINCE_2, as_newest
from tests.analytics.web.reports import reported
from tests.analytics.web.screen import shown


def test_report__of_version_1__gets_what_it_did_not_know_empty() -> None:
    newest = as_newest({"version": 1, "days": 3})

    assert newest == {"version": 1, "days": 3} | SINCE_2


def test_report__of_this_version__is_left_as_it_is() -> None:
    stored = {"version": REPORT_VERSION, "findings": [{"code": "split"}]}

    assert as_newest(stored)["findings"] == [{"code": "split"}]


@pytest.mark.django_db
def test_report__stored_by_version_1__is_still_shown(analyst: Client) -> None:
    stored = Analysis.objects.get(experiment=reported())
    new = {*SINCE_2, "version"}
    old = {name: value for name, value in (stored.results or {}).items() if name not in new}
    for metric in old["metrics"]:
        del metric["cap"], metric["cap_note"]
    Analysis.objects.filter(pk=stored.pk).update(results=old | {"version": 1})

    assert "Ship Treatment" in shown(analyst)
